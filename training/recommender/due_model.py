"""Predicts the probability of a repeat purchase within 7, 14 and 28 days, for every pair with a purchase.

A landmark model (van Houwelingen 2007): one logistic regression per horizon on the shrunk personal gap, on how far the
running gap is along it, and on how often the person comes at all. Fitted on one window of 28 days, with one isotonic
calibration curve for pairs bought on one day and one for the others.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from retail_brain.dataset import Dataset
from retail_brain.errors import ModelError
from retail_brain.files import write_json
from training.recommender.calibration import Curve, fit_curve
from training.recommender.config import RecommenderConfig
from training.recommender.due_features import (
    DUE_COLUMNS,
    DueStatistics,
    days_until_bought,
    due_features,
    purchase_history,
)
from training.recommender.history import History
from training.recommender.sparse import Flags, Ints, Reals

HORIZONS = (7, 14, 28)
"""Days within which the next purchase is predicted."""
PROBABILITIES = tuple(f"probability_{days}d" for days in HORIZONS)
"""Names of the probabilities in tables, in the order of HORIZONS."""
_MIN_BOUGHT = 200
"""Pairs bought again within the shortest horizon below which nothing is fitted. Chosen by judgement, not measured."""
_MAX_FITTED_PAIRS = 60_000
"""Pairs that the model is fitted on; bounds the time. Chosen by judgement, not measured."""
_RIDGE = 1.0
"""Ridge penalty on standardised features. Chosen by judgement, not measured."""
_STEPS = 8
"""Newton steps of the fit. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class DueModel:
    """P(next purchase of a pair within each of HORIZONS): logistic regressions with calibration curves.

    Attributes:
        mean: mean of each feature where it was fitted.
        scale: standard deviation of each feature there.
        weights: horizons x (1 + features), the constant first; no rows = not fitted, then the shrunk gap's Poisson
            rate gives the probability.
        curves: per horizon the calibration of pairs bought on one day, and of the others.
        columns: names of the features, in the order of the weights; a later version may compute more.
    """

    mean: Reals
    scale: Reals
    weights: Reals
    curves: Sequence[tuple[Curve, Curve]]
    columns: tuple[str, ...] = DUE_COLUMNS

    def probabilities(
        self, history: History, statistics: DueStatistics | None = None, rows: Ints | None = None
    ) -> npt.NDArray[np.float32]:
        """Probabilities of the pairs, pairs x horizons, non-decreasing; NaN for pairs without a purchase.

        Args:
            history: purchases up to a day.
            statistics: of the history, if they were worked out before.
            rows: of `history.pairs`; None = all.
        """
        rows = np.arange(history.pairs.height) if rows is None else rows
        probability = np.full((rows.size, len(HORIZONS)), np.nan, np.float32)
        is_purchased = history.pairs["purchase_days"].gather(rows).to_numpy() > 0
        purchased = rows[is_purchased]
        if purchased.size:
            features = due_features(history, statistics, purchased)
            is_repeated = history.pairs["purchase_days"].gather(purchased).to_numpy() > 1
            probability[is_purchased] = self.probability(features, is_repeated)
        return probability

    def probability(self, features: Reals, is_repeated: Flags) -> Reals:
        """Probabilities of rows of `due_features`, rows x horizons, non-decreasing.

        Args:
            features: rows x DUE_COLUMNS.
            is_repeated: whether a pair was bought on more than one day.
        """
        if self.weights.shape[0] == 0:
            rate = np.exp(-features[:, [DUE_COLUMNS.index("log_gap")]])
            return np.asarray(-np.expm1(-rate * np.array(HORIZONS)), np.float64)
        fitted_features = features[:, [DUE_COLUMNS.index(name) for name in self.columns]]
        raw = _logistic(_standardised(fitted_features, self.mean, self.scale) @ self.weights.T)
        columns = [
            np.where(is_repeated, repeat_curve(raw[:, number]), once_curve(raw[:, number]))
            for number, (once_curve, repeat_curve) in enumerate(self.curves)
        ]
        # the horizons are fitted apart, so a longer one could come out below a shorter one
        return np.maximum.accumulate(np.column_stack(columns), axis=1)

    def save(self, folder: Path) -> None:
        """Writes due.json into an existing folder."""
        curves = [[once_curve.to_json(), repeat_curve.to_json()] for once_curve, repeat_curve in self.curves]
        values = {"mean": self.mean.tolist(), "scale": self.scale.tolist(), "weights": self.weights.tolist()}
        write_json(folder / "due.json", values | {"curves": curves})

    @classmethod
    def load(cls, folder: Path, columns: Sequence[str] = DUE_COLUMNS) -> "DueModel":
        """Reads what `save` wrote.

        Args:
            folder: the recommender's folder.
            columns: names of the features that the model was fitted on.

        Raises:
            ModelError: the file is missing or damaged.
        """
        try:
            values = json.loads((folder / "due.json").read_text(encoding="utf-8"))
            curves = [(Curve.from_json(once), Curve.from_json(repeat)) for once, repeat in values["curves"]]
            mean, scale = (np.asarray(values[name], np.float64) for name in ("mean", "scale"))
            weights = np.asarray(values["weights"], np.float64).reshape(len(values["curves"]), mean.size + 1)
            return cls(mean, scale, weights, curves, tuple(columns))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"the due dates in {folder} cannot be read: {error}. Train and promote again.") from error


