"""Stock by lot, batch or expiry: several rows of the same goods in a shop are parts of what it has."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_expiry import EXPIRY

_LOT: Final = (
    r"(?:^|_)(?:lots?|batch|lote|lotes|lotto|lot_(?:no|number)|charge[ns]?(?:nummer|nr)?|partij(?:nummer)?|parti|sarze|serie"
    r"|partia|seria|serii|partii|parti_no|so_lo|serial(?:_(?:no|number))?)(?:_|$)|парти[яи]|серия|批次|批号|ロット|로트|배치|تشغيلة|ล็อต"
)
"""Words in the names of columns of lots."""
_OFTEN = 0.02
"""Share of the rows whose goods have another row in the same place from which these are parts. By judgement."""


def add_up_lots(made: Proposal, rows: pl.DataFrame, found: Columns) -> None:
    """Adds up rows of the same goods, shop and day that have lots or days of expiry of their own.

    Args:
        made: the proposal of `inventory`, changed in place.
        rows: the rows.
        found: roles of the columns.
    """
    roles = found.roles
    goods, store = roles.get("product") or roles.get("product_name"), roles.get("store")
    if goods is None or (store is not None and made.columns.get("store_id", "").startswith("{ columns")):
        return
    key = [one for one in (goods, store, roles.get("moment")) if one is not None]
    lots = [name for name in found.seen if name not in key and re.search(f"{_LOT}|{EXPIRY}", bare_name(name))]
    if not lots or share(rows.select(key).is_duplicated()) <= _OFTEN:
        return
    if rows.select(*key, *lots).is_duplicated().any():
        return
    made.keys["add_up"] = "true"
    made.remarks.append(
        f"goods stand several times, once in each {' and '.join(map(quoted, lots))}: their stock is added up"
    )
