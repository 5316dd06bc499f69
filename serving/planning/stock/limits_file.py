"""Reads a file of capacity limits and matches each limit to the series that use it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from retail_brain.currency import UNNAMED, Currency
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Bools, Floats, Ints, floats
from retail_brain.decisions.joint_limits import CapacityLimit, SharedOrders
from retail_brain.errors import DataError
from retail_brain.outputs import SERIES

UNITS = ("money", "units", "packs", "stock")
"""Units of a limit, beside the number attributes of products, such as litres or kilograms."""

PRICES = {
    "limit": pl.String,
    "unit": pl.String,
    "capacity": pl.Float64,
    "used": pl.Float64,
    "lines": pl.Int64,
    "worth_of_one_more": pl.Float64,
    "reason": pl.String,
    "reason_zh": pl.String,
}


def with_budget(limits: pl.DataFrame, budget: float | None) -> pl.DataFrame:
    """The limits with one more on the money of all orders, if a budget is named."""
    if budget is None:
        return limits
    row = pl.DataFrame({"limit": ["budget"], "unit": ["money"], "capacity": [str(budget)]})
    return pl.concat([row, limits.with_columns(pl.all().cast(pl.String))], how="diagonal")


def read_limits(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows of a limits file, checked: `limit`, `unit`, `capacity` and what they are restricted to.

    Args:
        table: `limit` (its name), `unit` (money, units, packs, stock, or a number column of `products`), `capacity`
            (may be empty for `stock`), and any of `store_id`, `supplier_id`, `source_store_id`, or a column of
            `products` and `stores`: the limit counts lines where all that is filled in agrees.

    Raises:
        DataError: a column is missing, a name stands there twice, or a capacity is not a number of 0 or more.
    """
    missing = [name for name in ("limit", "unit", "capacity") if name not in table.columns]
    if missing:
        raise DataError(f"the limits lack the columns {missing}; got {table.columns}. Add them.")
    rows = []
    for number, row in enumerate(table.iter_rows(named=True), start=1):
        filled = {name: str(value).strip() for name, value in row.items() if value is not None and str(value).strip()}
        unit = filled.get("unit", "")
        capacity = _capacity(filled.get("capacity"), unit)
        if "limit" not in filled or not unit or capacity is None:
            raise DataError(
                f"row {number} of the limits cannot be used: {row}; wanted a name, a unit ({', '.join(UNITS)} or a "
                "number column of products) and a capacity of 0 or more. Correct it."
            )
        only = {name: value for name, value in filled.items() if name not in {"limit", "unit", "capacity"}}
        rows.append({"limit": filled["limit"], "unit": unit, "capacity": capacity, "only": only})
    names = [str(row["limit"]) for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"the limits {twice} stand in the file more than once. Give each its own name.")
    return rows


def _capacity(text: str | None, unit: str) -> float | None:
    """The number; infinite where `stock` leaves it to the inventory; None where it cannot be used."""
    if text is None:
        return math.inf if unit == "stock" else None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def line_facts(dataset: Dataset, series: pl.DataFrame) -> pl.DataFrame:
    """One row per series in its order: the columns of `supply`, `products` and `stores` that limits may name."""
    keys = list(SERIES)
    supply = dataset.scan_or_empty("supply").unique(keys, keep="last").select(*keys, "supplier_id", "source_store_id")
    products = dataset.scan_or_empty("products").unique("product_id", keep="last")
    stores = dataset.scan_or_empty("stores").unique("store_id", keep="last")
    return (
        series.lazy()
        .select(keys)
        .join(supply, on=keys, how="left", maintain_order="left")
        .join(products, on="product_id", how="left", maintain_order="left")
        .join(stores, on="store_id", how="left", maintain_order="left", suffix="_of_store")
        .collect()
    )


def capacity_limits(
    rows: list[dict[str, Any]], facts: pl.DataFrame, per_unit: Mapping[str, Floats], stock: pl.DataFrame
) -> list[tuple[CapacityLimit, str]]:
    """The capacity limits by series, each with its unit.

    `stock` becomes one limit per product of each source store.

    Args:
        rows: of `read_limits`.
        facts: of `line_facts`.
        per_unit: `money` and `packs` of one unit of each series.
        stock: newest stock, for the limits that count it.

    Raises:
        DataError: a limit is restricted by, or counts in, a column that is not there.
    """
    limits: list[tuple[CapacityLimit, str]] = []
    for row in rows:
        members = np.flatnonzero(_matching(row, facts)).astype(np.int64)
        if row["unit"] == "stock":
            limits += [(limit, "stock") for limit in _stock_limits(row, facts, members, stock)]
        else:
            amounts = _per_unit(row, facts, per_unit)[members]
            limits.append((CapacityLimit(row["limit"], row["capacity"], members, amounts), row["unit"]))
    return limits


