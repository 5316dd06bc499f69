"""Stock of the synthetic answers: suggestions, their lines, transfers, counts, left-overs, performance."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from retail_brain.decisions.excess_stock import LEFTOVERS
from retail_brain.decisions.phantom_stock import CYCLE_COUNTS
from retail_brain.decisions.source_stock import SOURCE_STOCK
from retail_brain.decisions.transfers import TRANSFERS, StockValues
from retail_brain.outputs import SUGGESTIONS
from serving.planning.stock.exceptions import EXCEPTIONS
from serving.planning.stock.line_outlook import ARRIVALS, OUTLOOK
from serving.planning.stock.performance import PERFORMANCE, STOCK_NOW, TREND
from serving.planning.stock.picking_capacity import SHOPS
from serving.store.listing.names import LINE_PRODUCTS, LINE_STORES, LINE_SUPPLY
from serving.store.marginal_values import write_marginal_values
from serving.store.publishing.performance import CHANGES
from serving.store.rows import write_rows
from tests.serving.synthetic_chain import AS_OF, PRODUCTS, STORES
from training.demand.anomalies import ANOMALIES


def suggestions(factor: float) -> pl.DataFrame:
    rows = [(store, product) for store in (0, 1) for product in range(40)]
    frame = pl.DataFrame(rows, schema={"store": pl.Int64, "product": pl.Int64}, orient="row")
    numbers = {name: pl.lit(1.0) for name, kind in SUGGESTIONS.items() if kind == pl.Float64}
    frame = frame.with_columns(
        store_id=pl.col("store").replace_strict(dict(enumerate(STORES)), return_dtype=pl.String),
        product_id=pl.format("P{}", (pl.col("product") + 1).cast(pl.String).str.zfill(4)),
    )
    return frame.with_columns(
        **numbers
        | {
            "as_of": pl.lit(AS_OF),
            "order_quantity": factor * pl.col("product").cast(pl.Float64),
            "expected_value": 100.0 - pl.col("product"),
            "order_cost": 2.0 * factor * pl.col("product"),
            "counted_on_hand": pl.lit(1.0),
            "stock_age_days": pl.lit(0.0),
            "sold_since_count": pl.lit(0.0),
            "moved_units": pl.lit(0.0),
            "shops_hold": pl.lit(0.0),
            "case_pack": pl.when(pl.col("product_id") == "P0012").then(6.0).otherwise(1.0),
            "min_order_quantity": pl.when(pl.col("product_id") == "P0012").then(12.0).otherwise(0.0),
            "shelf_room": pl.when(pl.col("product_id") == "P0012").then(30.0).otherwise(float("nan")),
            "order_on": pl.lit(AS_OF + timedelta(days=1)),
            "arrives_on": pl.lit(AS_OF + timedelta(days=3)),
            # a warehouse supplies the last product to the shops of the second tenant
            "source": pl.when(pl.lit(factor > 1) & (pl.col("product") == 39))
            .then(pl.lit("transfer:D001"))
            .otherwise(pl.lit("supplier")),
            "reason": pl.lit("covers demand until the next arrival"),
            "reason_zh": pl.lit("满足到下次到货前的需求"),
            "reason_code": pl.lit("order"),
        }
    )


def write_line_facts(folder: Path) -> None:
    """Two regions; products by tens are of one category; V1 supplies the first shop, V2 the second. A unit costs 2."""
    regions = {"store_id": list(STORES), "region": ["杭州", "苏州", None]}
    write_rows(folder, "line_stores", pl.DataFrame(regions, schema=LINE_STORES))
    ids = list(PRODUCTS)
    goods = {"product_id": ids, "department": "food", "category": [f"类{row // 10}" for row in range(len(ids))]}
    write_rows(folder, "line_products", pl.DataFrame(goods, schema=LINE_PRODUCTS))
    # the supplier of the first shop sells for a million at least, and 60 units fill a truck
    shops = {"S001": ("V1", 2.0, 1e6, 60.0, "recorded"), "S002": ("V2", 2.0, None, None, "price")}
    supply = [(store, product, *terms) for store, terms in shops.items() for product in ids[:40]]
    write_rows(folder, "line_supply", pl.DataFrame(supply, schema=LINE_SUPPLY, orient="row"))
    # the supplier of the second shop has no name
    write_rows(folder, "supplier_names", pl.DataFrame({"supplier_id": ["V1"], "name": ["江澜商贸"]}))


def write_outlook(folder: Path) -> None:
    """One line of the first shop: 20 on hand, 12 arrive the day after tomorrow, 24 are ordered."""
    line = {"store_id": ["S001"], "product_id": ["P0001"]}
    numbers = {"order_quantity": 24.0, "on_hand": 20.0, "moved_in": 0.0, "moved_out": 3.0, "stock_before": 6.5}
    numbers |= {"least_mean": 9.0, "least_low": 1.0, "least_high": 19.0}
    days = {"arrives_on": AS_OF + timedelta(days=5), "next_arrives_on": AS_OF + timedelta(days=12)}
    lists = {
        "quantities": [0.0, 12.0, 12.0, 24.0],
        "chances": [0.2, 0.8, 0.8, 0.97],
        "lost_units": [9.0, 2.0, 2.0, 0.1],
    }
    lists |= {"stock_costs": [0.0, 1.0, 1.0, 3.0], "values": [0.0, 9.0, 9.0, 11.0]}
    table = pl.DataFrame(line).with_columns(**{name: pl.lit(value) for name, value in (numbers | days).items()})
    table = table.with_columns(**{name: pl.Series([values]) for name, values in lists.items()})
    write_rows(folder, "line_outlook", table.select(pl.col(name).cast(kind) for name, kind in OUTLOOK.items()))
    due = pl.DataFrame(line).with_columns(arrives_on=pl.lit(AS_OF + timedelta(days=2)), units=pl.lit(12.0))
    write_rows(folder, "line_arrivals", due.select(*ARRIVALS))


def write_source_stock(folder: Path, factor: float) -> None:
    """The warehouse has what both others are to get of the last product, and six more."""
    promised = 2 * factor * 39
    pool = {"source": "D001", "product_id": "P0040", "free": promised + 6, "promised": promised}
    write_rows(folder, "source_stock", pl.DataFrame([pool], schema=SOURCE_STOCK))


def write_performance(folder: Path) -> None:
    """The first shop sells 100 now and 80 a year ago, the second 50 and nothing; one exception is new, one is gone."""
    rows = [("S001", "now", 100.0, 20.0, 30.0, 80.0), ("S001", "before", 90.0, 18.0, 27.0, 72.0)]
    rows += [("S001", "last_year", 80.0, 16.0, 20.0, 80.0), ("S002", "now", 50.0, 10.0, 5.0, 50.0)]
    names = ("store_id", "window", "sales", "units", "margin", "costed_sales")
    sums = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        unpriced_units=0.0, goods_cost=pl.col("costed_sales") - pl.col("margin"), lost_units=5.0, lost_sales=25.0
    )
    write_rows(folder, "performance", sums.select(pl.col(name).cast(kind) for name, kind in PERFORMANCE.items()))
    stock = {"store_id": ["S001", "S002"], "stock_value": [100.0, 45.0], "stock_units": [50.0, 9.0]}
    stock |= {"uncosted_units": [0.0, 2.0], "stock_value_last_year": [80.0, None]}
    stock |= {"doubtful_stock_value": [0.0, 9.0], "doubtful_stock_lines": [0.0, 3.0]}
    write_rows(folder, "performance_stock", pl.DataFrame(stock, schema=STOCK_NOW))
    weeks = [("S001", "now", 0, 30.0), ("S001", "last_year", 0, 20.0), ("S002", "now", 1, 10.0)]
    write_rows(folder, "performance_weeks", pl.DataFrame(weeks, schema=TREND, orient="row"))
    told = {"change": ["new", "gone"], "kind": ["stockout", "phantom"], "store_id": ["S001", "S002"]}
    told |= {"product_id": ["P0001", "P0002"], "other_store_id": [None, None], "money": [9.0, 4.0], "units": [2.0, 1.0]}
    told |= {"reason": ["why"] * 2, "reason_zh": ["原因"] * 2, "before": [AS_OF - timedelta(days=1)] * 2}
    write_rows(folder, "changes", pl.DataFrame(told, schema=CHANGES))


def write_network(folder: Path, n_products: int) -> None:
    """One transfer, one count, two left-overs; the first ten products lie in both shops, worth more in the second."""
    series = {"product_id": ["P0001"], "reason": ["why"], "reason_zh": ["原因"]}
    move = {"from_store_id": ["S001"], "to_store_id": ["S002"], "units": [3.0], "expected_value": [12.5]}
    write_rows(folder, "transfers", pl.DataFrame(series | move, schema=TRANSFERS))
    count = {
        "store_id": ["S002"],
        "as_of": [AS_OF],
        "on_hand": [5.0],
        "days_without_sale": [9],
        "expected_units": [8.0],
    }
    count |= {"probability": [0.9], "expected_value": [20.0]}
    write_rows(folder, "counts", pl.DataFrame(series | count, schema=CYCLE_COUNTS))
    left = {"store_id": ["S001", "S002"], "product_id": ["P0002", "P0003"], "as_of": [AS_OF] * 2}
    left |= {
        "on_hand": [9.0, 5.0],
        "sell_by": [AS_OF + timedelta(days=20)] * 2,
        "left_over_units": [6.0, 2.0],
        "probability": [1.0, 0.5],
    }
    left |= {"value_at_risk": [60.0, 8.0], "reason_code": ["date", "season"], "reason": ["why"] * 2}
    left |= {"reason_zh": ["原因"] * 2, "action": ["markdown", "keep"], "markdown_value": [12.0, 0.0]}
    left |= {"price_path": ['[{"begins_on": "2025-03-02", "discount": 0.3, "price": 7.0}]', "[]"]}
    left |= {"markdown_units": [4.0, 0.0], "markdown_units_low": [1.0, 0.0], "markdown_units_high": [6.0, 0.0]}
    write_rows(folder, "leftovers", pl.DataFrame(left | _nothing(LEFTOVERS, left), schema=LEFTOVERS))
    odd = {"level": ["series", "chain"], "store_id": ["S001", None], "product_id": ["P0002", None]}
    odd |= {"department": ["food", None], "date": [AS_OF] * 2, "until": [AS_OF] * 2, "units": [30.0, 90.0]}
    odd |= {"expected": [3.0, 50.0], "low": [0.0, 30.0], "high": [9.0, 80.0], "units_beyond": [21.0, 10.0]}
    odd |= {"money": [210.0, None], "cause": ["promotion", "unknown"], "reason": ["why"] * 2}
    write_rows(folder, "anomalies", pl.DataFrame(odd | {"reason_zh": ["原因"] * 2}, schema=ANOMALIES))
    lines = {"kind": ["leftover", "phantom", "transfer", "stockout"], "money": [60.0, 20.0, 12.5, 5.0]}
    lines |= {"store_id": ["S001", "S002", "S001", "S002"], "product_id": ["P0002", "P0001", "P0001", "P0039"]}
    lines |= {"other_store_id": [None, None, "S002", None], "units": [6.0, 5.0, 3.0, 2.0]}
    write_rows(
        folder, "attention", pl.DataFrame(lines | {"reason": ["why"] * 4, "reason_zh": ["原因"] * 4}, schema=EXCEPTIONS)
    )
    shops = {"store_id": list(STORES), "region": ["杭州", "苏州", "线上"], "is_online": [False, False, True]}
    shops |= {"capacity": [50.0, 40.0, None], "expected_orders": [10.0, 38.5, 0.0], "units_per_order": [3.0] * 3}
    write_rows(folder, "shops", pl.DataFrame(shops, schema=SHOPS))
    stores, products = np.repeat([0, 1], 10), np.tile(np.arange(10), 2)
    need = np.repeat([[-4.0], [4.0]], 10, axis=0) * np.ones((20, 2))
    ones = np.ones(20)
    giving = StockValues(need, 2 * ones, 0.5 * ones, 5 * ones, np.repeat([0.0, 1.0], 10))
    write_marginal_values(folder, stores, products, giving, n_products)


def _nothing(schema: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, list[None]]:
    """Nulls in the columns of two rows that are not given."""
    return {name: [None, None] for name in schema if name not in given}
