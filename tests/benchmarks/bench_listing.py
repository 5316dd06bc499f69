"""Measures lists over all stores: 100,000 order lines asked through the service, in this process.

Run as `python tests/benchmarks/bench_listing.py [--stores 250] [--products 400]`.
"""

import argparse
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from retail_brain.decisions.availability import Availability
from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from serving.store.answers_manifest import AnswersManifest, write_manifest
from serving.store.availability import write_availability
from serving.store.catalog import write_catalog
from serving.store.current_answers import make_current
from serving.store.identities import write_identities
from serving.store.listing.names import LINE_PRODUCTS, LINE_STORES, LINE_SUPPLY
from serving.store.planned_promotions import write_planned_promotions
from serving.store.ranked_goods import write_ranked
from serving.store.rows import write_rows
from serving.store.sales_history import write_history
from serving.store.suggestions import write_suggestions

AS_OF = date(2026, 2, 28)
REPEATS = 9


def suggestions(n_stores: int, n_products: int, seed: int = 0) -> pl.DataFrame:
    """Order suggestions of every product in every store, about a sixth of them exceptions."""
    random, size = np.random.default_rng(seed), n_stores * n_products
    demand = random.gamma(2.0, 10.0, size).round(1)
    quantity = np.where(random.random(size) < 0.6, np.ceil(demand / 6) * 6, 0.0)
    return pl.DataFrame(
        {
            "store": np.repeat(np.arange(n_stores), n_products),
            "product": np.tile(np.arange(n_products), n_stores),
            "order_quantity": quantity,
            "on_hand": np.where(random.random(size) < 0.05, np.nan, random.poisson(8, size)),
            "on_order": 0.0,
            "demand_until_next_arrival": demand,
            "order_up_to": demand + 8,
            "safety_stock": 8.0,
            "expected_lost_sales": np.where(random.random(size) < 0.1, demand / 4, 0.1),
            "expected_value": demand * 0.8,
            "order_cost": quantity * 3.2,
            "case_pack": 6.0,
            "min_order_quantity": 0.0,
            "shelf_room": None,
            "counted_on_hand": None,
            "stock_age_days": None,
            "sold_since_count": None,
            "moved_units": 0.0,
            "shops_hold": 0.0,
        }
    ).with_columns(
        pl.col("on_hand").fill_nan(None),
        pl.col("shelf_room", "counted_on_hand", "stock_age_days", "sold_since_count").cast(pl.Float64),
        store_id=pl.format("S{}", pl.col("store").cast(pl.String).str.zfill(4)),
        product_id=pl.format("P{}", pl.col("product").cast(pl.String).str.zfill(5)),
        as_of=pl.lit(AS_OF),
        order_on=pl.lit(AS_OF + timedelta(days=1)),
        arrives_on=pl.lit(AS_OF + timedelta(days=3)),
        source=pl.when(pl.col("product") % 7 == 0).then(pl.lit("transfer:S0000")).otherwise(pl.lit("supplier")),
        reason=pl.format("{} are expected to be wanted; ordered in packs of 6.", "demand_until_next_arrival"),
        reason_zh=pl.format("预计共需{}件，按每箱6件订货。", "demand_until_next_arrival"),
        reason_code=pl.lit("order"),
    )


def publish(workspace: Workspace, n_stores: int, n_products: int) -> None:
    """Publishes answers that hold order suggestions and nothing else."""
    folder = workspace.answers / "listed"
    folder.mkdir(parents=True)
    rows = suggestions(n_stores, n_products)
    for kind, column, word in (("stores", "store_id", "分店"), ("products", "product_id", "商品 article")):
        ids = rows[column].unique().sort()
        names = pl.DataFrame({"id": ids, "name": f"{word} " + ids, "detail": "", "weight": 1.0})
        write_catalog(folder, kind, names)
    write_catalog(folder, "customers", pl.DataFrame({"id": ["C"], "name": "", "detail": "", "weight": 1.0}))
    write_suggestions(folder, rows, n_stores, n_products)
    kinds = {"store": pl.Int64, "product": pl.Int64, "date": pl.Date, "units": pl.Float64, "unit_price": pl.Float64}
    none = pl.DataFrame(schema=kinds | {"promotion": pl.Boolean, "in_stock": pl.Float64})
    write_history(folder, none, n_products)
    ranked = pl.DataFrame(schema={"owner": pl.Int64, "product": pl.Int64, "score": pl.Float64})
    write_ranked(folder, "popular", ranked, n_stores + 1)
    days = dict.fromkeys(("store", "product", "first_day", "last_day"), pl.Int64)
    write_planned_promotions(folder, pl.DataFrame(schema=days), n_products)
    write_availability(folder, _availability(n_stores, n_products))
    write_identities(folder, {})
    stores, products = rows["store_id"].unique().sort(), rows["product_id"].unique().sort()
    regions = pl.DataFrame({"store_id": stores, "region": [f"R{row % 8}" for row in range(n_stores)]})
    write_rows(folder, "line_stores", regions.cast(LINE_STORES))
    goods = {"product_id": products, "department": [f"D{row % 6}" for row in range(n_products)]}
    categories = [f"C{row % 40:02d}" for row in range(n_products)]
    write_rows(folder, "line_products", pl.DataFrame(goods | {"category": categories}).cast(LINE_PRODUCTS))
    supplier = pl.format("V{}", pl.col("product") % 60)
    write_rows(
        folder,
        "line_supply",
        rows.select(
            "store_id",
            "product_id",
            supplier_id=supplier,
            unit_cost=3.2,
            min_order_value=900.0,
            units_per_truck=800.0,
            cost_basis=pl.lit("recorded"),
        ).cast(LINE_SUPPLY),
    )
    manifest = AnswersManifest(
        answers_id="listed", as_of=AS_OF.isoformat(), published_at="2026-03-01T01:00:00+00:00", period="day",
        currency="¥", label_days=28, quantiles=[0.5], driver_groups=[], bundles={}, parts=["suggestions"], counts={},
    )  # fmt: skip
    write_manifest(folder, manifest)
    make_current(workspace.answers, "listed")


