"""Cross-checks staged rows against the lake: ids that refer to no row, and receipts that come again with other lines.

Both are counted and reported, never refused: forecasts and recommendations work without the missing rows.
"""

from collections.abc import Mapping

import polars as pl

from retail_brain.ingest.staging import Staged
from retail_brain.lake import scan_if_there
from retail_brain.tables import TABLES

_LINE = ("sold_at", "store_id", "product_id", "units", "unit_price")


def unknown_ids(name: str, staged: Mapping[str, Staged], uri: str, options: Mapping[str, str]) -> dict[str, int]:
    """Column -> rows of the staged table whose id is in neither the dataset nor the lake.

    Columns that refer to a table that exists nowhere are left out.

    Args:
        name: the table.
        staged: all tables of the dataset.
        uri: the lake.
        options: credentials of the object store.
    """
    counts = {}
    for column, other in TABLES[name].references.items():
        ids = _ids(other, column, staged, uri, options)
        if ids is None:
            continue
        unknown = staged[name].rows.select(column).drop_nulls().join(ids, on=column, how="anti")
        rows = unknown.select(pl.len()).collect(engine="streaming").item()
        if rows:
            counts[column] = rows
    return counts


def _ids(
    other: str, column: str, staged: Mapping[str, Staged], uri: str, options: Mapping[str, str]
) -> pl.LazyFrame | None:
    """Ids of a table in the dataset and the lake, under the name of the referring column; None without the table."""
    key = TABLES[other].schema.primary_key()[0]
    frames = [staged[other].rows] if other in staged else []
    stored = scan_if_there(uri, other, options)
    frames += [stored] if stored is not None else []
    if not frames:
        return None
    return pl.concat([frame.select(pl.col(key).alias(column)) for frame in frames]).unique()


def receipt_clashes(name: str, rows: pl.LazyFrame, uri: str, options: Mapping[str, str]) -> int:
    """Number of incoming receipt lines that the lake lacks although it has their receipt; 0 for other tables.

    Such a receipt probably comes from a corrected export, which a log would count twice.

    Args:
        name: the table.
        rows: incoming rows, before they are written.
        uri: the lake.
        options: credentials of the object store.
    """
    stored = scan_if_there(uri, name, options) if name == "transactions" else None
    if stored is None:
        return 0
    first, last = (
        rows.select(pl.col("sold_at").min().alias("first"), pl.col("sold_at").max().alias("last")).collect().row(0)
    )
    nearby = stored.filter(pl.col("sold_at").is_between(first, last))
    receipts = nearby.select("transaction_id", "store_id").unique()
    lines = nearby.select("transaction_id", *_LINE).unique()
    clashing = rows.join(receipts, on=["transaction_id", "store_id"], how="semi").join(
        lines, on=["transaction_id", *_LINE], how="anti"
    )
    clashes: int = clashing.select(pl.len()).collect(engine="streaming").item()
    return clashes
