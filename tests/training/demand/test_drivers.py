"""Drivers: units that sum to the forecast."""

import lightgbm as lgb
import numpy as np
import pytest

from features.demand.feature_matrix import DRIVERS, FEATURES
from training.demand.drivers import PriceEffect, driver_units, quick_driver_units, to_units


@pytest.fixture(scope="module")
def booster() -> lgb.Booster:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(2000, len(FEATURES))).astype(np.float32)
    label = np.exp(rows[:, 0] * 0.5 + 0.3 * (rows[:, 20] > 0))
    data = lgb.Dataset(rows, label, feature_name=list(FEATURES))
    return lgb.train({"objective": "tweedie", "verbosity": -1, "num_leaves": 7, "num_threads": 1}, data, 15)


@pytest.mark.parametrize("attribute", [driver_units, quick_driver_units])
def test_drivers_sum_to_the_forecast(booster: lgb.Booster, attribute: object) -> None:
    rows = np.random.default_rng(2).normal(size=(50, len(FEATURES))).astype(np.float32)
    base, uplift = np.linspace(0.1, 9, 50), np.linspace(1, 1.5, 50)
    units = attribute(booster, rows, base, {"stock": np.log(uplift)}, 1)
    assert units.shape == (50, len(DRIVERS))
    expected = base * uplift * np.exp(booster.predict(rows, raw_score=True))
    assert units.sum(axis=1) == pytest.approx(expected, rel=1e-9)


def test_what_does_not_matter_is_worth_nothing(booster: lgb.Booster) -> None:
    rows = np.zeros((3, len(FEATURES)), dtype=np.float32)
    ones = np.ones(3)
    units = quick_driver_units(booster, rows, ones, {}, 1)
    used = {list(FEATURES.values())[int(i)] for i in np.flatnonzero(booster.feature_importance("split"))}
    for number, name in enumerate(DRIVERS):
        if name not in used | {"level"}:
            assert np.array_equal(units[:, number], np.zeros(3))


def test_equal_effects_share_equally_and_opposite_ones_cancel() -> None:
    assert to_units(np.array([3.0]), np.array([[0.0, np.log(2), np.log(2)]])).tolist() == [[3, 4.5, 4.5]]
    found = to_units(np.array([2.0]), np.array([[0.0, 0.7, -0.7]]))
    assert found.sum() == pytest.approx(2)
    assert found[0, 1] == pytest.approx(-found[0, 2])


@pytest.mark.parametrize("attribute", [driver_units, quick_driver_units])
def test_store_without_listed_series_has_no_drivers(booster: lgb.Booster, attribute: object) -> None:
    nothing = np.zeros((0, len(FEATURES)), dtype=np.float32)
    assert attribute(booster, nothing, np.zeros(0), {}, 1).shape == (0, len(DRIVERS))


@pytest.mark.parametrize("attribute", [driver_units, quick_driver_units])
def test_the_price_does_what_the_elasticity_says_and_the_rest_is_the_promotion(attribute: object) -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(2000, len(FEATURES))).astype(np.float32)
    price, promotion, level = (DRIVERS.index(name) for name in ("price", "promotion", "level"))
    at = list(FEATURES).index("price_to_usual")
    data = lgb.Dataset(rows, np.exp(-rows[:, at]), feature_name=list(FEATURES))
    trees = lgb.train({"objective": "tweedie", "verbosity": -1, "num_leaves": 7, "num_threads": 1}, data, 15)
    some, base = rows[:4], np.full(4, 5.0)
    effect = PriceEffect(np.array([0.4, 0.4, 0.0, np.nan]), np.array([True, False, True, True]))
    own, told = attribute(trees, some, base, {}, 1), attribute(trees, some, base, {}, 1, effect)
    assert told.sum(axis=1) == pytest.approx(own.sum(axis=1)), "the forecast stays"
    slope = (own.sum(axis=1) - base) / np.log(own.sum(axis=1) / base)
    assert told[:3, price] == pytest.approx(effect.effect[:3] * slope[:3])
    assert told[0, promotion] == pytest.approx(own[0, price] + own[0, promotion] - told[0, price])
    assert told[1, level] - own[1, level] == pytest.approx(own[1, price] - told[1, price])
    assert told[3] == pytest.approx(own[3]), "of a price that nobody knows the trees tell"
