"""Array types of decisions, and columns of frames as arrays."""

from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.signedinteger[Any]]
"""Whole numbers of any width: positions, codes and days of many people take as little room as they can."""
Bools = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]

ROUNDING = 1e-6
"""Units below which a difference is arithmetic noise: sample paths are single precision."""


NO_DAY = int(np.iinfo(np.int32).min)
"""Where days since 1970-01-01 are held, stands for none: the smallest number that they have room for."""
_EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Days since 1970-01-01, as columns of days are held.

    >>> day_number(date(1970, 1, 3))
    2
    """
    return day.toordinal() - _EPOCH


@lru_cache(maxsize=4096)
def iso_day(day: int) -> str | None:
    """The day of a number as an ISO text; None for `NO_DAY`. Answers name the same few days again and again.

    >>> iso_day(2), iso_day(NO_DAY)
    ('1970-01-03', None)
    """
    return None if day == NO_DAY else date.fromordinal(day + _EPOCH).isoformat()


def day_numbers(column: pl.Series) -> Places:
    """A date column as days since 1970-01-01; `NO_DAY` where it is null."""
    return column.cast(pl.Date).to_physical().fill_null(NO_DAY).to_numpy()


def dates_of(numbers: Places) -> pl.Series:
    """Days since 1970-01-01 as dates, the reverse of `day_numbers`; null for `NO_DAY`.

    >>> dates_of(np.array([2, NO_DAY])).to_list()
    [datetime.date(1970, 1, 3), None]
    """
    days = pl.Series(numbers.astype(np.int32))
    return days.set(days == NO_DAY, None).cast(pl.Date)


def floats(column: pl.Series, default: float = float("nan")) -> Floats:
    """A numeric column as float64; nulls and NaN become `default`."""
    return column.cast(pl.Float64).fill_nan(None).fill_null(default).to_numpy().astype(np.float64)


def days(column: pl.Series) -> Days:
    """A date column as numpy days."""
    return column.cast(pl.Date).to_numpy().astype("datetime64[D]")
