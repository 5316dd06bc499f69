"""Goods features: one row per product, as of a day, from sums that are kept between days or from records."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from features.goods.buyers import buyer_counts, buyers_of
from features.goods.month_sums import demand_of_months, month_sums, shares_of_months
from features.goods.options import GOODS_FEATURES, GoodsOptions
from features.goods.sales_parts import (
    demand_class,
    demand_rates,
    filled,
    stock_rates,
)
from features.goods.seasonality import seasonality
from features.goods.series import series_state, series_stock, sums_of_series
from features.windows import days_since, ratio, records_of_kind, until

_KEY = "product_id"
_ATTRIBUTES = ("category", "abc", "revenue_365d", "launched_on", "unit_cost", "category_price", "reference_price")


@dataclass(frozen=True)
class GoodsSums:
    """What the features of goods are made of; each frame has all rows of its products.

    Attributes:
        products: one row per product that exists: result of `known_products`.
        sales: result of `sums_of_series`.
        stock: result of `stock_sums`.
        months: result of `month_sums`.
        buyers: result of `buyer_counts`.
    """

    products: pl.LazyFrame
    sales: pl.LazyFrame
    stock: pl.LazyFrame
    months: pl.LazyFrame
    buyers: pl.LazyFrame


def goods_features(records: pl.LazyFrame, as_of: date, options: GoodsOptions) -> pl.LazyFrame:
    """One row per product: `product_id`, `as_of` and the features of `GOODS_FEATURES`.

    Windows of d days are half-open and end with `as_of` included. Units are net of returns where they are summed.

    Args:
        records: rows with the columns of `GOODS_RECORDS`; all of a product's rows must be there.
        as_of: last visible day; later records are ignored, and so are the days of promotions after it.
        options: facts about the dataset.
    """
    seen = records.filter(until("at", as_of))
    # cached: sums and promotions begin from it, and each would compute it again
    series = series_state(records, as_of, options).cache()
    months, buyers = sales_counts(records, as_of, options)
    sums = GoodsSums(
        known_products(seen, as_of),
        sums_of_series(series, as_of, has_promotions=options.has_promotions),
        series_stock(records, as_of),
        months.cache(),
        buyers.cache(),
    )
    return goods_on(sums, as_of, options)


def sales_counts(records: pl.LazyFrame, as_of: date, options: GoodsOptions) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Results of `month_sums` and `buyer_counts`; arguments as for `goods_features`."""
    seen = records.filter(until("at", as_of))
    lines = records_of_kind(seen, "line")
    return month_sums(days_sold(records_of_kind(seen, "day") if options.has_daily_sales else lines), lines), (
        buyer_counts(lines)
    )


def days_sold(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row per sale or return: product_id, date and sold (units of sales), as `month_sums` takes them."""
    sold = pl.when(pl.col("units") > 0).then("units").alias("sold")
    return rows.select(_KEY, pl.col("at").cast(pl.Date).alias("date"), sold)


def known_products(records: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per product that exists on a day: its attributes and the day from which it was listed.

    Args:
        records: columns of `GOODS_RECORDS`, those of products and listings among them.
        as_of: last visible day.
    """
    kind = pl.col("record")
    # a promotion or listing that is only planned does not make a product exist
    exists = kind.is_in(["product", "line", "day", "stock"]) | (pl.col("valid_from") <= as_of)
    listed = pl.col("valid_from").filter((kind == "listing") & (pl.col("valid_from") <= as_of)).min()
    return (
        records.filter(exists)
        .group_by(_KEY)
        .agg(
            *(pl.col(name).filter(kind == "product").drop_nulls().first() for name in _ATTRIBUTES),
            listed.alias("listed_on"),
        )
    )


def goods_on(sums: GoodsSums, as_of: date, options: GoodsOptions) -> pl.LazyFrame:
    """The rows of `goods_features` as of a day, from sums that hold on it."""
    people = (
        shares_of_months(sums.months)
        .join(buyers_of(sums.buyers, as_of), on=_KEY, how="left")
        # of goods with receipts, but none of a known person, it is known that nobody bought them
        .with_columns(pl.col("buyers_365d").fill_null(0))
        .with_columns(ratio(pl.col("buyers_365d"), pl.lit(options.buyers_365d, pl.Float64)).alias("penetration"))
    )
    parts = (
        sums.sales,
        demand_of_months(sums.months),
        seasonality(sums.months, as_of),
        people,
        stock_rates(sums.stock, [_KEY]),
    )
    frame = sums.products
    for part in parts:
        frame = frame.join(part, on=_KEY, how="left")
    launched = pl.col("launched_on").fill_null(pl.min_horizontal("listed_on", "first_sale_on"))
    frame = (
        frame.with_columns(
            pl.when(launched <= as_of).then(launched).alias("launched_on"),
            pl.col("stores").fill_null(0),
            *demand_rates(as_of, options.period_days),
        )
        .with_columns(days_since("launched_on", as_of).alias("age_days"), demand_class())
        .with_columns(
            ratio(pl.col("reference_price"), pl.col("category_price")).alias("price_index"),
            (1 - ratio(pl.col("unit_cost"), pl.col("price_mean"))).alias("margin_share"),
            pl.lit(as_of).alias("as_of"),
        )
    )
    names = [name for group in GOODS_FEATURES.values() for name in group]
    return filled(frame).select(_KEY, "as_of", *names).sort(_KEY)
