from datetime import date, datetime, timedelta

import polars as pl

from features.windows import days_since, ratio, trend, until, within

AS_OF = date(2025, 3, 31)


def test_within_takes_as_of_whole_and_leaves_out_the_day_before_the_window():
    days = pl.DataFrame({"at": [AS_OF - timedelta(days=n) for n in (-1, 0, 27, 28, 55, 56)]})
    assert days.select(within("at", AS_OF, 28)).to_series().to_list() == [False, True, True, False, False, False]
    assert days.select(within("at", AS_OF, 28, before=28)).to_series().to_list() == [
        *(False, False, False),
        *(True, True, False),
    ]


def test_the_last_second_of_as_of_is_visible_and_the_next_is_not():
    moments = pl.DataFrame({"at": [datetime(2025, 3, 31, 23, 59, 59), datetime(2025, 4, 1), None]})
    assert moments.select(until("at", AS_OF)).to_series().to_list() == [True, False, True]
    assert moments.select(days_since("at", AS_OF)).to_series().to_list() == [0, -1, None]


def test_trend_and_ratio_have_no_infinities():
    frame = pl.DataFrame({"a": [3.0, 0.0, 0.0], "b": [1.0, 0.0, 2.0]})
    assert frame.select(trend("a", "b")).to_series().to_list() == [0.5, 0.0, -1.0]
    assert frame.select(ratio(pl.col("a"), pl.col("b"))).to_series().to_list() == [3.0, None, 0.0]
