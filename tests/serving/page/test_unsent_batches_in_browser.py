"""Decisions on many lines that were not sent: none takes another's place, and each is sent or given up by itself."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.serving.page import fake_orders
from tests.serving.page.test_kept_input_in_browser import BOTH, go
from tests.serving.page.test_unsent_in_browser import BAR, Away, is_drawn

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
ORDERS = "orders?store=S01&show=orders"


@pytest.fixture(autouse=True)
def undecided() -> None:
    fake_orders.DECIDED.clear()


def unsent(page: Page) -> Locator:
    return page.locator("[data-batch-unsent]")


def approve(page: Page) -> None:
    page.locator(".grid-picked [data-bulk=approve]").click()


def lost(page: Page, away: Away, act: Callable[[Page], None], *, count: int) -> None:
    """One more request that is not sent."""
    before = len(away.sent)
    act(page)
    with page.expect_event("requestfailed"):
        page.locator("[data-bulk=apply]").click()
    expect(page.locator("[data-bulk=apply]")).to_be_enabled()
    page.reload()
    page.locator("[data-field=pick-all]").check()
    expect(unsent(page)).to_have_count(count)
    assert len(away.sent) == before + 1


def reject(page: Page) -> None:
    page.locator("[data-bulk=reject]").click()
    page.locator(".bulk-form [name=reason]").fill("full")
    page.locator(".bulk-form [data-bulk=preview]").click()


def begun(open_page: Open, language: str = "en") -> Page:
    page: Page = open_page(ORDERS, language, quiet=False).page
    page.locator("[data-field=pick-all]").check()
    return page


def test_another_batch_that_is_cancelled_stored_or_refused_leaves_the_first(open_page: Open) -> None:
    page = begun(open_page)
    away = Away(page, "bulk_decisions")
    lost(page, away, approve, count=1)
    away.back()
    approve(page)
    page.locator("[data-bulk=apply]").wait_for()
    page.locator(".grid-bulk [data-bulk=cancel]").click()
    expect(page.locator("[data-bulk=apply]")).to_have_count(0)
    expect(unsent(page)).to_contain_text("approving")

    refused = {"error": {"code": "bad_request", "message": "too much", "details": {}}}
    page.route("**/bulk_decisions", lambda route: route.fulfill(status=400, json=refused))
    approve(page)
    expect(page.locator("p.form-problem").first).not_to_be_empty()
    expect(unsent(page)).to_contain_text("approving")

    page.unroute("**/bulk_decisions")
    approve(page)
    page.locator("[data-bulk=apply]").click()
    expect(page.locator("[data-bulk=undo]")).to_be_visible()
    expect(unsent(page)).to_contain_text("approving")


def test_a_check_that_failed_is_nothing_that_was_to_be_stored(open_page: Open) -> None:
    page = begun(open_page)
    page.route("**/bulk_decisions", lambda route: route.abort())
    approve(page)
    expect(page.locator("p.form-problem").first).not_to_be_empty()
    expect(unsent(page)).to_have_count(0)
    go(page, "anomalies")
    expect(page.locator("main[data-view=anomalies] h1")).to_be_visible()
    is_drawn(page)
    expect(page.locator(BAR)).to_have_count(0)
    page.wait_for_function("() => !Object.keys(sessionStorage).some((one) => one.includes('batch '))")


def test_one_whose_check_fails_again_is_kept(open_page: Open) -> None:
    page = begun(open_page)
    lost(page, Away(page, "bulk_decisions"), approve, count=1)
    page.unroute("**/bulk_decisions")
    page.route("**/bulk_decisions", lambda route: route.abort())
    unsent(page).locator("[data-bulk=batch-again]").click()
    expect(page.locator("p.form-problem").first).not_to_be_empty()
    expect(unsent(page)).to_have_count(1)


@BOTH
def test_two_that_were_not_sent_are_told_with_their_count_and_each_by_itself(open_page: Open, language: str) -> None:
    page = begun(open_page, language)
    away = Away(page, "bulk_decisions")
    lost(page, away, approve, count=1)
    lost(page, away, reject, count=2)
    told = page.locator(".grid-unsent")
    expect(told).to_contain_text("有 2 次" if language == "zh" else "2 changes of lines were not sent")
    page.reload()
    expect(unsent(page)).to_have_count(2)
    first, second = (body["batch_id"] for body in away.sent)
    page.locator(f"[data-batch-unsent='{first}'] [data-bulk=batch-drop]").click()
    expect(unsent(page)).to_have_count(1)
    expect(unsent(page)).to_have_attribute("data-batch-unsent", second)
    away.back()
    unsent(page).locator("[data-bulk=batch-again]").click()
    expect(page.locator("[data-bulk=apply]")).to_be_visible()
    expect(unsent(page)).to_have_count(0)  # it is in hand
    with page.expect_response("**/bulk_decisions") as answer:
        page.locator("[data-bulk=apply]").click()
    assert json.loads(answer.value.request.post_data or "")["batch_id"] == second
    expect(page.locator("[data-bulk=undo]")).to_be_visible()
    expect(unsent(page)).to_have_count(0)


def test_one_that_fails_again_and_makes_room_for_another_is_told_again(open_page: Open) -> None:
    page = begun(open_page)
    approve(page)
    page.locator("[data-bulk=apply]").wait_for()
    away = Away(page, "bulk_decisions")
    with page.expect_event("requestfailed"):
        page.locator("[data-bulk=apply]").click()
    expect(page.locator("[data-bulk=apply]")).to_be_enabled()
    expect(unsent(page)).to_have_count(0)  # its check stands there with "Apply"
    away.back()
    page.locator("[data-bulk=reject]").click()
    expect(unsent(page)).to_have_count(1)
    expect(page.locator(".bulk-form [name=reason]")).to_be_visible()
