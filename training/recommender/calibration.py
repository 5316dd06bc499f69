"""From a ranker's raw probability to one that keeps its word: isotonic steps, apart for repeat and explore pairs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

MIN_POSITIVES = 30
BINS = 400
Reals = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """A non-decreasing piecewise linear map of probabilities; empty means no change."""

    raw: Reals
    calibrated: Reals

    def __call__(self, probability: Reals) -> Reals:
        """Calibrated probabilities; a little of the raw order is kept inside a flat step, so ranks stay distinct."""
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


def fit_curve(probability: Reals, label: npt.NDArray[np.bool_], weight: Reals) -> Curve:
    """Weighted isotonic regression of the labels on the raw probability, smoothed over bins of equal weight.

    With fewer than 30 positives the probability is left as it is.
    """
    if int(label.sum()) < MIN_POSITIVES:
        return UNCHANGED
    order = np.argsort(probability, kind="stable")
    raw, hit, mass = probability[order], label[order].astype(np.float64), weight[order].astype(np.float64)
    bins = min(BINS, max(int(label.sum()) // 10, 3))
    share = np.cumsum(hit * mass + mass * hit.sum() / mass.sum())
    bin_of = np.minimum((share / share[-1] * bins).astype(np.int64), bins - 1)
    total = np.maximum(np.bincount(bin_of, mass, bins), 1e-12)
    mean_raw = np.bincount(bin_of, raw * mass, bins) / total
    mean_hit = np.bincount(bin_of, hit * mass, bins) / total
    used = np.bincount(bin_of, minlength=bins) > 0
    stepped = isotonic_regression(mean_hit[used], weights=total[used], increasing=True).x
    points, first = np.unique(mean_raw[used], return_index=True)
    return Curve(np.r_[0.0, points], np.r_[0.0, stepped[first]])
