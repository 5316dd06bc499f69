"""Runs one training from data to the registry: backtest, fit, log to MLflow, register."""

from typing import Literal

from retail_brain.checkpoints import resumable_work
from retail_brain.dataset import Dataset
from retail_brain.lake.snapshot import table_snapshots
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from training.bundle import Kind
from training.jobs import jobs
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
    """Trains and registers a model; returns its number in the registry.

    After a kill the same call goes on with the windows that are left; a model that the killed one had registered is
    taken as it is.

    Args:
        workspace: the tenant.
        kind: demand or recommender.
        settings: the tenant's settings.
        dataset: as known on the last day that the model shall see.
        preset: `fast` takes minutes; `full` adds boosting rounds, cutoffs and windows as long as they pay.
        lake: URI that the dataset was read from; by default the tenant's own lake.
        progress: reporter.

    Raises:
        MissingTableError: a table that the model needs is not there.
        UsageError: the settings lack what only a person knows, such as the country; nothing is written.
        ModelError: the MLflow store cannot be used; this is found before training.
    """
    as_of = dataset.as_of or dataset.last_day()
    jobs(kind).check(dataset, settings)  # before the store of runs is made: nothing is left of what cannot begin
    # opened before training: a server that does not answer must not be found out after hours
    tracking = Tracking(workspace)
    uri = lake or settings.lake_uri or str(workspace.lake)
    tables = table_snapshots(uri, dataset.versions, settings.storage_options)
    with resumable_work(workspace.work(f"train-{kind}")) as work:
        trained = jobs(kind).train(dataset, settings, preset, progress, work)
        if trained.deciding is None:
            progress.say(
                f"    note: no window tested this {kind} model: the history until {as_of} is too short for one, so "
                "nothing is known of its errors. Train again once there is more. "
                f"该模型未经回测：截至 {as_of} 的历史不足一个回测窗口，误差未知；数据更多时请再训练。"
            )
        with progress.step(f"log {kind} to MLflow"):
            params = {"preset": preset}
            return tracking.log(kind, trained, dataset.versions, as_of, params, tables, work.attempt())
