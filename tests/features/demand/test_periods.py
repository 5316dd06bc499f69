"""The panel's time axis in days, weeks and months."""

from datetime import date

import polars as pl
import pytest

from features.demand.periods import Period, PeriodAxis, history_axis, last_visible_day
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError


def _sales(days: list[date]) -> Dataset:
    rows = {"date": days, "store_id": ["S"] * len(days), "product_id": ["P"] * len(days), "units": [1.0] * len(days)}
    return Dataset.from_frames({"daily_sales": pl.DataFrame(rows)})


def _receipts(days: list[date]) -> Dataset:
    rows = {
        "transaction_id": [str(number) for number in range(len(days))],
        "sold_at": days,
        "store_id": ["S"] * len(days),
        "product_id": ["P"] * len(days),
        "units": [1.0] * len(days),
        "unit_price": [1.0] * len(days),
    }
    return Dataset.from_frames({"transactions": pl.DataFrame(rows)})


@pytest.mark.parametrize(
    ("axis", "day", "number"),
    [
        (PeriodAxis("day", date(2025, 1, 1), 9), date(2025, 1, 8), 7),
        (PeriodAxis("week", date(2025, 1, 6), 9), date(2025, 1, 12), 0),
        (PeriodAxis("week", date(2025, 1, 6), 9), date(2025, 1, 5), -1),
        (PeriodAxis("month", date(2024, 11, 1), 9), date(2025, 1, 31), 2),
    ],
)
def test_a_day_lies_in_its_period(axis: PeriodAxis, day: date, number: int) -> None:
    assert axis.number(day) == number
    assert pl.select(axis.index(pl.lit(day))).item() == number
    assert axis.start(number) <= day < axis.start(number + 1)


def test_days_end_with_as_of_even_without_a_sale() -> None:
    axis = history_axis(_sales([date(2025, 1, 1), date(2025, 1, 3)]).at(date(2025, 1, 5)), "day", 730)
    assert (axis.first, axis.count) == (date(2025, 1, 1), 5)


def test_history_is_cut_to_what_the_settings_say() -> None:
    axis = history_axis(_sales([date(2025, 1, 1), date(2025, 3, 1)]), "day", 10)
    assert (axis.first, axis.count) == (date(2025, 2, 20), 10)


def test_weekly_rows_stand_for_whole_weeks() -> None:
    axis = history_axis(_sales([date(2025, 1, 1), date(2025, 1, 15)]), "week", 730)
    assert axis.starts(0, 4) == [date(2025, 1, 1), date(2025, 1, 8), date(2025, 1, 15), date(2025, 1, 22)]
    assert axis.count == 3


def test_receipts_fill_a_week_and_a_month_only_when_it_is_over() -> None:
    days = [date(2025, 1, 1), date(2025, 2, 12)]
    week = history_axis(_receipts(days), "week", 730)
    assert week.start(week.count - 1) == date(2025, 2, 3)
    month = history_axis(_receipts(days), "month", 730)
    assert (month.first, month.count) == (date(2025, 1, 1), 1)


def test_a_long_silence_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ImpossibleError, match="earlier --as-of"):
        history_axis(_sales([date(2025, 1, 1)]).at(date(2025, 6, 1)), "day", 730)


@pytest.mark.parametrize(
    ("period", "row", "last"),
    [
        ("day", date(2026, 2, 23), date(2026, 2, 23)),
        ("week", date(2026, 2, 23), date(2026, 3, 1)),
        ("month", date(2026, 2, 1), date(2026, 2, 28)),
        ("month", date(2025, 12, 1), date(2025, 12, 31)),
    ],
)
def test_the_last_row_of_daily_sales_tells_of_its_whole_period(period: Period, row: date, last: date) -> None:
    assert last_visible_day(_sales([row]), period) == last
    assert last_visible_day(_receipts([row]), period) == row
