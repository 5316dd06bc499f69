"""Series features: one row per store x product, as of a day, from a state that holds while nothing new is sold."""

from datetime import date
from typing import Final

import numpy as np
import polars as pl

from features.goods.options import SERIES_FEATURES, GoodsOptions
from features.goods.sales_parts import (
    daily,
    demand_class,
    demand_rates,
    demand_sums,
    filled,
    price_sums,
    promotion_rates,
    promotion_rates_of_series,
    promotion_sums,
    stock_sums,
    stockout_share,
)
from features.windows import ratio, records_of_kind, trend, until, within

SERIES: Final = ["store_id", "product_id"]
SERIES_WINDOWS: Final = (28, 56, 91)
"""Days after which a sale leaves a window of `series_state`, so that the state of its series changes."""


def series_features(records: pl.LazyFrame, as_of: date, options: GoodsOptions) -> pl.LazyFrame:
    """One row per store x product that was ever sold or stocked: the features of `SERIES_FEATURES`.

    Windows of d days are half-open and end with `as_of` included. Units are net of returns where they are summed.

    Args:
        records: rows with the columns of `GOODS_RECORDS`; all of a series' rows must be there.
        as_of: last visible day; later records are ignored, and so are the days of promotions after it.
        options: facts about the dataset.
    """
    stock = series_stock(records, as_of)
    state = series_state(records, as_of, options).join(stock, on=SERIES, how="left")
    return series_on(state, as_of, options).sort(SERIES)


def series_state(records: pl.LazyFrame, as_of: date, options: GoodsOptions) -> pl.LazyFrame:
    """One row per store x product that was ever sold or stocked: what `series_on` needs of sales and promotions.

    It stays as it is on later days while no sale comes, none leaves a window and no promotion begins. Arguments are
    those of `series_features`.
    """
    seen = records.filter(until("at", as_of))
    days = daily(records_of_kind(seen, "day") if options.has_daily_sales else records_of_kind(seen, "line")).cache()
    parts = (
        demand_sums(days, as_of),
        price_sums(days, as_of),
        promotion_sums(days, records_of_kind(seen, "promotion"), as_of, has_promotions=options.has_promotions),
    )
    # stocked but never sold is a series too: its stock is what a merchandiser asks about
    frame = pl.concat([days.select(SERIES), records_of_kind(seen, "stock").select(SERIES)]).unique()
    for part in parts:
        frame = frame.join(part, on=SERIES, how="left")
    return frame


_SALES, _PRICES = ("units_28d", "units_91d", "recent", "previous"), ("revenue_91d", "priced_91d")
"""Columns of the state that are of days within a window: of series that were ever sold, and ever sold at a price."""


def renewed_series(state: pl.LazyFrame, records: pl.LazyFrame, as_of: date, options: GoodsOptions) -> pl.LazyFrame:
    """States of series of which nothing is new and sales only left a window: what counts within windows anew.

    Args:
        state: result of `series_state` as of an earlier day.
        records: records of these series; those of days before the longest of `SERIES_WINDOWS` are not looked at.
        as_of: last visible day.
        options: facts about the dataset.
    """
    seen = records.filter(within("at", as_of, max(SERIES_WINDOWS)))
    days = daily(records_of_kind(seen, "day" if options.has_daily_sales else "line")).cache()
    frame = state.drop(_SALES, _PRICES)
    for part, names, ever in (
        (demand_sums(days, as_of), _SALES, "first_sale_on"),
        (price_sums(days, as_of), _PRICES, "priced_on"),
    ):
        zeros = (pl.when(pl.col(ever).is_not_null()).then(pl.col(name).fill_null(0.0)).alias(name) for name in names)
        frame = frame.join(part.select(*SERIES, *names), on=SERIES, how="left").with_columns(zeros)
    return frame


