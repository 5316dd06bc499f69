"""What out-of-sample forecasts teach about a model's errors: its bias and its spread."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.demand_arrays import Doubles
from features.demand_panel import DemandPanel
from training.demand.dispersion import Dispersion, Residuals, fit_dispersion, own_roughness

BIAS_LIMITS = (0.8, 1.25)
BIAS_TRUST_WINDOWS = 2.0
ROUGHNESS_PERIODS = 112


@dataclass(frozen=True)
class Calibration:
    """Corrections of the mean model.

    Attributes:
        bias: factor on every mean.
        dispersion: spread of demand around the mean.
    """

    bias: float
    dispersion: Dispersion


def roughness(panel: DemandPanel) -> Doubles:
    """Spread of each series' recent demand beyond Poisson, shape (n,)."""
    begin, end = panel.axis.count - ROUGHNESS_PERIODS, panel.axis.count
    sums = panel.levels.total(begin, end), panel.squares.total(begin, end), panel.levels.weight(begin, end)
    return own_roughness(*sums)


def calibrate(residuals: Sequence[Residuals], seed: int) -> Calibration:
    """Bias and spread from forecasts of several origins; none and the default from none."""
    bias = bias_factor(residuals)
    corrected = [Residuals(r.mean * bias, r.units, r.weight, r.roughness) for r in residuals]
    return Calibration(bias, fit_dispersion(corrected, seed))


def bias_factor(residuals: Sequence[Residuals]) -> float:
    """Units that came per unit forecast over all windows, shrunk to 1 as if two perfect windows had been seen too."""
    units = float(sum((r.units * r.weight).sum() for r in residuals))
    mean = float(sum((r.mean * r.weight).sum() for r in residuals))
    if not residuals or mean <= 0:
        return 1.0
    trust = BIAS_TRUST_WINDOWS / len(residuals) * mean
    return float(np.clip((units + trust) / (mean + trust), *BIAS_LIMITS))
