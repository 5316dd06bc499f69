"""Words in names of columns that are no shops and no customers, however much their values look like these."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.words import bare_name, role_scores
from retail_brain.ingest.look.words_of_states import OF_PAYMENT, STATE_NAME

OF_RECEIVERS: Final = (
    r"receiver|recipient|consignee|ship(?:ping|ment)?_?to|ship(?:ping)?_|deliver|bill(?:ing|ed)?_|buyer|lieferadr|empfang"
    r"|rechnungsadr|livraison|destinatair|facturation|entrega|destinatari|envio|spedizione|consegna|fatturazione|bezorg"
    r"|verzend|ontvang|dostaw|odbiorc|doruc|prijemc|dodac|получател|доставк|одержувач|teslimat|alici|mottagar|leverans|szallit"
    r"|levering|modtager|toimitus|nguoi_nhan|giao_hang|penerima|pengiriman|ผู้รับ|จัดส่ง|المستلم|الشحن|נמען|משלוח"
    r"|收货|收件|收貨|买家|買家|配送|お届け|届け?先|送付先|配送先|購入者|注文者|수령|수취|받는|배송"
)
"""Words in the names of columns that are of who gets the goods: where they live is no shop."""
_VARIANTS: Final = (
    r"size|colou?r|variant|batch|lot(?:_|$)|pack|bundle|season|style|flavou?r|quality|condition|grade|unit|expir"
    r"|farbe|gro(?:ss|ß|e)|gr[oö](?:ss|ß)e|gebinde|charge|sorte|einheit|taille|couleur|variante|format|talla|color|lote"
    r"|sabor|tamano|tamanho|taglia|colore|lotto|maat|kleur|rozmiar|kolor|beden|renk|размер|цвет|партия"
    r"|尺码|尺寸|颜色|顏色|规格|規格|批次|批号|款式|型号|口味|包装|单位|サイズ|色|カラー|ロット|사이즈|색상|옵션"
)
_STAFF: Final = (
    r"serve[dr]|cashier|clerk|seller|sold_by|sales_?(?:person|rep|man)|waiter|waitress|employee|operator|assistant"
    r"|associate|advis|stylist|driver|courier|picker|packer|created_by|entered_by|kellner|bedien|verkaufer|mitarbeit"
    r"|kassier|vendeu|serveu|caissi|vendedor|cajer|camarer|camerier|commess|cassier|medewerker|verkoper|kasjer"
    r"|sprzedawc|кассир|продав|официант|收银员|店员|服务员|导购|营业员|员工|业务员|销售员|技师|担当|スタッフ|店員|직원|담당"
)
"""Words in the names of columns of who sold."""
NO_SHOPS: Final = (
    rf"{OF_PAYMENT}|^{STATE_NAME}$|type|kind|mode|method|tender|card|currency|country|source|channel|medium|device|table"
    r"|service|dining|fulfil|deliver|carrier|campaign|promo|staff|user|shift|gender|segment|level|group|rate|flag"
    r"|zahl|art$|wahrung|moneda|pago|forma|tipo|moyen|mode|valuta|vergi|支付|付款|类型|方式|渠道|币|支払|区分|결제|유형"
    r"|zip|post(?:al|_?code|leitzahl|nummer)|(?:^|_)(?:plz|cep|cap)(?:_|$)|psc(?:_|$)|邮编|郵便|우편|индекс"
    r"|voucher|coupon|kupon|gutschein|cupom|cupon|优惠|クーポン|쿠폰|pin_?code"
    r"|province|prefecture|county|省份|^省$|都道府県|시도"
    r"|stanowisk|arbeitsplatz|workstation|poste_de_(?:caisse|travail)|puesto_de_(?:caja|trabajo)|postazione"
    r"|kanal|canal|kanava|kenh_|saluran|канал|경로|채널|経路|チャネル|チャンネル|ช่องทาง|قناة|ערוץ"
    r"|herkunft|quelle|herkomst|orig[ei][nm]e?(?:_|$)|provenien|zrodl|zdroj|forras|kaynak|nguon_|sumber|источник|джерел|유입|流入"
    rf"|{_STAFF}|{_VARIANTS}"
)
"""Words in the names of columns that receipts and rows of days have and that are no shops."""
_WAY: Final = (
    r"(?i)^(?:pc|desktop|laptop|tablets?|i?pad|i?phone|smart_?phones?|mobil[eny]?|m[oó]vil|cellulare|celular|handy|android|ios|apps?"
    r"|web|website|webshop|browser|h5|wap|api|online|internet|e-?mail|telefon[eo]?|tel[eé]fono|t[eé]l[eé]phone|komputer"
    r"|мобильн\p{L}+|приложени[ея]|сайт|компьютер|телефон|мобільн\p{L}+|додаток|모바일|웹|앱|피씨|아이폰|안드로이드|전화"
    r"|手机|手機|电脑|電腦|网页|網頁|小程序|公众号|电话|スマホ|スマートフォン|パソコン|携帯|アプリ|ウェブ|電話"
    r"|di động|máy tính|điện thoại|aplikasi|ponsel|มือถือ|แอป|เว็บ|الجوال|تطبيق|الموقع|נייד|אפליקציה|אתר"
    r"|shop|store|site|sitio|sito|page|version|order|쇼핑몰|사이트|버전|商城|商店|网站|端|版|サイト|ショップ|[\s_/().,&+-])+$"
)
"""A value of nothing but devices, sites and programs on which an order was made."""


def are_ways(values: pl.Series) -> bool:
    """Whether every value names a device or a site, which is how an order came and no shop.

    >>> are_ways(pl.Series(["모바일웹", "PC쇼핑몰"])), are_ways(pl.Series(["Web", "Oxford Street"]))
    (True, False)
    """
    texts = values.drop_nulls().cast(pl.String).unique()
    return len(texts) > 0 and bool(texts.str.contains(_WAY).all())


_NO_PEOPLE: Final = (
    rf"{NO_SHOPS}"
    r"|verkauf|收银"
    r"|(?:^|_)(?:shift|schicht|turno|turn|dienst|zmiana|smena|vardiya|skift|vuoro)(?:_|$)|смена|зміна|班次|班别|シフト|교대"
    r"|locker|seat|room|zone|area|aisle|bay|lane|till|register|(?:^|_)pos(?:_|$)|terminal|counter|station|shelf|floor"
    r"|desk|kiosk|slot|bin|rack|tray|box|basket|trolley|cart|tag|pager|buzzer|queue|machine|printer|tisch|platz|spind"
    r"|zimmer|kasse|mesa|caisse|caja|cassa|tavol|stolik|касса|стол|桌|台|柜|房|席|区|座|号牌|货架|仓|テーブル|卓|レジ|테이블"
)


def may_be_people(name: str) -> bool:
    """Whether the name of a column says nothing against customers: no staff, no place, no kind of goods, no money.

    >>> [may_be_people(name) for name in ("olba", "Served by", "Locker", "桌号", "Gross total")]
    [True, False, False, False, False]
    """
    return "%" not in name and not re.search(_NO_PEOPLE, bare_name(name)) and set(role_scores(name)) <= {"customer"}


_CONTACT: Final = (
    r"mail|phone|mobile|(?:^|_)(?:tel|cell|handy|gsm|movil|cep)(?:_|$)|telef|celular|cellulare|komorka|telefon|puhelin"
    r"|address|adres|direccion|endereco|indirizzo|osoite|birth|geburt|nascimento|nacimiento|nascita|naissance"
    r"|(?:first|last|full|sur|given|family)_?name|vorname|nachname|prenom|apellido|sobrenome|cognome|achternaam|nazwisko"
    r"|zip|postal|post_?code|(?:^|_)(?:plz|city|town|ort|ville|ciudad|cidade|citta|miasto|stad)(?:_|$)"
    r"|^(?:post_?)?by$"
    r"|手机|电话|邮箱|邮件|地址|生日|電話|携帯|メール|住所|生年月日|휴대|전화|이메일|주소|생년월일|телефон|почта|адрес|город"
    r"|dien_thoai|dia_chi|alamat|kota|โทร|ที่อยู่|אימייל|טלפון|كتروني|هاتف|عنوان"
)
"""Words in the names of columns that say how a person is reached, where they live and when they were born."""
_NO_CONTACT: Final = (
    r"(?:^|_)(?:ip|mac|web|url|host|server)_?(?:ad+res|地址|住所|주소|адрес)"
    r"|(?:created|changed|updated|modified|entered|edited|deleted|sent)_by$"
)
"""Addresses of machines, and who wrote a row."""


def contacts_of(found: Columns) -> list[str]:
    """The columns of ways to reach a person, blank ones as well: an export has them whether they are used or not."""
    plain = {name: bare_name(name) for name in found.seen}
    return [name for name, bare in plain.items() if re.search(_CONTACT, bare) and not re.search(_NO_CONTACT, bare)]
