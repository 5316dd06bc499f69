"""Computes forecast residuals of one origin: mean forecasts beside actual demand."""

from typing import Any

import numpy as np

from features.demand.arrays import Bools, Doubles, Floats
from features.demand.history import DemandHistory
from training.demand.actuals import Actuals
from training.demand.calibration import roughness
from training.demand.common_effects import codes
from training.demand.demand_class import demand_class
from training.demand.dispersion import Residuals
from training.demand.protocol import DemandMean, Prediction, predictions
from training.demand.simple_models import simple_means


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
    mean = prediction.mean if prediction.is_open is None else prediction.mean * prediction.is_open
    return Residuals(
        mean[chosen],
        units.astype(np.float64),
        weight.astype(np.float64),
        roughness(panel)[chosen],
        codes(panel.series["store_id"])[chosen],
        codes(panel.series["department"])[chosen],
        codes(panel.series["category"])[chosen],
        prediction.correction[chosen],
        **_contest(prediction, chosen),
    )


def _contest(prediction: Prediction, chosen: Bools) -> dict[str, Any]:
    """Simple models' forecasts of the chosen series beside what groups them; nothing where none competes."""
    panel, horizon = prediction.panel, prediction.mean.shape[1]
    if not prediction.competitors:
        return {}
    return {
        "demand_class": demand_class(panel)[chosen],
        "promoted": panel.promotion[chosen, panel.axis.count : panel.axis.count + horizon],
        "simple": simple_means(panel, horizon, prediction.competitors)[:, chosen],
    }
