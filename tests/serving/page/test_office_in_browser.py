"""The landing of head office: figures against last year, by region and store, and what changed, in both languages."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.serving.page import fake_api, fake_office
from tests.serving.page.fake_chain import error

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
Open = Callable[..., Any]


def says(language: str, chinese: str, english: str) -> str:
    return chinese if language == "zh" else english


@BOTH
def test_the_landing_tells_how_the_chain_does_against_last_year(open_page: Open, language: str) -> None:
    page = open_page("overview", language).page
    office = page.locator(".office")
    expect(office.locator(".figure").first).to_contain_text("¥40,000")
    expect(office.locator(".figure").first).to_contain_text(says(language, "同比+25.0%", "+25.0% vs last year"))
    waste = office.locator(".figure").filter(has_text=says(language, "损耗", "Waste"))
    expect(waste).to_contain_text(says(language, "没有报损记录", "no write-offs"))
    expect(office.locator("table").first.locator("tbody tr")).to_have_count(2)
    expect(office.locator("table").nth(1).locator("tbody tr").first).to_contain_text("+25.0%")
    expect(office).to_contain_text(says(language, "新增1个库存问题", "1 new stock problem"))
    office.locator("tbody a").first.click()
    expect(page.locator("h1")).to_have_text(says(language, "订货", "Orders"))


@BOTH
def test_stores_with_coordinates_stand_on_a_map_by_sales(open_page: Open, language: str) -> None:
    page = open_page("overview", language).page
    page.locator(".store-map summary").click()
    marks = page.locator(".store-map a")
    expect(marks).to_have_count(2)
    first, second = (mark.locator("circle") for mark in marks.all())
    expect(first).to_have_attribute("class", "up")
    expect(second).to_have_attribute("class", "down")
    (west, south, large), (east, north, small) = (
        [float(circle.get_attribute(name) or 0) for name in ("cx", "cy", "r")] for circle in (first, second)
    )
    assert west < east
    assert north < south
    assert large == 22
    assert small == 5 + 17 * 0.5
    expect(marks.nth(1)).to_have_attribute(
        "aria-label", re.compile(says(language, r"同比−10\.0%", r"−10\.0% vs last year"))
    )
    expect(page.locator(".store-map text")).to_have_count(2)
    expect(page.locator(".store-map .hint")).to_contain_text(says(language, "2 家没有坐标", "2 stores without"))
    marks.nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(says(language, "订货", "Orders"))
    expect(page).to_have_url(re.compile("store=S02"))


def test_answers_without_figures_say_so(open_page: Open) -> None:
    fake_api.INSTEAD["head_office"] = lambda *_: error(422, "model", "none")
    page = open_page("overview", "en", quiet=False).page
    expect(page.locator(".office")).to_contain_text("Publish again with this version")


def test_the_landing_says_how_things_stand_when_one_comes_back_to_it(open_page: Open) -> None:
    page = open_page("overview", "en").page
    waiting = page.locator(".tiles .figure").filter(has_text="Awaiting a decision")
    expect(waiting).to_be_visible()
    page.locator("nav [data-view=orders]").click()
    expect(page.locator(".grid")).to_be_visible()
    fake_api.RIGHTS["open"] = 7
    page.locator("nav [data-view=overview]").click()
    expect(waiting).to_contain_text("7")


@BOTH
def test_head_office_sees_what_models_and_people_were_worth(open_page: Open, language: str) -> None:
    fake_office.WORTH["is_measured"] = True
    page = open_page("overview", language).page
    panel = page.locator("[data-panel=worth]")
    expect(panel.locator("[data-worth=models]")).to_contain_text("+¥5,200")
    expect(panel.locator("[data-worth=people]")).to_contain_text("−¥340")
    expect(panel.locator("[data-worth=people]")).to_contain_text(says(language, "31 行更差", "31 worse"))
    expect(panel.locator("[data-worth=campaigns]")).to_contain_text("+¥813")
    left_out = says(language, "决定的 120 行，周期尚未结束", "120 decided lines of 3 days not measured")
    expect(panel.locator("[data-left-out]")).to_contain_text(left_out)
    expect(panel).to_contain_text(
        says(language, "偏差 41 件；移动平均为 46 件", "off by 41; those of a moving average by 46")
    )
    expect(panel).to_contain_text(says(language, "没有启用的模型", "no model in use"))
    fake_office.WORTH["is_measured"] = False
    page.reload()
    expect(panel.locator("[data-worth=models]")).to_contain_text(says(language, "尚未评估", "not measured yet"))
    panel.locator("a[href='#/jobs?new=measure_orders']").click()
    expect(page.locator("[name=kind]")).to_have_value("measure_orders")
    fake_office.WORTH["is_measured"] = True


@pytest.mark.parametrize(("of_shops", "said"), [(None, "warehouse"), (900.0, "–")])
def test_a_closed_shop_with_stock_is_not_called_a_warehouse(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, of_shops: float | None, said: str
) -> None:
    usual = fake_office.head_office({})
    usual["stores"] = [usual["stores"][0]]
    gone = {
        "sales": None,
        "stock_value": 900.0,
        "shop_stock_value": of_shops,
        "cover_days": None,
        "shop_cover_days": None,
    }
    usual["stores"][0] |= gone
    monkeypatch.setitem(fake_api.ANSWERS, "head_office", lambda _: usual)
    table = open_page("overview", "en").page.locator(".office .office-table").last
    expect(table.locator("tbody tr").first.locator("td").nth(-2)).to_have_text(said)


@BOTH
def test_sales_stand_against_the_plan(open_page: Open, language: str) -> None:
    page = open_page("overview", language).page
    figure = page.locator(".office-figures .figure").filter(has_text=says(language, "较计划", "vs plan"))
    expect(figure).to_contain_text("−4.0%")
    expect(figure).to_contain_text(says(language, "计划 ¥41,667", "planned ¥41,667"))
    expect(page.locator(".office-table").last.locator("thead")).to_contain_text(says(language, "较计划", "vs plan"))


@BOTH
@pytest.mark.parametrize("is_first", [True, False])
def test_that_nothing_changed_is_told_from_that_there_is_nothing_before(
    open_page: Open, language: str, is_first: bool
) -> None:
    nothing = {"lines": 0, "money": 0.0, "rows": []}
    changes = None if is_first else {"since": "2026-02-27", "new": nothing, "gone": nothing}
    fake_api.INSTEAD["head_office"] = lambda _, made: made | {"changes": changes}
    page = open_page("overview", language).page
    first = says(language, "还没有更早的发布结果可比较。", "There is no earlier publication to compare with yet.")
    same = says(language, "以来没有变化", "no stock problem appeared or was resolved")
    expect(page.locator(".office")).to_contain_text(first if is_first else same)
    expect(page.locator(".office")).not_to_contain_text(same if is_first else first)


def test_kinds_of_exceptions_stand_by_their_money(open_page: Open) -> None:
    fake_api.INSTEAD["attention"] = lambda _, made: made | {"kinds": made["kinds"][::-1]}
    page = open_page("overview", "en").page
    kinds = page.locator(".kinds li .hint")
    expect(kinds).to_have_text([" ¥400", " ¥300", " ¥200", " ¥100"])


@BOTH
def test_a_second_publication_of_the_same_day_a_warehouse_and_a_missing_plan_are_told(
    open_page: Open, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = fake_office.head_office({})
    usual["changes"]["since"] = usual["as_of"]
    usual["reasons"] = usual["reasons"] | {"sales_plan": "no_plan"}
    usual["total"] |= {"sales_plan": None, "sales_to_plan": None, "cover_days": 152.0, "shop_cover_days": 10.0}
    usual["regions"][0] |= {"cover_days": 152.0, "shop_cover_days": 10.0}
    monkeypatch.setitem(fake_api.ANSWERS, "head_office", lambda _: usual)
    office = open_page("overview", language).page.locator(".office")
    expect(office).to_contain_text("同一数据日的首次发布" if language == "zh" else "same day of data")
    expect(office.locator("[data-plan=none]")).to_contain_text("sales_plans")
    expect(office.locator(".office-figures")).to_contain_text(
        "门店：10天" if language == "zh" else "in the stores: 10 days"
    )
    first = office.locator(".office-table").first.locator("tbody tr").first
    expect(first).to_contain_text("含仓库：152天" if language == "zh" else "with warehouses: 152 days")
    expect(office.locator(".office-figures")).to_contain_text("1.2%")


@BOTH
def test_stock_that_may_not_be_there_stands_under_the_stock_value(open_page: Open, language: str) -> None:
    doubtful = {"doubtful_stock_value": 700.0, "doubtful_stock_lines": 3.0}
    fake_api.INSTEAD["head_office"] = lambda _, made: made | {"total": made["total"] | doubtful}
    figure = open_page("overview", language).page.locator(".office-figures .figure")
    said = says(language, "闭店、下架或久未盘点：¥700，3行", "closed, delisted or long uncounted: ¥700 (3 lines)")
    expect(figure.filter(has_text=says(language, "库存金额", "Stock value"))).to_contain_text(said)
