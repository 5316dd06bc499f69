"""Forecasts category totals of stores, and reconciles the series with them top-down.

Errors that thousands of series have in common (a season, a festival, a trend) are too small to be seen in any one of
them and large in their sum. A total is forecast twice, by a harmonic regression on its whole history and by trees like
those of the series, and the two are averaged; the series are then moved towards it in proportion (top-down
reconciliation: Athanasopoulos, Ahmed, Hyndman, International Journal of Forecasting 25, 2009), as far as earlier
windows say that it helps (`training.demand.calibration`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from features.demand.arrays import Doubles, ratio, summed_rows
from features.demand.calendar_regressors import calendar_design
from features.demand.category_history import CategoryHistory, category_history, total_numbers
from features.demand.demand_panel import DemandPanel
from features.demand.feature_matrix import DemandFeatures, Vocabulary
from features.demand.history import DemandHistory
from features.demand.panel import panels
from training.demand.booster import fit_booster
from training.demand.config import DemandConfig
from training.demand.harmonic import harmonic_forecast
from training.demand.level_model import LevelModel

_LEVEL_PERIODS = 28
"""Newest periods that a total's level is read from: four weeks of days. Chosen by judgement, not measured."""
_SHARE_LIMIT = 1.5
"""Largest share that series may have of their total: above 1 where the total misses sales. Chosen by judgement, not
measured."""
CORRECTION_LIMITS = (0.4, 2.5)
"""Times that totals may move the series. Chosen by judgement, not measured."""
_CLOSED_SHARE = 0.4
"""Share of the mean; where the trees say less a store is closed, and they alone count. Chosen by judgement, not
measured."""
_LONG_DAYS = 730
"""Days of totals from which WAVE_SHARE holds: two years, so that every day of the year was seen twice."""
WAVE_SHARE, WAVE_SHARE_OF_SHORT = 0.5, 0.7
"""How much the regression counts beside the trees, which need more than two years to tell a season from what else was
new in it (chosen on totals of M5 in 14 windows before the five that are reported)."""
_PLAN_EFFECT_SD = 1.0
"""Standard deviation of the effect of plans, as a prior. Chosen by judgement, not measured."""
_PLAN_LIMITS = (-1.0, 1.0)
"""Logarithms of the factor that plans may give. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class TotalsForecast:
    """Forecasts of category totals over the horizon.

    Attributes:
        members: store, department and category with the number `s` of their total.
        mean: shape (totals, H), units per period of everything in the total.
        recent: shape (totals,), units per period of late.
    """

    members: pl.DataFrame
    mean: Doubles
    recent: Doubles


@dataclass(frozen=True)
class TotalsModel:
    """The fitted model of totals.

    Attributes:
        trees: the trees of totals; the regression is fitted anew to whatever history it forecasts from.
    """

    trees: LevelModel

    @classmethod
    def fit(cls, history: DemandHistory, config: DemandConfig) -> "TotalsModel | None":
        """Fits on the totals of a history; None where there are none to speak of."""
        totals = category_history(history, config.demand.totals_least_units)
        if totals is None:
            return None
        series = totals.history
        vocabulary = Vocabulary.from_history(series)
        own = config.for_totals()
        return cls(LevelModel(own, vocabulary, fit_booster(series, DemandFeatures(series, vocabulary), own)))

    def forecast(self, history: DemandHistory) -> TotalsForecast | None:
        """Totals over the periods after the history's last; None where they are too short."""
        totals = category_history(history, self.trees.config.demand.totals_least_units)
        if totals is None:
            return None
        mean, residual = _waves(totals, self.trees.config.totals_level_days)
        if self.trees.booster is not None:
            trees = self._by_trees(totals.history)
            share = WAVE_SHARE if totals.units.shape[1] >= _LONG_DAYS else WAVE_SHARE_OF_SHORT
            mean = np.where(trees < _CLOSED_SHARE * mean, trees, mean**share * trees ** (1 - share))
        recent = totals.units[:, -_LEVEL_PERIODS:].mean(axis=1)
        return TotalsForecast(totals.members, mean * plan_effect(totals, residual), recent)

    def _by_trees(self, totals: DemandHistory) -> Doubles:
        features = DemandFeatures(totals, self.trees.vocabulary)
        means = [self.trees.predict(features.for_panel(panel), totals.horizon) for panel in panels(totals)]
        return np.concatenate(means)


def correction(totals: TotalsForecast | None, panel: DemandPanel, mean: Doubles) -> Doubles:
    """Factor for each series and period by which the series would sum to the forecast of their category total.

    Of the total the panel's series get the share that they had of late; the rest belongs to those too rare for it.

    Args:
        totals: forecasts of totals; without them nothing is corrected.
        panel: whole stores.
        mean: shape (n, H), of the panel's series by themselves.
    """
    if totals is None or panel.size == 0:
        return np.ones_like(mean)
    total_of = total_numbers(panel.series, totals.members)
    has_total = total_of >= 0
    size = len(totals.mean)
    share = np.clip(
        ratio(summed_rows(panel.demand[:, -_LEVEL_PERIODS:], total_of, size).mean(axis=1), totals.recent),
        0,
        _SHARE_LIMIT,
    )
    target = totals.mean[:, : mean.shape[1]] * share[:, None]
    factor = np.nan_to_num(ratio(target, summed_rows(mean, total_of, size)), nan=1.0)
    factor = np.where(factor > 0, np.clip(factor, *CORRECTION_LIMITS), 1.0)
    return np.where(has_total[:, None], factor[total_of], 1.0)


def plan_effect(totals: CategoryHistory, residual: Doubles) -> Doubles:
    """Factor by which promotions and prices planned ahead change totals against those of late, shape (totals, H).

    One effect of each kind for all totals, by ridge regression of what the calendar leaves unexplained.

    Args:
        totals: the totals with their plans.
        residual: shape (totals, T), logarithms of units over what the calendar says.
    """
    count = totals.units.shape[1]
    plans, unexplained = totals.plans[:, totals.planned_from : count], residual[:, totals.planned_from :]
    kinds = plans.shape[2]
    moved = (plans - plans.mean(axis=1, keepdims=True)).reshape(-1, kinds)
    change = (unexplained - unexplained.mean(axis=1, keepdims=True)).ravel()
    prior = np.eye(kinds) * max(float(change.var()), 1e-9) / _PLAN_EFFECT_SD**2
    effect = np.linalg.solve(moved.T @ moved + prior, moved.T @ change)
    ahead = totals.plans[:, count:] - totals.plans[:, count - _LEVEL_PERIODS : count].mean(axis=1, keepdims=True)
    factor: Doubles = np.exp(np.clip(ahead @ effect, *_PLAN_LIMITS))
    return factor


def _waves(totals: CategoryHistory, level_days: Sequence[int]) -> tuple[Doubles, Doubles]:
    """Harmonic regression of every total, region by region: shapes (totals, H) and (totals, T)."""
    history = totals.history
    dates = history.axis.starts(0, history.axis.count + history.horizon)
    regions = history.series["region"].to_list()
    out, residual = np.zeros((len(regions), history.horizon)), np.zeros_like(totals.units)
    for region in dict.fromkeys(regions):
        rows = [row for row, name in enumerate(regions) if name == region]
        design, penalties = calendar_design(dates, history.axis.count, history.country, history.calendar, region)
        out[rows], residual[rows] = harmonic_forecast(totals.units[rows], design, penalties, level_days)
    return out, residual
