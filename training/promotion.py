"""Promotes a registered model to champion if it beats the present one on the same windows, and exports its bundle."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from retail_brain.checkpoints import resumable_work
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from training.bundle import Kind, point_champion, write_bundle
from training.jobs import jobs
from training.tracking import ModelVersion, Tracking

OpenLake = Callable[[Mapping[str, int]], Dataset]
"""Opens the lake at given versions of its tables."""
Outcome = Literal["first", "same", "forced", "better", "not_better", "newer", "untested"]
"""Why a version was promoted or not: there was none before, it is it already, it was forced, or the comparison; where
no window tested it, whether it saw newer data than a champion that none tested either."""


@dataclass(frozen=True)
class Promotion:
    """The decision of `promote` and its reason.

    Attributes:
        version: the challenger's number in the registry.
        promoted: whether it is the champion now.
        champion: number of the champion before, or None.
        reason: the comparison in words, with both values of the deciding metric.
        outcome: the same as a code.
        values: the deciding metric of the challenger and of the champion; None where they were not compared.
        metric: name of the deciding metric.
        tested: whether a window tested the version.
    """

    version: int
    promoted: bool
    champion: int | None
    reason: str
    outcome: Outcome = "first"
    values: tuple[float, float] | None = None
    metric: str = ""
    tested: bool = True


@dataclass(frozen=True)
class Challenge:
    """Which version is to become champion, and on which terms.

    Attributes:
        version: the challenger's number in the registry; None: the newest.
        force: promote without comparing.
        note: who promotes and why, kept in the registry behind the comparison.
        may_backtest: whether there is time to backtest the champion again, which takes minutes.
    """

    version: int | None = None
    force: bool = False
    note: str | None = None
    may_backtest: bool = True


_NEWEST = Challenge()


def promote(
    workspace: Workspace,
    kind: Kind,
    settings: Settings,
    open_lake: OpenLake,
    challenge: Challenge = _NEWEST,
    *,
    progress: Progress = SILENT,
) -> Promotion:
    """Makes a version champion if it beats the present one on the same windows of the same data.

    Where the two were backtested on other windows or lake versions, the champion's configuration is backtested again
    on the challenger's.

    Args:
        workspace: the tenant.
        kind: demand or recommender.
        settings: the tenant's settings.
        open_lake: opens the lake at given table versions.
        challenge: the version, and whether it is compared.
        progress: reporter.

    Raises:
        NotFoundError: no such version, or none at all.
        ImpossibleError: the two were backtested on other windows or data, and there is no time to do it again.
        ModelError: the model's files cannot be read, or the tracking store cannot be used.
    """
    tracking = Tracking(workspace)
    challenger = tracking.read(kind, tracking.newest(kind) if challenge.version is None else challenge.version)
    before = tracking.champion(kind)
    decided = _decide(workspace, tracking, challenger, before, challenge, _Judge(kind, settings, open_lake, progress))
    if not decided.promoted:
        return decided
    # the bundle first, serving's pointer last: after a kill at any moment the old champion still answers, and the same
    # call completes the promotion
    _export(workspace, tracking, kind, challenger)
    note = challenge.note
    if decided.outcome != "same":
        reason = decided.reason if note is None else f"{decided.reason}; {note}"
        tracking.point_champion(kind, challenger.version, reason)
    elif note is not None:  # sent twice, or said later: why it was promoted stays
        tracking.add_reason(kind, challenger.version, note)
    point_champion(workspace, kind, challenger.version)
    return decided


def _decide(
    workspace: Workspace,
    tracking: Tracking,
    challenger: ModelVersion,
    before: int | None,
    challenge: Challenge,
    judge: "_Judge",
) -> Promotion:
    """Whether the challenger becomes champion in place of version `before`, and why."""
    outcome: Outcome
    values = None
    if before is None:
        outcome, reason = "first", "there was no champion"
    elif before == challenger.version:
        # its bundle may be missing or damaged: exporting it again completes a promotion that was cut off
        outcome, reason = "same", "it is the champion already"
    elif challenge.force:
        outcome, reason = "forced", f"forced in place of version {before}"
    elif challenger.deciding is None:
        outcome, reason = _untested(challenger, tracking.read(judge.kind, before))
    else:
        champion = tracking.read(judge.kind, before)
        metrics = judge.metrics(workspace, challenger, champion, may_backtest=challenge.may_backtest)
        wins, reason = _compare(challenger, before, metrics)
        outcome = "better" if wins else "not_better"
        values = challenger.deciding, metrics[challenger.primary[0]]
    is_tested = challenger.deciding is not None
    if not is_tested:
        reason += "; no window tested it, for the history is too short for one"
    promoted = outcome not in ("not_better", "untested")
    return Promotion(challenger.version, promoted, before, reason, outcome, values, challenger.primary[0], is_tested)


@dataclass(frozen=True)
class _Judge:
    """What a champion is backtested again with.

    Attributes:
        kind: of the model.
        settings: the tenant's.
        open_lake: opens the lake at given table versions.
        progress: reporter.
    """

    kind: Kind
    settings: Settings
    open_lake: OpenLake
    progress: Progress

    def metrics(
        self, workspace: Workspace, challenger: ModelVersion, champion: ModelVersion, *, may_backtest: bool
    ) -> Mapping[str, float]:
        """The champion's metrics on the challenger's windows and data: as recorded, or by another backtest.

        Raises:
            ImpossibleError: it takes a backtest, and there is no time for one.
        """
        if _is_comparable(challenger, champion):
            return champion.metrics
        kind = self.kind
        if not may_backtest:
            raise ImpossibleError(
                f"{kind} versions {challenger.version} and {champion.version} were backtested on other days or data, "
                f"and to compare them takes a backtest. Run `retail-brain promote {kind} {challenger.version}`.",
                {
                    "problem": "other_backtest",
                    "kind": kind,
                    "version": challenger.version,
                    "champion": champion.version,
                },
            )
        with (
            self.progress.step(f"backtest champion {champion.version} on the challenger's windows"),
            resumable_work(workspace.work(f"promote-{kind}")) as work,
        ):
            data = self.open_lake(challenger.data_versions).at(challenger.as_of)
            return jobs(kind).evaluate_config(
                data, self.settings, champion.config, challenger.windows, self.progress, work
            )


def export_challenger(workspace: Workspace, version: int | None) -> int:
    """Exports a registered recommender (None: the newest) as a bundle beside the champion's; returns its number.

    Raises:
        NotFoundError: there is no such version.
        ImpossibleError: there is no champion to compare it with, or it is the champion.
        ModelError: the model's files cannot be read, or the tracking store cannot be used.
    """
    tracking = Tracking(workspace)
    challenger = tracking.read("recommender", tracking.newest("recommender") if version is None else version)
    champion = tracking.champion("recommender")
    if champion is None or champion == challenger.version:
        why = "there is no champion" if champion is None else f"version {champion} is the champion itself"
        raise ImpossibleError(
            f"a test compares a version with the champion, and {why}. Train another (`train recommender`), or name "
            "one with --version.",
            {"problem": "model_test_alone", "version": challenger.version, "champion": champion},
        )
    _export(workspace, tracking, "recommender", challenger)
    return challenger.version


def _is_comparable(one: ModelVersion, other: ModelVersion) -> bool:
    """Whether the recorded metrics are of the same windows and data: otherwise their difference is not the models'."""
    return (one.windows, one.data_versions, one.as_of) == (other.windows, other.data_versions, other.as_of)


