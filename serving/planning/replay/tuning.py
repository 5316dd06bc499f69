"""Tunes parameters of policies by replay of the periods before the replay, never of those reported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl

from features.demand.history import read_history
from features.demand.periods import Period
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Bools, Floats
from retail_brain.errors import ImpossibleError
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import ReplenishmentSettings, Settings
from retail_brain.simulation.policies import Forecast
from serving.planning.replay.chain_orders import ChainOrders
from serving.planning.replay.inputs import read_replay
from serving.planning.replay.periods import TUNE_DAYS
from serving.planning.replay.rolling_forecasts import Fit, Rolling, RollingForecasts, as_of_forecasts
from serving.planning.replay.scenario import ReplayScenario
from training.demand.elasticity import elasticities

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
_SPREADS = (0.3, 0.45, 0.6, 0.8, 1.0, 1.25)
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
        transfers: whether the plan may move goods between shops.
        markdowns: whether what the plan advises for its left-overs is charged, as far as forecasts know prices.
        progress: told of fits and forecasts.
    """

    dataset: Dataset
    settings: Settings
    stores: Sequence[str] | None = None
    fit: Fit | None = None
    rolling: Rolling = field(default_factory=Rolling)
    transfers: bool = True
    markdowns: bool = True
    progress: Progress = SILENT

    def scenario(self, first: date, last: date) -> ReplayScenario:
        """The scenario of the days.

        Raises:
            ImpossibleError: nothing to replay.
        """
        facts = read_replay(self.dataset.at(last), first, last, self.settings, self.stores, self.rolling.seed)
        paths, seed, refresh = self.rolling.paths, self.rolling.seed, self.rolling.refresh(facts.axis)
        return ReplayScenario.of(facts, self.settings, paths=paths, seed=seed, refresh=refresh)

    def forecasts(self, scenario: ReplayScenario) -> RollingForecasts:
        """Forecasts as of every refresh."""
        return as_of_forecasts(self.dataset, self.fit, scenario, self.rolling, self.progress)

    def chain(
        self, scenario: ReplayScenario, forecasts: RollingForecasts, truth: pl.DataFrame | None
    ) -> Callable[[ReplenishmentSettings, Forecast], ChainOrders]:
        """The chain's one plan as a policy, by the settings of its orders and the forecast that it knows.

        Args:
            scenario: of the days.
            forecasts: what was known of prices as of each refresh.
            truth: what prices do, of `price_truth`; None leaves them as they are.
        """

        def planned(decided: ReplenishmentSettings, known: Forecast) -> ChainOrders:
            return scenario.chain(
                self.dataset,
                known,
                decided,
                transfers=self.transfers,
                prices=None if truth is None else scenario.markdowns(truth),
                estimates=None if truth is None else forecasts.prices_at,
            )

        return planned

    def price_truth(self, last: date, forecasts: RollingForecasts) -> pl.DataFrame | None:
        """Elasticities that customers of a replay have, from all that is recorded until its last day.

        None where no markdown is played: none are to be, or the forecasts know no prices.
        """
        if not self.markdowns or not forecasts.prices:
            return None
        with self.progress.step("elasticities of the whole record") as step:
            truth = elasticities(read_history(self.dataset.at(last), self.settings, 0))
            step.rows = truth.height
        return truth


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
        economic, matched = _searched(scenario, forecast, usual)
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


def _searched(
    scenario: ReplayScenario, forecast: Forecast, usual: ReplenishmentSettings
) -> tuple[ReplenishmentSettings, ReplenishmentSettings]:
    """The spread factors and penalty of a lost unit that cost least, and the cheapest that serve as much as recorded.

    All combinations are compared: tuned one after another, a near tie of the spreads at one penalty decides what the
    next step finds at another. Goods that keep and fresh ones are played together and chosen apart.
    """
    penalties = [_penalty(scenario, share) for share in _PENALTIES]
    groups = [mask for mask in (~scenario.fresh, scenario.fresh) if mask.any()]
    cost, sold = (np.zeros((len(penalties), len(_SPREADS), len(groups))) for _ in range(2))
    for row, penalty in enumerate(penalties):
        for column, factor in enumerate(_SPREADS):
            update = {"spread_factor": factor, "fresh_spread_factor": None, "lost_unit_cost": penalty}
            outcome = scenario.play(scenario.by(forecast, usual.model_copy(update=update)))
            of_series = outcome.cost(scenario.environment)
            cost[row, column] = [of_series[mask].sum() for mask in groups]
            sold[row, column] = [outcome.sold[mask].sum() for mask in groups]
    total, served = _sums(cost), _sums(sold)
    cheapest = np.unravel_index(int(total.argmin()), total.shape)
    facts = scenario.facts
    enough = served >= np.minimum(facts.sold, facts.played).sum() - 1e-9
    if not facts.has_inventory:
        matched = cheapest
    elif enough.any():
        matched = np.unravel_index(int(np.where(enough, total, np.inf).argmin()), total.shape)
    else:
        matched = np.unravel_index(int(served.argmax()), total.shape)

    def chosen(place: Sequence[np.intp]) -> ReplenishmentSettings:
        factors = {"spread_factor": _SPREADS[place[1]], "fresh_spread_factor": _SPREADS[place[-1]]}
        return usual.model_copy(update=factors | {"lost_unit_cost": penalties[place[0]]})

    return chosen(cheapest), chosen(matched)


def _sums(table: Floats) -> Floats:
    """Sums over the groups of every combination of their spreads, shape (penalties, spreads) or with spreads twice."""
    if table.shape[2] == 1:
        return table[:, :, 0]
    both: Floats = table[:, :, None, 0] + table[:, None, :, 1]
    return both


def _penalty(scenario: ReplayScenario, share: float) -> float:
    """Money: a share of what a unit of the chain usually costs."""
    return round(share * float(np.median(scenario.facts.terms.cost_guess)), 2)
