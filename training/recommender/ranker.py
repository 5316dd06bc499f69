"""Ranks candidates with LightGBM: the calibrated probability that a customer buys a product within the label's days.

A binary model and not a ranking loss: one probability serves both directions, products of a person and people of a
product, and audiences are priced with it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from retail_brain.errors import ModelError
from retail_brain.files import write_json, write_text
from training.recommender.calibration import UNCHANGED, Curve, fit_curve
from training.recommender.config import RecommenderConfig, threads_for
from training.recommender.examples import Examples
from training.recommender.forest import Forest
from training.recommender.pair_feature_names import feature_names
from training.recommender.sparse import Flags, Floats, Ints, Reals

_MIN_POSITIVES = 100
"""Purchases (and others) below which no trees are fitted. Chosen by judgement, not measured."""
_POSITIVES_PER_LEAF = 60
"""Purchases for each leaf of a tree: fewer leaves where there is little to learn from. Chosen by judgement, not
measured."""
_MIN_HELD_POSITIVES = 30
"""Held-out purchases below which they do not stop the trees. Chosen by judgement, not measured."""
_PATIENCE = 30
"""Rounds without a gain on the held-out people after which no tree is added. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Ranker:
    """LightGBM with one calibration curve per kind of pair, or a heuristic where there is too little to learn from.

    Attributes:
        booster: the trees; None = the heuristic.
        repeat: calibration of pairs bought before.
        explore: calibration of the others, whose probabilities are far lower.
        config: hyperparameters that it was fitted with.
    """

    booster: lgb.Booster | None
    repeat: Curve
    explore: Curve
    config: RecommenderConfig

    def probability(self, features: npt.NDArray[np.floating], names: Sequence[str] | None = None) -> Reals:
        """Calibrated probability of each pair, of a purchase within the label's days.

        Args:
            features: pairs x features.
            names: names of the columns of `features`; None: those of `feature_names`.
        """
        names = feature_names(self.config) if names is None else names
        if features.shape[0] == 0:
            return np.empty(0)
        if self.booster is None:
            return _heuristic_probability(features, self.config, names)
        is_repeat = features[:, names.index("purchase_days")] > 0
        # by name: this version may compute columns that the trees were not fitted on
        fitted = self.booster.feature_name()
        if fitted != list(names):
            features = features[:, [names.index(name) for name in fitted]]
        if self._forest is not None:
            raw = self._forest.probability(features)
        else:
            threads = threads_for(features.shape[0], self.config.ranker.num_threads)
            raw = np.asarray(self.booster.predict(features, num_threads=threads))
        return np.where(is_repeat, self.repeat(raw), self.explore(raw))

    @cached_property
    def _forest(self) -> Forest | None:
        """The trees in a form that is quick to evaluate; None where there are none, or LightGBM must do it."""
        return None if self.booster is None else Forest.of(self.booster)

    def save(self, folder: Path) -> None:
        """Writes ranker.txt (LightGBM's text; none for the heuristic) and calibration.json into an existing folder."""
        if self.booster is not None:
            write_text(folder / "ranker.txt", self.booster.model_to_string())
        write_json(folder / "calibration.json", {"repeat": self.repeat.to_json(), "explore": self.explore.to_json()})

    @classmethod
    def load(cls, folder: Path, config: RecommenderConfig) -> "Ranker":
        """Reads what `save` wrote.

        Raises:
            ModelError: a file is missing or damaged.
        """
        try:
            curves = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
            trees_file = folder / "ranker.txt"
            booster = lgb.Booster(model_str=trees_file.read_text(encoding="utf-8")) if trees_file.exists() else None
            repeat, explore = Curve.from_json(curves["repeat"]), Curve.from_json(curves["explore"])
        except (OSError, ValueError, KeyError, lgb.basic.LightGBMError) as error:
            raise ModelError(f"the ranker in {folder} cannot be read: {error}. Train and promote it again.") from error
        return cls(booster, repeat, explore, config)


