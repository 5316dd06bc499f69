"""What opens has an address: Back closes it, Forward opens it, and a link that is sent opens the same view with it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.serving.page import fake_guides, fake_segments
from tests.serving.page.test_guide_in_browser import PHONE
from tests.serving.page.test_views_in_browser import says

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
Open = Callable[..., Any]
LINES = ".grid tbody tr[data-key]:not(.group)"
BOX = "dialog.line-box"


def first_line(page: Page) -> str:
    """Opens the panel of the first line; the name of its product."""
    button = page.locator(f"{LINES} [data-field=open]").first
    button.click()
    expect(page.locator(BOX)).to_be_visible()
    return button.inner_text()


def test_back_closes_a_line_and_forward_opens_it_and_the_grid_keeps_what_was_picked(open_page: Open) -> None:
    page = open_page("orders?store=S01", "en").page
    page.locator(f"{LINES} [data-field=pick]").nth(1).check()
    before = page.url
    product = first_line(page)
    expect(page).to_have_url(re.compile("open=S01%3A"))
    page.go_back()
    expect(page.locator(BOX)).to_have_count(0)
    expect(page).to_have_url(before)
    expect(page.locator(f"{LINES} [data-field=open]").first).to_be_focused()
    page.go_forward()
    expect(page.locator(f"{BOX} h2")).to_contain_text(product)
    expect(page.locator(".grid-picked")).to_contain_text("1")
    page.go_back()
    expect(page.locator(BOX)).to_have_count(0)


@pytest.mark.parametrize("way", ["Escape", "button"])
def test_a_line_that_is_closed_leaves_no_step_behind(open_page: Open, way: str) -> None:
    page = open_page("orders?store=S01", "en").page
    expect(page.locator(LINES).first).to_be_visible()
    first = page.url
    page.goto(page.url.replace("S01", "S02"))
    expect(page.locator(".chip")).to_be_visible()
    before = page.url
    first_line(page)
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        page.locator(f"{BOX} .panel-head button").click()
    expect(page.locator(BOX)).to_have_count(0)
    expect(page).to_have_url(before)
    page.go_back()
    expect(page).to_have_url(first)


@BOTH
def test_a_link_to_a_line_opens_it_whatever_the_view_shows(open_page: Open, site: Any, language: str) -> None:
    page = open_page("orders?store=S01&show=all", language).page
    product = first_line(page)
    link = page.url
    other = open_page(link + f"&lang={language}&key={site.key}&show=transfers&q=nothing-of-that-name", language).page
    expect(other.locator(f"{BOX} h2")).to_contain_text(product)
    other.reload()
    expect(other.locator(f"{BOX} h2")).to_contain_text(product)
    # nothing was opened on the way here: it is closed in its place
    other.keyboard.press("Escape")
    expect(other.locator(BOX)).to_have_count(0)
    expect(other).not_to_have_url(re.compile("open="))


@BOTH
@pytest.mark.parametrize("which", ["S01%3AP9999", "S99%3AP0001", "nonsense", "%25E0%25A4%25A:P1"])
def test_a_link_to_a_line_that_is_gone_says_so(open_page: Open, which: str, language: str) -> None:
    page = open_page(f"orders?store=S01&open={which}", language).page
    expect(page.locator("main .notice").first).to_contain_text(
        says(language, "已不在订货列表中", "no longer among the orders")
    )
    expect(page.locator(LINES).first).to_be_visible()
    expect(page).not_to_have_url(re.compile("open="))


def test_a_decision_in_the_panel_leaves_it(open_page: Open) -> None:
    page = open_page("orders?store=S01", "en").page
    before = page.url
    first_line(page)
    page.locator(f"{BOX} [data-decide=approve]").click()
    expect(page.locator(BOX)).to_have_count(0)
    expect(page).to_have_url(before)
    expect(page.locator(LINES).first.locator(".badge.approve")).to_be_visible()


@pytest.mark.parametrize(
    ("view", "names"),
    [
        ("forecast?store=S01&product=P0001", ["what_if", "override", "product", "store", "together", "table"]),
        ("overview", ["map", "ledger"]),
        ("segments?name=老客", ["people", "history"]),
    ],
    ids=["forecast", "overview", "segments"],
)
def test_panels_that_open_in_their_place_have_an_address(open_page: Open, view: str, names: list[str]) -> None:
    fake_segments.BOOK[:] = [fake_segments.version("老客", 1, "spend > 500")]
    page = open_page(view, "en").page
    panels = page.locator("main details[data-open]")
    expect(panels).to_have_count(len(names))
    assert [one.get_attribute("data-open") for one in panels.all()] == names
    for name in (names[0], names[-1]):
        panel = page.locator(f"details[data-open={name}]")
        expect(page.locator("[aria-busy=true], .loading")).to_have_count(0)
        page.locator("main").evaluate("main => { main.dataset.same = '1'; }")
        panel.locator("> summary").click()
        expect(panel).to_have_attribute("open", "")
        page.wait_for_function("name => location.hash.includes(`open=${name}`)", arg=name)
        page.go_back()
        expect(panel).not_to_have_attribute("open", "")
        page.go_forward()
        expect(panel).to_have_attribute("open", "")
        expect(page.locator("main")).to_have_attribute("data-same", "1")  # nothing else was drawn anew
        page.reload()
        expect(panel).to_have_attribute("open", "")
        panel.locator("> summary").click()
        page.wait_for_function("() => !location.hash.includes('open=')")


LATE_TOGGLE = """async () => {
  const opened = location.hash;
  history.replaceState(null, "", opened.replace(/&open=what_if/, ""));
  dispatchEvent(new Event("opened")); // Back: the panel closes, and says so only later
  history.replaceState(null, "", opened); // Forward: the address is one step on already
  await new Promise((done) => setTimeout(done, 100));
  dispatchEvent(new Event("opened"));
}"""


def test_back_and_forward_at_once_leave_a_panel_open(open_page: Open) -> None:
    page = open_page("forecast?store=S01&product=P0001&open=what_if", "en").page
    panel = page.locator("details[data-open=what_if]")
    expect(panel).to_have_attribute("open", "")
    page.evaluate(LATE_TOGGLE)
    expect(panel).to_have_attribute("open", "")
    expect(page).to_have_url(re.compile("open=what_if"))


def test_whom_headquarters_look_at_on_a_phone_has_an_address(open_page: Open) -> None:
    fake_guides.forget()
    page = open_page("guide", "en", width=PHONE).page
    opened = page.locator("[data-task=t1] .task-more")
    opened.locator("> summary").click()
    page.wait_for_function("() => location.hash.includes('open=t1')")
    page.go_back()
    expect(opened).not_to_have_attribute("open", "")
    page.go_forward()
    expect(opened).to_have_attribute("open", "")
    expect(page.locator(".task-more[open]")).to_have_count(1)


def choose(page: Page, kind: str, text: str) -> None:
    field = page.get_by_role("combobox", name=kind)
    field.fill(text)
    expect(page.locator("[role=listbox] [role=option]")).to_have_count(1)
    field.press("Enter")


@pytest.mark.parametrize(
    ("view", "label", "text", "before", "after"),
    [
        ("forecast?store=S01&product=P0001", "Product", "P0002", "product=P0001", "product=P0002"),
        ("person?customer=C00001", "Customer", "C00002", "customer=C00001", "customer=C00002"),
    ],
)
def test_back_returns_to_what_was_chosen_before(
    open_page: Open, view: str, label: str, text: str, before: str, after: str
) -> None:
    page = open_page(view, "en").page
    expect(page.locator("main h2").first).not_to_be_empty()
    expect(page.locator("main [aria-busy=true], main .loading")).to_have_count(0)
    shown = page.locator("main h2").first.inner_text()
    choose(page, label, text)
    page.wait_for_function("after => location.hash.includes(after)", arg=after)
    page.go_back()
    page.wait_for_function("before => location.hash.includes(before)", arg=before)
    expect(page.locator("main h2").first).to_have_text(shown)


def test_back_returns_to_the_audience_before(open_page: Open) -> None:
    page = open_page("audience?product=P0001", "en").page
    kind = page.locator("[name=kind]")
    kind.select_option("repeat")
    page.wait_for_function("() => location.hash.includes('kind=repeat')")
    page.locator(".result button.sort").nth(1).click()
    page.wait_for_function("() => location.hash.includes('sort=')")
    page.go_back()
    page.wait_for_function("() => !location.hash.includes('sort=')")
    page.go_back()
    expect(kind).to_have_value("mixed")


ONE_STEP_ON = """() => {
  const on = () => history.replaceState(null, "", location.hash.replace("repeat", "explore"));
  addEventListener("hashchange", on, { once: true });
  location.hash = "#/audience?product=P0001&kind=repeat";
}"""


def test_a_view_under_way_does_not_write_over_the_address_that_is_next(open_page: Open) -> None:
    page = open_page("audience?product=P0001", "en").page
    expect(page.locator(".result table")).to_be_visible()
    page.evaluate(ONE_STEP_ON)  # Back and Back at once: the address is one step on before its event comes
    expect(page.locator("[name=kind]")).to_have_value("repeat")
    expect(page.locator(".result table")).to_be_visible()
    assert "kind=explore" in page.url


def test_a_group_of_orders_that_is_opened_is_in_the_address(open_page: Open, site: Any) -> None:
    page = open_page("orders?show=all&group=supplier_id", "en").page
    group = page.locator("tr.group").nth(1).locator("button")
    name = group.inner_text()
    group.click()
    expect(page.locator(LINES).first).to_be_visible()
    link = page.url
    assert "part=" in link
    sent = open_page(site.anew(link) + f"&key={site.key}", "en").page
    opened = sent.locator("tr.group button[aria-expanded=true]")
    expect(opened).to_have_text(name)
    expect(sent.locator(LINES).first).to_be_visible()
    opened.click()
    expect(sent.locator("tr.group button[aria-expanded=true]")).to_have_count(0)
    assert "part=" not in sent.url


def test_lines_without_a_supplier_are_a_group_with_an_address_too(open_page: Open) -> None:
    page = open_page("orders?show=all&group=supplier_id&part=-", "en").page
    expect(page.locator("tr.group button[aria-expanded=true]")).to_have_text("No supplier")


@pytest.mark.parametrize("view", ["segments", "anomalies", "assets", "models"])
def test_a_sort_that_is_chosen_in_a_table_is_in_the_address(open_page: Open, site: Any, view: str) -> None:
    fake_segments.BOOK[:] = [fake_segments.version(name, 1, "spend > 500") for name in ("a", "b")]
    page = open_page(view, "en").page
    button = page.locator("main .table-box .sort").last
    column = button.get_attribute("data-column")
    button.click()
    expect(page.locator(f'[aria-sort$=ending] [data-column="{column}"]').last).to_be_visible()
    assert "sort=" in page.url
    rows = page.locator("main .table-box").last.locator("tbody").inner_text()
    sent = open_page(site.anew(page.url) + f"&key={site.key}", "en").page
    chosen = sent.locator("main .table-box").last
    expect(chosen.locator(f'[aria-sort$=ending] [data-column="{column}"]')).to_be_visible()
    assert chosen.locator("tbody").inner_text() == rows
