"""Goods features: one row per product, and one per store x product, as of a day.

The input is a *record table*, as for persons: rows of several canonical tables, with their kind in `record`. All rows
of a product must be there; a bucket of products is one job.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl
from polars._typing import PolarsDataType

from features.goods.sales_parts import (
    DEMAND_FEATURES,
    daily,
    demand_class,
    demand_features,
    demand_rates,
    demand_sums,
    promotion_features,
    promotion_rates_of_series,
    promotion_sums,
    stock_features,
)
from features.goods.seasonality import seasonality
from features.windows import days_since, ratio, records_of_kind, until, within

GOODS_RECORDS: Final[Mapping[str, PolarsDataType]] = {
    "product_id": pl.String,
    "record": pl.String,
    "at": pl.Datetime("us"),
    "store_id": pl.String,
    "person_id": pl.String,
    "channel": pl.String,
    "units": pl.Float64,
    "unit_price": pl.Float64,
    "discount": pl.Float64,
    "in_stock": pl.Float64,
    "on_hand": pl.Float64,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "reference_price": pl.Float64,
    "category": pl.String,
    "category_price": pl.Float64,
    "unit_cost": pl.Float64,
    "launched_on": pl.Date,
    "revenue_365d": pl.Float64,
    "abc": pl.String,
}
"""Columns of a product's records. `record` is product, line, day, stock, promotion or listing."""

_STOCK = ("stockout_share", "on_hand", "cover_days")
_PROMOTION = ("promotion_share", "promoted_days", "promotion_uplift")

GOODS_FEATURES: Final = {
    "identity": ("category", "abc", "revenue_365d", "launched_on", "age_days", "stores"),
    "demand": DEMAND_FEATURES,
    "season": ("weekly_strength", "peak_weekday", "peak_month", "peak_month_index"),
    "price": ("price_mean", "price_last", "price_index", "margin_share"),
    "promotion": _PROMOTION,
    "people": ("buyers_365d", "penetration", "repeat_rate", "repurchase_days", "remote_share", "returns_share"),
    "stock": _STOCK,
}
"""Named sets of product features."""

SERIES_FEATURES: Final = {
    "demand": DEMAND_FEATURES,
    "price": ("price_mean", "price_last"),
    "promotion": _PROMOTION,
    "stock": _STOCK,
}
"""Named sets of store x product features."""


@dataclass(frozen=True)
class GoodsOptions:
    """Facts of the dataset that the goods features need beside the records.

    Attributes:
        buyers_365d: persons who bought anything within the last 365 days, the base of `penetration`.
        has_daily_sales: whether sales come from `day` records rather than receipt lines.
        has_promotions: whether there is a promotions table; without it reduced prices count as promotions.
        period_days: length of the demand panel's period in days (1, 7 or 30).
    """

    buyers_365d: int = 0
    has_daily_sales: bool = False
    has_promotions: bool = False
    period_days: int = 1


def goods_features(
    records: pl.LazyFrame, as_of: date, options: GoodsOptions, promotions: pl.LazyFrame | None = None
) -> pl.LazyFrame:
    """One row per product: `product_id`, `as_of` and the features of `GOODS_FEATURES`.

    Windows of d days are half-open and end with `as_of` included. Units are net of returns where they are summed.

    Args:
        records: rows with the columns of `GOODS_RECORDS`; all of a product's rows must be there.
        as_of: last visible day; later records are ignored, and so are the days of promotions after it.
        options: facts about the dataset.
        promotions: result of `promotion_rates` by product, where it is known from the series; None computes it.
    """
    seen = records.filter(until("at", as_of))
    lines = records_of_kind(seen, "line")
    # cached: most parts start from these sums, and each would compute them again
    days = daily(records_of_kind(seen, "day") if options.has_daily_sales else lines).cache()
    key = ["product_id"]
    if promotions is None:
        of_records = records_of_kind(seen, "promotion")
        promotions = promotion_features(days, of_records, key, as_of, has_promotions=options.has_promotions)
    parts = (
        demand_features(days, key, as_of, options.period_days),
        seasonality(days, as_of),
        _prices(days, key, as_of),
        promotions,
        _people(lines, as_of, options.buyers_365d),
        stock_features(records_of_kind(seen, "stock"), records_of_kind(seen, "day"), key, as_of),
    )
    frame = _products(seen, days, as_of)
    for part in parts:
        frame = frame.join(part, on="product_id", how="left")
    frame = _finish(frame).with_columns(
        ratio(pl.col("reference_price"), pl.col("category_price")).alias("price_index"),
        (1 - ratio(pl.col("unit_cost"), pl.col("price_mean"))).alias("margin_share"),
        pl.lit(as_of).alias("as_of"),
    )
    names = [name for group in GOODS_FEATURES.values() for name in group]
    return frame.select("product_id", "as_of", *names).sort("product_id")


