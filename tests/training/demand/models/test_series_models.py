"""The shipped series models: conformance, hand-worked values, trained and saved like the trees."""

import json
from datetime import date
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl
import pytest

from features.demand.history import read_history
from features.demand.periods import PeriodAxis
from retail_brain.dataset import Dataset
from retail_brain.errors import ExtensionError, ImpossibleError, ModelError, UsageError
from retail_brain.settings import DataSettings, DemandSettings, Settings
from training.demand import jobs, model_registry
from training.demand.config import DemandConfig, preset_config
from training.demand.conformance import DemandModelConformance
from training.demand.model import DemandModel
from training.demand.models.exponential_smoothing import SLOW, SeriesSmoothing, smoothed
from training.demand.models.weekday_level import WeekdayLevel, phases
from training.demand.protocol import SeriesForecaster, predictions
from training.demand.what_if import what_if


class TestExponentialSmoothing(DemandModelConformance):
    model = SeriesSmoothing


class TestWeekdayLevel(DemandModelConformance):
    model = WeekdayLevel


def _settings(name: str) -> Settings:
    return Settings(
        data=DataSettings(country="CN"),
        demand=DemandSettings(horizon_periods=14, sample_paths=40, backtest_windows=2, model=name),
    )


def test_smoothing_moves_level_and_season_by_their_share_of_the_error() -> None:
    demand, known = np.array([[4.0, 8.0, 4.0]]), np.array([[True, True, True]])
    level, season = smoothed(demand, known, np.array([0.5]), np.array([0.25]), 2)
    # level starts at 16/3, season at -4/3 x 2/4 and 8/3 x 1/3; errors are -2/3, then 19/9, then -11/9
    assert level == pytest.approx([16 / 3 - 1 / 3 + 19 / 18 - 11 / 18])
    assert season[0] == pytest.approx([-2 / 3 - 1 / 6 - 11 / 36, 8 / 9 + 19 / 36])


def test_unknown_periods_change_neither_level_nor_season() -> None:
    known = np.array([[True, True, False]])
    usual = smoothed(np.array([[3.0, 3.0, 99.0]]), known, np.array([0.5]), np.array([0.5]), 2)
    assert usual[0] == pytest.approx([3.0])
    assert usual[1] == pytest.approx(np.zeros((1, 2)))


def test_a_season_that_statsmodels_fits_is_forecast() -> None:
    days = pl.date_range(date(2024, 1, 1), date(2024, 6, 30), eager=True)
    units = np.where(np.arange(days.len()) % 7 >= 5, 10.0, 4.0)
    sales = pl.DataFrame({"date": days, "units": units}).with_columns(store_id=pl.lit("S"), product_id=pl.lit("P"))
    dataset = Dataset.from_frames({"daily_sales": sales})
    seen = dataset.at(dataset.last_day())
    item = next(iter(DemandModel.fit(seen, _config("exponential_smoothing")).forecast(seen, 7)))
    assert item.mean[0] == pytest.approx([4, 4, 4, 4, 4, 10, 10], rel=0.12)


def test_series_without_parameters_of_their_own_take_the_textbook_ones() -> None:
    nothing = {"store_id": pl.String, "product_id": pl.String, "alpha": pl.Float64, "gamma": pl.Float64}
    model = SeriesSmoothing(_config("exponential_smoothing"), pl.DataFrame(schema=nothing))
    alpha, gamma = model._of(pl.DataFrame({"store_id": ["S"], "product_id": ["P"]}))
    assert (alpha[0], gamma[0]) == SLOW


def test_phases_of_weeks_and_months_are_those_of_the_year() -> None:
    assert phases(PeriodAxis("day", date(2024, 1, 1), 9), 5, 8).tolist() == [5, 6, 0]
    assert phases(PeriodAxis("month", date(2024, 11, 1), 9), 0, 3).tolist() == [11, 12, 1]
    assert phases(PeriodAxis("week", date(2024, 12, 23), 9), 0, 2).tolist() == [52, 1]


@pytest.mark.parametrize("name", ["exponential_smoothing", "weekday_level"])
def test_a_named_model_is_trained_measured_saved_and_read_back(name: str, chain: Dataset, tmp_path: Path) -> None:
    trained = jobs.train(chain, _settings(name))
    assert len(trained.windows) == 2
    assert 0 < trained.metrics["pinball"] < trained.metrics["naive_pinball"]
    assert trained.config["demand"]["model"] == name
    again = jobs.evaluate_config(chain, Settings(), trained.config, trained.windows)
    assert again["pinball"] == pytest.approx(trained.metrics["pinball"])
    trained.model.save(tmp_path)
    model = DemandModel.load(tmp_path)
    assert not model.explains
    (one, *_), (other, *_) = (list(each.forecast(chain, 14, explain="quick")) for each in (trained.model, model))
    assert np.allclose(one.mean, other.mean, rtol=1e-9)
    assert np.array_equal(one.paths.units, other.paths.units)
    assert one.drivers is None
    with pytest.raises(ImpossibleError, match="lightgbm"):
        what_if(model, chain, "S0", "P00", 14)


def test_a_bundle_without_a_name_holds_the_trees(model: DemandModel, chain: Dataset, tmp_path: Path) -> None:
    model.save(tmp_path)
    facts = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    for name in ("model", "model_options"):
        facts["config"]["demand"].pop(name)
    (tmp_path / "model.json").write_text(json.dumps(facts), encoding="utf-8")
    assert DemandModel.load(tmp_path).explains


def test_an_unknown_model_is_an_error_that_lists_the_known_ones(chain: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lightgbm, exponential_smoothing, weekday_level"):
        jobs.train(chain, _settings("crystal_ball"))
    fitted = DemandModel.fit(chain, _config("weekday_level"), residuals=())
    fitted.save(tmp_path)
    facts = (tmp_path / "model.json").read_text(encoding="utf-8").replace("weekday_level", "crystal_ball")
    (tmp_path / "model.json").write_text(facts, encoding="utf-8")
    with pytest.raises(ModelError, match="crystal_ball"):
        DemandModel.load(tmp_path)


def test_a_model_without_label_or_method_or_with_a_taken_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nameless(WeekdayLevel):
        label: ClassVar = {"en": "only English"}

    with pytest.raises(ExtensionError, match="'zh'"):
        model_registry.protocol_class("nameless", Nameless)
    with pytest.raises(ExtensionError, match=r"fit.*load.*mean.*save"):
        model_registry.protocol_class("empty", type("Empty", (SeriesForecaster,), {}))
    with pytest.raises(ExtensionError, match="subclass"):
        model_registry.protocol_class("thing", object())
    monkeypatch.setattr(model_registry, "extension_names", lambda _: ("lightgbm",))
    with pytest.raises(ExtensionError, match="built in"):
        model_registry.demand_model_names()


def test_a_forecast_that_is_no_forecast_is_named(chain: Dataset) -> None:
    class Negative(WeekdayLevel):
        def mean(self, history, panel):  # type: ignore[no-untyped-def]
            return -super().mean(history, panel)

    history = read_history(chain, _settings("weekday_level"), 14)
    fitted = Negative.fit(history, _config("weekday_level"))
    with pytest.raises(ExtensionError, match=r"the demand model 'Negative' \(class Negative\) forecast an array"):
        list(predictions(fitted, history))


def _config(name: str) -> DemandConfig:
    return preset_config(_settings(name), "fast")
