"""The one plan in a replay: warehouses have what they really had, shops give each other what they cannot sell."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.price_response import PriceResponse
from retail_brain.outputs import DemandPaths
from retail_brain.settings import Settings
from retail_brain.simulation.engine import Markdown
from retail_brain.simulation.scenario import Stock
from serving.planning.replay.inputs import read_replay
from serving.planning.replay.markdowns import AdvisedMarkdowns
from serving.planning.replay.rolling_forecasts import Rolling
from serving.planning.replay.run import replay
from serving.planning.replay.scenario import ReplayScenario
from serving.planning.replay.tuning import ReplaySetup

FIRST, DAYS = date(2024, 6, 3), 14
BEFORE = 120
LEAD = 2
SHOPS = ("a", "b")


def chain(came: int = 0, on_hand: tuple[float, float] = (4.0, 4.0), *, is_supplied: bool = False) -> Dataset:
    """Two shops that sell three a day and get what they order, a depot that had ten units and got `came` a day."""
    begin, rng = FIRST - timedelta(days=BEFORE), np.random.default_rng(1)
    days = [begin + timedelta(days=day) for day in range(BEFORE + DAYS)]
    sold = {shop: rng.poisson(3, len(days)).astype(float) for shop in SHOPS}
    sales = [(day, shop, "p", units) for shop in SHOPS for day, units in zip(days, sold[shop], strict=True) if units]
    stock = []
    for number, day in enumerate(days):
        played = day >= FIRST - timedelta(days=1)
        stock += [(day, shop, "p", on_hand[place], 0.0) for place, shop in enumerate(SHOPS)]
        depot = 10.0 + came * max(number - BEFORE + 1, 0) if played else 10.0
        stock.append((day, "depot", "p", depot, 0.0))
    supply = [(shop, "p", "depot", float(LEAD), 1.0, 2.0, 5.0) for shop in SHOPS]
    supply += [("depot", "p", None, 3.0, 1.0, 2.0, 5.0)] * is_supplied
    frames = {
        "daily_sales": pl.DataFrame(sales, schema=["date", "store_id", "product_id", "units"], orient="row"),
        "inventory": pl.DataFrame(
            stock, schema=["date", "store_id", "product_id", "on_hand", "on_order"], orient="row"
        ),
        "supply": pl.DataFrame(
            supply,
            schema=[
                *("store_id", "product_id", "source_store_id", "lead_time_days", "review_period_days", "unit_cost"),
                "stockout_cost",
            ],
            orient="row",
        ),
        "products": pl.DataFrame({"product_id": ["p"], "list_price": [8.0]}),
    }
    return Dataset.from_frames(frames)


def facts_of(dataset: Dataset):
    return read_replay(dataset, FIRST, FIRST + timedelta(days=DAYS - 1), Settings())


@dataclass(frozen=True)
class _Store:
    paths: DemandPaths


class Steady:
    """Three a day on every path, in every shop."""

    def forecast(self, dataset, horizon, only, **_):
        days = [dataset.as_of + timedelta(days=day) for day in range(1, horizon + 1)]
        ids = pl.DataFrame({"store_id": only.stores, "product_id": ["p"] * len(only.stores)})
        units = np.random.default_rng(horizon).poisson(3, (len(only.stores), 30, horizon)).astype(np.float32)
        yield _Store(DemandPaths(ids, pl.Series(days), units))


def setup_of(dataset: Dataset, **changes) -> ReplaySetup:
    settings = Settings.model_validate(changes)
    return ReplaySetup(dataset, settings, fit=lambda _: Steady(), rolling=Rolling(paths=30))


def test_a_warehouse_is_restocked_as_it_really_was():
    dataset = chain(came=5)
    facts = facts_of(dataset)
    assert facts.warehouses is not None
    stock = facts.warehouses.stock
    assert facts.warehouses.places.rows() == [("depot", "p")]
    assert (stock.of.tolist(), stock.opening.tolist()) == ([0, 0], [10.0])
    # what came is what the stock rose by and what the shops received of it, a lead time later
    received = facts.received.sum(axis=0)
    assert received.sum() > 50
    expected = 5 + received[LEAD:]
    assert stock.arrivals[0, 0] == 0
    assert stock.arrivals[0, 1 : DAYS - LEAD + 1].tolist() == pytest.approx(expected.tolist())
    assert stock.arrivals[0, -LEAD:].tolist() == [5.0, 5.0], "nobody knows what was given at the end"


def test_orders_get_no_more_than_the_warehouse_had():
    dataset = chain()
    until = FIRST + timedelta(days=DAYS - 1)
    limited = replay(setup_of(dataset), FIRST, until, policies=["suggested", "cover"], tune_days=0)
    free = replay(
        setup_of(dataset, network={"orders_within_source_stock": False}),
        FIRST,
        until,
        policies=["suggested", "cover"],
        tune_days=0,
    )
    facts = facts_of(dataset)
    assert facts.warehouses is not None
    most = 10 + facts.warehouses.stock.arrivals.sum() + facts.opening_on_hand.sum()
    for part in limited.played:
        assert part.units["sold"] <= most + 1e-6
    assert limited.table["fill_rate"][0] < free.table["fill_rate"][0]
    assert free.table["refused_units"].sum() == 0
    assert any("2 series are supplied by 1 stocks of warehouses" in note for note in limited.notes)
    assert "No stock of a warehouse limits the orders." in free.notes


def test_the_plan_orders_for_warehouses_that_have_suppliers():
    dataset = chain(is_supplied=True)
    scenario = ReplayScenario.of(facts_of(dataset), Settings(), paths=30, seed=0, refresh=1)
    assert scenario.restock is not None
    assert scenario.restock.stock.delay is not None
    assert (scenario.restock.stock.delay == 3).all()
    assert scenario.restock.stock.arrivals.sum() == 0, "nothing was on order for the depot"
    policy = scenario.chain(dataset, scenario.rates, Settings().replenishment, transfers=False)
    decision = policy.order(-1, Stock.open(scenario.environment, scenario.opening))
    assert decision.restock is not None
    assert decision.restock[0] > 0
    played = scenario.play(policy).per_period
    # the ten units of the depot last two days, its first delivery is on the shelves in the seventh
    assert played["lost"][7:].sum() < 0.1 * played["demand"][7:].sum()
    assert played["demand"].sum() > 5 * (10 + 8), "far more is wanted than there was"
    done = replay(setup_of(dataset), FIRST, FIRST + timedelta(days=DAYS - 1), policies=["suggested"], tune_days=0)
    assert any("the plan's own orders bring" in note for note in done.notes)


def test_the_plan_asks_for_no_more_than_there_is_and_what_comes_by_transfer_is_not_ordered():
    dataset = chain(on_hand=(60.0, 0.0))
    facts = facts_of(dataset)
    scenario = ReplayScenario.of(facts, Settings(), paths=30, seed=0, refresh=1)
    policy = scenario.chain(dataset, scenario.rates, Settings().replenishment)
    decision = policy.order(-1, Stock.open(scenario.environment, scenario.opening))
    assert decision.moves is not None
    moved = decision.moves
    assert (moved.giving.tolist(), moved.taking.tolist()) == ([0], [1])
    assert moved.units[0] >= 3
    assert decision.order is not None
    assert decision.order.sum() <= 10
    still = scenario.chain(dataset, scenario.rates, Settings().replenishment, transfers=False)
    without = still.order(-1, Stock.open(scenario.environment, scenario.opening))
    assert without.moves is None
    assert without.order is not None
    assert without.order[1] >= decision.order[1]


def test_transfers_are_played_and_paid():
    dataset = chain(on_hand=(80.0, 0.0))
    network = {"orders_within_source_stock": False}
    until = FIRST + timedelta(days=6)
    done = replay(setup_of(dataset, network=network), FIRST, until, policies=["suggested"], tune_days=0)
    row = done.table.row(0, named=True)
    assert row["moved_units"] > 0
    assert row["moving_cost"] == pytest.approx(
        0.5 * row["moved_units"] + 5 * round((row["moving_cost"] - 0.5 * row["moved_units"]) / 5)
    )
    setup = ReplaySetup(dataset, setup_of(dataset, network=network).settings, fit=lambda _: Steady(), transfers=False)
    kept = replay(setup, FIRST, until, policies=["suggested"], tune_days=0)
    assert kept.table["moved_units"].item() == 0
    assert kept.table["lost_units"].item() > row["lost_units"]
    assert any("no transfers are played" in note for note in kept.notes)


def test_prices_of_the_plan_are_played():
    dataset = chain(on_hand=(60.0, 60.0))
    facts = facts_of(dataset)
    scenario = ReplayScenario.of(facts, Settings(), paths=30, seed=0, refresh=1)
    asked = []

    def half_price(period, plan):
        asked.append((period, plan.as_of, plan.stock["on_hand"].sum()))
        return Markdown(np.full(2, 4.0), np.full(2, 2.0))

    usual = scenario.chain(dataset, scenario.rates, Settings().replenishment)
    cheap = scenario.chain(dataset, scenario.rates, Settings().replenishment, prices=half_price)
    at_usual, at_half = scenario.play(usual), scenario.play(cheap)
    assert asked[0] == (-1, FIRST - timedelta(days=1), 130.0), "both shops and the depot"
    assert at_half.extra.sum() > 50
    assert at_usual.extra.sum() == 0
    # margin 6, half price costs 4 of it on every unit that sold anyway
    assert at_half.given_up.sum() == pytest.approx(4 * at_half.sold.sum() - (6 - 4) * at_half.extra.sum())


def known(elasticity: float) -> pl.DataFrame:
    return pl.DataFrame({"product_id": ["p"], "elasticity": [elasticity], "low": [elasticity]})


def test_markdowns_that_the_plan_advises_are_charged_and_customers_answer_by_the_record():
    # sixty on hand, thirty of which nobody buys within ten days
    dataset, settings = chain(on_hand=(60.0, 60.0)), Settings.model_validate({"network": {"leftover_days": 10}})
    scenario = ReplayScenario.of(facts_of(dataset), settings, paths=30, seed=0, refresh=1)

    def played(truth: float):
        usual, prices = Settings().replenishment, scenario.markdowns(known(truth))
        plan = scenario.chain(dataset, scenario.rates, usual, prices=prices, estimates=lambda _: known(-4.0))
        return scenario.play(plan)

    plain = scenario.play(scenario.chain(dataset, scenario.rates, Settings().replenishment))
    answered, ignored = played(-4.0), played(0.0)
    assert answered.extra.sum() > 10
    assert answered.cost(scenario.environment).sum() < ignored.cost(scenario.environment).sum()
    assert ignored.extra.sum() == 0
    assert ignored.given_up.sum() > 2, "the cut of what would have sold anyway, and a change in each shop"
    assert plain.given_up.sum() == 0


def test_a_lower_price_is_not_raised_while_goods_are_left_over():
    series = pl.DataFrame({"store_id": ["a", "b", "b"], "product_id": ["p", "p", "q"]})
    prices = AdvisedMarkdowns(series, np.array([10.0, 10.0, np.nan]), PriceResponse(np.full(3, -2.0), np.zeros(3)), 1.5)

    def plan(**steps: str):
        rows = pl.DataFrame(
            {"store_id": ["a", "b"], "product_id": ["p", "q"], "action": ["markdown", "markdown"], "price_path": [
                steps.get(name, "[]") for name in ("a", "b")
            ]}
        )  # fmt: skip
        return SimpleNamespace(as_of=FIRST, leftovers=rows.filter(pl.col("store_id").is_in(list(steps))))

    def path(*steps: tuple[int, float]) -> str:
        told = [{"begins_on": str(FIRST + timedelta(days=day)), "discount": off, "price": 1.0} for day, off in steps]
        return json.dumps(told)

    first = prices(-1, plan(a=path((1, 0.2), (3, 0.5)), b=path((1, 0.3))))
    assert first.cut.tolist() == [2.0, 0.0, 0.0], "the third has no price"
    assert first.demand.tolist() == pytest.approx([0.8**-2, 1.0, 1.0])
    assert first.changes.tolist() == [1.5, 0.0, 0.0]
    later = prices(0, plan(a=path((4, 0.5))))
    assert (later.cut[0], later.changes[0]) == (2.0, 0.0), "it stays where it was until the next step begins"
    assert prices(1, plan()) is None, "nothing is left over any more"
    assert prices(2, plan(a=path((2, 0.1)))) is None
