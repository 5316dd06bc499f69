"""Days of the Iranian calendar (1405/06/12 is 2026-09-03), which is that of the sun and begins with spring."""

from typing import Final

import polars as pl

_DAY: Final = r"^(1[34]\d{2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{1,2})(?:\s*[-,،T]?\s+(.+))?$"
"""A year from 1300 (1921) to 1499 (2120), the month, the day, and a time of day."""
_CYCLE: Final = 33
"""Years in which eight are leap years, from 1922 to 2087 at least."""
_LEAPS: Final = 8
"""Leap years in a cycle."""
_SHIFT: Final = 1_595
"""Years that a cycle begins before the first one."""
_EPOCH: Final = 1_075_195
"""Days of that count at 1970-01-01."""


def in_common_calendar(column: pl.Expr) -> pl.Expr:
    """Text such as `2026-09-03 10:05` for `1405/06/12 10:05`; null where a value is no day of the Iranian calendar.

    >>> given = pl.DataFrame({"day": ["1405/06/12", "1403-12-30 10:05", "1404/12/30", "2026-04-01", "1348/10/11"]})
    >>> given.select(in_common_calendar(pl.col("day"))).to_series().to_list()
    ['2026-09-03', '2025-03-20 10:05', None, None, '1970-01-01']
    """
    year, month, day = (column.str.extract(_DAY, place).cast(pl.Int64, strict=False) for place in (1, 2, 3))
    days = _first_of(year) + (month - 1) * 30 + pl.min_horizontal(month - 1, pl.lit(6)) + day - 1
    longest = pl.when(month < 7).then(31).otherwise(30)  # in spring and summer
    is_day = month.is_between(1, 12) & day.is_between(1, longest) & (days < _first_of(year + 1))
    common = pl.when(is_day).then(days.cast(pl.Int32).cast(pl.Date).dt.strftime("%Y-%m-%d"))
    whole = pl.concat_str(common, column.str.extract(_DAY, 4), separator=" ", ignore_nulls=True)
    return pl.when(common.is_not_null()).then(whole)


def _first_of(year: pl.Expr) -> pl.Expr:
    """Days from 1970-01-01 to the first day of a year."""
    shifted = year + _SHIFT
    return 365 * shifted + shifted // _CYCLE * _LEAPS + (shifted % _CYCLE + 3) // 4 - _EPOCH