def _matching(row: dict[str, Any], facts: pl.DataFrame) -> Bools:
    unknown = [name for name in row["only"] if name not in facts.columns]
    if unknown:
        raise DataError(
            f"limit {row['limit']!r} is restricted by {unknown}, which no table has; wanted some of {facts.columns}. "
            "Rename or remove them."
        )
    agrees = np.ones(facts.height, dtype=np.bool_)
    for name, value in row["only"].items():
        agrees &= (facts[name].cast(pl.String) == value).fill_null(value=False).to_numpy()
    if row["unit"] == "stock":
        agrees &= facts["source_store_id"].is_not_null().to_numpy()
    return agrees


def _per_unit(row: dict[str, Any], facts: pl.DataFrame, per_unit: Mapping[str, Floats]) -> Floats:
    unit = row["unit"]
    if unit in per_unit:
        return per_unit[unit]
    if unit == "units":
        return np.ones(facts.height)
    if unit not in facts.columns or not (facts.schema[unit].is_numeric() or facts.schema[unit] == pl.String):
        raise DataError(
            f"limit {row['limit']!r} counts {unit!r}; wanted {', '.join(UNITS)} or a number column of products. "
            "Correct it."
        )
    return np.maximum(floats(facts[unit].cast(pl.Float64, strict=False), 0), 0)


def _stock_limits(row: dict[str, Any], facts: pl.DataFrame, members: Ints, stock: pl.DataFrame) -> list[CapacityLimit]:
    """One limit per source store x product: what the source has, or the capacity where the file names one."""
    named = facts[members].select("source_store_id", "product_id").with_columns(positions=pl.Series(members))
    source_stock = stock.select(source_store_id="store_id", product_id="product_id", on_hand="on_hand")
    goods = named.group_by("source_store_id", "product_id", maintain_order=True).agg("positions")
    goods_stock = goods.join(source_stock, on=["source_store_id", "product_id"], how="left", maintain_order="left")
    limits = []
    for source, product, positions, on_hand in goods_stock.iter_rows():
        amount = max(on_hand or 0.0, 0.0) if math.isinf(row["capacity"]) else row["capacity"]
        limits.append(
            CapacityLimit(f"{row['limit']} {source} {product}", amount, np.array(positions), np.ones(len(positions)))
        )
    return limits


def price_rows(
    scarce: Sequence[tuple[CapacityLimit, str]], shared: SharedOrders, currency: Currency = UNNAMED
) -> pl.DataFrame:
    """One row per limit, dearest first: columns PRICES.

    Args:
        scarce: the limits, each with its unit.
        shared: the allocation under them.
        currency: how the reasons write money.
    """
    rows = [
        {
            "limit": limit.name,
            "unit": unit,
            "capacity": limit.capacity,
            "used": float(shared.used[number]),
            "lines": int((shared.units[limit.series] > 0).sum()),
            "worth_of_one_more": float(shared.prices[number]),
            "reason": _reason(float(shared.prices[number]), unit, currency),
            "reason_zh": _reason_zh(float(shared.prices[number]), unit, currency),
        }
        for number, (limit, unit) in enumerate(scarce)
    ]
    dearest = pl.col("worth_of_one_more") * pl.col("used")
    return pl.DataFrame(rows, schema=PRICES).sort(dearest, descending=True, maintain_order=True)


def _reason(price: float, unit: str, currency: Currency) -> str:
    if price <= 0:
        return "It limits nothing: more of it would earn nothing."
    step = 1000 if unit == "money" else 10
    more = f"{currency.text(step)} more" if unit == "money" else f"{step:,} more {'units' if unit == 'stock' else unit}"
    return f"{more} is worth about {currency.text(price * step)}."


def _reason_zh(price: float, unit: str, currency: Currency) -> str:
    if price <= 0:
        return "未构成限制：再多也不会增加收益。"
    step = 1000 if unit == "money" else 10
    more = f"{step:,}{ {'units': '件', 'packs': '箱', 'stock': '件'}.get(unit, unit) }"
    return f"每增加{currency.text(step) if unit == 'money' else more}约可多赚{currency.text(price * step)}。"
