"""Resolves the MLflow tracking and registry URIs of a tenant: its own SQLite file, or the server of the environment."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from retail_brain.errors import UsageError
from retail_brain.workspace import Workspace
from training.bundle import Kind

DATABASE = "mlflow.db"
PREFIX_VARIABLE = "RETAIL_BRAIN_MLFLOW_PREFIX"


@dataclass(frozen=True)
class Location:
    """An MLflow store, and the names of a tenant's experiments and models in it.

    Attributes:
        tracking_uri: URI of the store of runs.
        registry_uri: URI of the model registry.
        database: the tenant's own SQLite file; None where the environment names another store.
        artifacts: folder for artifacts; None where an HTTP server decides.
        prefix: before the kind in names of experiments and registered models; empty in the tenant's own file.
    """

    tracking_uri: str
    registry_uri: str
    database: Path | None
    artifacts: Path | None
    prefix: str = ""

    def name(self, kind: Kind) -> str:
        """Name of the kind's experiment and of its registered model."""
        return f"{self.prefix}{kind}"


def find_location(workspace: Workspace) -> Location:
    """The tenant's own SQLite file, unless `MLFLOW_TRACKING_URI` names another store.

    In a store that several tenants may share, names carry the tenant: `retail-brain-TENANT-KIND`. Set
    `RETAIL_BRAIN_MLFLOW_PREFIX` where several homes with tenants of the same name share it. The own file of any tenant
    of this home, which notebooks set to look at runs, changes nothing.

    Raises:
        UsageError: the variable names a folder, which MLflow no longer writes to.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI", "").strip()
    artifacts = workspace.mlruns / "artifacts"
    if not uri or _is_own(uri, workspace):
        database = workspace.mlruns / DATABASE
        own = f"sqlite:///{database}"
        return Location(own, own, database, artifacts)
    scheme = urlsplit(uri).scheme
    if scheme in {"", "file"} and uri != "databricks":
        raise UsageError(
            f"MLFLOW_TRACKING_URI is {uri!r}, a folder; wanted the address of a server (http://HOST:PORT) or of a "
            "database. Unset it to use the tenant's own file."
        )
    registry = os.environ.get("MLFLOW_REGISTRY_URI", "").strip() or uri
    # the scheme is empty here for the bare word `databricks` only, which MLflow takes as a server too
    is_server = scheme in {"http", "https", "databricks", ""}
    prefix = f"{os.environ.get(PREFIX_VARIABLE) or 'retail-brain'}-{workspace.tenant}-"
    return Location(uri, registry, None, None if is_server else artifacts, prefix)


def _is_own(uri: str, workspace: Workspace) -> bool:
    if not uri.startswith("sqlite:///"):
        return False
    # resolved on both sides: a notebook may have reached the same home through a link
    path = Path(uri.removeprefix("sqlite:///")).resolve()
    return path.name == DATABASE and path.parent.parent == workspace.mlruns.parent.resolve()
