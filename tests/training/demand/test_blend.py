"""Weights of simple models: who gets one, how far, and what is stored of it."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retail_brain.dataset import Dataset
from training.demand.blend import Blend, Groups, GroupWeight
from training.demand.blend_fit import fit_blend
from training.demand.calibration import calibrate
from training.demand.config import DemandConfig
from training.demand.dispersion import Residuals
from training.demand.model import DemandModel
from training.demand.protocol import predictions
from training.demand.simple_models import smoothing

NAMES = ("weekday_mean", "smoothing")


def window(
    seed: int, trees: float, simple: float, *, series: int = 80, departments: int = 1, promoted: bool = False
) -> Residuals:
    """Sales of 20 a day; trees and the first simple model err by these shares, the second gives no answer."""
    rng = np.random.default_rng(seed)
    shape = (series, 14)
    truth = np.full(shape, 20.0)
    error = rng.normal(0, 1, (2, series, 1))
    number = np.arange(series)
    means = np.stack([truth * np.exp(simple * error[1]), np.full(shape, np.nan)])
    return Residuals(
        mean=truth * np.exp(trees * error[0]),
        units=rng.poisson(truth).astype(float),
        weight=np.ones(shape),
        roughness=np.zeros(series),
        store=number % 4,
        department=number % departments,
        category=np.zeros(series, dtype=np.int64),
        correction=np.ones(shape),
        demand_class=np.zeros(series, dtype=np.int64),
        promoted=np.full(shape, promoted),
        simple=means.astype(np.float32),
    )


def test_a_model_that_is_much_better_takes_the_place_of_the_trees() -> None:
    blend = fit_blend([window(seed, 0.5, 0.02) for seed in range(3)], NAMES)
    best = blend.weights[0]
    assert (best.model, best.group, best.promoted) == ("weekday_mean", None, False)
    assert best.weight > 0.9
    assert best.gain > 0.5
    assert best.wape_blend < 0.6 * best.wape_trees


def test_a_model_that_errs_as_much_on_its_own_gets_about_half() -> None:
    blend = fit_blend([window(seed, 0.2, 0.2) for seed in range(4)], NAMES)
    assert 0.3 < blend.weights[0].weight < 0.7


def test_a_worse_model_gets_nothing() -> None:
    blend = fit_blend([window(seed, 0.02, 0.5) for seed in range(4)], NAMES)
    assert [group.weight for group in blend.weights] == [0.0] * len(blend.weights)
    assert blend.table(str).is_empty()


def test_one_window_counts_less_than_four() -> None:
    one, four = (fit_blend([window(seed, 0.2, 0.2) for seed in range(n)], NAMES).weights[0].weight for n in (1, 4))
    assert one < 0.8 * four


def test_what_wins_in_one_window_and_loses_in_others_is_noise() -> None:
    lucky = [window(0, 0.5, 0.02), *(window(seed, 0.02, 0.5) for seed in range(1, 4))]
    assert fit_blend(lucky, NAMES).weights[0].weight == 0


def test_departments_have_weights_of_their_own() -> None:
    def mixed(seed: int) -> Residuals:
        good, bad = window(seed, 0.4, 0.02, departments=2), window(seed, 0.02, 0.4, departments=2)
        first = (np.arange(80) % 2 == 0)[:, None]
        return replace(good, mean=np.where(first, good.mean, bad.mean), simple=np.where(first, good.simple, bad.simple))

    blend = fit_blend([mixed(seed) for seed in range(3)], NAMES)
    weights = {group.group: group.weight for group in blend.weights}
    assert blend.by == "department"
    assert weights[0] > 0.8
    assert weights[1] < 0.2


def test_promoted_periods_are_fitted_apart() -> None:
    plain = [window(seed, 0.02, 0.4) for seed in range(3)]
    promoted = [window(seed, 0.4, 0.02, promoted=True) for seed in range(3)]
    found = {g.promoted: g.weight for g in fit_blend([*plain, *promoted], NAMES).weights if g.group is None}
    assert found[False] == 0
    assert found[True] > 0.8


def test_without_forecasts_of_simple_models_the_trees_stay_alone() -> None:
    bare = replace(window(0, 0.2, 0.2), simple=np.empty((0, 0, 0), dtype=np.float32))
    assert fit_blend([bare], NAMES) == Blend()
    assert calibrate([bare], 0, NAMES).blend == Blend()


def test_a_group_overrides_its_class_and_unknown_answers_stay_with_the_trees() -> None:
    nothing = (10, 0.1, 0.2, 0.2, 0.2)
    weights = tuple(GroupWeight(0, False, g, "smoothing", w, *nothing) for g, w in ((None, 0.5), (7, 0.0)))
    groups = Groups(np.array([0, 0, 1]), np.array([6, 7, 6]), np.zeros((3, 2), dtype=bool))
    simple = np.array([[[4.0, np.nan], [4.0, 4.0], [4.0, 4.0]]], dtype=np.float32)
    assert Blend("store", weights).mean(groups, np.full((3, 2), 2.0), ["smoothing"], simple).tolist() == [
        [3.0, 2.0],
        [2.0, 2.0],
        [2.0, 2.0],
    ]


@pytest.fixture
def blended(model: DemandModel) -> DemandModel:
    """The small chain's model, made to follow simple models in all classes."""
    nothing = (10, 0.1, 0.2, 0.2, 0.2)
    weights = tuple(
        GroupWeight(number, promoted, None, "smoothing", 0.6, *nothing)
        for number in range(4)
        for promoted in (False, True)
    )
    return replace(model, calibration=replace(model.calibration, blend=Blend("department", weights)))


