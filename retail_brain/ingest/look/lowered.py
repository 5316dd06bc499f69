"""Tells amounts of lines that a discount has lowered, and amounts that lines lack, beside price and units."""

from dataclasses import replace

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share

_CENT = 0.011
"""Money that rounding may add to a line: a cent, with room for binary fractions."""
_EQUAL = 0.02
"""Amounts that differ by less than this share are the same: tills round lines to a cent."""
_MOST = 0.9
"""Share of the rows in which a relation must hold. By judgement."""
_LEAST = 5
"""Lines with a discount below which nothing is concluded about it. By judgement."""
_AGREE = 0.95
"""Share of the lines that must be lowered where, and only where, they have a discount. By judgement."""
_BLANK = 0.02
"""Share of the lines from which an amount that they lack is not theirs. By judgement: gifts are rarer."""
_PART = 0.25
"""Share of price times units below which an amount on most lines is a discount or a tax. By judgement."""


def is_small_part(sample: pl.DataFrame, found: Columns, amount: str) -> bool:
    """Whether an amount is little of price times units on most lines, such as what was taken off: nobody paid it."""
    if not {"price", "units"} <= found.roles.keys():
        return False
    listed = (values(sample, found, found.roles["price"]) * values(sample, found, found.roles["units"])).abs()
    return share((values(sample, found, amount).abs() < _PART * listed).filter(listed > 0)) > _MOST


_MOSTLY = 0.5
"""Share of the lines with a price on which an amount that was paid is hardly 0. By judgement: gifts are fewer."""


def is_lowered(sample: pl.DataFrame, found: Columns, listed: pl.Series, amounts: pl.Series) -> bool:
    """Whether an amount is below price times units on some lines and above on none: on those that have a discount.

    Args:
        sample: the rows.
        found: roles of the columns; without a discount among them any lines may be the lowered ones.
        listed: price times units.
        amounts: the amount.
    """
    lowered = amounts.abs() < listed.abs() * (1 - _EQUAL) - _CENT
    raised = amounts.abs() > listed.abs() * (1 + _EQUAL) + _CENT
    is_some = int(lowered.sum()) >= _LEAST and share(lowered) < _MOST  # fees are taken off every line
    if not is_some or raised.any():
        return False
    if "discount" not in found.roles:
        return True
    return share(lowered == (values(sample, found, found.roles["discount"]).fill_null(0) != 0)) > _AGREE


def with_discount_between(sample: pl.DataFrame, found: Columns, listed: pl.Series, amounts: pl.Series) -> Columns:
    """The columns with the discount that lies between price times units and an amount: of the line, not of a unit."""
    gap = listed.abs() - amounts.abs()
    fits = {
        name: (values(sample, found, name).fill_null(0).abs() - gap).abs() <= _CENT for name in found.all_of("discount")
    }
    names = (name for name, some in fits.items() if share(some.filter(gap > _CENT)) > _MOST < share(some))
    name = next(names, None)
    return replace(found, roles={**found.roles, "discount": name}) if name is not None else found


def lines_without(sample: pl.DataFrame, found: Columns, amount: str) -> int:
    """Lines with a price and units on which an amount is blank, as on those of a parcel that has a row of its own.

    Returns:
        Their number; 0 where they are so few that they may be gifts.
    """
    if not {"price", "units"} <= found.roles.keys():
        return 0
    priced = sample.select(pl.all_horizontal(pl.col(found.roles["price"], found.roles["units"]).is_not_null()))
    lacking = int((priced.to_series() & sample[amount].is_null()).sum())
    return lacking if lacking > _BLANK * sample.height else 0


def is_part_of_lines(sample: pl.DataFrame, found: Columns, amount: str) -> bool:
    """Whether an amount is 0 on most lines that have a price and units: a discount or a fee, and not what was paid."""
    if not {"price", "units"} <= found.roles.keys():
        return False
    listed = values(sample, found, found.roles["price"]) * values(sample, found, found.roles["units"])
    return share((values(sample, found, amount).abs() <= _CENT).filter(listed.abs() > _CENT)) > _MOSTLY
