"""The policies of the settings: what each aims at, and what it is worth where the best answer is known."""

import runpy
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.dataset import Dataset
from retail_brain.decisions import targets
from retail_brain.decisions.inputs import read_terms
from retail_brain.decisions.order_plan import Plan
from retail_brain.decisions.receipts_on_order import Receipts
from retail_brain.decisions.replenishment import plan_orders, suggest_orders
from retail_brain.decisions.required_orders import project
from retail_brain.decisions.supply_terms import complete_terms
from retail_brain.outputs import DemandPaths
from retail_brain.settings import ReplenishmentSettings
from retail_brain.simulation.engine import Outcome, simulate
from retail_brain.simulation.policies import OrderUpTo, SuggestedOrders, periodic_reviews
from retail_brain.simulation.scenario import NON_PERISHABLE, Environment, OpeningStock

TEXTBOOK = runpy.run_path(str(Path(__file__).parents[2] / "golden" / "textbook_policies.py"))

AS_OF = date(2025, 2, 28)
IDS = pl.DataFrame({"store_id": ["s"], "product_id": ["p"]})
MONEY = {"unit_price": 5.0, "unit_cost": 3.0, "holding_cost_per_day": 0.5}


def make_plan(units: np.ndarray, on_hand: float = 0.0, **options: object) -> Plan:
    settings = options.pop("settings", ReplenishmentSettings())
    days = pl.date_range(date(2025, 3, 1), date(2025, 3, units.shape[2]), eager=True)
    asked = {"lead_time_days": 1.0, "review_period_days": 1.0} | MONEY | options
    terms = IDS.with_columns(**{name: pl.lit(value) for name, value in asked.items()})
    stock = IDS.with_columns(on_hand=pl.lit(on_hand), on_order=pl.lit(0.0))
    return plan_orders(DemandPaths(IDS, days, units.astype(np.float32)), terms, stock, AS_OF, settings=settings)


def by(policy: str, **more: object) -> ReplenishmentSettings:
    return ReplenishmentSettings(policy=policy, **more)


PATHS = np.repeat(np.arange(10.0)[None, :, None], 4, axis=2)


@pytest.mark.parametrize(
    ("settings", "ordered"),
    [
        (by("asked"), 7),
        (by("service_level"), 7),
        (by("fill_rate"), 8),
        (by("economic"), 7),
        (by("newsvendor"), 7),
        (by("reorder"), 7),
        (by("service_level", service_level=0.5), 7),
    ],
)
def test_each_policy_sets_its_own_target(settings, ordered):
    plan = make_plan(PATHS, lead_time_days=0.0, service_level=0.8, fill_rate=0.95, settings=settings)
    assert plan.quantity[0] == ordered, "demand 0..9: .8 of the paths need at most 7, 2 / (2 + .5) is .8 too"


def test_without_targets_the_settings_give_them():
    half = make_plan(PATHS, lead_time_days=0.0, settings=by("service_level", service_level=0.5))
    filled = make_plan(PATHS, lead_time_days=0.0, settings=by("fill_rate", fill_rate=0.8))
    assert half.quantity[0] == 4
    assert np.maximum(np.arange(10) - filled.target.raw[0], 0).mean() == pytest.approx(0.2 * 4.5)


def test_the_newsvendor_is_the_textbook_one():
    rng = np.random.default_rng(2)
    demand = rng.poisson(12, 5000).astype(float)
    plan = make_plan(demand[None, :, None], lead_time_days=0.0, settings=by("newsvendor"))
    level, _ = TEXTBOOK["newsvendor_discrete"](0.5, 2.0, *_table(demand))
    assert plan.quantity[0] == level


