"""Tells rates that were taken off from rates that were paid, such as 折扣 85, by their names and their usual values."""

import re
from collections.abc import Mapping
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.words import bare_name

RATES: Final[Mapping[str, tuple[float, bool]]] = {
    "percent": (100.0, False),
    "share": (1.0, False),
    "percent_paid": (100.0, True),
    "tenths_paid": (10.0, True),
    "share_paid": (1.0, True),
}
"""Rate -> what the whole price is in it, and whether it says what was paid and not what was taken off."""
_EITHER: Final = r"折|扣率"
"""A word of rates that say what was taken off as often as what was paid: 九折 is 90 % paid, 折扣率 15 % is 15 % off."""
_MONEY: Final = r"额|金|价|元|钱|券|費|费|前|后|後|amount|price"
"""A word in the name of money beside it, such as 折扣额 and 折后价."""
_LEAST, _MOST_RATES, _HUNDRED = 5, 12, 100.0
"""Rows with a value below which a column says nothing, different rates that shops give at most, and the whole in per
cent. By judgement."""

_LEAST_RATE: Final = 5.0
"""Per cent that the highest rate of a shop is at least. By judgement; as money such discounts are usual."""


def may_be_rate(given: pl.Series) -> bool:
    """Whether a discount without a word of it may be in per cent: few whole numbers up to 100."""
    some = given.filter(given > 0)
    is_whole = bool((some == some.round()).all())
    most = float(some.max() or 0)  # type: ignore[arg-type]
    return is_whole and _LEAST_RATE <= most <= _HUNDRED and some.n_unique() <= _MOST_RATES


def off_by(given: pl.Series, rate: str) -> pl.Series:
    """The share of the price before it that a rate takes off; 0 where the row has none.

    Args:
        given: the rates, 0 or more.
        rate: a key of `RATES`.
    """
    all_of, is_paid = RATES[rate]
    off = 1 - given / all_of if is_paid else given / all_of
    return off.fill_null(0.0)


def is_part(sample: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether a discount may be a part that was paid, by a name such as 折扣 and few values of at most 100.

    Args:
        sample: the rows.
        found: roles of the columns.
        name: the column.
    """
    if name not in found.all_of("discount") or not _may_be_paid(name):
        return False
    given = values(sample, found, name).abs().drop_nulls()
    most = float(given.max() or 0) if len(given) >= _LEAST else 0.0  # type: ignore[arg-type]
    is_usual = 2 * int((given == 0).sum()) <= len(given)  # money is 0 on most lines
    return is_usual and 0 < most <= _HUNDRED and given.n_unique() <= _MOST_RATES


def kinds_of_rate(found: Columns, name: str, given: pl.Series) -> tuple[str, ...]:
    """The keys of the mapping that fit a column of rates; a blank one is money. At least one.

    The usual line has no discount: where it has 1, 100 or 10 that is what was paid, and where it has 0 or nothing the
    rate is what was taken off.

    Args:
        found: roles of the columns.
        name: the column.
        given: its values, 0 or more.
    """
    some = given.drop_nulls()
    most = float(some.max() or 0)  # type: ignore[arg-type]
    off = "share" if most <= 1 else "percent"
    usual = float(some.mode().max() or 0)  # type: ignore[arg-type]
    lacks = given.null_count() + int((some == 0).sum())
    if lacks == 0 and usual == most and some.n_unique() > 1:
        if usual in (1.0, _HUNDRED):
            return ("share_paid" if usual == 1 else "percent_paid",)
        if usual == RATES["tenths_paid"][0] and _may_be_paid(name):
            return ("tenths_paid",)
    if not _may_be_paid(name):
        is_whole = most == 1 and some.n_unique() <= 2  # 0 and 1 are as well 1 % as all of it
        return ("percent", "share") if is_whole else (off,)
    if 2 * int((some == 0).sum()) > len(given):
        return (off,)  # not most of it is given away
    paid = "share_paid" if most <= 1 else "tenths_paid" if most <= RATES["tenths_paid"][0] else "percent_paid"
    is_named = re.search(r"率|%|rate", name) is not None or any(
        "%" in mark for mark in found.seen[name].numbers[0].strip
    )
    return (paid, off) if is_named else (paid, off, "")


def _may_be_paid(name: str) -> bool:
    plain = f"{bare_name(name)} {name}".lower()
    return re.search(_EITHER, plain) is not None and re.search(_MONEY, plain) is None
