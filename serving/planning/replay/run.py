"""Replays of order policies on a chain's recorded demand: the use case behind `retail-brain simulate`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.order_policies import policy_names
from retail_brain.errors import UsageError
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import ReplenishmentSettings, Settings
from retail_brain.simulation.engine import Policy
from retail_brain.simulation.policies import Forecast, perfect_forecast
from retail_brain.simulation.report import PolicyResult, summary, write_report
from serving.planning.replay.recorded import recorded
from serving.planning.replay.rolling_forecasts import Fit, Rolling
from serving.planning.replay.scenario import Stage
from serving.planning.replay.tuning import COVER_DAYS, Span, Tuned, tune

POLICIES = ("suggested", "tuned", "matched", "cover", "legacy", "perfect", "recorded")
"""Replayed unless others are asked for; every policy of the settings may be, by its name, and installed ones too."""
_LEVELS = (0.7, 0.85, 0.95, 0.98)
"""Service levels along which a policy's curve of cost and service is drawn."""


@dataclass(frozen=True)
class Replay:
    """What a replay came to.

    Attributes:
        table: one row per policy, see `simulation.report.summary`.
        curve: one row per policy and service level or cover: fill rate, mean stock, cost.
        played: the replays behind the table.
        notes: what was assumed.
        tuned: the parameters found in the days before.
    """

    table: pl.DataFrame
    curve: pl.DataFrame
    played: list[PolicyResult]
    notes: list[str]
    tuned: Tuned

    def write(self, folder: Path, title: str) -> None:
        """Writes the report."""
        write_report(folder, self.table, self.curve, self.played, title=title, notes=self.notes)


