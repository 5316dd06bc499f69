"""Reads the inputs of order decisions from a dataset: supply terms with prices, newest stock, delisted goods."""

import math
from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.supply_terms import TERMS
from retail_brain.outputs import SERIES
from retail_brain.settings import ReplenishmentSettings
from retail_brain.which_day import data_day

_PRICE_DAYS = 91
"""Days whose prices are averaged where `prices` names none: a quarter of a year. Chosen by judgement, not measured."""
_DEFAULTS = ReplenishmentSettings()
_LONGEST_HORIZON_DAYS = 182
"""Days of forecast that one order may ask for: half a year; lead times beyond it are cut. Chosen by judgement, not
measured."""


def read_terms(dataset: Dataset, as_of: date, stores: Sequence[str] | None = None) -> pl.DataFrame:
    """One row per store x product with supply terms or sales: any of `supply_terms.TERMS`, and `known`.

    The price is the listed one valid on the day after `as_of` (the store's own before the chain's), else the mean
    paid one of the last 91 days, else the product's list price. The cost is that of the supply row, else the product's.

    Raises:
        MissingTableError: the dataset has no sales table.
    """
    keys = list(SERIES)
    # Goods sold without a supply row are planned too, on the defaults of the settings.
    supply = _of_stores(dataset.scan_or_empty("supply"), stores).with_columns(known=pl.lit(value=True))
    sales = _of_stores(dataset.daily_sales(), stores)
    paid = _paid_prices(sales, as_of)
    pairs = pl.concat([supply.select(keys), sales.select(keys)]).unique()
    own, chain = _listed_prices(dataset, data_day(as_of))
    products = dataset.scan_or_empty("products").select(
        "product_id", "list_price", "shelf_life_days", product_cost="unit_cost"
    )
    joined = (
        pairs.join(supply.unique(keys, keep="last"), on=keys, how="left")
        .join(paid, on=keys, how="left")
        .join(own, on=keys, how="left")
        .join(chain, on="product_id", how="left")
        .join(products.unique("product_id", keep="last"), on="product_id", how="left")
        .with_columns(
            unit_price=pl.coalesce("own_price", "chain_price", "paid_price", "list_price"),
            unit_cost=pl.coalesce("unit_cost", "product_cost"),
            known=pl.col("known").fill_null(value=False),
        )
    )
    return joined.select(*keys, *(name for name in TERMS if name != "ends_on"), "known").sort(keys).collect()


def read_stock(
    dataset: Dataset,
    stores: Sequence[str] | None = None,
    *,
    most_age_days: int = _DEFAULTS.stock_most_age_days,
) -> pl.DataFrame:
    """One row per store x product with inventory rows: what is on hand now, and the newest count that says so.

    Columns: `date` of the count, `counted_on_hand` (units then), `stock_age_days` (days from the count to the last
    visible day), `sold_since_count` (units sold after the count's day, net of returns), `on_hand` and `on_order`.

    What was sold since is deducted. More sold than was counted has come out of what was on order. A count says nothing
    any more, and `on_hand` is null, where more was sold than was counted and on order (goods came that nobody noted),
    and where it is older than `most_age_days` and something was sold since.

    Raises:
        MissingTableError: no sales table is there.
    """
    newest = (
        _of_stores(dataset.scan_or_empty("inventory"), stores)
        .group_by(*SERIES)
        .agg(pl.col("date").max(), pl.col("on_hand", "on_order").get(pl.col("date").arg_max()))
        .rename({"on_hand": "counted_on_hand"})
    )
    as_of = dataset.as_of or dataset.last_day()
    old = newest.filter(pl.col("date") < as_of).select(*SERIES, counted_on="date")
    sold = (
        dataset.daily_sales()
        .join(old, on=list(SERIES), how="inner")
        .filter(pl.col("date") > pl.col("counted_on"))
        .group_by(*SERIES)
        .agg(sold_since_count=pl.col("units").sum())
    )
    counted, since = pl.col("counted_on_hand"), pl.col("sold_since_count")
    # a count below zero is a wrong record: it is shown as it is, and nothing is taken from it
    left = pl.when(counted < 0).then(counted).otherwise((counted - since).clip(0))
    is_old = (pl.col("stock_age_days") > most_age_days) & (since != 0)
    has_come = since > counted.clip(0) + pl.col("on_order").fill_null(0)
    return (
        newest.join(sold, on=list(SERIES), how="left")
        .with_columns(
            stock_age_days=(pl.lit(as_of) - pl.col("date")).dt.total_days().clip(0),
            sold_since_count=since.fill_null(0.0),
        )
        .with_columns(
            on_hand=pl.when(~is_old & ~(has_come & (counted >= 0))).then(left),
            on_order=(pl.col("on_order") - (since - counted.clip(0)).clip(0)).clip(0),
        )
        .sort(SERIES)
        .collect()
    )


