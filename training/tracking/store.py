"""Stores training runs in MLflow and reads the model registry of a tenant."""

import hashlib
import json
import math
import shutil
import socket
import warnings
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import mlflow
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from retail_brain.errors import ModelError, NotFoundError
from retail_brain.files import scratch_folder
from retail_brain.lake.snapshot import TableSnapshot
from retail_brain.locks import file_lock
from retail_brain.workspace import Workspace
from training.bundle import Kind
from training.jobs import Trained, deciding
from training.tracking.location import find_location
from training.tracking.own_database import open_database
from training.tracking.packaging import requirements, signature, write_code
from training.tracking.run_facts import code_tags, dataset_inputs

_LOADER = Path(__file__).parent.with_name("pyfunc_model.py")
_WRITER = "retail_brain.writer"
_ATTEMPT = "retail_brain.attempt"
_REASON = "promoted_because"
_MISSING = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"})
"""Error codes of MLflow for an unknown model, version or alias."""


@dataclass(frozen=True)
class ModelVersion:
    """A version in the model registry with the facts that its run recorded.

    Attributes:
        version: number in the registry, from 1.
        config: everything needed to fit the model again (JSON values).
        metrics: backtest metrics, means over the windows.
        windows: cutoffs of the backtest.
        primary: the metric that decides a promotion, and which direction is better.
        data_versions: lake version of every table that it was trained on.
        as_of: the last day that the model saw.
        trained_at: when it was registered, at the end of its training (UTC).
        run_id: MLflow's id of the run.
    """

    version: int
    config: Mapping[str, Any]
    metrics: Mapping[str, float]
    windows: tuple[date, ...]
    primary: tuple[str, Literal["lower", "higher"]]
    data_versions: Mapping[str, int]
    as_of: date
    trained_at: datetime
    run_id: str

    @property
    def deciding(self) -> float | None:
        """What the deciding metric was; None where the history was too short for a window to test it on."""
        return deciding(self.metrics, self.primary[0])


