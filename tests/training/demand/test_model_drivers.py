"""Drivers of a fitted model: they sum to every forecast, by TreeSHAP and by paths alike."""

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from features.demand.feature_matrix import DRIVERS
from retail_brain.dataset import Dataset
from retail_brain.outputs import SeriesFilter
from training.demand.elasticity import elasticities, price_response
from training.demand.model import DemandModel


@pytest.mark.parametrize("explain", [True, "quick"])
def test_drivers_sum_to_the_forecast(model: DemandModel, chain: Dataset, explain: Any) -> None:
    for forecast in model.forecast(chain, 14, explain=explain):
        assert forecast.drivers is not None
        total = forecast.drivers.select(DRIVERS).sum_horizontal().to_numpy()
        assert np.abs(total - forecast.mean.ravel()).max() < 1e-6


def test_goods_that_sell_rarely_or_never_have_drivers_too(model: DemandModel, chain: Dataset) -> None:
    (forecast,) = model.forecast(chain, 7, SeriesFilter(["S0"], ["P03", "NEVER SOLD"]), explain=True)
    assert forecast.drivers is not None
    total = forecast.drivers.select(DRIVERS).sum_horizontal().to_numpy()
    assert np.abs(total - forecast.mean.ravel()).max() < 1e-6
    assert "cold" in forecast.basis.to_list()


def test_the_price_driver_follows_the_elasticity_that_profiles_show(model: DemandModel, chain: Dataset) -> None:
    # a promotion begins five days later
    dataset, seen = chain.at(chain.last_day() - timedelta(days=20)), 0
    known = price_response(elasticities(model.history(dataset, 14)))
    for forecast in model.forecast(dataset, 14, explain="quick"):
        assert forecast.features is not None
        assert forecast.drivers is not None
        panel, begin = forecast.features.panel, forecast.features.panel.axis.count
        usual = panel.prices.mean(begin - 2 * panel.axis.rhythm.level, begin)
        changes = np.log(panel.price[:, begin : begin + 14] / usual[:, None])
        for row, product in enumerate(panel.series["product_id"]):
            told = forecast.drivers.filter(pl.col("product_id") == product)["price"].to_numpy()
            expected = known[product] * changes[row]
            if len(told) and np.isfinite(expected).all():
                assert np.array_equal(np.sign(np.round(told, 6)), np.sign(np.round(expected, 6)))
                seen += int((np.abs(expected) > 0.01).sum())
    assert seen > 0, "no planned price differs from the usual one"
