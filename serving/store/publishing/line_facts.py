"""Publishes what lists are grouped by: category of a product, region of a store, supplier and unit cost of a line."""

from pathlib import Path

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.supply_terms import complete_terms
from retail_brain.outputs import SERIES
from retail_brain.settings import ReplenishmentSettings
from serving.store.listing.names import (
    COORDINATES,
    GUIDE_NAMES,
    LINE_PRODUCTS,
    LINE_STORES,
    LINE_SUPPLY,
    SUPPLIER_NAMES,
)
from serving.store.rows import write_rows


def publish_line_facts(folder: Path, dataset: Dataset) -> None:
    """Writes category and department of each product, region and coordinates of each store, as described, and names.

    Names are those of suppliers and guides; who has none is left out, and is called by the id.
    """
    stores = LINE_STORES | COORDINATES
    for name, table, schema in (("line_products", "products", LINE_PRODUCTS), ("line_stores", "stores", stores)):
        columns = (pl.col(column).cast(kind) for column, kind in schema.items())
        write_rows(folder, name, dataset.scan_or_empty(table).select(columns).unique(next(iter(schema))).collect())
    for name, table, schema in (
        ("supplier_names", "suppliers", SUPPLIER_NAMES),
        ("guide_names", "guides", GUIDE_NAMES),
    ):
        columns = (pl.col(column).cast(kind) for column, kind in schema.items())
        named = dataset.scan_or_empty(table).select(columns).filter(pl.col("name").str.strip_chars() != "")
        write_rows(folder, name, named.unique(next(iter(schema)), keep="last").collect())


def publish_line_supply(
    folder: Path, dataset: Dataset, terms: pl.DataFrame, suggestions: pl.DataFrame, settings: ReplenishmentSettings
) -> None:
    """Writes supplier, its terms and the cost of a unit of each suggestion; the cost is that which the plan counts in.

    Args:
        folder: the answers being written.
        dataset: whose `supply` names the suppliers.
        terms: supply terms of `decisions.inputs.read_terms`.
        suggestions: the plan's orders.
        settings: what a unit costs where nobody says.
    """
    keys = list(SERIES)
    series = suggestions.select(keys)
    terms_of = ("supplier_id", "min_order_value", "units_per_truck")
    columns = (pl.col(name).cast(LINE_SUPPLY[name]) for name in terms_of)
    named = dataset.scan_or_empty("supply").select(*keys, *columns)
    suppliers = named.unique(keys, keep="last").collect()
    complete = complete_terms(terms, series, settings)
    basis = complete.cost_basis
    cost = pl.select(pl.when(basis.is_not_null()).then(pl.Series(complete.cost_guess))).to_series()
    lines = series.join(suppliers, on=keys, how="left", maintain_order="left")
    write_rows(folder, "line_supply", lines.with_columns(unit_cost=cost, cost_basis=basis).select(*LINE_SUPPLY))
