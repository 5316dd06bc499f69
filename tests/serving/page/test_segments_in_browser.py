"""Segments on the page: written with help, counted before they are saved, kept apart in a conflict, removed."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.serving.page import fake_segments
from tests.serving.page.test_views_in_browser import downloaded, says

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
Open = Callable[..., Any]


@pytest.fixture(autouse=True)
def book() -> None:
    fake_segments.BOOK[:] = [fake_segments.version("老客", 1, "spend > 500")]


@BOTH
def test_a_segment_is_mended_counted_and_only_then_saved(open_page: Open, site: Any, language: str) -> None:
    page = open_page("segments", language, quiet=False).page
    page.locator("[data-action=new]").click()
    save = page.locator("form button[type=submit]")
    page.locator("input[name=name]").fill("大客户")
    page.locator("textarea").fill("spnd > 100")
    expect(save).to_be_disabled()
    page.locator("[data-action=count]").click()
    expect(page.locator(".segment-editor .form-problem")).to_contain_text(
        says(language, "没有“spnd”这个字段", "There is no column “spnd”.")
    )
    page.locator("[data-mend=spend]").click()
    expect(page.locator("textarea")).to_have_value("spend > 100")
    expect(page.locator(".counted .figure").first).to_contain_text("812")
    expect(page.locator(".counted .figure").first).to_contain_text(says(language, "占 3,210 人的 25%", "25% of 3,210"))
    expect(page.locator(".reach li").first).to_contain_text(says(language, "微信", "WeChat"))
    save.click()
    expect(page.locator("h1")).to_have_text("大客户")
    expect(page.locator(".intro")).to_contain_text(says(language, "版本 1", "Version 1"))
    sent = site.bodies("segments", lambda body: body.get("action") == "save")[0]
    wanted = {"name": "大客户", "expression": "spend > 100", "is_static": False, "note": "", "version": 0}
    assert sent == wanted | {"action": "save"}
    page.go_back()
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_columns_are_found_by_their_meaning_and_put_where_the_cursor_is(open_page: Open) -> None:
    page = open_page("segments?new=1&expression=not%20", "en").page
    page.get_by_role("searchbox").fill("days since the last")
    expect(page.locator(".columns li")).to_have_count(1)
    page.locator("textarea").press("End")
    page.locator("[data-column=recency_days]").click()
    expect(page.locator("textarea")).to_have_value("not recency_days ")
    expect(page.locator("textarea")).to_be_focused()
    page.get_by_role("searchbox").fill("")
    page.locator(".column-search select").select_option("bought")
    expect(page.locator(".columns code")).to_have_text(["category"])


def test_a_column_that_the_page_has_no_words_for_is_told_in_those_of_the_dictionary(open_page: Open) -> None:
    page = open_page("segments?new=1", "en").page
    expect(page.locator("[data-column=known_on]")).to_contain_text("first day of any record")
    expect(page.locator("[data-column=spend]")).to_contain_text("spend in all")


def test_a_text_that_changed_after_its_count_is_counted_again(open_page: Open) -> None:
    page = open_page("segments?name=老客", "en").page
    save = page.locator("form button[type=submit]")
    expect(save).to_be_enabled()
    page.locator("textarea").fill("stage = frend")
    expect(save).to_be_disabled()
    expect(page.locator(".counted")).to_have_text("The conditions have changed: count again.")
    page.locator("textarea").press("Control+Enter")
    expect(page.locator(".counted")).to_contain_text("no row of people has stage = 'frend'")
    expect(save).to_be_enabled()


@BOTH
def test_two_people_at_one_segment_see_both_texts_and_choose(open_page: Open, site: Any, language: str) -> None:
    page = open_page("segments?name=老客", language, quiet=False).page
    expect(page.locator("form button[type=submit]")).to_be_enabled()
    fake_segments.BOOK.append(fake_segments.version("老客", 2, "spend > 800", saved_by="Wang"))
    page.locator("textarea").fill("spend > 600")
    page.locator("[data-action=count]").click()
    page.locator("form button[type=submit]").click()
    box = page.locator(".conflict")
    expect(box.locator("code")).to_have_text(["spend > 800", "spend > 600"])
    expect(box).to_contain_text(says(language, "Wang 的修改", "Changed by Wang"))
    page.locator("[data-action=keep-mine]").click()
    expect(page.locator(".intro")).to_contain_text(says(language, "版本 3", "Version 3"))
    assert [body["version"] for body in site.bodies("segments") if body.get("action") == "save"] == [1, 2]
    page.locator("details.about").last.locator("summary").click()
    expect(page.locator(".versions code")).to_have_text(["spend > 600", "spend > 800", "spend > 500"])


def test_a_segment_shows_its_people_and_is_removed_after_a_question(open_page: Open) -> None:
    page = open_page("segments?name=老客", "en").page
    page.locator("details.about").first.locator("summary").click()
    expect(page.locator(".members a")).to_have_text(["C00001", "C00002", "C00003"])
    rows = downloaded(page, "[data-action=csv]")
    assert [row["customer_id"] for row in rows] == ["C00001", "C00002", "C00003"]
    page.locator("[data-action=remove]").click()
    expect(page.locator(".question")).to_contain_text("Delete “老客”?")
    page.locator("[data-action=remove-sure]").click()
    expect(page.locator(".empty")).to_contain_text("No segments yet")
    assert fake_segments.BOOK[-1]["is_removed"]


def test_the_menu_holds_further_views_and_closes_by_escape(open_page: Open) -> None:
    page = open_page("overview", "en", width=390).page
    page.locator(".more summary").press("Enter")
    expect(page.locator(".more-views a").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".more-views")).to_be_hidden()
    expect(page.locator(".more summary")).to_be_focused()
    page.locator(".more summary").click()
    page.locator(".more-views a").last.click()
    expect(page.locator(".more.now")).to_have_count(1)
    expect(page.locator(".more-views")).to_be_hidden()
