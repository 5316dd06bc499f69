"""Orders from sample paths: worked by hand, against a plain loop, and the properties every order list owes."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.decisions.order_budgets import apply_budget
from retail_brain.decisions.replenishment import plan_orders, suggest_orders
from retail_brain.decisions.suggestion_rows import ADDED
from retail_brain.errors import ImpossibleError, UsageError
from retail_brain.outputs import SUGGESTIONS, DemandPaths

AS_OF = date(2025, 2, 28)


def make_paths(units: np.ndarray, first: date = date(2025, 3, 1)) -> DemandPaths:
    rows, _, periods = units.shape
    series = pl.DataFrame({"store_id": ["门店1"] * rows, "product_id": [f"p{i}" for i in range(rows)]})
    return DemandPaths(
        series, pl.date_range(first, interval="1d", end=_day(first, periods - 1), eager=True), units.astype(np.float32)
    )


def _day(first: date, days: int) -> date:
    return date.fromordinal(first.toordinal() + days)


def make_terms(paths: DemandPaths, **columns: object) -> pl.DataFrame:
    base = {"lead_time_days": 2.0, "review_period_days": 3.0, "service_level": 0.9}
    return paths.series.with_columns(
        **{
            name: pl.lit(value, dtype=pl.Float64) if value is None else pl.lit(value)
            for name, value in (base | columns).items()
        }
    )


def make_stock(paths: DemandPaths, on_hand: float, on_order: float = 0.0) -> pl.DataFrame:
    return paths.series.with_columns(on_hand=pl.lit(on_hand), on_order=pl.lit(on_order))


def one_row(paths: DemandPaths, terms: pl.DataFrame, stock: pl.DataFrame, **options: object) -> dict[str, object]:
    return suggest_orders(paths, terms, stock, AS_OF, **options).row(0, named=True)


def test_constant_demand_is_covered_until_the_delivery_after_the_next():
    paths = make_paths(np.full((1, 20, 10), 4.0))
    row = one_row(paths, make_terms(paths), make_stock(paths, 10.0))
    assert row["order_on"], row["arrives_on"] == (date(2025, 3, 1), date(2025, 3, 3))
    assert row["demand_until_next_arrival"] == 4 * (2 + 3)
    assert row["order_quantity"] == 4 * 5 - 10
    assert row["order_up_to"] == 20
    assert row["safety_stock"] == 0
    assert row["expected_lost_sales"] == 0


def test_sales_lost_before_the_arrival_are_not_ordered_again():
    paths = make_paths(np.full((1, 20, 10), 4.0))
    row = one_row(paths, make_terms(paths), make_stock(paths, 3.0))
    assert row["expected_lost_sales"] == 4 * 2 - 3
    assert row["order_quantity"] == 4 * 3
    assert "about 5 will be lost" in row["reason"]
    assert "预计流失5件" in row["reason_zh"]


def test_order_days_push_order_and_arrival():
    paths = make_paths(np.full((1, 20, 20), 1.0))
    row = one_row(paths, make_terms(paths, order_weekdays="周二"), make_stock(paths, 0.0))
    assert (row["order_on"], row["arrives_on"]) == (date(2025, 3, 4), date(2025, 3, 6))
    assert row["order_quantity"] == 7


def test_goods_on_order_arrive_half_way_unless_their_day_is_told():
    paths = make_paths(np.full((1, 20, 10), 4.0))
    terms = make_terms(paths)
    row = one_row(paths, terms, make_stock(paths, 4.0, 16.0))
    assert (row["order_quantity"], row["expected_lost_sales"]) == (0, 0)
    late = paths.series.with_columns(arrives_on=pl.lit(date(2025, 3, 4)), units=pl.lit(16.0))
    row = one_row(paths, terms, make_stock(paths, 4.0, 16.0), pipeline=late)
    assert row["expected_lost_sales"] == 4
    assert row["order_quantity"] == 4


def test_packs_minimum_and_shelf_shape_the_order():
    paths = make_paths(np.full((1, 20, 10), 4.0))
    stock = make_stock(paths, 10.0)
    assert one_row(paths, make_terms(paths, case_pack=6.0), stock)["order_quantity"] == 12
    raised = one_row(paths, make_terms(paths, case_pack=6.0, min_order_quantity=20.0), stock)
    assert (raised["order_quantity"], raised["reason_code"]) == (24, "minimum_order")
    cut = one_row(paths, make_terms(paths, shelf_capacity=9.0), stock)
    assert (cut["order_quantity"], cut["reason_code"]) == (9 - 2, "shelf")


def collision(price: float | None, **terms: object) -> dict[str, object]:
    paths = make_paths(np.full((1, 20, 10), 4.0))
    money = {} if price is None else {"unit_price": price, "unit_cost": 1.0, "holding_cost_per_day": 0.3}
    columns = {"case_pack": 24.0, "shelf_capacity": 20.0} | money | terms
    return one_row(paths, make_terms(paths, **columns), make_stock(paths, 10.0))


def test_a_pack_larger_than_the_shelf_is_the_better_of_two_evils_and_named():
    earns = collision(3.0)
    assert (earns["order_quantity"], earns["reason_code"]) == (24, "collision")
    assert "The shelf holds 20, less than the smallest order of 24: ordered all the same" in earns["reason"]
    assert "since 10 would be lost otherwise" in earns["reason"], "2 left of 10 after two days, 12 wanted in three"
    assert "货架容量20件，小于最小起订量24件" in earns["reason_zh"]
    costs = collision(1.01)
    assert (costs["order_quantity"], costs["reason_code"]) == (0, "collision")
    assert "which would lose money" in costs["reason"]
    assert "No order" not in costs["reason"]


def test_where_no_money_is_known_a_lot_beyond_the_shelf_must_serve_more_than_it_leaves():
    assert collision(None, case_pack=21.0)["order_quantity"] == 0, "10 of 21 served, 11 left"
    assert collision(None, case_pack=19.0, shelf_capacity=18.0)["order_quantity"] == 19, "10 of 19 served, 9 left"


def test_a_minimum_order_beyond_the_shelf_collides_in_whole_packs():
    row = collision(3.0, case_pack=6.0, min_order_quantity=20.0)
    assert (row["order_quantity"], row["reason_code"]) == (24, "collision")


def test_units_on_order_without_a_day_arrive_at_any_moment_of_their_lead_time():
    paths = make_paths(np.full((1, 100, 30), 1.0))
    plan = plan_orders(paths, make_terms(paths, lead_time_days=10.0), make_stock(paths, 0.0, 5.0), AS_OF)
    assert np.bincount(plan.receipts.lands[0]).tolist() == [10] * 10
    assert plan.required.lost_before[0] == pytest.approx(np.mean([max(due, 5) for due in range(10)])), (
        "5 units serve at most 5 of 10 days, fewer when they come in the last ones"
    )
    late = plan_orders(
        paths, make_terms(paths, lead_time_days=10.0, lead_time_sd_days=3.0), make_stock(paths, 0.0, 5.0), AS_OF
    )
    assert late.receipts.lands.max() > 9
    fresh = plan_orders(
        paths, make_terms(paths, lead_time_days=10.0, shelf_life_days=5.0), make_stock(paths, 0.0, 5.0), AS_OF
    )
    assert fresh.receipts.dated[0, :10] == pytest.approx([0.5] * 10), "goods that expire are spread over the days"


def test_an_old_count_is_told_with_its_age_and_what_was_sold_since():
    paths = make_paths(np.full((1, 20, 10), 4.0))
    counted = {"counted_on_hand": 40.0, "stock_age_days": 9.0, "sold_since_count": 30.0}
    stock = make_stock(paths, 10.0).with_columns(**{name: pl.lit(value) for name, value in counted.items()})
    row = one_row(paths, make_terms(paths), stock)
    assert row["reason"].startswith("40 counted 9 days ago, 30 sold since. 10 on hand")
    assert row["reason_zh"].startswith("盘点40件（9天前），之后售出30件。现有10件")
    assert {name: row[name] for name in counted} == counted
    unknown = one_row(paths, make_terms(paths), stock.with_columns(on_hand=pl.lit(None, dtype=pl.Float64)))
    assert (unknown["reason_code"], unknown["on_hand"]) == ("unknown_stock", None)
    assert unknown["reason"].startswith("The last count (40 units) is 9 days old and 30 were sold since")


@pytest.mark.parametrize(("period", "days"), [("week", 7), ("month", 30)])
def test_orders_of_any_period_cover_their_lead_time_and_review(period: str, days: int):
    first = date(2025, 3, 1) if period == "month" else date(2025, 3, 3)
    dates = pl.date_range(first, interval="1mo" if period == "month" else "1w", end=date(2025, 12, 31), eager=True)
    units = np.full((1, 20, len(dates)), 10.0, dtype=np.float32)
    series = pl.DataFrame({"store_id": ["S"], "product_id": ["P"]})
    paths = DemandPaths(series, dates, units)
    terms = make_terms(paths, lead_time_days=float(2 * days), review_period_days=float(days))
    row = suggest_orders(paths, terms, make_stock(paths, 15.0, 10.0), _day(first, -1)).row(0, named=True)
    assert row["demand_until_next_arrival"] == 30, "two periods until it arrives and one more"
    assert row["order_quantity"] == 10 if row["expected_lost_sales"] else row["order_quantity"] == 5
    assert row["reason_code"] == "order"


def test_economics_decide_where_nobody_asked_for_a_level():
    units = np.repeat(np.arange(10.0)[None, :, None], 5, axis=2) / 3
    paths = make_paths(units)
    money = {"unit_price": 10.0, "unit_cost": 6.0, "holding_cost_per_day": 1 / 3, "service_level": None}
    row = one_row(paths, make_terms(paths, lead_time_days=0.0, **money), make_stock(paths, 0.0))
    assert row["order_quantity"] == 7, "4 / (4 + 1) = .8 of the ten paths 0..9 need at most 7"


def test_a_minimum_order_that_costs_more_than_it_earns_is_left():
    paths = make_paths(np.full((1, 20, 10), 0.1))
    money = {"unit_price": 2.0, "unit_cost": 1.9, "holding_cost_per_day": 0.5, "service_level": None}
    row = one_row(paths, make_terms(paths, min_order_quantity=50.0, **money), make_stock(paths, 0.0))
    assert row["order_quantity"] == 0


def test_fill_rate_target_is_met_exactly():
    units = np.repeat(np.arange(10.0)[None, :, None], 1, axis=2)
    paths = make_paths(units)
    terms = make_terms(paths, lead_time_days=0.0, review_period_days=1.0, service_level=None, fill_rate=0.9)
    plan = plan_orders(paths, terms, make_stock(paths, 0.0), AS_OF)
    lost = np.maximum(np.arange(10) - plan.target.raw[0], 0).mean()
    assert lost == pytest.approx(0.1 * 4.5)


def test_unknown_stock_gets_the_mean_of_a_cycle_and_a_reason_that_says_so():
    paths = make_paths(np.full((2, 20, 10), 4.0))
    rows = suggest_orders(paths, make_terms(paths), make_stock(paths, 9.0).head(1), AS_OF)
    assert rows["order_quantity"].to_list() == [3 * 4 - (9 - 2 * 4), 3 * 4]
    assert rows["on_hand"].to_list() == [9, None]
    assert rows["reason_code"].to_list() == ["order", "unknown_stock"]
    assert "Stock unknown" in rows["reason"][1]
    assert "库存未知" in rows["reason_zh"][1]


def test_missing_terms_take_the_settings_and_say_so():
    paths = make_paths(np.full((1, 20, 20), 1.0))
    row = one_row(paths, paths.series.clear(), make_stock(paths, 0.0))
    assert row["order_quantity"] == 7
    assert "No supply terms: a lead time of 2 days and 7 days" in row["reason"]


def test_columns_are_those_of_the_contract_then_the_added_ones():
    paths = make_paths(np.full((1, 20, 10), 4.0))
    rows = suggest_orders(paths, make_terms(paths), make_stock(paths, 1.0), AS_OF)
    assert dict(rows.schema) == SUGGESTIONS | ADDED


def test_no_series_gives_no_rows():
    paths = make_paths(np.zeros((0, 20, 10)))
    rows = suggest_orders(paths, make_terms(make_paths(np.ones((1, 2, 2)))), make_stock(paths, 1.0), AS_OF)
    assert dict(rows.schema) == SUGGESTIONS | ADDED
    assert rows.height == 0


def test_short_forecasts_are_continued_and_stale_ones_refused():
    short = make_paths(np.full((1, 20, 2), 4.0))
    assert one_row(short, make_terms(short), make_stock(short, 0.0))["order_quantity"] == 12
    with pytest.raises(ImpossibleError, match="no period after"):
        suggest_orders(short, make_terms(short), make_stock(short, 0.0), date(2026, 1, 1))


def test_a_weekly_forecast_counts_lead_times_in_weeks():
    paths = make_paths(np.full((1, 20, 6), 10.0))
    weekly = DemandPaths(
        paths.series,
        pl.date_range(date(2025, 3, 3), date(2025, 4, 7), interval="1w", eager=True),
        paths.units,
    )
    terms = make_terms(paths, lead_time_days=14.0, review_period_days=7.0)
    row = suggest_orders(weekly, terms, make_stock(paths, 25.0), date(2025, 3, 2)).row(0, named=True)
    assert (row["order_on"], row["arrives_on"]) == (date(2025, 3, 3), date(2025, 3, 17))
    assert row["order_quantity"] == 30 - 25


def test_an_uncertain_lead_time_asks_for_more():
    rng = np.random.default_rng(1)
    paths = make_paths(rng.poisson(4, (1, 200, 30)).astype(float))
    stock = make_stock(paths, 40.0)
    sure = one_row(paths, make_terms(paths, lead_time_days=5.0), stock)
    unsure = one_row(paths, make_terms(paths, lead_time_days=5.0, lead_time_sd_days=2.0), stock)
    assert unsure["order_quantity"] > sure["order_quantity"]


def test_a_budget_buys_what_is_worth_most_per_unit_of_money():
    paths = make_paths(np.full((2, 20, 10), 4.0))
    terms = make_terms(paths).with_columns(unit_price=pl.Series([10.0, 20.0]), unit_cost=pl.Series([5.0, 5.0]))
    plan = plan_orders(paths, terms, make_stock(paths, 10.0), AS_OF)
    rows = apply_budget([(plan, paths.series)], 60.0, AS_OF)
    assert rows["order_quantity"].to_list() == [2, 10]
    assert rows["order_cost"].sum() <= 60
    assert rows["reason_code"].to_list() == ["budget", "order"]
    with pytest.raises(UsageError, match="budget"):
        apply_budget([(plan, paths.series)], -1.0, AS_OF)


def loop_oracle(case: dict, units: np.ndarray, lands: np.ndarray, order: float) -> float:
    """Mean units lost until the delivery after the next one, path by path and day by day."""
    on_hand, on_order, lead, review = (case[name] for name in ("on_hand", "on_order", "lead", "review"))
    lost = []
    for path, due in zip(units, lands, strict=True):
        stock, missing = on_hand, 0.0
        for day in range(lead + review):
            stock += on_order if day == due else 0.0
            stock += order if day == lead else 0.0
            sold = min(stock, path[day])
            missing += path[day] - sold
            stock -= sold
        lost.append(missing)
    return float(np.mean(lost))


cases = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "rate": st.floats(0.05, 20),
        "on_hand": st.floats(0, 60).map(lambda value: round(value, 1)),
        "on_order": st.sampled_from([0.0, 3.0, 20.0]),
        "lead": st.integers(0, 6),
        "review": st.integers(1, 8),
        "level": st.floats(0.05, 0.99),
        "case_pack": st.sampled_from([1.0, 6.0, 2.5]),
        "minimum": st.sampled_from([0.0, 10.0]),
        "capacity": st.sampled_from([None, 30.0]),
        "economic": st.booleans(),
    }
)


def plan_of(case: dict, steady: bool = False, **changes: object):
    case = case | changes
    rng = np.random.default_rng(case["seed"])
    units = rng.poisson(case["rate"], (3, 30, 1 if steady else 20)).astype(float)
    paths = make_paths(np.repeat(units, 20, axis=2) if steady else units)
    level = None if case["economic"] else case["level"]
    money = {"unit_price": 5.0, "unit_cost": 3.0, "holding_cost_per_day": 0.1} if case["economic"] else {}
    terms = make_terms(
        paths,
        lead_time_days=float(case["lead"]),
        review_period_days=float(case["review"]),
        service_level=level,
        case_pack=case["case_pack"],
        min_order_quantity=case["minimum"],
        shelf_capacity=case["capacity"],
        **money,
    )
    return paths, plan_orders(paths, terms, make_stock(paths, case["on_hand"], case["on_order"]), AS_OF)


@given(cases)
def test_orders_are_whole_packs_and_never_negative(case):
    _, plan = plan_of(case)
    packs = plan.quantity / case["case_pack"]
    assert (plan.quantity >= 0).all()
    assert packs == pytest.approx(np.rint(packs))


@given(cases, st.floats(0, 0.9))
def test_a_higher_service_level_never_orders_less(case, share):
    higher = case["level"] + (0.999 - case["level"]) * share
    assert (plan_of(case, level=higher)[1].quantity >= plan_of(case)[1].quantity - 1e-9).all()


@given(cases, st.floats(0, 30))
def test_more_stock_never_orders_more(case, more):
    assert (plan_of(case, on_hand=case["on_hand"] + more)[1].quantity <= plan_of(case)[1].quantity + 1e-9).all()


@given(cases, st.integers(1, 4))
def test_a_longer_lead_time_never_orders_less_where_demand_is_steady(case, longer):
    case = case | {"on_order": 0.0}
    slow = plan_of(case, steady=True, lead=case["lead"] + longer)[1]
    assert (slow.quantity >= plan_of(case, steady=True)[1].quantity - 1e-9).all()


@given(cases)
def test_lost_sales_are_those_of_a_plain_loop(case):
    paths, plan = plan_of(case)
    lost = plan.required.lost_before + plan.required.lost_in_cycle(plan.quantity)
    for row in range(3):
        lands = np.broadcast_to(plan.receipts.lands[row], len(paths.units[row]))
        expected = loop_oracle(case, paths.units[row].astype(float), lands, float(plan.quantity[row]))
        assert lost[row] == pytest.approx(expected, abs=1e-6)


@given(cases)
def test_row_order_does_not_matter(case):
    paths, _ = plan_of(case)
    turned = DemandPaths(paths.series.reverse(), paths.dates, paths.units[::-1])
    terms = make_terms(paths, service_level=case["level"])
    stock = make_stock(paths, case["on_hand"])
    there = suggest_orders(paths, terms, stock, AS_OF)
    back = suggest_orders(turned, terms.reverse(), stock, AS_OF)
    assert there.equals(back.reverse())


@given(cases, st.floats(0, 200))
def test_a_budget_is_kept_and_never_buys_more_than_was_wanted(case, budget):
    paths, _ = plan_of(case)
    terms = make_terms(paths, service_level=case["level"], case_pack=case["case_pack"], unit_cost=3.0, unit_price=5.0)
    stock = make_stock(paths, case["on_hand"])
    free = suggest_orders(paths, terms, stock, AS_OF)
    tight = apply_budget([(plan_orders(paths, terms, stock, AS_OF), paths.series)], budget, AS_OF)
    assert tight["order_cost"].sum() <= budget + 1e-6
    assert (tight["order_quantity"] <= free["order_quantity"] + 1e-9).all()
