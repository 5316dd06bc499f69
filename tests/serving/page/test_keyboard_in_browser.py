"""The tasks of five people with the keyboard alone, and where the focus is: always seen, never lost, never trapped."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.serving.page import (
    fake_campaigns,
    fake_guides,
    fake_insight,
    fake_jobs,
    fake_orders,
    fake_people,
    fake_segments,
)
from tests.serving.page.test_campaigns_in_browser import as_role
from tests.serving.page.test_guide_in_browser import a_guides_phone

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
MOST_STOPS = 150
"""Presses of Tab within which everything on the way of a task is reached; by judgement."""


@pytest.fixture(autouse=True)
def anew() -> None:
    fake_campaigns.KEPT.clear()
    fake_campaigns.SECOND_PERSON["wanted"] = False
    fake_guides.forget()
    fake_insight.CHAMPION["version"] = 1
    fake_insight.ASIDE[:] = [fake_insight.aside(1, "many")]
    fake_jobs.forget()
    fake_people.RULES.clear()
    fake_segments.BOOK[:] = [fake_segments.version("老客", 1, "spend > 500")]


def reach(page: Page, selector: str) -> None:
    """Presses Tab until the focus is on what a person wants to press."""
    page.locator(selector).first.wait_for()
    for _ in range(MOST_STOPS):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by {MOST_STOPS} presses of Tab")


def press(page: Page, *selectors: str, key: str = "Enter") -> None:
    for selector in selectors:
        reach(page, selector)
        page.keyboard.press(key)


def focus_is_kept(page: Page) -> None:
    """The focus is somewhere in the page, not back at its very beginning, once what is drawn anew has it."""
    page.wait_for_function("() => document.activeElement !== document.body && document.activeElement.isConnected")


def test_a_merchandiser_approves_undoes_and_rejects_by_keyboard(open_page: Open, site: Any) -> None:
    page = open_page("overview", "en").page
    press(page, "nav [data-view=orders]", "[data-show=plain]")
    expect(page.locator("[data-show=plain]")).to_have_attribute("aria-pressed", "true")
    press(page, "[data-field=pick-all]", key="Space")
    press(page, "[data-bulk=approve]")
    expect(page.locator("[data-bulk=apply]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("[data-bulk=approve]")).to_be_focused()
    assert fake_orders.DECIDED == {}
    page.keyboard.press("Enter")
    expect(page.locator("[data-bulk=apply]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-bulk=undo]")).to_be_focused()
    assert len(fake_orders.DECIDED) == 8
    page.keyboard.press("Enter")
    expect(page.locator("[data-bulk=undo]")).to_have_count(0)
    expect(page.locator(".grid-scroll")).to_be_focused()
    press(page, "[data-field=pick]", key="Space")
    for form in ("change", "reject"):
        page.locator("[data-bulk=approve]").focus()
        press(page, f"[data-bulk={form}]")
        expect(page.locator(".bulk-form :is(select, input)").first).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(".bulk-form")).to_have_count(0)
        expect(page.locator("[data-bulk=approve]")).to_be_focused()
    press(page, "[data-bulk=reject]")
    expect(page.locator(".bulk-form :is(select, input)").first).to_be_focused()
    page.keyboard.type("supplier on strike")
    press(page, "[data-bulk=preview]")
    expect(page.locator("[data-bulk=apply]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-bulk=undo]")).to_be_focused()
    assert site.bodies("bulk_decisions")[-1]["reason"] == "supplier on strike"


def test_a_line_and_a_file_of_changes_give_the_focus_back(open_page: Open) -> None:
    page = open_page("orders?store=S01", "en").page
    press(page, "[data-field=open]")
    dialog = page.locator("dialog.line-box")
    expect(dialog.locator(".line-sum")).to_be_visible()
    stops = [page.evaluate("document.activeElement.closest('dialog, body').tagName")]
    for _ in range(30):  # further than it has stops: the browser's own bar comes between, the page behind it never
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.closest('dialog, body').tagName"))
        behind = page.evaluate("document.activeElement !== document.body && !document.activeElement.closest('dialog')")
        assert not behind
    assert "DIALOG" in stops
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("[data-field=open]").first).to_be_focused()
    content = b"store_id,product_id,quantity\nS01,P0001,36\n"
    page.locator("input[type=file]").set_input_files({"name": "c.csv", "mimeType": "text/csv", "buffer": content})
    expect(page.locator("[data-bulk=apply]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("[data-action=import]")).to_be_focused()


def test_a_marketer_starts_approves_and_keeps_a_campaign_by_keyboard(open_page: Open) -> None:
    page = open_page("campaigns", "en").page
    press(page, "[data-start=leftovers]", "[data-action=propose]")
    expect(page.locator(".way [aria-current=step]")).to_have_text("Previewed")
    press(page, "[data-action=approve]", "[data-action=approve-sure]")
    expect(page.locator(".way [aria-current=step]")).to_have_text("Running")
    expect(page.locator("#main")).to_be_focused()
    press(page, "[data-action=stop]")
    expect(page.locator("[name=reason]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("[data-action=stop]")).to_be_focused()
    expect(page.locator(".way [aria-current=step]")).to_have_text("Running")


def test_a_guide_answers_by_keyboard(open_page: Open, site: Any) -> None:
    page = a_guides_phone(open_page, site)
    press(page, "[data-task=t0] [data-outcome=bought]")
    expect(page.locator("[data-task=t0] .outcome .badge")).to_have_text("Bought")
    focus_is_kept(page)
    press(page, "[data-task=t1] [data-outcome=not_reached]")
    expect(page.locator(".guide-sum")).to_contain_text("2 of 3 done")


def test_head_office_goes_from_the_chain_to_a_stores_orders_and_back_by_keyboard(open_page: Open) -> None:
    page = open_page("overview", "en").page
    press(page, ".office tbody a")
    expect(page.locator("h1")).to_have_text("Orders")
    expect(page.locator("#main")).to_be_focused()
    press(page, ".brand")
    expect(page.locator(".office")).to_be_visible()
    press(page, ".store-map summary")
    expect(page.locator(".store-map")).to_have_attribute("open", "")


def test_a_data_scientist_puts_a_version_into_use_by_keyboard(open_page: Open) -> None:
    as_role("data_scientist")
    page = open_page("overview", "en").page
    press(page, "nav [data-view=models]")
    reach(page, "[name=reason]")
    page.keyboard.type("better on fresh goods")
    press(page, "[data-action=promote]")
    expect(page.locator(".notice")).to_contain_text("Version 2 is in use now.")
    focus_is_kept(page)
    press(page, "[data-kind=features]")
    expect(page.locator("tbody tr")).to_have_count(3)


def test_the_key_box_and_the_language_give_the_focus_back(open_page: Open) -> None:
    page = open_page("rules", "en").page
    press(page, ".tools [data-tool=key]")
    expect(page.locator("dialog.key-box input")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".tools [data-tool=key]")).to_be_focused()
    press(page, ".language [data-language=zh]")
    expect(page.locator("h1")).to_have_text("规则")
    expect(page.locator(".language [data-language=zh]")).to_be_focused()


SEEN = """() => {
  const stops = [...document.querySelectorAll("a[href], button, input, select, summary, textarea, [tabindex='0']")]
    .filter((one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility() && !one.closest("[aria-hidden=true]"));
  const isRinged = (one) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    return outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
  };
  const unseen = [];
  for (const one of stops) {
    one.focus({ focusVisible: true, preventScroll: true });
    if (document.activeElement !== one || !one.isConnected) continue;
    const drawn = one.matches(".visually-hidden") ? one.parentElement.querySelector(".button") : one;
    if (!drawn || !isRinged(drawn)) unseen.push(one.outerHTML.slice(0, 120));
  }
  document.activeElement.blur();
  return { stops: stops.length, unseen };
}"""
STOPS_SEEN = (
    "overview",
    "orders",
    "forecast?store=S01&product=P0002",
    "stock?tab=leftovers",
    "campaigns?new=goods",
    "segments?new=1",
    "rules",
    "assets",
    "models",
    "quarantine?table=transactions",
    "jobs?new=ingest",
)


def test_wherever_the_focus_stops_it_is_seen(open_page: Open) -> None:
    page = open_page("overview", "en").page
    found = {}
    for view in STOPS_SEEN:
        page.goto(page.url.split("#")[0] + f"#/{view}")
        expect(page.locator(f"main[data-view={view.split('?')[0]}] h1")).to_be_attached()
        expect(page.locator("main [aria-busy=true], main .loading")).to_have_count(0)
        told = page.evaluate(SEEN)
        assert told["stops"] > 10, view
        if told["unseen"]:
            found[view] = told["unseen"]
    assert found == {}
