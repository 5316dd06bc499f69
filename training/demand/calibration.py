"""Calibrates forecasts on out-of-sample errors: bias, dispersion, and the weight of category totals."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from features.demand.arrays import Bools, Doubles, Floats, summed_rows
from features.demand.closed_days import CLOSED_LEAST_UNITS
from features.demand.demand_panel import DemandPanel
from training.demand.blend import Blend, Groups
from training.demand.blend_fit import fit_blend
from training.demand.common_effects import CommonEffects, fit_common_effects
from training.demand.dispersion import Dispersion, Residuals, fit_dispersion, own_roughness
from training.demand.paths import CommonFactors, PathDraw, SeriesDemand, sample_paths

_BIAS_LIMITS = (0.8, 1.25)
"""Times; how far backtests may scale a forecast. Chosen by judgement, not measured."""
_BIAS_TRUST_WINDOWS = 2.0
"""Windows without bias that those seen count against. Chosen by judgement, not measured."""
_BIAS_TRUST_WITH_TOTALS = 16.0
"""The same where totals are known: bias is trusted an eighth as much (M5: .428 without, .430 with; docs/benchmarks.md,
Totals)."""
_TOTALS_WEIGHTS = tuple(number / 10 for number in range(11))
TOTALS_PRIOR_WEIGHT, TOTALS_PRIOR_COST = 0.8, 1.0
"""Weight of totals before any window is seen, and what the square of the distance from it costs, in shares of the least
squared error. The best weights of four windows of M5 before its validation window were 1, 1, .7 and .45; the cost is
chosen by judgement, not measured."""
CLOSING_SHARE = 0.05
"""Share of a store's forecast below which it was closed that day: nothing else takes 95 % of a store's sales. Chosen by
judgement, not measured."""
_ROUGHNESS_PERIODS = 112
"""Newest periods that the variation of a series is read from: sixteen weeks of days. Chosen by judgement, not
measured."""


@dataclass(frozen=True)
class Calibration:
    """Corrections of the mean model.

    Attributes:
        totals_weight: how far means move towards their category totals: 0 not at all, 1 all the way.
        bias: factor on every mean, after that.
        dispersion: spread of demand around the mean.
        common: what of it is common to the series of a department, a store or the chain.
        blend: simple models that groups of series follow, after bias and totals.
    """

    bias: float
    dispersion: Dispersion
    common: CommonEffects = field(default_factory=CommonEffects.none)
    totals_weight: float = TOTALS_PRIOR_WEIGHT
    blend: Blend = field(default_factory=Blend)

    def factor(self, correction: Doubles) -> Doubles:
        """What means are multiplied with before simple models count (`Prediction.factor`), of the same shape.

        Args:
            correction: factor by which category totals would be met (`training.demand.totals_model.correction`).
        """
        factor: Doubles = self.bias * correction**self.totals_weight
        return factor


def roughness(panel: DemandPanel) -> Doubles:
    """Spread of each series' recent demand beyond Poisson, shape (n,)."""
    begin, end = panel.axis.count - _ROUGHNESS_PERIODS, panel.axis.count
    sums = panel.levels.total(begin, end), panel.squares.total(begin, end), panel.levels.weight(begin, end)
    return own_roughness(*sums)


def calibrate(residuals: Sequence[Residuals], seed: int, competitors: Sequence[str] = ()) -> Calibration:
    """Bias, simple models and spread from forecasts of several origins; no bias and the default spread without any.

    Args:
        residuals: of the origins.
        seed: of the draws of cells.
        competitors: names of the simple models whose forecasts the residuals hold.
    """
    weight = totals_weight(residuals)
    moved = [replace(r, mean=r.mean * r.correction**weight) for r in residuals]
    bias = bias_factor(moved, _BIAS_TRUST_WINDOWS + weight * (_BIAS_TRUST_WITH_TOTALS - _BIAS_TRUST_WINDOWS))
    corrected = [_without_closings(replace(r, mean=r.mean * bias)) for r in moved]
    blend = fit_blend(corrected, competitors)
    blended = [_blended(r, blend, competitors) for r in corrected]
    return Calibration(bias, fit_dispersion(blended, seed), fit_common_effects(blended), weight, blend)


def _without_closings(residuals: Residuals) -> Residuals:
    """Without the days on which a store was closed that was expected to sell: no spread of demand explains them."""
    if not residuals.mean.size:
        return residuals
    stores, of = np.unique(residuals.store, return_inverse=True)
    known = residuals.weight > 0
    units, mean = (summed_rows(values * known, of.ravel(), stores.size) for values in (residuals.units, residuals.mean))
    closed = (mean >= CLOSED_LEAST_UNITS) & (units < CLOSING_SHARE * mean)
    return replace(residuals, weight=residuals.weight * ~closed[of.ravel()]) if closed.any() else residuals


