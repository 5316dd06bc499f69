"""Finds the units of goods that are sold by measure, such as cloth by the yard, among rows that are one unit each."""

from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.one_unit_a_row import why_rows_are_units
from retail_brain.ingest.look.words import role_scores

_LEAST: Final = 5
"""Rows below which money grows with a number by chance."""
_HOLDS: Final = 0.95
"""Share of the rows that cost for a unit what the good usually does. By judgement: some are lowered."""
_MOST_MEASURED: Final = 0.5
"""Share of the rows up to which goods are sold by measure among others. By judgement."""
_CENT: Final = 0.011
"""Money that rounding may add to a line: a cent, with room for binary fractions."""


def without_units_of_some(sample: pl.DataFrame, found: Columns) -> Columns:
    """The columns without units that are blank on most rows, where each of these is one unit.

    Args:
        sample: the rows.
        found: roles of the columns.
    """
    name = found.roles.get("units")
    if name is None or found.seen[name].filled > _MOST_MEASURED:
        return found
    others = replace(found, roles={role: held for role, held in found.roles.items() if role != "units"})
    return others if units_of_rows(sample, others)[0] == name else found


def units_of_rows(sample: pl.DataFrame, found: Columns) -> tuple[str | None, str]:
    """The column of units of goods that are sold by measure, if any, and what proves that other rows are one each.

    The column is filled on all rows of these goods and on no other, and their money grows with it.

    Args:
        sample: the rows.
        found: roles of the columns, without units.

    Returns:
        The column, or None, and the proof, which is blank where nothing proves it.
    """
    roles = found.roles
    goods = roles.get("product") or roles.get("product_name")
    money = roles.get("amount")
    # a price beside the amount is of one unit of measure
    free = (
        [name for name in found.seen if name not in roles.values()] if goods and money and "price" not in roles else []
    )
    for name in free:
        seen = found.seen[name]
        is_of_some = seen.numbers and 0 < seen.filled <= _MOST_MEASURED and "units" in role_scores(name)
        if not is_of_some or not _pays_by(sample, found, (str(goods), str(money), name)):
            continue
        if why := why_rows_are_units(sample.filter(pl.col(name).is_null()), found):
            return name, why
    return None, why_rows_are_units(sample, found)


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
