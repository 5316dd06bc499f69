"""Marks the promoted days of a series, from validity periods that may overlap."""

from datetime import date, timedelta

import polars as pl

SERIES = ("store_id", "product_id")


def periods_by_series(promotions: pl.LazyFrame, series: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per promotion x series, sorted by series and start, with the days it adds to the earlier ones.

    Periods without a store hold for every series of the product. They are clipped to [first_sale_on, as_of]. Columns:
    store_id, product_id, valid_from, covered_until (exclusive: the latest end of this and all earlier periods),
    new_days (days that no earlier period covered) and ends_on (exclusive, where it is not clipped).

    Args:
        promotions: columns store_id (null = every store), product_id, valid_from, valid_to (exclusive).
        series: columns store_id, product_id, first_sale_on.
        as_of: last visible day.
    """
    columns = [*SERIES, "valid_from", "valid_to", "first_sale_on"]
    of_store = promotions.filter(pl.col("store_id").is_not_null()).join(series, on=list(SERIES)).select(columns)
    of_all_stores = promotions.filter(pl.col("store_id").is_null()).drop("store_id").join(series, on="product_id")
    end = as_of + timedelta(days=1)
    clipped = (
        pl.concat([of_store, of_all_stores.select(columns)])
        .select(
            *SERIES,
            pl.max_horizontal("valid_from", "first_sale_on").alias("valid_from"),
            pl.min_horizontal("valid_to", pl.lit(end)).alias("valid_to"),
            pl.col("valid_to").alias("ends_on"),
        )
        .filter(pl.col("valid_from") < pl.col("valid_to"))
        .unique()
        .sort(*SERIES, "valid_from", "valid_to", "ends_on")
    )
    same = pl.all_horizontal(pl.col(name).shift(1) == pl.col(name) for name in SERIES)
    # a running maximum: a short period may begin within a long one and end before it does
    covered = clipped.with_columns(pl.col("valid_to").cum_max().over(SERIES).alias("covered_until"))
    start = pl.max_horizontal("valid_from", pl.when(same).then(pl.col("covered_until").shift(1)))
    return covered.select(
        *SERIES,
        "valid_from",
        "covered_until",
        (pl.col("valid_to") - start).dt.total_days().clip(lower_bound=0).alias("new_days"),
        "ends_on",
    )


def mark_promoted(days: pl.LazyFrame, periods: pl.LazyFrame) -> pl.LazyFrame:
    """Adds the column `in_promotion` to days of series.

    Args:
        days: columns store_id, product_id, date and any others.
        periods: result of `periods_by_series`.
    """
    # the latest period that began by then is enough: covered_until has the longest end of all before it
    joined = days.sort("date").join_asof(
        periods.select(*SERIES, "valid_from", "covered_until").sort("valid_from"),
        left_on="date",
        right_on="valid_from",
        by=list(SERIES),
        # Polars cannot check the order within groups and would warn; both sides are sorted just here
        check_sortedness=False,
    )
    return joined.with_columns(
        (pl.col("date") < pl.col("covered_until")).fill_null(value=False).alias("in_promotion")
    ).drop("valid_from", "covered_until")
