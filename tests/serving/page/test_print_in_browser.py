"""Views on paper: they fit the sheet, say their columns on each of them, and carry no controls and no dark ground."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.serving.page.fake_chain import PRODUCTS

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
UPRIGHT, LYING = 703, 1040
"""CSS pixels between the margins of A4: 210 mm less twice 12, 297 mm less twice 11, at 96 to the inch."""
VIEWS = {
    "overview": UPRIGHT,
    "orders": LYING,
    "orders?show=all&group=supplier_id": LYING,
    "stock": LYING,
    "stock?tab=leftovers": LYING,
    "stock?tab=orders": LYING,
    "stock?tab=attention": LYING,
    f"audience?product={next(iter(PRODUCTS))}": LYING,
    f"forecast?store=S01&product={next(iter(PRODUCTS))}": UPRIGHT,
    "funnel": UPRIGHT,
    "assets": UPRIGHT,
    "anomalies": UPRIGHT,
    "calendar": UPRIGHT,
    "models": UPRIGHT,
    "guide": UPRIGHT,
}
LOOK = """() => {
  const app = document.querySelector("#app");
  const style = (one) => getComputedStyle(one);
  const isSeen = (one) => one.checkVisibility() && one.getClientRects().length > 0;
  const say = (one) => one.textContent.trim() || one.getAttribute("aria-label") || one.type;
  const controls = [...document.querySelectorAll("main button:not(.sort), nav:not(.pager), [type=search], [type=file]")]
    .filter((one) => isSeen(one) && !one.matches(".link, .opener-text, [aria-pressed=true]") && !one.value);
  return {
    wide: document.documentElement.scrollWidth,
    controls: controls.map(say),
    sheet: style(app).page,
    heads: [...new Set([...document.querySelectorAll(".data thead")].map((one) => style(one).display))],
    // Chromium paints a button at the head of the first sheet alone
    headings: [...new Set([...document.querySelectorAll(".data th .sort")].map((one) => style(one).display))],
    rows: [...new Set([...document.querySelectorAll(".data tbody tr:not(.gap)")].map((one) => style(one).breakInside))],
    ground: style(document.body).backgroundColor,
    ink: style(document.body).color,
  };
}"""


@pytest.fixture
def on_paper(open_page: Open) -> Any:
    """Opens a view as it stands on a sheet of some width; the tab is as wide as before at the end."""
    pages: list[tuple[Page, Any]] = []

    def show(view: str, width: int, language: str) -> Page:
        page: Page = open_page(view, language).page
        # before its first heading a view has not begun to load
        expect(page.locator("main h1, main h2").first).to_be_visible()
        expect(page.locator("main .loading, main [aria-busy=true], main .skeleton")).to_have_count(0)
        pages.append((page, page.viewport_size))
        page.emulate_media(media="print", color_scheme="dark")
        page.set_viewport_size({"width": width, "height": 900})
        return page

    yield show
    for page, before in pages:
        page.set_viewport_size(before)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_fits_its_sheet_repeats_its_columns_and_has_no_controls(
    on_paper: Callable[..., Page], view: str, language: str
) -> None:
    width = VIEWS[view]
    found = on_paper(view, width, language).evaluate(LOOK)
    assert found["controls"] == []
    assert found["wide"] <= width
    assert found["sheet"] == ("wide" if width == LYING else "auto")
    assert set(found["heads"]) <= {"table-header-group"}
    assert set(found["headings"]) <= {"contents"}
    assert set(found["rows"]) <= {"avoid"}
    assert (found["ground"], found["ink"]) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")


def test_the_first_sheet_lies_on_its_side_like_the_others(open_page: Open) -> None:
    """A brand on a sheet of its own, before a list on sheets that lie, would take a whole one."""
    page = open_page("orders", "en").page
    expect(page.locator(".grid tbody tr:not(.gap)").first).to_be_visible()
    sheets = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", page.pdf(prefer_css_page_size=True))
    assert sheets
    assert all(float(width) > float(height) for width, height in sheets)


def test_a_chart_is_as_wide_as_the_sheet(on_paper: Callable[..., Page]) -> None:
    page = on_paper(f"forecast?store=S01&product={next(iter(PRODUCTS))}", UPRIGHT, "en")
    # the chart is drawn anew for the sheet, and is away for a moment meanwhile
    fits = "most => { const width = document.querySelector('.uplot canvas')?.getBoundingClientRect().width ?? 0;"
    page.wait_for_function(f"{fits} return width > 0.8 * most && width <= most; }}", arg=UPRIGHT)


def test_a_press_prints_once(open_page: Open) -> None:
    page = open_page("orders", "en").page
    expect(page.locator(".grid input.quantity").first).to_be_visible()
    # the value of the last assignment would be a function, which Playwright calls
    page.evaluate("window.printed = 0; window.print = () => { window.printed += 1; }; null")
    page.locator("[data-action=print]").click()
    page.wait_for_function("() => window.printed > 0")
    page.wait_for_timeout(600)
    assert page.evaluate("window.printed") == 1
