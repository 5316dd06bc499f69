"""Days as people write them in a sentence: `2 March` and `3月2日`, with the year where they could be misread."""

from datetime import date
from functools import lru_cache
from typing import Final

import polars as pl

_NEAR_DAYS: Final = 183
"""Half a year: within it a day and a month name one day alone, further away the year is said too."""
_FORMS: Final = (("%-d %B", "%-d %B %Y"), ("%-m月%-d日", "%Y年%-m月%-d日"))
"""English and Chinese, each near and far; polars writes English names of months whatever the machine's language."""


def spoken_days(day: pl.Expr, seen_from: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Days in English and Chinese; null where they are null.

    Args:
        day: dates.
        seen_from: date on which the sentence is said, such as the last visible day. Where it is null, the year is said.

    >>> pl.select(spoken_days(pl.lit(date(2026, 3, 2)), pl.lit(date(2026, 2, 28)))[0]).item()
    '2 March'
    """
    is_near = (day - seen_from).dt.total_days().abs() <= _NEAR_DAYS
    english, chinese = (
        pl.when(is_near).then(day.dt.to_string(near)).otherwise(day.dt.to_string(far)) for near, far in _FORMS
    )
    return english, chinese


@lru_cache(maxsize=4096)
def spoken_day(day: date, seen_from: date) -> tuple[str, str]:
    """A day in English and Chinese, as `spoken_days`.

    >>> spoken_day(date(2027, 3, 2), date(2026, 2, 28))
    ('2 March 2027', '2027年3月2日')
    """
    both = spoken_days(pl.lit(day), pl.lit(seen_from))
    english, chinese = (pl.select(one).item() for one in both)
    return english, chinese
