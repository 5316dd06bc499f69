"""What out-of-sample forecasts teach about a model's errors: its bias and its spread."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from features.demand_arrays import Bools, Doubles, Floats
from features.demand_panel import DemandPanel
from training.demand.dispersion import Dispersion, Residuals, fit_dispersion, own_roughness
from training.demand.paths import Common, sample_paths
from training.demand.shared import SharedEffects, fit_shared

BIAS_LIMITS = (0.8, 1.25)
BIAS_TRUST_WINDOWS = 2.0
ROUGHNESS_PERIODS = 112


@dataclass(frozen=True)
class Calibration:
    """Corrections of the mean model.

    Attributes:
        bias: factor on every mean.
        dispersion: spread of demand around the mean.
        shared: what of it is common to the series of a department, a store or the chain.
    """

    bias: float
    dispersion: Dispersion
    shared: SharedEffects = field(default_factory=SharedEffects.none)


def roughness(panel: DemandPanel) -> Doubles:
    """Spread of each series' recent demand beyond Poisson, shape (n,)."""
    begin, end = panel.axis.count - ROUGHNESS_PERIODS, panel.axis.count
    sums = panel.levels.total(begin, end), panel.squares.total(begin, end), panel.levels.weight(begin, end)
    return own_roughness(*sums)


def calibrate(residuals: Sequence[Residuals], seed: int) -> Calibration:
    """Bias and spread from forecasts of several origins; none and the default from none."""
    bias = bias_factor(residuals)
    corrected = [replace(r, mean=r.mean * bias) for r in residuals]
    return Calibration(bias, fit_dispersion(corrected, seed), fit_shared(corrected))


def bias_factor(residuals: Sequence[Residuals]) -> float:
    """Units that came per unit forecast over all windows, shrunk to 1 as if two perfect windows had been seen too."""
    units = float(sum((r.units * r.weight).sum() for r in residuals))
    mean = float(sum((r.mean * r.weight).sum() for r in residuals))
    if not residuals or mean <= 0:
        return 1.0
    trust = BIAS_TRUST_WINDOWS / len(residuals) * mean
    return float(np.clip((units + trust) / (mean + trust), *BIAS_LIMITS))


def calibrated_paths(
    panel: DemandPanel, chosen: Bools, mean: Doubles, calibration: Calibration, count: int, seed: int, salt: int
) -> Floats:
    """Joint sample paths of the chosen series of a panel, shape (chosen, count, H).

    Args:
        panel: all its series.
        chosen: shape (n,), those wanted.
        mean: shape (chosen, H), their mean units per period, bias corrected.
        calibration: spread around the mean, and what of it is common.
        count: number of paths.
        seed: of the run; effects common to several panels follow from it alone.
        salt: with the seed, of what is the panel's own.
    """
    horizon = mean.shape[1]
    variances = calibration.dispersion.of(mean, roughness(panel)[chosen])
    series = panel.series.select("store_id", "department").filter(chosen)
    groups = series.unique(maintain_order=True).with_row_index("group")
    of = series.join(groups, on=["store_id", "department"], how="left", maintain_order="left")["group"]
    names = groups["store_id"].to_list(), groups["department"].to_list()
    return sample_paths(
        mean,
        calibration.shared.own(variances),
        usual_sale(panel)[chosen],
        panel.series["is_whole"].to_numpy()[chosen],
        count,
        np.random.default_rng((seed, salt)),
        Common(of.cast(pl.Int64).to_numpy(), calibration.shared.draw(*names, count, horizon, seed)),
    )


def usual_sale(panel: DemandPanel) -> Doubles:
    """Units of a usual period with sales, shape (n,); 1 where there is none."""
    total = panel.sold.sum(axis=1, dtype=np.float64)
    periods = (panel.sold > 0).sum(axis=1)
    return np.where(periods > 0, total / np.maximum(periods, 1), 1.0)
