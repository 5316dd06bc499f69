"""The arithmetic of an order line adds up, for every line that a chain can have; totals follow what is changed."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.serving.page import fake_stock

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
Open = Callable[..., Any]
LINES = ".grid tbody tr[data-key]:not(.group)"
SUMS = """async (lines) => {
  const { lineSums } = await import(new URL("js/line_sums.js", document.baseURI));
  return lines.map(lineSums);
}"""


def line(**more: float | None) -> dict[str, float | None]:
    usual = {"demand_until_next_arrival": 81.06, "safety_stock": 36.06, "order_up_to": 117.12, "on_hand": 0.0}
    return usual | {"on_order": 36.0, "moved_units": 0.0, "shops_hold": 25.0, "order_quantity": 60.0} | more


def test_every_sum_is_that_of_the_rows_above_it(open_page: Open) -> None:
    """Stock of the stores that a warehouse supplies, moves, sales lost before, less than nothing on hand, halves."""
    lines = [
        line(),
        line(moved_units=-3.3, shops_hold=0.0),
        line(order_up_to=110.449, safety_stock=36.06),
        line(on_hand=-2.0),
        line(demand_until_next_arrival=0.049, safety_stock=0.949, order_up_to=0.998, on_hand=9.44),
        line(order_quantity=0.0),
        line(moved_units=None, shops_hold=None),
    ]
    found = open_page("orders", "en").page.evaluate(SUMS, lines)
    for one, told in zip(lines, found, strict=True):
        parts, sums = told["parts"], told["sums"]
        assert parts["demand"] - parts["lost"] + parts["safety"] == pytest.approx(sums["target"]), one
        counted = parts["stock"] + parts["coming"] + parts["moved"] + parts["held"]
        assert sums["target"] - counted == pytest.approx(sums["gap"]), one
        assert sums["gap"] + parts["limits"] == pytest.approx(one["order_quantity"]), one
    assert (found[0]["sums"], found[0]["parts"]["limits"]) == ({"target": 117.1, "gap": 56.1}, 3.9)
    assert open_page("orders", "en").page.evaluate(SUMS, [line(order_up_to=None)])[0]["sums"] is None


@BOTH
def test_a_warehouse_says_what_its_stores_hold(open_page: Open, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    usual = fake_stock._suggestion
    monkeypatch.setattr(fake_stock, "_suggestion", lambda *of: usual(*of) | {"shops_hold": 5.0, "order_up_to": 33.0})
    page = open_page("orders?store=S01", language).page
    page.locator(f"{LINES} [data-field=open]").first.click()
    table = page.locator("dialog.line-box .sum")
    expect(table.locator("td.number")).to_have_text(["20", "13", "33", "4", "6", "5", "18", "6", "24"])
    expect(table).to_contain_text("所供应门店的库存" if language == "zh" else "Already held by the stores it supplies")


@BOTH
def test_value_and_lost_sales_follow_what_is_changed(open_page: Open, language: str) -> None:
    page = open_page("orders?store=S01&show=orders", language).page
    sums = page.locator(".grid-sums .figure dd:not(.hint)")
    row = page.locator(LINES).first
    expect(row.locator("input.quantity")).to_have_value("24")
    expect(sums).to_have_count(7)
    before = sums.all_inner_texts()
    row.locator("input.quantity").fill("0")
    row.locator("input.quantity").press("Enter")
    expect(row.locator('[data-column="value"]')).to_have_text("¥0.00")
    expect(row.locator('[data-column="lost_sales"]')).to_have_text("13.5")
    for place in range(3, 7):  # units, cost, value and lost sales
        expect(sums.nth(place)).not_to_have_text(before[place], use_inner_text=True)
    row.locator("[data-field=open]").click()
    box = page.locator("dialog.line-box")
    expect(box.locator(".sum td.number").last).to_have_text("0")
    expect(box.locator(".facts")).to_contain_text("13.5")


@BOTH
def test_what_a_plan_does_not_reach_is_unknown_and_counted(open_page: Open, language: str) -> None:
    page = open_page("orders?store=S01&show=orders", language).page
    row = page.locator(LINES).first
    row.locator("input.quantity").fill("120")
    row.locator("input.quantity").press("Enter")
    expect(row.locator('[data-column="value"]')).to_have_text("未知" if language == "zh" else "unknown")
    expect(page.locator(".grid-sums")).to_contain_text("行" if language == "zh" else "unknown")
