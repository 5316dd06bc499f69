"""Orders that somebody else decides on meanwhile, and decisions taken back together, in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.serving.page import fake_api, fake_orders
from tests.serving.page.fake_chain import error
from tests.serving.page.test_orders_in_browser import LINES, says

Open = Callable[..., Any]
pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["en", "zh"])
FIRST = ".line-history li strong"


def _other_decides(page: Any) -> None:
    """Somebody else approves the first line that is shown, with 24 units."""
    store, product = page.locator(LINES).first.get_attribute("data-key").split("\x1f")
    fake_orders.DECIDED[store, product] = fake_orders.decision(store, product, "approve", 24.0)


@BOTH
def test_the_preview_of_a_stale_screen_names_who_decided_and_stores_nothing(
    open_page: Open, site: Any, language: str
) -> None:
    page = open_page("orders?store=S01", language).page
    page.locator(f"{LINES} [data-field=pick]").first.check()
    _other_decides(page)
    page.locator("[data-bulk=reject]").click()
    page.locator(".bulk-form [name=reason]").fill("full")
    page.locator("[data-bulk=preview]").click()
    told = page.locator(".decided")
    expect(told).to_contain_text("王芳")
    expect(told).to_contain_text(says(language, "批准 24 件", "approved 24 units"))
    expect(page.locator("[data-bulk=apply]")).to_have_count(0)
    assert site.bodies("bulk_decisions")[-1]["lines"][0]["seen_decision_id"] is None
    page.locator("[data-bulk=reload]").click()
    expect(page.locator(LINES).first.locator(".badge.approve")).to_be_visible()
    page.locator(f"{LINES} [data-field=pick]").first.check()
    page.locator("[data-bulk=reject]").click()
    page.locator(".bulk-form [name=reason]").fill("full")
    page.locator("[data-bulk=preview]").click()
    page.locator("[data-bulk=apply]").click()
    expect(page.locator(LINES).first.locator(".badge.reject")).to_be_visible()


def test_what_was_decided_between_preview_and_apply_is_refused_and_shown(open_page: Open) -> None:
    page = open_page("orders?store=S01", "en", quiet=False).page
    page.locator(f"{LINES} [data-field=pick]").first.check()
    page.locator("[data-bulk=approve]").click()
    expect(page.locator("[data-bulk=apply]")).to_be_focused()
    _other_decides(page)
    page.locator("[data-bulk=apply]").click()
    expect(page.locator(".decided")).to_contain_text("approved 24 units by 王芳")
    expect(page.locator(".decided")).to_contain_text("You wanted: approved")
    expect(page.locator("[data-bulk=reload]")).to_be_focused()


@BOTH
def test_a_quantity_typed_over_anothers_decision_is_refused_with_both(open_page: Open, language: str) -> None:
    page = open_page("orders?store=S01", language, quiet=False).page
    expect(page.locator(LINES).first).to_be_visible()
    _other_decides(page)
    page.locator("input.quantity").first.fill("48")
    page.keyboard.press("Enter")
    problem = page.locator(".form-problem").first
    expect(problem).to_contain_text("王芳")
    expect(problem).to_contain_text(says(language, "批准 24 件", "approved 24 units"))
    expect(problem).to_contain_text(says(language, "您的决定", "You wanted: changed"))
    expect(page.locator(LINES).first.locator(".badge.approve")).to_be_visible()


def test_the_history_tells_the_moment_at_which_was_decided(open_page: Open) -> None:
    page = open_page("orders?store=S01", "en").page
    expect(page.locator(LINES).first).to_be_visible()
    page.locator("input.quantity").first.fill("48")
    page.keyboard.press("Enter")
    expect(page.locator(LINES).first.locator(".badge.change")).to_be_visible()
    page.locator(f"{LINES} [data-field=open]").first.click()
    # decided on 1 March about the suggestion of 28 February
    expect(page.locator(FIRST).first).to_contain_text(re.compile("Mar 1, 2026|1 Mar 2026"))
    expect(page.locator(FIRST).first).to_contain_text(":")


def test_a_withdrawal_that_is_refused_says_why_and_takes_nothing_back(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_orders.DECIDED["S01", "P0001"] = fake_orders.decision("S01", "P0001", "approve", 24.0)
    page = open_page("orders?store=S01&show=decided", "en", quiet=False).page
    page.locator(f"{LINES} [data-field=pick]").first.check()
    page.locator("[data-bulk=withdraw]").click()
    refused = error(422, "impossible", "was exported and cannot be taken back")
    monkeypatch.setitem(fake_api.ANSWERS, "decisions", lambda _: refused)
    page.locator("[data-bulk=withdraw-apply]").click()
    expect(page.locator(".form-problem").first).to_contain_text("Was exported and cannot be taken back")
    assert list(fake_orders.DECIDED) == [("S01", "P0001")]


@BOTH
def test_decisions_on_many_lines_are_taken_back_after_a_reload(open_page: Open, site: Any, language: str) -> None:
    for product in ("P0001", "P0002"):
        fake_orders.DECIDED["S01", product] = fake_orders.decision("S01", product, "approve", 24.0)
    exported = {"exported_at": "2026-03-01T09:00:00Z"}
    fake_orders.DECIDED["S01", "P0003"] = fake_orders.decision("S01", "P0003", "approve", 24.0, **exported)
    page = open_page("orders?store=S01&show=decided", language).page
    page.locator("[data-field=pick-all]").check()
    page.locator("[data-bulk=withdraw]").click()
    told = page.locator(".difference")
    expect(told).to_contain_text(says(language, "将撤回 2 项决定", "2 decisions would be withdrawn"))
    expect(told).to_contain_text("王芳")
    expect(told).to_contain_text(says(language, "1行已下发", "1 exported line stays"))
    page.locator("[data-bulk=withdraw-apply]").click()
    expect(page.locator(".notice")).to_contain_text(says(language, "已撤回 2 项决定", "2 decisions withdrawn"))
    assert site.bodies("decisions")[-1] == {"withdraw": ["d-S01-P0001", "d-S01-P0002"]}
    assert list(fake_orders.DECIDED) == [("S01", "P0003")]
