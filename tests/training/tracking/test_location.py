from pathlib import Path

import pytest

from retail_brain.errors import ModelError, UsageError
from retail_brain.workspace import Workspace
from training.tracking import Tracking
from training.tracking.location import find_location


def test_without_the_variable_a_tenant_has_its_own_file(tmp_path: Path) -> None:
    location = find_location(Workspace(tmp_path, "north"))
    assert location.tracking_uri == f"sqlite:///{tmp_path}/mlruns/north/mlflow.db"
    assert location.name("demand") == "demand"


def test_tenants_of_a_server_have_names_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracker:5000")
    one, other = (find_location(Workspace(tmp_path, tenant)) for tenant in ("north", "south"))
    assert (one.name("demand"), other.name("demand")) == ("retail-brain-north-demand", "retail-brain-south-demand")
    assert (one.registry_uri, one.artifacts, one.database) == ("http://tracker:5000", None, None)
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "http://registry:5000")
    monkeypatch.setenv("RETAIL_BRAIN_MLFLOW_PREFIX", "staging")
    location = find_location(Workspace(tmp_path, "north"))
    assert (location.name("demand"), location.registry_uri) == ("staging-north-demand", "http://registry:5000")


def test_file_of_a_tenant_of_this_home_counts_as_unset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlruns/north/mlflow.db")
    assert find_location(Workspace(tmp_path, "south")).database == tmp_path / "mlruns" / "south" / "mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/shared.db")
    shared = find_location(Workspace(tmp_path, "south"))
    assert (shared.database, shared.artifacts) == (None, tmp_path / "mlruns" / "south" / "artifacts")


@pytest.mark.parametrize("folder", ["mlruns", "file:///data/mlruns"])
def test_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", folder)
    with pytest.raises(UsageError, match="wanted the address of a server"):
        find_location(Workspace(tmp_path))


def test_server_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(ModelError, match=r"http://127\.0\.0\.1:9 does not answer"):
        Tracking(Workspace(tmp_path))
