"""Replays of order policies on a chain's recorded demand: the use case behind `retail-brain simulate`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from features.demand.periods import Period
from retail_brain.decisions.order_policies import policy_names
from retail_brain.errors import UsageError
from retail_brain.settings import ReplenishmentSettings
from retail_brain.simulation.engine import Policy
from retail_brain.simulation.policies import Forecast, perfect_forecast
from retail_brain.simulation.report import PolicyResult, summary, write_report
from serving.planning.replay.notes import replay_notes
from serving.planning.replay.recorded import recorded
from serving.planning.replay.rolling_forecasts import RollingForecasts
from serving.planning.replay.scenario import ReplayScenario
from serving.planning.replay.tuning import COVER_PERIODS, ReplaySetup, Tuned, tune

POLICIES = ("suggested", "tuned", "matched", "cover", "legacy", "perfect", "recorded")
"""Replayed unless others are asked for; every policy of the settings may be, by its name, and installed ones too."""
_LEVELS = (0.7, 0.85, 0.95, 0.98)
"""Service levels along which a policy's curve of cost and service is drawn."""


@dataclass(frozen=True)
class Replay:
    """Results of a replay.

    Attributes:
        table: one row per policy, see `simulation.report.summary`.
        curve: one row per policy and service level or cover: fill rate, mean stock, cost.
        played: the replays behind the table.
        notes: what was assumed.
        tuned: the parameters tuned on the periods before.
        period: length of a period played.
    """

    table: pl.DataFrame
    curve: pl.DataFrame
    played: list[PolicyResult]
    notes: list[str]
    tuned: Tuned
    period: Period

    def write(self, folder: Path, title: str) -> None:
        """Writes the report."""
        write_report(folder, self.table, self.curve, self.played, title=title, notes=self.notes, period=self.period)


def replay(
    setup: ReplaySetup, first: date, last: date, *, policies: Sequence[str] = POLICIES, tune_days: int | None = None
) -> Replay:
    """Replays policies on the same demand, period by period: the whole days, weeks or months from `first` to `last`.

    Args:
        setup: data, settings and forecasts; every policy sees the same demand and the same delays.
        first: day from which periods are played; policies see, and are tuned on, earlier periods only.
        last: day until which periods are played.
        policies: some of POLICIES, or of the policies of the settings.
        tune_days: days before `first` on whose whole periods parameters are tuned, themselves by replay; None as usual.

    Raises:
        UsageError: an unknown policy.
        ImpossibleError: nothing to replay, or no whole period lies between the days.
        ExtensionError: an installed policy is unusable, or has the name of a built-in one.
    """
    allowed = (*POLICIES, *_by_settings())
    unknown = sorted(set(policies) - set(allowed))
    if unknown or not policies:
        raise UsageError(f"policies {unknown or 'none'} cannot be replayed; wanted some of {', '.join(allowed)}.")
    scenario = setup.scenario(first, last)
    tuned = tune(setup, scenario.facts.axis.first, tune_days)
    forecast = setup.forecasts(scenario)
    truth = setup.price_truth(scenario.facts.axis.start(scenario.facts.axis.count) - timedelta(days=1), forecast)
    offered = _offered(setup, scenario, forecast, tuned, truth)
    played = []
    for name in policies:
        if name == "recorded":
            played += [recorded(scenario)] if scenario.facts.has_inventory else []
            continue
        with setup.progress.step(f"replay {name}"):
            played.append(PolicyResult.of(name, scenario.play(offered[name]), scenario.environment))
    curve = _curve(scenario, forecast, tuned)
    baseline, rolling = _baseline(played), setup.rolling
    stores = scenario.facts.series["store_id"].to_list()
    table = summary(played, stores, scenario.environment.periods, baseline, rolling.seed)
    notes = replay_notes(scenario, setup, tuned, baseline, priced=None if truth is None else truth.height)
    return Replay(table, curve, played, notes, tuned, scenario.facts.axis.period)


def _offered(
    setup: ReplaySetup, scenario: ReplayScenario, forecast: RollingForecasts, tuned: Tuned, truth: pl.DataFrame | None
) -> dict[str, Policy]:
    perfect = perfect_forecast(scenario.facts.played, scenario.rates.horizon)
    decided = setup.settings.replenishment
    plan = setup.chain(scenario, forecast, truth)

    def planned(settings: ReplenishmentSettings, known: Forecast = forecast) -> Policy:
        return plan(settings, known)

    def named(policy: str) -> ReplenishmentSettings:
        return decided.model_copy(update={"policy": policy})

    policies: dict[str, Policy] = {
        "suggested": planned(decided),
        "tuned": planned(tuned.economic),
        "matched": planned(tuned.matched),
        "cover": scenario.cover(tuned.covers(scenario.fresh)),
        "legacy": scenario.legacy(),
        "perfect": planned(named("economic"), perfect),
    }
    return policies | {name: planned(named(name)) for name in _by_settings()}


def _by_settings() -> list[str]:
    return [name for name in policy_names() if name != "asked"]


def _baseline(played: list[PolicyResult]) -> str:
    """The recorded orders, else the cover, else the first policy."""
    names = [part.name for part in played]
    return next((name for name in ("recorded", "cover") if name in names), names[0])


def _curve(scenario: ReplayScenario, forecast: Forecast, tuned: Tuned) -> pl.DataFrame:
    """Stock against service: suggestions at several service levels and at several penalties, and several covers."""
    tried: list[tuple[str, float, Policy]] = [
        ("service level", level, scenario.suggested(forecast, level=level)) for level in _LEVELS
    ]
    base = tuned.matched.lost_unit_cost or tuned.economic.lost_unit_cost or 1.0
    tried += [
        ("economic", base * share, scenario.by(forecast, _penalised(tuned.economic, base * share)))
        for share in (0.0, 0.5, 2.0, 8.0)
    ]
    covers = COVER_PERIODS[scenario.facts.axis.period][::2]
    tried += [("cover", float(periods), scenario.cover(float(periods))) for periods in covers]
    tried += [("legacy", level, scenario.legacy(level)) for level in _LEVELS]
    rows = []
    for name, setting, policy in tried:
        outcome = scenario.play(policy)
        rows.append(
            {
                "policy": name,
                "setting": setting,
                "fill_rate": outcome.fill_rate,
                "mean_stock_units": float(outcome.held.sum()) / scenario.environment.periods,
                "wasted_units": float(outcome.wasted.sum()),
                "cost": float(outcome.cost(scenario.environment).sum()),
            }
        )
    return pl.DataFrame(rows)


def _penalised(settings: ReplenishmentSettings, penalty: float) -> ReplenishmentSettings:
    return settings.model_copy(update={"lost_unit_cost": penalty})