def _heuristic_probability(
    features: npt.NDArray[np.floating], config: RecommenderConfig, names: Sequence[str]
) -> Reals:
    """Probability of each pair without a fitted model: 1 - exp(-label days x purchases per day).

    For histories too short to learn from. The rate of a pair is its repeat purchases / the days that the person has
    been known. A first purchase is no evidence of a second: it counts for as much as the product is known (log of its
    buyers) and bought again by them (share who came back, shrunk). The sources' scores order products never bought.

    Args:
        features: pairs x features.
        config: days of the label.
        names: names of the features.
    """
    column = {name: np.nan_to_num(features[:, number].astype(np.float64)) for number, name in enumerate(names)}
    repeat_share = (column["repeat_share"] * column["buyers"] + 0.5) / (column["buyers"] + 5)
    first_purchase_weight = np.minimum(0.1 * np.log1p(column["buyers"]), 1) * np.minimum(8 * repeat_share, 1)
    personal = (column["purchase_days"] - 1 + first_purchase_weight) / (column["tenure"] + 28)
    is_relative = [number for number, name in enumerate(names) if name.endswith("_relative")]
    # small, so that they order products never bought and hardly move repeat purchases
    explore = 0.002 * np.nan_to_num(features[:, is_relative]).mean(axis=1) + 0.002 * column["trending_relative"]
    rate = np.where(column["purchase_days"] > 0, personal, 0) + explore
    probability: Reals = -np.expm1(-config.label_days * rate)
    return probability


def fit_ranker(examples: Sequence[Examples], config: RecommenderConfig) -> Ranker:
    """The ranker fitted on labelled pairs; the heuristic where there are fewer than 100 purchases or others.

    Args:
        examples: labelled pairs of each cutoff; none = the heuristic.
        config: hyperparameters.
    """
    if not examples:
        return Ranker(None, UNCHANGED, UNCHANGED, config)
    features = np.vstack([pairs.features for pairs in examples])
    label = np.concatenate([pairs.label for pairs in examples])
    weight = np.concatenate([pairs.weight for pairs in examples])
    is_repeat = np.concatenate([pairs.is_repeat for pairs in examples])
    # whole customers, the same at every cutoff: pairs of one person are alike, and held-out ones would look learnable.
    # They say when to stop adding trees, and calibrate
    is_held_out = np.concatenate(
        [_customer_share(pairs.people, config.ranker.calibration_share, config.seed) for pairs in examples]
    )
    if label[~is_held_out].sum() < _MIN_POSITIVES or (~label[~is_held_out]).sum() < _MIN_POSITIVES:
        return Ranker(None, UNCHANGED, UNCHANGED, config)
    booster = _boosted(features, label, weight, is_held_out, config)
    raw = np.asarray(booster.predict(features[is_held_out], num_threads=1)).reshape(-1)
    repeat, explore = (
        fit_curve(raw[rows], label[is_held_out][rows], weight[is_held_out][rows])
        for rows in (is_repeat[is_held_out], ~is_repeat[is_held_out])
    )
    return Ranker(booster, repeat, explore, config)


def _customer_share(people: Ints, share: float, seed: int) -> Flags:
    """Whether each customer belongs to a random share that is stable for a code and seed.

    Args:
        people: customer codes.
        share: of the customers, 0 to 1.
        seed: another seed chooses other customers.
    """
    # Fibonacci hashing: the golden ratio's multiplier spreads consecutive codes evenly over the upper bits
    mixed = (people.astype(np.uint64) + np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(40)).astype(np.float64) / 2**24 < share


def _boosted(
    features: npt.NDArray[np.floating],
    label: Flags,
    weight: Floats,
    is_held_out: Flags,
    config: RecommenderConfig,
) -> lgb.Booster:
    hyperparameters = config.ranker
    parameters = {
        "objective": "binary",
        "learning_rate": hyperparameters.learning_rate,
        "num_leaves": int(np.clip(label[~is_held_out].sum() / _POSITIVES_PER_LEAF, 4, hyperparameters.num_leaves)),
        "min_data_in_leaf": hyperparameters.min_data_in_leaf,
        "feature_fraction": hyperparameters.feature_fraction,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 5.0,
        "max_bin": 127,
        "num_threads": threads_for(label.size, hyperparameters.num_threads),
        "seed": config.seed,
        # the same trees at every number of threads; without row-wise forced LightGBM would time both ways and choose
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    names = feature_names(config)
    training, validation = (
        lgb.Dataset(features[rows], label[rows].astype(np.float32), weight=weight[rows], feature_name=names)
        for rows in (~is_held_out, is_held_out)
    )
    if label[is_held_out].sum() < _MIN_HELD_POSITIVES:
        return lgb.train(parameters, training, num_boost_round=hyperparameters.rounds)
    validation.set_reference(training)
    stop = lgb.early_stopping(_PATIENCE, verbose=False)
    rounds = hyperparameters.rounds
    return lgb.train(parameters, training, num_boost_round=rounds, valid_sets=[validation], callbacks=[stop])