def test_paths_drivers_and_stored_files_follow_the_blend(
    chain: Dataset, model: DemandModel, blended: DemandModel, tmp_path: Path
) -> None:
    plain, moved = (next(iter(m.forecast(chain, 14, explain="quick", paths=400))) for m in (model, blended))
    assert np.abs(moved.mean / plain.mean - 1).max() > 0.02
    assert moved.paths.units.mean() == pytest.approx(moved.mean.mean(), rel=0.05)
    assert moved.drivers is not None
    drivers = moved.drivers.drop("store_id", "product_id", "date").sum_horizontal().to_numpy()
    assert drivers == pytest.approx(moved.mean.ravel(), rel=1e-6)
    blended.save(tmp_path)
    again = DemandModel.load(tmp_path)
    assert again.calibration.blend == blended.calibration.blend
    assert next(iter(again.forecast(chain, 14))).mean == pytest.approx(moved.mean, rel=1e-6)


def test_the_mean_lies_between_the_trees_and_the_simple_model(
    chain: Dataset, model: DemandModel, blended: DemandModel
) -> None:
    history = blended.history(chain, 14)
    for prediction in predictions(blended.mean, history):
        trees = prediction.mean * model.calibration.factor(prediction.correction)
        moved = prediction.mean * prediction.factor(blended.calibration)
        simple = smoothing(prediction.panel, 14)
        listed = trees > 0
        assert listed.any()
        assert moved[listed] == pytest.approx((trees + 0.6 * (simple - trees))[listed], rel=1e-5)
        assert not moved[~listed].any()


def test_a_bundle_without_simple_models_is_read_and_follows_none(
    blended: DemandModel, chain: Dataset, model: DemandModel, tmp_path: Path
) -> None:
    blended.save(tmp_path)
    facts = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    del facts["blend"], facts["config"]["blends"], facts["config"]["closes"], facts["config"]["demand"]["simple_models"]
    (tmp_path / "model.json").write_text(json.dumps(facts | {"format": 5}), encoding="utf-8")
    old = DemandModel.load(tmp_path)
    assert old.calibration.blend == Blend()
    assert old.config.competitors == ()
    factor = next(iter(predictions(old.mean, old.history(chain, 14)))).factor(old.calibration)
    assert (factor == old.calibration.factor(np.ones_like(factor))).all()


def test_a_setting_leaves_the_trees_alone(chain: Dataset, config: DemandConfig, dataset_of: Callable[..., Any]) -> None:
    alone = config.model_copy(update={"demand": config.demand.model_copy(update={"simple_models": ()})})
    assert alone.competitors == ()
    assert DemandModel.fit(chain, alone).calibration.blend == Blend()
    assert asdict(Blend()) == {"by": "department", "weights": ()}