def series_features(records: pl.LazyFrame, as_of: date, options: GoodsOptions) -> pl.LazyFrame:
    """One row per store x product that was ever sold or stocked: the features of `SERIES_FEATURES`.

    Arguments are those of `goods_features`.
    """
    stock = series_stock(records, as_of)
    return series_on(series_state(records, as_of, options), stock, as_of, options).sort("store_id", "product_id")


SERIES_WINDOWS: Final = (28, 56, 91)
"""Days after which a sale leaves a window of `series_state`, so that the state of its series changes."""


def series_state(records: pl.LazyFrame, as_of: date, options: GoodsOptions) -> pl.LazyFrame:
    """One row per store x product that was ever sold or stocked: what `series_on` needs of sales and promotions.

    It stays as it is on later days while no sale comes, none leaves a window and no promotion begins. Arguments are
    those of `goods_features`.
    """
    seen = records.filter(until("at", as_of))
    days = daily(records_of_kind(seen, "day") if options.has_daily_sales else records_of_kind(seen, "line")).cache()
    key = ["store_id", "product_id"]
    parts = (
        demand_sums(days, key, as_of),
        _prices(days, key, as_of),
        promotion_sums(days, records_of_kind(seen, "promotion"), as_of, has_promotions=options.has_promotions),
    )
    # stocked but never sold is a series too: its stock is what a merchandiser asks about
    frame = pl.concat([days.select(key), records_of_kind(seen, "stock").select(key)]).unique()
    for part in parts:
        frame = frame.join(part, on=key, how="left")
    return frame


