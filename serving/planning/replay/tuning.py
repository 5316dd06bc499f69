"""Tunes parameters of policies by replay of the periods before the replay, never of those reported."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from features.demand.periods import Period
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Bools, Floats
from retail_brain.errors import ImpossibleError
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import ReplenishmentSettings, Settings
from retail_brain.simulation.engine import Outcome
from retail_brain.simulation.policies import Forecast
from serving.planning.replay.inputs import read_replay
from serving.planning.replay.periods import TUNE_DAYS
from serving.planning.replay.rolling_forecasts import Fit, Rolling, as_of_forecasts
from serving.planning.replay.scenario import ReplayScenario

COVER_PERIODS: dict[Period, tuple[float, ...]] = {
    "day": (-1, 0, 1, 2, 3, 4, 6, 9, 13, 18, 24),
    "week": (-1, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6),
    "month": (-0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3),
}
"""Periods of cover beyond lead time and review that are tried. Chosen by judgement, not measured."""
_USUAL_COVER: dict[Period, float] = {"day": 3.0, "week": 0.5, "month": 0.25}
"""Periods of cover where there is nothing to tune on. Chosen by judgement, not measured."""
_LEAST_TUNED: dict[Period, int] = {"day": 7, "week": 4, "month": 3}
"""Periods below which nothing is tuned. Chosen by judgement, not measured."""
_SPREADS = (0.6, 0.8, 1.0, 1.25)
"""Factors on the forecast's uncertainty that are tried. Chosen by judgement, not measured."""
_PENALTIES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Costs of a lost unit that are tried, as shares of the mean margin. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class ReplaySetup:
    """Data, settings and forecasts of a replay, for any days; forecasts of a day see only the days before it.

    Attributes:
        dataset: the whole history.
        settings: how orders are decided.
        stores: only these; None for all.
        fit: fits the demand model on the data visible on a day; None forecasts by moving rates.
        rolling: days between forecasts and fits, paths, and the seed.
        progress: told of fits and forecasts.
    """

    dataset: Dataset
    settings: Settings
    stores: Sequence[str] | None = None
    fit: Fit | None = None
    rolling: Rolling = field(default_factory=Rolling)
    progress: Progress = SILENT

    def scenario(self, first: date, last: date) -> ReplayScenario:
        """The scenario of the days.

        Raises:
            ImpossibleError: nothing to replay.
        """
        facts = read_replay(self.dataset.at(last), first, last, self.settings, self.stores, self.rolling.seed)
        paths, seed, refresh = self.rolling.paths, self.rolling.seed, self.rolling.refresh(facts.axis)
        return ReplayScenario.of(facts, self.settings, paths=paths, seed=seed, refresh=refresh)

    def forecasts(self, scenario: ReplayScenario) -> Forecast:
        """Forecasts as of every refresh."""
        return as_of_forecasts(self.dataset, self.fit, scenario, self.rolling, self.progress)


@dataclass(frozen=True)
class Tuned:
    """Parameters tuned on the periods before a replay.

    Attributes:
        periods: number of periods tuned on; 0 where there were too few, and the rest are defaults.
        cover, fresh_cover: periods of cover on top of lead time and review that cost least.
        economic: settings of the cheapest orders.
        matched: settings of the cheapest orders that would have served as much as the recorded ones did; the highest
            penalty tried where none would have. As `economic` without stock records.
    """

    periods: int
    cover: float
    fresh_cover: float
    economic: ReplenishmentSettings
    matched: ReplenishmentSettings

    def covers(self, fresh: Bools) -> Floats:
        """Periods of cover of each series."""
        return np.where(fresh, self.fresh_cover, self.cover)


