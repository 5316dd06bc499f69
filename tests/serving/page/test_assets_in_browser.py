"""Customer assets on the page: people by month, by region, store and guide, and whose guide left."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.serving.page.test_campaigns_in_browser import as_role
from tests.serving.page.test_views_in_browser import downloaded, says

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
Open = Callable[..., Any]


@BOTH
def test_people_are_counted_by_month_and_store(open_page: Open, site: Any, language: str) -> None:
    page = open_page("assets", language).page
    expect(page.locator(".series")).to_have_count(3)
    expect(page.locator(".figure[data-of=known]")).to_contain_text("1,010")
    expect(page.locator(".figure[data-of=known]")).to_contain_text(says(language, "新增 10", "10 new"))
    # 9 gained, 4 lost, 2 moved in, 1 moved out
    expect(page.locator(".figure[data-of=active]")).to_contain_text("+6")
    table = page.locator(".table-box").first
    expect(table.locator("tbody tr")).to_have_count(2)
    expect(table.locator("tbody tr").first).to_contain_text("湖滨银泰店")
    assert site.bodies("assets")[-1] == {"months": 6, "levels": ["all", "store"]}


@BOTH
def test_regions_and_guides_are_named_also_those_without_one(open_page: Open, language: str) -> None:
    page = open_page("assets?level=guide", language).page
    rows = page.locator(".table-box").first.locator("tbody tr")
    expect(rows.first).to_contain_text(says(language, "没有导购", "No sales associate"))
    expect(rows.last).to_contain_text("王芳")
    page.locator("[data-level=region]").click()
    expect(rows.first).to_contain_text("华东")
    expect(page.locator("[data-level=region]")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(rows.last).to_contain_text("王芳")


@BOTH
def test_what_became_of_the_people_of_guides_who_left(open_page: Open, language: str) -> None:
    page = open_page("assets", language).page
    row = page.locator(".departures tbody tr").first
    expect(row).to_contain_text("李敏")
    expect(row.locator("[data-column=sales_before]")).to_contain_text("6,100")
    expect(row.locator("[data-column=sales_after]")).to_contain_text(says(language, "19 天内", "in 19 days"))
    # no day after it is in the data: unknown, not zero
    expect(page.locator(".departures tbody tr").last.locator("[data-column=sales_after]")).to_contain_text("–")
    saved = downloaded(page, ".departures [data-action=csv]")
    assert [(one["guide_id"], one["guide_name"], one["people"]) for one in saved] == [
        ("G2", "李敏", "30"),
        ("G7", "G7", "30"),
    ]


def test_all_months_and_levels_are_saved_with_names(open_page: Open, site: Any) -> None:
    page = open_page("assets?months=12", "en").page
    rows = downloaded(page, "[data-action=csv] >> nth=0")
    assert site.bodies("assets")[-1] == {"months": 12}
    assert {row["level"] for row in rows} == {"all", "region", "store", "guide"}
    assert len({row["month_end"] for row in rows}) == 2
    assert {row["store_name"] for row in rows if row["store_id"] == "S01"} == {"青石巷店"}
    assert {row["guide_name"] for row in rows if row["guide_id"] == "G1"} == {"王芳"}


@BOTH
def test_one_store_is_counted_alone(open_page: Open, site: Any, language: str) -> None:
    page = open_page("assets?store=S01", language).page
    expect(page.locator(".figure[data-of=known]")).to_contain_text("410")
    assert site.bodies("assets")[-1] == {"months": 6, "store_id": "S01", "levels": ["store"]}
    expect(page.locator("[data-level]")).to_have_count(0)
    page.locator("[name=months]").select_option("24")
    site.bodies("assets", lambda body: body == {"months": 24, "store_id": "S01", "levels": ["store"]})
    page.goto(page.url.split("#")[0] + "#/assets?store=S90")
    expect(page.locator(".empty")).to_contain_text(says(language, "这里没有已知顾客", "No known customers here"))


def test_a_count_that_is_being_worked_out_is_asked_for_again(open_page: Open) -> None:
    page = open_page("overview", "en", quiet=False).page
    asked: list[str] = []

    def working(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) > 1:
            return route.continue_()
        error = {"error": {"code": "overloaded", "message": "being counted", "details": {}}}
        return route.fulfill(status=503, headers={"retry-after": "0.4"}, json=error)

    page.route("**/assets", working)
    page.goto(page.url.split("#")[0] + "#/assets")
    expect(page.locator(".series")).to_have_count(3)
    assert len(asked) == 2


def test_a_file_that_does_not_come_says_why(open_page: Open) -> None:
    page = open_page("assets", "en", quiet=False).page
    expect(page.locator(".series")).to_have_count(3)
    refused = {"error": {"code": "overloaded", "message": "come back later", "details": {}}}
    page.route("**/assets", lambda route: route.fulfill(status=429, json=refused))
    page.locator("[data-action=csv]").first.click()
    expect(page.locator(".panel > .form-problem")).to_have_text("Come back later")


def test_head_office_and_marketers_have_it_in_their_menu(open_page: Open) -> None:
    page = open_page("overview", "en").page
    expect(page.locator("nav [data-view=assets]")).to_have_count(1)
    for role, count in (("merchandiser", 0), ("marketer", 1)):
        as_role(role)
        page.reload()
        expect(page.locator("nav [data-view=overview]")).to_be_attached()
        expect(page.locator("nav [data-view=assets]")).to_have_count(count)