def _table(demand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values, counts = np.unique(demand, return_counts=True)
    return values, counts / len(demand)


def test_unlike_profit_the_newsvendor_forgets_that_goods_date_out():
    rng = np.random.default_rng(3)
    units = rng.poisson(4, (1, 200, 12)).astype(float)
    economic = make_plan(units, shelf_life_days=2.0, holding_cost_per_day=0.02, settings=by("economic"))
    newsvendor = make_plan(units, shelf_life_days=2.0, holding_cost_per_day=0.02, settings=by("newsvendor"))
    assert economic.quantity[0] < newsvendor.quantity[0]


def test_a_lost_unit_that_costs_more_is_stocked_for():
    quantities = [make_plan(PATHS, settings=by("economic", lost_unit_cost=extra)).quantity[0] for extra in (0, 2, 50)]
    assert quantities == sorted(quantities)
    assert quantities[-1] > quantities[0]


def test_a_spread_factor_stretches_needs_about_their_mean():
    units = np.random.default_rng(1).poisson(8, (1, 400, 6)).astype(float)
    plain, wide = (
        make_plan(units, settings=by("service_level", spread_factor=factor)).required.need for factor in (1, 2)
    )
    assert wide.mean() == pytest.approx(plain.mean())
    assert wide.std() == pytest.approx(2 * plain.std())


def test_fresh_goods_have_a_spread_factor_of_their_own():
    units = np.random.default_rng(1).poisson(8, (1, 400, 6)).astype(float)
    settings = by("service_level", fresh_spread_factor=0.0)
    fresh = make_plan(units, shelf_life_days=20.0, settings=settings)
    keeps = make_plan(units, settings=settings)
    assert np.ptp(fresh.required.need) == pytest.approx(0)
    assert np.ptp(keeps.required.need) > 1


def test_presentation_stock_comes_on_top():
    bare, shown = (make_plan(PATHS, presentation_stock=extra) for extra in (0.0, 6.0))
    assert shown.quantity[0] == bare.quantity[0] + 6


def test_presentation_stock_is_read_from_supply():
    sold = pl.DataFrame({"date": [AS_OF], "store_id": ["s"], "product_id": ["p"], "units": [1.0]})
    supply = IDS.with_columns(
        lead_time_days=pl.lit(1.0), review_period_days=pl.lit(1.0), presentation_stock=pl.lit(4.0)
    )
    terms = read_terms(Dataset.from_frames({"daily_sales": sold, "supply": supply}), AS_OF)
    assert terms["presentation_stock"].to_list() == [4.0]


def test_orders_after_closing_arrive_a_day_earlier_and_need_less():
    units = np.full((1, 20, 8), 4.0)
    early = make_plan(units, on_hand=4.0)
    late = make_plan(units, on_hand=4.0, settings=by("asked", orders_placed="after_closing"))
    assert early.cycle.arrives_on[0] == np.datetime64("2025-03-02")
    assert (late.cycle.order_on[0], late.cycle.arrives_on[0]) == (np.datetime64(AS_OF), np.datetime64("2025-03-01"))
    assert (early.quantity[0], late.quantity[0]) == (4, 0), "tonight's order brings goods for tomorrow only"


def test_a_lot_says_why():
    units = np.full((1, 20, 8), 4.0)
    row = suggest_orders(
        DemandPaths(IDS, pl.date_range(date(2025, 3, 1), date(2025, 3, 8), eager=True), units.astype(np.float32)),
        IDS.with_columns(
            lead_time_days=pl.lit(1.0), review_period_days=pl.lit(1.0), **{k: pl.lit(v) for k, v in MONEY.items()}
        ),
        IDS.with_columns(on_hand=pl.lit(0.0), on_order=pl.lit(0.0)),
        AS_OF,
        settings=by("reorder", order_cost=16.0),
    ).row(0, named=True)
    assert row["order_quantity"] == np.sqrt(2 * 16 * 4 / 0.5), "the economic order quantity"
    assert "Below the reorder point: ordered for several cycles" in row["reason"]
    assert "再订货点" in row["reason_zh"]


def play(policy: object, demand: np.ndarray, order_cost: float) -> tuple[Environment, Outcome]:
    series = len(demand)
    ones = np.ones(series)
    world = Environment(
        demand=demand,
        counted=np.ones(demand.shape, bool),
        lead=np.zeros(series, int),
        life=np.full(series, NON_PERISHABLE),
        holding=0.5 * ones,
        short=4 * ones,
        unit_cost=3 * ones,
        order_cost=order_cost * ones,
    )
    return world, simulate(world, policy, OpeningStock(6 * ones, np.zeros((series, 1))), count_from=20)


def test_reorder_points_off_the_paths_cost_about_what_the_exact_ones_do():
    """The exact (s,S) is for backorders; with 4 : 0.5 hardly anything is short, so the two problems are close."""
    days, cost = 220, 10.0
    demand = np.random.default_rng(5).poisson(3, (40, days)).astype(float)
    ids = pl.DataFrame({"store_id": ["s"] * 40, "product_id": [str(k) for k in range(40)]})
    terms = ids.with_columns(
        lead_time_days=pl.lit(0.0),
        review_period_days=pl.lit(1.0),
        unit_price=pl.lit(7.0),
        unit_cost=pl.lit(3.0),
        holding_cost_per_day=pl.lit(0.5),
    )
    paths = np.random.default_rng(6).poisson(3, (40, 200, 4)).astype(np.float32)
    settings = by("reorder", order_cost=cost)
    ours = SuggestedOrders(
        lambda _: paths,
        complete_terms(terms, ids, settings),
        np.datetime64("2025-01-01") + np.arange(days + 12),
        periodic_reviews(days),
        settings,
    )
    low, high, _ = TEXTBOOK["reorder_exact_poisson"](0.5, 4.0, cost, 3.0)

    class Exact(OrderUpTo):
        def order(self, _period, shelf):
            return np.where(shelf.on_hand <= low, high - shelf.on_hand, 0.0)

    world, mine = play(ours, demand, cost)
    _, exact = play(Exact(np.zeros(40), periodic_reviews(days)), demand, cost)
    _, upto = play(OrderUpTo(np.full(40, 6.0), periodic_reviews(days)), demand, cost)
    assert mine.cost(world).sum() < 1.1 * exact.cost(world).sum()
    assert mine.cost(world).sum() < 0.7 * upto.cost(world).sum(), "ordering every day pays the line every day"
    assert mine.lines.sum() < 0.5 * upto.lines.sum()


def _by_money(lead: int, short: float, *, levelled: bool, monkeypatch: pytest.MonkeyPatch) -> float:
    """Cost a series and day of orders by money: holding 1, `short` a lost unit, Poisson demand of five."""
    days, size = 120, 40
    demand = np.random.default_rng(5).poisson(5, (size, days)).astype(float)
    ids = pl.DataFrame({"store_id": ["s"] * size, "product_id": [str(k) for k in range(size)]})
    money = {"unit_price": 3 + short, "unit_cost": 3.0, "holding_cost_per_day": 1.0}
    days_of = {"lead_time_days": float(lead), "review_period_days": 1.0}
    terms = ids.with_columns(pl.lit(value).alias(name) for name, value in (money | days_of).items())
    paths = np.random.default_rng(6).poisson(5, (size, 200, lead + 2)).astype(np.float32)
    starts = np.datetime64("2025-01-01") + np.arange(days + 20)
    settings = by("economic")
    if not levelled:
        monkeypatch.setattr(targets, "OFTEN_OUT", np.inf)
    orders = SuggestedOrders(
        lambda _: paths, complete_terms(terms, ids, settings), starts, periodic_reviews(days), settings
    )
    ones = np.ones(size)
    world = Environment(
        demand=demand,
        counted=np.ones(demand.shape, bool),
        lead=np.full(size, lead),
        life=np.full(size, NON_PERISHABLE),
        holding=ones,
        short=short * ones,
        unit_cost=3 * ones,
        order_cost=0 * ones,
    )
    outcome = simulate(world, orders, OpeningStock(10 * ones, np.zeros((size, lead))), count_from=20)
    return float(outcome.cost(world).sum()) / size / (days - 20)


@pytest.mark.parametrize(("short", "gain"), [(4.0, 0.05), (9.0, 0.03), (19.0, 0.02)])
def test_with_lost_sales_orders_by_money_do_not_cover_the_stock_of_every_path(
    short: float, gain: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = _by_money(4, short, levelled=True, monkeypatch=monkeypatch)
    each_cycle_alone = _by_money(4, short, levelled=False, monkeypatch=monkeypatch)
    assert ours < (1 - gain) * each_cycle_alone


def test_the_level_share_is_what_the_demand_of_the_cycle_alone_differs_by() -> None:
    # the stock when the order arrives differs by path, the demand after that does not
    units = np.array([[[0, 5], [4, 5]], [[2, 3], [2, 7]], [[1, 1], [1, 1]]], dtype=np.float32)
    arrival = np.ones((3, 1), dtype=np.int64)
    required = project(units, np.full(3, 10.0), Receipts.on_days(np.zeros((3, 2))), arrival, arrival + 1)
    assert required.need.tolist() == [[-5, -1], [-5, -1], [-8, -8]]
    assert required.level_share.tolist() == [0, 1, 1]
    assert required.on_mean_stock(np.array([1.0, 1.0, 1.0])).need.tolist() == [[-3, -3], [-5, -1], [-8, -8]]
    assert required.on_mean_stock(np.zeros(3)).need.tolist() == required.need.tolist()


cases = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 5000),
        "policy": st.sampled_from(["service_level", "fill_rate", "economic", "newsvendor", "reorder"]),
        "pack": st.sampled_from([1.0, 6.0]),
        "life": st.sampled_from([None, 3.0, 20.0]),
        "withdrawal": st.sampled_from(["fifo", "lifo"]),
        "placed": st.sampled_from(["before_opening", "after_closing"]),
        "on_hand": st.integers(0, 30),
    }
)


@given(cases, st.floats(0, 20))
def test_every_policy_orders_whole_packs_and_never_more_with_more_stock(case, more):
    units = np.random.default_rng(case["seed"]).poisson(3, (1, 40, 8)).astype(float)
    life = {} if case["life"] is None else {"shelf_life_days": case["life"]}
    settings = by(
        case["policy"], withdrawal=case["withdrawal"], orders_placed=case["placed"], order_cost=2.0, lost_unit_cost=1.0
    )
    plans = [
        make_plan(units, on_hand=held, case_pack=case["pack"], settings=settings, **life)
        for held in (float(case["on_hand"]), case["on_hand"] + more)
    ]
    few, many = (plan.quantity[0] for plan in plans)
    assert few >= 0
    assert few / case["pack"] == pytest.approx(round(few / case["pack"]))
    if case["life"] is None:
        assert many <= few + 1e-6, "old stock may date out at once, so only goods that keep must want less"
