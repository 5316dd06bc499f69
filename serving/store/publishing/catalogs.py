"""Publishes the catalogs of stores, products and customers, and the identity index."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl

from retail_brain.dataset import Dataset
from serving.store.catalog import write_catalog
from serving.store.identities import write_identities

_YEAR = timedelta(days=365)
"""Days of sales that weigh stores and products in the catalog."""


@dataclass(frozen=True)
class Positions:
    """Position of each id in the catalogs, which all other files refer to."""

    stores: Mapping[str, int]
    products: Mapping[str, int]
    customers: Mapping[str, int]

    def store(self, column: str = "store_id") -> pl.Expr:
        """Store position of a column of ids, null where the catalog lacks the id."""
        return _position(column, self.stores)

    def product(self, column: str = "product_id") -> pl.Expr:
        """Product position of a column of ids, null where the catalog lacks the id."""
        return _position(column, self.products)


def _position(column: str, rows: Mapping[str, int]) -> pl.Expr:
    return pl.col(column).replace_strict(rows, default=None, return_dtype=pl.Int64)


def publish_catalogs(folder: Path, dataset: Dataset) -> Positions:
    """Writes the catalogs of stores, products and customers."""
    return Positions(
        stores=write_catalog(folder, "stores", _entries(dataset, "stores", "store_id", ("region", "format"))),
        products=write_catalog(
            folder, "products", _entries(dataset, "products", "product_id", ("category", "subcategory", "brand"))
        ),
        customers=write_catalog(folder, "customers", _customers(dataset)),
    )


def _entries(dataset: Dataset, table: str, key: str, details: tuple[str, ...]) -> pl.DataFrame:
    """One row per id of any table: `id`, `name`, `detail`, `weight` (units sold within a year)."""
    since = dataset.last_day() - _YEAR
    weight = (
        dataset.daily_sales().filter(pl.col("date") > since).group_by(id=pl.col(key)).agg(weight=pl.col("units").sum())
    )
    others = [
        dataset.scan(name).select(id=pl.col(key)) for name in ("inventory", "assortment", "supply") if dataset.has(name)
    ]
    sold = dataset.daily_sales().select(id=pl.col(key))
    listed = dataset.scan_or_empty(table).select(
        id=pl.col(key), name="name", detail=pl.concat_str(details, separator=" · ", ignore_nulls=True)
    )
    ids = pl.concat([listed.select("id"), sold, *others]).unique()
    return ids.join(listed, on="id", how="left").join(weight, on="id", how="left").collect(engine="streaming")


def _customers(dataset: Dataset) -> pl.DataFrame:
    """One row per customer: `id`, `detail` (home store), `weight` (money spent)."""
    lines = dataset.scan_or_empty("transactions").filter(pl.col("customer_id").is_not_null())
    bought = lines.group_by(id=pl.col("customer_id")).agg(weight=(pl.col("units") * pl.col("unit_price")).sum())
    stores = dataset.scan_or_empty("stores").select(home_store_id="store_id", store="name")
    listed = (
        dataset.scan_or_empty("customers")
        .join(stores, on="home_store_id", how="left")
        .select(id=pl.col("customer_id"), detail=pl.coalesce("store", "home_store_id"))
    )
    both = listed.join(bought, on="id", how="full", coalesce=True)
    return both.with_columns(name=pl.lit(None, dtype=pl.String)).collect(engine="streaming")


def publish_identities(folder: Path, dataset: Dataset, resolved: pl.DataFrame | None, positions: Positions) -> int:
    """Writes the customer of each identifier; returns their number. Identifiers of several people are left out.

    Args:
        folder: the answers being written.
        dataset: whose `identities` are taken where nothing was resolved.
        resolved: `id_type`, `id_value`, `customer_id`, or None.
        positions: positions of the customers.
    """
    if resolved is None:
        named = dataset.scan_or_empty("identities").filter(pl.col("customer_id").is_not_null())
        owners = named.group_by("id_type", "id_value").agg(pl.col("customer_id").unique())
        resolved = (
            owners.filter(pl.col("customer_id").list.len() == 1)
            .with_columns(pl.col("customer_id").list.first())
            .collect()
        )
    customers = {
        (id_type, id_value): positions.customers[customer]
        for id_type, id_value, customer in resolved.select("id_type", "id_value", "customer_id").iter_rows()
        if customer in positions.customers
    }
    write_identities(folder, customers)
    return len(customers)
