"""Counts of a product's buyers from which repeat buying follows.

They are whole numbers that add up: what a day changes is taken out and put in, and the rest stays.
"""

from datetime import date
from typing import Final

import polars as pl

from features.windows import ratio, within

BUYER_COUNTS: Final = pl.Schema(
    {"product_id": pl.String, "last_on": pl.Date, "gap": pl.Int32, "count": pl.Int64, "again": pl.Int64}
)
"""Columns of `buyer_counts`. Rows with `last_on` count the people whose last day with the product it was, and those of
them who bought it on an earlier day too (`again`); rows with `gap` count gaps of so many days between two purchases."""
_PAIR: Final = ("product_id", "person_id")


def buyer_counts(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per product and last day, and per product and gap: BUYER_COUNTS.

    Args:
        lines: receipt lines, columns product_id, person_id, at and units; all of a person's lines of a product.
    """
    visits = (
        lines.filter((pl.col("units") > 0) & pl.col("person_id").is_not_null())
        .select(*_PAIR, pl.col("at").cast(pl.Date).alias("date"))
        .unique()
        .sort(*_PAIR, "date")
    )
    same = pl.all_horizontal(pl.col(name).shift(1) == pl.col(name) for name in _PAIR)
    is_last = ~pl.all_horizontal(pl.col(name).shift(-1) == pl.col(name) for name in _PAIR).fill_null(value=False)
    marked = visits.with_columns(
        pl.when(same).then(pl.col("date").diff().dt.total_days()).cast(pl.Int32).alias("gap"), is_last.alias("is_last")
    ).select("product_id", "date", "gap", "is_last")
    count = pl.len().cast(pl.Int64).alias("count")
    # a last visit with a gap before it is that of somebody who came again
    last = (
        marked.filter("is_last")
        .group_by("product_id", pl.col("date").alias("last_on"))
        .agg(count, pl.col("gap").count().cast(pl.Int64).alias("again"))
    )
    gaps = marked.filter(pl.col("gap").is_not_null()).group_by("product_id", "gap").agg(count)
    both = pl.concat([last, gaps], how="diagonal").with_columns(pl.col("again").fill_null(0))
    return both.select(BUYER_COUNTS.names())


def changed_counts(now: pl.LazyFrame, before: pl.LazyFrame) -> pl.LazyFrame:
    """What is to be added to counts: those of `now` less those of `before`, without rows that are 0.

    Args:
        now: result of `buyer_counts`.
        before: that of the same people in an earlier build.
    """
    both = pl.concat([now, before.with_columns(-pl.col("count"), -pl.col("again"))])
    sums = both.group_by("product_id", "last_on", "gap").agg(pl.col("count", "again").sum())
    return sums.filter((pl.col("count") != 0) | (pl.col("again") != 0))


def buyers_of(counts: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per product that a known person bought: buyers of 365 days, share who came again, median gap in days.

    Args:
        counts: result of `buyer_counts`, with any `changed_counts` behind it.
        as_of: last visible day.
    """
    people = pl.col("count").filter(pl.col("last_on").is_not_null()).sum()
    sums = counts.group_by("product_id").agg(
        pl.col("count").filter(within("last_on", as_of, 365)).sum().cast(pl.UInt32).alias("buyers_365d"),
        ratio(pl.col("again").sum(), people).alias("repeat_rate"),
    )
    return sums.join(_median_gap(counts), on="product_id", how="left")


def _median_gap(counts: pl.LazyFrame) -> pl.LazyFrame:
    """One row per product with a gap: the median, the mean of the two in the middle where their number is even."""
    gaps = (
        counts.filter(pl.col("gap").is_not_null())
        .group_by("product_id", "gap")
        .agg(pl.col("count").sum())
        .filter(pl.col("count") > 0)
        .sort("product_id", "gap")
    )
    total, up_to = pl.col("count").sum(), pl.col("count").cum_sum()
    low, high = (pl.col("gap").filter(up_to >= middle).first() for middle in ((total + 1) // 2, total // 2 + 1))
    return gaps.group_by("product_id", maintain_order=True).agg(((low + high) / 2).alias("repurchase_days"))
