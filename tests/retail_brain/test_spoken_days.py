"""Days in sentences: day and month, and the year where it could be misread."""

from datetime import date, timedelta

import polars as pl
import pytest

from retail_brain.spoken_days import spoken_day, spoken_days

SEEN_FROM = date(2026, 2, 28)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 3, 2), ("2 March", "3月2日")),
        (date(2025, 12, 31), ("31 December", "12月31日")),
        (SEEN_FROM + timedelta(days=183), ("30 August", "8月30日")),
        (SEEN_FROM + timedelta(days=184), ("31 August 2026", "2026年8月31日")),
        (date(2025, 3, 2), ("2 March 2025", "2025年3月2日")),
    ],
)
def test_the_year_is_said_where_day_and_month_are_far_away(day: date, said: tuple[str, str]) -> None:
    assert spoken_day(day, SEEN_FROM) == said


def test_months_have_english_names_and_no_leading_zeros() -> None:
    days = pl.DataFrame({"day": [date(2026, month, 1) for month in range(1, 13)] + [None]})
    english, chinese = spoken_days(pl.col("day"), pl.col("day"))
    assert days.select(english).to_series().to_list() == [
        *("1 January", "1 February", "1 March", "1 April", "1 May", "1 June", "1 July", "1 August", "1 September"),
        *("1 October", "1 November", "1 December", None),
    ]
    assert days.select(chinese).to_series().to_list() == [*(f"{month}月1日" for month in range(1, 13)), None]


def test_an_unknown_day_of_the_sentence_says_the_year() -> None:
    said = spoken_days(pl.lit(date(2026, 3, 2)), pl.lit(None, pl.Date))
    assert pl.select(en=said[0], zh=said[1]).row(0) == ("2 March 2026", "2026年3月2日")
