"""Replays of order policies on a chain's recorded demand: the use case behind `retail-brain simulate`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from retail_brain.decisions.order_policies import policy_names
from retail_brain.errors import ImpossibleError, UsageError
from retail_brain.settings import ReplenishmentSettings
from retail_brain.simulation.engine import Policy
from retail_brain.simulation.policies import Forecast, perfect_forecast
from retail_brain.simulation.report import PolicyResult, summary, write_report
from serving.planning.replay.recorded import recorded
from serving.planning.replay.scenario import ReplayScenario
from serving.planning.replay.tuning import COVER_DAYS, ReplaySetup, Tuned, tune

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
        tuned: the parameters tuned on the days before.
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
    setup: ReplaySetup, first: date, last: date, *, policies: Sequence[str] = POLICIES, tune_days: int = 56
) -> Replay:
    """Replays policies day by day from `first` to `last` on the same demand.

    Args:
        setup: data, settings and forecasts; every policy sees the same demand and the same delays.
        first: first day played; policies see, and are tuned on, earlier days only.
        last: last day played.
        policies: some of POLICIES, or of the policies of the settings.
        tune_days: days before `first` on which parameters are tuned, themselves by replay.

    Raises:
        UsageError: an unknown policy.
        ImpossibleError: nothing to replay, or the data or the model have no days.
        ExtensionError: an installed policy is unusable, or has the name of a built-in one.
    """
    allowed = (*POLICIES, *_by_settings())
    unknown = sorted(set(policies) - set(allowed))
    if unknown or not policies:
        raise UsageError(f"policies {unknown or 'none'} cannot be replayed; wanted some of {', '.join(allowed)}.")
    _check_days(setup)
    scenario = setup.scenario(first, last)
    tuned = tune(setup, first, tune_days)
    forecast = setup.forecasts(scenario)
    offered = _offered(scenario, forecast, tuned)
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
    notes = _notes(scenario, tuned, baseline, setup.fit is not None, rolling.refresh_days)
    return Replay(table, curve, played, notes, tuned)


def _check_days(setup: ReplaySetup) -> None:
    """Refuses chains whose sales or forecasts are not by day: a replay plays stock day by day.

    Raises:
        ImpossibleError: the period is a week or a month, and the sales are rows of it or a model forecasts in it.
    """
    period = setup.settings.data.period
    if period == "day":
        return
    by_rows = setup.dataset.has("daily_sales")
    if by_rows or setup.fit is not None:
        what = f"daily_sales holds one row per {period}" if by_rows else f"the demand model forecasts by the {period}"
        remedy = "Receipts (transactions) are needed." if by_rows else "Replay with --forecast moving."
        raise ImpossibleError(
            f"a replay plays stock day by day, and {what} (data.period = {period!r}): its figures would mix {period}s "
            f"into days. {remedy}",
            {"period": period},
        )


def _offered(scenario: ReplayScenario, forecast: Forecast, tuned: Tuned) -> dict[str, Policy]:
    perfect = perfect_forecast(scenario.facts.played, scenario.rates.horizon)
    named: dict[str, Policy] = {
        "suggested": scenario.suggested(forecast),
        "tuned": scenario.by(forecast, tuned.economic),
        "matched": scenario.by(forecast, tuned.matched),
        "cover": scenario.cover(tuned.cover(scenario.fresh)),
        "legacy": scenario.legacy(),
        "perfect": scenario.suggested(perfect, policy="economic"),
    }
    return named | {name: scenario.suggested(forecast, policy=name) for name in _by_settings()}


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
    tried += [("cover", float(days), scenario.cover(float(days))) for days in COVER_DAYS[::2]]
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


def _notes(scenario: ReplayScenario, tuned: Tuned, baseline: str, model: bool, refresh_days: int) -> list[str]:
    facts, decided = scenario.facts, scenario.settings.replenishment
    made = "a demand model, fitted on what was known then" if model else "moving rates"
    notes = [
        f"{facts.series.height:,} series over {scenario.environment.periods} days from {scenario.starts[0]}; "
        f"forecasts: {made}, anew every {refresh_days} days. Baseline: {baseline}.",
        f"Orders are placed {decided.orders_placed.replace('_', ' ')}; the policy of the settings is "
        f"`{decided.policy}`; customers take goods {decided.withdrawal}.",
        f"Tuned by replay of the {tuned.days} days before: cover {tuned.cover_days:g} days (fresh goods "
        f"{tuned.fresh_cover_days:g}) on top of lead time and review.",
        f"Tuned likewise, by cost: {_settings_text(tuned.economic)}.",
        f"Matched to what the recorded orders served in those days: {_settings_text(tuned.matched)}.",
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


def _settings_text(settings: ReplenishmentSettings) -> str:
    """Settings as they go into settings.toml."""
    fresh = settings.fresh_spread_factor
    text = f'policy = "{settings.policy}", spread_factor = {settings.spread_factor:g}, '
    text += "" if fresh is None else f"fresh_spread_factor = {fresh:g}, "
    return f"`{text}lost_unit_cost = {settings.lost_unit_cost:g}`"
