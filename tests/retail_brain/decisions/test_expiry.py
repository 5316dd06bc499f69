"""Goods that date out: old stock that will not last, orders that may not sell in time."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.decisions.holdings import Due, Holdings
from retail_brain.decisions.order_plan import Plan, decide
from retail_brain.decisions.supply_terms import complete_terms
from retail_brain.settings import ReplenishmentSettings
from retail_brain.simulation.engine import simulate
from retail_brain.simulation.policies import OrderUpTo, SuggestedOrders, periodic_reviews
from retail_brain.simulation.scenario import Environment, OpeningStock

FIRST = np.datetime64("2025-03-01")
IDS = pl.DataFrame({"store_id": ["s"], "product_id": ["鲜奶"]})


OLDEST_FIRST = ReplenishmentSettings()
NEWEST_FIRST = ReplenishmentSettings(withdrawal="lifo")


def make_plan(
    units: np.ndarray, batches: list[float], settings: ReplenishmentSettings = OLDEST_FIRST, **terms: object
) -> Plan:
    asked = {"lead_time_days": 1.0, "review_period_days": 2.0, "unit_price": 5.0, "unit_cost": 3.0}
    frame = IDS.with_columns(**{name: pl.lit(value) for name, value in (asked | terms).items()})
    complete = complete_terms(frame, IDS, ReplenishmentSettings())
    held = np.array([batches])
    nothing = Due(np.zeros(0, dtype=int), np.zeros(0, dtype="datetime64[D]"), np.zeros(0))
    holdings = Holdings(held.sum(axis=1), np.zeros(1), np.ones(1, dtype=bool), nothing, held)
    starts = FIRST + np.arange(units.shape[2])
    return decide(units.astype(np.float32), starts, complete, holdings, FIRST, settings=settings)


def test_stock_that_dates_out_before_the_arrival_is_replaced():
    units = np.full((1, 10, 8), 2.0)
    fresh = make_plan(units, [0, 0, 0, 9.0], shelf_life_days=4.0, service_level=0.9)
    old = make_plan(units, [9.0, 0, 0, 0], shelf_life_days=4.0, service_level=0.9)
    assert fresh.quantity[0] == 0
    assert old.quantity[0] == 2 * 2, "nine old units serve today and are thrown away tonight"


def test_profit_orders_less_of_what_may_be_thrown_away():
    rng = np.random.default_rng(3)
    units = rng.poisson(4, (1, 200, 12)).astype(float)
    keeps = make_plan(units, [0.0] * 4)
    long = make_plan(units, [0.0] * 4, shelf_life_days=8.0)
    short = make_plan(units, [0.0] * 4, shelf_life_days=2.0)
    assert short.quantity[0] < long.quantity[0] <= keeps.quantity[0]


def test_goods_of_one_day_are_a_newsvendor():
    units = np.repeat(np.arange(10.0)[None, :, None], 4, axis=2)
    plan = make_plan(
        units, [0.0], lead_time_days=0.0, review_period_days=1.0, shelf_life_days=1.0, holding_cost_per_day=0.0
    )
    assert plan.quantity[0] == 3, "margin 2, cost 3: the ratio is .4, and four of the ten paths need at most 3"


def loop(
    path: np.ndarray, batches: list[float], *, lead: int, until: int, life: int, order: float
) -> tuple[float, float]:
    """Units lost before `until`, and units of the order thrown away, with a list of batches."""
    stock = [[age + 1, units, False] for age, units in enumerate(batches)]
    lost = thrown = 0.0
    for day in range(max(lead + life, until)):
        if day == lead:
            stock.append([life, order, True])
        wanted = path[day]
        for batch in sorted(stock, key=lambda b: (b[2], b[0])):
            taken = min(batch[1], wanted)
            batch[1] -= taken
            wanted -= taken
        lost += wanted if day < until else 0.0
        for batch in stock:
            batch[0] -= 1
            if batch[0] == 0:
                thrown += batch[1] if batch[2] else 0.0
                batch[1] = 0.0
    return lost, thrown


@given(
    seed=st.integers(0, 5000),
    lead=st.integers(0, 3),
    review=st.integers(1, 4),
    life=st.integers(1, 6),
    order=st.integers(0, 25),
)
def test_losses_and_waste_are_those_of_a_plain_loop(seed, lead, review, life, order):
    rng = np.random.default_rng(seed)
    units = rng.poisson(rng.uniform(0.2, 5), (1, 12, 16)).astype(float)
    batches = rng.integers(0, 6, life).astype(float).tolist()
    plan = make_plan(
        units,
        batches,
        lead_time_days=float(lead),
        review_period_days=float(review),
        shelf_life_days=float(life),
        service_level=0.9,
    )
    asked = np.array([float(order)])
    until = min(lead + review, lead + life)
    expected = np.mean(
        [loop(path, batches, lead=lead, until=until, life=life, order=order) for path in units[0]], axis=0
    )
    lost = plan.required.lost_before + plan.required.lost_in_cycle(asked)
    assert plan.required.expired(asked)[0] == pytest.approx(expected[1], abs=1e-5)
    assert lost[0] == pytest.approx(expected[0], abs=1e-5)
    # the days between the expiry of the order and the next delivery are lost too
    whole = [loop(path, batches, lead=lead, until=lead + review, life=life, order=order)[0] for path in units[0]]
    assert plan.required.expected_lost(asked)[0] == pytest.approx(np.mean(whole), abs=1e-5)


def test_newest_first_leaves_the_old_goods_to_their_date():
    units = np.full((1, 10, 8), 2.0)
    asked = {"shelf_life_days": 4.0, "service_level": 0.9}
    oldest = make_plan(units, [2.0, 0, 0, 6.0], **asked)
    newest = make_plan(units, [2.0, 0, 0, 6.0], NEWEST_FIRST, **asked)
    assert oldest.required.projected[0] == 6, "today's two are the old ones"
    assert newest.required.projected[0] == 4, "today's two are new ones, and the old ones are thrown away tonight"
    assert newest.quantity[0] == oldest.quantity[0] == 0
    more = make_plan(units, [4.0, 2.0, 0, 2.0], NEWEST_FIRST, **asked)
    assert more.quantity[0] == 2 * 2, "tomorrow the new order is sold before the two that are left, in vain"


@given(seed=st.integers(0, 5000), lead=st.integers(0, 3), life=st.integers(1, 6), fifo=st.booleans())
def test_losses_before_the_arrival_are_those_of_a_replay(seed, lead, life, fifo):
    rng = np.random.default_rng(seed)
    path = rng.poisson(rng.uniform(0.2, 5), 16).astype(float)
    batches = rng.integers(0, 6, life).astype(float)
    settings = ReplenishmentSettings(withdrawal="fifo" if fifo else "lifo")
    plan = make_plan(
        path[None, None, :], batches.tolist(), settings, lead_time_days=float(lead), shelf_life_days=float(life)
    )
    one = np.ones(1)
    world = Environment(
        path[None, :lead], np.ones((1, lead), bool), np.zeros(1, int), np.array([life]), one, one, one, one, fifo=fifo
    )
    nothing = OrderUpTo(np.zeros(1), np.zeros(lead + 1, bool))
    outcome = simulate(world, nothing, OpeningStock(np.array([batches.sum()]), np.zeros((1, 1)), batches[None, :]))
    assert plan.required.lost_before[0] == pytest.approx(outcome.lost.sum(), abs=1e-5)


@pytest.mark.parametrize(("life", "review"), [(4, 1), (8, 3)])
def test_where_customers_take_the_newest_it_pays_to_know(life, review):
    rng = np.random.default_rng(0)
    series, days = 20, 90
    rate = rng.uniform(0.5, 8, series)
    ids = pl.DataFrame({"store_id": ["s"] * series, "product_id": [str(k) for k in range(series)]})
    asked = {"lead_time_days": 1.0, "review_period_days": float(review), "unit_price": 5.0, "unit_cost": 3.0}
    terms = complete_terms(
        ids.with_columns(shelf_life_days=pl.lit(float(life)), **{name: pl.lit(value) for name, value in asked.items()}),
        ids,
        ReplenishmentSettings(),
    )
    paths = rng.poisson(rate[:, None, None], (series, 100, 14)).astype(np.float32)
    ones = np.ones(series)
    demand = rng.poisson(rate[:, None], (series, days)).astype(float)
    counted, delay = np.ones(demand.shape, bool), np.ones(series, int)
    world = Environment(demand, counted, delay, delay * life, 0.002 * ones, 2 * ones, 3 * ones, 0 * ones, fifo=False)
    cost = {}
    for withdrawal in ("fifo", "lifo"):
        settings = ReplenishmentSettings(policy="economic", withdrawal=withdrawal)
        starts = FIRST + np.arange(days + 40)
        policy = SuggestedOrders(lambda _: paths, terms, starts, periodic_reviews(days, review), settings)
        cost[withdrawal] = (
            simulate(world, policy, OpeningStock(np.ceil(2 * rate), np.zeros((series, 1)))).cost(world).sum()
        )
    assert cost["lifo"] < 0.95 * cost["fifo"]


def test_unknown_ages_are_half_a_review_period():
    units = np.full((1, 10, 12), 1.0)
    complete = complete_terms(
        IDS.with_columns(
            lead_time_days=pl.lit(3.0),
            review_period_days=pl.lit(4.0),
            shelf_life_days=pl.lit(4.0),
            service_level=pl.lit(0.9),
        ),
        IDS,
        ReplenishmentSettings(),
    )
    holdings = Holdings(np.array([20.0]), np.zeros(1), np.ones(1, dtype=bool))
    starts = FIRST + np.arange(12)
    aged = decide(units.astype(np.float32), starts, complete, holdings, FIRST)
    assert aged.quantity[0] == 4, "half of the four days are over: what is left tomorrow night is thrown away"
    keeping = replace(complete, shelf_life_days=np.array([np.inf]))
    assert decide(units.astype(np.float32), starts, keeping, holdings, FIRST).quantity[0] == 0
