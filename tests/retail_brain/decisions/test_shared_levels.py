"""Agreed levels met as a whole: no more lost in all, at the least cost; product by product where nothing expires."""

from datetime import date, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.decisions.order_plan import Plan
from retail_brain.decisions.replenishment import plan_orders
from retail_brain.decisions.required_orders import RequiredOrders
from retail_brain.decisions.shared_levels import Steps, shared_price
from retail_brain.decisions.suggestion_rows import suggestion_rows
from retail_brain.decisions.targets import SERVICE, SHARED
from retail_brain.outputs import DemandPaths
from retail_brain.settings import ReplenishmentSettings

AS_OF = date(2025, 2, 28)
FRESH, KEEPS = 0, 1


def plan_of(
    life: tuple[float | None, ...] = (2.0, None),
    seed: int = 0,
    on_hand: float = 8.0,
    cost: float = 6.0,
    **settings: str,
) -> Plan:
    """Goods of a shop with a 95 % level each, ordered daily for the next day; the first keeps for two days."""
    rng = np.random.default_rng(seed)
    size = len(life)
    ids = pl.DataFrame({"store_id": ["S"] * size, "product_id": [f"P{number}" for number in range(size)]})
    days = pl.date_range(AS_OF + timedelta(days=1), AS_OF + timedelta(days=10), eager=True)
    units = rng.negative_binomial(2, 0.2, (size, 200, 10)).astype(np.float32)
    terms = ids.with_columns(
        lead_time_days=pl.lit(1.0), review_period_days=pl.lit(1.0), service_level=pl.lit(0.95),
        unit_price=pl.lit(8.0), unit_cost=pl.lit(cost), holding_cost_per_day=pl.lit(0.01),
        shelf_life_days=pl.Series(list(life), dtype=pl.Float64),
    )  # fmt: skip
    stock = ids.with_columns(on_hand=pl.lit(on_hand), on_order=pl.lit(0.0))
    chosen = ReplenishmentSettings.model_validate(settings)
    return plan_orders(DemandPaths(ids, days, units), terms, stock, AS_OF, settings=chosen)


def lost(plan: Plan) -> float:
    return float(plan.required.lost_in_cycle(plan.quantity).sum())


def cost(plan: Plan) -> float:
    """Expected money of a plan: lost margin, holding, waste."""
    required, money, order = plan.required, plan.money, plan.quantity
    spent = money.short * required.lost_in_cycle(order) + money.over * required.left_over(order)
    return float((spent + money.waste * required.expired(order)).sum())


def test_goods_that_keep_serve_what_fresh_ones_would_waste():
    together, each = plan_of(), plan_of(service_levels="each")
    assert together.target.kind.tolist() == [SHARED, SHARED]
    assert each.target.kind.tolist() == [SERVICE, SERVICE]
    assert together.quantity[FRESH] < each.quantity[FRESH]
    assert together.quantity[KEEPS] > each.quantity[KEEPS]
    assert lost(together) <= lost(each) + 0.1, "whole packs round either way"
    assert cost(together) < 0.9 * cost(each)


def test_levels_stay_by_themselves_where_nothing_can_expire():
    for settings in ({}, {"service_levels": "each"}):
        plan = plan_of((None, None), **settings)
        assert plan.target.kind.tolist() == [SERVICE, SERVICE]
        assert plan.target.lost_unit.tolist() == [0.0, 0.0]
    assert plan_of((2.0, 2.0), policy="service_level").target.kind.tolist() == [SERVICE, SERVICE]


def test_the_line_says_what_was_agreed_and_what_a_lost_unit_counts():
    plan = plan_of()
    ids = pl.DataFrame({"store_id": ["S", "S"], "product_id": ["P0", "P1"]})
    fresh, keeps = suggestion_rows(plan, ids, AS_OF).rows(named=True)
    chance = plan.required.in_stock_probability(plan.quantity)[FRESH]
    price = f"{round(float(np.max(plan.target.lost_unit)), 2)}"
    assert chance < 0.95
    assert (
        f"each lost unit counts {price} more ({round(100 * chance, 1)}% chance of staying in stock, 95.0% agreed"
        in fresh["reason"]
    )
    assert f"每流失一件另计{price}" in fresh["reason_zh"]
    assert "95.0% agreed for this product" in keeps["reason"]


def test_where_nothing_is_ordered_the_line_says_so():
    plan = plan_of(on_hand=35.0, cost=7.9)
    ids = pl.DataFrame({"store_id": ["S", "S"], "product_id": ["P0", "P1"]})
    fresh = suggestion_rows(plan, ids, AS_OF).row(FRESH, named=True)
    assert (fresh["order_quantity"], plan_of(on_hand=35.0, cost=7.9, service_levels="each").quantity[FRESH] > 0) == (
        0,
        True,
    )
    price = round(float(np.max(plan.target.lost_unit)), 2)
    chance = round(100 * plan.required.in_stock_probability(plan.quantity)[FRESH], 1)
    assert (
        f"even with each lost unit counting {price} more to meet the agreed service levels ({chance}% chance that the "
        "stock lasts, 95.0% agreed for this product)"
    ) in fresh["reason"]
    assert f"每流失一件另计{price}" in fresh["reason_zh"]


@given(st.integers(0, 10_000), st.floats(0.05, 5), st.floats(0.5, 9))
def test_no_more_is_lost_a_day_and_no_other_price_serves_as_much_for_less(seed, short, waste):
    rng = np.random.default_rng(seed)
    need = np.sort(rng.integers(-3, 20, (3, 8)).astype(float), axis=1)
    sold = np.sort(need + rng.integers(-2, 9, need.shape), axis=1)
    sold[2] = np.inf
    none = np.zeros(3)
    required = RequiredOrders(need, none, none, none, none, sold, np.ones(len(need)), none)
    steps = Steps.of(required, np.full(3, short), np.full(3, 0.1), np.full(3, waste))
    days, asked = np.array([1.0, 2.0, 7.0]), required.quantile(np.full(3, 0.75))

    def lost_a_day(order):
        return float((required.lost_in_cycle(np.maximum(order, 0)) / days).sum())

    price = shared_price(steps, required, asked, days)
    assert lost_a_day(steps.order(price)) <= lost_a_day(asked) + 1e-9
    lower = steps.price[steps.price < price]
    if price > 0 and (lower >= 0).any():
        assert lost_a_day(steps.order(lower[lower >= 0].max())) >= lost_a_day(steps.order(price)) - 1e-9
    for row, order in enumerate(steps.order(price)):
        for level in need[row]:
            wanted, left, expired = np.mean(need[row] > level), np.mean(need[row] <= level), np.mean(sold[row] <= level)
            next_unit = (short + price) * wanted - 0.1 * left - waste * expired
            # every unit up to the order pays at that price, the next one does not
            assert next_unit >= -1e-6 if level < order else next_unit < 1e-6
