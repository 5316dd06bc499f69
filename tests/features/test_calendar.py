"""Calendar features: festivals that move, paydays, the user's own events."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features.calendar import (
    CALENDAR_COLUMNS,
    calendar_features,
    days_to_nearest,
    easter_sunday,
    event_features,
    festival_days,
    same_time_last_year,
)
from retail_brain.errors import UsageError
from retail_brain.tables import TABLES


@pytest.mark.parametrize(
    ("year", "day"),
    [(1961, date(1961, 4, 2)), (2000, date(2000, 4, 23)), (2024, date(2024, 3, 31)), (2038, date(2038, 4, 25))],
)
def test_easter_is_that_of_the_almanac(year: int, day: date) -> None:
    assert easter_sunday(year) == day


def test_spring_festival_moves_and_is_counted_down() -> None:
    days = [date(2025, 1, 26), date(2025, 1, 29), date(2025, 2, 1), date(2026, 2, 14), date(2025, 6, 15)]
    column = calendar_features(days, "CN")["days_to_spring_festival"]
    assert column.is_nan().to_list() == [False, False, False, False, True]
    assert column.to_list()[3] == 3
    assert column.to_list()[0] > column.to_list()[1] >= 0 > column.to_list()[2]


def test_a_country_keeps_its_own_festivals_only() -> None:
    assert festival_days("US", 2025, 2025)["thanksgiving"] == [date(2025, 11, 27)]
    assert festival_days("US", 2025, 2025)["spring_festival"] == []
    assert festival_days("US", 2025, 2025)["easter"] == [date(2025, 4, 20)]
    assert festival_days("CN", 2025, 2025)["thanksgiving"] == []
    assert date(2025, 10, 6) in festival_days("CN", 2025, 2025)["mid_autumn"]
    assert festival_days("DE", 2025, 2025)["christmas"] == [date(2025, 12, 25)]


def test_an_unknown_country_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="ISO 3166"):
        calendar_features([date(2025, 1, 1)], "ZZ")


def test_every_column_is_there_in_order() -> None:
    frame = calendar_features([date(2025, 1, 31), date(2025, 2, 13)], "US")
    assert tuple(frame.columns) == CALENDAR_COLUMNS
    assert frame["weekday"].to_list() == [5, 4]
    assert frame["days_to_payday"].to_list() == [0, 2]
    assert frame["is_holiday"].to_list() == [0, 0]


def test_distance_is_to_the_nearest_day_and_ends_where_it_says_nothing() -> None:
    days = [date(2025, 3, 10)]
    dates = [date(2025, 3, 10) + timedelta(days=shift) for shift in (-29, -28, 0, 10, 11)]
    assert np.array_equal(days_to_nearest(dates, days), [np.nan, 28, 0, -10, np.nan], equal_nan=True)
    assert np.isnan(days_to_nearest(dates, [])).all()


def test_a_year_ago_is_as_far_from_a_moving_festival() -> None:
    ordinary, run_up, after_the_run_up_of_2025 = date(2025, 6, 18), date(2026, 2, 10), date(2026, 1, 15)
    found = same_time_last_year([ordinary, run_up, after_the_run_up_of_2025], "CN")
    assert found == [date(2024, 6, 19), date(2025, 1, 22), None]
    assert same_time_last_year([run_up], "US") == [run_up - timedelta(days=364)]


def test_events_count_in_their_region_and_everywhere() -> None:
    calendar = pl.DataFrame(
        {
            "date": [date(2025, 3, 2), date(2025, 3, 3), date(2025, 3, 4)],
            "region": [None, "north", "south"],
            "event_name": ["fair", "match", "match"],
            "event_type": ["local", "sport", "sport"],
        },
        schema=TABLES["calendar"].types,
    )
    dates = [date(2025, 3, day) for day in range(1, 6)]
    north = event_features(dates, calendar, "north", ["sport", "local"])
    assert north["event_0"].to_list() == [0, 0, 1, 0, 0]
    assert north["event_1"].to_list() == [0, 1, 0, 0, 0]
    assert north["days_to_event"].to_list() == [1, 0, 0, -1, -2]
    assert event_features(dates, calendar, None, ["sport"])["event_0"].to_list() == [0, 0, 0, 0, 0]


def test_an_ordinary_holiday_is_felt_for_days_and_not_from_another_one() -> None:
    dates = [date(2016, 1, 18) + timedelta(days=distance) for distance in (-24, -4, -3, 0, 1, 2)]
    found = calendar_features(dates, "US")["days_to_other_holiday"].to_numpy()
    assert np.array_equal(found, [np.nan, np.nan, 3, 0, -1, np.nan], equal_nan=True), "Christmas 2015 is no MLK day"