def replay(
    dataset: Dataset,
    settings: Settings,
    *,
    first: date,
    last: date,
    policies: Sequence[str] = POLICIES,
    stores: Sequence[str] | None = None,
    fit: Fit | None = None,
    refresh_days: int = 7,
    refit_days: int = 31,
    tune_days: int = 56,
    paths: int = 100,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Replay:
    """Replays policies day by day from `first` to `last` on the same demand.

    Args:
        dataset: the whole history.
        settings: how orders are decided, and defaults of supply terms.
        first: first day played; everything a policy knows or was tuned on lies before the day it orders on.
        last: last day played.
        policies: some of POLICIES, or of the policies of the settings.
        stores: only these.
        fit: fits the demand model on what was known on a day; None has suggestions rest on moving rates.
        refresh_days: how often there is a new forecast.
        refit_days: how often the demand model is fitted anew.
        tune_days: days before `first` on which parameters are tuned, themselves by replay.
        paths: sample paths.
        seed: of demand recovery, late deliveries and paths; every policy sees the same demand and the same delays.
        progress: told of each policy.

    Raises:
        UsageError: an unknown policy.
        ImpossibleError: nothing to replay.
    """
    known = (*POLICIES, *_by_settings())
    unknown = sorted(set(policies) - set(known))
    if unknown or not policies:
        raise UsageError(f"policies {unknown or 'none'} cannot be replayed; wanted some of {', '.join(known)}.")
    chosen = list(stores) if stores is not None else None
    span = Span(dataset, settings, chosen, fit, Rolling(refresh_days, refit_days, paths, seed), progress)
    stage = span.stage(first, last)
    tuned = tune(span, first, tune_days)
    forecast = span.forecasts(stage)
    offered = _offered(stage, forecast, tuned)
    played = []
    for name in policies:
        if name == "recorded":
            played += [recorded(stage)] if stage.facts.has_inventory else []
            continue
        with progress.step(f"replay {name}"):
            played.append(PolicyResult.of(name, stage.play(offered[name]), stage.world))
    curve = _curve(stage, forecast, tuned)
    table = summary(played, stage.facts.series["store_id"].to_list(), stage.world.periods, _baseline(played), seed)
    return Replay(table, curve, played, _notes(stage, tuned, _baseline(played), fit is not None, refresh_days), tuned)


def _offered(stage: Stage, forecast: Forecast, tuned: Tuned) -> dict[str, Policy]:
    perfect = perfect_forecast(stage.facts.played, stage.rates.horizon)
    named: dict[str, Policy] = {
        "suggested": stage.suggested(forecast),
        "tuned": stage.by(forecast, tuned.economic),
        "matched": stage.by(forecast, tuned.matched),
        "cover": stage.cover(tuned.cover(stage.fresh)),
        "legacy": stage.legacy(),
        "perfect": stage.suggested(perfect, policy="economic"),
    }
    return named | {name: stage.suggested(forecast, policy=name) for name in _by_settings()}


def _by_settings() -> list[str]:
    return [name for name in policy_names() if name != "asked"]


def _baseline(played: list[PolicyResult]) -> str:
    """The recorded orders, else the cover, else the first policy."""
    names = [part.name for part in played]
    return next((name for name in ("recorded", "cover") if name in names), names[0])


def _curve(stage: Stage, forecast: Forecast, tuned: Tuned) -> pl.DataFrame:
    """Stock against service: suggestions at several service levels and at several penalties, and several covers."""
    tried: list[tuple[str, float, Policy]] = [
        ("service level", level, stage.suggested(forecast, level=level)) for level in _LEVELS
    ]
    base = tuned.matched.lost_unit_cost or tuned.economic.lost_unit_cost or 1.0
    tried += [
        ("economic", base * share, stage.by(forecast, _penalised(tuned.economic, base * share)))
        for share in (0.0, 0.5, 2.0, 8.0)
    ]
    tried += [("cover", float(days), stage.cover(float(days))) for days in COVER_DAYS[::2]]
    tried += [("legacy", level, stage.legacy(level)) for level in _LEVELS]
    rows = []
    for name, setting, policy in tried:
        outcome = stage.play(policy)
        rows.append(
            {
                "policy": name,
                "setting": setting,
                "fill_rate": outcome.fill_rate,
                "mean_stock_units": float(outcome.held.sum()) / stage.world.periods,
                "wasted_units": float(outcome.wasted.sum()),
                "cost": float(outcome.cost(stage.world).sum()),
            }
        )
    return pl.DataFrame(rows)


def _penalised(settings: ReplenishmentSettings, penalty: float) -> ReplenishmentSettings:
    return settings.model_copy(update={"lost_unit_cost": penalty})


def _notes(stage: Stage, tuned: Tuned, baseline: str, model: bool, refresh_days: int) -> list[str]:
    facts, decided = stage.facts, stage.settings.replenishment
    made = "a demand model, fitted on what was known then" if model else "moving rates"
    notes = [
        f"{facts.series.height:,} series over {stage.world.periods} days from {stage.starts[0]}; forecasts: {made}, "
        f"anew every {refresh_days} days. Baseline: {baseline}.",
        f"Orders are placed {decided.orders_placed.replace('_', ' ')}; the policy of the settings is "
        f"`{decided.policy}`; customers take goods {decided.withdrawal}.",
        f"Tuned by replay of the {tuned.days} days before: cover {tuned.cover_days:g} days (fresh goods "
        f"{tuned.fresh_cover_days:g}) on top of lead time and review.",
        f"Tuned likewise, by cost: {_told(tuned.economic)}.",
        f"Matched to what the recorded orders served in those days: {_told(tuned.matched)}.",
        "Cost: holding, margin and stock-out cost of units not there, cost of units past their date. The penalty of a "
        "lost unit steers orders and is not counted as a cost.",
        "All replayed policies meet the same recovered demand, opening stock with its ages, late deliveries and order "
        "days. The stock of the warehouse is taken to be enough.",
    ]
    if facts.has_inventory:
        notes.append(
            "Recorded: sales and stock as they were; what was thrown away is worked out by ageing the recorded stock, "
            "oldest sold first, and stock that vanished beyond that counts as wasted."
        )
    else:
        notes.append("No stock was recorded: openings are lead time and review of the mean, sales are taken as demand.")
    return notes


def _told(settings: ReplenishmentSettings) -> str:
    """Settings as they go into settings.toml."""
    fresh = settings.fresh_spread_factor
    told = f'policy = "{settings.policy}", spread_factor = {settings.spread_factor:g}, '
    told += "" if fresh is None else f"fresh_spread_factor = {fresh:g}, "
    return f"`{told}lost_unit_cost = {settings.lost_unit_cost:g}`"
