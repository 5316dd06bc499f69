"""Sums of a product's sales by month, of which seasons and demand patterns are made.

A month's rows change only with sales of that month, not with the day of the build.
"""

from datetime import date
from typing import Final

import polars as pl

from features.windows import ratio

WEEKDAYS: Final = tuple(f"sold_on_{weekday}" for weekday in range(1, 8))
"""Units of sales by weekday, Monday first."""
MONTH_SUMS: Final = pl.Schema(
    {
        "product_id": pl.String,
        "month": pl.Date,
        "first_on": pl.Date,
        "sale_days": pl.Int64,
        "squares": pl.Float64,
        **dict.fromkeys(WEEKDAYS, pl.Float64),
        "lines": pl.Int64,
        "returned": pl.Float64,
        "bought": pl.Float64,
        "remote": pl.Float64,
        "by_channel": pl.Float64,
    }
)
"""Columns of `month_sums`: first day with a row, days with a sale, sum of the squares of their units, units by weekday;
and of receipt lines: how many, units returned, sold, sold elsewhere than in the store and sold with a channel."""


def month_sums(days: pl.LazyFrame, lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per product x month with sales: MONTH_SUMS.

    Args:
        days: columns product_id, date and sold (units of sales, without returns), one row or more per day.
        lines: receipt lines, columns product_id, at, units and channel.
    """
    month = pl.col("date").dt.month_start().alias("month")
    # of all shops: the size of a day is what the chain sold on it
    daily = days.group_by("product_id", "date").agg(pl.col("sold").sum())
    weekday = pl.col("date").dt.weekday()
    of_days = daily.group_by("product_id", month).agg(
        pl.col("date").min().alias("first_on"),
        (pl.col("sold") > 0).sum().cast(pl.Int64).alias("sale_days"),
        (pl.col("sold") ** 2).sum().alias("squares"),
        *(pl.col("sold").filter(weekday == number).sum().alias(name) for number, name in enumerate(WEEKDAYS, 1)),
    )
    sold, channel = pl.col("units") > 0, pl.col("channel")
    of_lines = lines.group_by("product_id", pl.col("at").cast(pl.Date).dt.month_start().alias("month")).agg(
        pl.len().cast(pl.Int64).alias("lines"),
        pl.col("units").filter(~sold).sum().alias("returned"),
        pl.col("units").filter(sold).sum().alias("bought"),
        pl.col("units").filter(sold & (channel != "store")).sum().alias("remote"),
        pl.col("units").filter(sold & channel.is_not_null()).sum().alias("by_channel"),
    )
    both = of_days.join(of_lines, on=["product_id", "month"], how="full", coalesce=True, nulls_equal=True)
    return both.select(pl.col(name).cast(kind) for name, kind in MONTH_SUMS.items())


def demand_of_months(months: pl.LazyFrame) -> pl.LazyFrame:
    """One row per product: days with a sale, and the squared coefficient of variation of their units (`cv2`).

    Args:
        months: result of `month_sums`.
    """
    n, sold = pl.col("sale_days"), pl.col("sold")
    # at least 0: equal days have no spread, only the rounding error of the sums
    variance = (pl.col("squares") - sold**2 / n).clip(lower_bound=0) / (n - 1)
    # one day of sales has no spread: its size counts as even, so the class rests on the interval
    cv2 = pl.when(n > 1).then(variance / (sold / n) ** 2).otherwise(0.0)
    sums = (
        months.filter(pl.col("first_on").is_not_null())
        .with_columns(pl.sum_horizontal(WEEKDAYS).alias("sold"))
        .group_by("product_id")
        .agg(pl.col("sale_days", "squares", "sold").sum())
    )
    return sums.select("product_id", n.cast(pl.Int32).alias("sale_days"), cv2.alias("cv2"))


def shares_of_months(months: pl.LazyFrame) -> pl.LazyFrame:
    """One row per product with receipts: returns per unit sold, and the share of units sold elsewhere than in a store.

    Args:
        months: result of `month_sums`.
    """
    sums = months.group_by("product_id").agg(pl.col("lines", "returned", "bought", "remote", "by_channel").sum())
    return sums.filter(pl.col("lines") > 0).select(
        "product_id",
        ratio(pl.col("returned").abs(), pl.col("bought")).alias("returns_share"),
        ratio(pl.col("remote"), pl.col("by_channel")).alias("remote_share"),
    )


def in_month(column: str, month: date) -> pl.Expr:
    """Whether a date or datetime lies in a month, in a form that spares a reader the files of others.

    Args:
        column: of dates or datetimes.
        month: first day of the month.
    """
    at = pl.col(column)
    return (at >= pl.lit(month)) & (at < pl.lit(month).dt.offset_by("1mo"))