def _blended(residuals: Residuals, blend: Blend, competitors: Sequence[str]) -> Residuals:
    if not residuals.simple.size:
        return residuals
    code = residuals.department if blend.by == "department" else residuals.store
    groups = Groups(residuals.demand_class, code, residuals.promoted)
    return replace(residuals, mean=blend.mean(groups, residuals.mean, competitors, residuals.simple))


def totals_weight(residuals: Sequence[Residuals]) -> float:
    """How far means should move towards their category totals, by the squared errors of totals in all windows.

    The errors of stores' categories, of stores and of the chain count alike, and so do windows: each against the least
    that any weight leaves of them, so that a window in which all went wrong has no more to say than the others. Within
    a kind, errors count against the usual demand of each total. Where windows hardly care, `TOTALS_PRIOR_WEIGHT` does.
    """
    windows = [errors for errors in map(_errors_of_totals, residuals) if errors.any()]
    if not windows:
        return TOTALS_PRIOR_WEIGHT
    against_best = [errors / np.maximum(errors.min(axis=1, keepdims=True), 1e-12) for errors in windows]
    away = np.array(_TOTALS_WEIGHTS) - TOTALS_PRIOR_WEIGHT
    return _TOTALS_WEIGHTS[int(np.argmin(np.sum(against_best, axis=(0, 1)) + TOTALS_PRIOR_COST * away**2))]


def _errors_of_totals(residuals: Residuals) -> Doubles:
    """Squared errors of a window's totals, shape (3, weights): stores' categories, stores, and the chain."""
    errors = np.zeros((3, len(_TOTALS_WEIGHTS)))
    if not residuals.units.size:
        return errors
    names = np.stack([residuals.store, residuals.department, residuals.category])
    totals, total_of = np.unique(names, axis=1, return_inverse=True)
    total_of, size = total_of.ravel(), totals.shape[1]
    units, means = (
        summed_rows(residuals.units * residuals.weight, total_of, size),
        summed_rows(residuals.mean * residuals.weight, total_of, size),
    )
    factor = np.ones_like(units)
    factor[total_of] = residuals.correction
    stores = np.unique(totals[0], return_inverse=True)[1].ravel()
    for number, weight in enumerate(_TOTALS_WEIGHTS):
        wrong = units - means * factor**weight
        for kind, parent in enumerate((np.arange(size), stores, np.zeros(size, dtype=np.int64))):
            count = int(parent.max()) + 1
            usual = np.maximum(summed_rows(units, parent, count).mean(axis=1), 1.0)
            errors[kind, number] = float(((summed_rows(wrong, parent, count) ** 2).mean(axis=1) / usual).sum())
    return errors


def bias_factor(residuals: Sequence[Residuals], trust_windows: float) -> float:
    """Units that came per unit forecast over all windows, shrunk to 1 as if so many perfect windows had been seen too.

    Where totals are forecast by themselves little is left of what all series have in common: the bias of two windows
    then says next to nothing of the third (measured on totals of M5 over 12 windows).
    """
    units = float(sum((r.units * r.weight).sum() for r in residuals))
    mean = float(sum((r.mean * r.weight).sum() for r in residuals))
    if not residuals or mean <= 0:
        return 1.0
    trust = trust_windows / len(residuals) * mean
    return float(np.clip((units + trust) / (mean + trust), *_BIAS_LIMITS))


def calibrated_paths(
    panel: DemandPanel,
    chosen: Bools,
    mean: Doubles,
    calibration: Calibration,
    draw: PathDraw,
    *,
    heavy_tails: bool,
) -> Floats:
    """Joint sample paths of the chosen series of a panel, shape (chosen, count, H).

    Args:
        panel: all its series.
        chosen: shape (n,), those wanted.
        mean: shape (chosen, H), their mean units per period, bias corrected.
        calibration: spread around the mean, and what of it is common.
        draw: number of paths and seed.
        heavy_tails: see `training.demand.paths.sample_paths`.
    """
    horizon = mean.shape[1]
    variances = calibration.dispersion.series_variances(mean, roughness(panel)[chosen])
    series = panel.series.select("store_id", "department").filter(chosen)
    groups = series.unique(maintain_order=True).with_row_index("group")
    group_of = series.join(groups, on=["store_id", "department"], how="left", maintain_order="left")["group"]
    names = groups["store_id"].to_list(), groups["department"].to_list()
    own = calibration.common.own(variances)
    demand = SeriesDemand(mean, own, usual_sale(panel)[chosen], panel.series["is_whole"].to_numpy()[chosen])
    factors = calibration.common.draw(*names, draw.count, horizon, draw.seed)
    common = CommonFactors(group_of.cast(pl.Int64).to_numpy(), factors)
    rng = np.random.default_rng((draw.seed, draw.salt))
    return sample_paths(demand, draw.count, rng, common, heavy_tails=heavy_tails)


def usual_sale(panel: DemandPanel) -> Doubles:
    """Units of a usual period with sales, shape (n,); 1 where there is none."""
    total = panel.sold.sum(axis=1, dtype=np.float64)
    periods = (panel.sold > 0).sum(axis=1)
    return np.where(periods > 0, total / np.maximum(periods, 1), 1.0)
