"""Computes forecast residuals of one origin: mean forecasts beside actual demand."""

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
    for prediction in predictions(model, history):
        units, weight = actuals.after(prediction.panel, history.horizon)
        listed = np.asarray(prediction.panel.listed[:, prediction.panel.axis.count :].any(axis=1), dtype=bool)
        parts.append(panel_residuals(prediction, listed, units[listed], weight[listed]))
    return Residuals.joined(parts, history.horizon)


def panel_residuals(
    prediction: Prediction, chosen: Bools, units: Floats | Doubles, weight: Floats | Bools
) -> Residuals:
    """Residuals of the chosen series of a panel; `units` and `weight` are theirs alone."""
    panel = prediction.panel
    return Residuals(
        prediction.mean[chosen],
        units.astype(np.float64),
        weight.astype(np.float64),
        roughness(panel)[chosen],
        codes(panel.series["store_id"])[chosen],
        codes(panel.series["department"])[chosen],
        codes(panel.series["category"])[chosen],
        prediction.correction[chosen],
    )