def tune(setup: ReplaySetup, first: date, days: int | None = None) -> Tuned:
    """Tunes covers, the spread of the forecasts and the penalty of a lost unit in the `days` before `first`.

    None takes as many days as usual for the length of a period. With too few whole periods, or nothing sold before
    them, everything is as usual.
    """
    before, period = first - timedelta(days=1), setup.settings.data.period
    earliest = setup.dataset.at(before).daily_sales().select("date").min().collect().item()
    # half of the history is left ahead of the periods tuned on, for their own forecasts
    days = min(TUNE_DAYS[period] if days is None else days, (first - earliest).days // 2)
    usual, cover = setup.settings.replenishment.model_copy(update={"policy": "economic"}), _USUAL_COVER[period]
    untuned = Tuned(0, cover, cover, usual, usual)
    try:
        scenario = setup.scenario(first - timedelta(days=days), before)
    except ImpossibleError:
        return untuned
    if scenario.environment.periods < _LEAST_TUNED[period]:
        return untuned
    forecast = setup.forecasts(scenario)
    cover, fresh_cover = _covers(scenario)
    with setup.progress.step("tune on the periods before"):
        spread = _spreads(scenario, forecast, usual)
        economic, matched = _penalties(scenario, forecast, spread)
    return Tuned(scenario.environment.periods, cover, fresh_cover, economic, matched)


def _covers(scenario: ReplayScenario) -> tuple[float, float]:
    """The covers that cost least: of goods that keep, and of fresh ones."""
    period = scenario.facts.axis.period
    tried, usual = COVER_PERIODS[period], _USUAL_COVER[period]
    costs = np.array([scenario.play(scenario.cover(cover)).cost(scenario.environment) for cover in tried])
    covers = np.array(tried, dtype=np.float64)
    return (
        _cheapest(covers, costs[:, ~scenario.fresh], usual),
        _cheapest(covers, costs[:, scenario.fresh], usual),
    )


def _cheapest(values: Floats, costs: Floats, usual: float) -> float:
    """The value whose series cost least together; the usual one where there are none."""
    return float(values[int(costs.sum(axis=1).argmin())]) if costs.shape[1] else usual


def _spreads(scenario: ReplayScenario, forecast: Forecast, usual: ReplenishmentSettings) -> ReplenishmentSettings:
    """The spread factors that cost least, with a lost unit that costs half a usual unit on top."""
    penalty = _penalty(scenario, 0.5)
    tried = []
    for factor in _SPREADS:
        update = {"spread_factor": factor, "fresh_spread_factor": None, "lost_unit_cost": penalty}
        tried.append(_play(scenario, forecast, usual.model_copy(update=update)).cost(scenario.environment))
    factors, costs = np.array(_SPREADS), np.array(tried)
    keeping = _cheapest(factors, costs[:, ~scenario.fresh], usual.spread_factor)
    fresh = _cheapest(factors, costs[:, scenario.fresh], keeping)
    return usual.model_copy(update={"spread_factor": keeping, "fresh_spread_factor": fresh})


def _penalties(
    scenario: ReplayScenario, forecast: Forecast, usual: ReplenishmentSettings
) -> tuple[ReplenishmentSettings, ReplenishmentSettings]:
    """The penalty of a lost unit that costs least, and the least that serves as much as the recorded orders."""
    tried = [usual.model_copy(update={"lost_unit_cost": _penalty(scenario, share)}) for share in _PENALTIES]
    outcomes = [_play(scenario, forecast, settings) for settings in tried]
    costs = np.array([outcome.cost(scenario.environment).sum() for outcome in outcomes])
    cheapest = int(np.argmin(costs))
    facts = scenario.facts
    if not facts.has_inventory:
        return tried[cheapest], tried[cheapest]
    served = float(np.minimum(facts.sold, facts.played).sum() / max(facts.played.sum(), 1e-9))
    enough = np.flatnonzero([outcome.fill_rate >= served for outcome in outcomes])
    matched = int(enough[np.argmin(costs[enough])]) if len(enough) else len(tried) - 1
    return tried[cheapest], tried[matched]


def _penalty(scenario: ReplayScenario, share: float) -> float:
    """Money: a share of what a unit of the chain usually costs."""
    return round(share * float(np.median(scenario.facts.terms.cost_guess)), 2)


def _play(scenario: ReplayScenario, forecast: Forecast, settings: ReplenishmentSettings) -> Outcome:
    return scenario.play(scenario.by(forecast, settings))
