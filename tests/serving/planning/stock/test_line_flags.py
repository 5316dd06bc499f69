"""What stands out about an order line, and which lines wait for a decision."""

import polars as pl

from retail_brain.settings import ReplenishmentSettings
from serving.planning.stock.line_flags import FLAGS, line_flags, waits

USUAL = {"on_hand": 5.0, "order_quantity": 4.0, "demand_until_next_arrival": 10.0, "expected_lost_sales": 0.0}
USUAL |= {"expected_value": 1.0, "order_cost": 40.0, "case_pack": 1.0, "min_order_quantity": None}
LINES = [
    ({}, [], True),
    ({"order_quantity": 0.0}, [], False),
    ({"order_quantity": 0.0, "expected_lost_sales": 1.0}, ["loss"], True),
    ({"order_quantity": 0.0, "expected_lost_sales": 0.9, "demand_until_next_arrival": 2.0}, [], False),
    ({"order_quantity": 0.0, "on_hand": None}, ["unknown_stock"], True),
    ({"on_hand": -1.0, "reason_code": "shelf"}, ["negative_stock", "shelf"], True),
    ({"order_quantity": 31.0}, ["large"], True),
    ({"order_quantity": 48.0, "case_pack": 48.0}, [], True),
    ({"order_quantity": 96.0, "case_pack": 48.0}, ["large"], True),
    ({"order_quantity": 48.0, "case_pack": 12.0, "min_order_quantity": 40.0}, [], True),
    ({"expected_value": -0.5}, ["losing"], True),
    ({"expected_value": -0.5, "order_quantity": 0.0}, [], False),
    ({"expected_value": -0.3}, [], True),
    ({"expected_value": -0.5, "order_cost": None}, [], True),
    ({"reason_code": "source_stock", "expected_value": None}, ["source_stock"], True),
    ({"order_quantity": 2.0, "demand_until_next_arrival": 0.1}, [], True),
    ({"expected_lost_sales": None, "order_quantity": 0.0}, [], False),
]


def test_each_line_gets_its_flags_and_waits_when_it_orders_or_stands_out() -> None:
    lines = pl.DataFrame([USUAL | {"reason_code": "order"} | change for change, _, _ in LINES])
    flags = line_flags(lines, ReplenishmentSettings())
    assert flags.columns == list(FLAGS)
    named = [[name for name in FLAGS if row[name]] for row in flags.iter_rows(named=True)]
    assert named == [expected for _, expected, _ in LINES]
    assert waits(lines, flags).to_list() == [expected for _, _, expected in LINES]


def test_what_is_large_is_a_setting() -> None:
    lines = pl.DataFrame([USUAL | {"reason_code": "order", "order_quantity": 21.0}])
    assert not line_flags(lines, ReplenishmentSettings())["large"][0]
    assert line_flags(lines, ReplenishmentSettings(large_order_cycles=2.0))["large"][0]
