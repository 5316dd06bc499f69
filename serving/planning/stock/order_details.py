"""What the receiver of an order needs beside the quantity: supplier or source, days, packs, costs and names."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from retail_brain.currency import Currency
from retail_brain.dataset import Dataset
from retail_brain.decisions.purchase_orders import whole_orders

PURCHASE: Final = "purchase"
TRANSFER: Final = "transfer"
_DETAILS: Final = (
    *("kind", "supplier_id", "source_store_id", "store_name", "product_name", "order_on", "arrives_on"),
    *("case_pack", "packs", "unit_cost", "line_cost", "currency"),
    *("purchase_order_cost", "min_order_value", "below_minimum", "trucks"),
    *("supplier_name", "source_store_name"),
)
"""Columns that are added to the lines of an export, new ones at the end: a receiver may count columns."""
SUGGESTED: Final = {
    "store_id": pl.String,
    "product_id": pl.String,
    "as_of": pl.Date,
    "source": pl.String,
    "order_on": pl.Date,
    "arrives_on": pl.Date,
}
"""What published suggestions tell of an order."""
_SERIES = ["store_id", "product_id"]
_TRANSFER = "transfer:"
_PRODUCT = {
    "product_id": ("product_id", pl.String()),
    "product_name": ("name", pl.String()),
    "list_cost": ("unit_cost", pl.Float64()),
}
_STORE = {"store_id": ("store_id", pl.String()), "store_name": ("name", pl.String())}
_SOURCE = {"source_store_id": ("store_id", pl.String()), "source_store_name": ("name", pl.String())}
_SUPPLIER = {"supplier_id": ("supplier_id", pl.String()), "supplier_name": ("name", pl.String())}
"""Our column -> theirs and its type."""


def with_details(
    lines: pl.DataFrame, dataset: Dataset | None, suggested: pl.DataFrame | None, currency: str
) -> pl.DataFrame:
    """The lines of an export with `_DETAILS`, purchases before transfers, by supplier, shop and product.

    Args:
        lines: `store_id`, `product_id`, `as_of`, `order_quantity` and further columns.
        dataset: supply terms, names and costs; None where there is no lake.
        suggested: published suggestions with the columns of `SUGGESTED`; those of another day say nothing.
        currency: sign of money.
    """
    supply = _supply(dataset)
    days = pl.DataFrame(schema=SUGGESTED) if suggested is None else suggested
    known = (
        lines.join(supply, on=_SERIES, how="left", maintain_order="left")
        .join(days, on=[*_SERIES, "as_of"], how="left", maintain_order="left")
        .join(_master(dataset, "products", _PRODUCT), on="product_id", how="left", maintain_order="left")
        .join(_master(dataset, "stores", _STORE), on="store_id", how="left", maintain_order="left")
    )
    source = pl.col("source")
    moved = pl.when(source.str.starts_with(_TRANSFER)).then(source.str.strip_prefix(_TRANSFER))
    # without the suggestion the terms of supply say it: a source shop and no supplier
    from_terms = pl.when(source.is_null() & pl.col("supplier_id").is_null()).then("supply_source")
    pack, ordered = pl.col("case_pack").fill_null(1.0), pl.col("order_quantity") > 0
    return (
        known.with_columns(source_store_id=pl.coalesce(moved, from_terms), currency=pl.lit(currency))
        .with_columns(unit_cost=pl.coalesce("unit_cost", "list_cost"))
        .with_columns(
            kind=pl.when(pl.col("source_store_id").is_null()).then(pl.lit(PURCHASE)).otherwise(pl.lit(TRANSFER)),
            packs=(pl.col("order_quantity") / pack).round(4),
            # what nothing is ordered of costs nothing, also where the cost of a unit is not known
            line_cost=pl.when(ordered).then((pl.col("order_quantity") * pl.col("unit_cost")).round(4)).otherwise(0.0),
        )
        .with_columns(supplier_id=pl.when(pl.col("kind") == PURCHASE).then("supplier_id"))
        .join(_master(dataset, "suppliers", _SUPPLIER), on="supplier_id", how="left", maintain_order="left")
        .join(_master(dataset, "stores", _SOURCE), on="source_store_id", how="left", maintain_order="left")
        .with_columns(_purchase_orders())
        .with_columns(below_minimum=pl.when(ordered).then(pl.col("purchase_order_cost") < pl.col("min_order_value")))
        .select(*lines.columns, *_DETAILS)
        .sort("kind", "supplier_id", "source_store_id", "store_id", "product_id", nulls_last=True, maintain_order=True)
    )


def _purchase_orders() -> list[pl.Expr]:
    """What the purchase order of a line (supplier and day) comes to in this export: money, least money, truck loads.

    Null for transfers. A quantity of 0 takes an order back and is no part.
    """
    is_bought = pl.col("supplier_id").is_not_null()
    whole = whole_orders(["supplier_id", "order_on"], "order_quantity", "line_cost", is_bought)
    return [
        whole["cost"].round(4).alias("purchase_order_cost"),
        whole["minimum"].alias("min_order_value"),
        whole["trucks"].round(4).alias("trucks"),
    ]


def short_orders(lines: pl.DataFrame) -> list[str]:
    """A sentence per purchase order that is below its supplier's minimum."""
    short = lines.filter(pl.col("below_minimum")).unique(["supplier_id", "order_on"], maintain_order=True)
    return [
        f"the purchase order of {_called(row)} on {row['order_on'] or 'an unknown day'} comes to {total}, below "
        f"the supplier's minimum of {least}."
        for row in short.iter_rows(named=True)
        for total, least in [
            map(Currency.of(row["currency"] or "").exact, (row["purchase_order_cost"], row["min_order_value"]))
        ]
    ]


def _called(row: Mapping[str, Any]) -> str:
    """What a supplier is called: the name with the id that the order carries, or the id alone."""
    name, supplier = row["supplier_name"], row["supplier_id"]
    return str(supplier) if name in {None, supplier} else f"{name} ({supplier})"


def _supply(dataset: Dataset | None) -> pl.DataFrame:
    """Terms of supply: one row per shop and product."""
    texts = dict.fromkeys(("supplier_id", "source_store_id"), pl.String)
    numbers = dict.fromkeys(("case_pack", "unit_cost", "min_order_value", "units_per_truck"), pl.Float64)
    wanted: dict[str, type[pl.DataType]] = {**texts, **numbers}
    terms = pl.LazyFrame(schema={**dict.fromkeys(_SERIES, pl.String), **wanted})
    if dataset is not None:
        terms = dataset.scan_or_empty("supply")
    columns = (pl.col(name).cast(kind) for name, kind in wanted.items())
    return terms.select(*_SERIES, *columns).rename({"source_store_id": "supply_source"}).unique(_SERIES).collect()


def _master(dataset: Dataset | None, table: str, columns: Mapping[str, tuple[str, pl.DataType]]) -> pl.DataFrame:
    """Columns of a table of names under other names; empty without a lake."""
    if dataset is None:
        return pl.DataFrame(schema={ours: kind for ours, (_, kind) in columns.items()})
    rows = dataset.scan_or_empty(table)
    picked = rows.select(pl.col(theirs).cast(kind).alias(ours) for ours, (theirs, kind) in columns.items())
    return picked.unique(next(iter(columns))).collect()
