"""Routing of an order: by hand, against trying everything, and never beyond what shops have and can pick."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.decisions.routing import Sources, free_orders, route_order


def make(can_send, cost, parcel, free=None) -> Sources:
    held = np.array(can_send, dtype=bool)
    limit = np.full(held.shape[1], np.inf) if free is None else np.array(free, dtype=float)
    return Sources(held, np.array(cost, dtype=float), np.array(parcel, dtype=float), limit)


def test_the_goods_leave_where_they_are_least_worth():
    route = route_order(make([[1, 1, 1]], [[3.0, -0.5, 1.0]], [8, 8, 8]), np.array([50.0]))
    assert (route.shop.tolist(), route.cost, route.parcels) == ([1], 7.5, 1)


def test_one_parcel_beats_two_cheaper_halves_until_the_halves_are_cheap_enough():
    held = [[1, 0, 1], [0, 1, 1]]
    whole = route_order(make(held, [[0, 9, 3], [9, 0, 3]], [8, 8, 8]), np.full(2, 50.0))
    assert whole.shop.tolist() == [2, 2]
    halves = route_order(make(held, [[0, 9, 9], [9, 0, 9]], [8, 8, 8]), np.full(2, 50.0))
    assert (halves.shop.tolist(), halves.cost) == ([0, 1], 16.0)


def test_a_shop_that_cannot_pick_more_is_passed_over_and_a_line_that_nobody_has_stays():
    route = route_order(make([[1, 1], [0, 0]], [[0, 5], [0, 0]], [8, 8], [0.4, 1.0]), np.full(2, 50.0))
    assert (route.shop.tolist(), route.cost) == ([1, -1], 63.0)
    assert route_order(make([[0]], [[0]], [8]), np.array([5.0])).shop.tolist() == [-1]
    assert route_order(make([[1]], [[4.0]], [8]), np.array([5.0])).shop.tolist() == [-1], "costs more than it earns"


def test_capacity_left_is_less_own_orders_and_those_sent():
    left = free_orders(np.array([50.0, 50.0, np.nan]), np.array([30.0, np.nan, 9.0]), [25, 10, 400])
    assert left.tolist() == [0.0, 40.0, np.inf]


def everything(sources: Sources, unserved: np.ndarray) -> float:
    lines, shops = sources.cost.shape
    best = np.inf
    for choice in itertools.product(range(-1, shops), repeat=lines):
        used = {shop for shop in choice if shop >= 0}
        if any(shop >= 0 and not sources.can_send[line, shop] for line, shop in enumerate(choice)):
            continue
        if any(sources.free_orders[shop] < 1 for shop in used):
            continue
        cost = sum(unserved[k] if shop < 0 else sources.cost[k, shop] for k, shop in enumerate(choice))
        best = min(best, cost + sum(sources.parcel_cost[shop] for shop in used))
    return float(best)


@given(seed=st.integers(0, 5000))
def test_as_good_as_trying_everything_and_possible(seed):
    rng = np.random.default_rng(seed)
    lines, shops = int(rng.integers(1, 4)), int(rng.integers(1, 5))
    sources = Sources(
        rng.random((lines, shops)) < 0.7,
        rng.normal(3, 3, (lines, shops)),
        rng.uniform(0, 10, shops),
        rng.choice([0.0, 3.0, np.inf], shops),
    )
    unserved = rng.uniform(0, 30, lines)
    route = route_order(sources, unserved)
    assert route.cost == pytest.approx(everything(sources, unserved), abs=1e-6)
    for line, shop in enumerate(route.shop.tolist()):
        assert shop < 0 or (sources.can_send[line, shop] and sources.free_orders[shop] >= 1)
