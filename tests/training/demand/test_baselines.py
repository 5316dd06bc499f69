"""The baselines, by hand and by plain loops."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features.demand.demand_panel import DemandPanel
from features.demand.history import read_history
from features.demand.panel import build_panel
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings
from training.demand.baselines import BASELINES, ets, moving_average, naive, row_quantiles, sba, seasonal_naive, tsb

UNITS = [0, 3, 0, 0, 2, 5, 1, 4, 0, 6, 0, 2, 2, 7, 1, 0, 3, 0, 0, 2, 5]


@pytest.fixture(scope="module")
def panel() -> DemandPanel:
    start = date(2025, 1, 6)
    rows = [(start + timedelta(days=day), product, float(units)) for product in "AB" for day, units in enumerate(UNITS)]
    rows = [(day, product, units + (product == "B")) for day, product, units in rows]
    sales = pl.DataFrame(rows, schema=["date", "product_id", "units"], orient="row").with_columns(store_id=pl.lit("S"))
    dataset = Dataset.from_frames({"daily_sales": sales})
    history = read_history(dataset.at(dataset.last_day()), Settings(), 9)
    return build_panel(history, 0, 2)


def test_naive_repeats_the_last_day_and_seasonal_naive_the_last_week(panel: DemandPanel) -> None:
    assert naive(panel, 3, [0.5]).mean.tolist() == [[5, 5, 5], [6, 6, 6]]
    assert seasonal_naive(panel, 9, [0.5]).mean[0].tolist() == [1, 0, 3, 0, 0, 2, 5, 1, 0]


def test_moving_average_is_the_mean_of_what_is_known(panel: DemandPanel) -> None:
    begin = int(panel.series["begin"][0])
    assert moving_average(panel, 2, [0.5]).mean[0] == pytest.approx([np.mean(UNITS[begin:])] * 2)


def test_tsb_and_sba_are_the_recursions_of_their_papers(panel: DemandPanel) -> None:
    units, weight = panel.demand[1].astype(float), panel.weight[1] > 0
    known = units[weight]
    rate, busy = known.mean(), np.clip((known > 0).mean(), 1e-3, 1)
    size, probability = rate / busy, busy
    interval, gap, croston_size = 1 / busy, 1.0, rate / busy
    for value in known:
        if value > 0:
            size += 0.1 * (value - size)
            croston_size += 0.1 * (value - croston_size)
            interval += 0.1 * (gap - interval)
            gap = 1.0
        else:
            gap += 1
        probability += 0.05 * ((value > 0) - probability)
    assert tsb(panel, 1, [0.5]).mean[1, 0] == pytest.approx(size * probability)
    assert sba(panel, 1, [0.5]).mean[1, 0] == pytest.approx(0.95 * croston_size / interval)


@pytest.mark.parametrize("name", BASELINES)
def test_quantiles_never_cross_and_are_not_negative(panel: DemandPanel, name: str) -> None:
    found = BASELINES[name](panel, 9, [0.1, 0.5, 0.9]).quantiles
    assert found.shape == (2, 9, 3)
    assert (np.diff(found, axis=2) >= 0).all()
    assert found.min() >= 0


def test_ets_follows_a_weekly_pattern_and_is_timed(panel: DemandPanel) -> None:
    found, seconds = ets(panel, np.array([0, 1]), 7, [0.1, 0.9])
    assert found.mean.shape == (2, 7)
    assert seconds > 0
    assert found.mean[0].mean() == pytest.approx(np.mean(UNITS), abs=1.5)


def test_row_quantiles_are_those_of_numpy_without_the_gaps() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(6, 30))
    values[rng.random((6, 30)) < 0.3] = np.nan
    expected = np.nanquantile(values, [0.05, 0.5, 0.9], axis=1).T
    assert row_quantiles(values, [0.05, 0.5, 0.9]) == pytest.approx(expected)