def series_stock(records: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per store x product with stock records of the last 91 days: sums for its stock and days without any."""
    seen = records.filter(until("at", as_of))
    return stock_sums(records_of_kind(seen, "stock"), records_of_kind(seen, "day"), as_of)


def beside(state: pl.DataFrame, stock: pl.DataFrame) -> pl.DataFrame:
    """The rows of `series_state` in their order, with their columns of `series_stock`.

    As a left join that keeps the order, in a third of its time; of nearly none where few series are counted.
    """
    rows = stock.lazy().with_row_index("_stock").select(*SERIES, "_stock")
    pairs = state.lazy().select(SERIES).with_row_index("_row").join(rows, on=SERIES).select("_row", "_stock").collect()
    # the row after the last stands for no stock: it is null
    taken = np.full(state.height, stock.height, dtype=np.int64)
    taken[pairs["_row"].to_numpy()] = pairs["_stock"].to_numpy()
    values = stock.drop(SERIES)
    return state.hstack(pl.concat([values, values.clear(1)]).rechunk()[taken])


def series_on(state: pl.LazyFrame, as_of: date, options: GoodsOptions) -> pl.LazyFrame:
    """The rows of `series_features` as of a day, in their order.

    Args:
        state: result of `series_state` with the columns of `series_stock` beside it; it holds on the day.
        as_of: last visible day.
        options: facts about the dataset.
    """
    frame = state.with_columns(demand_rates(as_of, options.period_days)).with_columns(
        demand_class(),
        pl.when(pl.col("begun_on").is_not_null()).then(trend("recent", "previous")).alias("units_trend"),
        # goods out of season keep a price, so that their margin stays known
        pl.coalesce(
            ratio(pl.col("revenue_91d"), pl.col("priced_91d")), ratio(pl.col("revenue_ever"), pl.col("priced_ever"))
        ).alias("price_mean"),
        ratio(pl.col("last_revenue"), pl.col("last_priced")).alias("price_last"),
        stockout_share(),
        *promotion_rates_of_series(as_of, has_promotions=options.has_promotions),
    )
    names = [name for group in SERIES_FEATURES.values() for name in group]
    return filled(frame).select(*SERIES, pl.lit(as_of).alias("as_of"), *names)


def sums_of_series(state: pl.LazyFrame, as_of: date, *, has_promotions: bool) -> pl.LazyFrame:
    """One row per product with a series: what they add up to, and `stores` that sold it in the last 91 days.

    Args:
        state: result of `series_state`; all series of a product must be there.
        as_of: last visible day.
        has_promotions: whether there is a promotions table.
    """
    summed = ("revenue_91d", "priced_91d", "revenue_ever", "priced_ever")
    sums = state.group_by("product_id").agg(
        pl.col("first_sale_on").min(),
        pl.col("last_sale_on").max(),
        pl.col("priced_on").max(),
        pl.col("units_28d", "units_91d", "recent", "previous", *summed).sum(),
        within("last_sale_on", as_of, 91).sum().alias("stores"),
    )
    # few series were sold on the last day of their product: a join takes these out sooner than groups are compared
    last = (
        state.select("product_id", "priced_on", "last_revenue", "last_priced")
        .join(sums.select("product_id", "priced_on"), on=["product_id", "priced_on"], how="semi")
        .group_by("product_id")
        .agg(ratio(pl.col("last_revenue").sum(), pl.col("last_priced").sum()).alias("price_last"))
    )
    is_sold = pl.col("first_sale_on").is_not_null()
    mean = (ratio(pl.col(f"revenue_{span}"), pl.col(f"priced_{span}")) for span in ("91d", "ever"))
    priced = sums.with_columns(
        pl.coalesce(*mean).alias("price_mean"), pl.when(is_sold).then(trend("recent", "previous")).alias("units_trend")
    )
    sold = state.filter(pl.col("begun_on").is_not_null())
    promotions = promotion_rates(sold, ["product_id"], as_of, has_promotions=has_promotions)
    return (
        priced.drop("priced_on", "recent", "previous", *summed)
        .join(last, on="product_id", how="left")
        .join(promotions, on="product_id", how="left")
    )
