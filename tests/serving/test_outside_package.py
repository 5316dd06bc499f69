"""The package of docs/extending.md from data to HTTP: one of each extension, trained, promoted and served."""

import json
import re
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio.from_thread
import pytest

from retail_brain.api import open_tenant
from retail_brain.extensions import GROUPS, extension_names, forget
from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.sample_chain import write
from retail_brain.settings import Settings
from serving.http.app import Api
from serving.http.outside_routes import all_routes
from serving.http.runtime import Runtime
from serving.http.state import State
from serving.store.publishing.run import publish
from tests.outside_package import Install
from training.bundle import champion, read_manifest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")
SETTINGS = {
    "demand": {
        "model": "recent_median",
        "model_options": {"periods": 14},
        "horizon_periods": 14,
        "sample_paths": 30,
        "backtest_windows": 1,
    },
    "recommender": {"sources": ["own", "trending", "season"], "tuning_seconds": 0},
    "replenishment": {"policy": "two_cycles"},
}


def install_mychain(install: Install) -> None:
    code = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    declared = re.findall(r"^```toml\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)[0]
    kinds = {group: kind for kind, group in GROUPS.items()}
    groups = tomllib.loads(declared)["project"]["entry-points"]
    install("mychain", "\n".join(code), {kinds[group]: names for group, names in groups.items()})


def forget_mychain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package as if it were not installed where the service runs."""
    elsewhere = [place for place in sys.path if not (Path(place) / "mychain.py").exists()]
    monkeypatch.setattr(sys, "path", elsewhere)
    sys.modules.pop("mychain", None)
    forget()
    assert extension_names("features") == ()


def ask(api: Api, key: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    sent: list[Any] = []

    async def run() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"authorization", f"Bearer {key}".encode())]
        await api({"type": "http", "path": path, "method": "POST", "headers": headers}, receive, send)

    with anyio.from_thread.start_blocking_portal() as portal:
        portal.call(run)
    return sent[0]["status"], json.loads(sent[1]["body"])


def test_a_package_with_one_of_each_is_trained_promoted_and_served(
    tmp_path: Path, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_mychain(install)
    write(tmp_path / "data", seed=1, size="tiny")
    tenant = open_tenant(home=tmp_path / "home", settings=SETTINGS)
    tenant.ingest(tmp_path / "data")
    goods = tenant.features("goods")
    assert tenant.promote("demand", tenant.train("demand")).promoted
    assert tenant.promote("recommender", tenant.train("recommender")).promoted
    facts = read_manifest(champion(tenant.workspace, "demand")).facts
    assert facts["config"]["demand"]["model"] == "recent_median"
    publish(tenant.workspace, tenant.dataset, tenant.settings, tenant.progress)

    database = Database(tenant.workspace.database_url)
    upgrade(database)
    key = create_key("main", database, role="admin", name="n", now=datetime.now(UTC))
    database.close()
    state = State(tmp_path / "home", Settings())
    state.refresh()
    api = Api(Runtime(state=state), all_routes())
    product = goods.filter(goods["weekend_units"] > 0)["product_id"].min()  # the table has no order of its own
    store = tenant.table("inventory")["store_id"][0]
    status, forecast = ask(api, key, "/forecast", {"store_id": store, "product_ids": [product], "horizon": 7})
    assert status == 200, forecast
    assert len(forecast["forecasts"]) == 7
    status, orders = ask(api, key, "/replenish", {"store_id": store})
    assert status == 200, orders
    ordered = [row for row in orders["suggestions"] if row["order_quantity"] > 0]
    assert ordered
    customer = tenant.table("customers")["customer_id"][0]
    status, goods_for = ask(api, key, "/recommend", {"customer_id": customer, "k": 5})
    assert status == 200, goods_for
    assert len(goods_for["recommendations"]) == 5
    status, sign = ask(api, key, "/x/signs", {"product_id": product})
    assert status == 200, sign
    assert sign["text"]
    status, profile = ask(api, key, "/profile", {"product_id": product})
    assert status == 200, profile
    shown = {fact["key"]: (fact["label"], fact["unit"]) for fact in profile["profile"]["facts"]}
    assert shown["weekend_units"] == ("Sold at weekends", "units")
    forget_mychain(monkeypatch)
    assert ask(api, key, "/profile", {"product_id": product}) == (200, profile), "the service needs no such package"
    state.stop()
