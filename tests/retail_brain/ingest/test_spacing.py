"""Rows of `daily_sales` that are weeks or months are said where a tenant's period is a day."""

from datetime import date, timedelta
from typing import Any, Literal

import polars as pl
import pytest

from retail_brain.ingest.look import look
from retail_brain.settings import DataSettings
from retail_brain.spacing import spacing_notes, spacing_of


def days(first: date, count: int, step: int) -> list[date]:
    return [first + timedelta(days=step * number) for number in range(count)]


@pytest.mark.parametrize(
    ("dates", "spacing"),
    [
        (days(date(2026, 1, 7), 8, 7), "week"),
        (days(date(2026, 1, 7), 7, 7), "day"),  # too few to tell
        (days(date(2026, 1, 7), 30, 14), "week"),  # weeks without sales between
        (days(date(2026, 1, 1), 60, 1), "day"),
        ([date(2026, month, 1) for month in range(1, 7)], "month"),
        ([date(2026, month + 1, 1) - timedelta(days=1) for month in range(1, 7)], "month"),
        ([date(2026, month, 15) for month in range(1, 7)], "day"),
    ],
)
def test_the_days_tell_the_period(dates: list[date], spacing: str) -> None:
    assert spacing_of(pl.Series(dates)) == spacing


def weekly(chain: Any) -> None:
    rows = [f"{day},A,x,3,2.5" for day in days(date(2026, 1, 7), 10, 7)]
    chain.write("daily_sales.csv", "\n".join(["date,store_id,product_id,units,unit_price", *rows]))


@pytest.mark.parametrize(("period", "is_said"), [("day", True), ("week", False)])
def test_ingest_says_that_rows_are_weeks_unless_the_settings_know(chain: Any, period: str, *, is_said: bool) -> None:
    weekly(chain)
    notes = chain.ingest(period=period).tables["daily_sales"].notes
    assert any("Wednesdays alone, 10 days: each seems to be a week" in note for note in notes) is is_said
    assert any("10 天" in note for note in notes) is is_said


@pytest.mark.parametrize(("period", "is_said"), [("day", True), ("week", False)])
def test_the_look_says_it_too(chain: Any, period: Literal["day", "week"], *, is_said: bool) -> None:
    weekly(chain)
    lines = look(str(chain.folder), DataSettings(period=period)).lines
    assert any("each seems to be a week" in line for line in lines) is is_said


def test_rows_of_months_are_asked_for_by_their_first_day_also_where_they_have_the_last() -> None:
    ends = [date(2026, month + 1, 1) - timedelta(days=1) for month in range(1, 7)]
    (note,) = spacing_notes(pl.LazyFrame({"date": ends}), "day")
    assert "at one end of a month alone, 6 days: each seems to be a month. Set" in note
    assert "rows dated by the first day of their month" in note
