"""Small answers made by arithmetic, so that a test can say what each route must give.

Run as a script, it serves them for work on the page:

    python tests/serving/synthetic.py --home FOLDER [--port 3000]
"""

import argparse
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from features.demand.feature_matrix import FEATURES, Vocabulary
from features.demand.target_period import TARGET
from retail_brain.decisions.availability import Availability
from retail_brain.decisions.excess_stock import LEFTOVERS
from retail_brain.decisions.offer_rules import ATTRIBUTES, Goods
from retail_brain.decisions.phantom_stock import CYCLE_COUNTS
from retail_brain.decisions.transfers import TRANSFERS, StockValues
from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.outputs import SUGGESTIONS
from retail_brain.workspace import Workspace
from serving.planning.demand.value_added import COLUMNS
from serving.planning.stock.exceptions import EXCEPTIONS
from serving.planning.stock.line_outlook import ARRIVALS, OUTLOOK
from serving.planning.stock.performance import PERFORMANCE, STOCK_NOW, TREND
from serving.planning.stock.picking_capacity import SHOPS
from serving.store.answer_set import AnswersManifest, make_current, write_manifest
from serving.store.attributes import write_attributes
from serving.store.availability import write_availability
from serving.store.catalog import write_catalog
from serving.store.forecasts import ForecastBlock, write_calendar, write_forecasts
from serving.store.identities import write_identities
from serving.store.listing.names import LINE_PRODUCTS, LINE_STORES, LINE_SUPPLY
from serving.store.marginal_values import write_marginal_values
from serving.store.planned_promotions import write_planned_promotions
from serving.store.publishing.performance import CHANGES
from serving.store.publishing.promotion_days import PROMOTION_DAYS
from serving.store.ranked_goods import write_ranked
from serving.store.rows import write_rows
from serving.store.sales_history import write_history
from serving.store.scored_pairs import write_pairs
from serving.store.suggestions import write_suggestions
from serving.store.what_if_sheets import MODEL, PlacedSheet, SheetWriter
from training.demand.anomalies import ANOMALIES
from training.demand.calibration import Calibration
from training.demand.config import DemandConfig
from training.demand.dispersion import Dispersion
from training.demand.mean_model import MeanModel
from training.demand.model import DemandModel
from training.demand.what_if import Sheet

AS_OF = date(2025, 2, 28)
QUANTILES = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
GROUPS = ["level", "weekday", "price"]
HORIZON = 28
PARTS = ["forecasts", "suggestions", "what_if", "pairs", "similar", "complements"]
STORES = {"S001": "西湖店", "S002": "Grand-Place", "S003": "网店"}
PRODUCTS = {
    f"P{number:04d}": f"{name}{number}" for number in range(1, 61) for name in [["牛奶", "面包", "苹果"][number % 3]]
}
CUSTOMERS = [f"C{number:05d}" for number in range(1, 201)]
_MADE: dict[tuple[float, bool], dict[Path, bytes]] = {}
"""Factor, whether there are models -> files of such answers: they are computed once, and written for every test."""


def publish_synthetic(workspace: Workspace, answers_id: str, *, factor: float = 1.0, has_models: bool = True) -> Path:
    """Publishes answers whose forecast for store s and product p is `factor * (s + p)` units each day."""
    folder = workspace.answers / answers_id
    folder.mkdir(parents=True)
    if (files := _MADE.get((factor, has_models))) is None:
        _write(folder, factor, has_models=has_models)
        made = (path for path in folder.rglob("*") if path.is_file())
        _MADE[factor, has_models] = {path.relative_to(folder): path.read_bytes() for path in made}
    else:
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    write_manifest(folder, _manifest(answers_id, PARTS if has_models else []))
    make_current(workspace.answers, answers_id)
    return folder


