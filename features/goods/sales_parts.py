"""Demand, price, promotion and stock of series, and what is the same for a product and for a store x product."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import polars as pl

from features.goods.promoted_days import SERIES, mark_promoted, periods_by_series
from features.person.purchases import is_reduced
from features.windows import days_since, ratio, within

DEMAND_FEATURES: Final = (
    *("first_sale_on", "last_sale_on", "sale_days", "zero_share", "adi", "cv2", "demand_class"),
    *("units_28d", "units_91d", "units_per_day_28d", "units_per_day_91d", "units_trend"),
)
_ADI_LIMIT = 1.32
"""Mean interval between sales in days; at or above it demand is intermittent (Syntetos, Boylan and Croston 2005)."""
_CV2_LIMIT = 0.49
"""Squared coefficient of variation of sizes; at or above it demand is erratic (the same source)."""
_MIN_EXPECTED_UNITS = 3.0
"""Units expected without promotion below which no uplift is stated. Chosen by judgement, not measured."""
STOCK_DAYS = 91
"""Days of stock records that are summarised: a quarter of a year. Chosen by judgement, not measured."""


def daily(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row per store x product x date with sales or returns.

    Columns: units (net), sold (units of sales), revenue (of sales; null without prices), reduced (units of sales at a
    reduced price).

    Args:
        rows: `line` or `day` records.
    """
    sold = pl.when(pl.col("units") > 0).then("units")
    columns = rows.select(
        *SERIES,
        pl.col("at").cast(pl.Date).alias("date"),
        "units",
        sold.alias("sold"),
        (sold * pl.col("unit_price")).alias("revenue"),
        pl.when(is_reduced()).then(sold).alias("reduced"),
    )
    sums = pl.col("units", "sold", "revenue", "reduced").sum()
    return (
        columns.group_by(*SERIES, "date")
        .agg(sums, pl.col("revenue").count().alias("priced"))
        # a sum over nulls is 0 in Polars; revenue without any price is unknown
        .with_columns(pl.when(pl.col("priced") > 0).then("revenue").alias("revenue"))
        .drop("priced")
    )


