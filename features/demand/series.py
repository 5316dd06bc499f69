"""Reads which series a chain has: one per store x product, the periods it is listed in, and which enter the panel."""

from datetime import date, timedelta

import polars as pl

from features.demand.periods import PeriodAxis, history_axis
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings

_SALE_DAYS_OF_AN_INTERVAL = 2
"""Days of sale that a series needs before it has an interval between sales."""
_GRACE_DAYS = (28, 366)
"""Days without sales, at least and at most, after which a product is taken off the list. Chosen by judgement, not
measured."""
_GRACE_INTERVALS = 4
"""Usual intervals between sales after which it is. Chosen by judgement, not measured."""
_UNKNOWN_GRACE_DAYS = 180
"""Days after which it is where there are too few days of sale for an interval. Chosen by judgement, not measured."""
_KEY = ["store_id", "product_id"]

SeriesOnAxis = tuple[PeriodAxis, pl.DataFrame, pl.DataFrame]
"""The axis, the series of the panel and the rare ones, as in `DemandHistory`."""


def read_series(dataset: Dataset, settings: Settings, horizon: int) -> SeriesOnAxis:
    """The axis, the series of the panel and the rare ones, as in `DemandHistory`, without their sales and plans.

    Raises:
        MissingTableError: neither `transactions` nor `daily_sales` is there.
        NotFoundError: no sale is visible.
        ImpossibleError: the last sale lies too long before `as_of`.
    """
    axis = history_axis(dataset, settings.data.period, settings.demand.history_days)
    return axis, *_split(_all_series(dataset, axis, horizon), settings, axis)


def _all_series(dataset: Dataset, axis: PeriodAxis, horizon: int) -> pl.DataFrame:
    """One row per store x product ever sold or listed: days, units and attributes, sorted by store and product."""
    sold = _sold(dataset, axis)
    opened = sold.group_by("store_id").agg(opened_on=pl.col("first_sale").min())
    listed = (
        listings(dataset, opened.lazy())
        .group_by(_KEY)
        .agg(
            pl.col("listed_from").min(),
            pl.when(pl.col("listed_until").is_null().any())
            .then(date(9999, 1, 1))
            .otherwise(pl.col("listed_until").max())
            .alias("listed_until"),
        )
    )
    frame = sold.lazy().join(listed, on=_KEY, how="full", coalesce=True).collect()
    return _attributes(_listing(frame, axis, horizon), dataset)


def listings(dataset: Dataset, opened: pl.LazyFrame) -> pl.LazyFrame:
    """The assortment as it held: a store that opened after its chain's sales began lists nothing before that day.

    A list that was made before the opening would make days of no demand of the days when there was no store, and the
    first week of sales a seventh of what it is. A store without a sale yet keeps its list.

    Args:
        dataset: `assortment` is looked at; without it there is no row.
        opened: `store_id`, `opened_on` (its first day of sale) of every store with sales.
    """
    start = pl.col("opened_on")
    is_late = start > start.min() + timedelta(_GRACE_DAYS[0])
    late = opened.filter(is_late)
    return (
        dataset.scan_or_empty("assortment")
        .join(late, on="store_id", how="left")
        .with_columns(listed_from=pl.max_horizontal("listed_from", "opened_on"))
        .filter(pl.col("listed_until").is_null() | (pl.col("listed_until") > pl.col("listed_from")))
        .drop("opened_on")
    )