class Tracking:
    """Runs and registered models of a tenant, in its own SQLite file or on the server that the environment names.

    Opening rewrites the file's artifact locations where the home was moved. Every call is a few look-ups in the store;
    artifacts are copied once.

    Raises:
        UsageError: `MLFLOW_TRACKING_URI` cannot be used.
        ModelError: the file is damaged, or the server does not answer.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._folder = workspace.mlruns
        self._folder.mkdir(parents=True, exist_ok=True)
        self._location = find_location(workspace)
        if self._location.database is not None:
            open_database(self._location.database, self._lock)
        self._client = MlflowClient(self._location.tracking_uri, self._location.registry_uri)
        if self._location.database is None:
            self._location.check_server()

    def log(
        self,
        kind: Kind,
        trained: Trained,
        data_versions: Mapping[str, int],
        as_of: date,
        params: Mapping[str, Any],
        tables: Sequence[TableSnapshot] = (),
        attempt: str | None = None,
    ) -> int:
        """Records a training run (parameters, data, metrics, plots, tables, model) and registers the model.

        A run that an earlier process left unfinished (killed, out of memory) is marked as killed first. The metrics of
        each window are steps of `window/NAME`, from 0 for the earliest.

        Args:
            kind: demand or recommender.
            trained: the model with its backtest.
            data_versions: lake version of every table.
            as_of: the last day that the model saw.
            params: parameters of the call, such as the preset.
            tables: the same lake versions in detail, to be recorded as MLflow datasets.
            attempt: name of this try, the same for a rerun after a kill. Where a run of that name registered a model
                with the same record, its number is returned and nothing is logged again.

        Returns:
            The model's number in the registry.
        """
        with self._lock(kind):
            experiment, record = self._experiment(kind), _record(trained, data_versions, as_of)
            registered = None if attempt is None else self._registered(kind, experiment, attempt, record)
            self._close_orphans(experiment)
            if registered is not None:
                return registered
            tags = self._tags(kind) | ({} if attempt is None else {_ATTEMPT: attempt})
            with (
                self._location.activated(),
                mlflow.start_run(experiment_id=experiment, run_name=f"{kind} {as_of}", tags=tags) as run,
            ):
                config_params = {f"config.{key}": value for key, value in _flatten(trained.config).items()}
                # the versions twice: as parameters they can be searched in MLflow, in trained.json they are read back
                lake_params = {f"lake.{table}": version for table, version in data_versions.items()}
                mlflow.log_params(
                    {**params, **config_params, **trained.learning, **lake_params, "as_of": as_of.isoformat()}
                )
                # a metric without a value is left out: MLflow's tables store NaN as 0 with a flag
                mlflow.log_metrics({key: value for key, value in trained.metrics.items() if not math.isnan(value)})
                self._client.log_batch(run.info.run_id, metrics=_window_metrics(trained))
                self._client.log_inputs(run.info.run_id, dataset_inputs(tables, as_of, self._workspace.home))
                mlflow.set_tag("primary_metric", trained.primary[0])
                mlflow.log_dict(record, "trained.json")
                for name, figure in trained.figures.items():
                    mlflow.log_figure(figure, f"plots/{name}.png")
                for name, table in trained.tables.items():
                    mlflow.log_text(table.write_csv(), f"tables/{name}.csv")
                return self._log_model(kind, trained, run.info.run_id)

    def newest(self, kind: Kind) -> int:
        """The newest number in the registry.

        Raises:
            NotFoundError: no model of that kind was trained.
        """
        numbers = self._numbers(kind)
        if not numbers:
            raise NotFoundError(f"no {kind} model was trained yet. Run `retail-brain train {kind}` first.")
        return max(numbers)

    def champion(self, kind: Kind) -> int | None:
        """The number that carries the alias `champion`; None where no version does."""
        try:
            return int(self._client.get_model_version_by_alias(self._location.name(kind), "champion").version)
        except MlflowException as error:
            if error.error_code not in _MISSING:
                raise
            return None

    def read(self, kind: Kind, version: int) -> ModelVersion:
        """A version with the facts that its run recorded.

        Raises:
            NotFoundError: there is no such version.
        """
        try:
            entry = self._client.get_model_version(self._location.name(kind), str(version))
        except MlflowException as error:
            if error.error_code not in _MISSING:
                raise
            raise NotFoundError(
                f"the registry has no {kind} version {version}. See `retail-brain models {kind}` for those there are.",
                {"problem": "model_version_unknown", "version": version},
            ) from error
        # trained.json and not the run's parameters: MLflow cuts those off and keeps them as texts
        raw = self._recorded(entry.run_id)
        return ModelVersion(
            version=version,
            config=raw["config"],
            metrics=raw["metrics"],
            windows=tuple(date.fromisoformat(day) for day in raw["windows"]),
            primary=(raw["primary"][0], raw["primary"][1]),
            data_versions=raw["data_versions"],
            as_of=date.fromisoformat(raw["as_of"]),
            trained_at=datetime.fromtimestamp(entry.creation_timestamp / 1000, UTC),
            run_id=entry.run_id,
        )

    def versions(self, kind: Kind) -> list[ModelVersion]:
        """All versions of a kind, newest first."""
        return [self.read(kind, number) for number in self.numbers(kind)]

    def numbers(self, kind: Kind) -> list[int]:
        """Numbers in the registry, newest first; empty where none was trained."""
        return sorted(self._numbers(kind), reverse=True)

    def table(self, run_id: str, name: str) -> str | None:
        """A table that a run recorded, as CSV text; None where it recorded no such table.

        Raises:
            ModelError: its artifacts cannot be read.
        """
        with scratch_folder("table") as folder, self._location.activated():
            try:
                if f"tables/{name}.csv" not in {one.path for one in self._client.list_artifacts(run_id, "tables")}:
                    return None
                path = self._client.download_artifacts(run_id, f"tables/{name}.csv", str(folder))
            except (MlflowException, OSError) as error:
                raise ModelError(f"the artifacts of run {run_id} cannot be read: {error}. Check the store.") from error
            return Path(path).read_text(encoding="utf-8")

    def run_url(self, run_id: str) -> str | None:
        """Address of a run in MLflow's own pages; None where the runs are kept in the tenant's file."""
        server = self._location.tracking_uri
        if not server.startswith(("http://", "https://")):
            return None
        experiment = self._client.get_run(run_id).info.experiment_id
        return f"{server.rstrip('/')}/#/experiments/{experiment}/runs/{run_id}"

    def fetch_model(self, kind: Kind, version: int, folder: Path) -> None:
        """Copies the model's own files into an existing folder.

        Raises:
            ModelError: the files are missing or cannot be read.
        """
        uri = f"models:/{self._location.name(kind)}/{version}/artifacts/model"
        with scratch_folder("fetch") as scratch, self._location.activated():
            try:
                local = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(scratch)))
            except (MlflowException, OSError) as error:
                raise ModelError(
                    f"the files of {kind} version {version} cannot be read: {error}. Train it again."
                ) from error
            if not local.is_dir():
                raise ModelError(f"{kind} version {version} holds no model files at {local}. Train it again.")
            shutil.copytree(local, folder, dirs_exist_ok=True)

    def point_champion(self, kind: Kind, version: int, note: str) -> None:
        """Moves the alias `champion` to a version and stores the reason as a tag of it."""
        name = self._location.name(kind)
        # the reason first: a kill between the two is repeated from the start
        self._client.set_model_version_tag(name, str(version), _REASON, note)
        self._client.set_registered_model_alias(name, "champion", str(version))

    def add_reason(self, kind: Kind, version: int, note: str) -> None:
        """Adds to the reason for which a version was promoted; what is there already is not added twice."""
        name = self._location.name(kind)
        known = self._client.get_model_version(name, str(version)).tags.get(_REASON)
        if known is None or note not in known:
            text = note if known is None else f"{known}; {note}"
            self._client.set_model_version_tag(name, str(version), _REASON, text)

    def _log_model(self, kind: Kind, trained: Trained, run_id: str) -> int:
        with scratch_folder("log") as scratch:
            folder = scratch / "model"
            folder.mkdir()
            trained.model.save(folder)
            write_code(scratch / "code.zip")
            # a copy, because MLflow copies the permissions of a file too, and those of a package are open to all
            loader = scratch / _LOADER.name
            loader.write_bytes(_LOADER.read_bytes())
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # MLflow asks for type hints and an example; the signature is given
                info = mlflow.pyfunc.log_model(
                    name="model",
                    python_model=str(loader),
                    artifacts={"model": str(folder), "code": str(scratch / "code.zip")},
                    signature=signature(kind, trained.config),
                    pip_requirements=requirements(),
                    model_config={"kind": kind},
                )
        name = self._location.name(kind)
        if not self._client.search_registered_models(f"name = '{name}'"):
            self._client.create_registered_model(name)
        registered = self._client.create_model_version(
            name, info.model_uri, run_id, await_creation_for=0, model_id=info.model_id
        )
        return int(registered.version)

    def _numbers(self, kind: Kind) -> list[int]:
        name = self._location.name(kind)
        versions = self._client.search_model_versions(f"name = '{name}'", max_results=1000)
        return [int(item.version) for item in versions]

    def _experiment(self, kind: Kind) -> str:
        name = self._location.name(kind)
        experiment = self._client.get_experiment_by_name(name)
        if experiment is not None:
            return str(experiment.experiment_id)
        artifacts = self._location.artifacts
        place = None if artifacts is None else str(artifacts / name)
        return str(self._client.create_experiment(name, artifact_location=place))

    def _tags(self, kind: Kind) -> dict[str, str]:
        return {"kind": kind, "tenant": self._workspace.tenant, _WRITER: self._writer(), **code_tags()}

    def _writer(self) -> str:
        """Names this machine and home: on a shared server only their own unfinished runs may be closed."""
        return hashlib.sha256(f"{socket.gethostname()} {self._workspace.home.resolve()}".encode()).hexdigest()[:16]

    def _recorded(self, run_id: str) -> dict[str, Any]:
        """What a run recorded of its model, by `_record`."""
        with scratch_folder("read") as folder, self._location.activated():
            path = self._client.download_artifacts(run_id, "trained.json", str(folder))
            raw: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        return raw

    def _registered(self, kind: Kind, experiment: str, attempt: str, record: Mapping[str, Any]) -> int | None:
        """The version that a killed run of the same attempt registered; its run is ended as if it had lived."""
        for run in self._client.search_runs([experiment], f"tags.`{_ATTEMPT}` = '{attempt}'"):
            run_id = run.info.run_id
            found = self._client.search_model_versions(f"name = '{self._location.name(kind)}' and run_id = '{run_id}'")
            # as texts: a metric may be NaN, which equals nothing
            if found and json.dumps(self._recorded(run_id), sort_keys=True) == json.dumps(record, sort_keys=True):
                if run.info.status == "RUNNING":
                    self._client.set_terminated(run_id)
                return int(found[0].version)
        return None

    def _close_orphans(self, experiment: str) -> None:
        # the lock of the kind is held, so nobody of this home can be logging: what is `RUNNING` has died
        for run in self._client.search_runs([experiment], "attributes.status = 'RUNNING'"):
            if self._location.database is not None or run.data.tags.get(_WRITER) == self._writer():
                self._client.set_terminated(run.info.run_id, "KILLED")

    def _lock(self, name: str) -> AbstractContextManager[None]:
        return file_lock(self._folder / f".{name}.lock")


def _flatten(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in value.items():
        if isinstance(item, Mapping):
            flat |= _flatten(item, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(item)[:500]  # older MLflow servers refuse longer values
    return flat


def _window_metrics(trained: Trained) -> list[Metric]:
    """Metrics of each window as steps, timed at the window's cutoff, so that MLflow's charts show the days."""
    metrics = []
    for step, (cutoff, values) in enumerate(sorted(trained.window_metrics.items())):
        time = round(datetime(cutoff.year, cutoff.month, cutoff.day, tzinfo=UTC).timestamp() * 1000)
        metrics += [
            Metric(f"window/{name}", value, time, step) for name, value in values.items() if math.isfinite(value)
        ]
    return metrics


def _record(trained: Trained, data_versions: Mapping[str, int], as_of: date) -> dict[str, Any]:
    return {
        "config": dict(trained.config),
        "metrics": dict(trained.metrics),
        "windows": [day.isoformat() for day in trained.windows],
        "primary": list(trained.primary),
        "data_versions": dict(data_versions),
        "as_of": as_of.isoformat(),
    }
