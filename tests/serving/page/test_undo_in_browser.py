"""Ctrl+Z in Orders: the last decision, from wherever nothing was typed; in a quantity, what counts."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.serving.page.test_kept_input_in_browser import LINES

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
ORDERS = "orders?store=S01&show=orders"


def decided(open_page: Open) -> tuple[Any, Any]:
    """The page with 72 given in the first quantity, and the fields of quantities."""
    page = open_page(ORDERS, "en").page
    fields = page.locator(f"{LINES} input.quantity")
    fields.first.fill("72")
    fields.first.press("Enter")
    expect(page.locator("[data-bulk=undo]")).to_be_visible()
    return page, fields


def test_a_decision_is_undone_from_the_field_that_enter_went_on_to(open_page: Open, site: Any) -> None:
    page, fields = decided(open_page)
    expect(fields.nth(1)).to_be_focused()
    page.keyboard.press("Control+z")
    site.bodies("decisions", lambda body: "withdraw" in body)
    expect(fields.first).to_have_value("24")
    expect(page.locator("[data-bulk=undo]")).to_have_count(0)


def test_a_quantity_that_was_typed_over_comes_back_first(open_page: Open, site: Any) -> None:
    page, fields = decided(open_page)
    before = fields.nth(1).input_value()
    page.keyboard.type("5")
    page.keyboard.press("Control+z")
    expect(fields.nth(1)).to_have_value(before)
    expect(page.locator("[data-bulk=undo]")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.locator("[data-bulk=undo]")).to_have_count(0)
    site.bodies("decisions", lambda body: "withdraw" in body)


def test_an_emptied_quantity_that_was_given_up_stays_what_it_was(open_page: Open, site: Any) -> None:
    page = open_page(ORDERS, "en").page
    field = page.locator(f"{LINES} input.quantity").first
    field.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(page.locator("p.form-problem").first).not_to_be_empty()
    field.click()
    page.keyboard.press("Escape")
    expect(field).to_have_value("24")
    field.click()
    page.keyboard.press("Control+z")
    page.keyboard.press("Tab")
    expect(field).to_have_value("24")
    assert [body for route, body in site.asked if route == "decisions"] == []


def test_an_emptied_quantity_comes_back_and_is_wrong_no_more(open_page: Open) -> None:
    page = open_page(ORDERS, "en").page
    field = page.locator(f"{LINES} input.quantity").first
    field.fill("")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.press("Control+z")
    expect(field).to_have_value("24")
    expect(page.locator("input[aria-invalid=true]")).to_have_count(0)
    expect(page.locator("p.form-problem").first).to_be_empty()
