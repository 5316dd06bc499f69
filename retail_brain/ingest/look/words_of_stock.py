"""Words for what is there of goods, in names of columns, files and sheets, as plain names without accents."""

import re
from typing import Final

from retail_brain.ingest.look.words import bare_name

_IN_STOCK: Final = (
    r"(?:^|_)(?:stocks?|inventory|on_?hand|in_hand|soh|qoh)(?:_|$|\d)|(?:qty|quantity|units|pcs|pieces|balance|bal|stock)_"
    r"(?:left|remaining)|(?:left|remaining)_(?:qty|quantity|stock|units)|closing_(?:stock|balance|qty)"
    r"|bestand(?!teil)|(?:auf|am|im|pa|i)_lager|lager(?:menge|saldo|bestand)|vorrat|(?:en|em|in|op|na)_(?:stock|stoc|estoque"
    r"|voorraad|magazzino|stanie|sklade|skladu|depozit|zalogi|stanju)|quantite_(?:restante|dispo)|existenc|inventario"
    r"|giacenz|esistenz|rimanenz|estoque|voorraad|stan_(?:mag|towar|akt|konc)|w_magazynie|zapas|zasob|skladem"
    r"|stav_(?:skladu|zasob)|keszlet|raktaron|stoc(?:_|$)|envanter|(?:^|_)stok(?:_|$)|eldeki|mevcut(?:_|$)|kalan"
    r"|beholdning|behallning|varasto|laoseis|likut|atlikum|zalih|zaloga|αποθεμα|υπολοιπ|остат|наличн|в_наличии|на_складе"
    r"|залиш|наявн|库存|庫存|现货|現貨|结存|結存|现存|现有|剩余|剩餘|在库|在庫|残数|재고|مخزون|رصيد|מלאי|คงเหลือ|สต[๊็]?อ[กค]"
    r"|ton_(?:kho|cuoi)|so_luong_ton|persediaan|sisa(?:_|$)"
)
"""A word in the name of a count of goods that are there."""
_SET_ASIDE: Final = (
    # limits
    r"(?:^|_)(?:min|max|mini|maxi)(?:_|$|\d)|minim|maxim|reorder|safety|alert|warn|limit|threshold|target|mindest|sicherheit"
    r"|melde|(?:^|_)soll|securit|alarm|seuil|bezpiecz|kritik|критич|安全|预警|上限|下限|最低|最大|最小|適正|적정|안전"
    # goods that are kept for somebody, are to come or came
    r"|reserv|rezerv|block|gesperrt|allocat|commit|on_order|incoming|inbound|transit|expect|unavail|damag|defect"
    r"|占用|锁定|预占|冻结|在途|引当|резерв|ожид|입고|예약|入库|入庫"
)
"""A word in the name of a limit of stock, or of goods that are there and not to sell, or that come."""
_CAME: Final = r"receiv|recu(?:e|s)?(?:_|$)|recib|receb|ricev|eingang|ontvang|przyj|prijat|приход|поступ"
"""A word in the name of what came in."""
_NOT_COUNTED: Final = (
    # money of stock
    r"value|valu(?:_|$)|worth|cost|price|amount|valeur|[a-z]*wert(?:_|$)|valor|waarde|wartosc|hodnot|ertek|verdi|varde|arvo"
    r"|сумм|стоим|цен[аы]|金额|金額|금액|价值|價值|单价|tutar|deger|gia_tri|nilai|prix|preis|cena|(?:^|_)[pn][ac](?:_|$)"
    # goods that are not there to sell, or came and went
    r"|(?:^|_)out(?:_|$)|출고|出库|出庫|moved|movement|adjust|diff"
    r"|delta|varian|差|open|initial|anfang|begin|inicia|inizia|начал|期初|期首|기초|(?:^|_)sold|累计|입출"
    # days, rates, codes and places
    r"|days?(?:_|$)|weeks?(?:_|$)|tage|jours|dias(?:_|$)|giorni|днеи|дней|天数|日数|일수|cover|turn|reichweite|rotat|周转|回転|%"
    r"|(?:^|_)(?:id|ids|code|kod|kodu|kode|cod|no|nr|num|sku|name|adi|bin|shelf|policy|status|track|tracking|type|date|item)"
    r"(?:_|$)|(?:ort|platz|nummer|artikel|plads|plats|hylde)(?:_|$)|编码|编号|代码|状态|时间|日期"
)
"""A word in the name of money, of a limit, of goods that are not there, or of a code or place of stock."""
_OF_FILE: Final = (
    r"(?:^|_)(?:stocks?|inventory|on_?hand|lager|stoc|stok|estoque|existencias|inventario|giacenz[ae]|zasoby|keszlet"
    r"|varasto(?:saldo)?|ton_kho|persediaan|envanter[i]?|zalih[ae]|zaloga)(?:_|$|\d)"
    r"|lager(?:bestand|saldo|beholdning)|(?:waren|artikel)bestand"
    r"|bestandsliste|lager(?:liste|buch)|voorraad|beholdning|stan[yu]?_?(?:magazyn|towar|zapas)|zasoba|stav_(?:skladu|zasob)|остатк|залишк|наличн"
    r"|库存|庫存|现库|現庫|在庫|재고|คงเหลือ|สต็อก|مخزون|מלאי|αποθεμα|υπολοιπ"
)
"""Words in the name of a file or sheet of stock."""
_SOLD: Final = r"sale|sold|vent[ae]|vend|verka?u?f|umsatz|sprzeda|prodej|продаж|销售|売上|판매"
"""A word in the name of what was sold."""
_MOVED: Final = (
    r"mov|moving|ruch|bewegung|transfer|adjust|correct|order|purchase|receipt|deliver|recept|przyj|przesun|eingang|bestell"
    r"|hareket|mutasi|kardex|pohyb|mozgas|miscar|nhap|xuat|kretanj|liikke|ingang|ontvang|min|reorder|loss|write|strat|история|движ|перемещ|приход|出入|入库|出库|流水|调|盘|入出|移動|입출|입고|출고"
)
"""Words in the name of a file of what came and went, or of what is wanted."""


def counts_stock(header: str) -> bool:
    """Whether the name of a column is of what is there of goods, and of nothing else about stock.

    >>> counts_stock("Stock au 28/02/2026"), counts_stock("Valeur stock"), counts_stock("现货库存")
    (True, False, True)
    >>> counts_stock("QTY LEFT"), counts_stock("Stok Kodu"), counts_stock("Lagerort"), counts_stock("Zásoba ks")
    (True, False, False, True)
    """
    plain = bare_name(header)
    return re.search(_IN_STOCK, plain) is not None and not re.search(f"{_NOT_COUNTED}|{_SET_ASIDE}", plain)


def is_set_aside(header: str) -> bool:
    """Whether the name of a column is of a limit of stock, or of goods that are kept or came in, and were not sold.

    >>> is_set_aside("Reserved qty"), is_set_aside("Qty received"), is_set_aside("Units sold")
    (True, True, False)
    """
    plain = bare_name(header)
    return re.search(f"{_SET_ASIDE}|{_CAME}", plain) is not None and not re.search(_SOLD, plain)


def is_called_stock(name: str) -> bool:
    """Whether the name of a file or sheet is of stock, and not of what came and went.

    >>> is_called_stock("MagazaEnvanter_28022026"), is_called_stock("Stock movements"), is_called_stock("feit_voorraad")
    (True, False, True)
    """
    plain = bare_name(name)
    return re.search(_OF_FILE, plain) is not None and not re.search(f"{_SOLD}|{_MOVED}", plain)
