"""Receipts, waste and ages that stock records tell of: by hand, and against replays that know them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.simulation.engine import simulate
from retail_brain.simulation.policies import OrderUpTo, periodic_reviews
from retail_brain.simulation.scenario import NON_PERISHABLE, Environment, OpeningStock, Stock
from retail_brain.simulation.stock_records import age_layers, age_records


def test_a_receipt_hides_no_waste():
    sold, on_hand = np.array([[1.0, 1.0, 1.0]]), np.array([[5.0, 4.0, 6.0]])
    told = age_records(sold, on_hand, np.array([3]), at=2)
    assert told.wasted.tolist() == [[0, 0, 3]], "six came on the first day: one sold a day, three left on their third"
    assert told.received.tolist() == [[0, 0, 6 + 3 - 4 + 1]]
    assert told.batches.tolist() == [[0, 6, 0]]


def test_stock_that_vanishes_is_wasted_and_days_without_records_tell_nothing():
    sold, on_hand = np.array([[0.0, 2.0, 1.0]]), np.array([[9.0, 4.0, np.nan]])
    told = age_records(sold, on_hand, np.array([NON_PERISHABLE]), at=1)
    assert told.wasted.tolist() == [[0, 9 - 2 - 4, 0]]
    assert told.batches.tolist() == [[4]]


@given(seed=st.integers(0, 10_000), level=st.integers(1, 30), step=st.integers(1, 3), lead=st.integers(0, 3))
def test_records_of_a_replay_tell_what_it_received_and_threw_away(seed, level, step, lead):
    rng = np.random.default_rng(seed)
    series, days = 6, 30
    life = np.array([2, 3, 4, 7, NON_PERISHABLE, NON_PERISHABLE])
    ones = np.ones(series)
    demand = rng.poisson(rng.uniform(0.2, 6, (series, 1)), (series, days)).astype(float)
    world = Environment(demand, np.ones(demand.shape, bool), np.full(series, lead), life, ones, ones, ones, 0 * ones)
    watch = _Watch(OrderUpTo(np.full(series, float(level)), periodic_reviews(days, step)))
    outcome = simulate(world, watch, OpeningStock(np.zeros(series), np.zeros((series, 1))))
    sold = np.minimum(demand, np.column_stack(watch.on_hand[:-1]) + np.column_stack(watch.due[:-1]))
    told = age_records(sold, np.column_stack(watch.on_hand[1:]), life, at=days - 1)
    assert told.received[:, 1:] == pytest.approx(np.column_stack(watch.due[1:-1]))
    assert told.batches == pytest.approx(watch.batches)
    assert told.wasted.sum(axis=1) == pytest.approx(outcome.moved["wasted"])


class _Watch:
    """A policy that writes down the stock and tomorrow's delivery every evening."""

    def __init__(self, policy: OrderUpTo) -> None:
        self._policy = policy
        self.on_hand: list[np.ndarray] = []
        self.due: list[np.ndarray] = []
        self.batches = np.zeros(0)

    def order(self, period: int, shelf: Stock) -> np.ndarray | None:
        order = self._policy.order(period, shelf)
        coming = shelf.due[:, 0].copy()
        if order is not None:
            coming += order * (self._lead(shelf) == 0)
        self.on_hand.append(shelf.on_hand)
        self.due.append(coming)
        self.batches = shelf.batches.copy()
        return order

    def _lead(self, shelf: Stock) -> int:
        return shelf.due.shape[1] - 2


@pytest.mark.parametrize(
    ("sold", "on_hand", "pack", "layers"),
    [
        # one unit that nobody buys or takes away lies there beyond its life
        ([0, 0, 0, 0], [1, 1, 1, 1], 1, [1, 0, 0, 0]),
        # what is missing beyond sales was thrown away
        ([1, 1, 1, 0], [5, 4, 0, 0], 1, [0, 0, 0, 0]),
        # a delivery on the last day of the old goods: these were thrown away and replaced
        ([1, 1, 1, 0], [5, 4, 6, 6], 1, [0, 0, 6, 0]),
        # ... unless only the delivery without them is whole packs of three: three old ones are left
        ([1, 1, 1, 0], [4, 3, 5, 5], 3, [2, 0, 3, 0]),
        # oldest first, whatever their age
        ([0, 0, 0, 2], [3, 3, 3, 5], 1, [1, 0, 0, 4]),
        # before a missing count nothing is known
        ([0, 0, 0, 0], [1, np.nan, 1, 1], 1, [0, 0, 1, 0]),
    ],
)
def test_layers_are_what_counts_and_sales_tell(sold, on_hand, pack, layers):
    found = age_layers(
        np.array([sold], dtype=float), np.array([on_hand], dtype=float), np.array([3]), np.array([float(pack)])
    )
    assert found.tolist() == [layers]