def _write(folder: Path, factor: float, *, has_models: bool) -> None:
    stores = write_catalog(folder, "stores", _catalog(STORES, "region"))
    products = write_catalog(folder, "products", _catalog(PRODUCTS, "dairy · house brand"))
    customers = write_catalog(folder, "customers", _catalog(dict.fromkeys(CUSTOMERS, ""), "S001"))
    write_forecasts(folder, _forecasts(factor), stores, products, (HORIZON, len(QUANTILES), len(GROUPS)))
    write_calendar(folder, [AS_OF + timedelta(days=day) for day in range(1, HORIZON + 1)])
    _write_what_if(folder, len(products), factor)
    write_history(folder, _history(), len(products))
    write_suggestions(folder, _suggestions(factor), len(stores), len(products))
    write_pairs(
        folder, [_pairs()], customers, products, {"en": str, "zh": {"buys": "常买", "alike": "同好"}.__getitem__}
    )
    for name in ("similar", "complements"):
        write_ranked(folder, name, _related(), len(products))
    write_ranked(folder, "popular", _popular(), len(stores) + 1)
    write_availability(folder, Availability.of(_stock(), _places(), len(products), pickup_km=30))
    write_attributes(folder, _attributes(), np.arange(200) % 2 == 0, np.full(len(products), 0.01))
    write_planned_promotions(folder, _planned(), len(products))
    identities = {("card", f"620{number}"): number for number in range(len(CUSTOMERS))}
    write_identities(folder, identities)
    write_rows(folder, "person", pl.DataFrame({"stage": ["friend"] * 200, "visits": list(range(200))}))
    write_rows(folder, "facts_customers", pl.DataFrame({"customer_id": CUSTOMERS, "home_store_id": "S001"}))
    write_rows(folder, "facts_values", _values())
    _write_line_facts(folder)
    if has_models:
        _write_performance(folder)
        _write_outlook(folder)
        _write_promotion_days(folder)
    if has_models:
        write_rows(folder, "ledger", _ledger())
    if has_models:
        _write_network(folder, len(products))


def _write_line_facts(folder: Path) -> None:
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


def _write_outlook(folder: Path) -> None:
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


def _write_promotion_days(folder: Path) -> None:
    """A promotion of March in two shops, with a product of its own in the second, and one of a quarter in all."""
    march = (AS_OF + timedelta(days=1), AS_OF + timedelta(days=7))
    quarter = (AS_OF + timedelta(days=10), AS_OF + timedelta(days=100))
    rows = [("spring", "S001", *march, 2, ["P0001", "P0002"]), ("spring", "S002", *march, 2, ["P0002", "P0003"])]
    rows += [("all", None, *quarter, 1, ["P0004"])]  # type: ignore[list-item]
    names = ["promotion_id", "store_id", "begins_on", "ends_on", "products", "product_ids"]
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        mechanic=pl.lit("price"), display=pl.lit(value=True), mailer=pl.lit(value=False)
    )
    write_rows(folder, "promotion_days", frame.select(pl.col(name).cast(kind) for name, kind in PROMOTION_DAYS.items()))


def _write_performance(folder: Path) -> None:
    """The first shop sells 100 now and 80 a year ago, the second 50 and nothing; one exception is new, one is gone."""
    rows = [("S001", "now", 100.0, 20.0, 30.0, 80.0), ("S001", "before", 90.0, 18.0, 27.0, 72.0)]
    rows += [("S001", "last_year", 80.0, 16.0, 20.0, 80.0), ("S002", "now", 50.0, 10.0, 5.0, 50.0)]
    names = ("store_id", "window", "sales", "units", "margin", "costed_sales")
    sums = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        unpriced_units=0.0, goods_cost=pl.col("costed_sales") - pl.col("margin"), lost_units=5.0, lost_sales=25.0
    )
    write_rows(folder, "performance", sums.select(pl.col(name).cast(kind) for name, kind in PERFORMANCE.items()))
    stock = {"store_id": ["S001", "S002"], "stock_value": [100.0, 45.0], "stock_units": [50.0, 9.0]}
    write_rows(
        folder,
        "performance_stock",
        pl.DataFrame(stock | {"uncosted_units": [0.0, 2.0], "stock_value_last_year": [80.0, None]}, schema=STOCK_NOW),
    )
    weeks = [("S001", "now", 0, 30.0), ("S001", "last_year", 0, 20.0), ("S002", "now", 1, 10.0)]
    write_rows(folder, "performance_weeks", pl.DataFrame(weeks, schema=TREND, orient="row"))
    told = {"change": ["new", "gone"], "kind": ["stockout", "phantom"], "store_id": ["S001", "S002"]}
    told |= {"product_id": ["P0001", "P0002"], "other_store_id": [None, None], "money": [9.0, 4.0], "units": [2.0, 1.0]}
    told |= {"reason": ["why"] * 2, "reason_zh": ["原因"] * 2, "before": [AS_OF - timedelta(days=1)] * 2}
    write_rows(folder, "changes", pl.DataFrame(told, schema=CHANGES))


def _write_network(folder: Path, n_products: int) -> None:
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


def _catalog(names: dict[str, str], detail: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": list(names),
            "name": list(names.values()),
            "detail": detail,
            "weight": [-float(row) for row in range(len(names))],
        }
    )


