"""Contradictions among orders, transfers and left-overs, on hand-made answers."""

from datetime import date
from types import SimpleNamespace

import polars as pl
import pytest

from retail_brain.decisions.excess_stock import LEFTOVERS
from retail_brain.decisions.transfers import TRANSFERS
from serving.store.consistency.report import CHECKS, CONSISTENCY, is_consistent, summarised
from serving.store.consistency.stock import StockAnswers, stock_contradictions

AS_OF = date(2025, 2, 28)
DAYS = [date(2025, 3, day).isoformat() for day in range(1, 29)]


class Forecasts:
    """Two units a day (four at most), in every series, on all days but those after the last one sold."""

    def __init__(self, last_sold: date) -> None:
        self.days = DAYS
        self._last = last_sold.isoformat()

    def get(self, _store: int, _product: int, periods: int) -> list[list[float]]:
        return [[2.0, 4.0] if day <= self._last else [0.0, 0.0] for day in DAYS[:periods]]


def answers(last_sold: date = date(2025, 3, 28)) -> SimpleNamespace:
    names = SimpleNamespace(find=lambda _: 0)
    manifest = SimpleNamespace(quantiles=[0.95])
    return SimpleNamespace(forecasts=Forecasts(last_sold), stores=names, products=names, manifest=manifest)


def told(orders=(), transfers=(), leftovers=(), notes=(), **facts) -> StockAnswers:
    keys = {"store_id": pl.String, "product_id": pl.String}
    order = {
        "store_id": "S1", "product_id": "P", "source": "supplier", "reason_code": "order", "order_quantity": 6.0,
        "order_cost": 12.0, "on_hand": 0.0, "on_order": 0.0, "demand_until_next_arrival": 6.0, "expected_value": 3.0,
        "arrives_on": date(2025, 3, 3), "order_on": date(2025, 3, 1),
    }  # fmt: skip
    left = {"store_id": "S1", "product_id": "P", "left_over_units": 2.0, "value_at_risk": 8.0, "reason_code": "season"}
    move = {"product_id": "P", "from_store_id": "S2", "to_store_id": "S1", "units": 2.0, "expected_value": 1.0}
    term = {"store_id": "S1", "product_id": "P", "shelf_life_days": None, "service_level": None, "fill_rate": None}
    schema = dict.fromkeys(("shelf_life_days", "service_level", "fill_rate"), pl.Float64)
    return StockAnswers(
        orders=pl.DataFrame([order | row for row in orders], schema_overrides={"arrives_on": pl.Date})
        if orders
        else pl.DataFrame([order]).clear(),
        transfers=pl.DataFrame([move | row for row in transfers], schema=TRANSFERS),
        leftovers=pl.DataFrame([left | row for row in leftovers], schema=LEFTOVERS),
        plan=pl.DataFrame(
            [{"store_id": "S1", "product_id": "P", "notes": list(notes), "moved_out": facts.get("moved_out", 0.0)}],
            schema=keys | {"notes": pl.List(pl.String), "moved_in": pl.Float64, "moved_out": pl.Float64},
        ),
        terms=pl.DataFrame([term | facts.get("terms", {})], schema=keys | schema),
        stock=pl.DataFrame(facts.get("stock", []), schema=keys | {"on_hand": pl.Float64}),
        ends=pl.DataFrame(facts.get("ends", []), schema=keys | {"ends_on": pl.Date}),
    )


def lines(found: pl.DataFrame) -> dict[str, tuple[int, int, float, float]]:
    summary = summarised(found).filter(pl.col("lines") > 0)
    return {row[0]: row[1:] for row in summary.drop("reason", "reason_zh").rows()}


def test_answers_that_agree_have_a_row_of_zero_for_every_check():
    summary = summarised(stock_contradictions(answers(), told(orders=[{}])))
    assert dict(summary.schema) == CONSISTENCY
    assert summary["check"].to_list() == list(CHECKS)
    assert summary["lines"].sum() == 0
    assert is_consistent(summary)


@pytest.mark.parametrize(("notes", "explained"), [([], 0), (["fresh_after_expiry"], 1), (["agreed_loss"], 0)])
def test_an_order_of_what_is_left_over_needs_the_plan_to_say_what_it_is_for(notes, explained):
    left = {"sell_by": date(2025, 3, 28), "reason_code": "date"}
    found = stock_contradictions(answers(), told(orders=[{}], leftovers=[left], notes=notes))
    assert lines(found) == {"ordered_and_left_over": (1, explained, 6.0, 12.0)}
    assert is_consistent(summarised(found)) == bool(explained)


