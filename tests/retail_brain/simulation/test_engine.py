"""The replay: worked by hand, against a plain loop, and no unit appears or vanishes."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.errors import ImpossibleError
from retail_brain.simulation.engine import simulate
from retail_brain.simulation.policies import Cover, OrderUpTo, periodic_reviews
from retail_brain.simulation.scenario import NON_PERISHABLE, Environment, OpeningStock, Stock


@dataclass(frozen=True)
class RecordedOrders:
    """The orders that were placed in reality: units per series and period, period 0 standing for before the first."""

    orders: np.ndarray

    def order(self, period: int, stock: Stock) -> np.ndarray | None:  # noqa: ARG002  # what was ordered was ordered
        """The recorded orders."""
        return self.orders[:, period + 1]


def make_world(demand: object, **changes: object) -> Environment:
    wanted = np.atleast_2d(np.asarray(demand, dtype=float))
    series = len(wanted)
    rules = {
        "counted": np.ones(wanted.shape, dtype=bool),
        "lead": np.zeros(series, dtype=int),
        "life": np.full(series, NON_PERISHABLE),
        "holding": np.ones(series),
        "short": np.ones(series),
        "unit_cost": np.ones(series),
        "order_cost": np.zeros(series),
    }
    return Environment(wanted, **(rules | changes))


def nothing_due(series: int = 1) -> np.ndarray:
    return np.zeros((series, 1))


def recorded(*units: float) -> RecordedOrders:
    return RecordedOrders(np.array([units], dtype=float))


def test_three_days_by_hand():
    world = make_world([5, 5, 5], lead=np.array([1]), holding=np.array([0.5]), short=np.array([2.0]))
    outcome = simulate(world, recorded(0, 6, 0, 0), OpeningStock(np.array([7.0]), np.array([[0.0, 1.0]])))
    assert outcome.sold[0] == 5 + 3 + 5
    assert outcome.lost[0] == 0 + 2 + 0
    assert outcome.held[0] == 2 + 0 + 1
    assert outcome.cost(world)[0] == 0.5 * 3 + 2 * 2
    assert outcome.fill_rate == 13 / 15


def test_an_order_with_no_lead_time_arrives_the_next_morning():
    outcome = simulate(make_world([1, 1]), recorded(1, 1, 0), OpeningStock(np.zeros(1), nothing_due()))
    assert outcome.lost[0] == 0


@pytest.mark.parametrize(("fifo", "wasted"), [(True, 0), (False, 2)])
def test_the_order_of_withdrawal_decides_what_is_thrown_away(fifo, wasted):
    world = make_world([1, 2, 2], life=np.array([2]), fifo=fifo)
    outcome = simulate(world, recorded(0, 2, 1, 0), OpeningStock(np.array([3.0]), nothing_due()))
    assert outcome.wasted[0] == wasted


def test_goods_that_keep_stand_beside_goods_that_do_not():
    world = make_world([[0, 0, 0], [0, 0, 0]], life=np.array([2, NON_PERISHABLE]))
    outcome = simulate(world, RecordedOrders(np.zeros((2, 4))), OpeningStock(np.array([4.0, 4.0]), nothing_due(2)))
    assert outcome.wasted.tolist() == [4, 0]
    assert outcome.closing.tolist() == [0, 4]


def test_weeks_without_known_demand_neither_sell_nor_count():
    counted = np.array([[True, False, True]])
    world = make_world([2, 9, 2], counted=counted)
    outcome = simulate(world, recorded(0, 0, 0, 0), OpeningStock(np.array([10.0]), nothing_due()))
    assert (outcome.sold[0], outcome.held[0], outcome.closing[0]) == (4, 8 + 6, 6)


def test_costs_count_from_the_period_asked_for():
    outcome = simulate(
        make_world([2, 2, 2]), recorded(0, 0, 0, 0), OpeningStock(np.array([4.0]), nothing_due()), count_from=1
    )
    assert (outcome.sold[0], outcome.lost[0]) == (2, 2)


def test_negative_orders_are_refused():
    with pytest.raises(ImpossibleError, match="less than nothing"):
        simulate(make_world([1]), recorded(-1, 0), OpeningStock(np.zeros(1), nothing_due()))


def test_cover_counts_what_is_on_its_way():
    cover = Cover(lambda _: np.full((1, 4), 2.0), 2.5, periodic_reviews(1))
    world = make_world([0], lead=np.array([1]))
    outcome = simulate(world, cover, OpeningStock(np.array([1.0]), np.array([[1.0]])))
    assert outcome.moved["received"][0] == 1
    assert outcome.ordered[0] == 0, "what is missing was ordered before the first period: 5 - 1 - 1 = 3"
    assert outcome.closing[0] == 2


worlds = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "periods": st.integers(1, 25),
        "life": st.sampled_from([1, 2, 5, NON_PERISHABLE]),
        "lead": st.integers(0, 5),
        "level": st.floats(0, 40),
        "pack": st.sampled_from([1.0, 4.0]),
        "fifo": st.booleans(),
        "step": st.integers(1, 4),
        "late": st.booleans(),
    }
)


def play(case: dict):
    rng = np.random.default_rng(case["seed"])
    series = 5
    demand = rng.poisson(rng.uniform(0, 6, (series, 1)), (series, case["periods"])).astype(float)
    world = make_world(
        demand,
        counted=rng.random(demand.shape) < 0.9,
        life=np.where(rng.random(series) < 0.5, case["life"], NON_PERISHABLE),
        lead=rng.integers(0, case["lead"] + 1, series),
        fifo=case["fifo"],
        late=rng.integers(-1, 3, (series, case["periods"] + 1)) if case["late"] else None,
    )
    lives = int(world.life[world.life < NON_PERISHABLE].max(initial=1))
    batches = rng.integers(0, 4, (series, lives)).astype(float)
    batches[:, :-1] *= (world.life < NON_PERISHABLE)[:, None]
    opening = OpeningStock(batches.sum(axis=1), rng.integers(0, 5, (series, 3)).astype(float), batches)
    policy = OrderUpTo(np.full(series, case["level"]), periodic_reviews(case["periods"], case["step"]), case["pack"])
    return world, policy, opening, simulate(world, policy, opening)


@given(worlds)
def test_no_unit_appears_or_vanishes(case):
    _, _, _, outcome = play(case)
    came = outcome.opening + outcome.moved["received"]
    went = outcome.moved["sold"] + outcome.moved["wasted"] + outcome.closing
    assert came == pytest.approx(went)
    assert (outcome.closing >= -1e-9).all()
    assert (outcome.lost >= -1e-9).all()


def loop(
    world: Environment, opening: OpeningStock, level: float, pack: float, step: int, row: int
) -> tuple[float, float, float]:
    """One series played with a list of batches."""
    life = int(world.life[row])
    ages = life < NON_PERISHABLE
    batches = [[k + 1 if ages else life, float(units)] for k, units in enumerate(opening.batches[row])]
    due = {k: float(units) for k, units in enumerate(opening.due[row])}
    sold = wasted = held = 0.0

    def review(period: int) -> None:
        if (period + 1) % step == 0:
            position = sum(units for _, units in batches) + sum(u for day, u in due.items() if day > period)
            packs = max(0.0, np.ceil((level - position) / pack - 1e-9))
            late = 0 if world.late is None else int(world.late[row, period + 1])
            arrival = period + 1 + max(int(world.lead[row]) + late, 0)
            due[arrival] = due.get(arrival, 0.0) + packs * pack

    review(-1)
    for period in range(world.periods):
        batches.append([life, due.get(period, 0.0)])
        wanted = world.demand[row, period] if world.counted[row, period] else 0.0
        for batch in sorted(batches, key=lambda b: b[0], reverse=not world.fifo):
            taken = min(batch[1], wanted)
            batch[1] -= taken
            wanted -= taken
            sold += taken
        for batch in batches:
            if life < NON_PERISHABLE:
                batch[0] -= 1
                if batch[0] == 0:
                    wasted += batch[1] if world.counted[row, period] else 0.0
                    batch[1] = 0.0
        held += sum(units for _, units in batches) if world.counted[row, period] else 0.0
        review(period)
    return sold, wasted, held


@given(worlds)
def test_the_replay_is_that_of_a_plain_loop(case):
    world, _, opening, outcome = play(case)
    for row in range(world.series):
        expected = loop(world, opening, case["level"], case["pack"], case["step"], row)
        assert (outcome.sold[row], outcome.wasted[row], outcome.held[row]) == pytest.approx(expected)
