"""Finds returns whose units have no minus and whose money has one: credit notes of goods that other rows sold."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.unpaid_lines import column_paid, paid_of

_KNOWN, _SAME = 0.9, 0.5
"""Shares of the rows below 0 whose goods other rows sold, and at much the same price. By judgement: a row of a discount
has goods of its own or none, and prices change between a sale and its return."""
_NEAR = 0.05
"""Share of a price by which another may differ that is much the same."""


def write_returns_below_zero(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Writes `returns` for rows with money below 0 and units above it, where other rows sold the same goods.

    Args:
        made: the proposal with its price; one that has `returns` or no money of one column stays as it is.
        sample: the rows.
        found: roles of the columns.
    """
    paid, name = paid_of(made, sample, found), column_paid(made)
    goods = next((found.roles[role] for role in ("product", "product_name") if role in found.roles), None)
    if "returns" in made.keys or paid is None or name is None or goods is None:
        return
    rows = pl.DataFrame(
        {"goods": sample[goods].cast(pl.String), "paid": paid, "units": values(sample, found, found.roles["units"])}
    )
    below = rows.filter(pl.col("paid") < 0, pl.col("units") > 0)
    sold = rows.filter(pl.col("paid") > 0, pl.col("units") > 0)
    known = below.filter(pl.col("goods").is_in(sold["goods"].drop_nulls().unique().implode()))
    if not below.height or known.height < _KNOWN * below.height:
        return
    price = (pl.col("paid").abs() / pl.col("units")).alias("price")
    pairs = known.with_row_index("row").with_columns(price).join(
        sold.select("goods", price).unique(), on="goods", suffix="_sold"
    )  # fmt: skip
    near = pairs.group_by("row").agg(((pl.col("price") / pl.col("price_sold") - 1).abs() <= _NEAR).any().alias("near"))
    if share(near["near"]) < _SAME:
        return
    made.keys["returns"] = f"{{ column = {quoted(name)}, below_zero = true }}"
    made.remarks.append(
        f"{below.height:,} rows have {name!r} below 0 and units without a minus, of goods that others sold at that "
        "price: they are returns"
    )
