"""Leaves out rows of a week or month that is not over, and finds those that a lake holds: they are not the whole."""

from datetime import date, datetime, timedelta
from typing import Literal

import polars as pl

from retail_brain.ingest.days_to_come import TOTALS
from retail_brain.ingest.staging import Staged
from retail_brain.past_days import today as today_in_utc

Period = Literal["day", "week", "month"]
_SAID = {"week": "the week is not over 一周还没有结束", "month": "the month is not over 一个月还没有结束"}
"""Period -> why its rows are left out; they are taken once it is over."""


def without_running_period(name: str, table: Staged, period: Period, today: date | None = None) -> Staged:
    """A table of totals without rows of the period under way, which are counted.

    Args:
        name: of the table.
        table: as staged.
        period: the setting `data.period`.
        today: in business time; None: of the machine's zone, or of UTC where it is further.
    """
    if period == "day" or name not in TOTALS:
        return table
    today = today or _business_day()
    is_running = _is_running(period, today)
    rows = table.rows.select(is_running.sum()).collect(engine="streaming").item()
    if not rows:
        return table
    reason = f"{_SAID[period]}: {today}"
    return table.with_rows(table.rows.filter(~is_running), left_out={**table.left_out, reason: rows})


def stored_of_running_period(
    name: str, stored: pl.LazyFrame | None, period: Period, today: date | None = None
) -> pl.DataFrame | None:
    """Days and rows of the period under way that a lake holds, as one read before `data.period` was set; or None.

    They would be the last day of everything, and count as the whole of their period.

    Args:
        name: of the table.
        stored: its rows; None where the lake has none.
        period: as in `without_running_period`.
        today: as there.

    Returns:
        date, rows; None where there are none.
    """
    if stored is None or period == "day" or name not in TOTALS:
        return None
    running = stored.filter(_is_running(period, today or _business_day()))
    days = running.group_by("date").agg(pl.len().alias("rows")).sort("date").collect(engine="streaming")
    return days if days.height else None


def said_of_running(name: str, days: pl.DataFrame, period: Period) -> str:
    """What rows of a period under way are: a count, their days and why they are no observation.

    Args:
        name: of the table.
        days: of `stored_of_running_period`.
        period: the setting `data.period`.
    """
    return f"{days['rows'].sum():,} rows of {name} dated {days['date'][0]} to {days['date'][-1]} ({_SAID[period]})"


def _business_day() -> date:
    return max(datetime.now().astimezone().date(), today_in_utc())


def _is_running(period: Period, today: date) -> pl.Expr:
    """Whether a row's period ends after a day."""
    day = pl.col("date")
    return (day + timedelta(days=6) if period == "week" else day.dt.month_end()) > today


def waits_for_its_end(reason: str) -> bool:
    """Whether rows were left out since their period is not over, so that they are taken later."""
    return reason.startswith(tuple(_SAID.values()))
