"""Seasonality features of products: strength and peak of the weekly pattern, peak of the yearly one."""

from datetime import date

import polars as pl

from features.goods.month_sums import WEEKDAYS
from features.windows import days_since, ratio

_MIN_WEEKS = 4
"""Weeks of sales below which no weekly pattern is computed. Chosen by judgement, not measured."""
_MIN_YEAR_DAYS = 360
"""Days of sales below which no yearly pattern is computed: a year less a few days."""


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
    age = days_since("first", as_of) + 1
    weekdays = pl.LazyFrame({"weekday": range(1, 8)}, schema={"weekday": pl.Int32})
    # days without a sale have no row: how often each weekday occurred is computed, not counted
    offset = (pl.col("weekday") - pl.col("first").dt.weekday().cast(pl.Int32)) % 7
    grid = start.join(weekdays, how="cross").with_columns(age.alias("n"), ((age - offset + 6) // 7).alias("count"))
    sums = (
        months.group_by("product_id")
        .agg(pl.col(*WEEKDAYS).sum())
        .unpivot(WEEKDAYS, index="product_id", variable_name="weekday", value_name="sold")
        .with_columns(pl.col("weekday").str.tail(1).cast(pl.Int32))
    )
    squares = months.group_by("product_id").agg(pl.col("squares").sum())
    table = (
        grid.join(sums, on=["product_id", "weekday"], how="left")
        .join(squares, on="product_id", how="left")
        .with_columns(pl.col("sold").fill_null(0.0))
        .with_columns(ratio(pl.col("sold"), pl.col("count")).fill_null(0.0).alias("pace"))
        .sort("product_id", "weekday")
    )
    correction = pl.col("sold").sum() ** 2 / pl.col("n").first()
    # sums of squares of a one-way analysis of variance, from sums per weekday: the days themselves are not needed
    between = (pl.col("pace") * pl.col("sold")).sum() - correction
    total = pl.col("squares").first() - correction
    n = pl.col("n").first()
    return (
        table.group_by("product_id", maintain_order=True)
        .agg(
            n.alias("n"),
            # equal sales every day leave no variance to explain, only the rounding error of the sums
            pl.when(total > 1e-9).then(between / total).alias("r2"),
            pl.col("weekday").get(pl.col("pace").arg_max()).alias("peak_weekday"),
        )
        # adjusted for the seven means: over few weeks they explain much by chance alone
        .with_columns((1 - (1 - pl.col("r2")) * (pl.col("n") - 1) / (pl.col("n") - 7)).clip(0.0, 1.0).alias("strength"))
        .select(
            "product_id",
            pl.when(pl.col("n") >= 7 * _MIN_WEEKS).then(pl.col("strength")).alias("weekly_strength"),
            pl.when(pl.col("n") >= 7 * _MIN_WEEKS).then(pl.col("peak_weekday")).alias("peak_weekday"),
        )
    )


def _year(months: pl.LazyFrame, start: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    old = start.filter(days_since("first", as_of) + 1 >= _MIN_YEAR_DAYS)
    spans = old.with_columns(
        pl.date_ranges(pl.col("first").dt.month_start(), pl.lit(as_of), interval="1mo").alias("month")
    ).explode("month")
    begin = pl.max_horizontal("month", "first")
    end = pl.min_horizontal(pl.col("month").dt.offset_by("1mo"), pl.lit(as_of).dt.offset_by("1d"))
    covered = (
        spans.with_columns((end - begin).dt.total_days().alias("days"))
        .group_by("product_id", pl.col("month").dt.month().cast(pl.Int32).alias("peak_month"))
        .agg(pl.col("days").sum())
    )
    sold = months.group_by("product_id", pl.col("month").dt.month().cast(pl.Int32).alias("peak_month")).agg(
        pl.sum_horizontal(pl.col(*WEEKDAYS).sum()).alias("sold")
    )
    pace = ratio(pl.col("sold"), pl.col("days"))
    overall = ratio(pl.col("sold").sum().over("product_id"), pl.col("days").sum().over("product_id"))
    return (
        covered.join(sold, on=["product_id", "peak_month"], how="left")
        .with_columns(pl.col("sold").fill_null(0.0))
        .with_columns(ratio(pace, overall).alias("peak_month_index"))
        .filter(pl.col("days") >= 20)  # a month of a few days may be the best one by chance
        .sort(["product_id", "peak_month_index", "peak_month"], descending=[False, True, False], nulls_last=True)
        .group_by("product_id", maintain_order=True)
        .agg(pl.col("peak_month", "peak_month_index").first())
    )
