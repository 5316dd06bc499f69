"""Overrides in means and sample paths, and forecasts kept per origin."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.forecast_value_added import OVERRIDES
from retail_brain.outputs import SeriesFilter
from retail_brain.settings import DemandSettings
from training.demand.applied_overrides import OverriddenModel, overridden
from training.demand.forecast_run import StoreForecast
from training.demand.model import DemandModel
from training.demand.stored_forecasts import origin_rows, read_origin, stored_origins, write_origin

RISK = pl.DataFrame({"store_id": ["S0"], "product_id": ["P05"], "risk_days": [3.2]})


@pytest.fixture(scope="module")
def forecast(model: DemandModel, chain: Dataset) -> StoreForecast:
    return next(iter(model.forecast(chain, 10, SeriesFilter(["S0"]), explain="quick")))


def _override(forecast: StoreForecast, **given: object) -> pl.DataFrame:
    first = forecast.paths.dates[0]
    usual = {
        "store_id": "S0",
        "product_id": "P05",
        "begins_on": first + timedelta(days=2),
        "ends_on": first + timedelta(days=5),
        "kind": "factor",
        "value": 2.0,
        "user": "王芳",
        "reason": "庙会",
        "made_on": first - timedelta(days=1),
    }
    return pl.DataFrame([usual | given], schema=OVERRIDES)


def _row(forecast: StoreForecast) -> int:
    return forecast.paths.series["product_id"].to_list().index("P05")


def test_a_factor_moves_mean_and_paths_of_its_days_only(forecast: StoreForecast) -> None:
    origin = forecast.paths.dates[0] - timedelta(days=1)
    found, row = overridden(forecast, _override(forecast), origin), _row(forecast)
    ratio = found.mean[row] / forecast.mean[row]
    assert ratio.tolist() == [1, 1, 2, 2, 2, 1, 1, 1, 1, 1]
    changed = np.zeros(forecast.mean.shape, dtype=bool)
    changed[row, 2:5] = True
    before, after = (item.paths.units.transpose(0, 2, 1) for item in (forecast, found))
    assert np.array_equal(after[~changed], before[~changed])
    assert np.array_equal(after[changed], 2 * before[changed])


@pytest.mark.parametrize(("kind", "value"), [("factor", 1.37), ("units", 2.6)])
def test_whole_units_stay_whole_and_the_paths_mean_is_what_was_said(
    forecast: StoreForecast, kind: str, value: float
) -> None:
    origin = forecast.paths.dates[0] - timedelta(days=1)
    every = _override(forecast, product_id=None, store_id=None, begins_on=date(2020, 1, 1), ends_on=None)
    found = overridden(forecast, every.with_columns(pl.lit(kind).alias("kind"), pl.lit(value).alias("value")), origin)
    assert np.array_equal(found.paths.units, np.rint(found.paths.units))
    wanted = forecast.mean * value if kind == "factor" else np.full(forecast.mean.shape, value)
    assert found.mean == pytest.approx(wanted)
    engine = forecast.paths.units.mean() / forecast.mean.mean()
    assert found.paths.units.mean() == pytest.approx(wanted.mean() * engine, rel=0.05)


def test_what_does_not_apply_leaves_the_same_object(forecast: StoreForecast) -> None:
    first = forecast.paths.dates[0]
    for given in (
        {"store_id": "S1"},
        {"product_id": "P99"},
        {"made_on": first},
        {"withdrawn_on": first - timedelta(days=1)},
        {"begins_on": date(2020, 1, 1), "ends_on": first},
    ):
        assert overridden(forecast, _override(forecast, **given), first - timedelta(days=1)) is forecast


def test_a_model_with_overrides_forecasts_with_them(
    model: DemandModel, chain: Dataset, forecast: StoreForecast
) -> None:
    changed = OverriddenModel(model, _override(forecast))
    (found,) = changed.forecast(chain, 10, SeriesFilter(["S0"]))
    assert found.mean[_row(found)].sum() > forecast.mean[_row(forecast)].sum()


def test_forecasts_are_kept_per_origin_and_the_oldest_go(forecast: StoreForecast, tmp_path: Path) -> None:
    origin = forecast.paths.dates[0] - timedelta(days=1)
    rows = origin_rows(forecast, RISK, 9.0)
    engine = rows.filter(pl.col("product_id") == "P05")
    assert engine["engine"].to_list() == pytest.approx(forecast.mean[_row(forecast)].tolist(), rel=1e-5)
    assert engine["risk_until"].unique().to_list() == [origin + timedelta(days=4)]
    assert rows["risk_until"].max() == origin + timedelta(days=9)
    assert engine["naive"].n_unique() == 1
    few = DemandSettings(stored_origins=2, stored_series=3)
    for day in range(3):
        assert write_origin(tmp_path, origin + timedelta(days=day), [rows, pl.DataFrame()], few) == 30
    assert stored_origins(tmp_path) == [origin + timedelta(days=1), origin + timedelta(days=2)]
    kept = read_origin(tmp_path, origin + timedelta(days=2))
    best = rows.group_by("product_id").agg(pl.col("engine").sum()).sort("engine", descending=True).head(3)
    assert set(kept["product_id"]) == set(best["product_id"])
    assert write_origin(tmp_path / "none", origin, [], few) == 0
