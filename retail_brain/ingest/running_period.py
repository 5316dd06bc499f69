"""Leaves out rows of a week or month that is not over: its few days would count as the whole of it."""

from datetime import date, datetime, timedelta
from typing import Literal

import polars as pl

from retail_brain.ingest.days_to_come import TOTALS
from retail_brain.ingest.staging import Staged
from retail_brain.past_days import today as today_in_utc

_SAID = {"week": "the week is not over 一周还没有结束", "month": "the month is not over 一个月还没有结束"}
"""Period -> why its rows are left out; they are taken once it is over."""


def without_running_period(
    name: str, table: Staged, period: Literal["day", "week", "month"], today: date | None = None
) -> Staged:
    """A table of totals without rows of the period under way, which are counted.

    Args:
        name: of the table.
        table: as staged.
        period: the setting `data.period`.
        today: in business time; None: of the machine's zone, or of UTC where it is further.
    """
    if period == "day" or name not in TOTALS:
        return table
    today = today or max(datetime.now().astimezone().date(), today_in_utc())
    day = pl.col("date")
    last_day = day + timedelta(days=6) if period == "week" else day.dt.month_end()
    is_running = last_day > today
    rows = table.rows.select(is_running.sum()).collect(engine="streaming").item()
    if not rows:
        return table
    reason = f"{_SAID[period]}: {today}"
    return table.with_rows(table.rows.filter(~is_running), left_out={**table.left_out, reason: rows})


def waits_for_its_end(reason: str) -> bool:
    """Whether rows were left out since their period is not over, so that they are taken later."""
    return reason.startswith(tuple(_SAID.values()))
