"""Forecasts totals by dynamic harmonic regression: calendar effects on log demand, with a moving level.

Ridge regression with exponentially decayed weights of days and a trend that may bend every quarter and ends flat; the
level is that of the last days' residuals. All totals of a region share one eigendecomposition, so that a thousand of
them cost little more than one: O(days x columns^2 + columns^3 + totals x days x columns).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.demand.arrays import Bools, Doubles

_HALF_LIFE_DAYS = 1000.0
"""Days in which a day loses half its weight; slower decay was no better on M5 (docs/benchmarks.md, Totals)."""
_BEND_DAYS = 90
"""Days between bends of the trend: a quarter; knots of 30 days were no better on M5 (docs/benchmarks.md, Totals)."""
_LEVEL_SHARE = 0.9
"""Share of their mean that the level is shifted by. Chosen by judgement, not measured."""
LEVEL_PENALTY, SLOPE_PENALTY, BEND_PENALTY, PLAN_PENALTY = 1e-6, 1e-3, 0.3, 1.0
"""Ridge penalties relative to the strength of a series. The regression was chosen as a whole on M5 (docs/benchmarks.md,
Totals)."""
_STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0)
"""Ridge strengths that each total chooses from by cross-validation (better on M5: docs/benchmarks.md, Totals)."""
_PASSES = 4
"""Fits; residuals are clipped after each but the last. Chosen by judgement, not measured."""
OUTLIER, FAR_OUT = 2.0, 3.0
"""Spreads at which residuals are clipped for the fit and for the level. Chosen by judgement, not measured."""
_CLOSED_SHARE = 0.2
"""Share of the usual period; less says that a store was closed, and is no information. Chosen by judgement, not
measured."""
_RECENT_DAYS = 400
"""Newest days that the usual period is read from: a year and a month. Chosen by judgement, not measured."""
_MOST_LOG_UNITS = 25.0
"""Logarithm of the largest forecast, so that it stays finite."""
_DAYS_OF_YEAR = 365.0
"""Days of the year that slopes are measured in."""


@dataclass(frozen=True)
class _Basis:
    """The columns of a regression, scaled by their penalties and turned into their own directions.

    Attributes:
        columns: shape (days + horizon, columns), scaled.
        fade: shape (days,), weight of each day.
        values, vectors: eigenvalues and eigenvectors of the weighted squares.
    """

    columns: Doubles
    fade: Doubles
    values: Doubles
    vectors: Doubles

    @classmethod
    def from_design(cls, design: Doubles, penalties: Doubles, days: int) -> "_Basis":
        trend, trend_penalties = _trend(days, len(design))
        scale = 1 / np.sqrt(np.concatenate([trend_penalties, penalties]))
        columns = np.concatenate([trend, design], axis=1) * scale
        fade = 0.5 ** (np.arange(days - 1, -1, -1) / _HALF_LIFE_DAYS)
        seen = columns[:days] * np.sqrt(fade)[:, None]
        values, vectors = np.linalg.eigh(seen.T @ seen)
        return cls(columns, fade, np.maximum(values, 0), vectors)

    def turned(self, filled: Doubles) -> Doubles:
        """What the days say in each direction, shape (totals, columns)."""
        projected: Doubles = (filled * self.fade) @ self.columns[: self.fade.size] @ self.vectors
        return projected

    def fitted(self, turned: Doubles, strength: Doubles) -> Doubles:
        """Values on all days, shape (totals, days + horizon)."""
        values: Doubles = (turned / (self.values + strength[:, None])) @ self.vectors.T @ self.columns.T
        return values

    def best_strength(self, filled: Doubles) -> Doubles:
        """The penalty's strength of each total, by generalised cross-validation.

        Golub, Heath and Wahba, Technometrics 21 (1979).
        """
        turned, days, weight = self.turned(filled), self.fade.size, self.fade.sum()
        errors = []
        for strength in _STRENGTHS:
            residual = filled - self.fitted(turned, np.full(len(filled), strength))[:, :days]
            used = (self.values / (self.values + strength)).sum() / weight
            errors.append((residual**2 @ self.fade) / weight / max(1 - used, 1e-3) ** 2)
        best: Doubles = np.array(_STRENGTHS)[np.argmin(errors, axis=0)]
        return best


def harmonic_forecast(
    units: Doubles, design: Doubles, penalties: Doubles, level_days: Sequence[int] = (7, 21)
) -> tuple[Doubles, Doubles]:
    """Mean demand of totals on the days after their last.

    Days before a total's first sale and days on which it was closed (a fifth of its usual sales) teach nothing;
    outliers are drawn in to two standard deviations (Huber's pseudo-values).

    Args:
        units: shape (totals, days), units per day.
        design: shape (days + horizon, columns), what is known of each day (`features.demand.calendar_regressors`).
        penalties: shape (columns,).
        level_days: newest days whose residuals shift the level, the mean of each as much as that of the others. On M5
            7 and 21 days alone .473 and .478, both .472, 14 days .474 (docs/benchmarks.md, Totals).

    Returns:
        Shape (totals, horizon), units per day; and shape (totals, days), logarithms of what the days sold over what the
        regression says of them, 0 where a day says nothing.
    """
    days = units.shape[1]
    basis = _Basis.from_design(design, penalties, days)
    logs, known = np.log1p(units), _informative(units)
    filled = np.where(known, logs, _usual(logs, known))
    strength = basis.best_strength(filled)
    for number in range(_PASSES):
        if number == _PASSES - 1:
            strength = basis.best_strength(filled)
        fit = basis.fitted(basis.turned(filled), strength)
        residual = np.where(known, logs - fit[:, :days], 0.0)
        spread = np.sqrt((residual**2 @ basis.fade) / np.maximum(known @ basis.fade, 1e-9))[:, None]
        filled = fit[:, :days] + np.clip(residual, -OUTLIER * spread, OUTLIER * spread)
    recent = np.clip(residual, -FAR_OUT * spread, FAR_OUT * spread)
    means = [recent[:, -newest:].sum(axis=1) / np.maximum(known[:, -newest:].sum(axis=1), 1) for newest in level_days]
    level = _LEVEL_SHARE * np.mean(means, axis=0)
    # half the variance turns the mean of the logarithm into the mean of units (log-normal)
    ahead = fit[:, days:] + level[:, None] + spread**2 / 2
    forecast: Doubles = np.maximum(np.expm1(np.minimum(ahead, _MOST_LOG_UNITS)), 0.0)
    return forecast, residual


def _trend(days: int, width: int) -> tuple[Doubles, Doubles]:
    """Level, slope and a bend every quarter, flat after the last day, with their penalties."""
    number = np.minimum(np.arange(width), days - 1)
    bends = np.arange(_BEND_DAYS, days - _BEND_DAYS / 3, _BEND_DAYS)
    columns = [
        np.ones((width, 1)),
        (number[:, None] - days) / _DAYS_OF_YEAR,
        np.maximum(number[:, None] - bends, 0) / _DAYS_OF_YEAR,
    ]
    penalties = [LEVEL_PENALTY, SLOPE_PENALTY, *[BEND_PENALTY] * bends.size]
    return np.concatenate(columns, axis=1), np.array(penalties)


def _informative(units: Doubles) -> Bools:
    begun = np.cumsum(units > 0, axis=1) > 0
    usual = np.median(units[:, -_RECENT_DAYS:], axis=1, keepdims=True)
    informative: Bools = begun & (units >= _CLOSED_SHARE * usual)
    return informative


def _usual(logs: Doubles, known: Bools) -> Doubles:
    """Each total's mean on informative days of the same weekday (days apart by sevens)."""
    out = np.zeros_like(logs)
    for phase in range(7):
        part = known[:, phase::7]
        total = (logs[:, phase::7] * part).sum(axis=1)
        out[:, phase::7] = (total / np.maximum(part.sum(axis=1), 1))[:, None]
    return out
