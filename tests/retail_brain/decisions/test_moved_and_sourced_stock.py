"""Orders after transfers, and orders within the stock of a warehouse, by hand."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from retail_brain.decisions.arrays import days
from retail_brain.decisions.moved_stock import ordered_after
from retail_brain.decisions.replenishment import plan_orders
from retail_brain.decisions.source_stock import free_stock, order_within_sources, source_stock
from retail_brain.decisions.stock_value import local_stock_values, with_last_days
from retail_brain.decisions.suggestion_rows import suggestion_rows
from retail_brain.decisions.supply_terms import NO_END
from retail_brain.decisions.transfers import StockValues, suggest_transfers
from retail_brain.outputs import DemandPaths
from retail_brain.settings import ReplenishmentSettings

AS_OF = date(2025, 2, 28)
DAYS = pl.Series([AS_OF + timedelta(days=day + 1) for day in range(20)])


def series(*stores: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"store_id": list(stores), "product_id": "P"}, schema={"store_id": pl.String, "product_id": pl.String}
    )


def planned(stores: list[str], daily: float, on_hand: float, **terms):
    """Each shop wants `daily` a day; an order arrives on the third day, the following one a week later."""
    ids = series(*stores)
    units = np.full((len(stores), 4, 20), daily, dtype=np.float32)
    usual = {"lead_time_days": 2.0, "review_period_days": 7.0, "unit_price": 3.0, "unit_cost": 2.0}
    frame = ids.with_columns(pl.lit(value).alias(name) for name, value in (usual | terms).items())
    stock = ids.with_columns(on_hand=pl.lit(on_hand))
    return plan_orders(DemandPaths(ids, DAYS, units), frame, stock, AS_OF), units


def test_units_that_come_save_lost_sales_first_and_lower_the_order_by_the_rest():
    plan, units = planned(["S"], 2.0, 1.0)
    never = pl.Series([None], dtype=pl.Date)
    values = local_stock_values(plan, units, days(DAYS), never, pl.Series([False]), transit_days=0)
    # Four are wanted in the two days before the order arrives and one is there: three of five that come are sold then.
    after = ordered_after(plan, values, np.array([5.0]), days(pl.Series([NO_END])), ReplenishmentSettings())
    assert (plan.quantity.tolist(), after.quantity.tolist()) == ([14.0], [12.0])
    assert (plan.required.lost_before.tolist(), after.required.lost_before.tolist()) == ([3.0], [0.0])


def test_units_that_go_raise_the_order_by_what_was_still_there():
    plan, units = planned(["S"], 2.0, 10.0)
    never = pl.Series([None], dtype=pl.Date)
    values = local_stock_values(plan, units, days(DAYS), never, pl.Series([False]))
    after = ordered_after(plan, values, np.array([-3.0]), days(pl.Series([NO_END])), ReplenishmentSettings())
    assert (plan.quantity.tolist(), after.quantity.tolist()) == ([8.0], [11.0])
    # Goods that are past their date before the order arrives change nothing of it.
    dated = ordered_after(plan, values, np.array([-3.0]), days(pl.Series([date(2025, 3, 1)])), ReplenishmentSettings())
    assert dated.quantity.tolist() == [8.0]


def test_units_that_go_lose_no_more_than_is_wanted_before_the_order_arrives():
    # Two a day: four are wanted before the order arrives, but the listing goes on for fifteen days and thirty units.
    end = pl.Series([AS_OF + timedelta(days=15)])
    plan, units = planned(["S"], 2.0, 9.0)
    values = local_stock_values(plan, units, days(DAYS), end, pl.Series([True]))
    assert values.before is not None
    last = days(end)
    for gone, lost in ((9.0, 4.0), (6.0, 1.0), (5.0, 0.0)):
        after = ordered_after(plan, values, np.array([-gone]), last, ReplenishmentSettings())
        assert after.required.lost_before.tolist() == [pytest.approx(lost)]
        # 14 are wanted in the week after; what is left of the nine at the arrival serves it
        assert after.quantity.tolist() == [14.0 - max(9.0 - gone - 4.0, 0.0)]
    row = suggestion_rows(after, series("S"), AS_OF).row(0, named=True)
    assert row["expected_lost_sales"] <= row["demand_until_next_arrival"]
    joined = StockValues.joined([values, local_stock_values(plan, units, days(DAYS), end, pl.Series([True]))])
    assert (joined.before, len(joined.need)) == (None, 2)


def test_a_plan_takes_and_puts_rows():
    plan, _ = planned(["A", "B", "C"], 2.0, 1.0)
    rows = np.array([2, 0])
    back = plan.put(rows, plan.take(rows))
    assert back.quantity.tolist() == plan.quantity.tolist()
    assert np.array_equal(back.required.need, plan.required.need)
    assert back.terms.source.equals(plan.terms.source)


def test_a_warehouse_gives_what_it_has_where_it_earns_most():
    dear, _ = planned(["A"], 2.0, 0.0, source_store_id="D", unit_price=9.0)
    cheap, _ = planned(["B"], 2.0, 0.0, source_store_id="D", unit_price=3.0)
    direct, _ = planned(["C"], 2.0, 0.0)
    ids = series("A", "B", "C")
    stock = series("D").with_columns(on_hand=pl.lit(20.0))
    given = series().with_columns(given=pl.lit(0.0))
    plans = [dear, cheap, direct]
    got = order_within_sources(plans, ids, free_stock(plans, ids, stock, given))
    assert got.quantity.tolist() == [14, 6, 14]
    assert got.has.tolist()[:2] == [20, 20]
    assert got.asked.tolist()[:2] == [28, 28]
    assert np.isnan(got.has[2])
    line = suggestion_rows(
        cheap, ids[1:2].with_columns(source_has=20.0, source_asked=28.0, wanted=14.0), AS_OF, quantity=np.array([6.0])
    ).row(0, named=True)
    assert line["order_quantity"] == 6


@pytest.mark.parametrize(("on_hand", "given", "expected"), [(None, 0.0, 28), (-3.0, 0.0, 0), (20.0, 5.0, 15)])
def test_what_is_not_counted_limits_nothing_and_what_is_given_away_is_gone(on_hand, given, expected):
    plan, _ = planned(["A", "B"], 2.0, 0.0, source_store_id="D")
    stock = series("D").with_columns(on_hand=pl.lit(on_hand, dtype=pl.Float64))
    away = series("D").with_columns(given=pl.lit(given))
    free = free_stock([plan], series("A", "B"), stock, away)
    assert order_within_sources([plan], series("A", "B"), free).quantity.sum() == expected
    told = source_stock([plan], series("A", "B"), free).rows()
    assert told == ([] if on_hand is None else [("D", "P", expected, 28.0)])


def test_a_shop_that_is_a_source_keeps_what_it_sells_itself():
    ids = series("A", "D")
    plan, _ = planned(["A", "D"], 2.0, 0.0, source_store_id=None)
    supplied, _ = planned(["A"], 2.0, 0.0, source_store_id="D")
    own, _ = planned(["D"], 2.0, 10.0)
    stock = series("D").with_columns(on_hand=pl.lit(10.0))
    none = series().with_columns(given=pl.lit(0.0))
    # Two a day for two days, until its own delivery: six of ten are free.
    free = free_stock([supplied, own], ids, stock, none)
    assert order_within_sources([supplied, own], ids, free).quantity.tolist() == [6, 8]
    assert plan.quantity.tolist() == [14, 14]


def test_nothing_is_moved_to_where_it_would_be_left_over():
    """The first shop will throw its stock away; the second sells one unit until the last day, the third four."""
    ones = np.ones(3)
    need = np.array([[-9.0], [1.0], [4.0]])
    values = StockValues(need, 5 * ones, 0 * ones, np.array([9.0, 0, 0]), 0 * ones)
    ended = with_last_days(values, need, 2 * ones, np.ones(3, dtype=np.bool_))
    table = suggest_transfers(series("A", "B", "C"), ended, 0.1 * ones)
    assert dict(table.select("to_store_id", "units").rows()) == {"B": 1.0, "C": 4.0}
    # Each saves a lost sale (5) and the cost of a unit left over (2), for 0.1.
    assert table["expected_value"].sum() == pytest.approx(5 * (5 + 2 - 0.1))


def test_nothing_is_moved_to_where_people_are_told_that_it_is_left_over():
    """Of two units that come .4 are left over by the curve, which is averaged; all paths together leave .2 already."""
    ones = np.ones(2)
    need = np.array([[-9.0, -9.0], [1.2, 2.0]])
    values = StockValues(need, 5 * ones, 0 * ones, np.array([9.0, 0]), 0 * ones)

    def moved(told_left: float) -> list[float]:
        told = np.array([9.0, told_left])
        ended = with_last_days(values, need, 2 * ones, np.ones(2, dtype=np.bool_), told)
        return suggest_transfers(series("A", "B"), ended, 0.1 * ones)["units"].to_list()

    assert moved(0.0) == [2.0]
    assert moved(0.2) == [1.0], "the second would make it .6, which is told as left over"
