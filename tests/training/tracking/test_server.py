"""A real MLflow server on 127.0.0.1, shared by two tenants."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import mlflow
import polars as pl
import pytest
from mlflow.tracking import MlflowClient

from retail_brain.dataset import Dataset
from retail_brain.lake import write_table
from retail_brain.lake.difference import ROW
from retail_brain.lake.snapshot import table_snapshots
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from training.bundle import champion
from training.jobs import Trained
from training.promotion import promote
from training.tracking import Tracking

START_SECONDS = 120


class Constant:
    def __init__(self, value: float) -> None:
        self.value = value

    def save(self, folder: Path) -> None:
        (folder / "value.json").write_text(json.dumps(self.value), encoding="utf-8")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Address of a server that lives for one test."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{tmp_path / 'server.db'}"]
    command += ["--artifacts-destination", str(tmp_path / "artifacts")]
    settings = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **settings}, stdout=log, stderr=log, cwd=tmp_path, start_new_session=True
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/health", process, tmp_path / "server.log")
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the server did not start: {log.read_text(encoding='utf-8')[-2000:]}")


def trained(loss: float) -> Trained:
    config = {f"parameter_{number}": number for number in range(120)}  # more than a server takes at once
    days = [date(2026, 1, 1), date(2026, 1, 8)]
    steps = {day: {"pinball": loss + number} for number, day in enumerate(days)}
    return Trained(
        Constant(loss), config, {"pinball": loss}, days, ("pinball", "lower"), window_metrics=steps, learning={"l2": 1}
    )


def test_two_tenants_train_compare_promote_and_load_on_one_server(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    home, day = tmp_path / "home", date(2026, 1, 31)
    north, south = Workspace(home, "north"), Workspace(home, "south")
    stores = pl.LazyFrame({"store_id": ["A"], "name": ["a"]}).with_row_index(ROW)
    versions = {"stores": write_table(str(north.lake), "stores", stores).version}
    tables = table_snapshots(str(north.lake), versions)
    client = MlflowClient(server, server)

    assert Tracking(north).log("demand", trained(2.0), versions, day, {}, tables) == 1
    assert Tracking(south).log("demand", trained(3.0), {}, day, {}) == 1
    assert promote(north, "demand", Settings(), lambda _: Dataset({}, {})).promoted
    assert json.loads((champion(north, "demand") / "value.json").read_text(encoding="utf-8")) == 2.0
    assert Tracking(south).champion("demand") is None

    experiment = client.get_experiment_by_name("retail-brain-north-demand").experiment_id
    other_machine = client.create_run(experiment).info.run_id
    assert Tracking(north).log("demand", trained(2.5), versions, day, {}, tables) == 2
    assert client.get_run(other_machine).info.status == "RUNNING"
    refused = promote(north, "demand", Settings(), lambda _: Dataset({}, {}))
    assert not refused.promoted
    assert [item.version for item in Tracking(north).versions("demand")] == [2, 1]

    run = client.get_run(Tracking(north).read("demand", 1).run_id)
    assert run.data.params["config.parameter_119"] == "119"
    assert run.data.params["l2"] == "1"
    assert run.data.tags["retail_brain.version"]
    assert [item.step for item in client.get_metric_history(run.info.run_id, "window/pinball")] == [0, 1]
    (logged,) = run.inputs.dataset_inputs
    assert logged.dataset.name == "stores"
    assert json.loads(logged.dataset.source) == {"path": "var/north/lake/stores", "delta_table_version": 0}
    assert json.loads(logged.dataset.profile)["num_rows"] == 1

    assert mlflow.get_tracking_uri() == server
    (loaded := tmp_path / "loaded").mkdir()
    model = mlflow.pyfunc.load_model("models:/retail-brain-north-demand@champion", dst_path=str(loaded))
    assert model.metadata.signature.params is not None
    assert not (north.mlruns / "mlflow.db").exists()
