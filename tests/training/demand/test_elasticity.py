"""Elasticities that went into demand come out again, shrunk where the data say little."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features.demand.history import read_history
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings
from training.demand.elasticity import elasticities

DAYS, STORES = 365, 6
TRUTH = {"P0": -1.0, "P1": -2.0, "P2": -3.0, "P3": -2.5, "QUIET": -9.9}


def _chain(seed: int = 1) -> Dataset:
    """Six stores; every product but one is promoted at varying depth, often with a display that lifts sales too."""
    rng = np.random.default_rng(seed)
    start = date(2024, 1, 1)
    sales, promotions = [], []
    for product, elasticity in TRUTH.items():
        depth, shown = np.zeros(DAYS), np.zeros(DAYS, dtype=bool)
        for begin in range(20, DAYS - 10, 24) if product != "QUIET" else ():
            depth[begin : begin + 7] = rng.choice([0.1, 0.2, 0.3])
            shown[begin : begin + 7] = rng.random() < 0.5
            promotions.append(
                {
                    "promotion_id": f"{product}-{begin}",
                    "store_id": None,
                    "product_id": product,
                    "valid_from": start + timedelta(days=begin),
                    "valid_to": start + timedelta(days=begin + 7),
                    "unit_price": 10 * (1 - float(depth[begin])),
                    "display": "end" if shown[begin] else None,
                }
            )
        for store in range(STORES):
            rate = 4 * (1 - depth) ** elasticity * np.where(shown, 1.5, 1.0) * (1 + 0.3 * (np.arange(DAYS) % 7 >= 5))
            units = rng.poisson(rate)
            sales += [(start + timedelta(days=int(t)), f"S{store}", product, float(units[t])) for t in range(DAYS)]
    prices = {
        "product_id": list(TRUTH),
        "valid_from": [start] * len(TRUTH),
        "unit_price": [10.0] * len(TRUTH),
    }
    tables = {
        "daily_sales": pl.DataFrame(sales, schema=["date", "store_id", "product_id", "units"], orient="row"),
        "promotions": pl.DataFrame(promotions, schema_overrides={"store_id": pl.String, "display": pl.String}),
        "prices": pl.DataFrame(prices),
        "products": pl.DataFrame({"product_id": list(TRUTH), "category": ["c"] * len(TRUTH)}),
    }
    return Dataset.from_frames(tables)


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, float]]:
    dataset = _chain()
    table = elasticities(read_history(dataset.at(dataset.last_day()), Settings(), 0))
    return {row["product_id"]: row for row in table.iter_rows(named=True)}


@pytest.mark.parametrize("product", ["P0", "P1", "P2", "P3"])
def test_an_elasticity_comes_back_inside_its_interval(found: dict[str, dict[str, float]], product: str) -> None:
    row = found[product]
    assert row["elasticity"] == pytest.approx(TRUTH[product], abs=0.45)
    assert row["low"] - 0.15 <= TRUTH[product] <= row["high"] + 0.15
    assert row["high"] - row["low"] < 1.2


def test_a_product_whose_price_never_moved_takes_its_categorys(found: dict[str, dict[str, float]]) -> None:
    row = found["QUIET"]
    assert row["changed_days"] == 0
    assert row["elasticity"] == pytest.approx(row["category_elasticity"], abs=0.05)
    assert row["high"] - row["low"] > 1.5 * (found["P1"]["high"] - found["P1"]["low"])


def test_without_any_price_there_is_no_number_out_of_the_air() -> None:
    rows = [(date(2025, 1, 1) + timedelta(days=day), "S", "P", 2.0) for day in range(60)]
    sales = pl.DataFrame(rows, schema=["date", "store_id", "product_id", "units"], orient="row")
    dataset = Dataset.from_frames({"daily_sales": sales})
    row = elasticities(read_history(dataset.at(dataset.last_day()), Settings(), 0)).row(0, named=True)
    assert row["changed_days"] == 0
    assert row["low"] < -3
    assert row["high"] == 0
