"""Contradictions of what is advised for left-over goods, on hand-made answers."""

import json
from datetime import date
from typing import Any

import pytest

from serving.store.consistency.markdown import markdown_contradictions
from tests.serving.store.consistency.test_stock_contradictions import lines, told

END = date(2025, 3, 9)


def path(*steps: tuple[str, float]) -> str:
    return json.dumps([{"begins_on": day, "discount": 0.1, "price": price} for day, price in steps])


LOWERED: dict[str, Any] = {
    "sell_by": END, "action": "markdown", "price_path": path(("2025-03-02", 9.0), ("2025-03-09", 5.0)),
    "markdown_units": 1.5, "markdown_value": 6.0, "return_value": 2.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, {}),
        ({"markdown_units": 2.4}, {}),
        ({"markdown_units": 3.0}, {"markdown_beyond_left_over": (1, 0, 1.0, 6.0)}),
        ({"price_path": path(("2025-03-10", 9.0))}, {"markdown_after_end": (1, 0, 1.5, 6.0)}),
        ({"price_path": path(("2025-03-02", 9.0), ("2025-03-02", 5.0))}, {"markdown_after_end": (1, 0, 1.5, 6.0)}),
        ({"price_path": path(("2025-03-02", 5.0), ("2025-03-04", 9.0))}, {"markdown_after_end": (1, 0, 1.5, 6.0)}),
        ({"price_path": "[]"}, {"markdown_after_end": (1, 0, 1.5, 6.0)}),
        ({"return_value": 7.0}, {"advice_not_best": (1, 0, 2.0, 1.0)}),
        ({"action": "keep"}, {"advice_not_best": (1, 0, 2.0, 6.0)}),
        ({"action": None}, {}),
    ],
)
def test_each_kind_is_found_with_its_units_and_money(changed, expected):
    assert lines(markdown_contradictions(told(leftovers=[LOWERED | changed]))) == expected


@pytest.mark.parametrize(("notes", "explained"), [([], 0), (["fresh_after_expiry"], 1)])
def test_a_lower_price_of_ordered_goods_needs_the_plan_to_say_why(notes, explained):
    found = lines(markdown_contradictions(told(orders=[{}], leftovers=[LOWERED], notes=notes)))
    assert found == {"markdown_and_order": (1, explained, 6.0, 12.0)}
