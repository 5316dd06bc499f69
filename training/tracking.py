"""The only door to MLflow: runs, metrics, plots and the registry, one store per tenant under `mlruns/TENANT/`."""

import fcntl
import json
import logging
import math
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.tracking import MlflowClient
from mlflow.types import ColSpec, Schema

from retail_brain.errors import ModelError, NotFoundError
from retail_brain.files import scratch_folder
from retail_brain.settings import Workspace
from training.bundle import Kind
from training.jobs import Trained

_LOADER = Path(__file__).with_name("pyfunc_model.py")
_INPUTS = {"demand": ("store_id", "product_id"), "recommender": ("customer_id",)}


@dataclass(frozen=True)
class Registered:
    """A model version with what its run recorded.

    Attributes:
        version: number in the registry, from 1.
        config: what it takes to fit the model again.
        metrics: backtest metrics, means over the windows.
        windows: cutoffs of the backtest.
        primary: the metric that decides a promotion, and which way is better.
        data_versions: lake version of every table it was trained on.
        as_of: the last day the model saw.
    """

    version: int
    config: Mapping[str, Any]
    metrics: Mapping[str, float]
    windows: tuple[date, ...]
    primary: tuple[str, Literal["lower", "higher"]]
    data_versions: Mapping[str, int]
    as_of: date
    run_id: str


