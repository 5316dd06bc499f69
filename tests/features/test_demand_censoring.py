"""Demand behind sales: what is masked, what is added, and that no later day is looked at."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.demand_censoring import mean_at_least, recover, recovered_demand


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
    assert 4 < found.demand[0, 5] < found.demand[0, 4]
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


def test_what_is_recovered_looks_at_earlier_days_only() -> None:
    rng = np.random.default_rng(1)
    sold = rng.poisson(3, (4, 60)).astype(np.float32)
    masked = rng.random((4, 60)) < 0.1
    cut = ~masked & (rng.random((4, 60)) < 0.2)
    changed = sold.copy()
    changed[:, 40:] += 50
    one, other = (recovered_demand(units, ~masked, cut, masked, 7) for units in (sold, changed))
    assert np.array_equal(one[:, :40], other[:, :40])
    assert (one[cut] >= sold[cut]).all()
    assert one[cut].mean() > sold[cut].mean() + 0.5


def test_censored_demand_is_recovered_without_much_bias() -> None:
    rng = np.random.default_rng(2)
    wanted = rng.poisson(rng.gamma(4, 1, (300, 1)), (300, 200)).astype(np.float32)
    stock = rng.integers(1, 9, (300, 200)).astype(np.float32)
    limited = rng.random((300, 200)) < 0.2
    sold = np.where(limited, np.minimum(wanted, stock), wanted)
    ran_out = limited & (wanted >= stock)
    nothing = np.zeros_like(ran_out)
    found = recover(sold, ~nothing, np.ones_like(sold), ran_out, nothing, 7)
    missing = wanted[ran_out].sum() - sold[ran_out].sum()
    assert abs(found.demand[ran_out].sum() - wanted[ran_out].sum()) < 0.15 * missing