def _availability(n_stores: int, n_products: int) -> Availability:
    stock = pl.DataFrame(schema={"store": pl.Int64, "product": pl.Int64, "on_hand": pl.Float64})
    places = pl.DataFrame(
        {
            "is_online": [False] * n_stores,
            "daily_fulfilment_capacity": pl.Series([None] * n_stores, dtype=pl.Float64),
            "latitude": pl.Series([None] * n_stores, dtype=pl.Float64),
            "longitude": pl.Series([None] * n_stores, dtype=pl.Float64),
            "region": pl.Series([None] * n_stores, dtype=pl.String),
            "sells": [True] * n_stores,
        }
    )
    return Availability.of(stock, places, n_products, pickup_km=30)


QUESTIONS: dict[str, dict[str, Any]] = {
    "open: first 200 lines, totals, groups by store": {"show": "todo", "group_by": "store_id"},
    "filter: exceptions of a region": {"show": "exceptions", "where": [{"column": "region", "any_of": ["R3"]}]},
    "filter: a supplier, lost sales of 2 or more": {
        "where": [{"column": "supplier_id", "any_of": ["V5"]}, {"column": "expected_lost_sales", "at_least": 2}]
    },
    "search: part of a name": {"search": "article P0012"},
    "sort: by cost, the last page": {"sort": [{"column": "cost", "descending": True}], "offset": 99_000},
    "sort: by product name": {"sort": [{"column": "product_name"}]},
    "group: by category, by cost": {
        "group_by": "category", "sort": [{"column": "cost", "descending": True}], "limit": 0,
    },
}  # fmt: skip


def main() -> None:
    """Prints milliseconds per question: the first time, and the median and largest of later ones, never kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stores", type=int, default=250)
    parser.add_argument("--products", type=int, default=400)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ["RETAIL_BRAIN_HOME"] = folder
        workspace = Workspace(home)
        publish(workspace, options.stores, options.products)
        database = Database(workspace.database_url)
        upgrade(database)
        key = create_key("main", database, role="merchandiser", name="bench", now=datetime.now(UTC))
        database.close()
        print(f"{options.stores * options.products:,} lines")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _ask_all(key)


def _ask_all(key: str) -> None:
    from starlette.testclient import TestClient

    from serving.service import service

    with TestClient(service.to_asgi()) as http:

        def ask(body: dict[str, Any]) -> tuple[float, dict[str, Any]]:
            begun = time.perf_counter()
            response = http.post("/listing", headers={"authorization": f"Bearer {key}"}, json=body)
            seconds = time.perf_counter() - begun
            assert response.status_code == 200, response.text
            return seconds, response.json()

        _report(ask)
        _decide(lambda path, body: http.post(path, headers={"authorization": f"Bearer {key}"}, json=body))


def _decide(post: Callable[[str, dict[str, Any]], Any]) -> None:
    """Approves 20,000 lines of a view in one request, opens the list again, decides on one line, takes all back."""
    where = [{"column": "region", "any_of": ["R0", "R1"]}]
    asked: dict[str, Any] = {"table": "suggestions", "where": where, "show": "orders", "limit": 200}

    def timed(what: str, path: str, body: dict[str, Any]) -> Any:
        begun = time.perf_counter()
        response = post(path, body)
        assert response.status_code == 200, response.text
        print(f"{what:<50} {1000 * (time.perf_counter() - begun):6.0f} ms")
        return response.json()

    totals = timed("open", "/listing", asked)["totals"]
    view = {"where": where, "show": "orders", "seen_lines": totals["lines"], "seen_units": totals["quantity"]}
    body = {"batch_id": "benchbatch", "as_of": AS_OF.isoformat(), "action": "approve", "view": view}
    timed(f"check: approve {totals['lines']:,} lines", "/bulk_decisions", body | {"check": True})
    timed(
        "check: 10 % more of them, whole packs",
        "/bulk_decisions",
        body | {"check": True, "action": "change", "percent": 10},
    )
    timed("approve them", "/bulk_decisions", body)
    timed("open again", "/listing", asked | {"limit": 201})
    line = {"store_id": "S0002", "product_id": "P00001", "as_of": AS_OF.isoformat(), "action": "approve"}
    timed("one decision after it", "/decisions", {"decisions": [line]})
    timed("open again", "/listing", asked | {"limit": 202})
    timed("CSV of all lines", "/listing_file", {"table": "suggestions", "format": "csv"})
    some = {"table": "suggestions", "format": "xlsx", "where": where}
    timed("XLSX of two regions, 25,000 lines or so", "/listing_file", some)
    timed("take them back", "/bulk_decisions", {"withdraw_batch": "benchbatch"})


def _report(ask: Callable[[dict[str, Any]], tuple[float, dict[str, Any]]]) -> None:
    for what, asked in QUESTIONS.items():
        first, answer = ask({"table": "suggestions"} | asked)
        # another limit each time: an answer that is kept would measure nothing
        later = [
            ask({"table": "suggestions", **asked, "limit": asked.get("limit", 200) + n})[0] for n in range(1, REPEATS)
        ]
        median, most = 1000 * float(np.median(later)), 1000 * max(later)
        print(f"{what:<50} {answer['total']:>8,} lines")
        print(f"    first {1000 * first:6.0f} ms, then {median:5.0f}, at most {most:5.0f}")


if __name__ == "__main__":
    main()
