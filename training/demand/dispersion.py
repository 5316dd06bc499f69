"""Fits the dispersion of demand around its mean: gamma effects over the horizon, a week and a day.

Demand of a period is Poisson with rate mean x G x W x E. G (one draw per series and forecast), W (one per week) and E
(one per period) are gamma variables of mean 1, so that a period is negative binomial and errors are correlated over
periods: any sum over a lead time has the spread that was seen. The three variances are fitted by demand class on
residuals of forecasts made for periods the model had not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import gammaln

from features.demand.arrays import Bools, Doubles, Floats, Ints, ratio

BLOCK = 7
"""Periods of a block whose common factor is estimated: a week of days."""
_GRID = np.concatenate([[1e-4], np.geomspace(0.01, 60.0, 36)])
"""Dispersions (variance of a gamma factor) that are compared by likelihood: almost none to 60."""
_MAX_SAMPLE = 60_000
"""Cells that the likelihood is summed over; bounds the time. Chosen by judgement, not measured."""
_MIN_CLASS_SERIES = 120
"""Series that a class of rates needs for a dispersion of its own. Chosen by judgement, not measured."""
_MIN_PERIODS = 200
"""Observed cells below which _DEFAULT_VARIANCES are taken. Chosen by judgement, not measured."""
_MIN_WHOLE_SERIES = 5
"""Series without gaps that a window needs for the variance of sums. Chosen by judgement, not measured."""
_MAX_RATE_CLASSES = 10
"""Classes of rates at most. Chosen by judgement, not measured."""
_DEFAULT_VARIANCES = (0.15, 0.05, 0.25)
"""Variance over horizon, week and period where nothing was backtested. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Residuals:
    """Forecasts of one origin with what happened, one row per series.

    Attributes:
        mean: shape (n, H), forecast units.
        units: shape (n, H), what was wanted.
        weight: shape (n, H), 1 where that is known (listed and in stock).
        roughness: shape (n,), spread of each series' own history beyond Poisson (`own_roughness`).
        store, department, category: shape (n,), a number for each (`training.demand.common_effects.codes`).
        correction: shape (n, H), factor by which the category totals of the series would be met.
        demand_class: shape (n,), number in `training.demand.demand_class.CLASSES`; empty where nothing was compared.
        promoted: shape (n, H), whether a promotion was planned; empty in the same way.
        simple: shape (models, n, H), forecasts of simple models, NaN where there is none; empty in the same way.
    """

    mean: Doubles
    units: Doubles
    weight: Doubles
    roughness: Doubles
    store: Ints
    department: Ints
    category: Ints
    correction: Doubles
    demand_class: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    promoted: Bools = field(default_factory=lambda: np.empty((0, 0), dtype=bool))
    simple: Floats = field(default_factory=lambda: np.empty((0, 0, 0), dtype=np.float32))

    @classmethod
    def joined(cls, parts: Sequence["Residuals"], horizon: int) -> "Residuals":
        """One below the other, over the first `horizon` periods."""
        nothing, no_codes = np.empty((0, horizon)), np.empty(0, dtype=np.int64)
        return cls(
            np.concatenate([nothing, *(part.mean[:, :horizon] for part in parts)]),
            np.concatenate([nothing, *(part.units[:, :horizon] for part in parts)]),
            np.concatenate([nothing, *(part.weight[:, :horizon] for part in parts)]),
            np.concatenate([np.empty(0), *(part.roughness for part in parts)]),
            np.concatenate([no_codes, *(part.store for part in parts)]),
            np.concatenate([no_codes, *(part.department for part in parts)]),
            np.concatenate([no_codes, *(part.category for part in parts)]),
            np.concatenate([nothing, *(part.correction[:, :horizon] for part in parts)]),
            **_joined_contest([part for part in parts if part.simple.size], horizon),
        )


def _joined_contest(parts: Sequence[Residuals], horizon: int) -> dict[str, Any]:
    """The fields of `Residuals` that compare simple models, one part below the other; none where no part has them."""
    if not parts:
        return {}
    return {
        "demand_class": np.concatenate([part.demand_class for part in parts]),
        "promoted": np.concatenate([part.promoted[:, :horizon] for part in parts]),
        "simple": np.concatenate([part.simple[:, :, :horizon] for part in parts], axis=1),
    }


@dataclass(frozen=True)
class Dispersion:
    """Fitted variances by demand class.

    Attributes:
        rates: upper edges of the classes of mean units per period, ascending; the last is infinite.
        splits: shape (classes, 2), edges between smooth, middling and rough histories.
        variances: shape (classes, 3, 3): class, roughness, and the variance over horizon, week and period.
    """

    rates: Doubles
    splits: Doubles
    variances: Doubles

    @classmethod
    def default(cls) -> "Dispersion":
        """Variances assumed where there are no residuals."""
        variances = np.tile(np.array(_DEFAULT_VARIANCES), (1, 3, 1))
        return cls(np.array([np.inf]), np.array([[np.inf, np.inf]]), variances)

    def series_variances(self, mean: Doubles, roughness: Doubles) -> Doubles:
        """Variances of each series, shape (n, 3)."""
        rate = np.searchsorted(self.rates[:-1], mean.mean(axis=1), side="right")
        rough = (roughness[:, None] > self.splits[rate]).sum(axis=1)
        chosen: Doubles = self.variances[rate, rough]
        return chosen


def own_roughness(total: Doubles, squares: Doubles, weight: Doubles) -> Doubles:
    """(variance - mean) / mean^2 of a series' recent periods: 0 for Poisson; -1 at least, NaN-free."""
    mean, second = ratio(total, weight, otherwise=0.0), ratio(squares, weight, otherwise=0.0)
    return ratio(second - mean**2 - mean, mean**2, otherwise=0.0)


