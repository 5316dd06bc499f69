"""Drivers of the table `drivers` in the model: learnt, explained, and forgotten when the table loses them."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.progress import Progress
from training.demand import jobs
from training.demand.config import DemandConfig, histories_of
from training.demand.model import DemandModel

FIRST = date(2024, 3, 1)


@pytest.fixture(scope="module")
def chain_with_rain(small_chain: Callable[..., Any], dataset_of: Callable[..., Dataset]) -> Dataset:
    """Every third day it rains, which is known ahead, and three times as much is sold."""
    tables = small_chain()
    days = [FIRST + timedelta(days=day) for day in range(220)]
    rain = pl.DataFrame({"date": days, "name": "rain", "value": [float(day % 3 == 0) for day in range(220)]})
    wet = pl.col("date").is_in(rain.filter(pl.col("value") > 0)["date"].implode())
    sales = tables["daily_sales"].with_columns(pl.when(wet).then(pl.col("units") * 3).otherwise("units").alias("units"))
    return dataset_of({**tables, "daily_sales": sales, "drivers": rain.with_columns(known_ahead=pl.lit(value=True))})


@pytest.fixture(scope="module")
def rainy_model(chain_with_rain: Dataset, config: DemandConfig) -> DemandModel:
    return DemandModel.fit(chain_with_rain, config)


def test_a_driver_known_ahead_is_learnt_and_explained(rainy_model: DemandModel, chain_with_rain: Dataset) -> None:
    stores = list(rainy_model.forecast(chain_with_rain, 12, explain=True))
    mean = np.concatenate([item.mean for item in stores]).sum(axis=0)
    wet = (np.arange(200, 212) % 3) == 0
    assert mean[wet].mean() > 1.8 * mean[~wet].mean()
    drivers = pl.concat([item.drivers for item in stores if item.drivers is not None])
    external = drivers.group_by("date").agg(pl.col("external").sum()).sort("date")["external"].to_numpy()
    assert external[wet].min() > external[~wet].max()


def test_a_driver_that_is_gone_counts_as_unknown(
    rainy_model: DemandModel, chain_with_rain: Dataset, tmp_path: Path
) -> None:
    rainy_model.save(tmp_path)
    dry = Dataset(
        {name: frame for name, frame in chain_with_rain.frames.items() if name != "drivers"},
        as_of=chain_with_rain.as_of,
    )
    mean = np.concatenate([item.mean for item in DemandModel.load(tmp_path).forecast(dry, 12)])
    assert np.isfinite(mean).all()
    assert mean.sum() > 0


def test_training_says_which_drivers_it_uses(
    chain_with_rain: Dataset, config: DemandConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs._say_drivers(histories_of(chain_with_rain, config), Progress())
    assert "rain (known ahead)" in capsys.readouterr().err