def _untested(challenger: ModelVersion, champion: ModelVersion) -> tuple[Outcome, str]:
    """Whether a version that no window tested takes the place of one that none tested either: with newer data it does.

    Or a young chain would keep its first model until it is old enough for a window.
    """
    if champion.deciding is not None:
        return "untested", f"champion {champion.version} was tested"
    has_other_data = challenger.version > champion.version and challenger.data_versions != champion.data_versions
    if challenger.as_of > champion.as_of or (challenger.as_of == champion.as_of and has_other_data):
        return "newer", f"no window tested champion {champion.version} either, and this one saw newer data"
    return "untested", f"champion {champion.version} saw the same data or newer"


def _compare(challenger: ModelVersion, champion: int, champion_metrics: Mapping[str, float]) -> tuple[bool, str]:
    """Whether the challenger wins, and the comparison in words; a draw leaves the champion, whose answers are known."""
    name, better = challenger.primary
    new, old = challenger.metrics[name], champion_metrics[name]
    wins = new < old if better == "lower" else new > old
    sign = "below" if new < old else "above" if new > old else "equal to"
    windows = f"{len(challenger.windows)} windows, {better} is better"
    return wins, f"{name} {new:.5g} is {sign} champion {champion}'s {old:.5g} ({windows})"


def _export(workspace: Workspace, tracking: Tracking, kind: Kind, model: ModelVersion) -> None:
    facts = {
        "as_of": model.as_of.isoformat(),
        "config": dict(model.config),
        "data_versions": dict(model.data_versions),
        "metrics": dict(model.metrics),
        "run_id": model.run_id,
        "trained_at": model.trained_at.isoformat(timespec="seconds"),
    }
    write_bundle(
        workspace, kind, model.version, facts, lambda folder: tracking.fetch_model(kind, model.version, folder)
    )


def record_promotion(
    tenant: str, database: Database, kind: Kind, done: Promotion, *, by: str, now: datetime, reason: str
) -> None:
    """Writes a promotion into the audit; a version that stayed a challenger is none.

    Raises:
        UnavailableError: the database does not answer.
    """
    if not done.promoted:
        return
    details = {"before": done.champion, "outcome": done.outcome, "reason": reason}
    entry = AuditEntry(now, by, "model.promoted", f"{kind} version {done.version}", details)
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        append_audit(tenant, connection, entry)
