"""Small answers made by arithmetic, so that a test can say what each route must give.

Run from the root of the repository, it serves them for work on the page:

    python -m tests.serving.synthetic --home FOLDER [--port 3000]
"""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from retail_brain.decisions.availability import Availability
from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from serving.store.answers_manifest import AnswersManifest, write_manifest
from serving.store.attributes import write_attributes
from serving.store.availability import write_availability
from serving.store.catalog import write_catalog
from serving.store.current_answers import make_current
from serving.store.forecasts import write_calendar, write_forecasts
from serving.store.identities import write_identities
from serving.store.planned_promotions import write_planned_promotions
from serving.store.ranked_goods import write_ranked
from serving.store.rows import write_rows
from serving.store.sales_history import write_history
from serving.store.scored_pairs import write_pairs
from serving.store.suggestions import write_suggestions
from tests.serving.synthetic_chain import (
    AS_OF,
    CUSTOMERS,
    GROUPS,
    HORIZON,
    PRODUCTS,
    QUANTILES,
    STORES,
    catalog,
    goods_attributes,
    goods_values,
    shop_places,
    stock_now,
)
from tests.serving.synthetic_demand import (
    forecasts,
    ledger,
    planned_promotions,
    sales_history,
    write_promotion_days,
    write_what_if,
)
from tests.serving.synthetic_people import popular_goods, related_goods, scored_pairs
from tests.serving.synthetic_stock import (
    suggestions,
    write_line_facts,
    write_network,
    write_outlook,
    write_performance,
    write_source_stock,
)

PARTS = ["forecasts", "suggestions", "what_if", "pairs", "similar", "complements"]
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
    write_manifest(folder, manifest(answers_id, PARTS if has_models else []))
    make_current(workspace.answers, answers_id)
    return folder


def _write(folder: Path, factor: float, *, has_models: bool) -> None:
    stores = write_catalog(folder, "stores", catalog(STORES, "region"))
    products = write_catalog(folder, "products", catalog(PRODUCTS, "dairy · house brand"))
    customers = write_catalog(folder, "customers", catalog(dict.fromkeys(CUSTOMERS, ""), "S001"))
    write_forecasts(folder, forecasts(factor), stores, products, (HORIZON, len(QUANTILES), len(GROUPS)))
    write_calendar(folder, [AS_OF + timedelta(days=day) for day in range(1, HORIZON + 1)])
    write_what_if(folder, len(products), factor)
    write_history(folder, sales_history(), len(products))
    write_suggestions(folder, suggestions(factor), len(stores), len(products))
    write_pairs(
        folder, [scored_pairs()], customers, products, {"en": str, "zh": {"buys": "常买", "alike": "同好"}.__getitem__}
    )
    for name in ("similar", "complements"):
        write_ranked(folder, name, related_goods(), len(products))
    write_ranked(folder, "popular", popular_goods(), len(stores) + 1)
    write_availability(folder, Availability.of(stock_now(), shop_places(), len(products), pickup_km=30))
    write_attributes(folder, goods_attributes(), np.arange(200) % 2 == 0, np.full(len(products), 0.01))
    write_planned_promotions(folder, planned_promotions(), len(products))
    identities = {("card", f"620{number}"): number for number in range(len(CUSTOMERS))}
    write_identities(folder, identities)
    write_rows(folder, "person", pl.DataFrame({"stage": ["friend"] * 200, "visits": list(range(200))}))
    write_rows(folder, "facts_customers", pl.DataFrame({"customer_id": CUSTOMERS, "home_store_id": "S001"}))
    write_rows(folder, "facts_values", goods_values())
    write_line_facts(folder)
    if has_models:
        write_performance(folder)
        write_outlook(folder)
        write_source_stock(folder, factor)
        write_promotion_days(folder)
        write_rows(folder, "ledger", ledger())
        write_network(folder, len(products))


def manifest(answers_id: str, parts: list[str]) -> AnswersManifest:
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
