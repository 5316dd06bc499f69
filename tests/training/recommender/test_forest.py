"""The trees evaluated here against LightGBM on random rows with unknown values."""

from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from training.recommender.forest import Forest

ROWS, COLUMNS = 3_000, 6


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    """Whole, continuous and often unknown columns; the first never unknown, so that its splits know no NaN."""
    random = np.random.default_rng(1)
    values = random.standard_normal((ROWS, COLUMNS)).astype(np.float32)
    values[:, 1] = np.rint(values[:, 1])
    values[:, 2] = np.maximum(values[:, 2], 0)
    values[:, 2:][random.random((ROWS, COLUMNS - 2)) < 0.2] = np.nan
    return values


def trained(features: np.ndarray, categories: tuple[int, ...] = (), **changes: object) -> lgb.Booster:
    signal = np.nan_to_num(features, nan=1.5)
    label = np.sin(2 * signal).sum(axis=1) + signal[:, 0] * signal[:, 3] > 0
    parameters = {"objective": "binary", "num_leaves": 31, "verbosity": -1, "num_threads": 1, "seed": 1}
    data = lgb.Dataset(features, label.astype(np.float32), categorical_feature=list(categories))
    return lgb.train(parameters | changes, data, num_boost_round=25)


@pytest.mark.parametrize("rows", [1, 63, 64, 65, ROWS])
def test_every_row_gets_the_sum_that_lightgbm_gives(features: np.ndarray, rows: int) -> None:
    booster = trained(features)
    forest = Forest.of(booster)
    assert forest is not None
    np.testing.assert_allclose(forest.probability(features[:rows]), booster.predict(features[:rows]), rtol=1e-14)


def test_values_on_a_threshold_unknown_and_endless_ones_take_the_same_way(features: np.ndarray) -> None:
    booster = trained(features)
    forest = Forest.of(booster)
    assert forest is not None
    # every threshold itself, the floats beside it, and what is no number, in every column, known at training or not
    thresholds = np.abs(forest.thresholds)
    beside = [np.nextafter(thresholds, np.float32(way), dtype=np.float32) for way in (-np.inf, np.inf)]
    values = np.concatenate([thresholds, -thresholds, *beside, np.float32([0, -0.0, np.nan, np.inf, -np.inf])])
    rows = np.random.default_rng(2).choice(values, (5_000, COLUMNS))
    np.testing.assert_allclose(forest.probability(rows), booster.predict(rows), rtol=1e-14)


def test_trees_of_a_single_leaf_are_added_too(features: np.ndarray) -> None:
    booster = trained(features, min_data_in_leaf=ROWS)
    forest = Forest.of(booster)
    assert forest is not None
    np.testing.assert_allclose(forest.probability(features), booster.predict(features), rtol=1e-14)


@pytest.mark.parametrize(
    "changes",
    [
        {"num_leaves": 64, "min_data_in_leaf": 2},
        {"zero_as_missing": True},
        {"categories": (1,)},
        {"linear_tree": True},
        {"objective": "regression"},
        {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
    ],
)
def test_what_only_lightgbm_can_evaluate_is_left_to_it(features: np.ndarray, changes: dict[str, Any]) -> None:
    known = np.abs(np.nan_to_num(features))
    assert Forest.of(trained(known, **changes)) is None
