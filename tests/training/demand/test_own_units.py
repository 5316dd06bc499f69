"""Forecasts do not depend on the unit that another product is counted in."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from training.demand.backtest import backtest, backtest_windows
from training.demand.backtest_window import MODEL_ALONE
from training.demand.config import DemandConfig
from training.demand.model import DemandModel

FACTOR = 1000.0


@pytest.fixture(scope="module")
def in_grams(
    small_chain: Callable[..., Any], counted_in: Callable[..., Any], dataset_of: Callable[..., Dataset]
) -> Dataset:
    """The small chain with one product counted in thousandths."""
    return dataset_of(counted_in(small_chain(), "P03", FACTOR))


def _forecasts(model: DemandModel, dataset: Dataset) -> tuple[pl.DataFrame, np.ndarray, np.ndarray, pl.DataFrame]:
    found = list(model.forecast(dataset, 14, explain="quick"))
    return (
        pl.concat([item.paths.series for item in found]),
        np.concatenate([item.mean for item in found]),
        np.concatenate([item.paths.units for item in found]),
        pl.concat([item.drivers for item in found if item.drivers is not None]),
    )


def test_a_product_in_thousandths_has_a_thousand_times_its_forecast_and_the_others_keep_theirs(
    model: DemandModel, chain: Dataset, in_grams: Dataset, config: DemandConfig
) -> None:
    series, mean, paths, drivers = _forecasts(model, chain)
    again, mean_again, paths_again, drivers_again = _forecasts(DemandModel.fit(in_grams, config), in_grams)
    assert again.equals(series)
    times = np.where(series["product_id"] == "P03", FACTOR, 1.0)
    assert mean_again == pytest.approx(mean * times[:, None], rel=0.01)
    assert np.allclose(paths_again, paths * times[:, None, None], rtol=1e-4)
    names = [name for name in drivers.columns if name not in ("store_id", "product_id", "date")]
    of_product = drivers_again.filter(product_id="P03").select(names).to_numpy()
    assert np.allclose(of_product, drivers.filter(product_id="P03").select(names).to_numpy() * FACTOR, rtol=1e-4)


def test_a_good_sold_by_weight_leaves_the_others_alone_and_is_forecast_in_its_range(
    model: DemandModel,
    chain: Dataset,
    small_chain: Callable[..., Any],
    dataset_of: Callable[..., Dataset],
    config: DemandConfig,
) -> None:
    tables, rng = small_chain(), np.random.default_rng(3)
    days = tables["daily_sales"]["date"].unique().sort()
    grams = pl.DataFrame({"date": days, "units": rng.integers(12_000, 18_000, len(days)).astype(float)})
    rows = grams.select("date", pl.lit("S0").alias("store_id"), pl.lit("G").alias("product_id"), "units")
    tables["daily_sales"] = pl.concat([tables["daily_sales"], rows])
    good = pl.DataFrame({"product_id": ["G"], "department": ["food"], "category": ["分类0"]})
    tables["products"] = pl.concat([tables["products"], good])
    beside = dataset_of(tables)
    series, mean, _, _ = _forecasts(model, chain)
    more, mean_beside, _, _ = _forecasts(DemandModel.fit(beside, config), beside)
    others = (more["product_id"] != "G").to_numpy()
    assert more.filter(others).equals(series)
    assert mean_beside[others].sum(axis=1) == pytest.approx(mean.sum(axis=1), rel=0.25, abs=1.5)
    assert mean_beside[~others] == pytest.approx(15_000, rel=0.1)


def test_scores_are_of_own_units_and_forecasts_of_the_backtest_of_those_of_the_tables(
    in_grams: Dataset, chain: Dataset, config: DemandConfig
) -> None:
    windows = backtest_windows(chain, config, 1)
    one, two = (backtest(data, config, windows, scoring=MODEL_ALONE) for data in (chain, in_grams))
    assert two.means() == pytest.approx(one.means(), rel=1e-3)
    times = pl.when(pl.col("product_id") == "P03").then(FACTOR).otherwise(1.0)
    wanted = one.forecasts.with_columns(pl.col("units", "forecast", "forecast_p50") * times)
    for name in ("units", "forecast", "forecast_p50"):
        assert np.allclose(two.forecasts[name].to_numpy(), wanted[name].to_numpy(), rtol=1e-3)