def read_open_orders(
    dataset: Dataset,
    stores: Sequence[str] | None = None,
    *,
    most_late_days: int = _DEFAULTS.open_order_most_late_days,
) -> pl.DataFrame:
    """One row per store x product x day of arrival with units on order.

    Columns: `arrives_on`, `units` that have not arrived, `late_days` (days since, by the end of the last visible one)
    and `is_lost`: it was due more than `most_late_days` ago, and nobody counts on it any more. Rows of the newest
    visible `date` count, and rows without one.

    Raises:
        MissingTableError: no sales table is there.
    """
    rows = _of_stores(dataset.scan_or_empty("open_orders"), stores)
    told = pl.col("date").is_null() | (pl.col("date") == pl.col("date").max())
    units = (pl.col("units") - pl.col("received_units").fill_null(0)).clip(0)
    return (
        rows.filter(told)
        .group_by(*SERIES, arrives_on="due_on")
        .agg(units=units.sum())
        .filter(pl.col("units") > 0)
        .with_columns(late_days=(pl.lit(dataset.as_of or dataset.last_day()) - pl.col("arrives_on")).dt.total_days())
        .with_columns(pl.col("late_days").clip(0), is_lost=pl.col("late_days") > most_late_days)
        .sort(*SERIES, "arrives_on")
        .collect()
    )


def with_open_orders(stock: pl.DataFrame, due: pl.DataFrame) -> pl.DataFrame:
    """The rows of `read_stock`, and those of other series on order, with `on_order` from open orders where known.

    Args:
        stock: of `read_stock`.
        due: of `read_open_orders`; lost orders bring nothing.
    """
    known = due.group_by(*SERIES).agg(due_units=pl.col("units").filter(~pl.col("is_lost")).sum())
    joined = stock.join(known, on=list(SERIES), how="full", coalesce=True)
    return joined.with_columns(on_order=pl.coalesce("due_units", "on_order")).drop("due_units").sort(SERIES)


def delisted(dataset: Dataset, day: date) -> pl.DataFrame:
    """One row per store x product that the assortment names, but not for `day` or later."""
    current = pl.col("listed_until").is_null() | (pl.col("listed_until") > day)
    listings = dataset.scan_or_empty("assortment").group_by(*SERIES).agg(current.any().alias("current"))
    return listings.filter(~pl.col("current")).select(SERIES).collect()


def horizon_days(terms: pl.DataFrame, settings: ReplenishmentSettings) -> int:
    """Days a forecast must reach for every order decision: to the arrival after the next one, waits included."""
    # Three standard deviations of a late delivery, and a week for suppliers that take orders on some weekdays only.
    longest = float(settings.lead_time_days + 2 * settings.review_period_days)
    if terms.height:
        reach = (
            pl.col("lead_time_days").fill_null(settings.lead_time_days)
            + 2 * pl.col("review_period_days").fill_null(settings.review_period_days)
            + 3 * pl.col("lead_time_sd_days").fill_null(0)
            + pl.when(pl.col("order_weekdays").is_not_null()).then(7).otherwise(0)
        )
        longest = max(longest, float(terms.select(reach.max()).item() or 0))
    return min(max(math.ceil(longest) + 1, 1), _LONGEST_HORIZON_DAYS)


def _of_stores(frame: pl.LazyFrame, stores: Sequence[str] | None) -> pl.LazyFrame:
    return frame if stores is None else frame.filter(pl.col("store_id").is_in(list(stores)))


def _paid_prices(sales: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per store x product sold within the last 91 days: the mean paid price, weighted by units."""
    recent = sales.filter(
        pl.col("date").is_between(as_of - timedelta(days=_PRICE_DAYS - 1), as_of),
        pl.col("units") > 0,
    )
    priced = pl.col("unit_price").is_not_null()
    paid = (pl.col("units") * pl.col("unit_price")).sum() / pl.col("units").filter(priced).sum()
    return recent.group_by(*SERIES).agg(paid.fill_nan(None).round(6).alias("paid_price"))


def _listed_prices(dataset: Dataset, day: date) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Listed prices valid on a day: one row per store x product, and one per product for the whole chain."""
    valid = (
        dataset.scan_or_empty("prices")
        .filter(pl.col("valid_from") <= day, pl.col("valid_to").is_null() | (pl.col("valid_to") > day))
        .sort("valid_from")
    )
    own = valid.filter(pl.col("store_id").is_not_null()).group_by(*SERIES).agg(own_price=pl.col("unit_price").last())
    chain = valid.filter(pl.col("store_id").is_null()).group_by("product_id")
    return own, chain.agg(chain_price=pl.col("unit_price").last())
