"""Random delays of deliveries, one per sample path: normal scores rather than draws, so that few paths do."""

import numpy as np
from scipy.special import ndtri

from retail_brain.decisions.arrays import Floats, Ints


def _normal_scores(paths: int, seed: int) -> Floats:
    """Standard normal draws in random order, one per path, evenly spread so that their mean is exactly 0."""
    scores: Floats = ndtri((np.arange(paths) + 0.5) / paths)
    return np.random.default_rng(seed).permutation(scores)


def spread_arrival(arrival: Ints, lead_sd_periods: Floats, paths: int, seed: int) -> Ints:
    """Index of the arrival on each path, shape (series, paths), or (series, 1) where no lead time is uncertain."""
    if not np.any(lead_sd_periods > 0):
        return arrival[:, None]
    late = spread_days(lead_sd_periods, paths, seed)
    return np.maximum(np.rint(arrival[:, None] + late), 0).astype(np.int64)


def spread_days(lead_sd: Floats, paths: int, seed: int) -> Floats:
    """Delay of a delivery on each path, in the unit of `lead_sd`, shape (series, paths); its mean is 0."""
    late: Floats = lead_sd[:, None] * _normal_scores(paths, seed)[None, :]
    return late
