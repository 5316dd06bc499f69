"""Classifies series by demand pattern: smooth, erratic, intermittent and lumpy."""

import numpy as np
import numpy.typing as npt

from features.demand.arrays import ratio
from features.demand.demand_panel import DemandPanel

CLASSES = ("smooth", "erratic", "intermittent", "lumpy")
_INTERVAL_EDGE = 1.32
"""Periods between sales; at or above it demand is intermittent (Syntetos, Boylan and Croston 2005)."""
_VARIATION_EDGE = 0.49
"""Squared coefficient of variation of sizes; at or above it demand is erratic (the same source)."""


def demand_class(panel: DemandPanel) -> npt.NDArray[np.int64]:
    """Number in `CLASSES` of each series, from all it has sold.

    By the mean interval between sales in periods (ADI) and the squared coefficient of variation of their size, after
    Syntetos, Boylan and Croston (J. Oper. Res. Soc. 56, 2005).
    """
    sold = np.where(panel.weight > 0, panel.demand, 0).astype(np.float64)
    sales = (sold > 0).sum(axis=1)
    interval = ratio((panel.weight > 0).sum(axis=1).astype(np.float64), sales.astype(np.float64), otherwise=np.inf)
    mean = ratio(sold.sum(axis=1), sales.astype(np.float64), otherwise=0.0)
    spread = ratio((sold**2).sum(axis=1), sales.astype(np.float64), otherwise=0.0) - mean**2
    variation = ratio(spread, mean**2, otherwise=0.0)
    return 2 * (interval >= _INTERVAL_EDGE).astype(np.int64) + (variation >= _VARIATION_EDGE)
