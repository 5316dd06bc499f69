"""Reads the picking capacity of shops: capacity, expected own orders and units per order."""

from datetime import date, timedelta

import polars as pl

from retail_brain.dataset import Dataset

SHOPS = {
    "store_id": pl.String,
    "region": pl.String,
    "is_online": pl.Boolean,
    "capacity": pl.Float64,
    "expected_orders": pl.Float64,
    "units_per_order": pl.Float64,
}
_DAYS = 28
"""Days of orders that say what is usual: four weeks. Chosen by judgement, not measured."""
_OVER_THE_COUNTER = ("store", "offline", "pos")


def read_shops(dataset: Dataset, as_of: date, usual_order_units: float) -> pl.DataFrame:
    """One row per store of `stores`: columns SHOPS.

    Orders are those of the last four weeks by any channel but the counter, per day; `capacity` is null where unknown.

    Args:
        dataset: its stores and receipts.
        as_of: last visible day.
        usual_order_units: units of an order in shops without one (setting `network.usual_order_units`).
    """
    first = as_of - timedelta(days=_DAYS - 1)
    picked = dataset.scan_or_empty("transactions").filter(
        pl.col("sold_at").dt.date() >= first,
        pl.col("units") > 0,
        pl.col("channel").is_not_null(),
        ~pl.col("channel").is_in(_OVER_THE_COUNTER),
    )
    orders = picked.group_by("store_id").agg(
        expected_orders=pl.col("transaction_id").n_unique() / _DAYS,
        units_per_order=pl.col("units").sum() / pl.col("transaction_id").n_unique(),
    )
    shops = dataset.scan_or_empty("stores").unique("store_id", keep="last", maintain_order=True)
    named = shops.select("store_id", "region", "is_online", capacity="daily_fulfilment_capacity")
    return (
        named.join(orders, on="store_id", how="left")
        .with_columns(
            pl.col("is_online").fill_null(value=False),
            pl.col("expected_orders").fill_null(0.0),
            pl.col("units_per_order").fill_null(usual_order_units),
        )
        .select(pl.col(name).cast(kind) for name, kind in SHOPS.items())
        .sort("store_id")
        .collect()
    )


def spare_units(shops: pl.DataFrame) -> dict[str, float]:
    """Units that each shop of known capacity can pick on a day beside its own expected orders."""
    spare = (pl.col("capacity") - pl.col("expected_orders")).clip(0) * pl.col("units_per_order")
    return dict(shops.filter(pl.col("capacity").is_not_null()).select("store_id", spare).iter_rows())
