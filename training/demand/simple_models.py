"""Forecasts series by simple models: means, earlier seasons and exponential smoothing, each series by itself.

They compete with the trees on groups of series (`training.demand.blend`). All run on whole panels at once, so a window
costs seconds and not hours.
"""

from collections.abc import Callable
from itertools import product

import numpy as np

from features.demand.arrays import Bools, Doubles, Floats, Ints, ratio
from features.demand.demand_panel import DemandPanel

_PLAIN_CYCLES = 8
"""Newest cycles (weeks of days) that a weekday mean is read from: the longest of `Rhythm.cycles` of days."""
_PROMOTED_CYCLES = 26
"""Newest cycles that promoted days are read from: half a year, for promotions are few. Chosen by judgement, not
measured."""
_SMOOTHED_PERIODS = 196
"""Newest periods that are smoothed: 28 weeks of days, as of the baseline ETS."""
_WARM_UP_CYCLES = 4
"""First cycles of them whose errors do not count: the level starts at their mean."""
ALPHAS, GAMMAS = (0.02, 0.05, 0.1, 0.2, 0.4), (0.0, 0.05, 0.2)
"""Weights of the newest error in level and season that are compared by one-step errors: a coarse grid of the range that
fitted models of daily sales have. Chosen by judgement, not measured."""


def weekday_mean(panel: DemandPanel, horizon: int) -> Doubles:
    """Mean of the last eight weeks' same weekday, promoted and other days apart (weeks, months: of all periods)."""
    season, count = _cycle(panel), panel.axis.count
    promoted = panel.promotion[:, :count]
    plain = _phase_means(panel, ~promoted, _PLAIN_CYCLES, season)
    out = plain[:, np.arange(count, count + horizon) % season]
    if not panel.has_promotions:
        return out
    by_state = _phase_means(panel, promoted, _PROMOTED_CYCLES, season)[:, np.arange(count, count + horizon) % season]
    return np.where(panel.promotion[:, count : count + horizon], by_state, out)


def moving_average(panel: DemandPanel, horizon: int) -> Doubles:
    """Mean of the last four weeks in stock (eight weeks, three months)."""
    count = panel.axis.count
    mean: Doubles = panel.levels.mean(count - panel.axis.rhythm.level, count)
    return np.repeat(mean[:, None], horizon, axis=1)


def seasonal_naive(panel: DemandPanel, horizon: int) -> Doubles:
    """The last week again (weeks, months: the last year)."""
    return _again(panel, horizon, panel.axis.rhythm.season)


def last_year(panel: DemandPanel, horizon: int) -> Doubles:
    """The same days of 52 weeks ago (weeks, months: a year ago)."""
    return _again(panel, horizon, panel.axis.rhythm.year)


def smoothing(panel: DemandPanel, horizon: int) -> Doubles:
    """Exponential smoothing, additive season of a week or none, no trend; per series the best of a grid.

    Models ETS(A,N,A) and ETS(A,N,N) of Hyndman and Athanasopoulos, Forecasting: Principles and Practice (3rd ed.,
    section 8.6), compared by the squared errors of one step.
    """
    begin = max(panel.axis.count - _SMOOTHED_PERIODS, 0)
    demand, known = panel.usual_demand[:, begin:], panel.usual_weight[:, begin:]
    season = _cycle(panel)
    ahead = np.arange(demand.shape[1], demand.shape[1] + horizon)
    best, out = np.full(panel.size, np.inf), np.full((panel.size, horizon), np.nan)
    for alpha, (gamma, cycle) in product(ALPHAS, [(0.0, 1), *((gamma, season) for gamma in GAMMAS if season > 1)]):
        level, seasonal, error = _smoothed(demand, known, alpha, gamma, cycle)
        better = error < best
        best[better] = error[better]
        out[better] = np.maximum(level[better, None] + seasonal[better][:, ahead % cycle], 0)
    return out


SIMPLE_MODELS: dict[str, Callable[[DemandPanel, int], Doubles]] = {
    "weekday_mean": weekday_mean,
    "moving_average": moving_average,
    "seasonal_naive": seasonal_naive,
    "last_year": last_year,
    "smoothing": smoothing,
}
"""Name -> units per period over the horizon, shape (n, H); NaN where a series gives no answer."""


def simple_means(panel: DemandPanel, horizon: int, names: tuple[str, ...]) -> Floats:
    """Forecasts of the models named, shape (models, n, H), units per period; NaN where there is none."""
    out = np.empty((len(names), panel.size, horizon), dtype=np.float32)
    for place, name in enumerate(names):
        out[place] = SIMPLE_MODELS[name](panel, horizon)
    return out


def _cycle(panel: DemandPanel) -> int:
    """Periods of a week; 1 where periods are longer or there are less than three weeks."""
    season = panel.axis.rhythm.season
    return season if panel.axis.period == "day" and panel.axis.count >= 3 * season else 1


def _phase_means(panel: DemandPanel, counts: Bools, cycles: int, season: int) -> Doubles:
    """Mean demand by period number modulo `season`, shape (n, season); where a phase has none, of all its phases."""
    count = panel.axis.count
    begin = max(count - cycles * max(season, 1), 0)
    weight = panel.usual_weight[:, begin:] & counts[:, begin:]
    demand = np.where(weight, panel.usual_demand[:, begin:], 0).astype(np.float64)
    overall = ratio(demand.sum(axis=1), weight.sum(axis=1).astype(np.float64))
    out = np.repeat(overall[:, None], season, axis=1)
    for phase in range(season):
        of_phase: Ints = np.flatnonzero(np.arange(begin, count) % season == phase)
        known = weight[:, of_phase].sum(axis=1).astype(np.float64)
        mean = ratio(demand[:, of_phase].sum(axis=1), known)
        out[:, phase] = np.where(known > 0, mean, out[:, phase])
    return out


def _again(panel: DemandPanel, horizon: int, lag: int) -> Doubles:
    """Demand of one lag ago, again and again; NaN where it is not known."""
    count = panel.axis.count
    if lag > count:
        return np.full((panel.size, horizon), np.nan)
    known = panel.usual_weight[:, count - lag :]
    last = np.where(known, panel.usual_demand[:, count - lag :], np.nan).astype(np.float64)
    return np.tile(last, (1, -(-horizon // lag)))[:, :horizon]


def _smoothed(
    demand: Floats, known: Bools, alpha: float, gamma: float, season: int
) -> tuple[Doubles, Doubles, Doubles]:
    """Level after the last period, season by phase, and the mean squared error of one step after the warm-up."""
    count = demand.shape[1]
    start = min(_WARM_UP_CYCLES * max(season, 7), count)
    weight = known[:, :start].astype(np.float64)
    level = ratio((demand[:, :start] * weight).sum(axis=1), weight.sum(axis=1), otherwise=0.0)
    seasonal = np.zeros((len(demand), season))
    for phase in range(season if season > 1 else 0):
        of_phase = weight[:, phase::season]
        away = ((demand[:, :start][:, phase::season] - level[:, None]) * of_phase).sum(axis=1)
        seasonal[:, phase] = away / (of_phase.sum(axis=1) + 1)
    errors, periods = np.zeros(len(demand)), np.zeros(len(demand))
    for period in range(count):
        phase = period % season
        error = np.where(known[:, period], demand[:, period] - level - seasonal[:, phase], 0.0)
        level += alpha * error
        seasonal[:, phase] += gamma * error
        if period >= start:
            errors += error**2
            periods += known[:, period]
    return level, seasonal, ratio(errors, periods, otherwise=1e300)
