"""Tells whether a price beside a discount is before it or after, by what goods cost without one and by other sums."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.numbers_of import free_numbers, values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.word_parts import is_tax, paid_rank
from retail_brain.ingest.look.words import bare_name

_CENT = 0.011
"""Money that rounding may add to a line: a cent, with room for binary fractions."""
_EQUAL = 0.02
"""Amounts that differ by less than this share are the same: tills round lines to a cent."""
_MOST = 0.9
"""Share of the rows in which a relation must hold. By judgement."""
_CLEARLY = 0.8
"""Share of the comparisons that must agree. By judgement."""
_DISCOUNTED = 5
"""Lines with a discount below which nothing is concluded about it. By judgement."""


def is_before(sample: pl.DataFrame, found: Columns, price: str, discounts: pl.Series, *, is_line: bool) -> bool | None:
    """Whether a discount has still to be taken off a price (True), has been (False), or cannot be told (None).

    Args:
        sample: the rows.
        found: roles of the columns.
        price: column of the price or amount.
        discounts: of the rows.
        is_line: whether the price is the amount of the line.
    """
    units = values(sample, found, found.roles["units"]) if "units" in found.roles else None
    money = values(sample, found, price)
    of_line = money if is_line or units is None else money * units
    shown = _by_goods(
        sample, found, money.abs() / (units.abs() if is_line and units is not None else 1), discounts, units
    )
    if shown is None:
        shown = _by_what_is_left(sample, found, price, of_line.abs(), discounts.fill_null(0).abs())
    if shown is None and (
        _is_rest(sample, found, price, discounts) or paid_rank(bare_name(price).rpartition("/")[2]) > 0
    ):
        return False
    return shown


def _by_goods(
    sample: pl.DataFrame, found: Columns, each: pl.Series, discounts: pl.Series, units: pl.Series | None
) -> bool | None:
    """Whether goods with a discount have the price of those without (True), or less by it (False)."""
    goods = found.roles.get("product") or found.roles.get("product_name")
    if goods is None:
        return None
    off = discounts.fill_null(0).abs() / (1 if units is None else units.abs())
    rows = pl.DataFrame({"goods": sample[goods], "each": each, "off": off})
    usual = rows.filter(pl.col("off") == 0).group_by("goods").agg(pl.col("each").median().alias("usual"))
    marked = rows.filter(pl.col("off") > 0).join(usual, on="goods")
    if marked.height < _DISCOUNTED:
        return None
    for before, listed in ((True, marked["each"]), (False, marked["each"] + marked["off"])):
        if share((listed / marked["usual"] - 1).abs() < _EQUAL) > _CLEARLY:
            return before
    return None


def _by_what_is_left(sample: pl.DataFrame, found: Columns, price: str, money: pl.Series, off: pl.Series) -> bool | None:
    """Whether another column is this money less its discount, with tax or without: then it is still to be taken off."""
    given = off > 0
    if int(given.sum()) < _DISCOUNTED:
        return None
    taxes = [values(sample, found, name).fill_null(0).abs() for name in _taxes(found)]
    others = [*(name for role in ("price", "amount") for name in found.all_of(role)), *free_numbers(found)]
    for name in dict.fromkeys(others):
        if name == price or is_tax(bare_name(name)):
            continue
        paid = values(sample, found, name).abs()
        for tax in (pl.repeat(0.0, sample.height, eager=True), *taxes):
            fits = (money - off + tax - paid).abs() <= _CENT
            if share(fits) > _MOST and share(fits.filter(given)) > _MOST:
                return True
    return None


def _taxes(found: Columns) -> list[str]:
    return [name for name, seen in found.seen.items() if seen.numbers and not seen.dates and is_tax(bare_name(name))]


def _is_rest(sample: pl.DataFrame, found: Columns, price: str, discounts: pl.Series) -> bool:
    """Whether another column of money less the discount gives this one."""
    rest = values(sample, found, price).abs()
    others = [name for role in ("price", "amount") for name in found.all_of(role) if name != price]
    gaps = [(values(sample, found, name).abs() - discounts.abs() - rest).abs() for name in others]
    return any(share(gap <= _CENT) > _MOST for gap in gaps)
