"""Exceptions, stock of all stores, what-if, rules and related products, in a real browser."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.serving.page import fake_api, fake_chain, fake_demand, fake_people

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
Open = Callable[..., Any]


def says(language: str, chinese: str, english: str) -> str:
    return chinese if language == "zh" else english


@BOTH
def test_the_overview_leads_from_each_exception_to_where_one_acts(open_page: Open, language: str) -> None:
    page = open_page("overview", language).page
    lines = page.locator(".exceptions tbody tr")
    expect(lines).to_have_count(4)
    expect(lines.first).to_contain_text(says(language, "滞销库存", "Excess stock"))
    expect(lines.first).to_contain_text("¥400")
    expect(page.locator(".exceptions")).to_contain_text(says(language, "共 31 个库存问题", "largest of 31"))
    expect(lines.nth(3).locator("a").first).to_have_attribute("href", "#/orders?store=S01&show=all&q=P0004")
    expect(lines.nth(2)).to_contain_text("青石巷店 → 湖滨银泰店")
    lines.nth(2).locator("a").first.click()
    expect(page.locator("h1")).to_have_text(says(language, "一盘货", "Inventory"))
    expect(page.locator('[data-tab="transfers"]')).to_have_attribute("aria-pressed", "true")


@BOTH
def test_transfers_counts_leftovers_and_orders_are_tabs(open_page: Open, site: Any, language: str) -> None:
    page = open_page("stock", language).page
    expect(page.locator("tbody tr")).to_contain_text("青石巷店")
    expect(page.locator("tbody tr")).to_contain_text('<img src=x onerror="window.attacked=true">')
    page.locator('[data-tab="counts"]').click()
    expect(page.locator("tbody tr")).to_contain_text(">99%")
    page.locator('[data-tab="orders"]').click()
    expect(page.locator("tbody tr")).to_contain_text(says(language, "已到货", "Received"))
    expect(page.locator("tbody tr")).to_contain_text(says(language, "还差 6 件", "6 outstanding"))
    page.locator('[data-tab="leftovers"]').click()
    expect(page.locator("tbody tr")).to_contain_text(says(language, "当季结束", "Season ends"))
    with page.expect_download() as caught:
        page.locator('[data-export="csv"]').click()
    rows = list(csv.DictReader(io.StringIO(Path(caught.value.path()).read_text("utf-8-sig"))))
    assert (rows[0]["product_id"], rows[0]["value_at_risk"]) == ("P0010", "310.0")
    page.locator('[data-action="people"]').click()
    expect(page.locator("h1")).to_have_text(says(language, "以货找人", "Audiences"))
    expect(page.locator(".chip")).to_contain_text("春节坚果大礼包")


@BOTH
def test_left_overs_show_the_price_that_earns_most(open_page: Open, language: str) -> None:
    page = open_page("stock?tab=leftovers", language).page
    line = page.locator("tbody tr")
    expect(line.locator(".badge.advice-markdown")).to_have_text(says(language, "降价", "Mark down"))
    expect(line.locator(".path")).to_contain_text(says(language, "降价20%（¥80.00）", "20% off (¥80.00) from"))
    expect(line.locator(".path")).to_contain_text(says(language, "降价50%", "50% off"))
    expect(line).to_contain_text(says(language, "预计多卖3.2件（1至5件）", "about 3.2 more sold (1 to 5)"))
    expect(line).to_contain_text(says(language, "推荐给顾客：+¥41.00", "Offer to customers: +¥41.00"))


@BOTH
def test_the_overview_says_whether_the_answers_agree(open_page: Open, site: Any, language: str) -> None:
    page = open_page("overview", language).page
    panel = page.locator(".consistency")
    expect(panel.locator("h2")).to_have_text(says(language, "一致性检查", "Consistency checks"))
    expect(panel.locator("tbody tr")).to_have_count(1)
    expect(panel.locator("tbody tr")).to_contain_text(says(language, "预计亏损的订货", "Orders expected to lose money"))
    expect(panel.locator("p")).to_contain_text(says(language, "2项检查全部通过", "All 2 checks"))


def test_all_excess_stock_of_a_store_finds_their_people_in_one_click(open_page: Open, site: Any) -> None:
    page = open_page("stock?tab=leftovers&store=S02", "en").page
    page.locator('[data-action="all-people"]').click()
    expect(page.locator(".notice").first).to_contain_text("Customers of 湖滨银泰店")
    asked = site.bodies("audience")[-1]
    assert (asked["leftovers"], asked["store_id"]) == (True, "S02")
    assert "product_ids" not in asked


def test_a_store_without_excess_stock_says_so(open_page: Open) -> None:
    page = open_page("stock?tab=leftovers&store=S90", "en").page
    expect(page.locator(".empty")).to_contain_text("No matching lines")
    expect(page.locator(".conditions .chip")).to_contain_text("store: 线上商城")
    page.locator(".conditions .chip button").click()
    expect(page.locator("tbody tr")).to_have_count(1)


@BOTH
def test_lists_of_stock_are_filtered_sorted_and_paged_by_the_service(
    open_page: Open, site: Any, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    whole = fake_api.ANSWERS["listing"]

    def many(body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = whole(body)
        return answer if body["where"] else answer | {"total": 230}

    monkeypatch.setitem(fake_api.ANSWERS, "listing", many)
    page = open_page("stock?tab=attention", language).page
    expect(page.locator("tbody tr")).to_have_count(4)
    expect(page.locator(".pager")).to_contain_text(says(language, "1–40，共 230", "1–40 of 230"))
    page.locator("[data-page=after]").click()
    expect(page.locator(".pager")).to_contain_text("41–80")
    expect(page).to_have_url(re.compile("line=41"))
    page.locator("button[data-column=money]").click()
    expect(page.locator("th[data-of=money]")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("button[data-column=money]")).to_be_focused()
    page.locator("[data-condition=column]").select_option("kind")
    page.locator("[data-condition=value]").select_option(label=says(language, "疑似虚库存 (1)", "Phantom stock (1)"))
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("[data-condition=column]")).to_be_focused()
    page.locator("[data-field=find]").fill("茉莉")
    expect(page.locator(".empty")).to_be_visible()
    asked = site.bodies("listing", lambda body: body.get("search") == "茉莉")[-1]
    assert asked["where"] == [{"column": "kind", "any_of": ["phantom"]}]
    assert (asked["sort"], asked["offset"]) == ([{"column": "money", "descending": True}], 0)
    assert site.bodies("listing", lambda body: body.get("offset") == 40)
    page.go_back()
    expect(page.locator(".conditions .chip")).to_have_count(0)
    expect(page.locator("[data-tab=attention]")).to_have_attribute("aria-pressed", "true")


def test_a_page_beyond_the_end_shows_the_last_one(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fake_api.ANSWERS["listing"]
    monkeypatch.setitem(fake_api.ANSWERS, "listing", lambda body: whole(body) | {"total": 230})
    page = open_page("stock?tab=attention&page=9", "en").page
    expect(page.locator(".pager")).to_contain_text("201–230 of 230")
    expect(page).to_have_url(re.compile("line=201"))


def test_a_tab_keeps_the_conditions_that_it_shares_with_the_one_before(open_page: Open, site: Any) -> None:
    page = open_page("stock?tab=counts&store=S03&f=category:礼品", "en").page
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("[data-tab=transfers]").click()
    expect(page.locator(".conditions .chip")).to_have_text(["category: 礼品", "from store: 观前街店"])
    asked = site.bodies("listing", lambda body: body["table"] == "transfers")[-1]
    assert {"column": "from_store_id", "any_of": ["S03"]} in asked["where"]


@BOTH
def test_another_price_changes_units_revenue_and_margin(open_page: Open, site: Any, language: str) -> None:
    page = open_page("forecast?store=S01&product=P0002", language).page
    page.locator(".what-if summary").click()
    expect(page.locator(".what-if-sums tbody tr")).to_have_count(3)
    expect(page.locator(".what-if")).to_contain_text("¥14.90")
    page.locator(".what-if input[type=range]").evaluate(
        "input => { input.value = '13.5'; input.dispatchEvent(new Event('input')); }"
    )
    expect(page.locator(".what-if .notice")).to_contain_text(says(language, "超出了以往", "outside the range seen"))
    expect(page.locator(".what-if-sums tbody tr").first).to_contain_text("+117%")
    page.locator('.what-if [data-ask="promotion"]').select_option("yes")
    expect(page.locator(".what-if-sums tbody tr").first).to_contain_text("+117%")
    assert site.bodies("what_if", lambda body: body.get("promotion") is True)


def test_the_usual_price_of_a_what_if_can_be_reached_again_and_changes_nothing(open_page: Open) -> None:
    page = open_page("forecast?store=S01&product=P0002", "en").page
    page.locator(".what-if summary").click()
    price, change = page.locator(".what-if input[type=range]"), page.locator(".what-if-sums tbody tr").first
    expect(change).to_contain_text("0%")
    assert float(price.input_value()) == 19.9, "a slider that starts beside the usual price says one and asks another"
    price.press("ArrowRight")
    expect(page.locator(".what-if-price output")).to_have_text("¥20.00")
    expect(change).to_contain_text("−1%")
    price.press("ArrowLeft")
    expect(page.locator(".what-if-price output")).to_have_text("¥19.90")
    expect(change).to_contain_text("0%")
    expect(page.locator(".what-if-price")).not_to_contain_text("of the usual price")


def test_a_product_that_cannot_be_asked_says_why(open_page: Open) -> None:
    page = open_page("forecast?store=S01&product=P0004", "en", quiet=False).page
    page.locator(".what-if summary").click()
    expect(page.locator(".what-if")).to_contain_text("sells too rarely here")


@BOTH
def test_rules_are_added_and_taken_back(open_page: Open, site: Any, language: str) -> None:
    fake_people.RULES.clear()
    page = open_page("rules", language).page
    expect(page.locator(".empty")).to_contain_text(says(language, "还没有规则", "No rules yet"))
    page.locator('[name="action"]').select_option("boost")
    page.locator(".rule-form .typeahead input").first.fill("P0001")
    page.locator("[role=listbox] [role=option]").first.click()
    page.locator('[name="name"]').fill("春节主推")
    page.locator(".rule-form .primary").click()
    expect(page.locator(".rule")).to_contain_text(says(language, "加权 × 2", "Boost × 2"))
    expect(page.locator(".rule")).to_contain_text(fake_chain.PRODUCTS["P0001"])
    sent = site.bodies("rules")[-1]
    assert (sent["rules"][0]["values"], sent["version"]) == (["P0001"], 0)
    page.locator('[name="attribute"]').select_option("brand")
    page.locator('[name="values"]').fill("晨牧，P0099")
    page.locator(".rule-form .primary").click()
    expect(page.locator(".notice")).to_contain_text("P0099 is not known")
    assert site.bodies("rules")[-1]["rules"][1]["values"] == ["晨牧", "P0099"]
    fake_people.RULES.clear()


def test_a_rule_that_was_removed_is_brought_back_by_undo(open_page: Open) -> None:
    fake_people.RULES.clear()
    fake_people.rules({"rules": [{"action": "pin", "values": ["P0001"], "name": "first"}]})
    page = open_page("rules", "en").page
    page.locator(".rule button").click()
    expect(page.locator(".rule")).to_have_count(0)
    assert fake_people.RULES == []
    expect(page.locator("[data-action=undo]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".rule")).to_contain_text("first")
    expect(page.locator("[data-action=undo]")).to_have_count(0)
    fake_people.RULES.clear()


def test_money_has_as_many_digits_as_its_currency(open_page: Open) -> None:
    page = open_page("overview", "en").page
    digits = page.evaluate("""async () => {
        const { money, setCurrency } = await import("./js/i18n.js");
        return [["¥", 0], ["KWD ", 3], ["€", 2]].map(([sign, digits]) => {
            setCurrency({ currency: "X", currency_sign: sign, currency_digits: digits });
            return [12.3456, -1234.5, -0.0001].map((value) => money(value));
        });
    }""")
    assert digits == [
        ["¥12", "−¥1,235", "¥0"],
        ["KWD 12.346", "−KWD 1,235", "KWD 0.000"],
        ["€12.35", "−€1,235", "€0.00"],
    ]


def test_a_person_s_list_tells_how_to_get_it_which_rule_moved_it_and_what_completes_the_bag(open_page: Open) -> None:
    page = open_page("person?customer=C00001&basket=P0001", "en").page
    first = page.locator(".recommendation").first
    expect(first).to_contain_text("Pick up at 湖滨银泰店")
    expect(first).to_contain_text("30% in 7 days")
    # where the store is not told, nothing is left open behind the word
    expect(page.locator(".recommendation .fulfilment").nth(1)).to_have_text("Shipped")
    expect(page.locator(".rule-badge")).to_have_text("春节主推")
    expect(page.locator(".offers .notice")).to_contain_text("3 goods are not on the shelf")
    page.locator(".completes button").click()
    expect(page.locator(".pickers .chip")).to_have_count(2)


def test_the_forecast_names_substitutes_and_complements(open_page: Open) -> None:
    page = open_page("forecast?store=S01&product=P0002", "en").page
    page.locator("summary").filter(has_text="Substitutes and complements").click()
    expect(page.locator(".together").first).to_contain_text("低温鲜牛奶")
    expect(page.locator(".together").nth(1)).to_contain_text("精品鲜肉水饺")


@BOTH
def test_a_forecast_is_overridden_with_a_reason_and_taken_back(open_page: Open, site: Any, language: str) -> None:
    fake_demand.OVERRIDES.clear()
    page = open_page("forecast?store=S01&product=P0002", language).page
    page.locator(".override summary").click()
    page.locator('.override [name="reason"]').fill("周末集市")
    page.locator('.override [name="until"]').fill("2026-03-07")
    page.locator(".override .primary").click()
    expect(page.locator(".override[open]")).to_have_count(0)
    made = site.bodies("overrides", lambda body: "overrides" in body)[0]["overrides"][0]
    assert (made["kind"], made["value"], made["ends_on"], made["reason"]) == ("factor", 1.2, "2026-03-08", "周末集市")
    page.locator(".override summary").click()
    page.get_by_role("button", name=says(language, "撤回", "Withdraw")).click()
    expect(page.locator(".override .question")).to_contain_text(says(language, "恢复模型的预测", "counts again"))
    page.locator("[data-action=take-back-sure]").click()
    expect(page.locator(".override[open]")).to_have_count(0)
    assert fake_demand.OVERRIDES[0]["state"] == "withdrawn"


def test_forecast_value_added_opens_on_the_overview(open_page: Open) -> None:
    page = open_page("overview", "en").page
    page.locator("summary").filter(has_text="Forecast value added").click()
    expect(page.locator("details tbody tr")).to_have_count(2)
    expect(page.locator("details tbody")).to_contain_text("李女士 · Overrides")


def test_paper_gets_every_line_of_a_list_and_the_screen_its_page_back(open_page: Open, site: Any) -> None:
    page = open_page("overview", "en").page

    def long(route: Route) -> None:
        asked, told = route.request.post_data_json, route.fetch().json()
        line = (told["rows"] or [{}])[0]
        places = range(asked.get("offset", 0), min(asked.get("offset", 0) + asked.get("limit", 0), 90))
        rows = [line | {"product_id": f"L{place}", "product_name": f"line {place}"} for place in places]
        route.fulfill(json=told | {"rows": rows, "total": 90})

    page.route("**/listing", long)
    page.goto(page.url.split("#")[0] + "#/stock?tab=leftovers")
    expect(page.locator("tbody tr")).to_have_count(40)
    page.evaluate("window.print = () => { window.rows = document.querySelectorAll('tbody tr').length; }")
    page.locator("[data-action=print]").click()
    expect(page.locator("tbody tr")).to_have_count(90)
    assert page.evaluate("window.rows") == 90
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("tbody tr")).to_have_count(40)
    expect(page.locator(".pager")).to_contain_text("1–40 of 90")


def test_a_link_to_a_list_says_what_it_names_that_is_not_known(open_page: Open) -> None:
    page = open_page("stock?tab=leftovers&sort=foo&f=bogus:zzz", "en").page
    expect(page.locator("main .notice").first).to_contain_text("not known: bogus, foo. Lines are shown without them.")
    expect(page.locator("main tbody tr").first).to_be_visible()
