"""What a decision changes of the grid of orders and of the panel of its line, in a real browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.serving.page import fake_api

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
Open = Callable[..., Any]
LINES = ".grid tbody tr[data-key]:not(.group)"
FLAGS = ["loss", "source_stock", "shelf"]
CUT_OFF = """cell => [...cell.querySelectorAll('.badge')].filter(one => {
  const [inner, outer] = [one.getBoundingClientRect(), cell.getBoundingClientRect()];
  return inner.bottom > outer.bottom + 0.5 || inner.right > outer.right + 0.5 || inner.height === 0;
}).map(one => one.textContent + ' ' + JSON.stringify([one.getBoundingClientRect(), cell.getBoundingClientRect()]))"""


def says(language: str, chinese: str, english: str) -> str:
    return chinese if language == "zh" else english


def count_of(page: Page, show: str) -> int:
    return int(page.locator(f"[data-show={show}] .count").inner_text())


@BOTH
@pytest.mark.parametrize("width", [1440, 768])
def test_a_decision_on_a_line_with_two_flags_is_seen(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, language: str, width: int
) -> None:
    listing = fake_api.ANSWERS["listing"]

    def flagged(body: dict[str, Any]) -> Any:
        answer = listing(body)
        for row in answer["rows"] if isinstance(answer, dict) else []:
            row["flags"] = FLAGS
        return answer

    monkeypatch.setitem(fake_api.ANSWERS, "listing", flagged)
    page = open_page("orders?store=S01&show=all", language, width=width).page
    row = page.locator(LINES).first
    field = row.locator("input.quantity")
    field.fill("48")
    field.press("Enter")
    badges = row.locator(".badges")
    expect(badges.locator(".badge.change")).to_have_text(says(language, "改为 48", "Changed to 48"))
    assert badges.evaluate(CUT_OFF) == []
    expect(badges.locator(".rest")).to_contain_text("+")


def test_lines_to_check_fall_with_each_that_is_decided(open_page: Open) -> None:
    page = open_page("orders?show=exceptions", "en").page
    expect(page.locator(LINES).first).to_be_visible()
    before = count_of(page, "exceptions")
    figure = page.locator(".figure").filter(has_text="Lines to check").locator("dd")
    expect(figure).to_have_text(str(before))
    page.locator(f"{LINES} [data-field=pick]").first.check()
    page.locator("[data-bulk=approve]").click()
    page.locator("[data-bulk=apply]").click()
    expect(page.locator("[data-show=exceptions] .count")).to_have_text(str(before - 1))
    expect(figure).to_have_text(str(before - 1))


@BOTH
def test_the_panel_of_a_changed_line_follows_the_quantity_decided(open_page: Open, language: str) -> None:
    page = open_page("orders?store=S01&show=all&open=S01:P0001", language).page
    panel = page.locator("dialog.line-box")
    expect(panel.locator("circle.own")).to_have_count(1)
    suggested = panel.locator(".decision-form input[type=number]").input_value()
    assert suggested == "24"
    panel.locator(".decision-form input[type=number]").fill("36")
    panel.locator("[data-decide=change]").click()
    expect(panel).to_have_count(0)
    page.locator(f"{LINES} [data-field=open]").first.click()
    expect(panel.locator("[data-part=decided]")).to_have_text(
        says(language, "已决定 36，建议为 24。", "Decided: 36 units. 24 were suggested.")
    )
    outlook, service = panel.locator(".outlook").first, panel.locator(".outlook").nth(1)
    expect(outlook).to_contain_text(
        says(language, "决定的订量补充 36（建议 24）", "decided adds 36; 24 were suggested")
    )
    expect(outlook.locator(".arrival.order text")).to_have_text("+36")
    expect(service).to_contain_text(says(language, "决定：订 36", "Decided: 36 units"))
    expect(service).to_contain_text(says(language, "建议：订 24", "Suggested: 24 units"))
    expect(panel.locator(".stock-bar rect.order title")).to_contain_text("36")


def test_a_form_about_picked_lines_goes_with_them(open_page: Open) -> None:
    page = open_page("orders?store=S01", "en").page
    form = page.locator(".bulk-form")
    page.locator(f"{LINES} [data-field=pick]").first.check()
    page.locator("[data-bulk=reject]").click()
    expect(form).to_be_visible()
    with page.expect_response("**/listing"):  # what is picked goes with the lines that it is of
        page.locator("[data-show=orders]").click()
    expect(form).to_have_count(0)
    expect(page.locator("[aria-busy=true], .loading")).to_have_count(0)
    page.locator(f"{LINES} [data-field=pick]").first.check()
    page.locator("[data-bulk=reject]").click()
    expect(form).to_be_visible()
    page.locator(f"{LINES} [data-field=pick]").first.uncheck()
    expect(form).to_have_count(0)


def test_an_undo_says_how_many_decisions_it_took_back(open_page: Open) -> None:
    page = open_page("orders?store=S01&show=all", "en").page
    for place in range(3):
        page.locator(f"{LINES} [data-field=pick]").nth(place).check()
    page.locator("[data-bulk=approve]").click()
    page.locator("[data-bulk=apply]").click()
    page.locator("[data-bulk=undo]").click()
    expect(page.locator(".notice").first).to_contain_text("3 decisions")
