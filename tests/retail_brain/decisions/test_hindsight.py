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


def one(demand, on_hand, on_order, arrival, end):
    return Cycles(
        np.array([demand], float),
        *(np.array([value], float) for value in (on_hand, on_order)),
        *(np.array([value]) for value in (arrival, end)),
    )


def test_by_hand():
    came = outcome(one([2, 3, 4, 9], 2, 0, 1, 3), np.array([5.0]), terms_of(1))
    assert (came.sold[0], came.lost[0], came.left[0]) == (5, 2, 0)
    assert came.money[0] == pytest.approx(5 * 4 - 2 * 1 - 0.5 * 2)


def test_what_dates_out_is_written_off():
    came = outcome(one([0, 1, 1], 0, 0, 0, 3), np.array([5.0]), terms_of(1, shelf_life_days=3.0))
    assert came.money[0] == pytest.approx(2 * 4 - 0.5 * (5 + 4 + 3) - 3 * 6)


@given(seed=st.integers(0, 2000))
def test_like_a_plain_loop_and_units_are_conserved(seed):
    rng = np.random.default_rng(seed)
    rows, days = 5, 12
    arrival = rng.integers(0, 5, rows)
    end = arrival + rng.integers(1, 6, rows)
    cycles = Cycles(
        rng.poisson(2, (rows, days)).astype(float),
        *(rng.integers(0, 6, rows).astype(float) for _ in range(2)),
        arrival,
        end,
    )
    quantity = rng.integers(0, 20, rows).astype(float)
    came = outcome(cycles, quantity, terms_of(rows))
    for row in range(rows):
        stock, sold, lost, early = cycles.on_hand[row], 0.0, 0.0, 0.0
        for day in range(end[row]):
            stock += cycles.on_order[row] * (day == arrival[row] // 2) + quantity[row] * (day == arrival[row])
            served = min(stock, cycles.demand[row, day])
            stock -= served
            if day < arrival[row]:
                early += served
            else:
                sold, lost = sold + served, lost + cycles.demand[row, day] - served
        assert (came.sold[row], came.lost[row], came.left[row]) == (sold, lost, stock)
        assert cycles.on_hand[row] + cycles.on_order[row] + quantity[row] == early + sold + stock