UNFITTED = DueModel(np.zeros(0), np.zeros(0), np.zeros((0, 1)), ())
"""The model of histories too short to fit one: the Poisson rate of the shrunk gap."""


def scaled_to_ranker(
    due_probability: npt.NDArray[np.floating], probability: npt.NDArray[np.floating], label_days: int
) -> Reals:
    """Probabilities per horizon, pairs x horizons, that agree with the ranker's probability at its own label days.

    Users see both, and one pair must not have two probabilities. With H the cumulative hazard of the due model,
    P_h = 1 - (1 - p)^(H(h) / H(label days)). H is linear between the horizons and beyond them.

    Args:
        due_probability: pairs x horizons, of the due model.
        probability: of the ranker for each pair, within `label_days`.
        label_days: days of the ranker's label.
    """
    # clipped, because a probability of 1 has an infinite hazard
    cumulative_hazard = -np.log1p(-np.clip(due_probability.astype(np.float64), 1e-9, 1 - 1e-9))
    days = np.array([0, *HORIZONS], np.float64)
    hazard_path = np.column_stack([np.zeros(cumulative_hazard.shape[0]), cumulative_hazard])
    segment = int(np.clip(np.searchsorted(days, label_days, side="left"), 1, days.size - 1))
    slope = (hazard_path[:, segment] - hazard_path[:, segment - 1]) / (days[segment] - days[segment - 1])
    hazard_of_label = np.maximum(hazard_path[:, segment - 1] + slope * (label_days - days[segment - 1]), 1e-12)
    ranker_hazard = -np.log1p(-np.clip(probability.astype(np.float64), 0, 1 - 1e-9))
    return np.asarray(-np.expm1(-ranker_hazard[:, None] * cumulative_hazard / hazard_of_label[:, None]), np.float64)


def fit_due(dataset: Dataset, as_of: date, config: RecommenderConfig) -> DueModel:
    """The model fitted on the 28 days up to `as_of`; UNFITTED where too little was bought again in them.

    Args:
        dataset: needs `transactions`; nothing after `as_of` is read.
        as_of: last visible day.
        config: half-lives of the decayed counts, least history and seed.

    Raises:
        DataError: there is no table `transactions`.
    """
    cutoff = as_of - timedelta(days=HORIZONS[-1])
    history = purchase_history(dataset, cutoff, config)
    first_purchase = history.pairs["first_on"].min()
    if not isinstance(first_purchase, date) or (cutoff - first_purchase).days < config.min_history_days:
        return UNFITTED
    days_to_next = days_until_bought(dataset, history, as_of)
    purchased = np.flatnonzero(history.bought)
    features, days_to_next = due_features(history)[purchased], days_to_next[purchased]
    is_repeated = history.pairs["purchase_days"].to_numpy()[purchased] > 1
    if int((days_to_next <= HORIZONS[0]).sum()) < _MIN_BOUGHT:
        return UNFITTED
    sample = np.sort(np.random.default_rng(config.seed).permutation(features.shape[0])[:_MAX_FITTED_PAIRS])
    mean, scale = features[sample].mean(axis=0), features[sample].std(axis=0) + 1e-9
    standardised = _standardised(features[sample], mean, scale)
    weights = np.stack([_fit_logistic(standardised, days_to_next[sample] <= days) for days in HORIZONS])
    # calibrated on all pairs of the same window: a few weights on 60,000 pairs hardly overfit, and rare pairs count
    raw = _logistic(_standardised(features, mean, scale) @ weights.T)
    curves = [_curves(raw[:, number], days_to_next <= days, is_repeated) for number, days in enumerate(HORIZONS)]
    return DueModel(mean, scale, weights, curves)


def _standardised(features: Reals, mean: Reals, scale: Reals) -> Reals:
    return np.column_stack([np.ones(features.shape[0]), (features - mean) / scale])


def _logistic(score: Reals) -> Reals:
    # clipped, so that exp cannot overflow
    return np.asarray(1 / (1 + np.exp(-np.clip(score, -30, 30))), np.float64)


def _fit_logistic(features: Reals, label: Flags) -> Reals:
    """Weights of a ridge logistic regression by Newton's method; the first column is the constant."""
    weights = np.zeros(features.shape[1])
    penalty = _RIDGE * np.eye(features.shape[1])
    penalty[0, 0] = 1e-9  # the constant is not shrunk: the base rate is far from a half
    for _ in range(_STEPS):
        expected = _logistic(features @ weights)
        variance = expected * (1 - expected) + 1e-9
        curvature = (features * variance[:, None]).T @ features + penalty
        weights = weights + np.linalg.solve(curvature, features.T @ (label - expected) - penalty @ weights)
    return weights


def _curves(raw: Reals, label: Flags, is_repeated: Flags) -> tuple[Curve, Curve]:
    """Calibration of pairs bought on one day, which are seldom bought again, and of the others."""
    once_curve, repeat_curve = (
        fit_curve(raw[rows], label[rows], np.ones(int(rows.sum()))) for rows in (~is_repeated, is_repeated)
    )
    return once_curve, repeat_curve
