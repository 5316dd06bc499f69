"""Demand behind sales: what is masked, what is added, and that no later day is looked at."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.demand.censoring import STORE_TRUST_UNITS, TRUST_DAYS, mean_at_least, recover, recovered_demand

ONE_STORE = np.zeros(1, dtype=np.int64)


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
    ran_out[0, 4] = True
    was_out[0, 5] = True
    found = recover(sold, ~none, np.ones_like(sold), ran_out, was_out, ONE_STORE, 7)
    assert found.weight.tolist() == [[1, 1, 1, 1, 1, 0, 1]]
    assert found.lost.tolist() == [[False, False, False, False, True, True, False]]
    assert found.demand[0, 4] > 4
    assert 4 < found.demand[0, 5] < found.demand[0, 4]
    assert found.demand[0, [0, 1, 2, 3, 6]].tolist() == [4, 4, 4, 4, 4]


def test_what_was_to_be_expected_of_the_rest_of_the_day_is_added() -> None:
    sold, share = _floats([4, 4, 3, 0]), _floats([1, 1, 0.5, 0.1])
    none = np.zeros_like(sold, dtype=bool)
    found = recover(sold, ~none, share, none, none, ONE_STORE, 7)
    rate = (TRUST_DAYS * 4 + 3) / (TRUST_DAYS + 0.5)
    assert found.demand[0, 2] == pytest.approx(3 + 0.5 * rate)
    assert found.demand[0, 3] == pytest.approx(4, abs=0.5)
    assert found.weight.tolist() == [[1, 1, 1, 0]]


def test_a_product_that_sold_out_at_once_was_wanted_but_tells_little() -> None:
    sold, share = _floats([2, 2, 2]), _floats([1, 1, 0.05])
    none = np.zeros_like(sold, dtype=bool)
    found = recover(sold, ~none, share, ~none & (share < 1), none, ONE_STORE, 7)
    assert found.demand[0, 2] > 3
    assert found.weight.tolist() == [[1, 1, 0]]


def test_a_busy_day_in_the_store_raises_what_is_expected_of_an_empty_shelf() -> None:
    usual = np.full((4, 10), 5, dtype=np.float32)
    busy = usual.copy()
    busy[:3, 9] = 15
    usual[3, 9] = busy[3, 9] = 0
    share = np.ones_like(usual)
    share[3, 9] = 0
    none = np.zeros_like(usual, dtype=bool)
    one, other, apart = (
        recover(sold, ~none, share, none, none, np.array(stores), 7).demand[3, 9]
        for sold, stores in ((usual, [0, 0, 0, 0]), (busy, [0, 0, 0, 0]), (busy, [0, 0, 0, 1]))
    )
    assert one == pytest.approx(5, abs=0.1)
    assert other == pytest.approx(5 * (45 + STORE_TRUST_UNITS) / (15 + STORE_TRUST_UNITS), rel=0.05)
    assert apart == pytest.approx(5, abs=0.1)


def test_without_outages_demand_is_what_was_sold() -> None:
    sold = _floats([1, 0, 2])
    none = np.zeros_like(sold, dtype=bool)
    found = recover(sold, ~none, np.ones_like(sold), none, none, ONE_STORE, 7)
    assert np.array_equal(found.demand, sold)
    assert not found.lost.any()


def test_what_is_recovered_looks_at_earlier_days_only() -> None:
    rng = np.random.default_rng(1)
    sold = rng.poisson(3, (4, 60)).astype(np.float32)
    share = np.where(rng.random((4, 60)) < 0.1, rng.random((4, 60)), 1).astype(np.float32)
    cut = (share == 1) & (rng.random((4, 60)) < 0.2)
    changed = sold.copy()
    changed[:, 40:] += 50
    stores = np.array([0, 0, 1, 1])
    one, other = (recovered_demand(units, np.ones_like(cut), share, cut, stores, 7) for units in (sold, changed))
    assert np.array_equal(one[:, :40], other[:, :40])
    assert (one >= sold).all()
    assert one[cut].mean() > sold[cut].mean() + 0.5


def test_censored_demand_is_recovered_without_much_bias() -> None:
    rng = np.random.default_rng(2)
    wanted = rng.poisson(rng.gamma(4, 1, (300, 1)), (300, 200)).astype(np.float32)
    stock = rng.integers(1, 9, (300, 200)).astype(np.float32)
    limited = rng.random((300, 200)) < 0.2
    sold = np.where(limited, np.minimum(wanted, stock), wanted)
    ran_out = limited & (wanted >= stock)
    nothing = np.zeros_like(ran_out)
    found = recover(sold, ~nothing, np.ones_like(sold), ran_out, nothing, np.zeros(300, dtype=np.int64), 7)
    missing = wanted[ran_out].sum() - sold[ran_out].sum()
    assert abs(found.demand[ran_out].sum() - wanted[ran_out].sum()) < 0.15 * missing


def test_knowing_when_stock_ran_out_is_better_than_not_knowing() -> None:
    rng = np.random.default_rng(3)
    rate = rng.gamma(4, 1, (200, 1, 1))
    hours = rng.poisson(np.broadcast_to(rate / 10, (200, 120, 10)))
    wanted = hours.sum(axis=2).astype(np.float32)
    share = np.where(rng.random((200, 120)) < 0.3, rng.integers(1, 10, (200, 120)) / 10, 1).astype(np.float32)
    open_hours = np.arange(10) < np.round(share * 10)[:, :, None]
    sold = (hours * open_hours).sum(axis=2).astype(np.float32)
    nothing, stores = np.zeros(sold.shape, dtype=bool), np.zeros(200, dtype=np.int64)
    found = recover(sold, ~nothing, share, nothing, nothing, stores, 7)
    late = np.arange(120) >= 30
    cut = (share < 1) & late
    assert found.demand[cut].sum() == pytest.approx(wanted[cut].sum(), rel=0.03)
    by_scaling = sold / share
    errors = [float(np.abs(estimate - wanted)[cut].mean()) for estimate in (found.demand, by_scaling, sold)]
    assert errors[0] < 0.8 * errors[1]
    assert errors[0] < 0.8 * errors[2]
