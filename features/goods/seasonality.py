"""Seasonality features of products: strength and peak of the weekly pattern, peak of the yearly one."""

from datetime import date

import polars as pl

from features.goods.month_sums import WEEKDAYS
from features.windows import days_since, ratio

_MIN_WEEKS = 4
"""Weeks of sales below which no weekly pattern is computed. Chosen by judgement, not measured."""
_MIN_YEAR_DAYS = 360
"""Days of sales below which no yearly pattern is computed: a year less a few days."""
_MIN_MONTH_DAYS = 20
"""Days of sales in a calendar month below which it is no peak. Chosen by judgement, not measured."""
_CALENDAR = range(1, 13)
"""Numbers of the calendar months."""


def seasonality(months: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per product: strength and peak of the week, peak of the year.

    `weekly_strength` is the share of the day-to-day variance that weekday means explain (adjusted R squared, 0 to 1),
    days without a sale counted as 0 since the first sale; null under 4 weeks. `peak_month_index` is the rate of sale in
    the best calendar month / the overall rate; null under 360 days.

    Args:
        months: result of `month_sums`.
        as_of: last visible day.
    """
    start = months.group_by("product_id").agg(pl.col("first_on").min().alias("first")).drop_nulls("first")
    return (
        start.join(_week(months, start, as_of), on="product_id", how="left")
        .join(_year(months, start, as_of), on="product_id", how="left")
        .drop("first")
    )


def _week(months: pl.LazyFrame, start: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    n = days_since("first", as_of) + 1
    # days without a sale have no row: how often each weekday occurred is computed, not counted
    offsets = ((weekday - pl.col("first").dt.weekday().cast(pl.Int32)) % 7 for weekday in range(1, 8))
    counts = [((n - offset + 6) // 7) for offset in offsets]
    sold = [pl.col(name).fill_null(0.0) for name in WEEKDAYS]
    # a column per weekday: rows of weekdays would have to be sorted and grouped again
    paces = [ratio(units, count).fill_null(0.0) for units, count in zip(sold, counts, strict=True)]
    correction = pl.sum_horizontal(sold) ** 2 / n
    # sums of squares of a one-way analysis of variance, from sums per weekday: the days themselves are not needed
    between = pl.sum_horizontal(pace * units for pace, units in zip(paces, sold, strict=True)) - correction
    total = pl.col("squares") - correction
    # equal sales every day leave no variance to explain, only the rounding error of the sums
    r2 = pl.when(total > 1e-9).then(between / total)
    # adjusted for the seven means: over few weeks they explain much by chance alone
    strength = (1 - (1 - r2) * (n - 1) / (n - 7)).clip(0.0, 1.0)
    peak = pl.concat_list(paces).list.arg_max().cast(pl.Int32) + 1
    is_long = n >= 7 * _MIN_WEEKS
    sums = months.group_by("product_id").agg(pl.col(*WEEKDAYS, "squares").sum())
    return start.join(sums, on="product_id", how="left").select(
        "product_id",
        pl.when(is_long).then(strength).alias("weekly_strength"),
        pl.when(is_long).then(peak).alias("peak_weekday"),
    )


def _year(months: pl.LazyFrame, start: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    old = start.filter(days_since("first", as_of) + 1 >= _MIN_YEAR_DAYS)
    # a column per calendar month, each of which lies in so many days: rows of months would have to be grouped again
    of_first = pl.col("month").dt.month()
    units = pl.sum_horizontal(pl.col(*WEEKDAYS))
    sold = months.group_by("product_id").agg(
        pl.when(of_first == month).then(units).sum().alias(f"sold_{month}") for month in _CALENDAR
    )
    frame = old.join(_days_by_month(old, as_of), on="first").join(sold, on="product_id", how="left")
    total = pl.sum_horizontal(f"sold_{month}" for month in _CALENDAR)
    overall = ratio(total, pl.sum_horizontal(f"days_{month}" for month in _CALENDAR))
    # a month of a few days may be the best one by chance
    is_long = [pl.col(f"days_{month}") >= _MIN_MONTH_DAYS for month in _CALENDAR]
    paces = (ratio(pl.col(f"sold_{month}"), pl.col(f"days_{month}")) for month in _CALENDAR)
    indices = [pl.when(long).then(ratio(pace, overall)) for long, pace in zip(is_long, paces, strict=True)]
    # where nothing was sold the first month stands
    best = pl.coalesce(pl.concat_list(indices).list.arg_max(), pl.concat_list(is_long).list.arg_max())
    return frame.select(
        "product_id",
        (best.cast(pl.Int32) + 1).alias("peak_month"),
        pl.max_horizontal(indices).alias("peak_month_index"),
    )


def _days_by_month(start: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per first day: the days since then in each calendar month, columns `days_1` to `days_12`."""
    months = pl.date_ranges(pl.col("first").dt.month_start(), pl.lit(as_of), interval="1mo").alias("month")
    spans = start.select("first").unique().with_columns(months).explode("month")
    begin = pl.max_horizontal("month", "first")
    end = pl.min_horizontal(pl.col("month").dt.offset_by("1mo"), pl.lit(as_of).dt.offset_by("1d"))
    days, month_of = (end - begin).dt.total_days(), pl.col("month").dt.month()
    return spans.group_by("first").agg(
        pl.when(month_of == month).then(days).sum().alias(f"days_{month}") for month in _CALENDAR
    )