def test_an_order_beyond_the_end_counts_what_even_high_demand_would_not_sell():
    end = {"store_id": "S1", "product_id": "P", "ends_on": date(2025, 3, 4)}
    # 4 days at 4 a day sell 16 at most; 10 on hand and 12 ordered are 22.
    much = told(orders=[{"on_hand": 10.0, "order_quantity": 12.0, "order_cost": 24.0}], ends=[end])
    assert lines(stock_contradictions(answers(date(2025, 3, 4)), much)) == {"ordered_beyond_end": (1, 0, 6.0, 12.0)}
    late = told(orders=[{"arrives_on": date(2025, 3, 5)}], ends=[end])
    assert lines(stock_contradictions(answers(date(2025, 3, 4)), late)) == {"ordered_beyond_end": (1, 0, 6.0, 12.0)}
    # 2 a day until the end are 8; an order that counts 12 counts days on which nothing is sold any more.
    counted = told(orders=[{"demand_until_next_arrival": 12.0}], ends=[end])
    assert lines(stock_contradictions(answers(), counted))["ordered_beyond_end"][2] == pytest.approx(12 - 1.1 * 8)


class SlowForecasts(Forecasts):
    """A unit in ten days: no day sells any with a chance of 5 %."""

    def get(self, _store: int, _product: int, periods: int) -> list[list[float]]:
        return [[0.1, 0.0]] * periods


def test_goods_that_sell_once_a_week_may_be_ordered_for_the_weeks_to_come():
    # 28 days at 0.1 are 2.8 units: 6 are enough in 95 of 100 cases, although the high quantile of every day is 0.
    slow = answers()
    slow.forecasts = SlowForecasts(date(2025, 3, 28))
    end = {"store_id": "S1", "product_id": "P", "ends_on": date(2025, 3, 28)}
    for ordered, beyond in ((4.0, None), (6.0, None), (8.0, 2.0)):
        order = {"order_quantity": ordered, "demand_until_next_arrival": 1.0}
        found = lines(stock_contradictions(slow, told([order], ends=[end])))
        assert (found["ordered_beyond_end"][2] if found else None) == beyond


def test_what_goes_to_other_shops_is_not_held_against_an_order():
    # Four days at 4 a day sell 16 at most: of 10 on hand and 12 ordered 6 are too many, unless 6 or more go away.
    end = {"store_id": "S1", "product_id": "P", "ends_on": date(2025, 3, 4)}
    order = {"on_hand": 10.0, "order_quantity": 12.0}
    for gone, beyond in ((0.0, 6.0), (4.0, 2.0), (6.0, None)):
        found = lines(stock_contradictions(answers(date(2025, 3, 4)), told([order], ends=[end], moved_out=gone)))
        assert (found["ordered_beyond_end"][2] if found else None) == beyond


def test_an_order_beyond_its_own_shelf_life_is_found():
    # It arrives on March 3 and may be sold on that day and the next: four days of 4 units from the first.
    found = stock_contradictions(answers(), told(orders=[{"order_quantity": 20.0}], terms={"shelf_life_days": 2.0}))
    assert lines(found)["ordered_beyond_end"][:3] == (1, 0, 4.0)


def test_a_season_that_is_over_contradicts_a_forecast_that_goes_on():
    left = {"sell_by": date(2025, 3, 2)}
    assert lines(stock_contradictions(answers(), told(leftovers=[left]))) == {
        "season_left_over_in_demand": (1, 0, 2.0, 8.0)
    }
    assert lines(stock_contradictions(answers(date(2025, 3, 2)), told(leftovers=[left]))) == {}


def test_orders_on_a_warehouse_are_held_against_its_stock_less_what_it_gives_away():
    orders = [{"store_id": store, "source": "transfer:D"} for store in ("S1", "S3")]
    stock = [{"store_id": "D", "product_id": "P", "on_hand": 10.0}]
    found = stock_contradictions(answers(), told(orders=orders, stock=stock))
    assert lines(found) == {"ordered_beyond_source": (1, 0, 2.0, 4.0)}
    given = told(orders=orders, stock=stock, transfers=[{"from_store_id": "D", "to_store_id": "S9"}])
    assert lines(stock_contradictions(answers(), given))["ordered_beyond_source"][2] == 4.0
    assert lines(stock_contradictions(answers(), told(orders=orders))) == {}


def test_transfers_into_left_overs_and_orders_are_found():
    left = {"sell_by": date(2025, 3, 28), "reason_code": "slow"}
    found = stock_contradictions(answers(), told(orders=[{}], transfers=[{}], leftovers=[left]))
    assert lines(found)["transfer_into_left_over"] == (1, 0, 2.0, 1.0)
    assert lines(found)["transfer_into_ordered"] == (1, 0, 2.0, 1.0)
    noted = stock_contradictions(answers(), told(orders=[{}], transfers=[{}], notes=["transfer_and_order"]))
    assert lines(noted) == {"transfer_into_ordered": (1, 1, 2.0, 1.0)}


@pytest.mark.parametrize(
    ("terms", "notes", "explained"),
    [({}, ["agreed_loss"], 0), ({"service_level": 0.9}, [], 0), ({"fill_rate": 0.9}, ["agreed_loss"], 1)],
)
def test_a_losing_order_needs_an_agreed_service_level_and_a_line_that_says_so(terms, notes, explained):
    found = stock_contradictions(answers(), told(orders=[{"expected_value": -2.0}], terms=terms, notes=notes))
    assert lines(found) == {"losing_order": (1, explained, 6.0, 2.0)}
