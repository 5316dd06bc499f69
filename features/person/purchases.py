"""Purchase features of persons: value (RFM), cadence, places, tastes, prices and habits, one row per person each."""

from datetime import date

import polars as pl

from features.references import MONEY_DIGITS
from features.windows import days_since, ratio, trend, within

_REDUCED_BELOW = 0.95
"""Share of the reference price; a cheaper purchase was at a reduced price. Chosen by judgement, not measured."""
_TOP = 3
"""Categories listed per person."""
_LIFT_DIGITS = 9
"""Digits of a lift after the point by which categories are ordered: coarser than the error of its sums."""
_DAYPARTS = (("morning", 5, 11), ("midday", 11, 14), ("afternoon", 14, 18), ("evening", 18, 22), ("night", 22, 29))
_SPEND = pl.col("units") * pl.col("unit_price")


def is_reduced() -> pl.Expr:
    """Whether a line was sold at a reduced price: with a discount, or 5 % under the product's reference price."""
    cheap = pl.col("unit_price") < _REDUCED_BELOW * pl.col("reference_price")
    return ((pl.col("discount") > 0) | cheap.fill_null(value=False)).fill_null(value=False)


def value(lines: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per buyer: recency, frequency and monetary value, of the whole history and the last 28, 91 and 365 days.

    Money is net of returns, frequency counts receipts with a sale.
    """
    return value_sums(lines, as_of).with_columns(value_ages(as_of))


def value_ages(as_of: date) -> list[pl.Expr]:
    """Days from the first and from the last purchase to a day, of the columns of `value_sums`."""
    return [
        days_since("first_purchase_on", as_of).alias("tenure_days"),
        days_since("last_purchase_on", as_of).alias("recency_days"),
    ]


def value_sums(lines: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """The same without the ages: what stays as it is while no line comes and none leaves a window."""
    sold = pl.col("units") > 0
    receipts = pl.col("transaction_id").filter(sold)
    windows = [
        expression
        for days in (28, 91, 365)
        for expression in (
            pl.col("transaction_id").filter(sold & within("at", as_of, days)).n_unique().alias(f"baskets_{days}d"),
            _SPEND.filter(within("at", as_of, days)).sum().alias(f"spend_{days}d"),
        )
    ]
    return (
        lines.group_by("person_id")
        .agg(
            pl.col("at").filter(sold).min().cast(pl.Date).alias("first_purchase_on"),
            pl.col("at").filter(sold).max().cast(pl.Date).alias("last_purchase_on"),
            receipts.n_unique().alias("baskets"),
            _SPEND.sum().alias("spend"),
            pl.col("units").filter(sold).sum().alias("units"),
            _SPEND.filter(sold).sum().alias("gross"),
            pl.col("product_id").filter(sold).n_unique().alias("products"),
            _SPEND.filter(~sold).sum().abs().alias("returned"),
            sold.sum().alias("sold_lines"),
            # returns may outweigh sales, and a trend from -1 to 1 needs amounts that are not negative
            _SPEND.filter(within("at", as_of, 91, before=91)).sum().clip(lower_bound=0).alias("spend_before"),
            *windows,
        )
        .with_columns(
            ratio(pl.col("gross"), pl.col("baskets")).alias("basket_value"),
            ratio(pl.col("units"), pl.col("baskets")).alias("basket_units"),
            ratio(pl.col("sold_lines"), pl.col("baskets")).alias("basket_lines"),
            ratio(pl.col("returned"), pl.col("gross")).alias("returns_share"),
            pl.col("spend_91d").clip(lower_bound=0).alias("spend_recent"),
        )
        .with_columns(trend("spend_recent", "spend_before").alias("spend_trend"))
        .drop("gross", "returned", "sold_lines", "spend_before", "spend_recent")
    )


def cadence(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per buyer: purchase days, median gap between them, regularity in (0, 1] (1 = equal gaps), next due day.

    Regularity is 1 / (1 + cv) with cv the coefficient of variation of the gaps; it needs two gaps.
    """
    gaps = (
        lines.filter(pl.col("units") > 0)
        .select("person_id", pl.col("at").cast(pl.Date).alias("date"))
        .unique()
        .sort("person_id", "date")
        .with_columns(
            pl.when(pl.col("person_id").shift(1) == pl.col("person_id"))
            .then(pl.col("date").diff().dt.total_days().cast(pl.Float64))
            .alias("gap")
        )
    )
    return (
        gaps.group_by("person_id")
        .agg(
            pl.len().alias("purchase_days"),
            pl.col("gap").median().alias("gap_median_days"),
            (pl.col("gap").std() / pl.col("gap").mean()).alias("cv"),
            pl.col("date").max().alias("last"),
        )
        .with_columns(
            (1 / (1 + pl.col("cv"))).alias("regularity"),
            pl.col("last")
            .dt.offset_by(pl.format("{}d", pl.col("gap_median_days").round().cast(pl.Int64)))
            .alias("next_due_on"),
        )
        .drop("cv", "last")
    )


def _shares(lines: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """One row per person x value of the key with its share of sales value, greatest first, ties by name."""
    spent = (
        lines.filter((pl.col("units") > 0) & pl.col(key).is_not_null())
        .group_by("person_id", key)
        .agg(_SPEND.sum().alias("value"))
    )
    total = pl.col("value").sum().over("person_id")
    return spent.with_columns(ratio(pl.col("value"), total).fill_null(0.0).alias("share")).sort(
        # rounded, as the sums of equal values differ in their last digits from run to run
        "person_id",
        pl.col("value").round(MONEY_DIGITS),
        key,
        descending=[False, True, False],
    )


def places(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per buyer: main store and channel with their shares of sales value, stores used, share outside shops."""
    stores = (
        _shares(lines, "store_id")
        .group_by("person_id", maintain_order=True)
        .agg(
            pl.col("store_id").first().alias("main_store_id"),
            pl.col("share").first().alias("main_store_share"),
            pl.len().alias("stores"),
        )
    )
    channels = (
        _shares(lines, "channel")
        .group_by("person_id", maintain_order=True)
        .agg(
            pl.col("channel").first().alias("main_channel"),
            pl.col("share").first().alias("main_channel_share"),
            pl.col("share").filter(pl.col("channel") != "store").sum().alias("remote_share"),
        )
    )
    return stores.join(channels, on="person_id", how="left")


def tastes(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per buyer: the three categories with most sales value, their shares, and those with a lift above average.

    `favourite_categories` are the three with the greatest lift, share of own value / share of everybody's value, among
    those with at least 5 % of the person's value; the average comes in the column `category_share` of the lines.
    """
    top = (
        _shares(lines, "category")
        .group_by("person_id", maintain_order=True)
        .agg(
            pl.col("category").head(_TOP).alias("top_categories"),
            pl.col("share").head(_TOP).alias("top_category_shares"),
            pl.len().alias("categories"),
        )
    )
    average = lines.group_by("category").agg(pl.col("category_share").max())
    lift = (
        _shares(lines, "category")
        # one purchase in a rare category has a great lift and says little about taste
        .filter(pl.col("share") >= 0.05)
        .join(average, on="category")
        .with_columns(ratio(pl.col("share"), pl.col("category_share")).alias("lift"))
        .filter(pl.col("lift") > 1.2)  # a lift of about 1 is just the average taste
        .sort("person_id", pl.col("lift").round(_LIFT_DIGITS), "category", descending=[False, True, False])
        .group_by("person_id", maintain_order=True)
        .agg(pl.col("category").head(_TOP).alias("favourite_categories"))
    )
    return top.join(lift, on="person_id", how="left")


def prices(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per buyer: share of value bought at a reduced price, share saved, and price paid against the reference.

    `price_index` is sales value / value of the same units at their reference prices; below 1 means cheaper than usual.
    `discount_share` takes `discount` as money off the line.
    """
    sold = lines.filter(pl.col("units") > 0)
    priced = pl.col("reference_price").is_not_null()
    return (
        sold.group_by("person_id")
        .agg(
            _SPEND.sum().alias("gross"),
            _SPEND.filter(is_reduced()).sum().alias("reduced"),
            pl.col("discount").clip(lower_bound=0).sum().alias("saved"),
            _SPEND.filter(priced).sum().alias("compared"),
            (pl.col("units") * pl.col("reference_price")).filter(priced).sum().alias("regular"),
        )
        .select(
            "person_id",
            ratio(pl.col("reduced"), pl.col("gross")).alias("reduced_share"),
            ratio(pl.col("saved"), pl.col("gross") + pl.col("saved")).alias("discount_share"),
            ratio(pl.col("compared"), pl.col("regular")).alias("price_index"),
        )
    )


def habits(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per buyer: weekend share, favourite weekday (1 = Monday) and part of the day of their receipts.

    Parts of the day are null for people all of whose receipts carry no time (midnight).
    """
    baskets = (
        # per receipt, not per line: a large basket is one visit
        lines.filter(pl.col("units") > 0).group_by("person_id", "transaction_id").agg(pl.col("at").min().alias("at"))
    )
    hour = pl.col("at").dt.hour().cast(pl.Int32)
    # hours after midnight belong to the night before: 1 a.m. counts as hour 25
    late = pl.when(hour < _DAYPARTS[0][1]).then(hour + 24).otherwise(hour)
    # systems that store days only give midnight: one other time proves that the receipts carry times
    timed = (pl.col("at").dt.time() != pl.time(0, 0)).any()
    parts = [late.is_between(start, end, closed="left").mean().alias(name) for name, start, end in _DAYPARTS]
    names = [name for name, _, _ in _DAYPARTS]
    best = pl.concat_list(names).list.arg_max()
    daypart = pl.lit(pl.Series(names)).gather(best)
    weekday = pl.col("at").dt.weekday()
    return (
        baskets.group_by("person_id")
        .agg(
            (weekday >= 6).mean().alias("weekend_share"),
            # several weekdays may be equally frequent: the first of them, so that equal data give the same answer
            weekday.mode().min().cast(pl.Int32).alias("main_weekday"),
            timed.alias("timed"),
            *parts,
        )
        .with_columns(pl.when("timed").then(daypart).alias("main_daypart"))
        .select("person_id", "weekend_share", "main_weekday", "main_daypart")
    )
