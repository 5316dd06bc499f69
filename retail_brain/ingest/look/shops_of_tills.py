"""Takes what groups the tills for the shop, or asks whether the tills are the shops."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, one_of, quoted, whole
from retail_brain.ingest.look.receipt_numbers import TILL
from retail_brain.ingest.look.shops_by_values import free_codes, may_be_shops
from retail_brain.ingest.look.words import bare_name

_PLACES: Final = (
    r"(?:^|_)(?:city|town|ort|stadt|ville|ciudad|cidade|citta|miasto|stad|by|mesto|sehir|kota|linn)(?:_|$)|region|district"
    r"|город|район|城市|地区|区域|市$|도시|지역"
)
"""Words in the names of columns of places that may have several shops."""
TILLS: Final = rf"{TILL}|kassa(?:_.*)?|kasa|cassa|caixa|pokladna|レジ|quay"
"""Names of columns of tills."""


def ask_shops_of_tills(made: Proposal, rows: pl.DataFrame, found: Columns) -> None:
    """Writes the column that groups tills in the place of theirs, and asks which of both is the shop.

    Tills that are called by it and a number, as `HOUSTON-1` and `HOUSTON-2` by `HOUSTON`, say that they are its tills.

    Args:
        made: the proposal with the key of its shop, changed in place.
        rows: the rows.
        found: roles of the columns.
    """
    till = found.roles.get("store")
    if till is None or not re.fullmatch(TILLS, bare_name(till)) or made.columns.get("store_id") != quoted(till):
        return
    shops = [name for name in free_codes(rows, found) if _groups(rows, found, till, name)]
    if not shops:
        return
    shop = next((name for name in shops if _calls_tills(rows, till, name)), None)
    if shop is not None:
        made.columns["store_id"] = quoted(shop)
        made.remarks.append(f"each {till!r} is called by its {shop!r}, which is the shop")
        return
    shop = shops[0]
    question = f"each {till!r} is of one {shop!r}: is {shop!r} the shop, as the first way below reads it, or each till?"
    made.columns["store_id"] = one_of(made, [whole(quoted(shop)), whole(quoted(till))], question)


def _groups(rows: pl.DataFrame, found: Columns, till: str, name: str) -> bool:
    """Whether a column has one value for every till, several in all, and some of them for several tills."""
    kinds = rows.select(till, name).drop_nulls().unique()
    shops = kinds[name].n_unique()
    if rows[name].null_count() or not may_be_shops(rows, found, name):
        return False
    return kinds[till].n_unique() == kinds.height and 1 < shops < kinds.height


def _calls_tills(rows: pl.DataFrame, till: str, name: str) -> bool:
    """Whether every till has the name of its shop and a number behind it or before it."""
    if re.search(_PLACES, bare_name(name)):
        return False
    kinds = rows.select(
        pl.col(till).cast(pl.String).str.to_lowercase().alias("_till"),
        pl.col(name).cast(pl.String).str.to_lowercase().alias("_shop"),
    )
    pairs = kinds.drop_nulls().unique().iter_rows()
    return all(
        re.fullmatch(rf"{re.escape(shop)}\W+\w*\W*\d+|\w*\W*\d+\W+{re.escape(shop)}", one) for one, shop in pairs
    )
