"""Forecasts of one origin next to what happened."""

import numpy as np

from features.demand_history import DemandHistory
from training.demand.actuals import Actuals
from training.demand.calibration import roughness
from training.demand.dispersion import Residuals
from training.demand.mean import MeanModel, predictions


def residuals_of(model: MeanModel, history: DemandHistory, actuals: Actuals) -> Residuals:
    """Mean forecasts of every panel series that is listed, with the demand that came."""
    parts = []
    for panel, _, mean in predictions(model, history):
        units, weight = actuals.after(panel, history.horizon)
        listed = panel.listed[:, panel.axis.count :].any(axis=1)
        parts.append(
            Residuals(
                mean[listed],
                units[listed].astype(np.float64),
                weight[listed].astype(np.float64),
                roughness(panel)[listed],
            )
        )
    return join_residuals(parts, history.horizon)


def join_residuals(parts: list[Residuals], horizon: int) -> Residuals:
    """One below the other."""
    empty = np.empty((0, horizon))
    return Residuals(
        np.concatenate([empty, *(part.mean for part in parts)]),
        np.concatenate([empty, *(part.units for part in parts)]),
        np.concatenate([empty, *(part.weight for part in parts)]),
        np.concatenate([np.empty(0), *(part.roughness for part in parts)]),
    )
