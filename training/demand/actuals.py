"""Aligns actual demand with the series and periods of earlier forecasts."""

from dataclasses import dataclass

import numpy as np

from features.demand.arrays import Floats
from features.demand.demand_panel import DemandPanel
from features.demand.history import DemandHistory
from features.demand.panel import panels

_KEY = ["store_id", "product_id"]


@dataclass(frozen=True)
class Actuals:
    """Actual demand of every series of a history, for backtests.

    Attributes:
        history: the history, as known later than the forecasts that are compared with it.
        demand: shape (n, T), units; where stock ran out, what was recovered.
        weight: shape (n, T), 1 where that is known.
    """

    history: DemandHistory
    demand: Floats
    weight: Floats

    @classmethod
    def from_history(cls, history: DemandHistory) -> "Actuals":
        """Demand of a whole history.

        A series whose listing was inferred from its sales counts with zeros after it vanished: at the cutoff nobody
        knew that it would.
        """
        demand, weight = [], []
        for panel in panels(history):
            listed = panel.listed[:, : panel.axis.count]
            begun = np.arange(panel.axis.count) >= panel.series["begin"].to_numpy()[:, None]
            inferred = ~panel.series["is_listed"].to_numpy()[:, None]
            demand.append(panel.demand)
            weight.append(np.where(inferred & begun & ~listed, np.float32(1), panel.weight))
        empty = np.empty((0, history.axis.count), dtype=np.float32)
        return cls(history, np.concatenate([empty, *demand]), np.concatenate([empty, *weight]))

    def after(self, panel: DemandPanel, horizon: int) -> tuple[Floats, Floats]:
        """Units and weights of a panel's series over the periods after its last one, each of shape (n, horizon)."""
        begin = self.history.axis.number(panel.axis.start(panel.axis.count))
        keys = panel.series.select(_KEY).join(
            self.history.series.select(*_KEY, "s"), on=_KEY, how="left", maintain_order="left"
        )
        matched = keys["s"].is_not_null().to_numpy()
        rows = keys["s"].fill_null(0).to_numpy()
        width = min(horizon, self.history.axis.count - begin)
        units = np.zeros((panel.size, horizon), dtype=np.float32)
        weight = np.zeros((panel.size, horizon), dtype=np.float32)
        if self.demand.size:
            units[:, :width] = self.demand[rows, begin : begin + width]
            weight[:, :width] = self.weight[rows, begin : begin + width] * matched[:, None]
        return units, weight * panel.listed[:, panel.axis.count : panel.axis.count + horizon]
