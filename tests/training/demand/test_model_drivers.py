"""Drivers of a fitted model: they sum to every forecast, by TreeSHAP and by paths alike."""

from typing import Any

import numpy as np
import pytest

from features.demand.feature_matrix import DRIVERS
from retail_brain.dataset import Dataset
from retail_brain.outputs import SeriesFilter
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
