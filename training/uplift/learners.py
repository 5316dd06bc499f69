"""Learners of what a contact causes for a person, from randomised contacts.

`two_model`: one model of the contacted and one of the held-out, and their difference. `transformed`: regression on the
transformed outcome (Athey and Imbens 2016), centred by what is expected of the person. `residual`: the R-learner (Nie
and Wager 2021): what is left of the outcome explained by what is left of the contact. `forest`: the same by a random
forest, which is what a causal forest does (Athey, Tibshirani and Wager 2019) but for its honest leaves. `linear`: the
same by a ridge regression. All but the last are LightGBM's trees. `response` is no learner of the difference: the
chance to buy when contacted, which is what a model without a holdout can say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from retail_brain.decisions.arrays import Bools, Floats

Matrix = npt.NDArray[np.float32]
Scorer = Callable[[Matrix], Floats]
RESPONSE = "response"

_TREES = {"num_leaves": 4, "learning_rate": 0.08, "min_data_in_leaf": 100, "bagging_fraction": 0.7, "bagging_freq": 1}
"""Few and small trees: what a contact causes is a tenth of what people differ by. By judgement."""
_ROUNDS, _FOREST_TREES = 40, 60
"""Trees of boosting and of the forest: more changed the order on the sample's campaigns by less than the next seed."""
_FOREST = {"boosting": "rf", "num_leaves": 16, "min_data_in_leaf": 100, "bagging_fraction": 0.5, "bagging_freq": 1}
"""Trees of the forest: deeper, each of half the people and half the features. By judgement."""
_RIDGE = 0.2
"""Penalty of the ridge, times the weight of all people: a feature must explain more than chance. By judgement."""
_FEW = 40
"""Least people in a leaf where the held-out alone are learned from, who are few."""
_PARTS = 3
"""Parts of the people: what is expected of one is learned from the others."""


@dataclass(frozen=True)
class Contacts:
    """Randomised contacts.

    Attributes:
        features: people x features.
        outcome: 1 where the goods were bought, or any number.
        treated: who was contacted.
        share: of the people of the same campaign who were contacted: the chance with which each was.
    """

    features: Matrix
    outcome: Floats
    treated: Bools
    share: Floats

    def take(self, rows: npt.NDArray[np.bool_]) -> "Contacts":
        """Some of the contacts."""
        return Contacts(self.features[rows], self.outcome[rows], self.treated[rows], self.share[rows])


def response(known: Contacts, seed: int) -> Scorer:
    """Outcome when contacted."""
    told = known.take(known.treated)
    return _boosted(told.features, told.outcome, seed=seed)


def two_model(known: Contacts, seed: int) -> Scorer:
    """Difference of a model of the contacted and one of the held-out."""
    told, held = known.take(known.treated), known.take(~known.treated)
    with_contact = _boosted(told.features, told.outcome, seed=seed)
    without = _boosted(held.features, held.outcome, seed=seed, least=_FEW)
    return lambda features: with_contact(features) - without(features)


def transformed(known: Contacts, seed: int) -> Scorer:
    """Regression on the transformed outcome, whose mean is the difference."""
    weight = (known.treated - known.share) / (known.share * (1 - known.share))
    return _boosted(known.features, (known.outcome - _expected(known, seed)) * weight, seed=seed)


def residual(known: Contacts, seed: int) -> Scorer:
    """Regression of the rest of the outcome on the rest of the contact."""
    target, weight = _rests(known, seed)
    return _boosted(known.features, target, weight, seed=seed)


def forest(known: Contacts, seed: int) -> Scorer:
    """The same by a random forest."""
    target, weight = _rests(known, seed)
    return _fitted(known.features, target, weight, _FOREST | {"feature_fraction": 0.5}, _FOREST_TREES, seed)


def linear(known: Contacts, seed: int) -> Scorer:
    """The same by a ridge regression on the logarithms of the features, in units of their spread."""
    target, weight = _rests(known, seed)
    centre, spread = _log(known.features).mean(axis=0), _log(known.features).std(axis=0)
    spread[spread == 0] = 1.0

    def inputs(features: Matrix) -> Floats:
        return np.column_stack([np.ones(len(features)), (_log(features) - centre) / spread])

    known_inputs = inputs(known.features)
    penalty = np.eye(known_inputs.shape[1]) * _RIDGE * weight.sum()
    penalty[0, 0] = 0.0  # the mean effect is not shrunk
    gram = (known_inputs * weight[:, None]).T @ known_inputs + penalty
    slopes = np.linalg.solve(gram, (known_inputs * weight[:, None]).T @ target)
    return lambda features: np.asarray(inputs(features) @ slopes, dtype=np.float64)


LEARNERS: Mapping[str, Callable[[Contacts, int], Scorer]] = {
    "two_model": two_model,
    "transformed": transformed,
    "residual": residual,
    "forest": forest,
    "linear": linear,
}
"""Name -> learner of the difference: gives a function from features to what a contact causes, in the outcome's unit."""


def _log(features: Matrix) -> Floats:
    known = np.nan_to_num(features.astype(np.float64))
    return np.asarray(np.sign(known) * np.log1p(np.abs(known)))


def _rests(known: Contacts, seed: int) -> tuple[Floats, Floats]:
    """Target and weight of the R-learner's regression."""
    rest = known.treated - known.share
    return (known.outcome - _expected(known, seed)) / rest, rest**2


def _expected(known: Contacts, seed: int) -> Floats:
    """Outcome expected of each person, contacted or not, by a model that did not see it."""
    part = np.random.default_rng(seed).integers(0, _PARTS, len(known.outcome))
    expected = np.zeros(len(known.outcome))
    for number in range(_PARTS):
        rest = known.take(part != number)
        expected[part == number] = _boosted(rest.features, rest.outcome, seed=seed)(known.features[part == number])
    return expected


def _boosted(
    features: Matrix, target: Floats, weight: Floats | None = None, *, seed: int, least: int | None = None
) -> Scorer:
    trees = _TREES if least is None else _TREES | {"min_data_in_leaf": least}
    return _fitted(features, target, weight, trees | {"feature_fraction": 0.7}, _ROUNDS, seed)


def _fitted(
    features: Matrix, target: Floats, weight: Floats | None, trees: Mapping[str, object], rounds: int, seed: int
) -> Scorer:
    fixed = {"objective": "regression", "verbose": -1, "num_threads": 1, "seed": seed, "deterministic": True}
    model = lgb.train({**fixed, **trees}, lgb.Dataset(features, target, weight=weight), rounds)
    return lambda rows: np.asarray(model.predict(rows, num_threads=1), dtype=np.float64)
