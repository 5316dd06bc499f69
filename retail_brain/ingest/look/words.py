"""Names that tills, shops and spreadsheets give to columns: role -> patterns, best first."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from retail_brain.ingest.look.names_of_groups import without_goods
from retail_brain.ingest.look.names_of_pivots import without_sum
from retail_brain.ingest.look.numbers_of_sellers import of_sellers
from retail_brain.ingest.look.short_words import lengthened
from retail_brain.ingest.look.word_parts import part_scores, without_measure, without_service
from retail_brain.ingest.look.words_about_people import without_people
from retail_brain.ingest.look.words_of_centres import CENTRES
from retail_brain.ingest.look.words_of_erp import ERP
from retail_brain.ingest.look.words_of_expiry import is_of_expiry
from retail_brain.ingest.look.words_of_fiscal import fiscal_scores
from retail_brain.ingest.look.words_of_languages import FURTHER, GROSS_SALES, NET_SALES
from retail_brain.ingest.look.words_of_states import STATE_NAME
from retail_brain.ingest.look.words_of_tills import TILLS
from retail_brain.ingest.look.words_of_ukrainian import UKRAINIAN
from retail_brain.sources.column_names import plain_name

_CODE = r"(?:id|no|nr|nbr|num|number|code|ref|reference|nummer|#)"
ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "receipt": (
        rf"(?:[a-z0-9]+_)?(?:transaction|receipt|invoice|order|ticket|bill|sale|sales|check|bon|beleg|document|basket|po)_?{_CODE}|basket",
        r"(?:小票|订单|单据|流水|交易|销售单|票据|账单|结算单|业务订单|零售单).{0,3}(?:号|编号|号码)",
        r"(?:номер|no?|id)_(?:чека|документа|заказа|продажи)|чек|(?:取引|レシート)no",
        r"单号|流水|영수증번호|주문번호|거래번호|전표번호|id_order|bonnummer|n[oº]_ticket|レシート番号|伝票番号|取引番号|faktura|rechnung|bon|beleg|ticket|vbeln|receipt|invoice|ticket|order|number|order_#|sale_id|increment_id",
        r"name",
    ),
    "voided": (
        r"(?:is_|ist_)?(?:void|voided|cancel+ed|deleted|storniert|storno|annule|anulado)(?:_(?:flag|ind|indicator))?",
        r"(?:是否)?(?:作废|取消|已作废|已取消)",
    ),
    "moment": (
        r"sold_at|datetime|date_time|timestamp|date_?/_?time|date_and_time|when",
        r"(?:订单|买家)?(?:销售|交易|付款|支付|结算|下单|收款|营业|订单|成交|业务|出库|开单|单据)(?:创建)?(?:时间|日期)",
        r"(?:取引|販売|売上|購入|営業)?(?:日時|日付)|(?:取引|販売|売上|購入|営業|計上)日|(?:дата|время|учетныи_день|учетный_день)(?:_(?:чека|документа|продажи|заказа|операции|закрытия|открытия)|_и_время(?:_[а-я]+)?)?",
        r"(?:sale|sales|order|transaction|receipt|invoice|paid|purchase|business|created|posting|closed|completed)"
        r"_?(?:date|time|at|on|day|date_?time)(?:_.*)?",
        r"日期时间|日期|时间|date|day|판매일자|판매일시|주문일시|결제일시|거래일시|거래일자|일자|날짜|datum|fecha|data|date_order|下单日|创建时间|date_add|erdat|budat|fkdat|t_dat"
        r"|(?:date|datum)_(?:et_)?(?:heure|zeit)|zeitpunkt|zeitstempel|horodatage|tijdstip|moment",
        r"[a-z_]+_(?:date|datetime|time)|[a-z]*datum",
    ),
    "time": (r"time|sale_time|trans_?time|erzet|uzeit"
        r"|销售时间|时间|판매시간|거래시간|시간|交易时间|(?:取引|販売|売上)?(?:時刻|時間)|время(?:_(?:чека|продажи|операции))?|uhrzeit|zeit|tijd|receipt_time|hora|heure|ora|kl|时刻",),
    "store": (
        r"(?!posn[or]|pos_n[or])(?:store|shop|location|branch|outlet|site|filial[e]?|warehouse|point_of_sale|pos|register)"
        r"_?(?:id|no|nr|nbr|number|code|#)|store_location_?id|werks|plant",
        r"(?:归属|所属|下单|销售)?(?:门店|店铺|分店|网点|机构|商店|仓库|店)(?:编码|编号|代码|号|id)",
        r"store|shop|location|branch|outlet|filiale|magasin|point_of_sale|(?:store|shop|location|outlet|branch)_name|pos_location",
        r"(?:归属|所属|下单|销售)?(?:门店|店铺|分店|仓库|机构|网点)(?:名称)?|店名|(?:매장|지점|점포)(?:명|코드)?|verkaufsstelle|standort|establishment|id_shop|winkel|店舗(?:名|コード)?|магазин|склад|подразделение|торгов(?:ая_точка|ое_предприятие)|предприятие|ресторан|филиал|организация|magasin|tienda|boutique|werks?",
        r"register|till|terminal(?:_?id)?|kasse|caisse|caja|收银机|收银台|款台",
    ),
    "product": (
        r"(?:(?:line_?item|variant|variation|item|product|article|artikel)_?){0,2}(?:sku|barcode|ean|upc|plu|gtin)(?:_?code)?",
        rf"(?!(?:order|line|sales?|transaction|detail)_)(?:[a-z0-9]+_)?(?:product|prod|item|article|artikel|goods|material|stock|variant)_?{_CODE}"
        r"|(?:[a-z_]+/)?(?:product_)?internal_reference",
        r"(?:商品|货品|规格|物料|产品|在线|条形|国际|款式|sku)?_?(?:编码|编号|条码|条形码|货号|代码|款号|sku)",
        r"(?:外部系统|商家|商品外部)(?:编号|编码)|(?:상품|품목)(?:코드|번호)|바코드|商品コード|(?:jan)?コード|артикул|штрих_?код|код(?:_(?:товара|номенклатуры|блюда))?|asin|sku码|material|product_reference|artikelnummer|custom_label",
        r"artikel|article|stockcode|handle|code_(?:article|produit|barre)|codigo(?:_articulo)?|itemcode|matnr",
        r"item|product|article|artikel|part|商品|存货|物料",
        r"(?:style|model|modell|modelo|modele|design|款号|款式|品番)(?:_?(?:id|no|nr|number|code))?",
    ),
    "product_name": (
        r"(?:line_?item|product|item|article|goods|variant)_?(?:name|title|description)",
        r"(?:商品|货品|产品|物料|品)(?:名称?|全名)|(?:상품|제품)명|품명|номенклатура|товар|блюдо|наименование_блюда|наименование(?:_товара)?|商品|品名|名称|标题|宝贝标题",
        r"product|item|description|title|name|bezeichnung|libelle|designation|producto|articulo|descripcion",
    ),
    "customer": (
        rf"(?:customer|cust|client|member|user|buyer|loyalty|card|membership|shopper|household|kunden?|partner)_?{_CODE}",
        r"(?:会员|顾客|客户|买家|用户)(?:卡号|卡|编号|编码|号|id|账号)|卡号|(?:회원|고객)(?:번호|코드|id)|(?:wechat_|wx_)?union_?id",
        r"(?:会员|顾客|客户|买家|收货人)?(?:手机号?|手机号码|电话|联系电话)",
        r"email|customer_email|billing_email|phone|customer_phone|mobile|customer|client|member|kunde|会员|客户|买家|"
        r"buyer_email|买家会员名|下单[帐账]号|id_customer|buyer_username|往来单位|(?:дисконтная_)?карта|номер_карты|покупатель|клиент|контрагент|(?:no|numero|code)_(?:carte|client)|carte(?:_(?:de_)?(?:fidelite|client))?|会員番号|顧客番号|会員id|kunag|kunnr|cust(?:omer)?_?account|household_key",
        r"(?:customer|buyer|client|member)_?(?:full_|display_|complete_)?name|user_?name|sold_to|bill_to|name|(?:.*_)?email"
        r"(?:_address)?|vip(?:_?(?:no|id|card|code))?|party_?(?:code|id|no)|(?:.*_)?(?:微信|wechat_?|wx_?)?open_?id",
    ),
    "units": (
        r"units|qty|quantity|(?:line_?item|item|product|sold|sales|order|units)_?(?:quantity|qty|units|sold|count)|qty_sold|quantity_sold",
        r"(?:销售|商品|购买|成交|订购|出库|实销|零售)?数量|销量|件数|(?:販売|売上)(?:数量?|点数)|(?:판매)?수량|кол(?:ичест|_)?во(?:_[а-я]+)?",
        r"pieces|pcs|num|demand|movement|consumption|menge|anzahl|quantite|cantidad|items_sold|count|num_items|units_sold|unit_sales|aantal|net_quantity|product_uom_qty|qty_ordered|fkimg|kwmeng|(?!lager)[a-z]*menge",
    ),
    "price": (
        r"(?:line_?item|item|unit|product|net|selling|sales?|paid)_?price(?:_unit)?|price_unit|price_per_unit|unit_amount"
        r"|(?:[a-z]+_)?unit_price(?:_[a-z_]+)?|price_each|sold_for",
        r"(?:商品)?(?:成交|实际|实收|折后|实售|销售|结算)(?:单价|价)|(?:商品)?(?:单价|售价)",
        r"price|preis|einzelpreis|(?:e|p|vr|precio)_?(?:unit|preis|u)|prix(?:_unitaire)?|precio(?:_unitario)?|零售价|价格|単価|цена(?:_продажи)?|unit_retail|(?:판매)?단가|판매가|prijs|unit_price_tax_incl",
    ),
    "amount": (
        r"(?:line|item|net|product|row)_?(?:total|sub_?total|sales|amount|revenue)(?:_price)?|price_subtotal_incl|line_?item_total|net_sales|subtotal_incl"
        r"|(?:ventes|ventas|vendas|vendite|verkopen|sprzedaz)_(?:de_|di_|van_)?(?:produits|articles|productos|articulos|produtos|prodotti|articoli|producten|produktow)",
        r"(?:实收|实付|成交|实际|折后|商品实付|实售)(?:总)?(?:金额|额)|商品实付金额|商品实付|(?:买家)?实际(?:支付|付款)金额",
        r"amount|total|sales|revenue|gross_sales|turnover|sales_amount|umsatz|betrag|gesamt|montant|importe|price_subtotal|total_sales|total_price|"
        r"(?:line|item)?_?subtotal|montant_ttc|prix_total|total_ttc|tax_incl|price_total|spend|bedrag|ext(?:ended)?_(?:price|amt|amount)|total_price_tax_incl|сумма(?:_(?:продажи|с[ои]?_скидк(?:ой|ои)))?(?:,?_(?:р|руб))?|стоимость|выручка|金額|(?:실?판매|실?결제|총|합계)?금액|매출액?|"
        r"(?:netto|brutto)(?!preis|prijs|pris|[a-z]*(?:fortj|vinst|gewinn|ertrag|marge|winst|avance|dekning|zysk|profit))[a-z]*|[a-z]*wert|netwr|weekly_sales|sales_value|价税合计",
        r"(?:销售|应收|交易|订单|商品)?(?:总)?(?:金额|额)|小计|合计|总价",
    ),
    "discount": (
        r"(?:line_?item|item|line)?_?(?:promo(?:tion)?_)?(?:discount|discounts|discount_amount|discount_total|rabatt)|d(?:scto|cto|escto)",
        r"(?:优惠|折扣|让利|折让)(?:金额|额)|优惠|折让|할인(?:금액|액)?|値引き?(?:額|金額)?|(?:сумма_)?скидк[аи](?:,?_(?:р|руб))?",
    ),
    "on_hand": (r"(?:(?:location|store|shop|branch|outlet|site|warehouse|total|current)_)?"
                r"(?:qty_|quantity_|units_)?on_hand(?:_qty|_quantity)?|stock(?:_level|_on_hand|_quantity)?"
                r"|inventory(?:_quantity)?|qty_available|bestand|остат(?:ок|ки)(?:_на_складе)?|lagerbestand|voorraad"
                r"|existencias?|inventario|giacenza|estoque|stan(?:_magazynowy)?|keszlet|在庫数?|재고(?:수량)?",
                r"(?:当前|期末|实际|可用|现有)?库存(?:数量|量)?|现存量|结存数量|available"),
    "on_order": (r"(?:(?:location|store|shop|branch|outlet|site|warehouse|total)_)?"
                 r"(?:qty_|quantity_|units_)?on_(?:order|po)|ordered_qty|incoming|en_commande"
                 r"|offene_bestell(?:ung|menge)",
                 r"(?:采购)?在途(?:数量?|库存|数)?|已订(?:未到)?(?:数量)?|발주(?:잔량|수량)|発注残(?:数)?"),
    "guide": (
        r"guide(?:_?(?:id|no|code|name))?|(?:sales|order)_?(?:person|rep|man|employee|associate|assistant)(?:_(?:id|no|code|name"
        r"|custom_id))?|salesman|(?:seller|clerk|cashier|operator|employee|staff|oper|waiter|server)(?:_?(?:id|no|code|name))?",
        r"(?:归属|专属|所属)?(?:导购|营业员|店员|收银员|销售员|业务员)(?:员)?(?:编号|工号|id|姓名|名称)?|担当者?(?:名|コード)?|スタッフ.*"
        r"|직원.*|(?:garcom|mesero|camarero|cameriere|kellner|kelner|serveur|garson|operador|atendente|cajero|nhan_vien|thu_ngan|официант)(?:_?(?:id|no|code|name|nome|nombre|nom|codigo))?|พนักงาน.*|(?:ال)?كاشير|البائع|vendedor|verkaufer|vendeur|bediener(?:_?(?:id|name))?|nguoi_ban|kasiyer|satici|personal(?:en)?|ekspedient|ekspeditor|betjening|expedit|saljare|selger|saelger|myyja|продавец|кассир|sprzedawca|kasjer|(?:kod_)?(?:opiekuna?|doradc[ay])(?:_klienta)?|(?:kunden)?(?:betreuer|berater)|консультант",
    ),
    "category": (r"(?:product_?|item_?|menu_?|main_?)?category(?:_name)?|product_type|warengruppe|aisle",
                 r"(?:商品)?(?:分类|类别|品类|类目)(?:名称)?",
                 r"family|class|product_group(?:_name)?|product_type_name|rayon|familia|familie|categor(?:ia|ie|y)|kategori[ea]?|(?:товарная_)?группа(?:_(?:товаров|блюда|блюд))?|категория|rubro|gruppe"),
    "subcategory": (r"(?:product_|item_)?sub_?categor(?:y|ia|ie)(?:_name|_code)?|sub_?class"
                    r"|(?:商品)?(?:小类|子类|二级分类)(?:名称)?",),
    "department": (r"dept|department(?:_name|_id)?|大类|部门",),
    "brand": (r"brand|vendor|manufacturer|marke|hersteller|fabricant|fabricante|品牌(?:名称)?",),
    "unit_cost": (r"(?:unit_?|item_?)?cost(?:_price|_per_item|_of_goods)?|purchase_price|prix_achat"
        r"|себестоимость|закупочная_цена|ek|ek_preis|einkaufspreis|进货?价|成本价?|单位成本",),
    "list_price": (r"(?:list|regular|retail)_price|compare_at_price|标价|吊牌价|零售价|原价",),
    "region": (r"(?:store_|shop_)?region|bundesland|(?:所属)?(?:地区|区域|大区)|城市",),
    "country": (r"(?:store_|shop_)?country(?:_code)?|land|pays|国家",),
    "joined_on": (
        r"(?:customer_)?(?:joined|registered|signup|member_since)_?(?:on|at|date)?",
        r"(?:(?:会员)?(?:注册|入会|开卡|办卡|建档)|成为(?:会员|客户)|加入(?:会员)?|会员创建)(?:时间|日期|日)",
    ),
    "birth_date": (
        r"(?:customer_|member_)?(?:birth_?date|birth_?day|date_of_birth|born_on|dob|geburts(?:datum|tag)"
        r"|date_de_naissance|fecha_de_nacimiento|data_di_nascita)",
        r"(?:会员|顾客|客户)?(?:生日|出生日期|出生年月日)|생년월일|生年月日",
    ),
    "channel": (r"(?:sales_?)?channel|order_source|source_name|(?:订单|销售)?(?:渠道|来源)", r"sales_?channel_id"),
    "status": (
        r"(?:order_?|financial_?|payment_?)?(?:status|state)|event_type|receipt_type|type|line_?type|item_status",
        r"(?:订单|付款|交易|单据)?状态|单据类型|红蓝字|红蓝标识|(?:取引|伝票|売上|処理)区分|(?:вид|тип)_(?:операции|документа|чека)|статус(?:_заказа)?",
    ),
}  # fmt: skip
"""Role -> patterns of plain names (see `plain_name`); an earlier pattern is a surer sign."""
_FURTHER_SCORE = 0.5
"""Score of names in further languages: above parts of names, below the surest of other roles."""
_FURTHER: Final = {
    role: unicodedata.normalize(
        "NFKC", "|".join(words[role] for words in (FURTHER, TILLS, ERP, UKRAINIAN) if role in words)
    )
    for role in {**FURTHER, **TILLS, **ERP, **UKRAINIAN}
}
"""As plain names are: one vowel of Thai is two letters there."""
_NET_SALES, _GROSS_SALES = (re.compile(unicodedata.normalize("NFKC", words)) for words in (NET_SALES, GROSS_SALES))
_SIMPLIFIED = str.maketrans(
    "訂單編號門會員數價額規時間狀態銷貨條碼銀機產類別開發優購買實賬帳點總計淨錢顧電話經辦稅營業庫備註導師櫃顆稱聯絡裝",
    "订单编号门会员数价额规时间状态销货条码银机产类别开发优购买实账账点总计净钱顾电话经办税营业库备注导师柜颗称联络装",
)
"""Letters of Hong Kong and Taiwan in names of columns, and those of the mainland."""
_SHORT: Final[Mapping[str, str]] = {
    "doc": "document", "trn": "transaction", "trx": "transaction", "txn": "transaction", "rcpt": "receipt",
    "inv": "invoice", "ord": "order", "prod": "product", "cust": "customer", "str": "store", "brn": "branch",
    "dt": "date", "tm": "time", "cd": "code", "desc": "description", "amt": "amount", "prc": "price", "nm": "name",
}  # fmt: skip
"""Words as ERP systems shorten them in the names of columns."""
_GLUED = (
    r"(doc|document|trn|trx|txn|trans|transaction|rcpt|receipt|inv|invoice|ord|order|sale|sales|bill|ticket|item|prod|"
    r"product|art|article|cust|customer|store|str|branch|brn|shop|unit|line|net|ext)_?"
    r"(no|nr|num|number|id|code|cd|date|dt|time|tm|name|nm|desc|price|prc|amt|amount|total|qty)"
)
_ACCENTED = "[\u0000-\u024f\u0370-\u03ff\u1e00-\u1fff]"
_UNCROSSED = str.maketrans("đłøı", "dloi")
_CURRENCY = (
    r"[,_]*(?:[$€£¥₽₩₹₫฿₺₴]|(?<=[,_])(?:in_)?(?:eur|euro|usd|gbp|pln|zl|czk|kc|huf|ft|sek|nok|dkk|kr|chf|try|tl|rub|uah|brl"
    r"|mxn|inr|jpy|cny|krw|vnd|idr|thb|р|руб|грн))$"
)
"""A currency behind the name of a column of money."""
_CODE_OF_STATE = rf"(?:^|_){STATE_NAME}_{_CODE}$"
"""The code of a state, such as `Order status ID`, which numbers no orders."""
_OF_GOODS = r"(?:^|/)(?:item|product|article|goods|sku)_?code/pos_?code$"
"""A field of the code of goods, such as `ItemCode/POSCode`, which is of no point of sale."""
_OF_A_UNIT = r"(?:^|_)(?:unit|uom|measure|currency|единица|единицы|валюта)$"
"""A record that is a measure or a currency: its code and name are of no goods."""
_OF_LINES = r"item|line|position|detail"
"""A record that may be the line of an order, whose number is of no goods."""
_GOODS = r"^(?:product|article|товар|номенклатура)$"
"""A record that is a product."""
_ID = r"@?(?:ids?|uuid|guid|ref|key|code|no|nr|num|number|ид|код|номер|kod|cislo|numer|nummer|codigo|codice|id_?\d)"
"""A field of a record of a shop or of a person that says which one it is."""
_SURROGATE: Final = r"(?:sk|fk)_(?P<behind>.+)|(?P<before>.+)_(?:sk|fk|skey)"
"""The number that a warehouse gives to a row of one of its lists, or what names it elsewhere: `item_sk`."""
_SEVERAL: Final = r"items|products|articles|articulos|produtos|artigos|articoli|prodotti|produits"
_OF_THEM: Final = rf"{_SEVERAL}|artikel|artikelen|artiklar|artikler|produktow|produktu|produkty|polozek"
"""Names of goods; those of the first kind are several even behind `no`, which elsewhere numbers one: `Nr artikelen`."""
_COUNT_OF_GOODS: Final = (
    rf"(?:(?:nb|count|total|sum|anzahl|aantal|antal|antall|cantidad|quantidade|nombre|liczba|pocet)_(?:(?:of|de|d|di)_)?(?:{_OF_THEM})"
    rf"|(?:num|number|nbr|no|nr|numero)_(?:(?:of|de|d|di)_(?:{_OF_THEM})|(?:{_SEVERAL})))"
    r"(?:_(?:sold|ordered|vendus|vendidos|venduti))?"
)
"""A count of the goods of an order, such as `num_items_sold`, which is the code of none."""
_LAST_SCORE = 0.1
"""Score of the least sure patterns: they count where nothing else plays the role."""


def bare_name(header: str) -> str:
    """A name for comparing with words: plain, without accents, brackets and marks; `sellerSku` is `seller_sku`.

    >>> bare_name("Username (Buyer)"), bare_name("N° ticket"), bare_name("createTime")
    ('username', 'no_ticket', 'create_time')
    """
    apart = re.sub(r"(?<=[a-zа-яё])(?=[A-ZА-ЯЁ][a-zа-яё])", "_", header)
    plain = _without_accents(plain_name(apart).replace("°", "o").replace("e_mail", "email").replace("\u0307", ""))
    bare = re.sub(r"[（(\[【].*?[)）\]】]|[:：.。*?？\"']", "", plain).strip("_ ,")
    return re.sub(_CURRENCY, "", bare) or bare


def role_scores(header: str) -> dict[str, float]:
    """Role -> how well the name of a column fits it: 1 for the surest names, 0 for none.

    >>> role_scores("Lineitem quantity")["units"], role_scores("会员卡号")["customer"]
    (1.0, 0.8)
    """
    whole = _numbered(without_service(without_sum(bare_name(header))))
    fiscal = fiscal_scores(whole)
    scores = _by_words(header, whole) if fiscal is None else fiscal
    counts = re.fullmatch(_COUNT_OF_GOODS, whole) is not None
    return {role: score for role, score in scores.items() if not (counts and role in ("product", "product_name"))}


def _numbered(name: str) -> str:
    """A plain name with `id` for the marks of keys in warehouses of data.

    >>> _numbered("item_sk"), _numbered("fk_filiale"), _numbered("task")
    ('item_id', 'filiale_id', 'task')
    """
    found = re.fullmatch(_SURROGATE, name)
    return f"{found['behind'] or found['before']}_id" if found else name


def _by_words(header: str, whole: str) -> dict[str, float]:
    """The same of a name that is no field of a national schema; `whole` is the plain name."""
    scores: dict[str, float] = {}
    for name in {whole, whole.translate(_SIMPLIFIED), _unglued(whole), re.sub("_1$", "", lengthened(whole))}:
        for role, score in (*_scores(name).items(), *part_scores(name).items()):
            scores[role] = max(score, scores.get(role, 0.0))
    if re.search(r"[^_]/[^_]", whole):  # a field of a related record, such as `Order Lines/Quantity`
        field = "" if re.search(_OF_GOODS, whole) else whole.rpartition("/")[2].strip("_ ")
        parts = part_scores(field)
        if "_" not in field:
            parts.pop("product_name", None)  # a word alone, such as `name`, may be of any record
        for role, score in (*_scores(field).items(), *parts.items()):
            scores[role] = max(score, scores.get(role, 0.0))
        scores = _of_record(whole, scores)
    scores = scores or _scores(without_measure(whole))
    if is_of_expiry(whole):
        scores.pop("moment", None)
    if "guide" in scores:  # the name of a person
        scores = {role: score for role, score in scores.items() if role not in ("product_name", "customer")}
    if re.search(_CODE_OF_STATE, whole):
        scores.pop("receipt", None)
    if "%" in header:
        scores.pop("discount", None)
    return of_sellers(whole, without_people(whole, without_goods(whole, scores)))


def _of_record(whole: str, scores: dict[str, float]) -> dict[str, float]:
    """Scores of a field of a person, a shop or its centre, a product or a unit, by the name of the record.

    >>> _of_record("контрагент/имя", {"product_name": 0.4}), _of_record("базовая_единица/код", {"product": 0.4})
    ({}, {})
    >>> _of_record("товары/товар/ид", {}), _of_record("line/branch/code", {"product": 0.3})
    ({'product': 0.45}, {'store': 0.35})
    """
    record, _, field = whole.rpartition("/")
    record = record.rpartition("/")[2]
    if re.search(f"{_OF_A_UNIT}|{CENTRES}", record):
        return {role: score for role, score in scores.items() if role not in ("product", "product_name")}
    if re.search(_OF_LINES, record) or "_" in record:
        return scores
    if set(part_scores(record)) == {"discount"} and "amount" in scores:
        return {"discount": scores["amount"]}
    if set(part_scores(record)) == {"customer"}:
        scores = {role: score for role, score in scores.items() if role not in ("product", "product_name")}
    if (whose := set(part_scores(record))) in ({"store"}, {"customer"}) and re.fullmatch(_ID, field):
        return {role: part_scores(record)[role] for role in whose}
    told = part_scores(f"{record}_{field}") if re.search(_GOODS, record) else {}
    told = {role: score for role, score in told.items() if role in ("product", "product_name")}
    return {**scores, **{role: max(score, scores.get(role, 0.0)) for role, score in told.items()}}


def _unglued(name: str) -> str:
    """Names of columns of ERP systems word by word: `docdate` is `document_date`, `rcptno` is `receipt_no`."""
    found = re.fullmatch(_GLUED, name)
    return f"{_SHORT.get(found[1], found[1])}_{_SHORT.get(found[2], found[2])}" if found else name


def _without_accents(name: str) -> str:
    """Latin and Greek letters without accents; marks of other scripts, such as those of kana, make other letters."""
    return "".join(
        unicodedata.normalize("NFD", letter)[0] if re.match(_ACCENTED, letter) else letter for letter in name
    ).translate(_UNCROSSED)


def _scores(name: str) -> dict[str, float]:
    found = {}
    for role, patterns in ROLES.items():
        for place, pattern in enumerate(patterns):
            if re.fullmatch(pattern, name):
                found[role] = max(1.0 - 0.2 * place, _LAST_SCORE)
                break
    further = {role: _FURTHER_SCORE for role, pattern in _FURTHER.items() if re.fullmatch(pattern, name)}
    if _NET_SALES.fullmatch(name) or _GROSS_SALES.fullmatch(name):
        found["amount"] = 1.0 if _NET_SALES.fullmatch(name) else _FURTHER_SCORE
    return {**further, **found}
