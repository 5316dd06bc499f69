"""Demand behind sales: what is masked, what is added, and that no later day is looked at."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.demand_censoring import mean_at_least, recover, trailing_rate


def _floats(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


@given(rate=st.floats(0.05, 30), least=st.integers(0, 40))
def test_mean_at_least_is_the_mean_of_the_tail(rate: float, least: int) -> None:
    counts = np.arange(least, least + 400)
    logs = counts * math.log(rate) - rate - np.array([math.lgamma(count + 1) for count in counts])
    weights = np.exp(logs - logs.max())
    expected = (weights * counts).sum() / weights.sum()
    found = float(mean_at_least(_floats([rate]), _floats([float(least)]))[0, 0])
    assert found == pytest.approx(expected, rel=1e-3) or (found == least and logs.max() < math.log(1e-11))


def test_a_day_without_stock_says_nothing_and_a_day_that_ran_out_asks_for_more() -> None:
    sold = _floats([4, 4, 4, 4, 2, 0, 4])
    none = np.zeros_like(sold, dtype=bool)
    ran_out, was_out = none.copy(), none.copy()
    ran_out[0, 4:6] = True
    was_out[0, 5] = True
    found = recover(sold, ~none, np.ones_like(sold), ran_out, was_out, 7)
    assert found.weight.tolist() == [[1, 1, 1, 1, 1, 0, 1]]
    assert found.lost.tolist() == [[False, False, False, False, True, True, False]]
    assert found.demand[0, 4] > 4
    assert found.demand[0, 5] == pytest.approx(4)
    assert found.demand[0, [0, 1, 2, 3, 6]].tolist() == [4, 4, 4, 4, 4]


def test_a_share_of_opening_hours_scales_sales_up() -> None:
    sold, share = _floats([6, 3, 1]), _floats([1, 0.5, 0.1])
    none = np.zeros_like(sold, dtype=bool)
    found = recover(sold, ~none, share, none, none, 7)
    assert found.demand[0, 1] == 6
    assert found.weight.tolist() == [[1, 1, 0]]


def test_without_outages_demand_is_what_was_sold() -> None:
    sold = _floats([1, 0, 2])
    none = np.zeros_like(sold, dtype=bool)
    found = recover(sold, ~none, np.ones_like(sold), none, none, 7)
    assert np.array_equal(found.demand, sold)
    assert not found.lost.any()


def test_the_rate_of_a_day_looks_at_earlier_days_only() -> None:
    rng = np.random.default_rng(1)
    sold = rng.poisson(3, (4, 60)).astype(np.float32)
    clean = rng.random((4, 60)) < 0.8
    changed = sold.copy()
    changed[:, 40:] += 50
    assert np.array_equal(trailing_rate(sold, clean, 7)[:, :41], trailing_rate(changed, clean, 7)[:, :41])
