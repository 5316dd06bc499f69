"""Ages of goods on hand, worked out of counts and sales: those of a plain loop; unknown where a count is missing."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.availability import NOWHERE
from retail_brain.decisions.replenishment import DatedStock, plan_orders
from retail_brain.outputs import DemandPaths
from retail_brain.settings import Settings
from serving.planning.stock.aged_leftovers import with_date_of_most_waste
from serving.planning.stock.counted_stock import read_availability
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


def kept() -> Dataset:
    """One unit that nobody bought for twelve days, of goods that keep for four; another product sells."""
    days = [AS_OF - timedelta(days=day) for day in range(12)]
    place = {"store_id": "S", "product_id": "P"}
    counts = pl.DataFrame({"date": days}).with_columns(**{k: pl.lit(v) for k, v in place.items()}, on_hand=1.0)
    sales = pl.DataFrame({"date": days}).with_columns(store_id=pl.lit("S"), product_id=pl.lit("Q"), units=2.0)
    return Dataset.from_frames(
        {
            "inventory": counts.with_columns(on_order=pl.lit(0.0)),
            "daily_sales": sales,
            "supply": pl.DataFrame([place | {"lead_time_days": 1.0, "review_period_days": 1.0}]),
            "products": pl.DataFrame({"product_id": ["P", "Q"], "shelf_life_days": [4.0, None]}),
        }
    ).at(AS_OF)


def test_goods_past_their_life_are_no_stock_for_anybody():
    side = SupplySide.read(kept(), Settings())
    assert side.past is not None
    assert side.past.rows() == [("S", "P", 1.0)]
    assert side.stock.filter(product_id="P")["on_hand"].to_list() == [0.0]
    assert side.ages is not None
    assert side.ages.is_empty()
    availability = read_availability(kept(), {"S": 0}, {"P": 0, "Q": 1}, Settings())
    assert availability.ways(np.array([0]), np.array([0])).tolist() == [NOWHERE]


def test_a_place_that_sells_nothing_has_no_ages():
    frames = dict(kept().frames)
    moved = frames["daily_sales"].lazy().collect().with_columns(store_id=pl.lit("T"))
    side = SupplySide.read(Dataset.from_frames(frames | {"daily_sales": moved}).at(AS_OF), Settings())
    assert side.stock.filter(product_id="P")["on_hand"].to_list() == [1.0]


@pytest.mark.parametrize(
    ("batches", "last", "told"),
    [
        # ten of twelve expire tomorrow and two are sold: eight are left by then, and none of the others
        ([(1, 10.0), (5, 2.0)], 5, (1, 10.0, "date")),
        # 2, then 20 more by the fifth day, with two sold a day: twelve of all are left
        ([(1, 2.0), (5, 20.0)], 5, (5, 22.0, "date")),
        # nothing is left by any date: that of the newest stays
        ([(2, 1.0), (5, 2.0)], 5, (5, 3.0, "date")),
    ],
)
def test_the_date_of_a_left_over_is_that_by_which_most_is_left(batches, last, told):
    ids = pl.DataFrame({"store_id": ["S"], "product_id": ["P"]})
    days = pl.Series([AS_OF + timedelta(days=day) for day in range(1, 9)])
    paths = DemandPaths(ids, days, np.full((1, 4, 8), 2.0, dtype=np.float32))
    facts = ids.with_columns(
        on_hand=pl.lit(sum(units for _, units in batches)),
        sell_by=pl.lit(AS_OF + timedelta(days=last)),
        sell_by_kind=pl.lit("date"),
    )
    ages = pl.DataFrame([("S", "P", *batch) for batch in batches], schema=AGES, orient="row")
    row = with_date_of_most_waste(facts, paths, ages, AS_OF).row(0, named=True)
    assert ((row["sell_by"] - AS_OF).days, row["dated_units"], row["sell_by_kind"]) == told
