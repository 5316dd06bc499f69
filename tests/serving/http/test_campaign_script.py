"""The script of the docs takes a campaign from excess stock to its measured effect, against the real routes."""

import importlib.util
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from retail_brain.ingest import ingest
from retail_brain.operational.keys import create_key
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace

SCRIPT = Path(__file__).resolve().parents[3] / "docs" / "scripts" / "campaign_by_api.py"
TENANT = {"tenant": "script", "role": "marketer"}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("campaign_by_api", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_campaign_by_api_from_start_to_measured_effect(
    client: Any, script: Any, synthetic: Any, database: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = Workspace(client.home, "script")
    synthetic.publish_synthetic(workspace, "first")
    key = create_key("script", database, role="marketer", name="Script", now=datetime.now(UTC))
    client.keys["script", "marketer"] = key
    client.wait_for("script")

    def ask(route: str, body: dict[str, Any]) -> Any:
        return client.ask(route, body, **TENANT)

    people = script.start(ask, "clearance")
    assert people
    told = {row["customer_id"]: row["product_id"] for row in people}
    receipts = {"transaction_id": [*told, "last"], "customer_id": [*told, "C00199"]}
    receipts |= {"product_id": [*told.values(), "P0009"], "store_id": ["S001"] * (len(told) + 1)}
    receipts |= {"sold_at": [datetime(2025, 3, 14, 9)] * len(told) + [datetime(2025, 5, 1, 9)]}
    frame = pl.DataFrame(receipts).with_columns(units=pl.lit(1.0), unit_price=pl.lit(5.0))
    frame.write_parquet(tmp_path / "transactions.parquet")
    ingest(str(tmp_path), str(workspace.lake), Settings(), SILENT)
    effect = script.measure(ask, "clearance")
    assert effect["contacts"] == len(told)
    assert 0 < effect["attributed"]["buyers"] <= len(told)
    said = capsys.readouterr().out
    assert f"clearance: {len(told)} to contact" in said
    assert "running, approved by Script" in said
    assert "clearance as of 2025-05-01" in said


def test_a_wrong_call_says_how_it_is_called(script: Any) -> None:
    with pytest.raises(SystemExit, match="measure ID"):
        script.main(["http://127.0.0.1:1", "key", "measure"])