def demand_sums(days: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per series: what `demand_rates` and the windows need; it holds while no sale comes and none leaves one.

    Args:
        days: result of `daily`.
        as_of: last visible day.
    """
    positive = pl.col("sold").filter(pl.col("sold") > 0)
    return days.group_by(SERIES).agg(
        pl.col("date").min().alias("first_sale_on"),
        pl.col("date").filter(pl.col("sold") > 0).max().alias("last_sale_on"),
        positive.len().cast(pl.Int32).alias("sale_days"),
        # one day of sales has no spread: its size counts as even, so the class rests on the interval
        (ratio(positive.std(), positive.mean()) ** 2).fill_null(0.0).alias("cv2"),
        *(pl.col("units").filter(within("date", as_of, days_)).sum().alias(f"units_{days_}d") for days_ in (28, 91)),
        pl.col("sold").filter(within("date", as_of, 28)).sum().alias("recent"),
        pl.col("sold").filter(within("date", as_of, 28, before=28)).sum().alias("previous"),
    )


def price_sums(days: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per series sold at a known price: revenue and units of the last 91 days, ever, and of the last such day.

    Args:
        days: result of `daily`.
        as_of: last visible day.
    """
    recent, last = within("date", as_of, 91), pl.col("date") == pl.col("date").max()
    names = (("revenue", "revenue"), ("sold", "priced"))
    return (
        days.filter((pl.col("sold") > 0) & pl.col("revenue").is_not_null())
        .group_by(SERIES)
        .agg(
            pl.col("date").max().alias("priced_on"),
            *(pl.col(name).filter(recent).sum().alias(f"{label}_91d") for name, label in names),
            *(pl.col(name).sum().alias(f"{label}_ever") for name, label in names),
            *(pl.col(name).filter(last).sum().alias(f"last_{label}") for name, label in names),
        )
    )


def demand_rates(as_of: date, period_days: int) -> list[pl.Expr]:
    """The columns of DEMAND_FEATURES that depend on the age, but for the class.

    `adi` is the mean number of periods between periods with a sale. `units_per_day` counts from the first sale if that
    is later than the window's start.

    Args:
        as_of: last visible day.
        period_days: length of a period in days.
    """
    age = days_since("first_sale_on", as_of) + 1
    periods = (age / period_days).ceil().clip(lower_bound=1)
    # sale days are counted by day even where a period is longer: more sales than periods would be a negative share
    periods = pl.max_horizontal(periods, pl.col("sale_days"))
    return [
        (1 - pl.col("sale_days") / periods).alias("zero_share"),
        ratio(periods, pl.col("sale_days")).alias("adi"),
        *(
            (pl.col(f"units_{window}d") / pl.min_horizontal(age, pl.lit(window))).alias(f"units_per_day_{window}d")
            for window in (28, 91)
        ),
    ]


def demand_class() -> pl.Expr:
    """The class of demand: smooth, erratic, intermittent or lumpy; it is for reports.

    `adi` (interval between sales) and `cv2` (squared coefficient of variation of their sizes) are cut at 1.32 and 0.49
    (Syntetos, Boylan and Croston 2005).
    """
    rare, uneven = pl.col("adi") >= _ADI_LIMIT, pl.col("cv2") >= _CV2_LIMIT
    return (
        pl.when(pl.col("adi").is_null())
        .then(None)
        .when(rare & uneven)
        .then(pl.lit("lumpy"))
        .when(rare)
        .then(pl.lit("intermittent"))
        .when(uneven)
        .then(pl.lit("erratic"))
        .otherwise(pl.lit("smooth"))
        .alias("demand_class")
    )


def promotion_sums(days: pl.LazyFrame, promotions: pl.LazyFrame, as_of: date, *, has_promotions: bool) -> pl.LazyFrame:
    """One row per series: what `promotion_rates` needs.

    It stays as it is on later days while no sale comes and no promotion begins: one that runs on is counted there. A
    day counts as promoted when a promotion is valid in the store or, where there is no promotions table, when most
    units were sold at a reduced price.

    Args:
        days: result of `daily`.
        promotions: `promotion` records.
        as_of: last visible day.
        has_promotions: whether there is a promotions table.
    """
    series = days.group_by(SERIES).agg(pl.col("date").min().alias("begun_on"), pl.len().alias("traded_days"))
    if has_promotions:
        periods = periods_by_series(promotions, series.rename({"begun_on": "first_sale_on"}), as_of)
        marked = mark_promoted(days, periods)
        covered = periods.group_by(SERIES).agg(
            pl.col("new_days").sum().alias("promoted_days"), pl.col("ends_on").max().alias("promoted_until")
        )
    else:
        marked = days.with_columns((pl.col("reduced") > pl.col("sold") / 2).alias("in_promotion"))
        covered = marked.group_by(SERIES).agg(
            pl.col("in_promotion").sum().alias("promoted_days"), pl.lit(None, dtype=pl.Date).alias("promoted_until")
        )
    flag = pl.col("in_promotion")
    sums = marked.group_by(SERIES).agg(
        pl.col("sold").filter(flag).sum().alias("promoted"), pl.col("sold").filter(~flag).sum().alias("other")
    )
    return (
        series.join(covered, on=SERIES, how="left")
        .join(sums, on=SERIES, how="left")
        .with_columns(pl.col("promoted_days").fill_null(0).cast(pl.Int64), pl.lit(as_of).alias("promotions_counted_on"))
    )


def promotion_rates(sums: pl.LazyFrame, key: Sequence[str], as_of: date, *, has_promotions: bool) -> pl.LazyFrame:
    """One row per key: share of units sold under promotion, promoted store-days and the raw uplift, as of a day.

    `promotion_uplift` is units on promoted days / units expected there at the series' rate of sale on its other days,
    minus 1. It is raw: seasons, stock and the choice of what is promoted are in it. Null where fewer than 3 units were
    expected. Without a promotions table both rates are per day with a sale.

    Args:
        sums: result of `promotion_sums`.
        key: product, or store and product.
        as_of: last visible day.
        has_promotions: whether there is a promotions table.
    """
    paced = sums.with_columns(_promoted_days(as_of)).with_columns(_due(as_of, has_promotions=has_promotions))
    # a series that was promoted on all its days has no other days to compare with
    # (a choice by row: rows taken out group by group cost twice)
    expected = pl.col("due").sum()
    uplift = pl.when(pl.col("due").is_not_null()).then("promoted").sum() / expected - 1
    return paced.group_by(key).agg(
        ratio(pl.col("promoted").sum(), (pl.col("promoted") + pl.col("other")).sum()).alias("promotion_share"),
        pl.col("promoted_days").sum(),
        pl.when(expected >= _MIN_EXPECTED_UNITS).then(uplift).alias("promotion_uplift"),
    )


def promotion_rates_of_series(as_of: date, *, has_promotions: bool) -> list[pl.Expr]:
    """The same for rows that are series already, null where nothing was ever sold."""
    sold = pl.col("begun_on").is_not_null()
    days = _promoted_days(as_of)
    due = _due(as_of, has_promotions=has_promotions, days=days)
    return [
        ratio(pl.col("promoted"), pl.col("promoted") + pl.col("other")).alias("promotion_share"),
        pl.when(sold).then(days).alias("promoted_days"),
        pl.when(due >= _MIN_EXPECTED_UNITS).then(pl.col("promoted") / due - 1).alias("promotion_uplift"),
    ]


def _promoted_days(as_of: date) -> pl.Expr:
    """Promoted days up to a day: those that were counted, and those since of a promotion that runs on."""
    counted = pl.col("promotions_counted_on").dt.offset_by("1d")
    # the least of two days leaves out a null, and a series that was never promoted has no end of one
    end = pl.when(pl.col("promoted_until").is_not_null()).then(
        pl.min_horizontal("promoted_until", pl.lit(as_of + timedelta(days=1)))
    )
    days = pl.col("promoted_days") + (end - counted).dt.total_days().fill_null(0).clip(lower_bound=0)
    return days.alias("promoted_days")


def _due(as_of: date, *, has_promotions: bool, days: pl.Expr | None = None) -> pl.Expr:
    """Units that were to be expected of a series on its promoted days."""
    # without periods nobody knows which days without a sale were promoted: only days with one are compared
    all_days = days_since("begun_on", as_of) + 1 if has_promotions else pl.col("traded_days").cast(pl.Int32)
    promoted = pl.col("promoted_days") if days is None else days
    return (promoted * ratio(pl.col("other"), all_days - promoted)).alias("due")


def stock_sums(stock: pl.LazyFrame, days: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per series with stock records of the last 91 days: what `stock_rates` adds up.

    Args:
        stock: `stock` records.
        days: `day` records, whose `in_stock` stands in where nothing is counted.
        as_of: last visible day.
    """
    recent = within("at", as_of, STOCK_DAYS)
    counts = stock.filter(recent & pl.col("on_hand").is_not_null())
    counted = counts.group_by(SERIES).agg(
        pl.col("on_hand").filter(pl.col("at") == pl.col("at").max()).sum(),
        pl.len().alias("counts"),
        (pl.col("on_hand") <= 0).sum().alias("empty"),
    )
    observed = (
        days.filter(recent).group_by(SERIES).agg(pl.col("in_stock").sum(), pl.col("in_stock").count().alias("observed"))
    )
    return counted.join(observed, on=SERIES, how="full", coalesce=True)


def stock_rates(sums: pl.LazyFrame, key: Sequence[str]) -> pl.LazyFrame:
    """One row per key with stock records: stock on hand, and share of store-days without stock in the last 91 days.

    Where there is no inventory, `stockout_share` comes from `in_stock` of `daily_sales`. `on_hand` is the sum of each
    store's last record within those days: stores count on different days.

    Args:
        sums: result of `stock_sums`.
        key: product, or store and product.
    """
    added = sums.group_by(key).agg(pl.col("on_hand", "counts", "empty", "in_stock", "observed").sum())
    on_hand = pl.when(pl.col("counts") > 0).then("on_hand").alias("on_hand")
    return added.select(*key, on_hand, stockout_share())


def stockout_share() -> pl.Expr:
    """Share of store-days without stock, of the columns of `stock_sums`."""
    counted, observed = ratio(pl.col("empty"), pl.col("counts")), ratio(pl.col("in_stock"), pl.col("observed"))
    return pl.coalesce(counted, 1 - observed).alias("stockout_share")


def filled(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Fills the sales of goods that never sold with 0 and adds `cover_days`."""
    return frame.with_columns(
        pl.col("units_28d", "units_91d", "units_per_day_28d", "units_per_day_91d").fill_null(0.0),
        pl.col("sale_days").fill_null(0),
    ).with_columns(ratio(pl.col("on_hand").clip(lower_bound=0), pl.col("units_per_day_28d")).alias("cover_days"))
