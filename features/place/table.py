"""Place features: one row per store, as of a day.

The input is a *record table*, as for persons and goods: rows of several canonical tables, with their kind in `record`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl
from polars._typing import PolarsDataType

from features.references import MONEY_DIGITS
from features.windows import day, ratio, records_of_kind, trend, until, within

PLACE_RECORDS: Final[Mapping[str, PolarsDataType]] = {
    "store_id": pl.String,
    "record": pl.String,
    "at": pl.Datetime("us"),
    "transaction_id": pl.String,
    "product_id": pl.String,
    "person_id": pl.String,
    "stage": pl.String,
    "is_home": pl.Boolean,
    "category": pl.String,
    "channel": pl.String,
    "units": pl.Float64,
    "unit_price": pl.Float64,
    "on_hand": pl.Float64,
    "in_stock": pl.Float64,
    "event_type": pl.String,
    "capacity": pl.Float64,
    "is_online": pl.Boolean,
    "region": pl.String,
    "format": pl.String,
}
"""Columns of a store's records. `record` is store, line, day, stock or event; `is_home` says whether the buyer calls
the store home, `capacity` is the orders a day it can pick."""

PLACE_FEATURES: Final = {
    "identity": ("region", "format", "is_online", "opened_on"),
    "sales": (
        *("revenue_28d", "revenue_91d", "revenue_365d", "revenue_trend", "units_28d", "baskets_28d", "open_days_28d"),
        *("baskets_per_day", "basket_value", "basket_units", "products_sold_91d"),
    ),
    "rhythm": ("hour_shares", "peak_hours", "weekday_shares", "peak_weekday", "visits_28d", "conversion", "traffic"),
    "mix": ("top_categories", "top_category_shares", "category_shares"),
    "people": (
        *("customers_91d", "member_share", "repeat_share", "home_share"),
        *("old_friend_share", "friend_share", "remote_share", "pickup_share"),
    ),
    "stock": ("on_hand", "cover_days", "stockout_share"),
    "fulfilment": ("orders_per_day", "orders_peak_day", "capacity", "load", "overload_share"),
    "group": ("cluster",),
}
"""Named sets of store features; `cluster` is added by `clusters.assign_clusters` once all stores are known."""

_REMOTE_CHANNELS: Final = ("ship_from_store", "pickup", "online", "mini_program")
_PEAK_HOURS = 3
"""Busiest hours listed per store."""
_STOCK_DAYS = 28
"""Days of stock records that are summarised: four weeks. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class PlaceOptions:
    """Facts of the dataset that the place features need beside the records.

    Attributes:
        has_receipts: whether there are receipts; without them baskets and customers are unknown.
        has_stages: whether lines carry the buyer's lifecycle stage.
    """

    has_receipts: bool = True
    has_stages: bool = True


LINE_DAYS: Final = 91
"""Longest window of `place_features` over receipt lines, but for what `line_totals` counts."""


