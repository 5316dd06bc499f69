"""Ends of demand, and the last orders before them, by hand."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from retail_brain.decisions.arrays import days
from retail_brain.decisions.demand_end import forecast_ends, until_end
from retail_brain.decisions.replenishment import suggest_orders
from retail_brain.decisions.supply_terms import NO_END
from retail_brain.outputs import DemandPaths

AS_OF = date(2025, 2, 28)


def paths(units: list[list[float]]) -> DemandPaths:
    """Series with the same two futures."""
    series = pl.DataFrame({"store_id": "S", "product_id": [f"P{row}" for row in range(len(units))]})
    dates = pl.Series([AS_OF + timedelta(days=day + 1) for day in range(len(units[0]))])
    return DemandPaths(series, dates, np.repeat(np.array(units, dtype=np.float32)[:, None, :], 2, axis=1))


def test_nobody_buys_after_the_last_day():
    given = paths([[1.0] * 5, [2.0] * 5])
    ends = days(pl.Series([date(2025, 3, 2), NO_END]))
    ended = until_end(given, ends)
    assert ended.units[:, 0].tolist() == [[1, 1, 0, 0, 0], [2, 2, 2, 2, 2]]
    assert given.units.sum() == 30, "the forecast itself stays"
    assert until_end(ended, ends) is ended


@pytest.mark.parametrize(
    ("units", "kind", "expected"),
    [
        ([0.0] * 30, "season", date(2025, 3, 2)),  # the usual end
        ([1.0] * 9 + [0.0] * 21, "season", date(2025, 3, 9)),  # the forecast goes on until March 9
        ([1.0] * 30, "season", None),  # and here as far as it reaches
        ([1.0] * 4 + [0.2] * 26, "season", None),  # 2.8 in a fortnight: the last days alone sell less than one
        ([0.05] * 6, "season", date(2025, 3, 2)),  # .2 in the four days that are forecast after the usual end
        ([0.5] * 6, "season", None),  # 2 in them
        ([1.0] * 30, "listing", date(2025, 3, 2)),  # a listing ends whatever the forecast says
    ],
)
def test_a_season_goes_on_as_long_as_the_forecast_sells(units, kind, expected):
    known = pl.DataFrame(
        {"ends_on": [date(2025, 3, 2)], "end_kind": [kind]}, schema={"ends_on": pl.Date, "end_kind": pl.String}
    )
    moved = forecast_ends(paths([units]), known)
    assert moved.rows() == [(expected, None if expected is None else kind)]


def ordered(**terms):
    """Three are wanted on each day; the order arrives on March 3 and the following one on March 10."""
    usual = {"lead_time_days": 2.0, "review_period_days": 7.0, "unit_price": 3.0, "unit_cost": 2.0}
    given = paths([[3.0] * 20])
    frame = given.series.with_columns(pl.lit(value).alias(name) for name, value in (usual | terms).items())
    stock = given.series.with_columns(on_hand=pl.lit(6.0))
    return suggest_orders(given, frame, stock, AS_OF).row(0, named=True)


def test_an_order_covers_demand_until_its_end_only():
    assert ordered()["order_quantity"] == 21
    last = ordered(ends_on=date(2025, 3, 5))
    assert (last["order_quantity"], last["demand_until_next_arrival"]) == (9, 15)
    assert "No sales after 5 March" in last["reason"]
    assert "3月5日之后不再销售" in last["reason_zh"]
    assert ordered(ends_on=date(2025, 3, 2))["order_quantity"] == 0, "it would arrive too late"


def test_the_last_order_is_decided_by_money_and_keeps_no_display():
    # A pack of 12 sells 9 for a margin of 1 each and loses the cost of 3, which is 2 each: 9 - 6 earns.
    last = {"ends_on": date(2025, 3, 5), "service_level": 0.95, "presentation_stock": 5.0}
    assert ordered(**last, case_pack=12.0)["order_quantity"] == 12
    # Two packs of 8 would lose 7 x 2 and one earns 8: a level of 95 % is agreed for goods that go on.
    assert ordered(**last, case_pack=8.0)["order_quantity"] == 8
    assert ordered(**last, case_pack=30.0)["order_quantity"] == 0
    going_on = ordered(service_level=0.95, case_pack=30.0, holding_cost_per_day=1.0)
    assert (going_on["order_quantity"], going_on["reason_code"]) == (30, "agreed_loss")
    assert "is here only because a service level is agreed" in going_on["reason"]
    assert "仅因已约定服务水平而保留" in going_on["reason_zh"]


def uncertain(rates: tuple[float, float], **terms):
    """One of two rates is wanted on each of 20 days from March 1, of which the order misses two and lasts seven."""
    given = paths([[1.0] * 20])
    on_hand = terms.pop("on_hand", 0.0)
    given = DemandPaths(given.series, given.dates, given.units * np.array(rates, dtype=np.float32)[None, :, None])
    usual = {"lead_time_days": 2.0, "review_period_days": 7.0, "unit_price": 3.0, "unit_cost": 2.0}
    frame = given.series.with_columns(pl.lit(value).alias(name) for name, value in (usual | terms).items())
    return suggest_orders(given, frame, given.series.with_columns(on_hand=on_hand), AS_OF).row(0, named=True)


def test_no_order_before_the_end_is_larger_than_the_last_one_would_be():
    agreed = {"service_level": 0.95}
    assert uncertain((1.0, 3.0), **agreed)["order_quantity"] == 21, "3 on each of 7 days"
    # 10 or 30 are wanted from March 3 to 12; a unit left loses 2 and one missing 1, so two chances in three count
    line = uncertain((1.0, 3.0), **agreed, ends_on=date(2025, 3, 12))
    assert (line["order_quantity"], line["demand_until_next_arrival"]) == (10, 24)
    assert "until the last day of sale (12 March). The order is sized as if" in line["reason"]
    assert "到最后销售日前预计需求24件（3月12日止）" in line["reason_zh"]
    later = uncertain((1.0, 3.0), **agreed, ends_on=date(2025, 3, 30))
    assert later["order_quantity"] == 21, "the forecast does not reach the end"
    assert uncertain((1.0, 3.0), **agreed, unit_cost=None, ends_on=date(2025, 3, 12))["order_quantity"] == 21
    fresh = {"shelf_life_days": 3.0}
    going_on = uncertain((1.0, 3.0), **agreed, **fresh)["order_quantity"]
    assert uncertain((1.0, 3.0), **agreed, **fresh, ends_on=date(2025, 3, 12))["order_quantity"] == going_on > 0


def test_a_minimum_order_that_does_not_sell_until_the_end_is_not_bought():
    least = {"service_level": 0.95, "min_order_quantity": 50.0}
    line = uncertain((3.0, 3.0), **least, ends_on=date(2025, 3, 12))
    assert (line["order_quantity"], line["reason_code"]) == (0, "not_worth_minimum"), "30 earn 1 each, 20 lose 2 each"
    line = uncertain((3.0, 3.0), **least, ends_on=date(2025, 3, 18))
    assert line["order_quantity"] == 50, "48 earn, 2 lose"
    assert "Orders can follow" not in line["reason"]


def test_a_pack_that_outlasts_an_end_after_the_forecast_is_not_bought_either():
    least = {"service_level": 0.95, "case_pack": 50.0}
    line = uncertain((1.0, 1.0), **least, ends_on=date(2025, 3, 24))
    assert line["order_quantity"] == 0, "the forecast ends on March 20: 22 earn 1 each, 28 lose 2 each"
    assert "until the last day of sale (24 March)" in line["reason"]
    assert uncertain((1.0, 1.0), **least, ends_on=date(2025, 4, 30))["order_quantity"] == 50, "all are sold by then"
    far = {"service_level": 0.95, "case_pack": 200.0}
    assert uncertain((1.0, 1.0), **far, ends_on=date(2025, 6, 30))["order_quantity"] == 0, "120 earn, 80 lose 2 each"
    assert uncertain((1.0, 1.0), **far, ends_on=date(2025, 12, 31))["order_quantity"] == 200


def test_a_pack_that_outlasts_an_end_with_what_is_there_already_is_not_bought():
    """The pack alone is sold by March 23; after the 17 that are there 29 of it earn 1 each and 15 lose 2 each."""
    least = {"service_level": 0.95, "case_pack": 44.0, "on_hand": 17.0}
    assert uncertain((2.0, 2.0), **least, ends_on=date(2025, 3, 23))["order_quantity"] == 0
    assert uncertain((2.0, 2.0), **least, ends_on=date(2025, 3, 30))["order_quantity"] == 44, "43 are sold by then"


def test_nothing_is_ordered_for_show_that_will_not_sell_before_the_end():
    def shown(rate: float) -> float:
        given = paths([[rate] * 20])
        terms = given.series.with_columns(
            lead_time_days=2.0, review_period_days=7.0, presentation_stock=4.0, ends_on=date(2025, 3, 15)
        )
        return suggest_orders(given, terms, given.series.with_columns(on_hand=0.0), AS_OF)["order_quantity"].item()

    assert shown(0.0) == 0, "nobody wants it until March 15"
    assert shown(0.2) == 4, "1.4 in the cycle, and on show the 2 that sell until the end"
    assert shown(3.0) == 25, "21 in the cycle and all 4 on show"


def test_without_an_agreed_level_nothing_is_ordered_at_a_loss():
    line = ordered(case_pack=30.0, holding_cost_per_day=1.0)
    assert (line["order_quantity"], line["expected_value"]) == (0, 0)