def _forecasts(factor: float) -> list[ForecastBlock]:
    blocks = []
    for store, store_id in enumerate(list(STORES)[:2], start=1):
        level = factor * (store + np.arange(1, 51, dtype=np.float64))
        mean = np.repeat(level[:, None], HORIZON, axis=1)
        mean[:25, ::7] += 1
        spread = mean[:, :, None] * np.array([0.4, 0.5, 0.7, 1.0, 1.3, 1.6, 1.8])
        drivers = np.stack([mean - 1, np.full_like(mean, 0.75), np.full_like(mean, 0.25)], axis=2)[:25]
        ids = list(PRODUCTS)[:50]
        blocks.append(ForecastBlock(store_id, ids[:25], mean[:25], spread[:25], drivers))
        blocks.append(ForecastBlock(store_id, ids[25:], mean[25:], spread[25:]))
    return blocks


def _history() -> pl.DataFrame:
    days = 120
    grid = pl.DataFrame({"store": [0, 1]}).join(pl.DataFrame({"product": list(range(50))}), how="cross")
    ages = pl.DataFrame({"age": list(range(days))})
    return grid.join(ages, how="cross").select(
        "store",
        "product",
        date=pl.lit(AS_OF) - pl.duration(days="age"),
        units=((pl.col("product") + pl.col("age")) % 7).cast(pl.Float64),
        unit_price=pl.lit(9.9),
        promotion=pl.col("age") % 30 < 5,
        in_stock=pl.when(pl.col("age") % 40 == 0).then(0.5).otherwise(1.0),
    )


def _ledger() -> pl.DataFrame:
    said = {"mae_lag": 0.25, "bias_lag": 0.1, "score_lag": 0.35, "rows": 3}
    rows = [
        {"scope": "all", "touch": "engine"} | said,
        {"scope": "user", "user": "王芳", "touch": "override"} | said,
    ]
    return pl.DataFrame(rows, schema=COLUMNS)


def _write_what_if(folder: Path, n_products: int, factor: float) -> None:
    """A model without trees, to which price and promotion are nothing, for the first three products of S001."""
    config = DemandConfig()
    mean = MeanModel(config, Vocabulary((), (), (), ()), None)
    (folder / MODEL).mkdir()
    DemandModel(config, mean, Calibration(1.0, Dispersion.default())).save(folder / MODEL)
    rows, target = (np.zeros((HORIZON, size), np.float32) for size in (len(FEATURES), len(TARGET)))
    price = np.full(HORIZON, 10.0, np.float32)
    writer = SheetWriter(folder, n_products)
    for product in range(3):
        units = np.full(HORIZON, factor * (product + 1), np.float32)
        known = (10.0, 8.0, 10.0, 6.0) if product else (float("nan"),) * 4
        planned = rows.copy()
        planned[0, list(FEATURES).index("promotion")] = product == 2
        sheet = Sheet(planned, target, target, units, price if product else price * np.nan, *known)
        writer.add([PlacedSheet(0, product, sheet)])
    writer.close()
    # of the third product the elasticity is known, of the fourth only that of its category
    estimates = {"elasticity": [None, None, -2.0, None], "category_elasticity": [None, None, -1.5, -1.5]}
    estimates |= {"low": [None, None, -3.0, None], "high": [None, None, -1.0, None]}
    estimates |= {"display_lift": [1.0] * 4, "mailer_lift": [1.0] * 4}
    table = pl.DataFrame({"product_id": list(PRODUCTS)[:4], **estimates, "changed_days": [0, 0, 90, 0]})
    ids = pl.DataFrame({"product_id": list(PRODUCTS)})
    write_rows(folder, "elasticities", ids.join(table, on="product_id", how="left", maintain_order="left"))


def _suggestions(factor: float) -> pl.DataFrame:
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
            "source": pl.lit("supplier"),
            "reason": pl.lit("covers demand until the next arrival"),
            "reason_zh": pl.lit("满足到下次到货前的需求"),
            "reason_code": pl.lit("order"),
        }
    )


def _nothing(schema: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, list[None]]:
    """Nulls in the columns of two rows that are not given."""
    return {name: [None, None] for name in schema if name not in given}


