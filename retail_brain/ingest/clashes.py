"""Receipts that come again with other lines: probably a corrected export, which a log would count twice."""

from collections.abc import Mapping

import polars as pl

from retail_brain.lake import scan_if_there

_LINE = ("sold_at", "store_id", "product_id", "units", "unit_price")


def receipt_clashes(name: str, rows: pl.LazyFrame, uri: str, options: Mapping[str, str]) -> int:
    """How many incoming receipt lines the lake lacks although it holds their receipt. Zero for other tables.

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
    held = stored.filter(pl.col("sold_at").is_between(first, last))
    receipts = held.select("transaction_id", "store_id").unique()
    lines = held.select("transaction_id", *_LINE).unique()
    clashing = rows.join(receipts, on=["transaction_id", "store_id"], how="semi").join(
        lines, on=["transaction_id", *_LINE], how="anti"
    )
    found: int = clashing.select(pl.len()).collect(engine="streaming").item()
    return found