class Tracking:
    """A tenant's runs and registered models.

    Complexity: every call is a few look-ups in SQLite; artifacts are copied once.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._folder = workspace.mlruns
        self._folder.mkdir(parents=True, exist_ok=True)
        database = self._folder / "mlflow.db"
        with self._lock("setup"):
            if not database.exists():
                _create_database(database)
        _check_database(database)
        self._uri = f"sqlite:///{database}"
        self._client = MlflowClient(self._uri, self._uri)

    def log(
        self, kind: Kind, trained: Trained, data_versions: Mapping[str, int], as_of: date, params: Mapping[str, Any]
    ) -> int:
        """Records a training run with its parameters, data versions, metrics, plots, tables and model.

        A run that an earlier process left unfinished (killed, out of memory) is marked as killed first.

        Returns:
            The model's version in the registry.
        """
        with self._lock(kind):
            experiment = self._experiment(kind)
            self._close_orphans(experiment)
            with _activated(self._uri), mlflow.start_run(experiment_id=experiment, run_name=f"{kind} {as_of}") as run:
                flat = {f"config.{key}": value for key, value in _flatten(trained.config).items()}
                lake = {f"lake.{table}": version for table, version in data_versions.items()}
                mlflow.log_params({**params, **flat, **lake, "as_of": as_of.isoformat()})
                mlflow.log_metrics({key: value for key, value in trained.metrics.items() if not math.isnan(value)})
                mlflow.set_tags({"kind": kind, "primary_metric": trained.primary[0]})
                mlflow.log_dict(_record(trained, data_versions, as_of), "trained.json")
                for name, figure in trained.figures.items():
                    mlflow.log_figure(figure, f"plots/{name}.png")
                for name, table in trained.tables.items():
                    mlflow.log_text(table.write_csv(), f"tables/{name}.csv")
                return self._log_model(kind, trained, run.info.run_id)

    def newest(self, kind: Kind) -> int:
        """The newest version in the registry.

        Raises:
            NotFoundError: no model of that kind was trained.
        """
        found = self._client.search_model_versions(f"name = '{kind}'", max_results=1000)
        if not found:
            raise NotFoundError(f"no {kind} model was trained yet. Run `retail-brain train {kind}` first.")
        return max(int(item.version) for item in found)

    def champion(self, kind: Kind) -> int | None:
        """The version that carries the alias `champion`, or None."""
        try:
            return int(self._client.get_model_version_by_alias(kind, "champion").version)
        except MlflowException:
            return None

    def read(self, kind: Kind, version: int) -> Registered:
        """What is known of a version.

        Raises:
            NotFoundError: there is no such version.
        """
        try:
            run_id = self._client.get_model_version(kind, str(version)).run_id
        except MlflowException as error:
            raise NotFoundError(
                f"the registry has no {kind} version {version}. See `retail-brain models {kind}` for those there are."
            ) from error
        with scratch_folder("read") as folder:
            path = self._client.download_artifacts(run_id, "trained.json", str(folder))
            raw = json.loads(Path(path).read_text(encoding="utf-8"))
        return Registered(
            version=version,
            config=raw["config"],
            metrics=raw["metrics"],
            windows=tuple(date.fromisoformat(day) for day in raw["windows"]),
            primary=(raw["primary"][0], raw["primary"][1]),
            data_versions=raw["data_versions"],
            as_of=date.fromisoformat(raw["as_of"]),
            run_id=run_id,
        )

    def versions(self, kind: Kind) -> list[Registered]:
        """All versions, newest first."""
        found = self._client.search_model_versions(f"name = '{kind}'", max_results=1000)
        return [self.read(kind, number) for number in sorted((int(item.version) for item in found), reverse=True)]

    def fetch_model(self, kind: Kind, version: int, folder: Path) -> None:
        """Copies the model's own files into an existing folder."""
        with _activated(self._uri):
            local = Path(mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{kind}/{version}"))
        source = local / "artifacts" / "model"
        if not source.is_dir():
            raise ModelError(f"{kind} version {version} holds no model files at {source}. Train it again.")
        for path in sorted(source.rglob("*")):
            target = folder / path.relative_to(source)
            if path.is_dir():
                target.mkdir(exist_ok=True)
            else:
                target.write_bytes(path.read_bytes())

    def point_champion(self, kind: Kind, version: int, note: str) -> None:
        """Moves the alias `champion` to a version and notes why."""
        self._client.set_registered_model_alias(kind, "champion", str(version))
        self._client.set_model_version_tag(kind, str(version), "promoted_because", note)

    def _log_model(self, kind: Kind, trained: Trained, run_id: str) -> int:
        with scratch_folder("log") as scratch:
            folder = scratch / "model"
            folder.mkdir()
            trained.model.save(folder)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # MLflow asks for type hints and an example; the signature is given
                info = mlflow.pyfunc.log_model(
                    name="model",
                    python_model=str(_LOADER),
                    artifacts={"model": str(folder)},
                    signature=ModelSignature(inputs=Schema([ColSpec("string", name) for name in _INPUTS[kind]])),
                    pip_requirements=["retail-brain"],
                    model_config={"kind": kind},
                )
        if not self._client.search_registered_models(f"name = '{kind}'"):
            self._client.create_registered_model(kind)
        registered = self._client.create_model_version(kind, info.model_uri, run_id, await_creation_for=0)
        return int(registered.version)

    def _experiment(self, kind: Kind) -> str:
        found = self._client.get_experiment_by_name(kind)
        if found is not None:
            return str(found.experiment_id)
        return str(self._client.create_experiment(kind, artifact_location=str(self._folder / "artifacts" / kind)))

    def _close_orphans(self, experiment: str) -> None:
        for run in self._client.search_runs([experiment], "attributes.status = 'RUNNING'"):
            self._client.set_terminated(run.info.run_id, "KILLED")

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        with (self._folder / f".{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@contextmanager
def _activated(uri: str) -> Iterator[None]:
    before = (mlflow.get_tracking_uri(), mlflow.get_registry_uri())
    level = logging.getLogger("mlflow").level
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before[0])
        mlflow.set_registry_uri(before[1])
        logging.getLogger("mlflow").setLevel(level)


def _create_database(path: Path) -> None:
    """Makes the schema aside and renames it, so that a kill half way leaves no half-made database behind."""
    aside = path.with_suffix(".new")
    aside.unlink(missing_ok=True)
    with _activated(f"sqlite:///{aside}"):
        MlflowClient().search_experiments(max_results=1)
    aside.replace(path)


def _check_database(path: Path) -> None:
    """Stops at a file that SQLite did not write.

    Raises:
        ModelError: it is damaged.
    """
    with path.open("rb") as file:
        start = file.read(16)
    if start != b"SQLite format 3\0":
        raise ModelError(
            f"{path} is not an SQLite database: it begins with {start!r}. Restore it, or move it away: runs and "
            "versions are then lost, while the champions' bundles go on serving."
        )


def _flatten(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in value.items():
        if isinstance(item, Mapping):
            flat |= _flatten(item, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(item)[:500]
    return flat


def _record(trained: Trained, data_versions: Mapping[str, int], as_of: date) -> dict[str, Any]:
    return {
        "config": dict(trained.config),
        "metrics": dict(trained.metrics),
        "windows": [day.isoformat() for day in trained.windows],
        "primary": list(trained.primary),
        "data_versions": dict(data_versions),
        "as_of": as_of.isoformat(),
    }
