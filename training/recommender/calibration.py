"""From a ranker's raw probability to one that keeps its word: non-decreasing, apart for repeat and explore pairs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

MIN_POSITIVES = 30
"""Purchases below which probabilities are left as they are. Chosen by judgement, not measured."""
BIN_POSITIVES = 25
"""Purchases for each bin. Chosen by judgement, not measured."""
BINS = 200
"""Bins at most. Chosen by judgement, not measured."""
NEWTON_STEPS = 8
"""Newton steps of the smooth curve's fit. Chosen by judgement, not measured."""
PRIOR_PAIRS = 50.0
"""Pairs of the logistic curve that a bin's own count against, so that a handful is no certainty. Chosen by judgement,
not measured."""
Reals = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """A non-decreasing piecewise linear map of probabilities; empty means no change."""

    raw: Reals
    calibrated: Reals

    def __call__(self, probability: Reals) -> Reals:
        """Calibrated probabilities; a little of the raw order is kept beyond the last point, so ranks stay distinct."""
        if self.raw.size == 0:
            return probability
        stepped: Reals = np.interp(probability, self.raw, self.calibrated)
        mixed: Reals = np.clip(0.98 * stepped + 0.02 * np.minimum(probability, stepped * 2), 0, 1)
        return mixed

    def to_json(self) -> dict[str, list[float]]:
        """The points of the curve."""
        return {"raw": self.raw.tolist(), "calibrated": self.calibrated.tolist()}

    @classmethod
    def from_json(cls, points: Mapping[str, list[float]]) -> "Curve":
        """The curve through the points."""
        return cls(np.asarray(points["raw"], np.float64), np.asarray(points["calibrated"], np.float64))


UNCHANGED = Curve(np.empty(0), np.empty(0))
"""The curve that leaves probabilities as they are."""


def fit_curve(probability: Reals, label: npt.NDArray[np.bool_], weight: Reals) -> Curve:
    """Centred isotonic regression (Oron and Flournoy 2017) of the labels on the raw probability, over bins.

    Every bin is shrunk by 50 pairs towards a smooth curve (`beta_curve`), so that a handful of pairs that all came true
    at the top never reads as certainty. Bins that would fall are pooled, each pool stands at its mean, and between
    pools the curve is a line. With fewer than 30 positives the probability is left as it is.
    """
    if int(label.sum()) < MIN_POSITIVES:
        return UNCHANGED
    order = np.argsort(probability, kind="stable")
    raw, hit, mass = probability[order], label[order].astype(np.float64), weight[order].astype(np.float64)
    bins = min(BINS, max(int(label.sum()) // BIN_POSITIVES, 3))
    share = np.cumsum(hit * mass + mass * hit.sum() / mass.sum())
    bin_of = np.minimum((share / share[-1] * bins).astype(np.int64), bins - 1)
    smooth = beta_curve(raw, hit, mass)
    used = np.bincount(bin_of, minlength=bins) > 0
    total = np.bincount(bin_of, mass, bins)[used]
    mean_raw = np.bincount(bin_of, raw * mass, bins)[used] / total
    mean_smooth = np.bincount(bin_of, smooth * mass, bins)[used] / total
    prior = PRIOR_PAIRS * total / np.bincount(bin_of, minlength=bins)[used]
    shrunk = (np.bincount(bin_of, hit * mass, bins)[used] + prior * mean_smooth) / (total + prior)
    fitted = isotonic_regression(shrunk, weights=total, increasing=True)
    starts = fitted.blocks[:-1]
    centre = np.add.reduceat(mean_raw * total, starts) / np.add.reduceat(total, starts)
    points, first = np.unique(centre, return_index=True)
    return Curve(np.r_[0.0, points], np.r_[0.0, fitted.x[starts][first]])


def beta_curve(raw: Reals, hit: Reals, mass: Reals) -> Reals:
    """Beta calibration (Kull, Silva Filho, Flach 2017): logistic regression on log p and -log(1 - p)."""
    clipped = np.clip(raw, 1e-6, 1 - 1e-6)
    columns = np.stack([np.log(clipped), -np.log1p(-clipped), np.ones(raw.size)])
    start = np.array([1.0, 1.0, 0.0])
    ridge = np.diag([10.0, 10.0, 1e-3])
    found = start
    for _ in range(NEWTON_STEPS):
        said = 1 / (1 + np.exp(-found @ columns))
        gradient = columns @ (mass * (hit - said)) - ridge @ (found - start)
        found = found + np.linalg.solve((columns * (mass * said * (1 - said))) @ columns.T + ridge, gradient)
    smooth: Reals = 1 / (1 + np.exp(-found @ columns))
    return smooth
