"""Stores that workers forecast are those of the process itself."""

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from retail_brain.dataset import Dataset
from retail_brain.engine import Executor, open_executor
from retail_brain.outputs import SeriesFilter
from retail_brain.settings import EngineSettings
from training.demand.model import DemandModel

KINDS = ["pool", pytest.param("ray", marks=pytest.mark.skipif(not find_spec("ray"), reason="needs Ray"))]


@pytest.fixture(scope="module", params=KINDS)
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with open_executor(EngineSettings(kind=request.param, workers=2)) as opened:
        yield opened


def test_workers_forecast_the_same_stores(chain: Dataset, model: DemandModel, executor: Executor) -> None:
    alone = [*model.forecast(chain, 14, explain="quick")]
    found = [*model.on(executor).forecast(chain, 14, explain="quick")]
    assert [forecast.store_id for forecast in found] == [forecast.store_id for forecast in alone]
    assert len(found) > 1
    for one, other in zip(found, alone, strict=True):
        assert_frame_equal(one.paths.series, other.paths.series)
        np.testing.assert_allclose(one.paths.units, other.paths.units, rtol=1e-9)
        np.testing.assert_allclose(one.mean, other.mean, rtol=1e-9)
        assert one.basis.to_list() == other.basis.to_list()
        assert one.drivers is not None
        assert_frame_equal(one.drivers, other.drivers, rel_tol=1e-9, abs_tol=1e-9)
        np.testing.assert_array_equal(one.factor, other.factor)


def test_few_goods_are_forecast_in_the_process_itself(chain: Dataset, model: DemandModel) -> None:
    with open_executor(EngineSettings(kind="pool", workers=1)) as executor:
        executor.map = None  # type: ignore[method-assign]  # would fail
        (one,) = model.on(executor).forecast(
            chain, 7, SeriesFilter(["S0"], [chain.scan("products").collect()["product_id"][0]])
        )
    assert one.store_id == "S0"
