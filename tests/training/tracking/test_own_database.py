import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import mlflow
import pytest

from retail_brain.dataset import Dataset
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from training.bundle import champion
from training.jobs import Trained
from training.promotion import promote
from training.tracking import Tracking
from training.tracking.own_database import moved_from, relocate

PLACES = [
    "SELECT artifact_location FROM experiments",
    "SELECT artifact_uri FROM runs",
    "SELECT artifact_location FROM logged_models",
    "SELECT storage_location FROM model_versions",
]


class Constant:
    def save(self, folder: Path) -> None:
        (folder / "value.json").write_text("2.0", encoding="utf-8")


def log(workspace: Workspace) -> int:
    trained = Trained(Constant(), {}, {"pinball": 2.0}, [date(2026, 1, 1)], ("pinball", "lower"))
    return Tracking(workspace).log("demand", trained, {}, date(2026, 1, 31), {})


def locations(workspace: Workspace) -> set[str]:
    with closing(sqlite3.connect(workspace.mlruns / "mlflow.db")) as connection:
        return {row[0] for query in PLACES for row in connection.execute(query)}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database whose tables are made once for all tests of this file."""
    workspace = Workspace(tmp_path_factory.mktemp("empty"))
    Tracking(workspace)
    return workspace.mlruns / "mlflow.db"


@pytest.fixture
def first(tmp_path: Path, empty: Path) -> Workspace:
    """A home with one registered model."""
    workspace = Workspace(tmp_path / "first")
    workspace.mlruns.mkdir(parents=True)
    shutil.copy(empty, workspace.mlruns / "mlflow.db")
    log(workspace)
    return workspace


@pytest.fixture
def no_store() -> Iterator[None]:
    yield
    mlflow.set_tracking_uri(None)
    mlflow.set_registry_uri(None)


def test_moved_home_promotes_lists_logs_and_loads_with_mlflow(first: Workspace, tmp_path: Path, no_store: None) -> None:
    moved = Workspace(tmp_path / "新 place" / "home")
    moved.home.parent.mkdir()
    first.home.rename(moved.home)
    assert promote(moved, "demand", Settings(), lambda _: Dataset({}, {})).promoted
    assert json.loads((champion(moved, "demand") / "value.json").read_text(encoding="utf-8")) == 2.0
    assert log(moved) == 2
    assert [item.version for item in Tracking(moved).versions("demand")] == [2, 1]
    assert all(place.startswith(f"{moved.mlruns}/") for place in locations(moved))
    assert not first.home.exists()
    mlflow.set_tracking_uri(f"sqlite:///{moved.mlruns / 'mlflow.db'}")
    model = mlflow.pyfunc.load_model("models:/demand@champion")
    assert {spec.name for spec in model.metadata.signature.params.params} >= {"lake", "horizon", "quantiles", "as_of"}


def test_copy_writes_to_itself_and_leaves_the_original_alone(first: Workspace, tmp_path: Path) -> None:
    copy = Workspace(tmp_path / "copy")
    shutil.copytree(first.home, copy.home)
    before = locations(first)
    files = sorted(first.home.rglob("*"))
    assert log(copy) == 2
    assert locations(first) == before
    assert sorted(first.home.rglob("*")) == files


def test_same_home_through_a_link_is_not_rewritten(first: Workspace, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(first.home)
    before = locations(first)
    assert moved_from(Workspace(link).mlruns / "mlflow.db") == []
    Tracking(Workspace(link))
    assert locations(first) == before


def test_only_locations_of_the_old_folder_change(first: Workspace, tmp_path: Path) -> None:
    elsewhere = f"{first.mlruns}-backup/artifacts/demand/x"
    with closing(sqlite3.connect(first.mlruns / "mlflow.db")) as connection, connection:
        connection.execute("INSERT INTO experiments (name, artifact_location) VALUES ('mine', ?)", (elsewhere,))
    moved = Workspace(tmp_path / "moved")
    first.home.rename(moved.home)
    assert relocate(moved.mlruns / "mlflow.db") == 4  # experiment, run, logged model, version
    assert moved_from(moved.mlruns / "mlflow.db") == []
    assert elsewhere in locations(moved)
