"""Gives reports of days whose rows name a shop in part a shop for the others, unless these are sums of all shops."""

from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share

_SUMMED: Final = 0.9
"""Share of the rows without a shop that must have the units of all shops to be their sums. By judgement."""
_LEAST_SUMS: Final = 5
"""Such rows of several shops below which it may be chance: half of all rows have one unit."""


def keep_rows_without_shop(made: Proposal, rows: pl.DataFrame, found: Columns) -> list[str]:
    """Writes `online` for the rows of a report of days that name no shop; those that sum all shops are left out.

    Reports of systems with tills and a web shop leave the place blank where goods were sold in none. A shop that stands
    on the first of its rows alone is another matter: then no two rows on end have the same one, and nothing is written.

    Args:
        made: the proposal with the key of its shop, changed in place.
        rows: the rows of goods.
        found: roles of the columns.

    Returns:
        The condition that leaves sums out; none without sums.
    """
    store = found.roles.get("store")
    if made.table != "daily_sales" or store is None or made.columns.get("store_id") != quoted(store):
        return []
    lacking = rows[store].is_null()
    if not lacking.any() or not (rows[store] == rows[store].shift(1)).any():
        return []
    if _are_sums(rows, found, store):
        made.remarks.append(f"{share(lacking):.0%} of rows have no {store!r}: they sum the shops, and are left out")
        return [f"{quoted(store)} IS NOT NULL"]
    made.columns["store_id"] = f'{{ column = {quoted(store)}, default = "online" }}'
    made.remarks.append(
        f"{share(lacking):.0%} of rows have no {store!r}: they are of the shop `online` (change the default)"
    )
    return []


def _are_sums(rows: pl.DataFrame, found: Columns, store: str) -> bool:
    """Whether the rows without a shop have the units of those with one, of the same goods and day, together."""
    roles = found.roles
    if not {"units", "moment"} <= roles.keys():
        return False
    goods = [pl.col(roles[role]).fill_null("") for role in ("product", "product_name") if role in roles]
    keyed = rows.select(
        *goods,
        pl.Series("_day", days_of(rows[roles["moment"]], found.seen[roles["moment"]])),
        pl.Series("_units", values(rows, found, roles["units"])),
        pl.col(store).is_not_null().alias("_named"),
    )
    keys = [name for name in keyed.columns if name not in ("_units", "_named")]
    sums = keyed.group_by(keys).agg(
        pl.col("_units").filter("_named").sum().alias("_shops"),
        pl.col("_named").sum().alias("_count"),
        pl.col("_units").filter(~pl.col("_named")).sum().alias("_rest"),
        (~pl.col("_named")).any().alias("_has_rest"),
    )
    sums = sums.filter("_has_rest")
    is_sum = (sums["_shops"] - sums["_rest"]).abs() < 1 / 1000
    return share(is_sum) >= _SUMMED and int((is_sum & (sums["_count"] > 1)).sum()) >= _LEAST_SUMS
