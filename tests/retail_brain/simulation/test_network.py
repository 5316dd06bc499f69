"""Warehouses that run out, goods moved between shops, late orders and lower prices, by hand."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.errors import ImpossibleError
from retail_brain.simulation.engine import Decision, Markdown, simulate
from retail_brain.simulation.scenario import NON_PERISHABLE, Environment, Moves, OpeningStock, Stock
from retail_brain.simulation.sources import SourceShelf, SourceStock


def world(demand, **changes) -> Environment:
    units = np.array(demand, dtype=float)
    series = len(units)
    ones = np.ones(series)
    plain = Environment(
        demand=units,
        counted=np.ones(units.shape, dtype=bool),
        lead=np.zeros(series, dtype=np.int64),
        life=np.full(series, NON_PERISHABLE),
        holding=0.1 * ones,
        short=2.0 * ones,
        unit_cost=3.0 * ones,
        order_cost=0.0 * ones,
    )
    return replace(plain, **changes)


def opening(*on_hand: float) -> OpeningStock:
    return OpeningStock(np.array(on_hand), np.zeros((len(on_hand), 1)))


@dataclass
class Script:
    """Does what is written for each period."""

    acts: dict

    def order(self, period: int, stock: Stock):  # noqa: ARG002  the script looks at no stock
        return self.acts.get(period)


def sources(of, units, arrivals, pack) -> SourceStock:
    return SourceStock(np.array(of), np.array(units, float), np.array(arrivals, float), np.array(pack, float))


def test_a_warehouse_gives_what_it_has_and_refuses_the_rest():
    stock = sources([0, 0, -1], [9], [[0, 0, 4]], [1, 1, 1])
    environment = world([[0, 0]] * 3, sources=stock)
    orders = {-1: np.array([6.0, 6.0, 50.0]), 1: np.array([3.0, 3.0, 0.0])}
    done = simulate(environment, Script(orders), opening(0, 0, 0))
    assert done.closing.tolist() == [5.0, 4.0, 50.0]
    assert done.received.tolist() == [5.0, 4.0, 50.0]
    # the order after the last period is placed too: four more came to the warehouse by then
    assert done.ordered.tolist() == [2.0, 2.0, 0.0]
    assert done.refused.tolist() == [1.0, 1.0, 0.0]


def test_a_warehouse_is_restocked_by_what_is_ordered_for_it():
    stock = replace(sources([0], [0], [[0] * 5], [1]), delay=np.array([[2, 2, 2, 2, 2]]))
    environment = world([[0, 0, 0, 0]], sources=stock)
    asked = {period: Decision(np.array([5.0])) for period in range(4)}
    done = simulate(environment, Script({-1: Decision(restock=np.array([5.0]))} | asked), opening(0))
    # ordered before the first period, there in the morning of the third, given out with the orders of its evening
    assert done.refused.tolist() == [15.0]
    assert done.closing.tolist() == [5.0]
    without = world([[0]], sources=sources([0], [0], [[0, 0]], [1]))
    with pytest.raises(ImpossibleError, match="lead times"):
        simulate(without, Script({-1: Decision(restock=np.array([5.0]))}), opening(0))


def test_scarce_stock_is_given_in_whole_packs():
    shelf = SourceShelf.open(sources([0, 0], [10], [[0, 0]], [6, 4]))
    given = shelf.grant(np.array([12.0, 8.0]))
    assert given.tolist() == [6.0, 4.0]
    assert shelf.units.tolist() == [0.0]
    assert SourceShelf.open(sources([0], [3], [[0]], [4])).grant(np.array([4.0])).tolist() == [0.0]


@given(seed=st.integers(0, 2000))
def test_a_warehouse_never_gives_more_than_it_has_nor_more_than_is_asked(seed):
    rng = np.random.default_rng(seed)
    of, pack = rng.integers(-1, 3, 12), rng.integers(1, 5, 12).astype(float)
    shelf = SourceShelf.open(SourceStock(of, rng.integers(-2, 30, 3).astype(float), np.zeros((3, 1)), pack))
    before, order = np.maximum(shelf.units, 0), rng.integers(0, 6, 12) * pack
    given_units = shelf.grant(order)
    assert (given_units <= order).all()
    assert (given_units % pack == 0).all()
    taken = np.bincount(of[of >= 0], given_units[of >= 0], 3)
    assert (taken <= before + 1e-9).all()
    assert (given_units[of < 0] == order[of < 0]).all()
    # nothing is kept back of which somebody still wants a pack
    for source in range(3):
        missing = pack[(of == source) & (given_units < order)]
        assert not len(missing) or (before - taken)[source] < missing.min()


def test_moved_goods_arrive_later_keep_their_age_and_cost_their_way():
    environment = world(
        [[0, 0, 0, 0], [0, 0, 0, 5]],
        life=np.array([5, 5]),
        move_cost=0.5,
        move_line_cost=4.0,
        move_delay=1,
    )
    moves = Moves(np.array([0]), np.array([1]), np.array([3.0]))
    seen = []

    @dataclass
    class Watch(Script):
        def order(self, period, stock):
            seen.append((stock.on_hand.tolist(), stock.expected.sum(axis=1).tolist(), stock.held.sum()))
            return super().order(period, stock)

    batches = np.zeros((2, 5))
    batches[0] = [0, 0, 2, 0, 4]
    start = OpeningStock(np.array([6.0, 0.0]), np.zeros((2, 1)), batches)
    done = simulate(environment, Watch({0: Decision(moves=moves)}), start)
    assert seen[1] == ([6.0, 0.0], [0.0, 0.0], 6.0)
    assert seen[2] == ([3.0, 0.0], [0.0, 3.0], 6.0), "on its way after the first period"
    # two of the three moved were to expire in the third period, and did at the end of it
    assert seen[3] == ([3.0, 1.0], [0.0, 0.0], 4.0)
    assert (done.wasted.tolist(), done.sold.tolist(), done.lost.tolist()) == ([0.0, 2.0], [0.0, 1.0], [0.0, 4.0])
    assert done.moving.tolist() == [5.5, 0.0]
    assert (done.moved_out.tolist(), done.moved_in.tolist()) == ([3.0, 0.0], [0.0, 3.0])
    assert done.cost(environment).sum() == pytest.approx(0.1 * (6 + 6 + 4 + 3) + 2 * 4 + 3 * 2 + 5.5)
    assert done.blocks["cost"].sum() == pytest.approx(done.cost(environment).sum())


def test_a_shop_cannot_give_what_it_has_not():
    moves = Moves(np.array([0, 0]), np.array([1, 1]), np.array([3.0, 2.0]))
    with pytest.raises(ImpossibleError, match="more than a shop has"):
        simulate(world([[0], [0]]), Script({-1: Decision(moves=moves)}), opening(4, 0))


def test_nobody_knows_beforehand_what_will_be_late():
    late = np.array([[2, 0, 0, 0, 0]])
    environment = world([[0, 0, 0, 0]], lead=np.array([1]), late=late)
    seen = []

    @dataclass
    class Watch(Script):
        def order(self, period, stock):
            decided = super().order(period, stock)
            seen.append(stock.expected[0].nonzero()[0].tolist())
            return decided

    done = simulate(environment, Watch({-1: np.array([5.0])}), opening(0))
    # ordered for the second period: expected then, in the next morning once overdue, there in the fourth
    assert seen == [[], [0], [0], [0], []]
    assert done.closing.tolist() == [5.0]


def test_lower_prices_sell_more_and_cost_what_would_have_sold_anyway():
    environment = world([[2, 2, 3]], margin=np.array([4.0]))
    cheaper = Decision(markdown=Markdown(np.array([1.0]), np.array([1.5])))
    done = simulate(environment, Script({0: cheaper, 1: cheaper}), opening(9))
    # one extra in the second period; one and a half in the third, of which whole units sell, and one is there
    assert (done.sold.tolist(), done.extra.tolist(), done.closing.tolist()) == ([7.0], [2.0], [0.0])
    assert done.given_up.tolist() == [(2 + 3) * 1.0 - 2 * (4 - 1)]
    assert done.fill_rate == 1, "extra units are no demand at usual prices"


def test_prices_need_margins():
    cheaper = Decision(markdown=Markdown(np.array([1.0]), np.array([1.5])))
    with pytest.raises(ImpossibleError, match="margin"):
        simulate(world([[2]]), Script({-1: cheaper}), opening(9))


@given(seed=st.integers(0, 500))
def test_no_unit_appears_or_vanishes_between_shops(seed):
    rng = np.random.default_rng(seed)
    environment = world(rng.poisson(1, (4, 9)), life=np.array([3, 3, 5, NON_PERISHABLE]), move_delay=int(seed % 3))

    class Random:
        def order(self, _, stock):
            has = np.floor(stock.on_hand)
            giving = rng.permutation(4)[:2]
            moves = Moves(giving, 3 - giving, np.floor(has[giving] * rng.random(2)))
            return Decision(rng.integers(0, 4, 4).astype(float), moves)

    environment = replace(environment, life=np.array([4, 4, 4, 4]))
    done = simulate(environment, Random(), opening(5, 6, 0, 9))
    moved = done.moved
    left = done.opening + moved["received"] - moved["sold"] - moved["wasted"] - moved["moved_out"] + moved["moved_in"]
    on_the_way = left.sum() - done.closing.sum()
    assert moved["moved_in"].sum() == moved["moved_out"].sum()
    assert on_the_way >= -1e-9
    assert (done.closing >= 0).all()
