"""Rows that the demand model learns from: the same ones however they reach LightGBM, and none of an unknown series."""

from dataclasses import replace

import numpy as np
import pytest

from features.demand.feature_matrix import DemandFeatures, Vocabulary
from features.demand.history import DemandHistory, read_history
from features.demand.panel import panel_ranges, panels
from retail_brain.dataset import Dataset
from retail_brain.settings import DataSettings, DemandSettings, Settings
from training.demand import booster
from training.demand.config import DemandConfig, preset_config
from training.demand.training_rows import Draw, Plan, panel_draws, training_origins

HORIZON = 14


def _config(**demand: int) -> DemandConfig:
    settings = Settings(data=DataSettings(country="CN"), demand=DemandSettings(horizon_periods=HORIZON, **demand))
    return preset_config(settings, "fast").model_copy(update={"rounds": 10, "threads": 1})


@pytest.fixture(scope="module")
def history(chain: Dataset) -> DemandHistory:
    return read_history(chain, _config().settings, HORIZON)


def _features(history: DemandHistory) -> DemandFeatures:
    return DemandFeatures(history, Vocabulary.from_history(history))


def _draws(history: DemandHistory, config: DemandConfig) -> list[Draw]:
    plan = Plan.from_history(history, config)
    (panel,) = panels(history)
    return list(panel_draws(_features(history).for_panel(panel), plan.panel_origins(0), plan.share, config))


def test_rows_are_what_came_after_each_origin(history: DemandHistory) -> None:
    (panel,) = panels(history)
    draws = _draws(history, _config())
    assert [draw.origin for draw in draws] == training_origins(history)
    for draw in draws[::5]:
        target = draw.origin + draw.ahead
        assert target.max() < history.axis.count
        assert draw.demand.tolist() == panel.demand[draw.series, target].tolist()
        assert (panel.weight[draw.series, target] > 0).all()
        assert (draw.level > 0).all()


def test_a_series_that_had_sold_on_too_few_days_is_not_learnt_from_yet(history: DemandHistory) -> None:
    (panel,) = panels(history)
    least = 20
    inferred = ~panel.series["is_listed"].to_numpy() & ~panel.series["began_before"].to_numpy()
    assert inferred.any()
    for draw in _draws(history, _config(min_sale_days=least)):
        days = (panel.sold[draw.series, : draw.origin + 1] > 0).sum(axis=1)
        assert (days[inferred[draw.series]] >= least).all()


def _trained(history: DemandHistory, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    data = booster.training_data(history, _features(history), _config())
    trees = booster.fit_booster(history, _features(history), _config())
    assert data is not None
    assert trees is not None
    return data.get_label(), data.get_init_score(), booster.predict_factor(trees, rows, 1)


def test_rows_binned_origin_by_origin_make_the_trees_of_a_matrix(
    history: DemandHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (panel,) = panels(history)
    series, ahead = np.nonzero(np.ones((panel.size, HORIZON)))
    rows = _features(history).for_panel(panel).rows(history.axis.count - 1, series, ahead + 1)
    settings = booster._parameters
    monkeypatch.setattr(booster, "_parameters", lambda *of: {**settings(*of), "feature_pre_filter": False})
    whole = _trained(history, rows)
    monkeypatch.setattr(booster, "WHOLE_ROWS", 0)
    monkeypatch.setattr(booster, "SAMPLE_ROWS", 10**9)
    monkeypatch.setattr(booster, "SAMPLE_ORIGIN_STEP", 1)
    for found, expected in zip(_trained(history, rows), whole, strict=True):
        assert np.array_equal(found, expected)


def test_many_panels_are_looked_at_twice(history: DemandHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booster, "WHOLE_ROWS", 0)
    ranges = panel_ranges(history, 1)
    assert len(ranges) == history.series["store_id"].n_unique()
    monkeypatch.setattr(booster, "panel_ranges", lambda _: ranges)
    data = booster.training_data(history, _features(history), _config())
    assert data is not None
    assert data.num_data() == data.get_label().size > booster.MIN_TRAINING_ROWS


def test_too_little_history_teaches_nothing(history: DemandHistory) -> None:
    young = replace(history, axis=replace(history.axis, count=10))
    assert booster.training_data(young, _features(history), _config()) is None
