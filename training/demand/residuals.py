"""Forecasts of one origin next to what happened."""

import numpy as np

from features.demand.arrays import Bools, Doubles, Floats
from features.demand.history import DemandHistory
from training.demand.actuals import Actuals
from training.demand.calibration import roughness
from training.demand.common_effects import codes
from training.demand.dispersion import Residuals
from training.demand.protocol import DemandMean, Prediction, predictions


def residuals_of(model: DemandMean, history: DemandHistory, actuals: Actuals) -> Residuals:
    """Mean forecasts of every panel series that is listed, with the demand that came."""
    parts = []
    for found in predictions(model, history):
        units, weight = actuals.after(found.panel, history.horizon)
        listed = np.asarray(found.panel.listed[:, found.panel.axis.count :].any(axis=1), dtype=bool)
        parts.append(panel_residuals(found, listed, units[listed], weight[listed]))
    return Residuals.joined(parts, history.horizon)


def panel_residuals(found: Prediction, chosen: Bools, units: Floats | Doubles, weight: Floats | Bools) -> Residuals:
    """Residuals of the chosen series of a panel; `units` and `weight` are theirs alone."""
    panel = found.panel
    return Residuals(
        found.mean[chosen],
        units.astype(np.float64),
        weight.astype(np.float64),
        roughness(panel)[chosen],
        codes(panel.series["store_id"])[chosen],
        codes(panel.series["department"])[chosen],
        codes(panel.series["category"])[chosen],
        found.correction[chosen],
    )
