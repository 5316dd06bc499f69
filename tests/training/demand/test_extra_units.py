"""Units of campaigns on top of a forecast."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from retail_brain.outputs import DemandPaths
from training.demand.extra_units import with_extra_units
from training.demand.forecast_run import StoreForecast

DAYS = [date(2025, 3, 1) + timedelta(days=number) for number in range(3)]


@pytest.fixture
def forecast() -> StoreForecast:
    series = pl.DataFrame({"store_id": ["S1", "S1"], "product_id": ["P1", "P2"]})
    paths = DemandPaths(series, pl.Series("date", DAYS), np.ones((2, 4000, 3), dtype=np.float32))
    keys = series.join(pl.DataFrame({"date": DAYS}), how="cross")
    return StoreForecast("S1", paths, np.ones((2, 3)), pl.Series(["model"] * 2), keys.with_columns(level=1.0))


def extra(*rows: tuple[str, str, int, float]) -> pl.DataFrame:
    listed = [(store, product, DAYS[0] + timedelta(days=day), units) for store, product, day, units in rows]
    return pl.DataFrame(listed, schema=["store_id", "product_id", "date", "units"], orient="row")


def test_mean_paths_and_drivers_rise_on_the_days_of_the_campaign(forecast: StoreForecast) -> None:
    raised = with_extra_units(forecast, extra(("S1", "P2", 1, 2.5), ("S2", "P2", 1, 9.0), ("S1", "P2", 7, 9.0)))
    assert raised.mean.tolist() == [[1.0, 1.0, 1.0], [1.0, 3.5, 1.0]]
    drawn = raised.paths.units[1, :, 1] - 1
    assert (drawn == np.rint(drawn)).all()
    assert drawn.mean() == pytest.approx(2.5, abs=0.1)
    assert drawn.var() == pytest.approx(2.5, abs=0.2)
    assert (np.delete(raised.paths.units[1], 1, axis=1) == 1).all()
    assert raised.drivers is not None
    assert raised.drivers["campaigns"].to_list() == [0, 0, 0, 0, 2.5, 0]
    assert (forecast.paths.units == 1).all()


def test_without_campaigns_the_forecast_is_the_same_object(forecast: StoreForecast) -> None:
    assert with_extra_units(forecast, extra(("S2", "P1", 0, 1.0), ("S1", "P9", 0, 1.0))) is forecast
