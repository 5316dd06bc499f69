"""A model other than the trees from training to HTTP: trained by name, promoted, published, served."""

import runpy
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from retail_brain.cli.app import app
from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.workspace import Workspace
from training.bundle import champion, champion_version, read_manifest

_CHAIN = runpy.run_path(str(Path(__file__).parents[1] / "features" / "demand_chain.py"))
TENANT = "smoothing"
ASKED = {"store_id": "S0", "product_ids": ["P00", "P01"], "horizon": 7}


def _run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), "--tenant", TENANT, "--quiet", *arguments])


@pytest.fixture(scope="module")
def smoothing(client: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The service with one more tenant, whose champion is exponential smoothing."""
    data, workspace = tmp_path_factory.mktemp("data"), Workspace(client.home, TENANT)
    for name, frame in _CHAIN["small_chain"](days=120, products=4).items():
        frame.write_parquet(data / f"{name}.parquet")
    workspace.root.mkdir(parents=True)
    settings = '[data]\ncountry = "CN"\n[demand]\nhorizon_periods = 14\nsample_paths = 30\nbacktest_windows = 1\n'
    workspace.settings_file.write_text(settings, encoding="utf-8")
    for verb in (
        ["ingest", str(data)],
        ["train", "demand", "--model", "exponential_smoothing"],
        ["promote", "demand"],
    ):
        result = _run(client.home, *verb)
        assert result.exit_code == 0, result.output
    database = Database(workspace.database_url)
    client.keys[TENANT, "admin"] = create_key(TENANT, database, role="admin", name="s", now=datetime.now(UTC))
    database.close()
    _wait_for_answers(client)
    return client


def _wait_for_answers(client: Any) -> None:
    """The service looks for new answers by itself, every `poll_seconds`."""
    last = time.monotonic() + 60
    while client.post("/forecast", ASKED, tenant=TENANT).status_code == 503 and time.monotonic() < last:
        time.sleep(0.05)


def test_its_bundle_names_the_model(smoothing: Any) -> None:
    workspace = Workspace(smoothing.home, TENANT)
    facts = read_manifest(champion(workspace, "demand")).facts
    assert facts["config"]["demand"]["model"] == "exponential_smoothing"


def test_its_forecasts_are_served(smoothing: Any) -> None:
    answer = smoothing.ask("/forecast", ASKED, tenant=TENANT)
    assert len(answer["forecasts"]) == 14
    assert answer["basis"] == "warm"
    columns = [name for name in answer["forecasts"][0] if name.startswith("forecast_")]
    assert len(columns) == 7
    assert all([row[name] for name in columns] == sorted(row[name] for name in columns) for row in answer["forecasts"])
    assert sum(row["forecast"] for row in answer["forecasts"]) > 0
    assert "drivers_note" not in answer


@pytest.mark.parametrize(("language", "words"), [("en", "names no drivers"), ("zh", "不给出影响因素")])
def test_drivers_that_it_lacks_are_said_to_be_missing(smoothing: Any, language: str, words: str) -> None:
    answer = smoothing.ask("/forecast", ASKED | {"explain": True}, tenant=TENANT, language=language)
    assert words in answer["drivers_note"]
    assert {row["drivers"] for row in answer["forecasts"]} == {None}


def test_what_if_is_refused_with_the_reason(smoothing: Any) -> None:
    asked = {"store_id": "S0", "product_id": "P00", "horizon": 7, "promotion": True}
    response = smoothing.post("/what_if", asked, tenant=TENANT)
    assert response.status_code == 422
    assert "exponential_smoothing" in response.json()["error"]["message"]
    assert "lightgbm" in response.json()["error"]["message"]


def test_a_model_of_another_kind_is_compared_on_the_same_windows(smoothing: Any) -> None:
    assert _run(smoothing.home, "train", "demand", "--model", "weekday_level").exit_code == 0
    result = _run(smoothing.home, "promote", "demand", "--no-publish")
    assert "champion 1's" in result.output
    assert "(1 windows, lower is better)" in result.output
    assert champion_version(Workspace(smoothing.home, TENANT), "demand") == (2 if result.exit_code == 0 else 1)


def test_a_model_that_there_is_not_is_a_wrong_usage_that_lists_those_there_are(smoothing: Any) -> None:
    result = _run(smoothing.home, "train", "demand", "--model", "crystal_ball")
    assert "exponential_smoothing, weekday_level" in str(result.exception)
    assert "recommender" in str(_run(smoothing.home, "train", "recommender", "--model", "x").exception)
