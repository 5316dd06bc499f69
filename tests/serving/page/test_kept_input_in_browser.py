"""What a person typed is not lost: quantities that could not be stored, drafts of forms, views that failed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.serving.page import fake_api
from tests.serving.page.fake_chain import error
from tests.serving.page.test_campaigns_in_browser import as_role

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
Open = Callable[..., Any]
LINES = ".grid tbody tr[data-key]:not(.group)"


def go(page: Page, fragment: str) -> None:
    page.goto(page.url.split("#")[0] + f"#/{fragment}")


@BOTH
def test_a_quantity_that_could_not_be_sent_stays_and_is_sent_again(open_page: Open, language: str) -> None:
    page = open_page("orders?store=S01&show=orders", language, quiet=False).page
    field = page.locator(f"{LINES} input.quantity").first
    expect(field).to_have_value("24")
    page.route("**/decisions", lambda route: route.abort())
    field.fill("72")
    field.press("Enter")
    offer = page.locator(".grid-offers p")
    expect(offer).to_contain_text("72 尚未发送" if language == "zh" else "72 not sent yet")
    expect(offer).to_contain_text("有机纯牛奶")
    expect(offer).to_contain_text("青石巷店")
    expect(page.locator("p.form-problem").first).to_contain_text("有机纯牛奶")
    expect(field).to_have_value("72")
    expect(field).to_have_attribute("aria-invalid", "true")
    page.locator("[data-show=all]").click()
    expect(page.locator('[data-show="all"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator(f"{LINES} input[aria-invalid=true]")).to_have_value("72")
    page.unroute("**/decisions")
    offer.locator("[data-bulk=again]").click()
    expect(page.locator(".badge.change")).to_be_visible()
    expect(offer).to_have_count(0)
    expect(page.locator(f"{LINES} input[aria-invalid=true]")).to_have_count(0)
    expect(page.locator(f"{LINES} input.quantity").first).to_have_value("72")


@BOTH
@pytest.mark.parametrize("typed", ["-5", "99999999999"])
def test_a_quantity_that_cannot_be_stays_marked_until_it_is_mended(open_page: Open, typed: str, language: str) -> None:
    page = open_page("orders?store=S01&show=orders", language, quiet=False).page
    refused = {"error": {"code": "bad_request", "message": "too much", "details": {}}}
    page.route("**/decisions", lambda route: route.fulfill(status=400, json=refused))
    field = page.locator(f"{LINES} input.quantity").first
    field.fill(typed)
    field.press("Enter")
    expect(page.locator("p.form-problem").first).to_contain_text("有机纯牛奶")
    expect(field).to_have_value(typed)
    expect(field).to_have_attribute("aria-invalid", "true")
    field.press("Escape")
    expect(field).to_have_value("24")
    expect(page.locator("input[aria-invalid=true]")).to_have_count(0)


@BOTH
def test_a_view_that_failed_comes_back_by_itself(clocked: Page, open_page: Open, language: str) -> None:
    page = open_page("overview", language, quiet=False).page
    expect(page.locator(".tiles")).to_be_visible()
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    page.route("**/listing", lambda route: route.abort())
    page.route("**/readyz", lambda route: route.abort())
    go(page, "orders")
    expect(page.locator(".failed")).to_contain_text("页面会自动重试" if language == "zh" else "tries again by itself")
    page.unroute("**/listing")
    page.unroute("**/readyz")
    page.clock.fast_forward(3_000)
    expect(page.locator(".grid input.quantity").first).to_be_visible()


def test_what_is_refused_is_not_tried_again(open_page: Open) -> None:
    refused = error(403, "forbidden", "no")
    fake_api.INSTEAD["listing"] = lambda *_: refused
    page = open_page("orders", "en", quiet=False).page
    expect(page.locator(".failed")).to_be_visible()
    expect(page.locator(".failed")).not_to_contain_text("by itself")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


@BOTH
def test_a_segment_that_was_not_saved_is_still_there(open_page: Open, language: str) -> None:
    page = open_page("segments?new=1", language).page
    page.locator("[name=name]").fill("雨天")
    page.locator("[name=expression]").fill("days_since_purchase > 60")
    page.locator("[name=kept][value=static]").check()
    page.locator("[data-action=count]").click()
    expect(page.locator(".counted .figures")).to_be_visible()
    go(page, "campaigns")
    expect(page.locator("[data-start]").first).to_be_visible()
    page.go_back()
    expect(page.locator("[name=expression]")).to_have_value("days_since_purchase > 60")
    expect(page.locator("[name=name]")).to_have_value("雨天")
    expect(page.locator("[name=kept][value=static]")).to_be_checked()
    expect(page.locator(".counted .figures")).to_be_visible()
    expect(page.locator("[data-draft]")).to_be_visible()
    page.locator("[data-action=drop-draft]").click()
    expect(page.locator("[name=expression]")).to_have_value("")
    expect(page.locator("[data-draft]")).to_have_count(0)


@BOTH
def test_a_campaign_that_was_not_saved_is_still_there_until_it_is(open_page: Open, language: str) -> None:
    page = open_page("campaigns?new=goods&product=P0002", language).page
    page.locator("[name=name]").fill("汤圆节")
    page.locator("[name=use_email]").check()
    page.locator("[name=text_email]").fill("hello")
    go(page, "segments")
    expect(page.locator("[data-action=new]")).to_be_visible()
    page.go_back()
    expect(page.locator("[name=name]")).to_have_value("汤圆节")
    expect(page.locator("[name=text_email]")).to_have_value("hello")
    expect(page.locator("[name=text_email]")).to_be_visible()
    go(page, "campaigns?new=goods&product=P0003")
    expect(page.locator("[name=name]")).to_have_value("阳澄湖大闸蟹礼盒")
    expect(page.locator("[data-draft]")).to_have_count(0)


@BOTH
def test_a_view_that_the_role_does_not_have_says_who_has_it(open_page: Open, language: str) -> None:
    as_role("merchandiser")
    page = open_page("overview", language).page
    for view in ("audience?product=P0002", "campaigns", "segments", "funnel", "assets", "jobs"):
        expect(page.locator(".tiles")).to_be_visible()
        go(page, view)
        wall = page.locator(f"[data-wall={view.split('?')[0]}]")
        who = {"jobs": ("数据科学", "Data scientist")}.get(view, ("营销", "Marketer"))
        expect(wall).to_contain_text(who[language == "en"])
        expect(page.locator("main form, main .failed")).to_have_count(0)
        wall.locator("a").click()
    expect(page.locator(".tiles")).to_be_visible()


@BOTH
def test_an_address_of_no_view_says_so(open_page: Open, language: str) -> None:
    page = open_page("nonsense", language).page
    expect(page.locator("main .notice").first).to_contain_text("nonsense")
    expect(page.locator(".tiles")).to_be_visible()
    expect(page).to_have_url(re.compile("#/overview"))


@BOTH
@pytest.mark.parametrize("view", ["orders?f=flags:foo&store=S99", "stock?tab=counts&store=S99&f=category:foo"])
def test_a_condition_that_nothing_has_is_named(open_page: Open, view: str, language: str) -> None:
    page = open_page(view, language).page
    said = page.locator("[data-nothing]")
    expect(said).to_contain_text("S99")
    expect(said).to_contain_text("foo")


@BOTH
def test_a_segment_that_is_not_there_is_no_form(open_page: Open, language: str) -> None:
    page = open_page("segments?name=nope", language).page
    expect(page.locator("main .empty")).to_contain_text("nope")
    expect(page.locator("main form")).to_have_count(0)
    page.locator("a[href='#/segments?new=1']").click()
    expect(page.locator("[name=expression]")).to_be_visible()