def line_totals(lines: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per store with sales: `opened_on` (first day with a line) and `revenue_365d`.

    Args:
        lines: columns store_id, at, units, unit_price; all lines of the chain.
        as_of: last visible day.
    """
    spend = pl.col("units") * pl.col("unit_price")
    return (
        lines.filter(pl.col("store_id").is_not_null())
        .group_by("store_id")
        .agg(
            day("at").min().alias("opened_on"),
            spend.filter(within("at", as_of, 365)).sum().alias("revenue_365d"),
        )
    )


def place_features(
    records: pl.LazyFrame, as_of: date, options: PlaceOptions, totals: pl.LazyFrame | None = None
) -> pl.LazyFrame:
    """One row per store: `store_id`, `as_of` and the features of `PLACE_FEATURES` but its cluster.

    Windows of d days are half-open and end with `as_of` included. Shares of customers, hours, weekdays and categories
    are of the last 91 days. Money is net of returns.

    Args:
        records: rows with the columns of `PLACE_RECORDS`; all of a store's rows must be there, with `totals` its lines
            of the last LINE_DAYS are enough, and a `store` record of each store.
        as_of: last visible day; later records are ignored.
        options: facts about the dataset.
        totals: result of `line_totals`; None counts them from the records.
    """
    seen = records.filter(until("at", as_of))
    lines, events = records_of_kind(seen, "line"), records_of_kind(seen, "event")
    recent = lines.filter((pl.col("units") > 0) & within("at", as_of, 91))
    visits = events.filter((pl.col("event_type") == "visit") & within("at", as_of, 91))
    # a receipt has one channel and one buyer; where its lines disagree, the least is the same in every run
    baskets = recent.group_by("store_id", "transaction_id").agg(
        pl.col("at").min(), pl.col("person_id").min(), pl.col("channel").min()
    )
    parts = [
        _sales(lines, as_of),
        _rhythm(visits if options.has_receipts else recent, baskets if options.has_receipts else recent),
        _visits(visits, as_of),
        _mix(recent),
        _people(recent, baskets),
        _stock(records_of_kind(seen, "stock"), records_of_kind(seen, "day"), as_of),
        _fulfilment(baskets, seen, as_of),
    ]
    counted = line_totals(lines, as_of) if totals is None else totals
    frame = _stores(seen).join(counted, on="store_id", how="left")
    for part in parts:
        frame = frame.join(part, on="store_id", how="left")
    # over all 28 days, closed ones too: cover is in calendar days
    pace = pl.col("units_28d") / 28
    # a shop with more receipts than visits counts only some of those who come in: a share of those would be made up
    is_counted = (pl.col("visits_28d") >= pl.col("baskets_28d")).fill_null(value=False) & (pl.col("visits_28d") > 0)
    frame = frame.with_columns(
        pl.lit(as_of).alias("as_of"),
        pl.col("revenue_28d", "revenue_91d", "revenue_365d", "units_28d").fill_null(0.0),
        # a store that has sold, but not lately: its counts are 0, whether its old lines are given or not
        *(pl.when(pl.col("opened_on").is_not_null()).then(pl.col(name).fill_null(0)).alias(name) for name in _COUNTS),
        pl.when(is_counted).then(ratio(pl.col("baskets_28d"), pl.col("visits_28d"))).alias("conversion"),
        pl.when(is_counted)
        .then(pl.lit("counted"))
        .when(pl.col("visits_28d").fill_null(0) > 0)
        .then(pl.lit("partial"))
        .otherwise(pl.lit("none"))
        .alias("traffic"),
        ratio(pl.col("on_hand").clip(lower_bound=0), pace).alias("cover_days"),
    )
    names = [name for group, names in PLACE_FEATURES.items() if group != "group" for name in names]
    frame = frame.select("store_id", "as_of", *names).sort("store_id")
    if options.has_receipts:
        return frame
    # daily sales have neither receipts nor customers: a count of either would be that of rows without an id
    return frame.with_columns(pl.lit(None).cast(kind).alias(name) for name, kind in _NULL_WITHOUT_RECEIPTS)


_COUNTS = ("baskets_28d", "open_days_28d", "products_sold_91d", "revenue_trend")
_NULL_WITHOUT_RECEIPTS = (
    ("baskets_28d", pl.UInt32),
    ("baskets_per_day", pl.Float64),
    ("basket_value", pl.Float64),
    ("basket_units", pl.Float64),
    ("conversion", pl.Float64),
    ("customers_91d", pl.UInt32),
    ("member_share", pl.Float64),
    ("orders_per_day", pl.Float64),
    ("orders_peak_day", pl.Float64),
    ("load", pl.Float64),
    ("overload_share", pl.Float64),
)


def _stores(seen: pl.LazyFrame) -> pl.LazyFrame:
    attribute = pl.col("record") == "store"
    names = ("region", "format", "is_online")
    return seen.group_by("store_id").agg(*(pl.col(name).filter(attribute).drop_nulls().first() for name in names))


def _sales(lines: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per store with sales: revenue of the last 28 and 91 days, baskets of the last 28."""
    spend, sold = pl.col("units") * pl.col("unit_price"), pl.col("units") > 0
    month, before = within("at", as_of, 28), within("at", as_of, 28, before=28)
    return (
        lines.group_by("store_id")
        .agg(
            *(spend.filter(within("at", as_of, days)).sum().alias(f"revenue_{days}d") for days in (28, 91)),
            spend.filter(sold & month).sum().alias("recent"),
            spend.filter(sold & before).sum().alias("previous"),
            pl.col("units").filter(month).sum().alias("units_28d"),
            pl.col("units").filter(month & sold).sum().alias("sold_28d"),
            pl.col("transaction_id").filter(month & sold).n_unique().alias("baskets_28d"),
            day("at").filter(month & sold).n_unique().alias("open_days_28d"),
            pl.col("product_id").filter(sold & within("at", as_of, 91)).n_unique().alias("products_sold_91d"),
        )
        .with_columns(
            trend("recent", "previous").alias("revenue_trend"),
            ratio(pl.col("baskets_28d"), pl.col("open_days_28d")).alias("baskets_per_day"),
            ratio(pl.col("recent"), pl.col("baskets_28d")).alias("basket_value"),
            ratio(pl.col("sold_28d"), pl.col("baskets_28d")).alias("basket_units"),
        )
        .drop("recent", "previous", "sold_28d")
    )


def _rhythm(visits: pl.LazyFrame, baskets: pl.LazyFrame) -> pl.LazyFrame:
    """One row per store: shares of the 24 hours and 7 weekdays, and the three busiest hours.

    Hours come from visits where the store records any, otherwise from receipts; null where nothing carries a time.
    """
    timed = pl.col("at").dt.time() != pl.time(0, 0)
    counted = visits.filter(timed).select("store_id", pl.col("at").dt.hour().cast(pl.Int32).alias("slot"))
    # receipts of the day stand for visits only in stores that record none: mixing both would count people twice
    paid = baskets.filter(timed).select("store_id", pl.col("at").dt.hour().cast(pl.Int32).alias("slot"))
    hours = pl.concat([counted, paid.join(counted, on="store_id", how="anti")])
    week = baskets.select("store_id", (pl.col("at").dt.weekday().cast(pl.Int32) - 1).alias("slot"))
    by_hour = _profile(hours, 24, "hour_shares").with_columns(
        pl.col("hour_shares")
        .list.eval(((pl.element().rank("ordinal", descending=True) <= _PEAK_HOURS) & (pl.element() > 0)).arg_true())
        .cast(pl.List(pl.Int32))
        .alias("peak_hours")
    )
    by_day = _profile(week, 7, "weekday_shares").with_columns(
        (pl.col("weekday_shares").list.arg_max().cast(pl.Int32) + 1).alias("peak_weekday")
    )
    return by_hour.join(by_day, on="store_id", how="full", coalesce=True)


def _profile(rows: pl.LazyFrame, slots: int, name: str) -> pl.LazyFrame:
    """One row per store: a list of `slots` shares that sum to 1."""
    slot = pl.col("slot")
    return rows.group_by("store_id").agg(pl.concat_list((slot == i).mean() for i in range(slots)).alias(name))


def _visits(visits: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    return visits.group_by("store_id").agg(within("at", as_of, 28).sum().cast(pl.Int32).alias("visits_28d"))


def _mix(recent: pl.LazyFrame) -> pl.LazyFrame:
    """One row per store: all its categories by share of sales value, and the first five."""
    spend = (
        recent.filter(pl.col("category").is_not_null())
        .group_by("store_id", "category")
        .agg((pl.col("units") * pl.col("unit_price")).sum().alias("value"))
    )
    shares = spend.with_columns(
        ratio(pl.col("value"), pl.col("value").sum().over("store_id")).fill_null(0.0).alias("share")
    )
    return (
        # rounded, as the sums of equal categories differ in their last digits from run to run
        shares.sort("store_id", pl.col("value").round(MONEY_DIGITS), "category", descending=[False, True, False])
        .group_by("store_id", maintain_order=True)
        .agg(
            pl.col("category").head(5).alias("top_categories"),
            pl.col("share").head(5).alias("top_category_shares"),
            pl.struct("category", "share").alias("category_shares"),
        )
    )


def _people(recent: pl.LazyFrame, baskets: pl.LazyFrame) -> pl.LazyFrame:
    """One row per store: shares of sales value by stage and home customers, shares of baskets by channel."""
    spend = pl.col("units") * pl.col("unit_price")
    is_named = pl.col("person_id").is_not_null()
    named = spend.filter(is_named).sum()
    staged = spend.filter(is_named & pl.col("stage").is_not_null()).sum()
    value = recent.group_by("store_id").agg(
        pl.col("person_id").drop_nulls().n_unique().alias("customers_91d"),
        *(
            ratio(spend.filter(is_named & (pl.col("stage") == stage)).sum(), staged).alias(f"{stage}_share")
            for stage in ("old_friend", "friend")
        ),
        ratio(
            spend.filter(is_named & pl.col("is_home")).sum(),
            spend.filter(is_named & pl.col("is_home").is_not_null()).sum(),
        ).alias("home_share"),
        named.alias("named"),
    )
    visits = baskets.filter(is_named).group_by("store_id", "person_id").agg(day("at").n_unique().alias("days"))
    repeat = visits.group_by("store_id").agg((pl.col("days") > 1).mean().alias("repeat_share"))
    channel = pl.col("channel")
    ways = baskets.group_by("store_id").agg(
        is_named.mean().alias("member_share"),
        ratio((channel != "store").sum(), channel.count()).alias("remote_share"),
        ratio((channel == "pickup").sum(), channel.count()).alias("pickup_share"),
    )
    return value.drop("named").join(repeat, on="store_id", how="left").join(ways, on="store_id", how="left")


def _stock(stock: pl.LazyFrame, days: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per store with stock records: units at the last counts, share of product-days without stock (28 days)."""
    recent = within("at", as_of, _STOCK_DAYS)
    counts = stock.filter(pl.col("on_hand").is_not_null() & recent)
    # per product, because goods are counted on different days
    last = counts.filter(pl.col("at") == pl.col("at").max().over("store_id", "product_id"))
    on_hand = last.group_by("store_id").agg(pl.col("on_hand").sum())
    counted = counts.group_by("store_id").agg((pl.col("on_hand") <= 0).mean().alias("counted"))
    observed = days.filter(recent).group_by("store_id").agg((1 - pl.col("in_stock").mean()).alias("observed"))
    return (
        on_hand.join(counted, on="store_id", how="full", coalesce=True)
        .join(observed, on="store_id", how="full", coalesce=True)
        .select("store_id", "on_hand", pl.coalesce("counted", "observed").alias("stockout_share"))
    )


def _fulfilment(baskets: pl.LazyFrame, seen: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per store with a capacity or remote orders: orders a day over 28 days against what it can pick.

    `orders_peak_day` is the busiest day; `load` is mean orders a day / capacity; `overload_share` the share of days on
    which orders exceeded the capacity.
    """
    capacity = records_of_kind(seen, "store").group_by("store_id").agg(pl.col("capacity").drop_nulls().first())
    orders = (
        baskets.filter(pl.col("channel").is_in(_REMOTE_CHANNELS) & within("at", as_of, 28))
        .group_by("store_id", day("at").alias("date"))
        .agg(pl.len().alias("orders"))
        .join(capacity, on="store_id", how="left")
        .group_by("store_id")
        .agg(
            # days without orders have no row here, so the window's length is the divisor
            (pl.col("orders").sum() / 28).alias("orders_per_day"),
            pl.col("orders").max().cast(pl.Float64).alias("orders_peak_day"),
            pl.when(pl.col("capacity").first().is_not_null())
            .then((pl.col("orders") > pl.col("capacity")).sum() / 28)
            .alias("overload_share"),
        )
    )
    # full: a store may have a capacity without orders, or orders without a stated capacity
    frame = capacity.join(orders, on="store_id", how="full", coalesce=True)
    return frame.with_columns(ratio(pl.col("orders_per_day"), pl.col("capacity")).alias("load"))
