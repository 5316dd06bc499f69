"""From a registered model to the bundle that serving reads: only a better model becomes champion."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from retail_brain.checkpoints import Work, resumable_work
from retail_brain.dataset import Dataset
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings, Workspace
from training.bundle import Kind, point_champion, write_bundle
from training.jobs import Saveable, Trained
from training.tracking import Registered, Tracking

Evaluate = Callable[[Dataset, Settings, Mapping[str, Any], Sequence[date], Progress, Work | None], Mapping[str, float]]
OpenLake = Callable[[Mapping[str, int]], Dataset]


@dataclass(frozen=True)
class Promotion:
    """What `promote` decided.

    Attributes:
        version: the challenger.
        promoted: whether it is the champion now.
        champion: the champion before, or None.
        reason: the comparison in words.
    """

    version: int
    promoted: bool
    champion: int | None
    reason: str


class Jobs(Protocol):
    """What `training/KIND/jobs.py` offers."""

    def train(
        self, dataset: Dataset, settings: Settings, preset: str, progress: Progress, work: Work | None
    ) -> Trained:
        """Fits on what the dataset shows and backtests on rolling origins.

        Where it can, it takes over the checkpoints that a killed run left.
        """

    def evaluate_config(
        self,
        dataset: Dataset,
        settings: Settings,
        config: Mapping[str, Any],
        windows: Sequence[date],
        progress: Progress,
        work: Work | None,
    ) -> Mapping[str, float]:
        """Backtests a configuration on given windows; takes over checkpoints where it can."""


def jobs(kind: Kind) -> Jobs:
    """The training jobs of a kind, imported when first needed: their libraries take seconds to load."""
    return cast("Jobs", import_module(f"training.{kind}.jobs"))


def load_model(kind: Kind, folder: Path) -> Saveable:
    """The model that a bundle holds.

    Raises:
        ModelError: the files cannot be read by this software.
    """
    model: Saveable = getattr(import_module(f"training.{kind}.model"), f"{kind.capitalize()}Model").load(folder)
    return model


def promote(
    workspace: Workspace,
    kind: Kind,
    settings: Settings,
    open_lake: OpenLake,
    *,
    version: int | None = None,
    force: bool = False,
    evaluate: Evaluate | None = None,
    progress: Progress = SILENT,
) -> Promotion:
    """Makes a version champion if it beats the present one on the same windows of the same data.

    Where the two were backtested on other windows or lake versions, the champion's configuration is backtested again
    on the challenger's. The bundle is exported first, then the alias moves, then serving's pointer: after a kill at any
    moment the old champion still answers, and running it again completes the promotion.

    Args:
        workspace: the tenant.
        kind: which model.
        settings: the tenant's settings.
        open_lake: opens the lake at given table versions.
        version: the challenger; the newest where not given.
        force: promote without comparing.
        evaluate: replaces the kind's own backtest (for tests).
        progress: reporter.

    Raises:
        NotFoundError: no such version.
    """
    tracking = Tracking(workspace)
    challenger = tracking.read(kind, tracking.newest(kind) if version is None else version)
    before = tracking.champion(kind)
    if before is None:
        wins, reason = True, "there was no champion"
    elif before == challenger.version:
        wins, reason = True, "it is the champion already"
    elif force:
        wins, reason = True, f"forced in place of version {before}"
    else:
        rival = tracking.read(kind, before)
        metrics = rival.metrics
        if not _same_ground(challenger, rival):
            with (
                progress.step(f"backtest champion {before} on the challenger's windows"),
                resumable_work(workspace.work(f"promote-{kind}")) as work,
            ):
                run = evaluate or jobs(kind).evaluate_config
                data = open_lake(challenger.data_versions).at(challenger.as_of)
                metrics = run(data, settings, rival.config, challenger.windows, progress, work)
        wins, reason = _compare(challenger, rival.version, metrics)
    if not wins:
        return Promotion(challenger.version, promoted=False, champion=before, reason=reason)
    _export(workspace, tracking, kind, challenger)
    tracking.point_champion(kind, challenger.version, reason)
    point_champion(workspace, kind, challenger.version)
    return Promotion(challenger.version, promoted=True, champion=before, reason=reason)


def _same_ground(one: Registered, other: Registered) -> bool:
    return (one.windows, one.data_versions, one.as_of) == (other.windows, other.data_versions, other.as_of)


def _compare(challenger: Registered, rival: int, metrics: Mapping[str, float]) -> tuple[bool, str]:
    name, better = challenger.primary
    new, old = challenger.metrics[name], metrics[name]
    wins = new < old if better == "lower" else new > old
    sign = "below" if new < old else "above" if new > old else "equal to"
    windows = f"{len(challenger.windows)} windows, {better} is better"
    return wins, f"{name} {new:.5g} is {sign} champion {rival}'s {old:.5g} ({windows})"


def _export(workspace: Workspace, tracking: Tracking, kind: Kind, model: Registered) -> Path:
    facts = {
        "as_of": model.as_of.isoformat(),
        "config": dict(model.config),
        "data_versions": dict(model.data_versions),
        "metrics": dict(model.metrics),
        "run_id": model.run_id,
        "trained_at": model.trained_at.isoformat(timespec="seconds"),
    }
    return write_bundle(
        workspace, kind, model.version, facts, lambda folder: tracking.fetch_model(kind, model.version, folder)
    )
