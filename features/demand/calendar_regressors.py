"""Builds calendar regressors (week, year, month, festivals, events) with a ridge penalty for each column.

Made for totals of many series, whose days are regular enough to be explained by the calendar alone (dynamic harmonic
regression: Young, Pedregal, Tych, Journal of Forecasting 18, 1999; Hyndman and Athanasopoulos, Forecasting: Principles
and Practice, section 10.5).
"""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import polars as pl

from features.calendar import festival_days, public_holidays
from features.demand.arrays import Doubles, Ints

_WAVES = 8
"""Sine and cosine pairs of the year; the shortest lasts 46 days. The regression as a whole was chosen on M5
(docs/benchmarks.md, Totals)."""
_WEEKDAY_WAVES = 2
"""Pairs of the year for each weekday; chosen likewise."""
_DAYS_BEFORE_HOLIDAY = 2
"""Days before a public holiday with a column of their own. Chosen by judgement, not measured."""
DAYS_BEFORE_FESTIVAL, DAYS_AFTER_FESTIVAL = 10, 4
"""Days before and after a festival with a column each: wide festivals did better on M5 (docs/benchmarks.md, Totals)."""
_RECURRING_DAYS_A_YEAR = 6
"""Days of a year; events on more of them also get columns by weekday and day of month. Chosen by judgement, not
measured."""
_DAYS_OF_YEAR = 365.25
"""Days of a mean year."""

WEEKDAY_PENALTY, MONTH_DAY_PENALTY, CROSSED_PENALTY = 0.1, 3.0, 3.0
"""Ridge penalties relative to the strength of a series. The regression was chosen as a whole on M5 (docs/benchmarks.md,
Totals)."""
EVENT_PENALTY, WEEKDAY_WAVE_PENALTY, WAVE_PENALTY = 1.0, 20.0, 0.5
"""Ridge penalties likewise."""

Column = tuple[Doubles, float]


def calendar_design(
    dates: Sequence[date], learnt: int, country: str, calendar: pl.DataFrame, region: str | None
) -> tuple[Doubles, Doubles]:
    """Columns and penalties of a ridge regression on the calendar of a region.

    Waves of the year are left out where the regression learns from less than a year.

    Args:
        dates: consecutive days.
        learnt: how many of them, from the first on, the regression learns from.
        country: whose public holidays count.
        calendar: rows of the `calendar` table.
        region: events of this region and those of everywhere count.

    Returns:
        Columns, shape (dates, columns), and the relative weight of each coefficient's square, shape (columns,): a
        larger one shrinks it more.

    Raises:
        UsageError: the country is not one the `holidays` library knows.
    """
    weekday = np.array([day.weekday() for day in dates])
    month_day = np.array([day.day for day in dates])
    candidates = [
        *_weeks(weekday),
        *(_years(dates, weekday) if learnt >= _DAYS_OF_YEAR else ()),
        *((_flag(month_day == day), MONTH_DAY_PENALTY) for day in range(1, 32)),
        *_holidays(dates, country),
        *_festivals(dates, country),
        *_events(dates, calendar, region, weekday, month_day),
    ]
    columns = [(column, penalty) for column, penalty in candidates if column.any()]
    return np.stack([column for column, _ in columns], axis=1), np.array([penalty for _, penalty in columns])


def _weeks(weekday: Ints) -> Iterator[Column]:
    for number in range(7):
        yield _flag(weekday == number), WEEKDAY_PENALTY


def _years(dates: Sequence[date], weekday: Ints) -> Iterator[Column]:
    """Waves of the year, and weekdays that swing with the year."""
    angle = 2 * np.pi * np.array([day.timetuple().tm_yday for day in dates]) / _DAYS_OF_YEAR
    for wave in range(1, _WAVES + 1):
        for form in (np.sin, np.cos):
            yield form(wave * angle), 1 + WAVE_PENALTY * wave**2
    for wave in range(1, _WEEKDAY_WAVES + 1):
        for form in (np.sin, np.cos):
            for number in range(7):
                yield form(wave * angle) * (weekday == number), WEEKDAY_WAVE_PENALTY


def _holidays(dates: Sequence[date], country: str) -> Iterator[Column]:
    """Each public holiday by its name: the day and those just before it."""
    days: dict[str, set[date]] = {}
    for day, name in public_holidays(country, dates[0].year, dates[-1].year + 1).items():
        days.setdefault(name, set()).add(day)
    for name in sorted(days):
        if "(observed)" not in name:
            yield from _approach(_days_in(dates, days[name]))


def _festivals(dates: Sequence[date], country: str) -> Iterator[Column]:
    """Each distance to and from the large festivals of the country."""
    numbers = np.array([day.toordinal() for day in dates])
    for name, days in festival_days(country, dates[0].year - 1, dates[-1].year + 1).items():
        if name != "other_holiday" and days:
            festival_numbers = np.array([day.toordinal() for day in days])
            for distance in range(-DAYS_BEFORE_FESTIVAL, DAYS_AFTER_FESTIVAL + 1):
                yield _flag(np.isin(numbers - distance, festival_numbers)), EVENT_PENALTY


def _events(
    dates: Sequence[date], calendar: pl.DataFrame, region: str | None, weekday: Ints, month_day: Ints
) -> Iterator[Column]:
    """Events of the user's calendar: recurring ones by weekday and day of the month, rare ones with their approach."""
    everywhere = pl.col("region").is_null()
    events = calendar.filter(everywhere if region is None else everywhere | (pl.col("region") == region))
    for _, part in sorted(events.partition_by("event_name", as_dict=True).items()):
        flag = _days_in(dates, set(part["date"].to_list()))
        if flag.sum() <= _RECURRING_DAYS_A_YEAR * len(dates) / _DAYS_OF_YEAR:
            yield from _approach(flag)
            continue
        yield flag, WEEKDAY_PENALTY
        for number in range(7):
            yield flag * (weekday == number), CROSSED_PENALTY
        for day in range(1, 32):
            yield flag * (month_day == day), CROSSED_PENALTY


def _approach(flag: Doubles) -> Iterator[Column]:
    """The day itself and each of the days before it."""
    yield flag, EVENT_PENALTY
    for before in range(1, _DAYS_BEFORE_HOLIDAY + 1):
        yield np.concatenate([flag[before:], np.zeros(before)]), EVENT_PENALTY


def _days_in(dates: Sequence[date], days: set[date]) -> Doubles:
    return np.array([float(day in days) for day in dates])


def _flag(condition: np.typing.NDArray[np.bool_]) -> Doubles:
    return condition.astype(np.float64)
