"""The demand model as others use it: fit, forecast, save and load, and data that lack almost everything."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from features.demand.feature_matrix import DRIVERS
from retail_brain.dataset import Dataset
from retail_brain.errors import ModelError, NotFoundError
from retail_brain.outputs import SeriesFilter
from retail_brain.settings import DataSettings, DemandSettings, Settings
from training.demand.config import DemandConfig, preset_config
from training.demand.model import DemandModel


def _sales(rows: list[tuple[date, str, str, float]]) -> Dataset:
    frame = pl.DataFrame(rows, schema=["date", "store_id", "product_id", "units"], orient="row")
    dataset = Dataset.from_frames({"daily_sales": frame})
    return dataset.at(dataset.last_day())


def test_one_forecast_per_store_in_order_with_dates_after_the_last_visible_day(
    model: DemandModel, chain: Dataset
) -> None:
    found = list(model.forecast(chain, 10))
    assert [item.store_id for item in found] == ["S0", "S1"]
    for item in found:
        size = item.paths.series.height
        assert item.paths.series["store_id"].unique().to_list() == [item.store_id]
        assert item.paths.units.shape == (size, 60, 10)
        assert item.mean.shape == (size, 10)
        assert item.paths.dates.to_list() == [chain.last_day() + timedelta(days=day) for day in range(1, 11)]
        assert item.paths.units.min() >= 0
        assert np.array_equal(item.paths.units, np.round(item.paths.units))
        assert item.paths.units.mean() == pytest.approx(item.mean.mean(), rel=0.1)
        assert item.drivers is None


def test_the_model_beats_the_mean_of_the_last_weeks(
    small_chain: Callable[..., Any], dataset_of: Callable[..., Dataset], config: DemandConfig
) -> None:
    tables = small_chain()
    cutoff = tables["daily_sales"]["date"].max() - timedelta(days=14)
    past = dataset_of(tables, cutoff)
    fitted = DemandModel.fit(past, config, residuals=())
    sold = tables["daily_sales"]
    keys = ["store_id", "product_id"]
    mean = (
        sold.filter(pl.col("date").is_between(cutoff - timedelta(days=27), cutoff))
        .group_by(keys)
        .agg(pl.col("units").sum() / 28)
    )
    error = {"model": 0.0, "mean": 0.0}
    for item in fitted.forecast(past, 14):
        days = item.paths.dates.alias("date").to_frame()
        rows = item.paths.series.join(days, how="cross", maintain_order="left_right")
        rows = rows.with_columns(pl.Series("model", item.mean.ravel()))
        rows = rows.join(sold.select(*keys, "date", pl.col("units").alias("came")), on=[*keys, "date"], how="left")
        rows = rows.join(mean.rename({"units": "mean"}), on=keys, how="left").fill_null(0.0)
        for name in error:
            error[name] += float((rows[name] - rows["came"]).abs().sum())
    assert error["model"] < error["mean"]


def test_the_same_seed_gives_the_same_paths_and_a_store_alone_the_same_as_among_others(
    model: DemandModel, chain: Dataset
) -> None:
    whole = {item.store_id: item.paths.units for item in model.forecast(chain, 5, seed=3)}
    alone = next(iter(model.forecast(chain, 5, SeriesFilter(["S1"]), seed=3)))
    assert np.array_equal(whole["S1"], alone.paths.units)
    other = next(iter(model.forecast(chain, 5, SeriesFilter(["S1"]), seed=4)))
    assert not np.array_equal(whole["S1"], other.paths.units)


@pytest.mark.parametrize("explain", [True, "quick"])
def test_drivers_sum_to_the_mean(model: DemandModel, chain: Dataset, explain: Any) -> None:
    item = next(iter(model.forecast(chain, 4, SeriesFilter(["S0"]), explain=explain)))
    assert item.drivers is not None
    assert item.drivers.columns == ["store_id", "product_id", "date", *DRIVERS]
    total = item.drivers.select(DRIVERS).sum_horizontal().to_numpy()
    assert total == pytest.approx(item.mean.ravel(), abs=1e-9)


@pytest.mark.parametrize("explain", [False, True, "quick"])
def test_a_store_that_lists_nothing_any_more_has_an_empty_forecast(
    model: DemandModel, chain: Dataset, explain: Any
) -> None:
    goods = chain.daily_sales().filter(pl.col("store_id") == "S1").select("store_id", "product_id").unique().collect()
    ends = {"listed_from": chain.last_day() - timedelta(days=150), "listed_until": chain.last_day()}
    listed = goods.with_columns(pl.lit(day).alias(name) for name, day in ends.items())
    ended = Dataset.from_frames({**chain.frames, "assortment": listed}).at(chain.last_day())
    found = {item.store_id: item for item in model.forecast(ended, 4, explain=explain)}
    assert found["S1"].paths.units.shape == (0, 60, 4)
    assert found["S0"].mean.shape[0] > 0
    if explain:
        assert found["S1"].drivers is not None
        assert found["S1"].drivers.height == 0


def test_a_saved_model_forecasts_the_same(model: DemandModel, chain: Dataset, tmp_path: Path) -> None:
    model.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} <= {".txt", ".json", ".npz"}
    again = DemandModel.load(tmp_path)
    for one, other in zip(model.forecast(chain, 6), again.forecast(chain, 6), strict=True):
        assert np.array_equal(one.paths.units, other.paths.units)
        assert np.allclose(one.mean, other.mean)


def test_a_damaged_or_foreign_model_says_so(model: DemandModel, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a demand model"):
        DemandModel.load(tmp_path)
    model.save(tmp_path)
    facts = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    (tmp_path / "model.json").write_text(json.dumps(facts | {"format": 99}), encoding="utf-8")
    with pytest.raises(ModelError, match="format 99"):
        DemandModel.load(tmp_path)


def test_goods_asked_for_by_name_are_answered_even_without_history(model: DemandModel, chain: Dataset) -> None:
    item = next(iter(model.forecast(chain, 7, SeriesFilter(["S0"], ["P05", "NEW", "NEW"]))))
    assert item.paths.series["product_id"].to_list() == ["P05", "NEW"]
    assert item.basis.to_list() == ["model", "cold"]
    assert (item.mean[1] > 0).all()
    only = SeriesFilter(["S0"], ["P05", "NEW"], unsold=False)
    assert next(iter(model.forecast(chain, 7, only))).paths.series["product_id"].to_list() == ["P05"]


def test_an_unknown_store_is_not_found(model: DemandModel, chain: Dataset) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        list(model.forecast(chain, 7, SeriesFilter(["nowhere"])))


def test_rare_series_are_shrunk_to_their_like(chain: Dataset, config: DemandConfig) -> None:
    rare = pl.DataFrame(
        {
            "date": [chain.last_day() - timedelta(days=60), chain.last_day() - timedelta(days=20)],
            "store_id": ["S0", "S0"],
            "product_id": ["稀有", "稀有"],
            "units": [1.0, 1.0],
        }
    )
    sales = pl.concat([chain.daily_sales().select(rare.columns).collect(), rare])
    frames = {name: frame for name, frame in chain.frames.items() if name != "daily_sales"}
    with_rare = Dataset.from_frames({**frames, "daily_sales": sales}).at(chain.last_day())
    few = config.model_copy(update={"demand": config.demand.model_copy(update={"min_sale_days": 5})})
    item = next(iter(DemandModel.fit(with_rare, few, residuals=()).forecast(with_rare, 14)))
    place = item.paths.series["product_id"].to_list().index("稀有")
    assert item.basis[place] == "rate"
    assert 0.005 < item.mean[place].mean() < 0.3
    assert item.paths.units[place].mean() == pytest.approx(item.mean[place].mean(), rel=0.5)


@pytest.mark.parametrize("days", [1, 3, 20])
@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_few_days_of_one_product_still_give_a_sensible_answer(days: int, period: Any) -> None:
    start = date(2025, 5, 1)
    dataset = _sales([(start + timedelta(days=day), "一号店", "牛奶", 3.0) for day in range(days)])
    settings = Settings(data=DataSettings(period=period), demand=DemandSettings(sample_paths=40, horizon_periods=3))
    model = DemandModel.fit(dataset, preset_config(settings, "fast").model_copy(update={"threads": 1, "rounds": 5}))
    item = next(iter(model.forecast(dataset, 3)))
    assert item.paths.series["product_id"].to_list() == ["牛奶"]
    assert item.paths.units.shape == (1, 40, 3)
    assert 0.5 < item.mean.mean() < 100


def test_receipts_with_returns_and_weights_are_forecast_as_they_are_sold() -> None:
    start, rng = date(2025, 1, 1), np.random.default_rng(1)
    rows = [(start + timedelta(days=day), "S", "meat", round(float(rng.gamma(4, 0.3)), 3)) for day in range(90)]
    dataset = _sales([*rows, (start + timedelta(days=50), "S", "returned", -1.0), (start, "S", "returned", 1.0)])
    settings = Settings(demand=DemandSettings(sample_paths=200, horizon_periods=7))
    model = DemandModel.fit(dataset, preset_config(settings, "fast").model_copy(update={"threads": 1, "rounds": 5}))
    item = next(iter(model.forecast(dataset, 7)))
    place = item.paths.series["product_id"].to_list().index("meat")
    units = item.paths.units[place]
    assert not np.array_equal(units, np.round(units))
    assert units.mean() == pytest.approx(1.2, rel=0.3)
