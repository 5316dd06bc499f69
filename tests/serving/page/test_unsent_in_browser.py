"""What was sent while the service was away is kept, told on the other views, and sent again under the same id."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.serving.page import fake_campaigns, fake_insight, fake_jobs, fake_people, fake_segments
from tests.serving.page.test_accessible_in_browser import complaints
from tests.serving.page.test_kept_input_in_browser import BOTH, LINES, go

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
BAR = "[data-unsent-elsewhere]"
PANEL = "orders?store=S01&show=orders&open=S01%3AP0001"


@pytest.fixture(autouse=True)
def forgotten() -> None:
    fake_campaigns.KEPT.clear()
    fake_insight.ASIDE[:] = [fake_insight.aside(1, "many")]
    fake_people.RULES.clear()
    fake_jobs.forget()
    fake_segments.BOOK[:] = []


class Away:
    """A route of which nothing comes back; what it was sent is remembered."""

    def __init__(self, page: Page, route: str, *, stores: bool = False) -> None:
        self.page, self.pattern, self.stores = page, f"**/{route}", stores
        self.sent: list[dict[str, Any]] = []
        page.route(self.pattern, self._lose)

    def _lose(self, route: Route) -> None:
        body = json.loads(route.request.post_data or "{}")
        if not self._writes(body):
            route.continue_()
            return
        self.sent.append(body)
        if self.stores:
            route.fetch()
        route.abort()

    @staticmethod
    def _writes(body: dict[str, Any]) -> bool:
        """Routes that both tell and take are away only for what they take."""
        told = {"series", "columns", "history", "members", "count", "show"}
        writes = {"overrides", "rules", "rows", "decisions", "text", "kind", "campaign", "lines", "view", "expression"}
        return body.get("action") not in told and not body.get("check") and bool(writes & set(body))

    def back(self) -> None:
        self.page.unroute(self.pattern)


def leaves_and_returns(page: Page, fragment: str) -> Locator:
    """Goes to another view, where the line at the top tells of it, and follows that line back."""
    go(page, "anomalies")
    expect(page.locator("main[data-view=anomalies] h1")).to_be_visible()
    told = page.locator(BAR)
    expect(told).to_be_visible()
    told.locator("a").first.click()
    expect(page.locator(f"main[data-view={fragment.split('?', maxsplit=1)[0]}] h1")).to_be_attached()
    return page.locator("[data-unsent]")


def is_drawn(page: Page) -> None:
    """What is asked of a whole view at once is asked when nothing of it is still to come."""
    expect(page.locator("main h1").first).to_be_attached()
    expect(page.locator("[aria-busy=true], .loading")).to_have_count(0)


def is_sent(page: Page, notice: Locator) -> None:
    expect(notice).to_have_count(0)
    go(page, "anomalies")
    expect(page.locator("main[data-view=anomalies] h1")).to_be_visible()
    expect(page.locator(BAR)).to_have_count(0)


@BOTH
def test_a_typed_quantity_outlives_the_view(open_page: Open, language: str) -> None:
    page = open_page("orders?store=S01&show=orders", language, quiet=False).page
    away = Away(page, "decisions")
    field = page.locator(f"{LINES} input.quantity").first
    field.fill("72")
    field.press("Enter")
    expect(page.locator(".grid-offers p")).to_be_visible()
    go(page, "anomalies")
    expect(page.locator(BAR)).to_contain_text("订货页的 1 个数量" if language == "zh" else "1 quantity in Orders")
    page.reload()
    page.locator(f"{BAR} a").click()
    offer = page.locator(".grid-offers p")
    expect(offer).to_contain_text("72 尚未发送" if language == "zh" else "72 not sent yet")
    expect(offer).to_contain_text("有机纯牛奶")
    expect(page.locator(BAR)).to_have_count(0)
    expect(page.locator(f"{LINES} input[aria-invalid=true]")).to_have_value("72")
    away.back()
    with page.expect_request("**/decisions") as again:
        offer.locator("[data-bulk=again]").click()
    ids = [away.sent[0], json.loads(again.value.post_data or "")]
    assert len({body["decisions"][0]["decision_id"] for body in ids}) == 1, (
        "it may have been stored without our hearing"
    )
    expect(offer).to_have_count(0)
    expect(page.locator(".badge.change").first).to_be_visible()
    go(page, "anomalies")
    expect(page.locator("main[data-view=anomalies] h1")).to_be_visible()
    expect(page.locator(BAR)).to_have_count(0)


def test_a_quantity_that_is_on_its_way_when_the_view_is_left_is_stored(open_page: Open) -> None:
    page = open_page("orders?store=S01&show=orders", "en", quiet=False).page
    waiting: list[Route] = []

    def waits(route: Route) -> None:
        waiting.append(route)

    page.route("**/decisions", waits)
    field = page.locator(f"{LINES} input.quantity").first
    field.fill("72")
    with page.expect_request("**/decisions"):
        field.press("Enter")
    go(page, "anomalies")
    expect(page.locator(BAR)).to_contain_text("1 quantity in Orders")
    with page.expect_response("**/decisions") as answer:
        waiting[0].continue_()
    assert answer.value.ok
    expect(page.locator(BAR)).to_have_count(0)
    go(page, "orders?store=S01&show=all")
    expect(page.locator(f"{LINES} .badge.change").first).to_be_visible()
    expect(page.locator(".grid-offers p")).to_have_count(0)


def test_a_quantity_that_is_given_up_is_gone(open_page: Open) -> None:
    page = open_page("orders?store=S01&show=orders", "en", quiet=False).page
    Away(page, "decisions")
    field = page.locator(f"{LINES} input.quantity").first
    field.fill("72")
    field.press("Enter")
    expect(page.locator(".grid-offers p")).to_be_visible()
    leaves_and_returns(page, "orders")
    page.locator(".grid-offers button").last.click()
    expect(page.locator(".grid-offers p")).to_have_count(0)
    go(page, "anomalies")
    expect(page.locator("main[data-view=anomalies] h1")).to_be_visible()
    expect(page.locator(BAR)).to_have_count(0)


def test_another_quantity_may_be_typed_over_one_that_was_not_sent(open_page: Open, site: Any) -> None:
    page = open_page("orders?store=S01&show=orders", "en", quiet=False).page
    away = Away(page, "decisions")
    field = page.locator(f"{LINES} input.quantity").first
    field.fill("72")
    field.press("Enter")
    expect(page.locator(".grid-offers p")).to_be_visible()
    leaves_and_returns(page, "orders")
    expect(field).to_have_value("72")
    away.back()
    field.click()
    field.press_sequentially("48")
    expect(field).to_have_value("48")
    expect(page.locator(".grid-offers p")).to_have_count(0)
    field.press("Enter")
    expect(page.locator(".badge.change").first).to_be_visible()
    assert [body["decisions"][0]["order_quantity"] for body in site.bodies("decisions")] == [48]


@BOTH
def test_a_change_of_many_lines_outlives_the_view(open_page: Open, language: str) -> None:
    page = open_page("orders?store=S01&show=orders", language, quiet=False).page
    page.locator("[data-field=pick-all]").check()
    page.locator("[data-bulk=change]").click()
    page.locator("[name=value]").fill("20")
    away = Away(page, "bulk_decisions")
    page.locator("[data-bulk=preview]").click()
    page.locator("[data-bulk=apply]").click()
    expect(page.locator("p.form-problem").first).not_to_be_empty()
    notice = leaves_and_returns(page, "orders")
    expect(notice).to_contain_text("修改" if language == "zh" else "changing")
    away.back()
    notice.locator("[data-bulk=batch-again]").click()
    page.locator("[data-bulk=apply]").click()
    expect(page.locator("[data-bulk=undo]")).to_be_visible()
    is_sent(page, notice)


def comment(page: Page) -> None:
    page.locator("[data-comment=text]").fill("ask the supplier")
    page.locator("[data-comment=store]").click()


def decision(page: Page) -> None:
    page.locator(".decision-form [name=quantity]").fill("48")
    page.locator(".decision-form [name=reason]").fill("school fair")
    page.locator("[data-decide=change]").click()


def override(page: Page) -> None:
    page.locator(".override [name=value]").fill("1.5")
    page.locator(".override [name=reason]").fill("school fair")
    page.locator(".override button[type=submit]").click()


def rule(page: Page) -> None:
    page.locator("[name=attribute]").select_option("brand")
    page.locator("[name=values]").fill("Acme")
    page.locator("[name=name]").fill("summer")
    page.locator(".rule-form button[type=submit]").click()


def correction(page: Page) -> None:
    page.locator(".set-aside input").last.fill("7")
    page.locator("[data-action=retry]").click()


def segment(page: Page) -> None:
    page.locator("[name=name]").fill("雨天")
    page.locator("[name=expression]").fill("days_since_purchase > 60")
    page.locator("[data-action=count]").click()
    page.locator("form button[type=submit]").click()


def campaign(page: Page) -> None:
    page.locator("[name=name]").fill("汤圆节")
    page.locator("[data-action=save-preview]").click()


def job(page: Page) -> None:
    page.locator("[name=preset]").select_option("full")
    page.locator("[data-action=start]").click()


def version(page: Page) -> None:
    page.locator("[name=reason]").fill("better by two points")
    page.locator("[data-action=promote]").click()


FORMS = {
    "comment": (PANEL, "line_comment", comment, "[data-comment=text]", "ask the supplier"),
    "decision": (PANEL, "decisions", decision, ".decision-form [name=quantity]", "48"),
    "override": (
        "forecast?store=S01&product=P0003&open=override",
        "overrides",
        override,
        ".override [name=value]",
        "1.5",
    ),
    "rule": ("rules", "rules", rule, "[name=values]", "Acme"),
    "correction": ("quarantine?table=transactions", "quarantine", correction, ".set-aside input >> nth=-1", "7"),
    "segment": ("segments?new=1", "segments", segment, "[name=expression]", "days_since_purchase > 60"),
    "campaign": ("campaigns?new=goods&product=P0002", "campaign", campaign, "[name=name]", "汤圆节"),
    "job": ("jobs?new=train_demand", "job_start", job, "[name=preset]", "full"),
    "version": ("models", "promote", version, "[name=reason]", "better by two points"),
}


LEADS = {"segment": r"segments\?name=", "campaign": r"campaigns\?id=", "job": r"jobs\?id="}
"""Where the page goes once it was stored."""


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_was_not_sent_is_shown_again_and_sent(open_page: Open, form: str) -> None:
    view, route, fills, field, text = FORMS[form]
    page = open_page(view, "en", quiet=False).page
    away = Away(page, route)
    fills(page)
    expect(page.locator("[data-unsent]")).to_contain_text("Not sent")
    assert len(away.sent) == 1
    is_drawn(page)
    assert complaints(page) == []
    notice = leaves_and_returns(page, view)
    expect(notice).to_contain_text("Not sent")
    expect(page.locator(field)).to_have_value(text)
    away.back()
    with page.expect_response(f"**/{route}") as answer:
        notice.locator("[data-action=send-again]").click()
    assert answer.value.ok, answer.value.text()
    sent, again = away.sent[0], json.loads(answer.value.request.post_data or "")
    assert again == sent, "what was typed is sent, under the id of before"
    if form in LEADS:
        expect(page).to_have_url(re.compile(LEADS[form]))
    is_sent(page, notice)


def test_a_comment_that_was_stored_unheard_counts_once(open_page: Open, site: Any) -> None:
    page = open_page(PANEL, "en", quiet=False).page
    away = Away(page, "line_comment", stores=True)
    comment(page)
    notice = leaves_and_returns(page, PANEL)
    away.back()
    notice.locator("[data-action=send-again]").click()
    expect(notice).to_have_count(0)
    assert len({body["comment_id"] for body in site.bodies("line_comment")}) == 1


def test_the_same_comment_once_more_is_another_one(open_page: Open, site: Any) -> None:
    page = open_page(PANEL, "en").page
    for _ in range(2):
        with page.expect_response("**/line_comment") as answer:
            comment(page)
        assert answer.value.ok
        expect(page.locator("[data-comment=text]")).to_have_value("")
    assert len({body["comment_id"] for body in site.bodies("line_comment")}) == 2, (
        "under the id of before it would not be stored"
    )


def test_what_comes_late_does_not_take_away_what_was_sent_after_it(open_page: Open) -> None:
    page = open_page(PANEL, "en", quiet=False).page
    waiting: list[Route] = []

    def waits(route: Route) -> None:
        waiting.append(route)

    page.route("**/line_comment", waits)
    with page.expect_request("**/line_comment"):
        comment(page)
    notice = leaves_and_returns(page, PANEL)
    expect(notice).to_contain_text("Not sent")
    Away(page, "line_comment")
    page.locator("[data-comment=text]").fill("ask the other supplier")
    with page.expect_event("requestfailed"):
        page.locator("[data-comment=store]").click()
    expect(page.locator("[data-comment=store]")).to_be_enabled()
    with page.expect_response("**/line_comment") as answer:
        waiting[0].fulfill(json={})
    assert answer.value.ok
    notice = leaves_and_returns(page, PANEL)
    expect(notice).to_contain_text("Not sent")
    expect(page.locator("[data-comment=text]")).to_have_value("ask the other supplier")


def test_what_was_not_sent_goes_with_the_key(open_page: Open) -> None:
    page = open_page(PANEL, "en", quiet=False).page
    Away(page, "line_comment")
    comment(page)
    expect(page.locator("[data-unsent]")).to_be_visible()
    go(page, "anomalies")
    expect(page.locator(BAR)).to_be_visible()
    is_drawn(page)
    assert complaints(page) == []
    page.locator("[data-tool=sign_out]").click()
    asked = page.locator(".sign-out")
    expect(asked).to_contain_text("1 thing that you typed is not stored")
    assert complaints(page) == []
    asked.locator("button").last.click()
    expect(asked).to_have_count(0)
    expect(page.locator(BAR)).to_be_visible()
    page.locator("[data-tool=sign_out]").click()
    page.locator("[data-action=sign-out-sure]").click()
    expect(page.locator(BAR)).to_have_count(0)
    page.wait_for_function("() => !Object.keys(sessionStorage).some((one) => one.includes('draft'))")
