"""Reads names of columns part by part, in the languages of `words_of_parts`, Chinese, Japanese and Korean.

The names in `words` are whole names that tills are known to print; these parts recognise names that nobody listed,
such as `Codice articolo` or `存货编码`, and count for less.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from retail_brain.ingest.look.words_of_languages import GROSS_SALES, NET_SALES
from retail_brain.ingest.look.words_of_parts import WORDS, pattern_of

_WORDS: Final[Mapping[str, re.Pattern[str]]] = {kind: re.compile(pattern_of(kind)) for kind in WORDS}
_CHINESE: Final[Mapping[str, str]] = {
    "receipt": r"(?:订单|账单|单据|小票|流水|交易|销售单|票据|结算单|出库单|发票|零售单|凭证).{0,2}(?:号"
    r"|编号|号码|编码)$|单号$",
    "product": r"(?:商品|存货|菜品|物料|货品|产品|规格|样式|款|宝贝|商家|品项|单品|货).{0,3}(?:编码|编号|条码"
    r"|条形码|代码|货号|款号|id|sku)$"
    r"|^(?:条码|条形码|货号|款号)",
    "product_name": r"(?:商品|存货|菜品|物料|货品|产品|宝贝|品项|单品)(?:名称?|全名|标题)?$",
    "store": r"(?:门店|门市|店铺|分店|网点|机构|商店|仓库|专柜|店面|发货仓)(?:编码|编号|代码|id|名称?)?$",
    "customer": r"(?:会员|顾客|客户|买家|购货单位|往来单位|用户).{0,2}(?:卡号|编号|编码|id|号|手机|手机号"
    r"|电话|名称?|昵称)?$",
    "units": r"^(?!.*退).*(?:数量|份数|件数|销量)$",
    "price": r"(?:单价|售价|价格|价)$",
    "amount": r"^(?!.*(?:税额|运费|配送|成本|退款|优惠|折扣|割引|値引))"
    r".*(?:金额|合计|小计|总价|总额|收入|营业额|实收|实付)$",
    "discount": r"(?:优惠|折扣|让利|折让|减免).*(?:金额|额)?$",
    "moment": r"(?:日期|时间)$",
    "status": r"状态$",
}
_JAPANESE: Final[Mapping[str, str]] = {
    "receipt": r"(?:注文|受注|取引|伝票|レシート|会計|売上)(?:番号|no|id|コード)$",
    "product": r"^(?!.*(?:名|分類|区分)).*(?:商品|品番|アイテム|jan|sku).*(?:番号|コード|id|no)$|^(?:品番|jan)$",
    "product_name": r"(?:商品|アイテム|メニュー|品)名称?$",
    "store": r"^(?:店舗|店|ショップ|支店)(?:名|コード|番号|id)?$",
    "customer": r"^(?:会員|顧客|お客様|購入者|注文者)(?:番号|コード|id|no|メール.*|電話.*)?$|^メールアドレス$",
    "units": r"^(?!.*(?:返品|合計)).*(?:数量|個数|点数|商品数|販売数|売上数)$",
    "price": r"^(?!.*原).*(?:単価|価格|売価)$",
    "amount": r"^(?!.*(?:税|送料|値引|割引|ポイント|手数料|預|釣|請求|原価|支払)).*(?:金額|小計|合計|売上高?)$"
    r"|(?:値引|割引)き?[前後](?:小?計|合計|額|金額|価格)$",
    "discount": r"^(?!.*(?:率|(?:値引|割引)き?(?:前|後))).*(?:値引|割引)",
    "moment": r"^(?!.*(?:発送|更新|配送|届|入金|生年|登録|締)).*(?:日時|日付|日)$",
    "time": r"(?:時刻|時間)$",
    "status": r"(?:ステータス|区分|状態|種別)$",
}
_KOREAN: Final[Mapping[str, str]] = {
    "receipt": r"^(?!상품).*(?:주문|영수증|거래|전표|결제)번호$",
    "product": r"^(?!.*주문).*(?:상품|품목|제품).*(?:코드|번호)$|^바코드$",
    "product_name": r"(?:상품|품목|제품|메뉴)명$",
    "store": r"^(?:매장|지점|점포|스토어|창고|가게|영업점)(?:명|코드|번호)?$",
    "customer": r"^(?:회원|고객|구매자|주문자|거래처|구매처|판매처)_?(?:명|이름|id|번호|코드|아이디|연락처"
    r"|(?:일반|휴대)?_?전화(?:_?번호)?|(?:휴대|핸드)폰(?:_?번호)?|이메일)$",
    "units": r"^(?!.*(?:취소|반품|재고)).*수량$",
    "price": r"^(?!.*(?:옵션|배송)).*(?:단가|판매가|가격)$",
    "amount": r"^(?!.*(?:할인|배송|수수료|정산|세액|부가세)).*(?:금액|매출액?|합계)$",
    "discount": r"할인(?:금?액)?$",
    "moment": r"^(?!.*(?:발송|확인|배송|기한|출력|생년)).*(?:일시|일자|날짜|주문일|결제일|판매일)$|^일자[-_]?no$",
    "status": r"상태$",
}
_TOGETHER: Final[Sequence[tuple[set[str], str, float]]] = (
    ({"moment"}, "moment", 0.4),
    ({"after", "discount", "price"}, "price", 0.42),
    ({"after", "discount", "amount"}, "amount", 0.42),
    ({"before", "discount", "price"}, "price", 0.4),
    ({"before", "discount", "amount"}, "amount", 0.4),
    ({"discount"}, "discount", 0.4),
    ({"price", "total"}, "amount", 0.4),
    ({"price"}, "price", 0.4),
    ({"amount"}, "amount", 0.4),
    ({"units"}, "units", 0.45),
    ({"goods", "name"}, "product_name", 0.45),
    ({"goods_code"}, "product", 0.45),
    ({"goods", "code"}, "product", 0.45),
    ({"customer", "code"}, "customer", 0.45),
    ({"email"}, "customer", 0.38),
    ({"phone"}, "customer", 0.36),
    ({"customer", "name"}, "customer", 0.25),
    ({"customer"}, "customer", 0.35),
    ({"store", "code"}, "store", 0.45),
    ({"store"}, "store", 0.35),
    ({"receipt", "code"}, "receipt", 0.45),
    ({"name"}, "product_name", 0.2),
)
"""Kinds of words that must all be in a name, the role they make, and how sure it is; the first that fits counts."""
_EAST_ASIAN_SCORE = 0.38
"""Score of a name whose end or beginning is a word of Chinese, Japanese or Korean."""
_EAST_ASIAN_CODE = 0.45
"""Score of such a name of people that ends in a word for a code, which tells them apart better than their names."""
_OR_SERVICE = (
    r"_?(?:/|\||_(?:or|o|ou|oder|lub|или)_)_?(?:services?|servi[cz]i?[oi]?s?|dienstleistung(?:en)?|leistung|diensten?|uslug[aiy]"
    r"|sluzb[ay]|услуг[аи]?|послуг[аи]?|hizmet|tjanst|ydelse|tjeneste|palvelu)$"
)
"""Services behind goods in the name of a column."""
_ENDS_IN_CODE = r"(?:id|no|编号|编码|号|番号|コード|번호|코드|아이디)$"
_GOODS_ALONE = 0.4
"""Score of a name of nothing but words for goods, such as `Menu Item`."""
_TAX = (
    r"(?:dph|vat|tax|taxes|iva|igic|mwst|ust|umsatzsteuer|moms|mva|tva|btw|kdv|gst|pst|afa|alv|pvm|pvn|ppn|φπα|ндс|пдв|ддс"
    r"|imposto|impuestos?|imposta|steuer|vsk|ضريبة|الضريبة|vat_?\d*)"
)
_WITHOUT = (
    r"(?:excl|excluding|ex|exc|without|w/?o|before|net_of|zonder|ohne|exkl|sans|hors|sin|sem|senza|esclus[ao]|bez|без|fara"
    r"|nelkul|χωρισ|haric|uten|utan|uden|ekskl|eks|exkl|ilman|tanpa|belum|chua|بدون|غير_شامل)"
)
_WITH = r"(?:s|z|so|incl|inkl|including|inc|with|con|avec|mit|med|com|c|cu|с|з|με|sis|sisaltaa|dahil|termasuk|شامل)"
_WITH_TAX = (
    rf"(?:^|_)(?:{_WITHOUT}|{_WITH})_?{_TAX}(?=_|$)"
    rf"|(?:^|_){_TAX}_?(?:dahil|haric|incl|inkl|excl|exkl|nelkul)(?=_|$)|_ttc$"
)
"""That money is with or without tax, in its name; what is left says whose money it is."""
_MEASURE = (
    r"_(?:pcs?|pieces|units?|stk|stck|stuck|st|ks|kusu|szt(?:uk)?|buc|db|kpl|pz|uds?|unid(?:ades)?|adet|шт(?:ук)?|τεμ|kom|vnt"
    r"|gab|tk|kg|l|m)$"
)
"""What goods are counted in, behind the name of a column."""
_TAX_ALONE = r"税金?(?:额|額|合计|合計)?$|消費税|세액|부가세|ภาษี|thue(?:_|$)"
_EXTRA = (
    r"(?:^|_)(?:modifiers?|mods?|add_?ons?|extras?|options?|toppings?|supplements?|surcharges?|upcharges?|customi[sz]ations?"
    r"|[a-z]*aufpreis[a-z]*|[a-z]*aufschlage?|[a-z]*zuschlage?|zusatz[a-z]*|beilagen?|toeslag(?:en)?|opties|toevoegingen"
    r"|suplementos?|adicional(?:es)?|modificadores|adicionais|acrescimos?|opcionais|opciones|opcoes"
    r"|supplement[oi]|aggiunt[ae]|modificatori|opzioni|dodatki|dodatkow[aey]|doplat[ay]|opcje|priplatk[uy]|moznosti"
    r"|ek_(?:malzeme|ucret|secim)|secenek(?:ler)?|opsiyon|ekstra|tillagg|tillaeg|tillegg|tilvalg|lisa[at]?"
    r"|модификатор[а-я]*|добавк[аи]|надбавк[аи]|наценк[аи]|опци[ия]|tuy_chon|them_mon|tambahan|opsi)(?:_|$)"
    r"|オプション|トッピング|追加|加料|加价|加價|配料|做法|小料|옵션|추가|토핑|ตัวเลือก|ท็อปปิ้ง|เพิ่มเติม|إضاف|اضاف|תוספ"
)
"""Words of extras that goods cost more with."""
_OF_A_LINE = r"(?:order|sale|line|detail)s?_?(?:line_?)?item_?(?:id|no|number|code)$"
"""Names of numbers of lines, which are no goods."""
_OF_A_PERSON = (
    r"(?:customer_|contact_)?(?:first|last|full|given|family|middle|nick|recipient|ship|shipping|billing|contact)_?name"
    r"|nome_completo|nombre_completo|nom_complet|(?:пол|фио).*"
)
"""Names of columns with names of people, which are no goods."""
_PAID = {
    2: r"after|setelah|sesudah|net|paid|final|deal|actual|paye|pagado|bezahlt"
    r"|实收|实付|成交|实际|折后|实售|实销|[値割]引き?後",
    1: r"incl|inc|including|ttc|brutto|含税|价税",
    -1: r"subtotal|excl|excluding|ex|ht|netto|不含税|未税|无税",
    -2: r"list|gross|original|regular|msrp|before|compare|retail|avant|sebelum|应收|应付|原|标价|吊牌|市场|划线|零售价"
    r"|[値割]引き?前",
    -4: r"grand|order|receipt|invoice|basket|订单|整单",
}
"""How near to what was paid for a line a column of money is, by words of its name. The order is by judgement."""


def part_scores(name: str) -> dict[str, float]:
    """Role -> how well the parts of a plain name fit it; at most .45, below any whole name that is known.

    >>> part_scores("codigo_articulo"), part_scores("存货编码"), part_scores("shipping_date")
    ({'product': 0.45}, {'product': 0.45}, {})
    """
    if re.search(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]", name):
        found = {
            role: _EAST_ASIAN_CODE if role == "customer" and re.search(_ENDS_IN_CODE, name) else _EAST_ASIAN_SCORE
            for words in (_CHINESE, _JAPANESE, _KOREAN)
            for role, pattern in words.items()
            if re.search(pattern, name)
        }
        return found | ({"product": 0.45} if "product" in found else {})
    name = re.sub(_WITH_TAX, "", name).strip("_")
    tokens = name.split("_")
    kinds = {kind for token in tokens for kind, words in _WORDS.items() if words.fullmatch(token)}
    if len(tokens) > 1 and all(_WORDS["goods"].fullmatch(token) for token in tokens):
        return {"product_name": _GOODS_ALONE}
    if "beside" in kinds or re.match(_OF_A_LINE, name) or re.fullmatch(_OF_A_PERSON, name):
        return {}
    return _combined(kinds)


def without_service(name: str) -> str:
    """A plain name without the services that a program sells like goods: `product_/_service` is `product`.

    >>> without_service("product/service"), without_service("table_service"), without_service("delivery/service")
    ('product', 'table_service', 'delivery/service')
    """
    goods = re.sub(_OR_SERVICE, "", name)
    return goods if _WORDS["goods"].fullmatch(goods.rpartition("_")[2]) else name


def without_measure(name: str) -> str:
    """A plain name without what goods are counted in, and without whether money is with tax.

    >>> without_measure("prodano_ks"), without_measure("trzba_s_dph"), without_measure("продано_шт")
    ('prodano', 'trzba', 'продано')
    """
    return re.sub(_MEASURE, "", re.sub(_WITH_TAX, "", name)).strip("_") or name


def is_beside(name: str) -> bool:
    """Whether a plain name is of something beside goods and their money, such as tax, carriage or a payment.

    >>> is_beside("shipping_tax"), is_beside("unit_price")
    (True, False)
    """
    return any(_WORDS["beside"].fullmatch(token) for token in re.sub(_WITH_TAX, "", name).split("_"))


def is_count(name: str) -> bool:
    """Whether a plain name has a word for units of goods, such as `delivered_qty`.

    >>> is_count("delivered_qty"), is_count("shipping_fee")
    (True, False)
    """
    return any(_WORDS["units"].fullmatch(token) for token in name.split("_")) or "units" in part_scores(name)


def is_tax(name: str) -> bool:
    """Whether a plain name is of a tax alone.

    >>> is_tax("tax_amount"), is_tax("amount_without_tax"), is_tax("消費税"), is_tax("税込価格")
    (True, False, True, False)
    """
    if re.search(_TAX_ALONE, name):
        return not re.search(r"[不无無未]?含|税(?:込|抜|前|後|后|率)|내역|과세|면세", name)
    return any(re.fullmatch(_TAX, token) for token in re.sub(_WITH_TAX, "", name).split("_"))


def is_extra(name: str) -> bool:
    """Whether a plain name is of what goods cost more with an extra, such as a modifier, an option or a topping.

    >>> is_extra("modifiers_revenue"), is_extra("tax_amount")
    (True, False)
    """
    return re.search(_EXTRA, name) is not None


def _combined(kinds: set[str]) -> dict[str, float]:
    """What the kinds of words in a name make together: an `order` and a `number` are the number of a receipt."""
    if {"moment", "later"} <= kinds:
        return {}
    if "clock" in kinds:
        return {"moment": 0.4, "time": 0.4}  # the values tell a time of day from a moment
    return next(({role: score} for wanted, role, score in _TOGETHER if wanted <= kinds), {})


def paid_rank(name: str) -> int:
    """How near a column of money is to what was paid for a line: above 0 for paid, below for listed or of the order.

    >>> paid_rank("net_price"), paid_rank("原价金额"), paid_rank("grand_total"), paid_rank("price")
    (2, -2, -4, 0)
    """
    for words, rank in ((NET_SALES, 2), (GROSS_SALES, -2)):
        if re.fullmatch(unicodedata.normalize("NFKC", words), name):
            return rank
    if re.search(r"[\u4e00-\u9fff]", name):
        return next((rank for rank, words in sorted(_PAID.items()) if re.search(words, name)), 0)
    if re.search(rf"(?:^|_){_WITHOUT}_?{_TAX}(?:_|$)|(?:^|_){_TAX}_?(?:haric|excl|exkl|nelkul)(?:_|$)", name):
        return -1
    tokens = name.split("_")
    return sum(rank for rank, words in _PAID.items() if any(re.fullmatch(words, token) for token in tokens))
