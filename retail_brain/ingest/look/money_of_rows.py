"""The money of each row as a proposal reads it, for questions that say what is at stake."""

import tomllib

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.numbers_of import values


def money_of_rows(made: Proposal, sample: pl.DataFrame, found: Columns) -> pl.Series | None:
    """Price times units, or the amount of the line, by the first reading of `unit_price`; None without one.

    Args:
        made: the proposal with its price.
        sample: the rows.
        found: roles of the columns; a discount that has still to be taken off is not taken off here.
    """
    written = made.columns.get("unit_price", "").removeprefix("?").split("\n")[0]
    key = tomllib.loads(f"price = {written}")["price"] if written else ""
    name = key if isinstance(key, str) else key.get("column", "")
    if name not in found.seen or not found.seen[name].numbers:
        return None
    money = values(sample, found, name)
    units = found.roles.get("units")
    if (isinstance(key, dict) and key.get("total")) or units is None:
        return money
    return money * values(sample, found, units)