def series_stock(records: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per store x product with stock records of the last 91 days: on hand and share of days without stock."""
    seen = records.filter(until("at", as_of))
    return stock_features(
        records_of_kind(seen, "stock"), records_of_kind(seen, "day"), ["store_id", "product_id"], as_of
    )


def series_on(state: pl.LazyFrame, stock: pl.LazyFrame, as_of: date, options: GoodsOptions) -> pl.LazyFrame:
    """The rows of `series_features` as of a day, from states that hold on it (`series_state`), in their order."""
    key = ["store_id", "product_id"]
    frame = state.join(stock, on=key, how="left", maintain_order="left")
    frame = frame.with_columns(demand_rates(as_of, options.period_days)).with_columns(
        demand_class(), *promotion_rates_of_series(as_of, has_promotions=options.has_promotions)
    )
    names = [name for group in SERIES_FEATURES.values() for name in group]
    return _finish(frame).select(*key, pl.lit(as_of).alias("as_of"), *names)


def _finish(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Fills the sales of goods that never sold with 0 and adds `cover_days`."""
    return frame.with_columns(
        pl.col("units_28d", "units_91d", "units_per_day_28d", "units_per_day_91d").fill_null(0.0),
        pl.col("sale_days").fill_null(0),
    ).with_columns(ratio(pl.col("on_hand").clip(lower_bound=0), pl.col("units_per_day_28d")).alias("cover_days"))


def _products(seen: pl.LazyFrame, days: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per product: attributes, launch day, age, and number of stores that sold it in the last 91 days."""
    attributes = ("category", "abc", "revenue_365d", "launched_on", "unit_cost", "category_price", "reference_price")
    listed = pl.col("valid_from").filter((pl.col("record") == "listing") & (pl.col("valid_from") <= as_of)).min()
    # a promotion or listing that is only planned does not make a product exist
    visible = seen.filter(pl.col("record").is_in(["product", "line", "day", "stock"]) | (pl.col("valid_from") <= as_of))
    products = visible.group_by("product_id").agg(
        *(pl.col(name).filter(pl.col("record") == "product").drop_nulls().first() for name in attributes),
        listed.alias("listed_on"),
    )
    sold = days.group_by("product_id").agg(
        pl.col("date").min().alias("sold_on"),
        pl.col("store_id").filter((pl.col("sold") > 0) & within("date", as_of, 91)).n_unique().alias("stores"),
    )
    launched = pl.col("launched_on").fill_null(pl.min_horizontal("listed_on", "sold_on"))
    return (
        products.join(sold, on="product_id", how="left")
        .with_columns(pl.when(launched <= as_of).then(launched).alias("launched_on"), pl.col("stores").fill_null(0))
        .with_columns(days_since("launched_on", as_of).alias("age_days"))
    )


def _prices(days: pl.LazyFrame, key: list[str], as_of: date) -> pl.LazyFrame:
    """One row per key: mean paid price of the last 91 days (ever, if nothing sold then) and of the last day sold."""
    priced = days.filter((pl.col("sold") > 0) & pl.col("revenue").is_not_null())
    recent = within("date", as_of, 91)
    return (
        priced.group_by(key)
        .agg(
            ratio(pl.col("revenue").filter(recent).sum(), pl.col("sold").filter(recent).sum()).alias("recent"),
            ratio(pl.col("revenue").sum(), pl.col("sold").sum()).alias("ever"),
            *(pl.col(name).filter(pl.col("date") == pl.col("date").max()).sum() for name in ("revenue", "sold")),
        )
        .select(
            *key,
            # goods out of season keep a price, so that their margin stays known
            pl.coalesce("recent", "ever").alias("price_mean"),
            ratio(pl.col("revenue"), pl.col("sold")).alias("price_last"),
        )
    )


def _people(lines: pl.LazyFrame, as_of: date, buyers: int) -> pl.LazyFrame:
    """One row per product with receipts: buyers, repeat rate, repurchase gap, shares of returns and of remote sales."""
    sold = pl.col("units") > 0
    total = pl.col("units").filter(sold).sum()
    base = pl.lit(buyers, dtype=pl.Float64)
    sales = lines.group_by("product_id").agg(
        pl.col("person_id").filter(sold & within("at", as_of, 365)).drop_nulls().n_unique().alias("buyers_365d"),
        ratio(pl.col("units").filter(~sold).sum().abs(), total).alias("returns_share"),
        ratio(
            pl.col("units").filter(sold & (pl.col("channel") != "store")).sum(),
            pl.col("units").filter(sold & pl.col("channel").is_not_null()).sum(),
        ).alias("remote_share"),
    )
    pair = ["product_id", "person_id"]
    visits = (
        lines.filter(sold & pl.col("person_id").is_not_null())
        .select(*pair, pl.col("at").cast(pl.Date).alias("date"))
        .unique()
        .sort(*pair, "date")
    )
    same = pl.all_horizontal(pl.col(name).shift(1) == pl.col(name) for name in pair)
    gaps = visits.with_columns(pl.when(same).then(pl.col("date").diff().dt.total_days()).alias("gap"))
    repeats = (
        gaps.group_by(pair)
        .agg(pl.col("gap").count().alias("again"))
        .group_by("product_id")
        .agg((pl.col("again") > 0).mean().alias("repeat_rate"))
    )
    return (
        sales.join(repeats, on="product_id", how="left")
        .join(
            gaps.group_by("product_id").agg(pl.col("gap").median().alias("repurchase_days")),
            on="product_id",
            how="left",
        )
        .with_columns(ratio(pl.col("buyers_365d"), base).alias("penetration"))
    )
