"""Replayed policies: the suggestions' own code, hindsight as a bound, no look ahead."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from retail_brain.decisions.replenishment import suggest_orders
from retail_brain.decisions.supply_terms import complete_terms
from retail_brain.outputs import DemandPaths
from retail_brain.settings import ReplenishmentSettings
from retail_brain.simulation.engine import simulate
from retail_brain.simulation.policies import Cover, OrderUpTo, SuggestedOrders, perfect_forecast, periodic_reviews
from retail_brain.simulation.scenario import NON_PERISHABLE, Environment, OpeningStock, Stock

SERIES, PERIODS, HORIZON = 4, 30, 8
FIRST = np.datetime64("2025-03-01")
STARTS = FIRST + np.arange(PERIODS + HORIZON + 1)
IDS = pl.DataFrame({"store_id": ["s"] * SERIES, "product_id": [f"p{i}" for i in range(SERIES)]})
TERMS = IDS.with_columns(
    lead_time_days=pl.Series([0.0, 1.0, 2.0, 3.0]),
    review_period_days=pl.lit(2.0),
    unit_price=pl.lit(5.0),
    unit_cost=pl.lit(3.0),
    holding_cost_per_day=pl.lit(0.2),
    case_pack=pl.Series([1.0, 1.0, 6.0, 2.0]),
)


@pytest.fixture(scope="module")
def world() -> Environment:
    rng = np.random.default_rng(7)
    demand = rng.poisson(3, (SERIES, PERIODS)).astype(float)
    ones = np.ones(SERIES)
    return Environment(
        demand=demand,
        counted=np.ones(demand.shape, dtype=bool),
        lead=np.arange(SERIES),
        life=np.full(SERIES, NON_PERISHABLE),
        holding=0.2 * ones,
        short=2.0 * ones,
        unit_cost=3.0 * ones,
        order_cost=0 * ones,
    )


OPENING = OpeningStock(np.full(SERIES, 6.0), np.zeros((SERIES, 1)))


def suggested(forecast) -> SuggestedOrders:
    terms = complete_terms(TERMS, IDS, ReplenishmentSettings())
    return SuggestedOrders(forecast, terms, STARTS, periodic_reviews(PERIODS, 2))


def poisson_paths(period: int) -> np.ndarray:
    return np.random.default_rng(period + 2).poisson(3, (SERIES, 100, HORIZON)).astype(np.float32)


def test_the_replay_orders_what_the_service_suggests(world):
    shelf = Stock.open(
        world, OpeningStock(np.array([6.0, 0.0, 2.0, 9.0]), np.array([[0, 0], [0, 3.0], [0, 0], [1.0, 0]]))
    )
    replayed = suggested(poisson_paths).order(-1, shelf)
    days = pl.date_range(date(2025, 3, 1), date(2025, 3, HORIZON), eager=True)
    pipeline = IDS[[1, 3]].with_columns(
        arrives_on=pl.Series([date(2025, 3, 2), date(2025, 3, 1)]), units=pl.Series([3.0, 1.0])
    )
    stock = IDS.with_columns(on_hand=pl.Series([6.0, 0.0, 2.0, 9.0]), on_order=pl.Series([0.0, 3.0, 0.0, 1.0]))
    rows = suggest_orders(
        DemandPaths(IDS, days, poisson_paths(-1)), TERMS, stock, date(2025, 2, 28), pipeline=pipeline, seed=0
    )
    assert rows["order_quantity"].to_list() == replayed.tolist()


def test_hindsight_bounds_what_suggestions_and_cover_reach(world):
    def cost(policy) -> float:
        return float(simulate(world, policy, OPENING, count_from=6).cost(world).sum())

    perfect = cost(suggested(perfect_forecast(world.demand, HORIZON)))
    ours = cost(suggested(poisson_paths))
    cover = cost(Cover(lambda _: np.full((SERIES, HORIZON), 3.0), 7.0, periodic_reviews(PERIODS, 2)))
    assert perfect < ours < cover


def test_orders_do_not_look_ahead(world):
    asked: list[int] = []

    def forecast(period: int) -> np.ndarray:
        asked.append(period)
        return poisson_paths(period)

    simulate(world, suggested(forecast), OPENING)
    assert asked == list(range(-1, PERIODS, 2))


def test_levels_fill_up_in_packs(world):
    shelf = Stock.open(world, OPENING)
    order = OrderUpTo(np.array([6.0, 7.0, 12.1, 0.0]), periodic_reviews(PERIODS), np.array([1.0, 1.0, 6.0, 1.0])).order(
        -1, shelf
    )
    assert order.tolist() == [0, 1, 12, 0]


def test_reviews_stop_when_told():
    assert periodic_reviews(6, 2).tolist() == [True, False, True, False, True, False, True]
    assert periodic_reviews(4, until=2).tolist() == [True, True, False, False, False]
