"""Resolves the MLflow tracking and registry URIs of a tenant: its own SQLite file, or the server of the environment."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from retail_brain.addresses import address_parts
from retail_brain.errors import ModelError, UsageError
from retail_brain.workspace import Workspace
from training.bundle import Kind

_DATABASE = "mlflow.db"
_PREFIX_VARIABLE = "RETAIL_BRAIN_MLFLOW_PREFIX"
_URI_VARIABLES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")


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

    @contextmanager
    def activated(self) -> Iterator[None]:
        """Points MLflow's global state at a store, and back afterwards.

        Another tenant of this process, or the notebook that called us, has a store of its own. MLflow sets environment
        variables as well, which child processes would inherit.
        """
        before = {name: os.environ.get(name) for name in _URI_VARIABLES}
        logger = logging.getLogger("mlflow")
        level = logger.level
        logger.setLevel(logging.ERROR)
        mlflow.set_tracking_uri(self.tracking_uri)
        mlflow.set_registry_uri(self.registry_uri)
        try:
            yield
        finally:
            mlflow.set_tracking_uri(None)
            mlflow.set_registry_uri(None)
            os.environ.update({name: value for name, value in before.items() if value is not None})
            for name in (name for name, value in before.items() if value is None):
                os.environ.pop(name, None)
            logger.setLevel(level)

    def check_server(self) -> None:
        """Asks the server for one experiment: a training run must not find out after hours that it does not answer.

        Raises:
            ModelError: it does not answer.
        """
        # MLflow's default of 7 retries with doubling pauses takes minutes
        name = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
        before = os.environ.get(name)
        os.environ.setdefault(name, "2")
        try:
            MlflowClient(self.tracking_uri, self.registry_uri).search_experiments(max_results=1)
        except MlflowException as error:
            raise ModelError(
                f"the MLflow store {self.tracking_uri} does not answer: {str(error).splitlines()[0]}. Start it, "
                "correct MLFLOW_TRACKING_URI, or unset it to use the tenant's own file."
            ) from error
        finally:
            if before is None:
                os.environ.pop(name, None)


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
        database = workspace.mlruns / _DATABASE
        own_uri = f"sqlite:///{database}"
        return Location(own_uri, own_uri, database, artifacts)
    scheme = address_parts(uri).scheme
    if scheme in {"", "file"} and uri != "databricks":
        raise UsageError(
            f"MLFLOW_TRACKING_URI is {uri!r}, a folder; wanted the address of a server (http://HOST:PORT) or of a "
            "database. Unset it to use the tenant's own file."
        )
    registry = os.environ.get("MLFLOW_REGISTRY_URI", "").strip() or uri
    # the scheme is empty here for the bare word `databricks` only, which MLflow takes as a server too
    is_server = scheme in {"http", "https", "databricks", ""}
    prefix = f"{os.environ.get(_PREFIX_VARIABLE) or 'retail-brain'}-{workspace.tenant}-"
    return Location(uri, registry, None, None if is_server else artifacts, prefix)


def _is_own(uri: str, workspace: Workspace) -> bool:
    if not uri.startswith("sqlite:///"):
        return False
    # resolved on both sides: a notebook may have reached the same home through a link
    path = Path(uri.removeprefix("sqlite:///")).resolve()
    return path.name == _DATABASE and path.parent.parent == workspace.mlruns.parent.resolve()
