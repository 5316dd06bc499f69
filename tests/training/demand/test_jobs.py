"""Training jobs and the backtest: windows, honest calibration, metrics of all methods, short histories."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.country import Country
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError, ModelError, UsageError
from retail_brain.progress import Progress
from retail_brain.settings import DataSettings, DemandSettings, Settings
from retail_brain.workspace import Workspace
from training.demand import jobs
from training.demand.backtest import Backtest, backtest, backtest_windows
from training.demand.backtest_window import MODEL_ALONE
from training.demand.config import DemandConfig
from training.demand.model import DemandModel
from training.jobs import Trained
from training.registration import train as register

SETTINGS = Settings(
    data=DataSettings(country="CN"), demand=DemandSettings(horizon_periods=14, sample_paths=60, backtest_windows=2)
)


@pytest.fixture(scope="module")
def trained(chain: Dataset, config: DemandConfig) -> Trained:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "preset_config", lambda *_: config)
        return jobs.train(chain, SETTINGS)


@pytest.fixture(scope="module")
def found(chain: Dataset, config: DemandConfig) -> Backtest:
    return backtest(chain, config, backtest_windows(chain, config, 2))


def test_windows_end_with_the_data(chain: Dataset, config: DemandConfig) -> None:
    last = chain.last_day()
    assert backtest_windows(chain, config, 2) == [last - timedelta(days=28), last - timedelta(days=14)]


def test_every_method_is_measured_on_the_same_rows(found: Backtest) -> None:
    methods = ["champion", "naive", "seasonal_naive", "moving_average", "sba", "tsb"]
    assert found.scores["method"].unique(maintain_order=True).to_list() == methods
    assert found.scores.group_by("cutoff").agg(pl.col("rows").n_unique())["rows"].to_list() == [1, 1]
    assert set(found.ets["method"]) == {*methods, "ets"}
    assert found.ets.filter(pl.col("method") == "ets")["seconds_per_series"].item() > 0


def test_the_champion_beats_every_rival_on_demand_that_follows_weekday_and_promotion(found: Backtest) -> None:
    means = found.means()
    for rival in ("naive", "seasonal_naive", "moving_average", "sba", "tsb"):
        assert means["wape"] < means[f"{rival}_wape"]
        assert means["pinball"] < means[f"{rival}_pinball"]
    assert 0.6 < means["sum7_coverage_80"] <= 0.97
    assert abs(np.mean(found.pit) - 0.5) < 0.06


def test_calibration_is_told_by_span_class_and_size_as_shares_of_randomised_pit(found: Backtest) -> None:
    pits = pl.DataFrame(
        {
            "span": ["period"] * 4 + ["sum"],
            "demand_class": [0, 0, 2, 2, 0],
            "rate": [2.0, 3.0, 0.05, 0.5, 2.0],
            "pit": [0.3, 0.5, 0.9, 0.96, 0.94],
        }
    )
    assert replace(found, pits=pits).calibration().rows() == [
        ("period", "smooth", 2, 1.0, 1.0, 1.0),
        ("period", "intermittent", 2, 0.0, 0.5, 0.5),
        ("period", "under 0.1 a period", 1, 0.0, 1.0, 1.0),
        ("period", "0.1 to 1", 1, 0.0, 0.0, 0.0),
        ("period", "1 to 10", 2, 1.0, 1.0, 1.0),
        ("period", "all", 4, 0.5, 0.75, 0.75),
        ("sum", "smooth", 1, 0.0, 0.0, 1.0),
        ("sum", "1 to 10", 1, 0.0, 0.0, 1.0),
        ("sum", "all", 1, 0.0, 0.0, 1.0),
    ]


def test_pits_of_a_backtest_are_of_periods_and_of_sums_over_the_horizon(found: Backtest) -> None:
    of_sums = found.pits.filter(span="sum")
    assert 0 < of_sums.height < found.pit.size
    assert abs(of_sums["pit"].to_numpy().mean() - 0.5) < 0.2
    assert found.pits["pit"].is_between(0, 1).all()


def test_nothing_of_a_window_depends_on_what_came_after_it(
    chain: Dataset, config: DemandConfig, found: Backtest
) -> None:
    earlier = chain.at(chain.last_day() - timedelta(days=14))
    alone = backtest(earlier, config, [found.windows[0]], scoring=MODEL_ALONE)
    whole = found.forecasts.filter(pl.col("cutoff") == found.windows[0])
    both = alone.forecasts.join(whole, on=["store_id", "product_id", "date"], suffix="_whole")
    assert both.height > 0.9 * whole.height
    assert np.allclose(both["forecast"], both["forecast_whole"])


def test_a_run_hands_over_what_tracking_needs(trained: Trained, tmp_path: Path) -> None:
    assert trained.primary == ("pinball", "lower")
    assert trained.metrics["pinball"] > 0
    assert len(trained.windows) == 2
    assert set(trained.figures) == {"importance", "calibration", "forecast_and_actual"}
    assert set(trained.tables) == {
        "scores",
        "stores",
        "sums",
        "totals",
        "beside_ets",
        "calibration",
        "importance",
        "accidents",
        "simple_models",
    }
    trained.model.save(tmp_path)
    assert DemandModel.load(tmp_path).config == trained.model.config


def test_a_country_that_settings_do_not_name_is_said_with_what_tells_it(capsys: pytest.CaptureFixture[str]) -> None:
    jobs._say_country(Country("US", "stores", others=2), Progress())
    said = capsys.readouterr().err
    assert "country US, by the stores" in said
    assert "2 stores of other countries" in said
    assert "按门店判断" in said
    jobs._say_country(Country("CN", "settings"), Progress())
    assert capsys.readouterr().err == ""


def test_weeks_that_would_be_trained_on_as_days_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    weeks = [date(2026, 1, 7) + timedelta(days=7 * number) for number in range(10)]
    weekly = Dataset.from_frames(
        {
            "daily_sales": pl.DataFrame({"date": weeks}).with_columns(
                store_id=pl.lit("A"), product_id=pl.lit("x"), units=1.0
            )
        }
    )
    jobs._say_spacing(weekly, Settings(), Progress())
    said = capsys.readouterr().err
    assert "rows on Wednesdays alone, 10 days" in said
    assert "10 天" in said
    jobs._say_spacing(weekly, Settings(data=DataSettings(period="week")), Progress())
    jobs._say_spacing(Dataset.from_frames({}), Settings(), Progress())
    assert capsys.readouterr().err == ""


def test_training_asks_for_a_country_that_nothing_tells(chain: Dataset) -> None:
    with pytest.raises(UsageError, match="no country is named"):
        jobs.train(chain, Settings())


def test_what_cannot_begin_leaves_nothing_behind(chain: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no country is named"):
        register(Workspace(tmp_path), "demand", Settings(), chain)
    assert not list(tmp_path.iterdir())


def test_a_recorded_configuration_scores_the_same_on_the_same_windows(chain: Dataset, trained: Trained) -> None:
    again = jobs.evaluate_config(chain, SETTINGS, trained.config, trained.windows)
    assert again["pinball"] == pytest.approx(trained.metrics["pinball"])
    assert again["wape"] == pytest.approx(trained.metrics["wape"])


def test_a_configuration_of_another_version_is_refused(chain: Dataset, trained: Trained) -> None:
    with pytest.raises(ModelError, match="Train again"):
        jobs.evaluate_config(chain, SETTINGS, {"unheard_of": 1}, trained.windows)


def test_too_short_a_history_is_fitted_without_a_backtest(chain: Dataset, config: DemandConfig) -> None:
    few_days = Dataset.from_frames({"daily_sales": chain.daily_sales().sort("date").head(30).collect()})
    dataset = few_days.at(few_days.last_day())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "preset_config", lambda *_: config)
        trained = jobs.train(dataset, SETTINGS)
    assert trained.windows == []
    assert np.isnan(trained.metrics["pinball"])
    with pytest.raises(ImpossibleError, match="too short"):
        backtest(dataset, config, [])
