"""Forecasts of one origin next to what happened."""

import numpy as np

from features.demand_arrays import Bools, Doubles, Floats
from features.demand_history import DemandHistory
from features.demand_panel import DemandPanel
from training.demand.actuals import Actuals
from training.demand.calibration import roughness
from training.demand.dispersion import Residuals
from training.demand.mean import MeanModel, predictions
from training.demand.shared import codes


def residuals_of(model: MeanModel, history: DemandHistory, actuals: Actuals) -> Residuals:
    """Mean forecasts of every panel series that is listed, with the demand that came."""
    parts = []
    for panel, _, mean in predictions(model, history):
        units, weight = actuals.after(panel, history.horizon)
        listed = np.asarray(panel.listed[:, panel.axis.count :].any(axis=1), dtype=bool)
        parts.append(panel_residuals(panel, listed, mean[listed], units[listed], weight[listed]))
    return Residuals.joined(parts, history.horizon)


def panel_residuals(
    panel: DemandPanel, chosen: Bools, mean: Doubles, units: Floats | Doubles, weight: Floats | Bools
) -> Residuals:
    """Residuals of the chosen series of a panel; `mean`, `units` and `weight` are theirs alone."""
    return Residuals(
        mean,
        units.astype(np.float64),
        weight.astype(np.float64),
        roughness(panel)[chosen],
        codes(panel.series["store_id"])[chosen],
        codes(panel.series["department"])[chosen],
    )
