"""Finds what changed of late in a dataset: goods back in stock, prices that fell; and birthdays where known."""

from datetime import date, timedelta

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.which_day import data_day

RESTOCKED = {"store_id": pl.String, "product_id": pl.String, "since": pl.Date}
"""One row per store x product that was out and is in stock again, and the first day of that."""
PRICE_DROPS = {
    "store_id": pl.String,
    "product_id": pl.String,
    "since": pl.Date,
    "before": pl.Float64,
    "price": pl.Float64,
}
"""One row per store (null: every store) x product whose price fell and is still the lower one."""
BIRTHDAYS = {"customer_id": pl.String, "month": pl.Int8, "day": pl.Int8}
"""One row per customer whose birthday is known."""
_BIRTHDAY_COLUMNS = ("birth_date", "birthday", "born_on")
"""Columns of `customers` that say a birthday: as a date, or as month and day (05-17)."""


def restocked(dataset: Dataset, as_of: date, days: int) -> pl.DataFrame | None:
    """Goods that came back within `days` and are in stock on the newest count: RESTOCKED; None without `inventory`.

    Args:
        dataset: whose `inventory` is looked at.
        as_of: last visible day.
        days: up to and with `as_of`.
    """
    if not dataset.has("inventory"):
        return None
    first = as_of - timedelta(days=days)
    counts = dataset.scan("inventory").filter(pl.col("date").is_between(first, as_of))
    key = ["store_id", "product_id"]
    ordered = counts.sort(*key, "date").with_columns(
        was_out=(pl.col("on_hand").shift(1) <= 0)
        & (pl.col("store_id").shift(1) == pl.col("store_id"))
        & (pl.col("product_id").shift(1) == pl.col("product_id"))
    )
    came_back = pl.col("was_out") & (pl.col("on_hand") > 0)
    found = ordered.group_by(*key).agg(
        since=pl.col("date").filter(came_back).max(), on_hand=pl.col("on_hand").sort_by("date").last()
    )
    listed = found.filter(pl.col("since").is_not_null(), pl.col("on_hand") > 0)
    return listed.select(*RESTOCKED).sort(*key).collect()


def price_drops(dataset: Dataset, as_of: date, days: int) -> pl.DataFrame | None:
    """Prices that fell within `days` and hold on the day after `as_of`: PRICE_DROPS; None without any price.

    A price of `promotions` is compared with the price of the day before it began, one of `prices` with the one that it
    replaces. Where several fell the lowest counts.

    Args:
        dataset: whose `prices`, `promotions` and list prices are looked at.
        as_of: last visible day.
        days: up to and with the day after `as_of`, for which prices are known already.
    """
    if not dataset.has("prices") and not dataset.has("promotions"):
        return None
    prices = _rows(dataset, "prices")
    first, last = as_of + timedelta(days=2 - days), data_day(as_of)
    holds = pl.col("since").is_between(first, last) & (pl.col("until").is_null() | (pl.col("until") > last))
    changed = pl.concat([prices, _rows(dataset, "promotions")]).filter(holds)
    lists = dataset.scan_or_empty("products").select("product_id", listed=pl.col("list_price").cast(pl.Float64))
    key = ["store_id", "product_id", "since", "price"]
    own = pl.col("old_store_id").is_null() | (pl.col("old_store_id") == pl.col("store_id"))
    eve = pl.col("since") - pl.duration(days=1)
    held = (pl.col("old_since") <= eve) & (pl.col("old_until").is_null() | (pl.col("old_until") > eve))
    before = (
        changed.join(prices.select("product_id", pl.exclude("product_id").name.prefix("old_")), on="product_id")
        .filter(own & held)
        # the price of the shop itself goes before the chain's
        .sort(pl.col("old_store_id").is_null(), "old_since", descending=[False, True])
        .unique(key, keep="first", maintain_order=True)
        .select(*key, before="old_price")
    )
    known = changed.join(before, on=key, how="left", nulls_equal=True).join(
        lists.unique("product_id"), on="product_id", how="left"
    )
    fell = known.with_columns(pl.coalesce("before", "listed").alias("before")).filter(
        pl.col("price") < pl.col("before")
    )
    lowest = fell.sort("product_id", "store_id", "price", "since").unique(
        ["store_id", "product_id"], keep="first", maintain_order=True
    )
    return lowest.select(pl.col(name).cast(kind) for name, kind in PRICE_DROPS.items()).collect()


def birthdays(dataset: Dataset) -> pl.DataFrame | None:
    """Birthdays of customers: BIRTHDAYS; None where `customers` has no column that says them.

    Args:
        dataset: whose `customers` are looked at: the first of _BIRTHDAY_COLUMNS that is there.
    """
    customers = dataset.scan_or_empty("customers")
    named = [name for name in _BIRTHDAY_COLUMNS if name in customers.collect_schema()]
    if not named:
        return None
    text = pl.col(named[0]).cast(pl.String).str.extract(r"(\d{1,2}-\d{1,2})(?:[ T].*)?$")
    parts = text.str.split("-").list
    rows = customers.select(
        "customer_id",
        month=parts.get(0, null_on_oob=True).cast(pl.Int8, strict=False),
        day=parts.get(1, null_on_oob=True).cast(pl.Int8, strict=False),
    )
    return rows.filter(pl.col("month").is_between(1, 12), pl.col("day").is_between(1, 31)).collect()


def _rows(dataset: Dataset, name: str) -> pl.LazyFrame:
    """Prices of a table with the days on which they hold: store_id (null: all), product_id, since, until, price."""
    table = dataset.scan_or_empty(name)
    columns = table.collect_schema()
    optional = {"store_id": pl.String, "valid_to": pl.Date, "unit_price": pl.Float64}
    known = {n: pl.col(n) if n in columns else pl.lit(None) for n in optional}
    return table.select(
        known["store_id"].cast(pl.String).alias("store_id"),
        pl.col("product_id").cast(pl.String),
        since=pl.col("valid_from").cast(pl.Date),
        until=known["valid_to"].cast(pl.Date),
        price=known["unit_price"].cast(pl.Float64),
    ).filter(pl.col("price").is_not_null(), pl.col("since").is_not_null())
