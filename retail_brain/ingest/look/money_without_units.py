"""Says which money of sales by day is lost since its rows have no units: what is read is the price of a unit."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.unpaid_lines import paid_of


def say_money_without_units(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Adds a remark with the rows of `daily_sales` that have money and 0 units, as where a sale came back that day.

    Args:
        made: the proposal with its price; another table gets no remark.
        sample: the rows.
        found: roles of the columns.
    """
    money = paid_of(made, sample, found) if made.table == "daily_sales" else None
    if money is None or "total" not in made.columns.get("unit_price", ""):
        return
    lost = money.filter((values(sample, found, found.roles["units"]) == 0).fill_null(value=False) & (money != 0))
    if len(lost):
        made.remarks.append(
            f"{len(lost):,} rows have 0 units and {lost.sum():,.2f} of money together, which no price of a unit holds: "
            "this money is not read"
        )
