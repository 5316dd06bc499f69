"""Gives reports of days whose rows name a shop in part a shop for the others, unless these are sums of all shops."""

from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.draft import Proposal, one_of, quoted
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share

_SUMMED: Final = 0.9
"""Share of the rows without a shop that must have the units of all shops to be their sums. By judgement."""
_PERHAPS: Final = 0.5
"""Share of such rows from which it asks. By judgement: a web shop may sell as many of some goods as the only shop."""
_LEAST_SUMS: Final = 5
"""Such rows of several shops below which it may be chance: half of all rows have one unit."""


def keep_rows_without_shop(made: Proposal, rows: pl.DataFrame, found: Columns) -> list[str]:
    """Writes `online` for the rows of a report of days that name no shop; those that sum all shops are left out.

    Reports of systems with tills and a web shop leave the place blank where goods were sold in none. A shop that stands
    on the first of its rows alone is another matter: then no two rows on end have the same one, rows without a shop are
    of several shops, and nothing is written. Where the rows may sum the shops, or one shop, it asks.

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
    measure = found.roles.get("units") or found.roles.get("amount")
    if not lacking.any() or measure is None or "moment" not in found.roles:
        return []
    days = _days_of_goods(rows, found, store, measure)
    if not (rows[store] == rows[store].shift(1)).any() and not _are_of_one_place(days):
        return []
    web = f'{{ column = {quoted(store)}, default = "online" }}'
    which = f"{share(lacking):.0%} of rows have no {store!r}"
    is_sum = _is_sum(days)
    if share(is_sum) >= _SUMMED and int((is_sum & (days["_count"] > 1)).sum()) >= _LEAST_SUMS:
        made.remarks.append(f"{which}: they sum the shops, and are left out")
        return [f"{quoted(store)} IS NOT NULL"]
    if share(is_sum) >= _PERHAPS:
        question = (
            f"{which}, and most of these have the units of the rows with one, of the same goods and day: do they sum "
            "the shops (then they are set aside, as the first way below does), or are they of a web shop?"
        )
        made.columns["store_id"] = one_of(made, [f"{{ column = {quoted(store)} }}", web], question)
        return []
    made.columns["store_id"] = web
    made.remarks.append(f"{which}: they are of the shop `online` (change the default)")
    return []


def _days_of_goods(rows: pl.DataFrame, found: Columns, store: str, measure: str) -> pl.DataFrame:
    """Units, or else money, with a shop and without one, of each good and day that has rows without one."""
    roles = found.roles
    goods = [pl.col(roles[role]).fill_null("") for role in ("product", "product_name") if role in roles]
    keyed = rows.select(
        *goods,
        pl.Series("_day", days_of(rows[roles["moment"]], found.seen[roles["moment"]])),
        pl.Series("_units", values(rows, found, measure)),
        pl.col(store).is_not_null().alias("_named"),
    )
    keys = [name for name in keyed.columns if name not in ("_units", "_named")]
    days = keyed.group_by(keys).agg(
        pl.col("_units").filter("_named").sum().alias("_shops"),
        pl.col("_named").sum().alias("_count"),
        pl.col("_units").filter(~pl.col("_named")).sum().alias("_rest"),
        (~pl.col("_named")).sum().alias("_lacking"),
    )
    return days.filter(pl.col("_lacking") > 0)


def _are_of_one_place(days: pl.DataFrame) -> bool:
    """Whether rows without a shop have each good once a day, which shops mostly have as well."""
    return share(days["_lacking"] == 1) >= _SUMMED and share(days["_count"] > 0) >= _PERHAPS


def _is_sum(days: pl.DataFrame) -> pl.Series:
    """Whether the rows without a shop have the units of those with one together."""
    return (days["_count"] > 0) & ((days["_shops"] - days["_rest"]).abs() < 1 / 1000)
