"""What stock is worth where it lies: by hand, thinned without bias; goods on their way save no earlier sales."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.decisions.arrays import days
from retail_brain.decisions.replenishment import plan_orders
from retail_brain.decisions.stock_value import local_stock_values, thinned
from retail_brain.decisions.transfers import StockValues, suggest_transfers
from retail_brain.outputs import DemandPaths

AS_OF = date(2025, 2, 28)
DAYS = pl.date_range(date(2025, 3, 1), date(2025, 3, 21), eager=True)
NEVER = pl.Series([None, None], dtype=pl.Date)


def worth(
    on_hand: list[float],
    rates: list[float],
    *,
    sell_by: pl.Series = NEVER,
    is_end: bool = False,
    transit_days: float = 1,
) -> StockValues:
    """Two shops with steady demand; orders arrive on 5 March."""
    series = pl.DataFrame({"store_id": ["S0", "S1"], "product_id": ["P", "P"]})
    units = np.repeat(np.array(rates, dtype=np.float32)[:, None, None], 30, axis=1) * np.ones((1, 1, len(DAYS)))
    paths = DemandPaths(series, DAYS, units.astype(np.float32))
    terms = series.with_columns(
        lead_time_days=pl.lit(4.0), review_period_days=pl.lit(7.0), unit_cost=pl.lit(6.0), unit_price=pl.lit(10.0),
        holding_cost_per_day=pl.lit(0.1),
    )  # fmt: skip
    plan = plan_orders(paths, terms, series.with_columns(on_hand=pl.Series(on_hand)), AS_OF)
    ends = pl.Series([is_end, is_end])
    return local_stock_values(plan, paths.units, days(DAYS), sell_by, ends, transit_days=transit_days)


def test_a_shop_gives_what_it_does_not_sell_before_its_own_supply_can_come():
    giving = worth([10.0, 1.0], [1.0, 2.0])
    assert giving.need[:, 0].tolist() == [4 - 10, 8 - 1], "four days until an order placed now arrives"
    assert giving.need_later is not None
    assert giving.need_later[1, 0] == 6, "what is moved misses the first day, whose second unit is lost anyway"
    series = pl.DataFrame({"store_id": ["S0", "S1"], "product_id": ["P", "P"]})
    table = suggest_transfers(series, giving, np.full(2, 0.5))
    assert table.select("from_store_id", "to_store_id", "units").row(0) == ("S0", "S1", 6.0)
    assert table["expected_value"][0] == pytest.approx(6 * (4 + 4 * 0.1 - 0.5))


def test_nothing_is_moved_that_comes_no_sooner_than_the_own_supply():
    series = pl.DataFrame({"store_id": ["S0", "S1"], "product_id": ["P", "P"]})
    for days_on_the_way, units in ((3, [2.0]), (4, []), (9, [])):
        giving = worth([10.0, 1.0], [1.0, 2.0], transit_days=days_on_the_way)
        table = suggest_transfers(series, giving, np.full(2, 0.5))
        assert table["units"].to_list() == units, f"{days_on_the_way} days on the way, supply in four"


def test_goods_whose_season_ends_count_until_then_and_cost_what_is_left():
    last = pl.Series([date(2025, 3, 14), None])
    giving = worth([20.0, 1.0], [1.0, 1.0], sell_by=last, is_end=True)
    assert giving.need[0, 0] == 14 - 20
    assert giving.hold[0] == pytest.approx(14 * 0.1 + 6)
    soon = worth([20.0, 1.0], [1.0, 1.0], sell_by=last)
    assert (soon.need[0, 0], soon.hold[0]) == (4 - 20, pytest.approx(0.4)), "supply comes before the date"


def test_unknown_stock_neither_gives_nor_takes():
    giving = worth([10.0, None], [1.0, 2.0])  # type: ignore[list-item]
    series = pl.DataFrame({"store_id": ["S0", "S1"], "product_id": ["P", "P"]})
    assert suggest_transfers(series, giving, np.zeros(2)).is_empty()


@given(seed=st.integers(0, 2000), points=st.integers(1, 50))
def test_thinning_keeps_the_mean_and_the_order(seed, points):
    rows = np.sort(np.random.default_rng(seed).normal(0, 5, (3, 40)), axis=1)
    kept = thinned(rows, points)
    assert kept.shape == (3, min(points, 40))
    assert (np.diff(kept, axis=1) >= -1e-9).all()
    if 40 % points == 0:
        assert kept.mean(axis=1) == pytest.approx(rows.mean(axis=1))


@given(seed=st.integers(0, 2000))
def test_transfers_with_transit_pay_and_stay_within_stock(seed):
    rng = np.random.default_rng(seed)
    need = np.sort(rng.normal(0, 4, (6, 20)), axis=1)
    later = np.sort(need - rng.uniform(0, 3, (6, 1)), axis=1)
    on_hand = rng.integers(0, 8, 6).astype(float)
    giving = StockValues(need, rng.uniform(1, 6, 6), rng.uniform(0, 1, 6), on_hand, np.zeros(6), later)
    series = pl.DataFrame({"store_id": [f"S{k}" for k in range(3)] * 2, "product_id": ["A"] * 3 + ["B"] * 3})
    table = suggest_transfers(series, giving, np.full(6, 0.2), {"S0": 3.0}, line_cost=1.0)
    assert (table["expected_value"] > 0).all()
    given_away = table.group_by("from_store_id", "product_id").agg(pl.col("units").sum())
    places = {(store, product): row for row, (store, product) in enumerate(series.iter_rows())}
    for store, product, units in given_away.iter_rows():
        assert units <= on_hand[places[store, product]]
    assert table.filter(pl.col("from_store_id") == "S0")["units"].sum() <= 3
    givers = set(table.select("from_store_id", "product_id").iter_rows())
    assert givers.isdisjoint(table.select("to_store_id", "product_id").iter_rows()), "nobody both gives and gets"
