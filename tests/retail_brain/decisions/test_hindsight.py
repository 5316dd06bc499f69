"""Orders seen from after their cycle, by hand and against a plain loop."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.decisions.hindsight import Cycles, outcome
from retail_brain.decisions.supply_terms import complete_terms
from retail_brain.settings import ReplenishmentSettings


def terms_of(rows: int, **given):
    series = pl.DataFrame({"store_id": ["S"] * rows, "product_id": [f"P{row}" for row in range(rows)]})
    columns = {"unit_cost": 6.0, "unit_price": 10.0, "holding_cost_per_day": 0.5, "stockout_cost": 1.0} | given
    return complete_terms(
        series.with_columns(**{name: pl.lit(value) for name, value in columns.items()}), series, ReplenishmentSettings()
    )


def one(demand, on_hand, arrival, end, due=(), period_days=1.0):
    stock = (np.array([demand], float), np.array([on_hand], float), np.array([due], float))
    return Cycles(*stock, np.array([arrival]), np.array([end]), period_days)


def test_by_hand():
    came = outcome(one([2, 3, 4, 9], 2, 1, 3), np.array([5.0]), terms_of(1))
    assert (came.sold[0], came.lost[0], came.left[0]) == (5, 2, 0)
    assert came.money[0] == pytest.approx(5 * 4 - 2 * 1 - 0.5 * 2)


def test_what_dates_out_is_written_off():
    came = outcome(one([0, 1, 1], 0, 0, 3), np.array([5.0]), terms_of(1, shelf_life_days=3.0))
    assert came.money[0] == pytest.approx(2 * 4 - 0.5 * (5 + 4 + 3) - 3 * 6)


def test_what_was_on_order_comes_on_its_day():
    early, late = (outcome(one([0, 3, 3], 0, 1, 3, due), np.array([0.0]), terms_of(1)) for due in ([0, 4], [0, 0, 4]))
    assert (early.sold[0], early.lost[0], early.left[0]) == (4, 2, 0)
    assert (late.sold[0], late.lost[0], late.left[0]) == (3, 3, 1)


def test_a_week_holds_for_seven_days_and_ages_goods_by_them():
    came = outcome(one([1, 1], 0, 0, 2, period_days=7.0), np.array([5.0]), terms_of(1, shelf_life_days=14.0))
    assert came.money[0] == pytest.approx(2 * 4 - 0.5 * 7 * (4 + 3) - 3 * 6)
    keeps = outcome(one([1, 1], 0, 0, 2, period_days=7.0), np.array([5.0]), terms_of(1, shelf_life_days=15.0))
    assert keeps.money[0] == pytest.approx(2 * 4 - 0.5 * 7 * (4 + 3))


@given(seed=st.integers(0, 2000))
def test_like_a_plain_loop_and_units_are_conserved(seed):
    rng = np.random.default_rng(seed)
    rows, days = 5, 12
    arrival = rng.integers(0, 5, rows)
    end = arrival + rng.integers(1, 6, rows)
    cycles = Cycles(
        rng.poisson(2, (rows, days)).astype(float),
        rng.integers(0, 6, rows).astype(float),
        rng.integers(0, 3, (rows, 4)).astype(float),
        arrival,
        end,
    )
    quantity = rng.integers(0, 20, rows).astype(float)
    came = outcome(cycles, quantity, terms_of(rows))
    for row in range(rows):
        stock, sold, lost, early = cycles.on_hand[row], 0.0, 0.0, 0.0
        for day in range(end[row]):
            stock += cycles.due[row, day] if day < 4 else 0
            stock += quantity[row] * (day == arrival[row])
            served = min(stock, cycles.demand[row, day])
            stock -= served
            if day < arrival[row]:
                early += served
            else:
                sold, lost = sold + served, lost + cycles.demand[row, day] - served
        assert (came.sold[row], came.lost[row], came.left[row]) == (sold, lost, stock)
        assert cycles.on_hand[row] + cycles.due[row, : end[row]].sum() + quantity[row] == early + sold + stock
