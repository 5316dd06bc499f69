"""Finds the units of goods that are sold by measure, such as cloth by the yard, among rows that are one unit each."""

from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.words import role_scores

_LEAST: Final = 5
"""Rows below which money grows with a number by chance."""
_HOLDS: Final = 0.95
"""Share of the rows that cost for a unit what the good usually does. By judgement: some are lowered."""
_CENT: Final = 0.011
"""Money that rounding may add to a line: a cent, with room for binary fractions."""


def quantity_of_measured_goods(sample: pl.DataFrame, found: Columns) -> str | None:
    """The column of units that is filled on all rows of some goods and on no other, and that their money grows with.

    Args:
        sample: the rows, of which those without a quantity are one unit each.
        found: roles of the columns, without units.
    """
    roles = found.roles
    goods = roles.get("product") or roles.get("product_name")
    money = roles.get("amount")
    if goods is None or money is None or "price" in roles:
        return None  # a price beside the amount is of one unit of measure
    for name, seen in found.seen.items():
        is_free = name not in roles.values() and seen.numbers and 0 < seen.filled < 1
        if is_free and "units" in role_scores(name) and _pays_by(sample, found, (goods, money, name)):
            return name
    return None


def _pays_by(sample: pl.DataFrame, found: Columns, names: tuple[str, str, str]) -> bool:
    goods, money, name = names
    rows = pl.DataFrame(
        {"goods": sample[goods].cast(pl.String), "paid": values(sample, found, money), "n": values(sample, found, name)}
    )
    filled = rows.group_by("goods").agg(pl.col("n").is_null().any().alias("blank"), pl.col("n").is_not_null().any())
    some = rows.drop_nulls().filter(pl.col("paid").abs() > _CENT)
    if some.height < _LEAST or some["n"].n_unique() < 2 or not (some["n"] > 0).all():
        return False
    if (filled["blank"] & filled["n"]).any() or (some["n"] == 1).all():
        return False
    usual = (pl.col("paid") / pl.col("n")).median().over("goods")
    return bool(some.select(((pl.col("paid") - usual * pl.col("n")).abs() <= _CENT).mean() >= _HOLDS).item())
