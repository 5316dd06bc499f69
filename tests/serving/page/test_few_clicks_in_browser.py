"""Head office, data scientist and everybody without a mouse: their tasks in few clicks, and every view by the keyboard.

The merchandiser's, the marketer's and the guide's clicks are counted where their tasks are tested.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.serving.page import fake_insight
from tests.serving.page.test_campaigns_in_browser import Clicks, as_role

pytestmark = pytest.mark.browser
Open = Callable[..., Any]


@pytest.fixture(autouse=True)
def first_version_in_use() -> None:
    fake_insight.CHAMPION["version"] = 1


def test_head_office_sees_the_chain_without_a_click_and_a_stores_orders_by_one(open_page: Open) -> None:
    page = open_page("overview", "en").page
    click = Clicks(page)
    office = page.locator(".office")
    for shown in ("¥40,000", "+25.0% vs last year", "¥5,000", "1 new stock problem"):
        expect(office).to_contain_text(shown)
    expect(page.locator(".exceptions tbody tr").first).to_be_visible()
    click(".office tbody a")
    expect(page.locator("h1")).to_have_text("Orders")
    expect(page.locator(".grid [data-field=open]").first).to_be_visible()
    assert click.count == 1


def test_a_data_scientist_compares_versions_by_one_click_and_puts_one_into_use_by_two(open_page: Open) -> None:
    as_role("data_scientist")
    page = open_page("overview", "en").page
    click = Clicks(page)
    click("nav [data-view=models]")
    expect(page.locator(".line-plot").first.locator(".series")).to_have_count(3)
    expect(page.locator("thead th").first).to_contain_text("Version 2")
    page.locator("[name=reason]").fill("better on fresh goods")
    click("[data-action=promote]")
    expect(page.locator(".notice")).to_contain_text("Version 2 is in use now.")
    assert click.count == 2
    click("[data-kind=features]")
    expect(page.locator("tbody tr")).to_have_count(3)
    assert click.count == 3


def focused(page: Page) -> str:
    what: str = page.evaluate(
        "() => { const at = document.activeElement; return at.dataset.view ?? at.dataset.tool ?? at.className; }"
    )
    return what


def test_every_view_of_the_menu_is_reached_and_opened_by_the_keyboard(open_page: Open) -> None:
    page = open_page("overview", "en").page
    expect(page.locator("nav [data-view]").first).to_be_visible()
    views = page.locator("nav [data-view]").evaluate_all("all => all.map((one) => one.dataset.view)")
    assert len(views) > 10
    for view in views:
        page.locator("a.skip").focus()
        for _ in range(len(views) + 3):
            page.keyboard.press("Tab")
            at = focused(page)
            if page.evaluate("document.activeElement.tagName") == "SUMMARY":
                page.keyboard.press("Enter")  # what is behind "More"
            if at == view:
                break
        assert focused(page) == view
        page.keyboard.press("Enter")
        expect(page.locator(f"main[data-view={view}] h1")).to_be_attached()
        expect(page.locator("main [aria-busy=true], main .loading")).to_have_count(0)
        # the focus goes into the view, and everything that can be pressed in it is reached from there by Tab
        stops = "main :is(a[href], button, input, select, summary, textarea, [tabindex='0'])"
        wanted = page.locator(stops).evaluate_all(
            "all => all.filter((one) => !one.disabled && one.checkVisibility() && one.tabIndex >= 0).length"
        )
        expect(page.locator("#main")).to_be_focused()
        page.keyboard.press("Tab")
        assert wanted == 0 or page.evaluate("document.querySelector('main').contains(document.activeElement)"), view
