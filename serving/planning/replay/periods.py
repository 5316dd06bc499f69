"""Finds the whole days, weeks or months that a replay plays."""

from datetime import date, timedelta

import numpy as np

from features.demand.periods import Period, PeriodAxis
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Days
from retail_brain.errors import ImpossibleError

HISTORY_PERIODS: dict[Period, int] = {"day": 91, "week": 52, "month": 24}
"""Periods ahead of a replay from which ages of stock, recovered demand and moving rates are derived: a quarter of days,
and a year or two of the longer ones. Chosen by judgement, not measured."""
PLAYED_DAYS: dict[Period, int] = {"day": 91, "week": 182, "month": 365}
"""Days played where no first day is given: a quarter of days, 26 weeks, or a year of months."""
REFRESH_DAYS: dict[Period, int] = {"day": 7, "week": 7, "month": 28}
"""Days between forecasts where none are asked for: a week of days, otherwise every period."""
REFIT_DAYS: dict[Period, int] = {"day": 31, "week": 91, "month": 182}
"""Days between fits of the model where none are asked for. Chosen by judgement, not measured."""
TUNE_DAYS: dict[Period, int] = {"day": 56, "week": 336, "month": 365}
"""Days before the replay that parameters are tuned on where none are asked for. Chosen by judgement, not measured."""


def played_axis(dataset: Dataset, period: Period, first: date, last: date) -> PeriodAxis:
    """The whole periods between two days; period 0 is the first one played.

    Weeks begin on the weekday of the rows of `daily_sales`, on Monday where there are none.

    Raises:
        ImpossibleError: the days are the wrong way round, or no whole period lies between them.
    """
    if last < first:
        raise ImpossibleError(f"the replay would end on {last}, before it begins on {first}. Swap the days.")
    if period == "month":
        begin = first if first.day == 1 else PeriodAxis(period, first.replace(day=1), 0).start(1)
    elif period == "week":
        begin = first + timedelta(days=(_weekday(dataset) - first.weekday()) % 7)
    else:
        begin = first
    count = PeriodAxis(period, begin, 0).number(last + timedelta(days=1))
    if count < 1:
        raise ImpossibleError(
            f"no whole {period} lies between {first} and {last}: the first would begin on {begin}. Choose an earlier "
            "--from or a later --until."
        )
    return PeriodAxis(period, begin, count)


def _weekday(dataset: Dataset) -> int:
    """Weekday that weeks begin on, Monday = 0."""
    return dataset.last_day().weekday() if dataset.has("daily_sales") else 0


def period_starts(axis: PeriodAxis, begin: int, end: int) -> Days:
    """First days of the periods `begin` to `end`, the latter exclusive."""
    return np.array(axis.starts(begin, end), dtype="datetime64[D]")


def mean_days(axis: PeriodAxis) -> float:
    """Mean length of the periods played, days."""
    return (axis.start(axis.count) - axis.first).days / axis.count
