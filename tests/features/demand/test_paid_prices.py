"""Prices worked out of what was paid: the usual price, days without a sale, stores that speak for one another."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features.demand.history import read_history
from features.demand.panel import build_panel
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings
from training.demand.elasticity import elasticities

START = date(2024, 1, 1)
DAYS = 400


def _chain(elasticity: float = -2.0, *, together: bool = True, rate: float = 2.0, planned: bool = False) -> Dataset:
    """Six stores that sell one product, at three quarters of its price in one week of five; receipts' prices only."""
    rng, rows, weeks = np.random.default_rng(7), [], np.random.default_rng(8)
    chain_cut = weeks.random(DAYS // 7 + 1) < 0.2
    for store in range(6):
        cut = np.repeat(chain_cut if together else weeks.random(chain_cut.size) < 0.2, 7)[:DAYS]
        price = np.where(cut, 7.5, 10.0)
        units = rng.poisson(rate * (price / 10) ** elasticity)
        # somebody pays with a voucher now and then
        paid = price * np.where(rng.random(DAYS) < 0.05, 0.9, 1.0)
        sold = np.flatnonzero(units).tolist()
        rows += [(START + timedelta(days=day), f"S{store}", "P", float(units[day]), float(paid[day])) for day in sold]
    schema = ["date", "store_id", "product_id", "units", "unit_price"]
    tables = {"daily_sales": pl.DataFrame(rows, schema=schema, orient="row")}
    if planned:
        tables["prices"] = pl.DataFrame({"product_id": ["P"], "valid_from": [START], "unit_price": [10.0]})
    return Dataset.from_frames(tables)


def _charged(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    history = read_history(dataset.at(dataset.last_day()), Settings(), 0)
    return build_panel(history, 0, history.series.height).charged


@pytest.mark.parametrize("together", [True, False])
def test_an_elasticity_is_learned_from_prices_paid_alone(together: bool) -> None:
    dataset = _chain(together=together)
    row = elasticities(read_history(dataset.at(dataset.last_day()), Settings(), 0)).row(0, named=True)
    assert row["product_id"] == "P"
    assert row["changed_days"] > 100
    assert row["elasticity"] == pytest.approx(-2.0, abs=0.35)


def test_the_usual_price_is_that_between_the_cuts_and_vouchers() -> None:
    _, usual = _charged(_chain())
    assert np.unique(usual[~np.isnan(usual)]).tolist() == [10.0]


def test_a_store_that_sold_nothing_takes_the_price_of_the_others() -> None:
    price, _ = _charged(_chain(rate=0.8))
    # with .8 units a day nearly half of the days sell nothing in a store, hardly any in all six
    assert np.isnan(price).mean() < 0.02
    price = price[:, ~np.isnan(price).all(axis=0)]
    cut = np.nanmedian(price, axis=0) < 8
    assert cut.mean() == pytest.approx(0.2, abs=0.1)
    assert np.mean(np.abs(price[:, cut] - 7.5) < 0.8) > 0.9


def test_stores_with_cuts_of_their_own_do_not_speak_for_one_another() -> None:
    dataset = _chain(together=False, rate=1.5)
    price, _ = _charged(dataset)
    sold = dataset.frames["daily_sales"].collect().filter(pl.col("product_id") == "P")
    known = (~np.isnan(price)).sum()
    assert known >= sold.height
    # some days without a sale lie between two prices that differ: of these nothing is said
    assert np.isnan(price).any()


def test_a_planned_price_goes_before_what_was_paid() -> None:
    price, usual = _charged(_chain(planned=True))
    assert set(np.unique(price[~np.isnan(price)])) == {10.0}
    assert set(np.unique(usual[~np.isnan(usual)])) == {10.0}
