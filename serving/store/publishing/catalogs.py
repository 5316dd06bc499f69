"""Everything that can be named: stores, products, customers and their identifiers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl

from retail_brain.dataset import Dataset
from serving.store.catalog import write_catalog
from serving.store.identities import write_identities

_YEAR = timedelta(days=365)
"""How far back the catalog's sales reach."""


@dataclass(frozen=True)
class Places:
    """Position of each id in the answers."""

    stores: Mapping[str, int]
    products: Mapping[str, int]
    customers: Mapping[str, int]

    def store(self, column: str = "store_id") -> pl.Expr:
        """Position of the store of a column, null for the unknown."""
        return _position(column, self.stores)

    def product(self, column: str = "product_id") -> pl.Expr:
        """Position of the product of a column, null for the unknown."""
        return _position(column, self.products)


def _position(column: str, known: Mapping[str, int]) -> pl.Expr:
    return pl.col(column).replace_strict(known, default=None, return_dtype=pl.Int64)


def publish_catalogs(folder: Path, dataset: Dataset) -> Places:
    """Writes the catalogs of stores, products and customers."""
    return Places(
        stores=write_catalog(folder, "stores", _things(dataset, "stores", "store_id", ("region", "format"))),
        products=write_catalog(
            folder, "products", _things(dataset, "products", "product_id", ("category", "subcategory", "brand"))
        ),
        customers=write_catalog(folder, "customers", _customers(dataset)),
    )


def _things(dataset: Dataset, table: str, key: str, details: tuple[str, ...]) -> pl.DataFrame:
    """`id`, `name`, `detail`, `weight` (units sold within a year) of everything that any table names."""
    since = dataset.last_day() - _YEAR
    weight = (
        dataset.daily_sales().filter(pl.col("date") > since).group_by(id=pl.col(key)).agg(weight=pl.col("units").sum())
    )
    others = [
        dataset.scan(name).select(id=pl.col(key)) for name in ("inventory", "assortment", "supply") if dataset.has(name)
    ]
    sold = dataset.daily_sales().select(id=pl.col(key))
    known = dataset.scan_or_empty(table).select(
        id=pl.col(key), name="name", detail=pl.concat_str(details, separator=" · ", ignore_nulls=True)
    )
    ids = pl.concat([known.select("id"), sold, *others]).unique()
    return ids.join(known, on="id", how="left").join(weight, on="id", how="left").collect(engine="streaming")


def _customers(dataset: Dataset) -> pl.DataFrame:
    """Customers by how much they bought; their detail is the home store."""
    lines = dataset.scan_or_empty("transactions").filter(pl.col("customer_id").is_not_null())
    bought = lines.group_by(id=pl.col("customer_id")).agg(weight=(pl.col("units") * pl.col("unit_price")).sum())
    stores = dataset.scan_or_empty("stores").select(home_store_id="store_id", store="name")
    known = (
        dataset.scan_or_empty("customers")
        .join(stores, on="home_store_id", how="left")
        .select(id=pl.col("customer_id"), detail=pl.coalesce("store", "home_store_id"))
    )
    both = known.join(bought, on="id", how="full", coalesce=True)
    return both.with_columns(name=pl.lit(None, dtype=pl.String)).collect(engine="streaming")


def publish_identities(folder: Path, dataset: Dataset, resolved: pl.DataFrame | None, places: Places) -> int:
    """Writes who is behind each identifier; an identifier of several people names nobody. Returns how many there are.

    Args:
        folder: the answers being written.
        dataset: whose `identities` are taken where nothing was resolved.
        resolved: `id_type`, `id_value`, `customer_id`, or None.
        places: positions of the customers.
    """
    if resolved is None:
        named = dataset.scan_or_empty("identities").filter(pl.col("customer_id").is_not_null())
        owners = named.group_by("id_type", "id_value").agg(pl.col("customer_id").unique())
        resolved = (
            owners.filter(pl.col("customer_id").list.len() == 1)
            .with_columns(pl.col("customer_id").list.first())
            .collect()
        )
    found = {
        (id_type, id_value): places.customers[customer]
        for id_type, id_value, customer in resolved.select("id_type", "id_value", "customer_id").iter_rows()
        if customer in places.customers
    }
    write_identities(folder, found)
    return len(found)