def _sold(dataset: Dataset, axis: PeriodAxis) -> pl.DataFrame:
    """One row per store x product with a row of sales: first and last day of sale, days of sale, units in the window.

    Sales of all days are read in a stream: as a whole they would be the largest thing in memory of a whole training.
    """
    t = axis.index(pl.col("date"))
    units = pl.when(pl.col("units") > 0).then(pl.col("units"))
    return (
        dataset.daily_sales()
        .filter(t < axis.count)
        .select(
            *_KEY,
            "date",
            pl.when(pl.col("units") > 0).then(pl.col("date")).alias("sale_day"),
            pl.when(t >= 0).then(units).alias("recent"),
            (units.round() - units).abs().alias("fraction"),
        )
        .group_by(_KEY)
        .agg(
            pl.col("sale_day").min().alias("first_sale"),
            pl.col("sale_day").max().alias("last_sale"),
            pl.col("date").max().alias("last_row"),
            pl.col("sale_day").count().cast(pl.Int32).alias("sale_days"),
            pl.col("recent").sum().alias("window_units"),
            pl.col("fraction").max().fill_null(0.0).lt(1e-6).alias("is_whole"),
        )
        .collect(engine="streaming")
    )


def _listing(frame: pl.DataFrame, axis: PeriodAxis, horizon: int) -> pl.DataFrame:
    """Adds `begin` and `end` (exclusive): by the assortment, otherwise first sale to last sale plus a grace."""
    interval = (pl.col("last_sale") - pl.col("first_sale")).dt.total_days() / (pl.col("sale_days") - 1)
    shortest = max(_GRACE_DAYS[0], 2 * axis.days_per_period)
    grace = (
        pl.when(pl.col("sale_days") >= _SALE_DAYS_OF_AN_INTERVAL)
        .then((_GRACE_INTERVALS * interval).clip(shortest, _GRACE_DAYS[1]))
        .otherwise(_UNKNOWN_GRACE_DAYS)
    )
    inferred = pl.max_horizontal("last_row", pl.col("last_sale") + pl.duration(days=grace.cast(pl.Int64))) + timedelta(
        1
    )
    begin = axis.index(pl.min_horizontal("listed_from", "first_sale"))
    end = axis.index(pl.coalesce("listed_until", inferred))
    is_listed = pl.col("listed_from").is_not_null()
    last = axis.count + horizon
    return (
        frame.with_columns(begin.alias("begin"), end.alias("end"), pl.col("sale_days").fill_null(0))
        .filter(pl.col("begin").is_not_null())
        .with_columns(
            # a grace that reaches past the last visible period keeps the series listed over the whole horizon
            pl.when(~is_listed & (pl.col("end") > axis.count)).then(last).otherwise("end").clip(0, last).alias("end"),
            pl.col("begin").clip(0, last),
            is_listed.alias("is_listed"),
            (pl.col("begin") < 0).alias("began_before"),
            pl.col("window_units").fill_null(0.0),
            pl.col("is_whole").fill_null(value=True),
        )
    )


def _attributes(frame: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    products = dataset.scan_or_empty("products").select(
        "product_id", "department", "category", "launched_on", "list_price"
    )
    stores = dataset.scan_or_empty("stores").select("store_id", "region")
    joined = (
        frame.lazy()
        .join(products.unique("product_id", keep="first"), on="product_id", how="left")
        .join(stores.unique("store_id", keep="first"), on="store_id", how="left")
        .with_columns(pl.col("department", "category").fill_null(""))
        .sort(_KEY)
    )
    return joined.collect()


def _split(series: pl.DataFrame, settings: Settings, axis: PeriodAxis) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The series of the panel, numbered, and the rest. New listings without a sale yet are forecast in the panel."""
    is_new = (pl.col("sale_days") < settings.demand.min_sale_days) & pl.col("is_listed")
    is_new &= (pl.col("begin") > axis.count - settings.demand.launch_days // axis.days_per_period) & ~pl.col(
        "began_before"
    )
    enough = (pl.col("sale_days") >= settings.demand.min_sale_days) & (pl.col("window_units") > 0)
    eligible = (enough | is_new) & (pl.col("end") > 0)
    rank = pl.col("sale_days").rank("ordinal", descending=True)
    chosen = series.with_columns(
        (eligible & (pl.when(eligible).then(rank.over(eligible)) <= settings.demand.panel_series)).alias("in_panel")
    )
    panel = chosen.filter("in_panel").drop("in_panel").with_row_index("s")
    return panel, chosen.filter(~pl.col("in_panel")).drop("in_panel")