def fit_dispersion(residuals: Sequence[Residuals], seed: int = 0) -> Dispersion:
    """Fits the variances on forecasts of several origins; the default where they hold too few periods."""
    if sum(int((r.weight > 0).sum()) for r in residuals) < _MIN_PERIODS:
        return Dispersion.default()
    horizon = min(r.mean.shape[1] for r in residuals)
    pooled = Residuals.joined(residuals, horizon)
    rate = pooled.mean.mean(axis=1)
    classes = int(np.clip(rate.size // (3 * _MIN_CLASS_SERIES), 1, _MAX_RATE_CLASSES))
    edges = np.append(np.unique(np.quantile(rate, np.linspace(0, 1, classes + 1)[1:-1])), np.inf)
    number = np.searchsorted(edges[:-1], rate, side="right")
    splits = np.full((edges.size, 2), np.inf)
    variances = np.empty((edges.size, 3, 3))
    rng = np.random.default_rng(seed)
    for row in range(edges.size):
        of_class = number == row
        if of_class.sum() >= _MIN_CLASS_SERIES:
            splits[row] = np.quantile(pooled.roughness[of_class], [1 / 3, 2 / 3])
        rough = (pooled.roughness[:, None] > splits[row]).sum(axis=1)
        for column in range(3):
            chosen = of_class & (rough == column)
            variances[row, column] = _variances(pooled, chosen if chosen.any() else of_class, rng)
    return Dispersion(edges, splits, variances)


def _variances(residuals: Residuals, chosen: Bools, rng: np.random.Generator) -> Doubles:
    """Variances over horizon, week and period of the chosen series."""
    mean, units, weight = residuals.mean[chosen], residuals.units[chosen], residuals.weight[chosen]
    horizon = mean.shape[1]
    known = weight > 0
    daily = _negative_binomial_dispersion(units[known], mean[known], rng)
    whole = known.all(axis=1)
    if horizon < 2 or whole.sum() < _MIN_WHOLE_SERIES:
        return np.array([daily / 2, 0.0, daily / 2 / (1 + daily / 2)])
    mean, units = mean[whole], units[whole]
    total = _negative_binomial_dispersion(units.sum(1), mean.sum(1), rng)
    share = _concentration(mean)
    if horizon < 2 * BLOCK:
        return split_two(daily, total, share)
    blocks = horizon // BLOCK
    week_mean = mean[:, : blocks * BLOCK].reshape(-1, blocks, BLOCK)
    week_units = units[:, : blocks * BLOCK].reshape(-1, blocks, BLOCK).sum(2)
    weekly = _negative_binomial_dispersion(week_units.ravel(), week_mean.sum(2).ravel(), rng)
    return split_three(
        daily, weekly, total, _concentration(week_mean.reshape(-1, BLOCK)), _concentration(week_mean.sum(2)), share
    )


def split_two(daily: float, total: float, share: float) -> Doubles:
    """Variances over horizon and period from the dispersions of a period and of the sum over the horizon."""
    ratio = min((1 + total) / (1 + daily), 1.0)
    of_period = np.clip((1 - ratio) / max(ratio - share, 1e-3), 0, daily)
    return np.array([max((1 + daily) / (1 + of_period) - 1, 0.0), 0.0, of_period])


def split_three(
    daily: float, weekly: float, total: float, day_share: float, week_share: float, day_in_total: float
) -> Doubles:
    """Variances over horizon, week and period from the dispersions of a day, a week's sum and the horizon's sum.

    With independent gamma effects a sum with shares w_i of the mean has dispersion sum over pairs w_i w_j of what the
    two share; `*_share` are the sums of squared shares.
    """
    ratio = min((1 + weekly) / (1 + daily), 1.0)
    of_day = float(np.clip((1 - ratio) / max(ratio - day_share, 1e-3), 0, daily))
    both = (1 + daily) / (1 + of_day)
    left = max(1 + total - both * of_day * day_in_total, 1.0)
    ratio = min(left / both, 1.0)
    of_week = float(np.clip((1 - ratio) / max(ratio - week_share, 1e-3), 0, both - 1))
    return np.array([max(both / (1 + of_week) - 1, 0.0), of_week, of_day])


def _negative_binomial_dispersion(units: Doubles, mean: Doubles, rng: np.random.Generator) -> float:
    """Maximum-likelihood dispersion d of a negative binomial with variance mean + d mean^2, on a grid."""
    if units.size > _MAX_SAMPLE:
        drawn = rng.choice(units.size, _MAX_SAMPLE, replace=False)
        units, mean = units[drawn], mean[drawn]
    if units.size == 0:
        return float(sum(_DEFAULT_VARIANCES))
    likelihood = [_log_likelihood(units, np.maximum(mean, 1e-6), dispersion) for dispersion in _GRID]
    best = int(np.argmax(likelihood))
    return float(_GRID[best])


def _log_likelihood(units: Doubles, mean: Doubles, dispersion: float) -> float:
    size = 1 / dispersion
    terms = gammaln(units + size) - gammaln(size) - (units + size) * np.log1p(mean * dispersion)
    return float((terms + units * np.log(mean * dispersion)).sum())


def _concentration(mean: Doubles) -> float:
    """Sum of squared shares of a row's total, over the rows weighted by their total."""
    total = mean.sum(axis=1)
    share = (mean**2).sum(axis=1) / np.maximum(total, 1e-12) ** 2
    return float(np.average(share, weights=np.maximum(total, 1e-12)))
