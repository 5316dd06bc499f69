"""Asks whether tills are the shops, where another column groups them."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, one_of, quoted, whole
from retail_brain.ingest.look.receipt_numbers import TILL
from retail_brain.ingest.look.shops_by_values import free_codes, may_be_shops
from retail_brain.ingest.look.words import bare_name

TILLS: Final = rf"{TILL}|kassa(?:_.*)?|kasa|cassa|caixa|pokladna|レジ|quay"
"""Names of columns of tills."""


def ask_shops_of_tills(made: Proposal, rows: pl.DataFrame, found: Columns) -> None:
    """Writes the column that groups tills in the place of theirs, and asks which of both is the shop.

    Args:
        made: the proposal with the key of its shop, changed in place.
        rows: the rows.
        found: roles of the columns.
    """
    till = found.roles.get("store")
    if till is None or not re.fullmatch(TILLS, bare_name(till)) or made.columns.get("store_id") != quoted(till):
        return
    shop = next((name for name in free_codes(rows, found) if _groups(rows, found, till, name)), None)
    if shop is None:
        return
    question = f"each {till!r} is of one {shop!r}: is {shop!r} the shop, as the first way below reads it, or each till?"
    made.columns["store_id"] = one_of(made, [whole(quoted(shop)), whole(quoted(till))], question)


def _groups(rows: pl.DataFrame, found: Columns, till: str, name: str) -> bool:
    """Whether a column has one value for every till, several in all, and some of them for several tills."""
    kinds = rows.select(till, name).drop_nulls().unique()
    shops = kinds[name].n_unique()
    if rows[name].null_count() or not may_be_shops(rows, found, name):
        return False
    return kinds[till].n_unique() == kinds.height and 1 < shops < kinds.height
