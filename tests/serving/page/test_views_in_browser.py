"""Each view in a real browser, in both languages."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.serving.page import fake_api, fake_demand

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
Open = Callable[..., Any]


def says(language: str, chinese: str, english: str) -> str:
    return chinese if language == "zh" else english


def downloaded(page: Page, button: str) -> list[dict[str, str]]:
    with page.expect_download() as caught:
        page.locator(button).click()
    raw = Path(caught.value.path()).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))


@BOTH
def test_overview_tells_day_counts_versions_and_what_needs_attention(open_page: Open, language: str) -> None:
    page = open_page("overview", language).page
    expect(page.locator("html")).to_have_attribute("lang", says(language, "zh-CN", "en-GB"))
    expect(page.locator(".as-of")).to_have_text(
        says(language, "数据截至 2026年2月28日周六", "Data until Sat, 28 Feb 2026")
    )
    expect(page.locator(".tiles")).to_contain_text("3,210")
    expect(page.locator(".side")).to_contain_text(says(language, "版本 4", "Version 4"))
    trained = says(language, "版本 4 · 2026年3月1日", "Version 4 · 1 Mar 2026")
    expect(page.locator(".side dd").first).to_contain_text(trained)
    tested = says(language, "回测中的预测误差41% 移动平均 46%", "Forecast error in the backtest41% moving average 46%")
    expect(page.locator(".side .test").first).to_have_text(tested)
    meaning = says(
        language,
        "回测中每售出 100 件，每日预测合计偏差 41 件",
        "For every 100 units sold, the daily forecasts in the backtest were off by 41",
    )
    expect(page.locator(".side")).to_contain_text(meaning)
    row = page.locator(".compact tbody tr").filter(has_text="青石巷店")
    expect(row.locator("td")).to_have_text(["2", "2", "10", "288", "¥2,851", "17"])
    row.locator("th a").click()
    expect(page.locator("h1")).to_have_text(says(language, "订货", "Orders"))
    expect(page.locator(".conditions .chip")).to_contain_text("青石巷店")


@BOTH
def test_forecast_shows_history_band_drivers_and_marks(open_page: Open, site: Any, language: str) -> None:
    page = open_page("forecast?store=S01&product=P0002", language).page
    expect(page.locator(".chart canvas")).to_be_visible()
    legend = says(language, "90% 预测区间", "90% prediction interval")
    expect(page.locator(".legend").first).to_contain_text(legend)
    expect(page.locator(".legend .stockout")).to_have_count(1)
    expect(page.locator(".legend .promotion")).to_have_count(1)
    expect(page.locator(".legend .festival")).to_have_count(1)
    expect(page.locator(".driver-list li")).to_have_count(6)
    expect(page.locator(".driver-list")).to_contain_text(says(language, "星期规律", "Day of the week"))
    assert site.bodies("history") == [{"store_id": "S01", "product_id": "P0002", "days": 112}]
    assert site.bodies("forecast") == [{"store_id": "S01", "product_ids": ["P0002"], "horizon": 28, "explain": True}]


def test_arrow_keys_read_the_chart_day_by_day(open_page: Open) -> None:
    page = open_page("forecast?store=S01&product=P0002").page
    expect(page.locator(".chart canvas")).to_be_visible()  # the library of the chart comes after the view
    page.locator(".chart").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".readout")).to_contain_text("2026年3月4日周三")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".readout")).to_contain_text("元宵节")
    page.keyboard.press("Home")
    expect(page.locator(".readout")).to_contain_text("2025年11月9日周日售出")


def test_days_left_out_of_the_history_count_as_nothing_sold(open_page: Open) -> None:
    page = open_page("forecast?store=S01&product=P0002&days=56&horizon=28").page
    body = {"store_id": "S01", "product_id": "P0002", "days": 28}
    sold = sum(row["units"] for row in fake_demand.history(body)["rows"])
    assert len(fake_demand.history(body)["rows"]) == 27
    expect(page.locator(".figure").filter(has_text="过去 28 天售出").locator("dd").first).to_have_text(str(sold))


def test_a_product_is_found_by_typing_and_the_address_follows(open_page: Open) -> None:
    page = open_page("forecast?store=S01&product=P0002").page
    box = page.get_by_role("combobox", name="商品")
    box.fill("花茶")
    expect(page.locator("[role=listbox] [role=option]")).to_have_count(1)
    box.press("Enter")
    expect(page.locator(".panel h2").first).to_contain_text("茉莉花茶 100g")
    expect(page).to_have_url(re.compile("product=P0004"))
    expect(page).not_to_have_url(re.compile("key="))


def test_forecast_as_csv_has_the_columns_of_the_contract(open_page: Open) -> None:
    page = open_page("forecast?store=S01&product=P0002&horizon=7").page
    page.locator(".as-table summary").click()
    rows = downloaded(page, ".as-table [data-action=csv]")
    wanted = [
        "store_id",
        "product_id",
        "date",
        "forecast",
        "forecast_p05",
        "forecast_p25",
        "forecast_p50",
        "forecast_p75",
        "forecast_p95",
    ]
    assert list(rows[0]) == wanted
    assert [row["date"] for row in rows][::6] == ["2026-03-01", "2026-03-07"]


def test_a_phone_shows_twenty_cards_at_first_and_says_what_sorts_them(open_page: Open) -> None:
    page = open_page("audience?product=P0001&size=30", "en", width=390).page
    cards = page.locator(".table-box .cards-here tbody tr")
    expect(cards).to_have_count(20)
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.cards-here thead tr'), '::before').content")
        == '"Sort by"'
    )
    expect(page.locator(".cards-here th[data-of=reason]")).to_be_hidden()  # nothing can be sorted by it
    page.locator(".table-foot button").click()
    expect(cards).to_have_count(30)


@BOTH
def test_goods_find_people_and_say_who_was_left_out(open_page: Open, site: Any, language: str) -> None:
    page = open_page("audience?product=P0001&product=P0004&size=30&kind=repeat&channel=sms&holdout=20", language).page
    expect(page.locator(".table-box tbody tr")).to_have_count(30)
    assert site.bodies("audience") == [
        {"product_ids": ["P0001", "P0004"], "size": 30, "holdout_share": 0.2, "kind": "repeat", "channel": "sms"}
    ]
    for box in ("size", "kind", "channel", "holdout"):
        expect(page.locator(f"[name={box}]")).to_be_visible()
    left_out = page.locator(".exclusions li")
    expect(left_out.first).to_contain_text(says(language, "未同意该渠道联系", "No consent to be contacted"))
    expect(left_out.first).to_contain_text("812")
    expect(left_out.last).to_contain_text("Asked for peace until May")
    expect(page.locator(".figures")).to_contain_text(says(language, "联系人数", "To contact"))
    contacts = downloaded(page, "[data-action=csv-contacts]")
    assert {row["group"] for row in contacts} == {"contact"}
    assert len(contacts) == 27
    assert len(downloaded(page, "[data-action=csv]")) == 30


def test_audience_asks_for_goods_first_and_takes_them_from_the_keyboard(open_page: Open, site: Any) -> None:
    page = open_page("audience").page
    expect(page.locator(".empty")).to_contain_text("请先选择商品")
    box = page.get_by_role("combobox", name="商品（可选多个）")
    options = page.locator("[role=listbox] [role=option]")
    box.press("ArrowDown")
    expect(options).to_have_count(12)
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(page.locator(".chip")).to_have_text(["有机纯牛奶 250ml×12"])
    expect(page.locator(".table-box tbody tr").first).to_contain_text("C00001")
    page.get_by_role("button", name="移除 有机纯牛奶 250ml×12").click()
    expect(page.locator(".empty")).to_contain_text("请先选择商品")
    assert len(site.bodies("audience")) == 1


def test_keys_pressed_before_the_list_has_come_count_once_it_is_there(open_page: Open) -> None:
    page = open_page("audience").page
    box = page.get_by_role("combobox", name="商品（可选多个）")
    options = page.locator("[role=listbox] [role=option]")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)
        if len(held) > 1:
            route.continue_()

    page.route("**/search", hold)
    with page.expect_request("**/search"):
        box.press("ArrowDown")
    for _ in range(2):
        box.press("ArrowDown")  # the first press opens the list, the second and third walk down
    box.press("ArrowUp")
    expect(options).to_have_count(0)
    held[0].continue_()
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert len(held) == 1
    box.press_sequentially("茉莉")
    box.press("Enter")
    expect(page.locator(".chip")).to_have_text(["茉莉花茶 100g"])


def test_a_forecast_above_its_drivers_stays_inside_their_picture(open_page: Open) -> None:

    def doubled(_: Any, made: dict[str, Any]) -> dict[str, Any]:
        rows = [row | {"forecast": 2 * row["forecast"]} for row in made["forecasts"]]  # as an override makes it
        return made | {"forecasts": rows}

    fake_api.INSTEAD["forecast"] = doubled
    page = open_page("forecast?store=S01&product=P0002", "en").page
    line = page.locator(".driver-chart .mean")
    expect(line).to_have_attribute("points", re.compile("."))
    points = line.get_attribute("points") or ""
    assert min(float(point.split(",")[1]) for point in points.split()) >= 0


@BOTH
def test_a_model_without_drivers_says_why_there_are_none(open_page: Open, language: str) -> None:
    note = says(language, "当前的需求模型不给出影响因素。", "The demand model in use names no drivers.")

    def without_drivers(_: Any, made: dict[str, Any]) -> dict[str, Any]:
        rows = [row | {"drivers": None} for row in made["forecasts"]]
        return made | {"forecasts": rows, "drivers_note": note}

    fake_api.INSTEAD["forecast"] = without_drivers
    page = open_page("forecast?store=S01&product=P0001", language).page
    panel = page.locator(
        "section", has=page.get_by_role("heading", name=says(language, "预测的影响因素", "Drivers of the forecast"))
    )
    expect(panel).to_contain_text(note)
    expect(page.locator(".driver-chart")).to_have_count(0)


@BOTH
def test_a_forecast_beyond_the_end_of_the_plan_says_so(open_page: Open, language: str) -> None:
    def ending(_: Any, made: dict[str, Any]) -> dict[str, Any]:
        day = made["forecasts"][3]["date"]
        return made | {"planned_ends": [{"product_id": "P0001", "ends_on": day, "end_kind": "season"}]}

    said = says(language, "不再计入销量", "counts no sales after")
    page = open_page("forecast?store=S01&product=P0001", language).page
    expect(page.locator(".readout")).not_to_be_empty()
    expect(page.locator(".notice", has_text=said)).to_have_count(0)
    fake_api.INSTEAD["forecast"] = ending
    page.reload()
    expect(page.locator(".notice", has_text=said)).to_have_count(1)


@BOTH
def test_person_shows_stage_profile_and_recommendations(open_page: Open, language: str) -> None:
    page = open_page("person?customer=C00003", language).page
    expect(page.locator(".stage [aria-current=step]")).to_have_text(says(language, "朋友", "Friend"))
    expect(page.locator(".stage li")).to_have_text(
        ["陌生", "访客", "朋友", "老友"] if language == "zh" else ["Stranger", "Visitor", "Friend", "Old friend"]
    )
    expect(page.locator(".tags")).to_contain_text(says(language, "周末采购", "weekend shopper"))
    expect(page.locator(".who .facts dd")).to_have_text(
        says(language, "2026年3月5日|¥3,482|7.5%", "5 Mar 2026|¥3,482|7.5%").split("|")
    )
    offers = page.locator(".recommendation")
    expect(offers).to_have_count(10)
    expect(offers.first).to_contain_text("62%")
    expect(offers.first.locator(".due")).to_have_text(says(language, "已到期：3天前", "was due 3 days ago"))
    expect(offers.nth(3).locator(".due")).to_have_text(says(language, "预计需要：6天后", "due in 6 days"))


def test_person_asks_for_the_bag_the_shop_and_the_kind(open_page: Open, site: Any) -> None:
    page = open_page("person?customer=C00003&store=S01&basket=P0004&kind=explore&k=5").page
    expect(page.locator(".recommendation")).to_have_count(5)
    assert site.bodies("recommend") == [
        {"customer_id": "C00003", "k": 5, "kind": "explore", "store_id": "S01", "basket": ["P0004"]}
    ]


def test_a_person_nobody_knows_is_told_so(open_page: Open) -> None:
    watched = open_page("person?customer=C00040", quiet=False)
    expect(watched.page.locator(".notice")).to_contain_text("还没有这位顾客的记录")
    watched.page.goto(watched.page.url.replace("C00040", "C99999"))
    expect(watched.page.locator(".who .empty")).to_contain_text("没有这位顾客的画像")


def test_the_language_switch_keeps_the_view_and_is_remembered(open_page: Open, site: Any) -> None:
    page = open_page("orders?store=S02", "zh").page
    page.locator("[data-language=en]").click()
    expect(page.locator("h1")).to_have_text("Orders")
    expect(page.locator("html")).to_have_attribute("lang", "en-GB")
    expect(page).to_have_url(re.compile(r"store=S02.*lang=en"))
    page.goto(f"{site.address}/ui/?again#/overview")
    expect(page.locator("nav [aria-current]")).to_have_text("Overview")


def test_the_switch_changes_a_language_that_the_address_names(open_page: Open, site: Any) -> None:
    page = open_page(f"{site.address}/ui/?lang=en#key={site.key}").page
    page.locator("[data-language=zh]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page).to_have_url(re.compile(r"\?lang=zh[&#]"))
    page.reload()
    expect(page.locator("nav [aria-current]")).to_have_text("总览")


def test_lang_in_the_query_string_chooses_the_language(open_page: Open, site: Any) -> None:
    page = open_page(f"{site.address}/ui/?lang=en#key={site.key}").page
    expect(page.locator("nav [aria-current]")).to_have_text("Overview")
