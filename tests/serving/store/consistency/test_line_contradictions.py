"""Contradictions within order lines and rows of left-over goods, on hand-made answers."""

from datetime import date

import polars as pl
import pytest

from retail_brain.decisions.excess_stock import LEFTOVERS
from retail_brain.decisions.transfers import TRANSFERS
from serving.planning.stock.settled_plan import PLAN
from serving.planning.stock.stock_ages import AGES
from serving.store.consistency.lines import advice_contradictions, age_contradictions, line_contradictions
from serving.store.consistency.stock import StockAnswers

AS_OF = date(2025, 2, 28)
KEYS = {"store_id": "S", "product_id": "P"}
LINE = KEYS | {
    "on_hand": 2.0, "on_order": 0.0, "order_quantity": 12.0, "order_cost": 60.0, "expected_value": 5.0,
    "demand_until_next_arrival": 40.0, "expected_lost_sales": 26.0, "reason_code": "order",
}  # fmt: skip


def told(leftovers=(), plan=(), source=None) -> StockAnswers:
    text = {"store_id": pl.String, "product_id": pl.String}
    return StockAnswers(
        orders=pl.DataFrame([LINE]),
        transfers=pl.DataFrame(schema=TRANSFERS),
        leftovers=pl.DataFrame([KEYS | {"as_of": AS_OF} | row for row in leftovers], schema=LEFTOVERS),
        plan=pl.DataFrame([KEYS | row for row in plan], schema=PLAN),
        terms=pl.DataFrame([KEYS | {"source_store_id": source}], schema=text | {"source_store_id": pl.String}),
        stock=pl.DataFrame(schema=text | {"on_hand": pl.Float64}),
        ends=pl.DataFrame(schema=text | {"ends_on": pl.Date}),
    )


def counted(found: pl.DataFrame) -> dict[str, tuple[bool, float]]:
    return {row["check"]: (row["is_explained"], round(row["units"], 2)) for row in found.to_dicts()}


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ({}, {}),
        # 40 are wanted, and 2 on hand and 12 ordered can serve 14
        ({"expected_lost_sales": 18.4}, {"lost_below_least": (False, 7.6)}),
        ({"expected_lost_sales": 43.0}, {"lost_beyond_demand": (False, 3.0)}),
        ({"on_order": 20.0, "expected_lost_sales": 6.2}, {}),
        ({"on_hand": None, "expected_lost_sales": None}, {}),
        ({"expected_value": -0.5, "reason_code": "agreed_loss"}, {"loss_called_even": (False, 12.0)}),
        ({"expected_value": -5.0, "reason_code": "agreed_loss"}, {}),
    ],
)
def test_the_numbers_of_a_line_agree(line, wrong):
    types = {"on_hand": pl.Float64, "expected_lost_sales": pl.Float64}
    assert counted(line_contradictions(pl.DataFrame([LINE | line], schema_overrides=types), told())) == wrong


def test_what_comes_from_other_shops_and_lies_in_the_shops_of_a_warehouse_serves_too():
    low = pl.DataFrame([LINE | {"expected_lost_sales": 18.4}])
    assert counted(line_contradictions(low, told(plan=[{"moved_in": 8.0}]))) == {}
    assert counted(line_contradictions(low, told(source="S"))) == {}


@pytest.mark.parametrize(("notes", "explained"), [([], False), (["gives_and_orders"], True)])
def test_a_shop_that_gives_and_orders_says_why(notes, explained):
    found = line_contradictions(pl.DataFrame([LINE]), told(plan=[{"moved_out": 5.0, "notes": notes}]))
    assert counted(found) == {"transfer_from_ordered": (explained, 12.0)}


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ({"sell_by": date(2025, 3, 3), "left_over_units": 5.0, "waste_units": 3.0}, {}),
        (
            {"sell_by": date(2025, 3, 5), "left_over_units": 5.0, "waste_units": 0.0},
            {"waste_not_told": (False, 3.0), "age_not_counted": (False, 5.0)},
        ),
        ({"sell_by": AS_OF, "left_over_units": 3.0, "waste_units": 3.0, "action": "waste"}, {}),
    ],
)
def test_dates_of_left_overs_are_those_that_counts_and_sales_tell(row, wrong):
    ages = pl.DataFrame([KEYS | {"days_left": days, "units": 3.0} for days in (0, 3)], schema=AGES)
    found = age_contradictions(told(leftovers=[row | {"reason_code": "date"}]), ages)
    assert counted(found) == wrong


def test_goods_to_keep_are_not_to_be_offered_as_well():
    left = {"action": "keep", "left_over_units": 2.0, "reason": "9 on hand. No markdown pays. Offer them to customers."}
    assert counted(advice_contradictions(told(leftovers=[left]))) == {"keep_says_otherwise": (False, 2.0)}
    for fine in ({"action": "markdown"}, {"reason": "9 on hand. No markdown pays."}):
        assert counted(advice_contradictions(told(leftovers=[left | fine]))) == {}
