"""What lists tell of rows that they do not hold, and the goods that a line of excess stock asks people for."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.serving.page import fake_api, fake_campaigns
from tests.serving.page.test_campaigns_in_browser import as_role
from tests.serving.page.test_kept_input_in_browser import BOTH

pytestmark = pytest.mark.browser
Open = Callable[..., Any]


@pytest.fixture(autouse=True)
def forgotten() -> None:
    fake_campaigns.KEPT.clear()
    fake_campaigns.LOOKS.clear()


def left_out(_: Any, answer: Any) -> Any:
    return answer | {"left_out": 2, "looks_left_out": 1}


@BOTH
@pytest.mark.parametrize("view", ["campaigns", "overview"])
def test_campaigns_that_cannot_be_shown_are_counted(open_page: Open, view: str, language: str) -> None:
    fake_api.INSTEAD["campaigns"] = left_out
    if view == "overview":
        as_role("marketer")
    page = open_page(view, language).page
    told = page.locator("[data-left-out]")
    expect(told).to_contain_text("有 2 个活动无法显示" if language == "zh" else "2 stored campaigns cannot be shown")
    expect(told).to_contain_text("有 1 次" if language == "zh" else "1 stored look at effects cannot be read")


@BOTH
def test_looks_that_cannot_be_read_are_counted_beside_the_effect(open_page: Open, language: str) -> None:
    fake_campaigns.propose({"campaign_id": "c1", "product_ids": ["P0001"]})
    fake_campaigns.act({"campaign_id": "c1", "version": 2, "act": "approve"})
    fake_api.INSTEAD["campaign_effect"] = lambda _, answer: answer | {"looks_left_out": 3}
    page = open_page("campaigns?id=c1&tab=effect", language).page
    expect(page.locator("[data-left-out]")).to_contain_text("有 3 次" if language == "zh" else "3 stored looks")


def test_nothing_is_told_where_all_rows_are_there(open_page: Open) -> None:
    fake_campaigns.propose({"campaign_id": "c1", "product_ids": ["P0001"]})
    page = open_page("campaigns", "en").page
    expect(page.locator("main tbody tr")).to_have_count(1)
    expect(page.locator("[data-left-out]")).to_have_count(0)


@BOTH
def test_people_for_a_line_of_excess_stock_are_those_of_that_line(open_page: Open, site: Any, language: str) -> None:
    page = open_page("stock?tab=leftovers", language).page
    link = page.locator("[data-action=people]").first
    expect(link).to_have_attribute("href", re.compile(r"leftovers=1&store=S\d+&product=P\d+"))
    line = dict(one.split("=") for one in str(link.get_attribute("href")).split("?")[1].split("&"))
    link.click()
    (asked, *_) = site.bodies("audience")
    assert asked["leftovers"] is True
    assert (asked["store_id"], asked["left_over_product_ids"]) == (line["store"], [line["product"]])
    assert "product_ids" not in asked
    expect(page.locator("main .notice").first).to_contain_text("滞销库存" if language == "zh" else "excess stock of")
    campaign = page.locator("[data-action=campaign]")
    expect(campaign).to_have_attribute("href", re.compile("new=leftovers"))
    page.locator("main .chip button").first.click()
    site.bodies("audience", lambda body: body.get("leftovers") is True and "left_over_product_ids" not in body)


def sent(page: Page, name: str, content: str) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content.encode()})


@BOTH
def test_a_broken_file_takes_away_what_the_one_before_showed(open_page: Open, language: str) -> None:
    page = open_page("orders?store=S01", language, quiet=False).page
    sent(page, "good.csv", "store_id,product_id,quantity\nS01,P0001,36\n")
    shown = page.locator(".grid-bulk")
    expect(shown).to_contain_text("good.csv")
    expect(page.locator("[data-bulk=apply]")).to_be_visible()
    sent(page, "broken.csv", "")
    expect(page.locator("p.form-problem").first).to_contain_text("broken.csv")
    expect(page.locator("[data-bulk=apply]")).to_have_count(0)
    expect(shown).to_be_empty()


@BOTH
def test_rows_of_a_file_that_say_no_quantity_are_counted(open_page: Open, language: str) -> None:
    below = {"code": "below_zero", "store_id": "S01", "product_id": "P0001", "text": "-3", "seen": None, "now": 12.0}
    below |= {"row": 2, "rows": None, "texts": None}
    fake_api.INSTEAD["changes_file"] = lambda _, answer: (
        answer | {"problems": [below], "problems_total": 1, "same": 4, "unsaid": 3, "rows": 6}
    )
    page = open_page("orders?store=S01", language).page
    sent(page, "c.csv", "store_id,product_id,quantity\nS01,P0001,36\n")
    shown = page.locator(".grid-bulk")
    expect(shown).to_contain_text("其中3行没有填写数量" if language == "zh" else "3 of these say no quantity")
    expect(shown).to_contain_text("小于零" if language == "zh" else "“-3” is below zero. Write 0 or more")


def wide(_: Any, answer: Any) -> Any:
    names = {"product_name": "Cold pressed olive oil of a very small mill", "store_name": "GrandPlazaSouthEntrance"}
    money = {"value_at_risk": 123_456_789.0, "left_over_units": 12_345.0, "on_hand": 54_321.0}
    return answer | {"rows": [row | names | money for row in answer["rows"]]}


@BOTH
@pytest.mark.parametrize("width", [768, 1024])
def test_what_one_may_do_about_excess_stock_is_in_sight(open_page: Open, width: int, language: str) -> None:
    fake_api.INSTEAD["listing"] = wide
    page = open_page("stock?tab=leftovers", language, width=width).page
    for action in ("propose", "people"):
        button = page.locator(f"[data-action={action}]").first
        expect(button).to_be_in_viewport(ratio=1)
    sides = page.evaluate(
        """() => [...document.querySelectorAll(".data .actions .button")].map((one) => [
          one.getBoundingClientRect().right, one.closest(".table-scroll").getBoundingClientRect().right])"""
    )
    assert all(right <= edge for right, edge in sides), sides
