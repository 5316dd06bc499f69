"""Returns in rows of their own that a yes marks, with units above 0: `Return` Yes on receipts that sell nothing."""

from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.state_columns import kinds_of

_LEAST: Final = 5
"""Returns below which their numbers, and the sales to their people, tell nothing. By judgement."""
_OF_A_SERIES: Final = 3
"""Returns that a series of numbers has on average at least. By judgement: else what is before digits is no series."""
_SOLD_BEFORE: Final = 0.7
"""Share of the returns of known people of which an earlier receipt sold them the same goods. By judgement: some came
back after the first day of the file alone."""


def write_flagged_returns(made: Proposal, sample: pl.DataFrame, found: Columns, name: str, marked: pl.Series) -> bool:
    """Writes `returns` for the marked rows where they are rows of their own, and no sales that came back later.

    Receipts of returns hold nothing else, and have a series of numbers of their own, or people who bought the same
    goods before.

    Args:
        made: the proposal with its units and price, changed in place.
        sample: the rows.
        found: roles of the columns.
        name: the column of the mark.
        marked: which rows are marked.

    Returns:
        Whether it was written.
    """
    receipt, units = found.roles.get("receipt"), found.roles.get("units")
    if receipt is None or units is None or "returns" in made.keys or not {"units", "unit_price"} <= made.columns.keys():
        return False
    has_minus = (values(sample, found, units) < 0).fill_null(value=False)
    if has_minus.any() or not (_have_own_series(sample, receipt, marked) or _were_sold(sample, found, marked)):
        return False
    made.keys["returns"] = returns_of_flag(sample, name, marked)
    says = " or ".join(kinds_of(sample.filter(marked), name))
    made.remarks.append(
        f"{marked.sum():,} rows whose {name!r} is {says} have units without a minus, on receipts of their own: "
        "they are returns"
    )
    return True


def returns_of_flag(sample: pl.DataFrame, name: str, marked: pl.Series) -> str:
    """The key `returns` for the marked rows of a column."""
    return f"{{ column = {quoted(name)}, values = [{', '.join(map(quoted, kinds_of(sample.filter(marked), name)))}] }}"


def _have_own_series(sample: pl.DataFrame, receipt: str, marked: pl.Series) -> bool:
    """Whether what stands before the last digits of the numbers of receipts is other on marked rows than elsewhere."""
    series = sample[receipt].cast(pl.String).str.extract(r"^(.*?\D)\d+$", 1)
    back, sold = series.filter(marked), series.filter(~marked)
    if len(back) < _LEAST or back.n_unique() * _OF_A_SERIES > len(back):
        return False
    return not back.null_count() and not back.is_in(sold.drop_nulls().unique().implode()).any()


def _were_sold(sample: pl.DataFrame, found: Columns, marked: pl.Series) -> bool:
    """Whether marked receipts sell nothing, and people had bought the goods of theirs on another receipt before."""
    roles = found.roles
    goods = next((roles[role] for role in ("product", "product_name") if role in roles), None)
    if goods is None or not {"customer", "moment"} <= roles.keys():
        return False
    rows = sample.select(
        pl.col(roles["receipt"]).alias("_receipt"), pl.col(goods).alias("_goods"),
        pl.col(roles["customer"]).alias("_person"), marked.alias("_back"),
    ).with_columns(pl.Series("_day", days_of(sample[roles["moment"]], found.seen[roles["moment"]])))  # fmt: skip
    receipts = rows.group_by("_receipt").agg(pl.col("_back").any().alias("any"), pl.col("_back").all().alias("all"))
    back = rows.filter("_back").drop_nulls().with_row_index("_row")
    if back.height < _LEAST or (receipts["any"] & ~receipts["all"]).any():
        return False
    sold = rows.filter(~pl.col("_back")).drop_nulls()
    pairs = back.join(sold, on=["_person", "_goods"], how="left", suffix="_sold")
    before = (pl.col("_day_sold") <= pl.col("_day")) & (pl.col("_receipt") != pl.col("_receipt_sold"))
    return share(pairs.group_by("_row").agg(before.fill_null(value=False).any().alias("sold"))["sold"]) >= _SOLD_BEFORE
