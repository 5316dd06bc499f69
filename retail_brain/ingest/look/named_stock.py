"""Takes the quantity of a file that is called stock for what is there: `stock_2026-02-28.csv` with `Quantity`."""

import re
from dataclasses import replace
from typing import Final

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.words import bare_name

_STOCK: Final = (
    r"(?:^|_)(?:stocks?|inventory|on_?hand|lager|stoc|stok|estoque|existencias|inventario|giacenz[ae]|zasoby|keszlet"
    r"|varasto(?:saldo)?|ton_kho|persediaan)(?:_|$|\d)|lager(?:bestand|saldo|beholdning)|(?:waren|artikel)bestand"
    r"|bestandsliste|voorraad|beholdning|stan[yu]?_?(?:magazyn|towar|zapas)|zasoba|stav_(?:skladu|zasob)|остатк|залишк"
    r"|库存|現庫|在庫|재고|คงเหลือ|สต็อก|مخزون|מלאי"
)
"""Words in the name of a file of stock."""
_MOVED: Final = (
    r"sale|sold|vent[ae]|vend|verka?u?f|umsatz|sprzeda|prodej|продаж|销售|売上|판매"
    r"|mov|moving|ruch|bewegung|transfer|adjust|correct|order|purchase|receipt|deliver|recept|przyj|przesun|eingang|bestell"
    r"|ingang|ontvang|min|reorder|loss|write|strat|история|движ|перемещ|приход|出入|入库|出库|流水|调|盘|入出|移動|입출|입고|출고"
)
"""Words in the name of a file of what came and went, or of what is wanted."""
_OTHERS: Final = {"on_hand", "on_order", "moment", "receipt", "time", "customer", "guide", "discount"}
"""Roles of files that are of something else, or whose stock has a name."""


def with_named_stock(found: Columns, stem: str) -> Columns:
    """The columns with the quantity as what is there, in a file of goods without days and receipts that is named so.

    Args:
        found: roles of the columns.
        stem: name of the file.
    """
    plain = bare_name(stem)
    units = found.roles.get("units")
    is_of_goods = bool({"product", "product_name"} & found.roles.keys())
    if units is None or not is_of_goods or _OTHERS & found.roles.keys() or len(found.all_of("units")) > 1:
        return found
    if not re.search(_STOCK, plain) or re.search(_MOVED, plain):
        return found
    roles = {("on_hand" if role == "units" else role): name for role, name in found.roles.items()}
    says = f"{units!r} is what is there, by the name of the file"
    return replace(found, roles=roles, remarks=(*found.remarks, says))
