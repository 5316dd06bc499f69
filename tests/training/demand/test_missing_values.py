"""Trees that never saw a value missing do not take a missing one for 0."""

from collections.abc import Callable
from datetime import date, timedelta

import lightgbm as lgb
import numpy as np
import polars as pl
import pytest

from features.demand.feature_matrix import RATIOS, DemandFeatures
from features.demand.history import read_history
from features.demand.panel import panels
from retail_brain.dataset import Dataset
from training.demand.booster import never_missing
from training.demand.config import DemandConfig
from training.demand.level_model import LevelModel

GOODS, DAYS, OUT_DAYS, RATE = 25, 150, 30, 5.0
FIRST = date(2025, 1, 6)
_NAMES = [f"G{number:02d}" for number in range(GOODS)]


def _tables(rate: np.ndarray, in_stock: np.ndarray) -> dict[str, pl.DataFrame]:
    """One store whose listed goods sell at these rates, shape (GOODS, DAYS), while they are in stock."""
    units = np.random.default_rng(1).poisson(rate).astype(float) * in_stock
    good, day = (index.ravel() for index in np.indices(units.shape))
    sales = {
        "date": [FIRST + timedelta(days=int(number)) for number in day],
        "store_id": "S",
        "product_id": [_NAMES[number] for number in good],
        "units": units.ravel(),
        "in_stock": in_stock.ravel().astype(float),
    }
    names = pl.DataFrame({"product_id": _NAMES})
    listed = names.select(pl.lit("S").alias("store_id"), "product_id", pl.lit(FIRST).alias("listed_from"))
    return {
        "daily_sales": pl.DataFrame(sales),
        "products": names.with_columns(department=pl.lit("d"), category=pl.lit("c")),
        "assortment": listed.with_columns(listed_until=pl.lit(None, pl.Date)),
    }


def _means(dataset: Dataset, config: DemandConfig) -> np.ndarray:
    """Mean units a day of each good over the horizon, by the trees alone."""
    history = read_history(dataset, config.settings, config.horizon, in_own_units=True)
    model = LevelModel.fit(history, config)
    (panel,) = panels(history)
    means = model.predict(DemandFeatures(history, model.vocabulary).for_panel(panel), history.horizon).mean(axis=1)
    assert isinstance(means, np.ndarray)
    return means


def test_a_good_out_of_stock_for_longer_than_any_before_has_not_stopped_to_sell(
    dataset_of: Callable[..., Dataset], config: DemandConfig
) -> None:
    # the others rise and fall for weeks, so that what they sold of late counts
    switch = (np.arange(DAYS) + 7 * np.arange(GOODS)[:, None]) // 40 % 2
    rate = np.where(switch == 1, 8.0, 2.0)
    rate[0] = RATE
    in_stock = np.ones(rate.shape)
    in_stock[0, -OUT_DAYS:] = 0
    assert _means(dataset_of(_tables(rate, in_stock)), config)[0] == pytest.approx(RATE, rel=0.15)


def test_a_good_without_a_planned_price_is_not_taken_to_be_free(
    dataset_of: Callable[..., Dataset], config: DemandConfig
) -> None:
    weeks, days = np.arange(DAYS // 7 + 1), np.arange(DAYS)
    cheap = (weeks + np.arange(GOODS)[:, None]) % 4 == 0
    tables = _tables(np.where(cheap[:, days // 7], 15.0, RATE), np.ones((GOODS, DAYS)))
    good, week = (index.ravel() for index in np.indices(cheap.shape))
    begins = [FIRST + timedelta(weeks=int(number)) for number in week]
    last = FIRST + timedelta(days=DAYS)
    prices = {
        "store_id": None,
        "product_id": [_NAMES[number] for number in good],
        "valid_from": begins,
        "valid_to": [min(begin + timedelta(weeks=1), last) for begin in begins],
        "unit_price": np.where(cheap.ravel(), 5.0, 10.0),
    }
    dataset = dataset_of(tables | {"prices": pl.DataFrame(prices, schema_overrides={"store_id": pl.String})})
    assert np.median(_means(dataset, config)) < 1.6 * RATE


def test_features_are_known_by_whether_they_were_missing_in_training() -> None:
    rng = np.random.default_rng(0)
    rows = rng.random((2_000, 3))
    label = rows.sum(axis=1)
    rows[::5, 1] = np.nan
    rows[:, 2] = np.floor(rows[:, 2] * 4)
    params = {"verbosity": -1, "num_threads": 1, "seed": 0}
    data = lgb.Dataset(rows, label, categorical_feature=[2], params=params)
    assert never_missing(lgb.train(params, data, num_boost_round=20)) == [0]


def test_only_ratios_are_filled() -> None:
    assert {"mean_0_to_level", "price_to_usual", "category_event", "phase_short_to_level"} <= RATIOS
    assert RATIOS.isdisjoint({"log_level", "days_to_event", "days_to_payday", "since_sale", "promotion", "weekday"})
