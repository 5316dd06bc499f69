"""The forecasts table: the contract's columns, quantiles that do not cross."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from features.demand.feature_matrix import DRIVERS
from retail_brain.outputs import SeriesFilter
from retail_brain.settings import DemandSettings, Settings
from serving.planning.demand.forecast_table import empty_forecast_table, forecast_table
from training.demand.config import preset_config
from training.demand.model import DemandModel

_CHAIN = runpy.run_path(str(Path(__file__).parents[3] / "features" / "demand_chain.py"))


@pytest.fixture(scope="module")
def chain_and_model() -> tuple[Any, DemandModel]:
    chain = _CHAIN["dataset_of"](_CHAIN["small_chain"](days=90, products=5))
    settings = Settings(demand=DemandSettings(horizon_periods=7, sample_paths=40))
    quick = {"rounds": 10, "min_rows": 2_000, "threads": 1}
    return chain, DemandModel.fit(chain, preset_config(settings, "fast").model_copy(update=quick), residuals=())


def test_a_row_per_series_and_date_with_the_columns_of_the_contract(chain_and_model: tuple[Any, DemandModel]) -> None:
    chain, model = chain_and_model
    tables = [forecast_table(one, model.config.demand.quantiles) for one in model.forecast(chain, 7)]
    quantiles = [
        "forecast_p05",
        "forecast_p10",
        "forecast_p25",
        "forecast_p50",
        "forecast_p75",
        "forecast_p90",
        "forecast_p95",
    ]
    assert [table.columns for table in tables] == [["store_id", "product_id", "date", "forecast", *quantiles]] * 2
    whole = pl.concat(tables)
    assert whole.schema == empty_forecast_table(model.config.demand.quantiles).schema
    assert whole.select("store_id", "product_id", "date").is_unique().all()
    values = whole.select(quantiles).to_numpy()
    assert (np.diff(values, axis=1) >= 0).all()
    assert whole["forecast"].min() >= 0
    assert whole.null_count().sum_horizontal().item() == 0


def test_other_quantiles_and_drivers_on_request(chain_and_model: tuple[Any, DemandModel]) -> None:
    chain, model = chain_and_model
    forecast = next(iter(model.forecast(chain, 3, SeriesFilter(["S1"]), explain=True)))
    table = forecast_table(forecast, [0.5, 0.975])
    assert table.columns[3:6] == ["forecast", "forecast_p50", "forecast_p97_5"]
    drivers = table.select(f"driver_{name}" for name in DRIVERS).sum_horizontal()
    assert np.allclose(drivers, table["forecast"])
    assert table.schema == empty_forecast_table([0.5, 0.975], explain=True).schema