def _pairs() -> pl.DataFrame:
    rows = [
        (customer, f"P{(number * 7 + place * 3) % 60 + 1:04d}", place)
        for number, customer in enumerate(CUSTOMERS[:150])
        for place in range(20)
    ]
    frame = pl.DataFrame(
        rows, schema={"customer_id": pl.String, "product_id": pl.String, "place": pl.Int64}, orient="row"
    )
    probability = 0.9 / (1 + pl.col("place"))
    return frame.select(
        "customer_id",
        "product_id",
        probability=probability,
        gap_days=pl.when(pl.col("place") % 2 == 0).then(14).otherwise(0).cast(pl.Int32),
        probability_7d=pl.when(pl.col("place") % 2 == 0).then(probability / 4),
        probability_14d=pl.when(pl.col("place") % 2 == 0).then(probability / 2),
        probability_28d=pl.when(pl.col("place") % 2 == 0).then(probability),
        kind=pl.when(pl.col("place") % 2 == 0).then(pl.lit("repeat")).otherwise(pl.lit("explore")),
        due_on=pl.when(pl.col("place") % 2 == 0).then(pl.lit(AS_OF + timedelta(days=5))),
        reason=pl.when(pl.col("place") % 2 == 0).then(pl.lit("buys")).otherwise(pl.lit("alike")),
    )


def _planned() -> pl.DataFrame:
    """P0002 in S001 on the forecast's second day; P0003 everywhere on the first."""
    day = AS_OF.toordinal()
    rows = [(0, 1, day + 2, day + 2), (len(STORES), 2, day + 1, day + 1)]
    return pl.DataFrame(rows, schema=["store", "product", "first_day", "last_day"], orient="row")


def _values() -> pl.DataFrame:
    return pl.DataFrame({"product": list(range(60)), "product_id": list(PRODUCTS), "value": 2.0})


def _related() -> pl.DataFrame:
    rows = [(owner, (owner + step) % 60, 1.0 / step) for owner in range(60) for step in range(1, 9)]
    return pl.DataFrame(rows, schema={"owner": pl.Int64, "product": pl.Int64, "score": pl.Float64}, orient="row")


def _popular() -> pl.DataFrame:
    rows = [(owner, product, 1.0 / (2 + product)) for owner in range(len(STORES) + 1) for product in range(30)]
    return pl.DataFrame(rows, schema={"owner": pl.Int64, "product": pl.Int64, "score": pl.Float64}, orient="row")


def _stock() -> pl.DataFrame:
    rows = [(store, product, 0.0 if product % 10 == 9 else 5.0) for store in (0, 1) for product in range(60)]
    return pl.DataFrame(rows, schema={"store": pl.Int64, "product": pl.Int64, "on_hand": pl.Float64}, orient="row")


def _places() -> pl.DataFrame:
    """S001 and S002 lie apart and ship nothing; S003, the web shop, has nothing."""
    return pl.DataFrame(
        {
            "is_online": [False, False, True],
            "daily_fulfilment_capacity": [None, None, 10.0],
            "latitude": [30.2, 50.8, None],
            "longitude": [120.1, 4.3, None],
            "region": ["杭州", "Bruxelles", None],
            "sells": [True] * 3,
        }
    )


def _attributes() -> Goods:
    """P0057 is for adults; products by tens are of one category, each of its own subcategory."""
    ids = list(PRODUCTS)
    columns: dict[str, list[str | None]] = dict.fromkeys(ATTRIBUTES, [None] * len(ids))
    columns |= {"category": [f"类{row // 10}" for row in range(len(ids))], "subcategory": ids}
    columns["adult"] = ["yes" if product == "P0057" else None for product in ids]
    return Goods.of(ids, columns)


def _manifest(answers_id: str, parts: list[str]) -> AnswersManifest:
    return AnswersManifest(
        answers_id=answers_id,
        as_of=AS_OF.isoformat(),
        published_at="2025-03-01T06:00:00+00:00",
        period="day",
        currency="¥",
        label_days=28,
        quantiles=QUANTILES,
        driver_groups=GROUPS,
        bundles={"demand": {"version": 1, "model": "lightgbm"}, "recommender": {"version": 1}},
        parts=parts,
        counts={"stores": 3, "products": 60, "customers": 200, "series": 100, "suggestions": 80, "pairs": 3000},
        calendar=[{"date": "2025-01-29", "name": "春节", "type": "festival"}],
    )


def main() -> None:
    """Serves synthetic answers and prints the page's address with a key."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    home = options.home.resolve()
    publish_synthetic(Workspace(home), f"synthetic-{datetime.now(UTC):%Y%m%d%H%M%S}")
    database = Database(Workspace(home).database_url)
    upgrade(database)
    key = create_key("main", database, role="admin", name="page work", now=datetime.now(UTC))
    sys.stdout.write(f"http://127.0.0.1:{options.port}/ui/#key={key}\n")
    sys.stdout.flush()
    from serving.http.launch import serve

    serve(home, host="127.0.0.1", port=options.port, workers=options.workers)


if __name__ == "__main__":
    main()
