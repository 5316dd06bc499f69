"""Fits calibration curves: centred isotonic regression over bins that are shrunk towards beta calibration."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from training.recommender.sparse import Flags, Reals

_MIN_POSITIVES = 30
"""Purchases below which probabilities are left as they are. Chosen by judgement, not measured."""
_BIN_POSITIVES = 25
"""Purchases for each bin. Chosen by judgement, not measured."""
_BINS = 200
"""Bins at most. Chosen by judgement, not measured."""
_NEWTON_STEPS = 8
"""Newton steps of the smooth curve's fit. Chosen by judgement, not measured."""
_PRIOR_PAIRS = 50.0
"""Shrinkage: pairs of the beta curve that a bin's own count against, so that a handful is no certainty. Chosen by
judgement, not measured."""


@dataclass(frozen=True)
class Curve:
    """A non-decreasing piecewise linear map of probabilities; without points it is the identity.

    Attributes:
        raw: raw probability at each point, ascending.
        calibrated: calibrated probability there.
    """

    raw: Reals
    calibrated: Reals

    def __call__(self, probability: Reals) -> Reals:
        """Calibrated probabilities, in the order of the raw ones."""
        if self.raw.size == 0:
            return probability
        # isotonic regression is flat over pools and beyond the last point: 2 % of the raw probability tell those apart
        calibrated: Reals = np.interp(probability, self.raw, self.calibrated)
        with_order: Reals = np.clip(0.98 * calibrated + 0.02 * np.minimum(probability, calibrated * 2), 0, 1)
        return with_order

    def to_json(self) -> dict[str, list[float]]:
        """The points as lists, for a bundle."""
        return {"raw": self.raw.tolist(), "calibrated": self.calibrated.tolist()}

    @classmethod
    def from_json(cls, points: Mapping[str, list[float]]) -> "Curve":
        """The curve through points that `to_json` gave."""
        return cls(np.asarray(points["raw"], np.float64), np.asarray(points["calibrated"], np.float64))


UNCHANGED = Curve(np.empty(0), np.empty(0))
"""The identity, where there is too little to calibrate by."""


def fit_curve(probability: Reals, label: Flags, weight: Reals) -> Curve:
    """Centred isotonic regression (Oron and Flournoy 2017) of the labels on the raw probability, over bins.

    Every bin is shrunk by 50 pairs towards a smooth curve (`beta_curve`), so that a handful of pairs that all came true
    at the top never reads as certainty. Bins that would fall are pooled, each pool stands at its mean, and between
    pools the curve is a line. With fewer than 30 positives it is UNCHANGED.

    Args:
        probability: raw probability of each pair.
        label: whether the pair came true.
        weight: how many pairs of the population each stands for.
    """
    if int(label.sum()) < _MIN_POSITIVES:
        return UNCHANGED
    ascending = np.argsort(probability, kind="stable")
    raw, hit, mass = probability[ascending], label[ascending].astype(np.float64), weight[ascending].astype(np.float64)
    bins = min(_BINS, max(int(label.sum()) // _BIN_POSITIVES, 3))
    # bins hold equally much of positives and pairs together: by pairs alone the top, where the purchases are, would be
    # one bin, and by positives alone the bottom would be
    cumulative_share = np.cumsum(hit * mass + mass * hit.sum() / mass.sum())
    bin_of = np.minimum((cumulative_share / cumulative_share[-1] * bins).astype(np.int64), bins - 1)
    smooth = beta_curve(raw, hit, mass)
    is_used = np.bincount(bin_of, minlength=bins) > 0
    bin_weight = np.bincount(bin_of, mass, bins)[is_used]
    mean_raw = np.bincount(bin_of, raw * mass, bins)[is_used] / bin_weight
    mean_smooth = np.bincount(bin_of, smooth * mass, bins)[is_used] / bin_weight
    # 50 pairs of the bin's own mean weight: the prior counts pairs that were seen, not those that they stand for
    prior_weight = _PRIOR_PAIRS * bin_weight / np.bincount(bin_of, minlength=bins)[is_used]
    bin_hits = np.bincount(bin_of, hit * mass, bins)[is_used]
    shrunk = (bin_hits + prior_weight * mean_smooth) / (bin_weight + prior_weight)
    fitted = isotonic_regression(shrunk, weights=bin_weight, increasing=True)
    starts = fitted.blocks[:-1]
    pool_centre = np.add.reduceat(mean_raw * bin_weight, starts) / np.add.reduceat(bin_weight, starts)
    points, first_at = np.unique(pool_centre, return_index=True)  # interpolation needs distinct points
    return Curve(np.r_[0.0, points], np.r_[0.0, fitted.x[starts][first_at]])


def beta_curve(raw: Reals, hit: Reals, weight: Reals) -> Reals:
    """Beta calibration (Kull, Silva Filho, Flach 2017): logistic regression on log p and -log(1 - p).

    Args:
        raw: raw probability of each pair.
        hit: 1 where the pair came true, else 0.
        weight: of each pair.

    Returns:
        Calibrated probability of each pair.
    """
    clipped = np.clip(raw, 1e-6, 1 - 1e-6)
    features = np.stack([np.log(clipped), -np.log1p(-clipped), np.ones(raw.size)])
    start = np.array([1.0, 1.0, 0.0])  # the identity, which the ridge penalty shrinks to
    ridge = np.diag([10.0, 10.0, 1e-3])
    coefficients = start
    for _ in range(_NEWTON_STEPS):
        predicted = 1 / (1 + np.exp(-coefficients @ features))
        gradient = features @ (weight * (hit - predicted)) - ridge @ (coefficients - start)
        curvature = (features * (weight * predicted * (1 - predicted))) @ features.T + ridge
        coefficients = coefficients + np.linalg.solve(curvature, gradient)
    smooth: Reals = 1 / (1 + np.exp(-coefficients @ features))
    return smooth
