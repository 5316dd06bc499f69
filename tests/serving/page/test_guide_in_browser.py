"""A guide's day on a phone: today's people, one tap for what came of it, and a line that breaks."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from serving.http.access import ROLE_SCOPES
from tests.serving.page import fake_api, fake_guides
from tests.serving.page.fake_chain import EVIL
from tests.serving.page.test_campaigns_in_browser import as_role
from tests.serving.page.test_views_in_browser import says

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
SEND_NOW = "document.querySelector('[data-action=send]')?.click()"
"""Presses *Send now*, which goes by itself where the page tried again first."""
Open = Callable[..., Any]
PHONE = 390
SMALLEST_TARGET = 44
"""CSS pixels that a thumb hits: the size that WCAG 2.5.5 and both makers of phones ask for."""
UNSENT = "JSON.parse(Object.entries(localStorage).find(([key]) => key.startsWith('retail-brain.unsent.'))?.[1] ?? '[]')"


@pytest.fixture(autouse=True)
def today() -> None:
    fake_guides.forget()


def as_guide() -> None:
    """The page as the key of guide G1 sees it, once it asks anew."""
    place = {"kind": "guide", "regions": [], "stores": [], "guide": "G1"}
    fake_api.RIGHTS |= {"role": "marketer", "scopes": sorted(ROLE_SCOPES["marketer"]), "place": place}


def a_guides_phone(open_page: Open, site: Any, language: str = "en", **options: Any) -> Page:
    page: Page = open_page(f"{site.address}/ui/#/?lang={language}", width=PHONE, **options).page
    as_guide()
    page.get_by_role("dialog").locator("input").fill(site.key)
    page.keyboard.press("Enter")
    expect(page.locator(".task")).to_have_count(3)
    return page


def card(page: Page, number: int) -> Any:
    return page.locator(f"[data-task=t{number}]")


@BOTH
def test_a_guide_lands_on_todays_people_and_answers_by_one_tap(open_page: Open, site: Any, language: str) -> None:
    page = a_guides_phone(open_page, site, language)
    expect(page).to_have_url(re.compile("#/guide$"))
    expect(page.locator("nav [data-view]")).to_have_text(
        [says(language, "今日名单", "Today's list"), says(language, "顾客", "Customer")]
    )
    first = card(page, 0)
    expect(first).to_contain_text("C00001")
    expect(first).to_contain_text("有机纯牛奶")
    expect(first).to_contain_text(says(language, "快用完了", "because it is due"))
    expect(first.locator(".say")).to_contain_text(says(language, "您的有机纯牛奶", "Your 有机纯牛奶"))
    sizes = [box.bounding_box() for box in first.locator(".outcomes button").all()]
    assert all(box and box["height"] >= SMALLEST_TARGET for box in sizes)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    first.locator("[data-outcome=bought]").click()
    expect(first.locator(".outcome .badge")).to_have_text(says(language, "已购买", "Bought"))
    expect(page.locator(".unsent")).to_have_text(says(language, "所有记录都已发送", "All answers sent"))
    expect(page.locator(".guide-sum")).to_contain_text(says(language, "已完成 1 / 3", "1 of 3 done"))
    sent = site.bodies("guide_answers")[0]["answers"]
    assert [(one["task_id"], one["outcome"]) for one in sent] == [("t0", "bought")]
    page.reload()
    expect(card(page, 0).locator(".outcome .badge")).to_have_text(says(language, "已购买", "Bought"))


@BOTH
def test_answers_wait_for_the_line_and_each_counts_once(open_page: Open, site: Any, language: str) -> None:
    page = a_guides_phone(open_page, site, language, quiet=False)
    page.route("**/guide_answers", lambda route: route.abort())
    card(page, 0).locator("[data-outcome=done]").click()
    card(page, 1).locator("[data-outcome=not_reached]").click()
    unsent = page.locator(".unsent")
    expect(unsent).to_contain_text(says(language, "还有 2 条记录未发送", "2 answers not sent yet"))
    page.route("**/overview", lambda route: route.abort())
    page.route("**/guide_list", lambda route: route.abort())
    page.reload()
    expect(page.locator(".notice")).to_contain_text(says(language, "网络不通", "You are offline"))
    expect(card(page, 1).locator(".outcome .badge")).to_have_text(says(language, "未联系上", "Not reached"))
    expect(unsent).to_contain_text("2")
    page.unroute("**/guide_answers")
    # the answer of the first try is lost on its way back: the same answers are sent again
    lost: list[str] = []

    def lose_once(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.request.url)
        route.fetch()
        return route.abort()

    page.route("**/guide_answers", lose_once)
    page.evaluate(SEND_NOW)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(unsent).to_contain_text(says(language, "所有记录都已发送", "All answers sent"))
    assert {(one["task_id"], one["outcome"]) for one in fake_guides.STORED.values()} == {
        ("t0", "done"),
        ("t1", "not_reached"),
    }
    assert len(fake_guides.STORED) == 2
    assert lost


def test_a_refusal_can_be_undone_before_it_leaves(clocked: Page, open_page: Open, site: Any) -> None:
    page = a_guides_phone(open_page, site)
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))  # the five seconds are over when the test says so
    refused = card(page, 0).locator("[data-outcome=refused]")
    refused.click()
    undo = card(page, 0).locator("[data-field=back]")
    expect(undo).to_be_focused()
    undo.click()
    expect(refused).to_be_visible()
    assert page.evaluate(UNSENT) == []
    refused.click()
    expect(undo).to_be_focused()
    page.clock.run_for(4_900)
    assert page.evaluate(f"{UNSENT}.length") == 1
    page.clock.run_for(200)
    assert site.bodies("guide_answers")[0]["answers"][0]["outcome"] == "refused"
    expect(card(page, 0).locator("[data-field=back]")).to_have_count(0)
    assert len(site.bodies("guide_answers")) == 1


def test_an_answer_is_changed_by_a_later_one(open_page: Open, site: Any) -> None:
    page = a_guides_phone(open_page, site)
    card(page, 0).locator("[data-outcome=done]").press("Enter")
    back = card(page, 0).locator("[data-field=back]")
    expect(back).to_have_text("Change")
    expect(back).to_be_focused()
    back.press("Enter")
    expect(card(page, 0).locator(".outcomes button").first).to_be_focused()
    card(page, 0).locator("summary").click()
    card(page, 0).locator("[name=note]").fill("took two")
    card(page, 0).locator("[data-outcome=bought]").click()
    site.bodies("guide_answers", lambda body: body["answers"][0].get("note") == "took two")
    expect(card(page, 0).locator(".outcome .badge")).to_have_text("Bought")


@BOTH
def test_an_answer_that_the_service_does_not_take_holds_no_other_back(
    open_page: Open, site: Any, language: str
) -> None:
    page = a_guides_phone(open_page, site, language, quiet=False)
    page.route("**/guide_answers", lambda route: route.abort())
    card(page, 0).locator("[data-outcome=done]").click()
    expect(page.locator(".unsent")).to_contain_text("1")
    gone = {"answer_id": "x1", "task_id": "gone", "outcome": "done", "at": "2026-03-01T08:00:00.000Z"}
    page.evaluate(
        "gone => { const key = Object.keys(localStorage).find((one) => one.startsWith('retail-brain.unsent.'));"
        " localStorage.setItem(key, JSON.stringify([gone, ...JSON.parse(localStorage.getItem(key))])); }",
        gone,
    )
    page.unroute("**/guide_answers")
    page.evaluate(SEND_NOW)
    expect(page.locator(".form-problem")).to_contain_text("Line 'gone' is on no list of yours")
    expect(page.locator(".form-problem")).to_contain_text(says(language, "未被接受", "was not accepted"))
    assert [one["task_id"] for one in fake_guides.STORED.values()] == ["t0"]
    page.locator("[data-action=discard]").click()
    expect(page.locator(".form-problem")).to_have_count(0)


def test_signing_out_forgets_the_people_and_keeps_what_is_unsent(open_page: Open, site: Any) -> None:
    page = a_guides_phone(open_page, site, quiet=False)
    page.route("**/guide_answers", lambda route: route.abort())
    card(page, 2).locator("[data-outcome=done]").click()
    expect(page.locator(".unsent")).to_contain_text("1 answer not sent yet")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("main")).to_contain_text("1 answer waits on this phone")
    kept = page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert "C00003" not in kept
    page.unroute("**/guide_answers")
    page.get_by_role("dialog").locator("input").fill(site.key)
    page.keyboard.press("Enter")
    expect(page.locator(".unsent")).to_have_text("All answers sent")
    assert [one["task_id"] for one in fake_guides.STORED.values()] == ["t2"]


def test_names_out_of_the_data_stay_text(open_page: Open, site: Any) -> None:
    fake_guides.LINES[0] |= {"product_id": "P0005", "text": EVIL, "reason": EVIL}
    page = a_guides_phone(open_page, site)
    expect(card(page, 0).locator(".say")).to_contain_text("<img src=x")
    assert page.evaluate("window.attacked") is None


@BOTH
def test_headquarters_choose_whose_list_and_have_it_made(open_page: Open, site: Any, language: str) -> None:
    fake_guides.LINES.clear()
    page = open_page("guide", language).page
    expect(page.locator(".empty")).to_contain_text(says(language, "还没有名单", "No list for this day"))
    page.locator("[name=guide]").select_option("G1")
    expect(page.locator("[name=guide]")).to_have_value("G1")
    expect(page).to_have_url(re.compile("guide=G1"))
    page.locator("[data-action=make]").click()
    expect(page.locator(".task")).to_have_count(3)
    assert site.bodies("guide_make") == [{"guide_ids": ["G1"]}]
    assert site.bodies("guide_list", lambda body: body == {"guide_id": "G1"})


@BOTH
def test_headquarters_makes_lists_that_take_longer_than_one_answer(open_page: Open, language: str) -> None:
    page = open_page("guide", language, quiet=False).page
    fake_guides.LINES.clear()
    page.reload()
    expect(page.locator("main .empty")).to_contain_text(says(language, "生成名单", "Create lists"))
    waiting: list[Route] = []

    def waits(route: Route) -> None:
        waiting.append(route)

    page.route("**/guide_make", waits)
    with page.expect_request("**/guide_make"):
        page.locator("[data-action=make]").click()
    expect(page.locator("main")).to_contain_text(says(language, "正在生成名单", "Creating the lists"))
    late = {"error": {"code": "overloaded", "message": "slow", "details": {}}}
    waiting[0].fulfill(status=503, headers={"retry-after": "0.4"}, json=late)
    expect(page.locator("main")).to_contain_text(says(language, "仍在生成", "The service goes on"))
    fake_guides.forget()
    expect(page.locator(".task")).to_have_count(3)
    expect(page.locator("main p.form-problem")).to_have_count(1)
    expect(page.locator("main p.form-problem")).to_be_empty()


def test_lines_that_were_there_before_are_no_sign_that_lists_were_made(open_page: Open) -> None:
    del fake_guides.LINES[1:]
    page = open_page("guide", "en", quiet=False).page
    expect(page.locator(".task")).to_have_count(1)
    late = {"error": {"code": "overloaded", "message": "slow", "details": {}}}
    page.route("**/guide_make", lambda route: route.fulfill(status=503, headers={"retry-after": "0.4"}, json=late))
    page.locator("[data-action=make]").click()
    expect(page.locator("main")).to_contain_text("The service goes on")
    for _ in range(2):  # looks, at the pause that the service names
        with page.expect_response("**/guide_list"):
            pass
    expect(page.locator("main")).to_contain_text("The service goes on")
    fake_guides.forget()
    expect(page.locator(".task")).to_have_count(3)
    expect(page.locator("main")).not_to_contain_text("The service goes on")


@BOTH
def test_a_data_scientist_answers_no_list(open_page: Open, language: str) -> None:
    as_role("data_scientist")
    page = open_page("guide", language).page
    expect(page.locator("[data-wall=guide]")).to_contain_text(says(language, "营销", "Marketer"))
    expect(page.locator(".task")).to_have_count(0)


def test_a_shop_chooses_among_its_guides(open_page: Open) -> None:
    page = open_page("overview", "en").page
    place = {"kind": "shop", "regions": [], "stores": ["S01"], "guide": None}
    fake_api.RIGHTS["place"] = place
    page.reload()
    page.goto(page.url.split("#")[0] + "#/guide")
    page.locator("[name=guide]").select_option("G1")
    expect(page).to_have_url(re.compile("guide=G1"))
    expect(page.locator("[data-action=make]")).to_be_visible()


@BOTH
def test_a_long_list_grows_when_asked_and_is_counted_whole(open_page: Open, language: str) -> None:
    line = fake_guides.LINES[0]
    fake_guides.LINES[:] = [line | {"task_id": f"many{number}"} for number in range(95)]
    page = open_page("guide", language).page
    expect(page.locator(".task")).to_have_count(20)
    expect(page.locator(".guide-sum")).to_contain_text("95")
    expect(page.locator(".table-foot")).to_contain_text(says(language, "已显示 20 / 95 人", "20 of 95 people shown"))
    page.locator("[data-action=more]").click()
    expect(page.locator(".task")).to_have_count(40)
    expect(page.locator(".task").nth(20)).to_be_focused()
    for _ in range(3):
        page.locator("[data-action=more]").click()
    expect(page.locator(".task")).to_have_count(95)
    expect(page.locator(".task .badge").first).to_contain_text("王芳")  # whose list it is, by name
    expect(page.locator("[data-action=more]")).to_have_count(0)


@BOTH
def test_a_text_that_the_browser_does_not_copy_is_said_to_be_there_to_mark(
    open_page: Open, site: Any, language: str
) -> None:
    page = a_guides_phone(open_page, site, language)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('denied')); }")
    card(page, 0).locator("[data-action=copy]").click()
    expect(card(page, 0).locator(".say")).to_contain_text(says(language, "请长按文字自行复制", "select the text"))


def test_a_note_that_is_being_written_outlives_a_reload_and_goes_with_the_answer(open_page: Open, site: Any) -> None:
    page = a_guides_phone(open_page, site)
    card(page, 0).locator(".note-box summary").click()
    card(page, 0).locator("[name=note]").fill("asks for a smaller pack")
    page.reload()
    expect(card(page, 0).locator("[name=note]")).to_be_visible()
    expect(card(page, 0).locator("[name=note]")).to_have_value("asks for a smaller pack")
    card(page, 0).locator("[data-outcome=done]").click()
    expect(page.locator(".unsent")).to_have_text("All answers sent")
    assert site.bodies("guide_answers")[0]["answers"][0]["note"] == "asks for a smaller pack"
    page.reload()
    expect(card(page, 0).locator(".outcome .badge")).to_be_visible()
    assert page.evaluate("Object.keys(sessionStorage).filter((one) => one.includes('.note ')).length") == 0
