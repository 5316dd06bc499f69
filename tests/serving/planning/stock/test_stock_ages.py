"""Ages of goods on hand, worked out of counts and sales: those of a plain loop; unknown where a count is missing."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.replenishment import DatedStock, plan_orders
from retail_brain.outputs import DemandPaths
from retail_brain.settings import Settings
from serving.planning.stock.stock_ages import AGES, read_ages
from serving.planning.stock.supply_side import SupplySide

AS_OF = date(2025, 2, 28)
LIFE, DAYS = 4, 20


def shop(seed: int = 0) -> tuple[Dataset, list[int]]:
    """A shop that gets and sells a product at random, oldest first, and its stock at the end by day of arrival."""
    rng = np.random.default_rng(seed)
    batches: list[list[int]] = []
    counts, sales = [], []
    for number in range(DAYS):
        day = AS_OF - timedelta(days=DAYS - 1 - number)
        batches.append([LIFE, int(rng.integers(0, 6))])
        wanted, sold = int(rng.integers(0, 5)), 0
        for batch in batches:
            taken = min(batch[1], wanted - sold)
            batch[1] -= taken
            sold += taken
        batches = [[left - 1, units] for left, units in batches if left > 1]
        counts.append((day, "S", "P", float(sum(units for _, units in batches)), 0.0))
        sales.append((day, "S", "P", float(sold)))
    left = [sum(units for life, units in batches if life == days) for days in range(1, LIFE)]
    frames = {
        "inventory": pl.DataFrame(counts, ["date", "store_id", "product_id", "on_hand", "on_order"], orient="row"),
        "daily_sales": pl.DataFrame(sales, ["date", "store_id", "product_id", "units"], orient="row"),
        "supply": pl.DataFrame(
            {"store_id": ["S"], "product_id": ["P"], "lead_time_days": [1.0], "review_period_days": [1.0]}
        ),
        "products": pl.DataFrame({"product_id": ["P"], "shelf_life_days": [float(LIFE)]}),
    }
    return Dataset.from_frames(frames).at(AS_OF), left


@pytest.mark.parametrize("seed", range(5))
def test_ages_are_those_of_the_shelf(seed):
    dataset, left = shop(seed)
    ages = SupplySide.read(dataset, Settings()).ages
    assert ages is not None
    found = dict(ages.select("days_left", "units").iter_rows())
    assert [found.get(days, 0.0) for days in range(1, LIFE)] == left


def test_goods_that_were_not_counted_every_day_or_keep_have_no_age():
    dataset, _ = shop()
    counts = dataset.scan("inventory").collect()
    holed = Dataset.from_frames(
        dict(dataset.frames) | {"inventory": counts.filter(pl.col("date") != AS_OF - timedelta(days=2))}
    ).at(AS_OF)
    assert SupplySide.read(holed, Settings()).ages.is_empty()
    side = SupplySide.read(dataset, Settings())
    for life in (None, 400.0):
        terms = side.terms.with_columns(shelf_life_days=pl.lit(life, pl.Float64))
        assert read_ages(dataset, terms, side.stock, AS_OF).schema == AGES
        assert read_ages(dataset, terms, side.stock, AS_OF).is_empty()
    assert SupplySide.read(dataset, Settings.model_validate({"data": {"period": "week"}})).ages is None


def test_stock_sold_since_the_count_leaves_the_ages_in_proportion():
    dataset, left = shop()
    side = SupplySide.read(dataset, Settings())
    half = read_ages(dataset, side.terms, side.stock.with_columns(pl.col("on_hand") / 2), AS_OF)
    assert half["units"].sum() == pytest.approx(sum(left) / 2)


def test_what_expires_tonight_is_ordered_again():
    ids = pl.DataFrame({"store_id": ["S", "S"], "product_id": ["old", "new"]})
    days = [AS_OF + timedelta(days=day) for day in range(1, 9)]
    paths = DemandPaths(ids, pl.Series(days), np.full((2, 20, 8), 2.0, dtype=np.float32))
    terms = ids.with_columns(lead_time_days=1.0, review_period_days=1.0, shelf_life_days=4.0)
    stock = ids.with_columns(on_hand=6.0, on_order=0.0)
    ages = ids.with_columns(days_left=pl.Series([1, 4]), units=pl.lit(6.0))
    told = plan_orders(paths, terms, stock, AS_OF, dated=DatedStock(ages=ages))
    assert told.quantity.tolist() == [2.0, 0.0], "two sell tomorrow, four of the old ones expire"
    unknown = plan_orders(paths, terms, stock, AS_OF, dated=DatedStock(ages=ages.filter(pl.col("product_id") == "new")))
    assert unknown.quantity.tolist() == [0.0, 0.0], "stock of unknown age is taken for half a review period old"
