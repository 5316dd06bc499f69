"""Defines the time axis of the demand panel: days, weeks or months numbered from 0."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError

_MAX_SILENT_DAYS = 31
"""Days without any sale of the chain after which a forecast is refused as too old. Chosen by judgement, not
measured."""
Period = Literal["day", "week", "month"]


@dataclass(frozen=True)
class Rhythm:
    """Season, window and level lengths for one length of period, in periods.

    Attributes:
        season: periods of the short cycle (7 days a week; a year for weeks and months).
        windows: rolling windows, shortest first.
        level: the window that a series' level is read from.
        trust: shrinkage, periods of own history that weigh as much as the prior of the peer groups.
        cycles: how many past cycles the same-phase means look back on.
        year: periods of a year.
        step: periods between training origins.
        span: periods that training origins reach back.
    """

    season: int
    windows: tuple[int, ...]
    level: int
    trust: float
    cycles: tuple[int, ...]
    year: int
    step: int
    span: int


RHYTHMS: dict[Period, Rhythm] = {
    "day": Rhythm(7, (3, 7, 14, 28, 56, 112), 28, 4, (4, 8), 364, 9, 720),
    "week": Rhythm(52, (2, 4, 8, 13, 26, 52), 8, 1, (1, 2), 52, 1, 78),
    "month": Rhythm(12, (1, 2, 3, 6, 12, 24), 3, 0.5, (1, 2), 12, 1, 36),
}
"""Spans in periods: cycles, windows and levels for each length of a period; fields are explained in Rhythm."""


@dataclass(frozen=True)
class PeriodAxis:
    """Numbers the periods of a panel.

    Attributes:
        period: day, week or month.
        first: first day of period 0.
        count: periods of history; period `count - 1` is the last visible one.
    """

    period: Period
    first: date
    count: int

    @property
    def rhythm(self) -> Rhythm:
        return RHYTHMS[self.period]

    def index(self, column: pl.Expr) -> pl.Expr:
        """Number of the period that a date lies in; negative before the panel."""
        if self.period == "month":
            months = column.dt.year().cast(pl.Int32) * 12 + column.dt.month().cast(pl.Int32)
            return months - (self.first.year * 12 + self.first.month)
        days = column.cast(pl.Date).cast(pl.Int32) - (self.first.toordinal() - date(1970, 1, 1).toordinal())
        return days.floordiv(7) if self.period == "week" else days

    def number(self, day: date) -> int:
        """Number of the period that a day lies in; negative before the panel."""
        if self.period == "month":
            return (day.year - self.first.year) * 12 + day.month - self.first.month
        return (day - self.first).days // self.days_per_period

    def start(self, number: int) -> date:
        """First day of a period."""
        if self.period == "month":
            month = self.first.year * 12 + self.first.month - 1 + number
            return date(month // 12, month % 12 + 1, 1)
        return self.first + timedelta(days=number * self.days_per_period)

    def starts(self, begin: int, end: int) -> list[date]:
        """First days of the periods `begin` to `end`, the latter exclusive."""
        return [self.start(number) for number in range(begin, end)]

    @property
    def days_per_period(self) -> int:
        """1 or 7; months, which differ, count as 30."""
        return {"day": 1, "week": 7, "month": 30}[self.period]


def last_visible_day(dataset: Dataset, period: Period) -> date:
    """The last day that the sales tell of: the day of the last receipt, or the end of the last row's period.

    A row of `daily_sales` is dated by the first day of its period; stock counted at its end is known with it.

    Raises:
        MissingTableError: no sales table is there.
        NotFoundError: no sale is visible.
    """
    last = dataset.last_day()
    if period == "day" or not dataset.has("daily_sales"):
        return last
    if period == "week":
        return last + timedelta(days=6)
    return date(last.year + last.month // 12, last.month % 12 + 1, 1) - timedelta(days=1)


def history_axis(dataset: Dataset, period: Period, history_days: int) -> PeriodAxis:
    """The axis whose last period is the last complete one visible.

    A row of `daily_sales` stands for its whole period. Receipts fill a period only when its last day is visible; where
    not even one is complete, the one under way counts.

    Raises:
        NotFoundError: no sale is visible.
        ImpossibleError: the last sale lies too long before `as_of`.
    """
    last_sale = dataset.last_day()
    last = dataset.as_of if dataset.as_of is not None and period == "day" else last_sale
    if (last - last_sale).days > _MAX_SILENT_DAYS:
        raise ImpossibleError(
            f"the last visible sale is of {last_sale}, {(last - last_sale).days} days before {last}; a forecast wants "
            f"sales of the last {_MAX_SILENT_DAYS} days. Ingest newer sales or choose an earlier --as-of."
        )
    if period == "month":
        return _monthly(dataset, last, history_days)
    days = 7 if period == "week" else 1
    if period == "week" and not dataset.has("daily_sales"):
        last = _last_sunday(dataset.as_of or last_sale) - timedelta(days=6)
    first_row = _first_day(dataset, last)
    count = min((last - first_row).days // days + 1, max(1, history_days // days))
    return PeriodAxis(period, last - timedelta(days=days * (max(count, 1) - 1)), max(count, 1))


def _monthly(dataset: Dataset, last: date, history_days: int) -> PeriodAxis:
    month = last.year * 12 + last.month - 1
    visible = dataset.as_of or last
    if not dataset.has("daily_sales") and (visible + timedelta(days=1)).month == visible.month:
        month -= 1
    first_row = _first_day(dataset, last)
    available = max(1, month - (first_row.year * 12 + first_row.month - 1) + 1)
    count = min(available, max(1, history_days // 30))
    first = month - count + 1
    return PeriodAxis("month", date(first // 12, first % 12 + 1, 1), count)


def _last_sunday(day: date) -> date:
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _first_day(dataset: Dataset, fallback: date) -> date:
    table, column = ("daily_sales", "date") if dataset.has("daily_sales") else ("transactions", "sold_at")
    first = dataset.scan(table).select(pl.col(column).cast(pl.Date).min()).collect().item()
    return first if isinstance(first, date) else fallback
