"""Dates and times of day that are numbers."""

from datetime import date, datetime

import polars as pl
import pytest

from retail_brain.ingest.moments import date_of, datetime_of
from retail_brain.sources import ColumnFormat


def read(values: list[object], form: str | tuple[str, ...]) -> list[datetime | None]:
    column = pl.Series("v", values)
    made = datetime_of(pl.col("v"), column.dtype, ColumnFormat(date_format=form))
    return column.to_frame().select(made).to_series().to_list()


@pytest.mark.parametrize(
    ("text", "form", "wanted"),
    [
        ("2026-01-02 34261", "%Y-%m-%d seconds", datetime(2026, 1, 2, 9, 31, 1)),
        ("02.01.2026 571", "%d.%m.%Y minutes", datetime(2026, 1, 2, 9, 31)),
        ("02.01.2026 0,396527777777778", "%d.%m.%Y excel", datetime(2026, 1, 2, 9, 31)),
        ("Jan 2, 2026 931", "%b %d, %Y %H%M", datetime(2026, 1, 2, 9, 31)),
        ("20260102 5", "%Y%m%d %H%M", datetime(2026, 1, 2, 0, 5)),
        ("20260102 93101", "%Y%m%d %H%M%S", datetime(2026, 1, 2, 9, 31, 1)),
        ("46024 0.396527777777778", "excel excel", datetime(2026, 1, 2, 9, 31)),
        ("46024 9:31 PM", "excel %I:%M %p", datetime(2026, 1, 2, 21, 31)),
        ("46024,396527778", "excel", datetime(2026, 1, 2, 9, 31)),
        ("2 34261", "days since 2025-12-31 seconds", datetime(2026, 1, 2, 9, 31, 1)),
        ("2", "days since 2025-12-31", datetime(2026, 1, 2)),
    ],
)
def test_number_of_a_day_or_of_a_time_of_day_is_read(text: str, form: str, wanted: datetime) -> None:
    assert read([text], form) == [wanted]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2026-01-02 86400", "%Y-%m-%d seconds"),
        ("2026-01-02 -1", "%Y-%m-%d seconds"),
        ("2026-01-02 1440", "%Y-%m-%d minutes"),
        ("2026-01-02 1.5", "%Y-%m-%d excel"),
        ("2026-01-02 975", "%Y-%m-%d %H%M"),
        ("2026-01-02", "%Y-%m-%d seconds"),
        ("45,994", "excel"),
        ("two", "days since 2025-12-31"),
    ],
)
def test_number_outside_of_a_day_is_not_read(text: str, form: str) -> None:
    assert read([text], form) == [None]


def test_numbers_of_a_typed_column_count_days() -> None:
    assert read([1, 366], "days since 2025-12-31") == [datetime(2026, 1, 1), datetime(2027, 1, 1)]
    assert read([46024.5], "excel") == [datetime(2026, 1, 2, 12)]


def test_texts_and_serial_days_of_one_column_are_read_by_a_list_of_forms() -> None:
    wanted = [datetime(2026, 1, 5), datetime(2026, 1, 2), None]
    assert read(["5/1/2026", "46024", "none"], ("%d/%m/%Y", "excel")) == wanted
    days = pl.DataFrame({"v": ["5/1/2026", "46024"]}).select(
        date_of(pl.col("v"), pl.String(), ColumnFormat(date_format=("%d/%m/%Y", "excel")))
    )
    assert days.to_series().to_list() == [date(2026, 1, 5), date(2026, 1, 2)]


@pytest.mark.parametrize(
    ("text", "form", "wanted"),
    [
        ("02.01.2026 12:24:00", "%d.%m.%Y %H:%M:%S", datetime(2026, 1, 2, 12, 24)),
        ("02.01.2026 24:00:00", "%d.%m.%Y %H:%M:%S", datetime(2026, 1, 2, 23, 59, 59)),
        ("02.01.2026 24:00", "%d.%m.%Y %H:%M", datetime(2026, 1, 2, 23, 59)),
        ("02.01.2026T24:00", "%d.%m.%YT%H:%M", datetime(2026, 1, 2, 23, 59)),
    ],
)
def test_only_the_hour_24_is_the_end_of_the_day(text: str, form: str, wanted: datetime) -> None:
    assert read([text], form) == [wanted]


def test_week_is_read_by_its_number_in_every_spelling() -> None:
    values = pl.Series(["2025-W51", "KW 1/2026", "2026年第12周", "2026-W60", "2026-01-05"])
    days = values.to_frame("v").select(date_of(pl.col("v"), pl.String(), ColumnFormat(date_format="week"))).to_series()
    assert days.to_list() == [date(2025, 12, 15), date(2025, 12, 29), date(2026, 3, 16), None, None]
    both = ColumnFormat(date_format=("week", "%Y-%m-%d"))
    assert values.to_frame("v").select(datetime_of(pl.col("v"), pl.String(), both)).to_series()[4].day == 5
