"""A slip of the till leaves the forecasts of all goods as they would be without it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from training.demand.config import DemandConfig
from training.demand.model import DemandModel


def _means(model: DemandModel, dataset: Dataset) -> np.ndarray:
    return np.concatenate([item.mean for item in model.forecast(dataset, 14)])


def test_a_slip_and_its_reversal_are_no_spike_of_any_good(
    model: DemandModel,
    chain: Dataset,
    small_chain: Callable[..., Any],
    dataset_of: Callable[..., Dataset],
    config: DemandConfig,
) -> None:
    tables = small_chain()
    day = tables["daily_sales"]["date"].max() - timedelta(days=20)
    slip = pl.DataFrame({"date": [day, day + timedelta(days=1)], "units": [5000.0, -5000.0]})
    rows = slip.select("date", pl.lit("S0").alias("store_id"), pl.lit("P01").alias("product_id"), "units")
    sold = pl.concat([tables["daily_sales"], rows]).group_by("date", "store_id", "product_id", maintain_order=True)
    slipped = dataset_of(tables | {"daily_sales": sold.agg(pl.col("units").sum())})
    clean, after = _means(model, chain), _means(DemandModel.fit(slipped, config), slipped)
    assert after.max() < 1.3 * clean.max()
    assert after.sum() == pytest.approx(clean.sum(), rel=0.05)
