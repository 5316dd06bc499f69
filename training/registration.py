"""One training run from data to the registry: fit, backtest, log to MLflow, register."""

from typing import Literal

from retail_brain.checkpoints import resumable_work
from retail_brain.dataset import Dataset
from retail_brain.lake.snapshot import table_snapshots
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings, Workspace
from training.bundle import Kind
from training.promotion import jobs
from training.tracking import Tracking


def train(
    workspace: Workspace,
    kind: Kind,
    settings: Settings,
    dataset: Dataset,
    *,
    preset: Literal["fast", "full"] = "fast",
    lake: str | None = None,
    progress: Progress = SILENT,
) -> int:
    """Trains and registers a model; returns its version. After a kill the same call goes on with the windows left.

    Args:
        workspace: the tenant.
        kind: which model.
        settings: the tenant's settings.
        dataset: as known on the last day that the model shall see.
        preset: minutes, or as long as it pays.
        lake: URI that the dataset was read from; by default the tenant's own lake.
        progress: reporter.

    Raises:
        MissingTableError: a table that the model needs is not there.
        ModelError: the MLflow store cannot be used; this is found before training.
    """
    as_of = dataset.as_of or dataset.last_day()
    tracking = Tracking(workspace)
    uri = lake or settings.lake_uri or str(workspace.lake)
    tables = table_snapshots(uri, dataset.versions, settings.storage_options)
    with resumable_work(workspace.work(f"train-{kind}")) as work:
        trained = jobs(kind).train(dataset, settings, preset, progress, work)
        with progress.step(f"log {kind} to MLflow"):
            return tracking.log(kind, trained, dataset.versions, as_of, {"preset": preset}, tables)
