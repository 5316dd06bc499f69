"""Weekdays on which a store is closed, and days on which it was closed against expectation."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from features.demand.panel import panels
from retail_brain.dataset import Dataset
from training.demand.calibration import calibrate
from training.demand.config import DemandConfig
from training.demand.dispersion import Residuals
from training.demand.model import DemandModel

FIRST = date(2024, 3, 4)
"""A Monday."""
DAYS = 140


@pytest.fixture(scope="module")
def week_of_six(dataset_of: Callable[..., Any]) -> Dataset:
    """A large and a small store that are closed on Sundays, ten goods."""
    rng = np.random.default_rng(0)
    rate = np.stack([np.full((10, DAYS), 9.0), np.full((10, DAYS), 0.3)])
    units = rng.poisson(rate * (np.arange(DAYS) % 7 != 6)).astype(float)
    store, product, day = np.nonzero(units)
    sales = pl.DataFrame(
        {
            "date": [FIRST + timedelta(days=int(number)) for number in day],
            "store_id": [f"S{number}" for number in store],
            "product_id": [f"P{number}" for number in product],
            "units": units[store, product, day],
        }
    )
    return dataset_of({"daily_sales": sales}, FIRST + timedelta(days=DAYS - 1))


def test_a_store_that_never_sells_on_sundays_is_closed_then(week_of_six: Dataset, config: DemandConfig) -> None:
    model = DemandModel.fit(week_of_six, config)
    (panel,) = panels(model.history(week_of_six, 14))
    large = (panel.series["store_id"] == "S0").to_numpy()
    sundays = np.arange(14) % 7 == 6
    assert (panel.open_ahead[large] == ~sundays).all()
    assert panel.open_ahead[~large].all()  # 3 units a day: chance alone may leave a day without a sale
    forecast = next(iter(model.forecast(week_of_six, 14, explain="quick")))
    assert not forecast.mean[:, sundays].any()
    assert not forecast.paths.units[:, :, sundays].any()
    assert forecast.mean[:, ~sundays].mean() == pytest.approx(9.0, rel=0.15)
    assert forecast.drivers is not None
    drivers = forecast.drivers.drop("store_id", "product_id", "date").sum_horizontal().to_numpy()
    assert drivers == pytest.approx(forecast.mean.ravel(), abs=1e-9)


def test_models_of_older_formats_know_no_closed_weekday(week_of_six: Dataset, config: DemandConfig) -> None:
    old = DemandModel.fit(week_of_six, config.model_copy(update={"closes": False}))
    forecast = next(iter(old.forecast(week_of_six, 14)))
    assert forecast.mean[:, [6, 13]].any()


def test_a_day_on_which_the_store_was_closed_widens_no_band() -> None:
    rng = np.random.default_rng(1)
    shape, none = (60, 28), np.zeros(60, dtype=np.int64)
    mean = np.full(shape, 40.0)
    units = rng.poisson(mean).astype(float)
    usual = Residuals(mean, units, np.ones(shape), np.zeros(60), none, none, none, np.ones(shape))
    shut = replace(usual, units=np.where(np.arange(28) == 9, 0.0, units))
    variances = [calibrate([residuals], 0).dispersion.variances.max() for residuals in (usual, shut)]
    assert variances[1] < variances[0] + 0.02
    half = replace(usual, units=np.where(np.arange(28) == 9, np.floor(units * 0.3), units))
    assert calibrate([half], 0).dispersion.variances.max() > variances[0] + 0.02
