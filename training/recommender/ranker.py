"""The model over all candidates: P(the customer buys the product within the days of the label)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from retail_brain.errors import ModelError
from retail_brain.files import write_json, write_text
from training.recommender.calibration import UNCHANGED, Curve, fit_curve
from training.recommender.config import RecommenderConfig, threads_for
from training.recommender.examples import Examples
from training.recommender.pair_features import customer_share, feature_names
from training.recommender.sparse import Floats

MIN_POSITIVES = 100
"""Purchases (and others) below which no trees are fitted. Chosen by judgement, not measured."""
POSITIVES_PER_LEAF = 60
"""Purchases for each leaf of a tree: fewer leaves where there is little to learn from. Chosen by judgement, not
measured."""
MIN_HELD_POSITIVES = 30
"""Purchases set aside below which they do not stop the trees. Chosen by judgement, not measured."""
PATIENCE = 30
"""Rounds without a gain on the people set aside after which no tree is added. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Ranker:
    """LightGBM with one calibration curve per kind, or a rule where there is too little to learn from.

    Attributes:
        booster: the trees; None = the rule.
        repeat: calibration of pairs bought before.
        explore: calibration of the others.
        config: what it was fitted with.
    """

    booster: lgb.Booster | None
    repeat: Curve
    explore: Curve
    config: RecommenderConfig

    def probability(
        self, features: npt.NDArray[np.floating], names: Sequence[str] | None = None
    ) -> npt.NDArray[np.float64]:
        """Calibrated probability of each row.

        Args:
            features: row per pair.
            names: of the columns of `features`, those of `feature_names` where not given; the trees take their own.
        """
        names = feature_names(self.config) if names is None else names
        if features.shape[0] == 0:
            return np.empty(0)
        if self.booster is None:
            return rule_probability(features, self.config, names)
        repeat = features[:, names.index("purchase_days")] > 0
        fitted = self.booster.feature_name()
        if fitted != list(names):
            features = features[:, [names.index(name) for name in fitted]]
        threads = threads_for(features.shape[0], self.config.ranker.num_threads)
        raw = np.asarray(self.booster.predict(features, num_threads=threads))
        return np.where(repeat, self.repeat(raw), self.explore(raw))

    def save(self, folder: Path) -> None:
        """Writes ranker.txt (LightGBM's text; absent for the rule) and calibration.json."""
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
            text = folder / "ranker.txt"
            booster = lgb.Booster(model_str=text.read_text(encoding="utf-8")) if text.exists() else None
            repeat, explore = Curve.from_json(curves["repeat"]), Curve.from_json(curves["explore"])
        except (OSError, ValueError, KeyError, lgb.basic.LightGBMError) as error:
            raise ModelError(f"the ranker in {folder} cannot be read: {error}. Train and promote it again.") from error
        return cls(booster, repeat, explore, config)


def rule_probability(
    features: npt.NDArray[np.floating], config: RecommenderConfig, names: Sequence[str]
) -> npt.NDArray[np.float64]:
    """1 - exp(-label days x rate), where the rate is what the person bought again / the days they have been known.

    For histories too short to learn from. A first purchase is no evidence of a second: it counts for as much as the
    product is known (log of its buyers) and bought again by them (share who came back, shrunk). The sources' opinions
    only order goods never bought.
    """
    column = {name: np.nan_to_num(features[:, at].astype(np.float64)) for at, name in enumerate(names)}
    again = (column["repeat_share"] * column["buyers"] + 0.5) / (column["buyers"] + 5)
    first = np.minimum(0.1 * np.log1p(column["buyers"]), 1) * np.minimum(8 * again, 1)
    personal = (column["purchase_days"] - 1 + first) / (column["tenure"] + 28)
    opinions = np.nan_to_num(features[:, [at for at, name in enumerate(names) if name.endswith("_relative")]])
    explore = 0.002 * opinions.mean(axis=1) + 0.002 * column["trending_relative"]
    rate = np.where(column["purchase_days"] > 0, personal, 0) + explore
    probability: npt.NDArray[np.float64] = -np.expm1(-config.label_days * rate)
    return probability


def fit_ranker(examples: Sequence[Examples], config: RecommenderConfig) -> Ranker:
    """Trees on most customers; the others (the same at every cutoff) say when to stop adding trees, and calibrate."""
    if not examples:
        return Ranker(None, UNCHANGED, UNCHANGED, config)
    features = np.vstack([part.features for part in examples])
    label = np.concatenate([part.label for part in examples])
    weight = np.concatenate([part.weight for part in examples])
    repeat = np.concatenate([part.is_repeat for part in examples])
    aside = np.concatenate(
        [customer_share(part.people, config.ranker.calibration_share, config.seed) for part in examples]
    )
    if label[~aside].sum() < MIN_POSITIVES or (~label[~aside]).sum() < MIN_POSITIVES:
        return Ranker(None, UNCHANGED, UNCHANGED, config)
    booster = _boosted(features, label, weight, aside, config)
    raw = np.asarray(booster.predict(features[aside], num_threads=1)).reshape(-1)
    curves = [
        fit_curve(raw[kind[aside]], label[aside][kind[aside]], weight[aside][kind[aside]]) for kind in (repeat, ~repeat)
    ]
    return Ranker(booster, curves[0], curves[1], config)


def _boosted(
    features: npt.NDArray[np.floating],
    label: npt.NDArray[np.bool_],
    weight: Floats,
    aside: npt.NDArray[np.bool_],
    config: RecommenderConfig,
) -> lgb.Booster:
    ranker = config.ranker
    parameters = {
        "objective": "binary",
        "learning_rate": ranker.learning_rate,
        "num_leaves": int(np.clip(label[~aside].sum() / POSITIVES_PER_LEAF, 4, ranker.num_leaves)),
        "min_data_in_leaf": ranker.min_data_in_leaf,
        "feature_fraction": ranker.feature_fraction,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 5.0,
        "max_bin": 127,
        "num_threads": threads_for(label.size, ranker.num_threads),
        "seed": config.seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    names = feature_names(config)
    data, held = (
        lgb.Dataset(features[rows], label[rows].astype(np.float32), weight=weight[rows], feature_name=names)
        for rows in (~aside, aside)
    )
    if label[aside].sum() < MIN_HELD_POSITIVES:
        return lgb.train(parameters, data, num_boost_round=ranker.rounds)
    held.set_reference(data)
    stop = lgb.early_stopping(PATIENCE, verbose=False)
    return lgb.train(parameters, data, num_boost_round=ranker.rounds, valid_sets=[held], callbacks=[stop])
