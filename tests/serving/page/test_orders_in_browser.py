"""The grid of orders in a real browser: filters, groups, addresses, deciding on many lines, files, keyboard."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.serving.page import fake_api, fake_orders
from tests.serving.page.fake_chain import PRODUCTS, STORES

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
Open = Callable[..., Any]
LINES = ".grid tbody tr[data-key]:not(.group)"


def says(language: str, chinese: str, english: str) -> str:
    return chinese if language == "zh" else english


def figure(page: Page, label: str) -> Any:
    return page.locator(".figure").filter(has_text=label).locator("dd")


@BOTH
def test_groups_that_an_answer_leaves_out_are_counted(open_page: Open, language: str) -> None:

    def cut(_: Any, told: dict[str, Any]) -> dict[str, Any]:
        return told | ({"groups": told["groups"][:1], "groups_total": 2500} if told["groups"] else {})

    fake_api.INSTEAD["listing"] = cut
    page = open_page("orders?group=store_id", language).page
    expect(page.locator(".grid-sums")).to_contain_text(says(language, "已显示 1 / 2,500 组", "1 of 2,500 groups shown"))


@BOTH
def test_a_refusal_calls_store_and_product_by_their_names(open_page: Open, language: str) -> None:
    page = open_page("orders?store=S02", language, quiet=False).page
    row = page.locator(LINES).first
    product = row.locator("[data-field=open]").inner_text()
    # the key of a row, between its two ids
    _, product_id = (row.get_attribute("data-key") or "").split("\u001f")
    about = {"problem": "suggestion_unknown", "store_id": "S02", "product_id": product_id}
    error = {"error": {"code": "not_found", "message": f"S02 {product_id}", "details": about}}
    page.route("**/decisions", lambda route: route.fulfill(status=422, json=error))
    row.locator("input.quantity").fill("1")
    row.locator("input.quantity").press("Enter")
    said = page.locator("p.form-problem").first
    expect(said).to_contain_text("湖滨银泰店")
    expect(said).to_contain_text(product)
    expect(said).not_to_contain_text(product_id)


@BOTH
def test_sums_that_nobody_knows_are_not_nought(open_page: Open, language: str) -> None:

    def without(_: Any, told: dict[str, Any]) -> dict[str, Any]:
        unknown = {"lost_sales": told["totals"]["lines"], "cost": 3}
        return told | {"totals": told["totals"] | {"lost_sales": None, "unknown": unknown}}

    fake_api.INSTEAD["listing"] = without
    page = open_page("orders", language).page
    lost = figure(page, says(language, "预计流失件数", "Expected lost sales"))
    expect(lost.first).to_have_text(says(language, "未知", "unknown"))
    expect(lost.last).to_have_text(says(language, "这些行没有库存记录", "these lines have no stock record"))
    cost = figure(page, says(language, "订货成本", "Order cost"))
    expect(cost.last).to_have_text(
        says(language, "3 行无成本和售价，未计入", "3 lines without cost or price not counted")
    )


def test_paper_gets_lines_that_never_were_on_the_screen_and_says_where_some_are_missing(open_page: Open) -> None:

    def long(asked: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
        line = (told["rows"] or [{}])[0]
        places = range(asked.get("offset", 0), min(asked.get("offset", 0) + asked.get("limit", 0), 250))
        rows = [line | {"product_id": f"L{place}", "product_name": f"line {place}"} for place in places]
        return told | {"rows": rows, "total": 250}

    fake_api.INSTEAD["listing"] = long
    page = open_page("orders?show=all", "en").page
    expect(page.locator(".grid [data-field=open]").first).to_be_visible()
    rows = page.locator(".grid tbody tr:not(.gap)")
    # the browser's own print waits for nothing: what has come is printed, and nothing empty
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(rows).to_have_count(100)
    expect(page.locator(".grid-paper")).to_have_text(
        "Only 100 of 250 lines are printed here. The page's own “Print” button prints them all."
    )
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.evaluate("window.print = () => { dispatchEvent(new Event('beforeprint')); window.printed = true; }")
    page.locator("[data-action=print]").click()
    expect(rows).to_have_count(250)
    expect(rows.last).to_contain_text("line 249")
    expect(page.locator(".grid-paper")).to_have_text("")


@BOTH
def test_values_to_choose_that_are_left_out_are_counted(open_page: Open, language: str) -> None:
    fake_api.INSTEAD["listing"] = lambda _, made: made | {"groups_total": 2500}
    page = open_page("orders", language).page
    page.locator("[data-condition=column]").select_option("store_id")
    expect(page.locator(".condition-value")).to_contain_text(
        says(language, "可选 4 / 2,500 项", "4 of 2,500 can be chosen")
    )


@BOTH
def test_lines_of_all_stores_come_with_names_exceptions_first_and_totals(open_page: Open, language: str) -> None:
    page = open_page("orders", language).page
    first = page.locator(LINES).first
    expect(first).to_contain_text("有机纯牛奶")
    expect(first).to_contain_text("青石巷店")
    expect(first).to_contain_text(says(language, "缺货风险", "Stockout risk"))
    expect(figure(page, says(language, "行数", "Lines")).first).to_have_text("40")
    expect(page.locator("[data-show=exceptions]")).to_contain_text("32")


def test_a_merchandisers_orders_of_all_stores_take_four_clicks(open_page: Open) -> None:
    """With one store after another it took about 40 for ten stores: choose the store, approve, confirm, each time."""
    page = open_page("orders", "en").page
    clicks = ["[data-show=plain]", "[data-field=pick-all]", "[data-bulk=approve]", "[data-bulk=apply]"]
    for one in clicks:
        page.locator(one).click()
    expect(page.locator(".notice")).to_have_text("8 decisions saved.")
    expect(page.locator("[data-show=plain]")).not_to_contain_text("8")
    assert len(clicks) == 4
    assert {store for store, _ in fake_orders.DECIDED} == {"S01", "S02", "S03", "S90"}


def test_the_difference_is_shown_before_it_counts_and_undone_as_one(open_page: Open, site: Any) -> None:
    page = open_page("orders?store=S01", "en").page
    page.locator("[data-field=pick-all]").check()
    page.locator("[data-bulk=change]").click()
    page.locator(".bulk-form [name=value]").fill("50")
    page.locator("[data-bulk=preview]").click()
    expect(page.locator(".difference")).to_contain_text("10 lines change: units 288 → 456")
    assert fake_orders.DECIDED == {}
    page.locator("[data-bulk=apply]").click()
    expect(figure(page, "Units to order")).to_have_text("456")
    sent = site.bodies("bulk_decisions", lambda body: not body.get("check"))[-1]
    assert (sent["percent"], sent["packs"], sent["view"]["seen_units"]) == (50, "nearest", 288)
    expect(page.locator("[data-bulk=undo]")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(figure(page, "Units to order")).to_have_text("288")
    assert fake_orders.DECIDED == {}


@BOTH
def test_a_view_that_changed_since_is_refused_with_both_numbers(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    page = open_page("orders?store=S01", language, quiet=False).page
    page.locator("[data-field=pick-all]").check()
    line = {"decision_id": "other", "store_id": "S01", "product_id": "P0001", "as_of": "2026-02-28"}
    fake_api.ANSWERS["decisions"]({"decisions": [line | {"action": "reject", "reason": "none"}]})
    page.locator("[data-bulk=approve]").click()
    expect(page.locator(".form-problem").first).to_contain_text(
        says(language, "现有 10 行、264 件，您看到的是 10 行、288 件", "10 lines and 264 units; you saw 10 and 288")
    )


def test_single_lines_are_picked_and_rejected_with_a_reason(open_page: Open, site: Any) -> None:
    page = open_page("orders?store=S02", "en").page
    for row in (0, 1):
        page.locator(f"{LINES} [data-field=pick]").nth(row).check()
    expect(page.locator(".grid-picked")).to_contain_text("2 lines selected")
    page.locator("[data-bulk=reject]").click()
    page.locator("[data-bulk=preview]").click()
    expect(page.locator(".difference")).to_have_count(0)  # a reason is needed
    page.locator(".bulk-form [name=reason]").fill("supplier on strike")
    page.locator("[data-bulk=preview]").click()
    page.locator("[data-bulk=apply]").click()
    expect(page.locator(f"{LINES} .badge.reject")).to_have_count(2)
    sent = site.bodies("bulk_decisions", lambda body: "lines" in body and not body.get("check"))[-1]
    assert (len(sent["lines"]), sent["reason"]) == (2, "supplier on strike")


def test_quantities_are_typed_line_by_line_and_totals_move(open_page: Open, site: Any) -> None:
    page = open_page("orders?store=S01&show=orders", "en", quiet=False).page
    quantity = page.locator(f"{LINES} input.quantity")
    quantity.first.focus()
    page.keyboard.type("48")
    page.keyboard.press("Enter")
    expect(quantity.nth(1)).to_be_focused()
    expect(figure(page, "Units to order")).to_have_text("312")
    expect(page.locator(LINES).first.locator(".badge.change")).to_have_text("Changed to 48")
    made = site.bodies("decisions")[-1]["decisions"][0]
    assert (made["action"], made["order_quantity"], made["seen_quantity"]) == ("change", 48, 24)
    quantity.nth(1).fill("7")
    page.keyboard.press("Enter")
    expect(page.locator(".form-problem").first).to_contain_text("Not a full pack of 12")
    page.locator("[data-bulk=confirm]").click()
    expect(page.locator(LINES).nth(1).locator(".badge.change")).to_have_text("Changed to 7")
    page.locator("[data-bulk=undo]").click()
    expect(page.locator(LINES).nth(1).locator(".badge.change")).to_have_count(0)


def test_totals_follow_a_decision_that_the_answering_worker_did_not_know_yet(open_page: Open) -> None:
    page = open_page("orders?store=S01&show=orders", "en", quiet=False).page
    before = figure(page, "Units to order").inner_text()
    stale: list[Any] = []

    def answer(route: Any) -> None:
        response = route.fetch()
        answered = response.json()
        if len(stale) < 2 and "totals" in answered:
            stale.append(answered)
            answered["totals"] = stale_totals
        route.fulfill(response=response, json=answered)

    stale_totals: dict[str, Any] = {}
    with page.expect_response("**/listing") as seen:
        page.reload()
    stale_totals.update(seen.value.json()["totals"])
    expect(figure(page, "Units to order")).to_have_text(before)
    page.route("**/listing", answer)
    page.locator(f"{LINES} input.quantity").first.fill("48")
    page.keyboard.press("Enter")
    expect(page.locator(LINES).first.locator(".badge.change")).to_have_text("Changed to 48")
    expect(figure(page, "Units to order")).to_have_text("312")
    assert len(stale) == 2


def test_an_undo_that_the_service_did_not_hear_can_be_asked_for_again(open_page: Open) -> None:
    page = open_page("orders?store=S01", "en", quiet=False).page
    quantity = page.locator("input.quantity")
    quantity.first.fill("48")
    page.keyboard.press("Enter")
    expect(page.locator(LINES).first.locator(".badge.change")).to_have_count(1)
    page.route("**/decisions", lambda route: route.abort())
    page.locator("[data-bulk=undo]").click()
    expect(page.locator(".form-problem").first).not_to_be_empty()
    page.unroute("**/decisions")
    page.locator("[data-bulk=undo]").click()
    expect(page.locator(LINES).first.locator(".badge.change")).to_have_count(0)


def test_filter_group_and_sort_are_in_the_address_and_back_goes_back(open_page: Open) -> None:
    page = open_page("orders", "en").page
    page.locator("[data-show=exceptions]").click()
    page.locator("[name=group]").select_option("supplier_id")
    expect(page.locator("tr.group")).to_have_count(3)
    expect(page.locator("tr.group").first).to_contain_text("lines to check")
    page.locator("[data-column=quantity]").click()
    expect(page).to_have_url(re.compile("show=exceptions"))
    expect(page).to_have_url(re.compile("sort=quantity%3Adesc"))
    address = page.url
    page.go_back()
    expect(page.locator("[aria-sort=descending]")).to_have_count(0)
    page.go_back()
    expect(page.locator("tr.group")).to_have_count(0)
    expect(page.locator("[data-show=exceptions]")).to_have_attribute("aria-pressed", "true")
    page.goto(address)
    expect(page.locator("tr.group")).to_have_count(3)
    page.locator("tr.group button").first.click()
    expect(page.locator(LINES).first).to_be_visible()


def test_a_condition_is_chosen_by_name_and_taken_away(open_page: Open, site: Any) -> None:
    page = open_page("orders", "en").page
    page.locator("[data-condition=column]").select_option("store_id")
    page.locator("[data-condition=value]").select_option(label="湖滨银泰店 (10)")
    expect(page.locator(".conditions .chip")).to_contain_text("store: 湖滨银泰店")
    expect(figure(page, "Lines").first).to_have_text("10")
    expect(page).to_have_url(re.compile("f=store_id%3AS02"))
    page.locator(".conditions .chip button").click()
    expect(figure(page, "Lines").first).to_have_text("40")
    expect(page.locator("[data-condition=column]")).to_be_focused()


@BOTH
def test_an_address_with_the_id_of_a_supplier_shows_its_name(open_page: Open, language: str) -> None:
    page = open_page("orders?show=all&f=supplier_id:V1", language).page
    expect(page.locator(".conditions .chip")).to_contain_text("江澜乳品商贸")
    expect(page.locator(".conditions .chip")).not_to_contain_text("V1")
    expect(page.locator(f"{LINES} [data-column=supplier_name]").first).to_have_text("江澜乳品商贸")
    page.locator(f"{LINES} [data-field=open]").first.click()
    expect(page.locator("dialog .facts")).to_contain_text("江澜乳品商贸 V1")


@BOTH
def test_a_line_with_comments_says_how_many_and_can_be_filtered(open_page: Open, language: str) -> None:
    page = open_page("orders?show=all", language).page
    mark = page.locator(f"{LINES} .comment-mark")
    expect(page.locator(LINES).first).to_be_visible()
    expect(mark).to_have_count(0)
    page.locator(f"{LINES} [data-field=open]").nth(1).click()
    page.locator("[data-comment=text]").fill("集市")
    page.locator("[data-comment=store]").click()
    expect(page.locator("dialog .line-history .comment")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(mark).to_have_count(1)
    expect(mark.locator(".visually-hidden")).to_have_text(says(language, "1 条留言", "1 comment"))
    page.locator("[data-show=commented]").click()
    expect(page.locator(LINES)).to_have_count(1)


def test_words_find_lines_of_every_store(open_page: Open) -> None:
    page = open_page("orders?show=all", "en").page
    page.locator("[data-field=find]").fill("湖滨 花茶")
    expect(page.locator(LINES)).to_have_count(1)
    expect(page.locator(LINES)).to_contain_text("茉莉花茶")
    expect(page).to_have_url(re.compile("q="))


def test_purchase_orders_stand_by_supplier_and_day(open_page: Open) -> None:
    page = open_page("orders?group=purchase_order&show=orders", "en").page
    heads = page.locator("tr.group")
    expect(heads.filter(has_text="江澜乳品商贸 · Sun, 1 Mar 2026")).to_contain_text("¥")
    expect(heads.filter(has_text="Transfers and lines without a supplier")).to_have_count(1)


@BOTH
def test_a_purchase_order_below_its_suppliers_minimum_says_so(open_page: Open, language: str) -> None:
    page = open_page("orders?group=purchase_order&show=orders", language).page
    own = page.locator("tr.group").filter(has_text="江澜乳品商贸 ·").first
    expect(own).to_contain_text(says(language, "低于供应商起订金额 ¥5,000", "below the supplier's minimum of ¥5,000"))
    expect(own).to_contain_text(says(language, "车", "truckloads"))
    expect(page.locator("tr.group").filter(has_text="禾丰礼品商贸 ·").first).not_to_contain_text(
        says(language, "起订", "minimum")
    )
    page.locator("[data-show=below_minimum]").click()
    expect(page.locator("tr.group").filter(has_text="禾丰礼品商贸 ·")).to_have_count(0)
    page.goto(page.url.split("#")[0] + "#/orders?group=purchase_order&f=store_id:S01&show=orders")
    expect(page.locator("tr.group").filter(has_text="江澜乳品商贸 ·").first).to_contain_text(
        says(language, "整单", "whole order")
    )


def test_only_rows_in_sight_are_elements(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def many(body: dict[str, Any]) -> dict[str, Any]:
        answer = fake_orders.lines({**body, "offset": 0, "limit": 48})
        rows = answer["rows"] * 3
        begin = body.get("offset", 0)
        shown = [row | {"store_id": f"N{place}"} for place, row in enumerate(rows[: body.get("limit", 200)], begin)]
        return answer | {"rows": shown, "total": 100_000}

    monkeypatch.setitem(fake_api.ANSWERS, "listing", many)
    page = open_page("orders?show=all", "en").page
    expect(page.locator(".grid")).to_have_attribute("aria-rowcount", "100001")
    assert page.locator(".grid tbody tr").count() < 60
    page.locator(".grid-scroll").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    expect(page.locator('.grid tr[aria-rowindex="100001"]:not(.waiting)')).to_be_visible()
    assert page.locator(".grid tbody tr").count() < 60


@BOTH
def test_a_phone_shows_names_whole_in_rows_of_one_height(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    long = ["老弄堂 荠菜猪肉大馄饨 手工现包 家庭装 800g×2", "Grandmother's jasmine tea, loose leaf, 100 g tin"]
    monkeypatch.setattr(fake_orders, "PRODUCTS", {key: long[place % 2] for place, key in enumerate(PRODUCTS)})
    page = open_page("orders?show=all", language, width=390).page
    names = page.locator(f"{LINES} [data-field=open]")
    expect(names.first).to_have_text(re.compile("老弄堂|Grandmother"))
    cut = names.evaluate_all(
        "all => all.filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.textContent)"
    )
    assert cut == []
    cells = page.locator(f"{LINES} td:is(.product, .why)")
    below = cells.evaluate_all(
        "all => all.filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.innerText)"
    )
    assert below == []
    heights = page.locator(LINES).evaluate_all(
        "all => all.map((one) => Math.round(one.getBoundingClientRect().height))"
    )
    assert len(set(heights)) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@BOTH
def test_a_line_opens_with_its_arithmetic_and_history(open_page: Open, language: str) -> None:
    page = open_page("orders?store=S01", language).page
    page.locator(f"{LINES} [data-field=open]").first.click()
    box = page.locator("dialog.line-box")
    expect(box.locator(".sum td.number")).to_have_text(["20", "8", "28", "4", "6", "18", "6", "24"])
    expect(box).to_contain_text(says(language, "缺口", "Gap"))
    expect(box).to_contain_text(says(language, "由 12 件改为 6 件", "changed from 12 to 6 units"))
    expect(box).to_contain_text(says(language, "已由李强撤回", "withdrawn by 李强"))
    box.locator("[data-decide=approve]").click()
    expect(box).to_have_count(0)
    expect(page.locator(LINES).first.locator(".badge.approve")).to_be_visible()
    expect(page.locator(f"{LINES} [data-field=open]").first).to_be_focused()


@BOTH
def test_the_panel_approves_what_was_typed_and_says_so(open_page: Open, site: Any, language: str) -> None:
    page = open_page("orders?store=S01", language, quiet=False).page
    page.locator(f"{LINES} [data-field=open]").first.click()
    form = page.locator("dialog .decision-form")
    approve, typed = form.locator("[data-decide=approve]"), form.locator("input[type=number]")
    expect(approve).to_have_text(says(language, "批准", "Approve"))
    typed.fill("")
    approve.click()
    expect(form.locator(".form-problem")).not_to_be_empty()
    assert "decisions" not in [route for route, _ in site.asked]
    typed.fill("7")
    expect(approve).to_have_text(says(language, "批准 7 件", "Approve 7"))
    approve.click()
    expect(form.locator("[data-decide=confirm]")).to_be_visible()
    # what was offered was so for another quantity
    typed.fill("36")
    expect(form.locator("[data-decide=confirm]")).to_have_count(0)
    approve.click()
    expect(page.locator(LINES).first.locator(".badge.change")).to_have_text(says(language, "改为 36", "Changed to 36"))


def test_what_a_cell_was_offered_goes_with_the_next_thing_typed(open_page: Open, site: Any) -> None:
    page = open_page("orders?store=S01&show=orders", "en", quiet=False).page
    quantity = page.locator(f"{LINES} input.quantity")
    offer = page.locator("[data-bulk=confirm]")
    for wrong in ("-3", ""):
        quantity.first.fill("7")
        quantity.first.press("Enter")
        expect(offer).to_have_text("Order 7 anyway")
        # the offer of another line stays beside it
        quantity.nth(1).fill("48")
        quantity.nth(1).press("Tab")
        expect(page.locator(LINES).nth(1).locator(".badge.change")).to_have_text("Changed to 48")
        expect(offer).to_have_count(1)
        quantity.first.fill(wrong)
        expect(offer).to_have_count(0)
        quantity.first.press("Enter")
        expect(page.locator(".form-problem").first).to_contain_text("must be zero or more")
        expect(quantity.first).to_have_attribute("aria-invalid", "true")
        expect(quantity.first).to_have_value(wrong)
        expect(offer).to_have_count(0)
        fake_orders.DECIDED.clear()
        page.reload()
    quantity.first.fill("7")
    quantity.first.press("Enter")
    expect(offer).to_have_count(1)
    page.locator("[data-show=exceptions]").click()
    expect(offer).to_have_count(0)


@BOTH
def test_a_change_that_rounding_undoes_says_so_and_keeps_its_form(open_page: Open, language: str) -> None:
    page = open_page("orders?store=S01", language).page

    def none(route: Route) -> None:
        told = {"lines": 0, "skipped": {"exported": 0, "same": 10}}
        route.fulfill(json=route.fetch().json() | told)

    page.route("**/bulk_decisions", none)
    page.locator("[data-field=pick-all]").check()
    page.locator("[data-bulk=change]").click()
    page.locator("[data-bulk=preview]").click()
    expect(page.locator(".difference")).to_contain_text(
        says(language, "取整箱后数量与原来相同", "rounded to full packs, the quantity is the same as before")
    )
    expect(page.locator(".bulk-form")).to_be_visible()
    page.unroute("**/bulk_decisions")
    page.locator(".bulk-form [name=value]").fill("50")
    page.locator("[data-bulk=preview]").click()
    expect(page.locator("[data-bulk=apply]")).to_be_visible()
    expect(page.locator(".bulk-form")).to_be_hidden()


@BOTH
def test_an_approval_is_told_as_one_and_limits_in_whole_units(open_page: Open, language: str) -> None:
    page = open_page("orders?store=S01", language, quiet=False).page
    page.locator("[data-field=pick-all]").check()
    page.locator("[data-bulk=approve]").click()
    expect(page.locator(".difference")).to_contain_text(
        says(language, "10行将按建议批准：288件，¥2,851。", "10 lines are approved as suggested: 288 units, ¥2,851.")
    )
    page.locator("[data-bulk=cancel]").click()
    problems = [{"code": "large", "limit": 25.185, "quantity": 26}, {"code": "shelf", "limit": 70.4, "quantity": 26}]
    error = {"error": {"code": "unconfirmed", "message": "", "details": {"problems": problems}}}
    page.route("**/decisions", lambda route: route.fulfill(status=422, json=error))
    page.locator("input.quantity").first.fill("26")
    page.locator("input.quantity").first.press("Enter")
    said = page.locator("main p.form-problem").first
    expect(said).to_contain_text(says(language, "最大订量25件", "usual maximum of 25."))
    expect(said).to_contain_text(says(language, "放得下70件", "the 70 that fit"))


@BOTH
def test_a_comment_stands_in_the_history_and_decides_nothing(open_page: Open, site: Any, language: str) -> None:
    page = open_page("orders?store=S01", language).page
    page.locator(f"{LINES} [data-field=open]").first.click()
    box = page.locator("dialog.line-box")
    field = box.get_by_label(says(language, "留言", "Comment"), exact=True)
    field.press("Enter")
    expect(box.locator(".comment-form .form-problem")).to_have_text(
        says(language, "请先填写内容。", "Write something first.")
    )
    field.press_sequentially("隔壁有集市 <b>")
    field.press("Enter")
    # newer than the decision of a week ago
    expect(box.locator(".line-history li").first).to_contain_text("王芳: 隔壁有集市 <b>")
    expect(box.locator(".line-history li")).to_have_count(2)
    expect(box.locator(".comment-form [role=status]")).to_contain_text(
        says(language, "订货不变", "does not change the order")
    )
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    (sent,) = site.bodies("line_comment")
    assert (sent["text"], len(sent["comment_id"])) == ("隔壁有集市 <b>", 32)
    assert fake_orders.DECIDED == {}


def test_a_comment_that_was_not_stored_stays_in_the_field_and_goes_again_under_its_id(
    open_page: Open, site: Any
) -> None:
    page = open_page("orders?store=S01", "zh", quiet=False).page
    page.locator(f"{LINES} [data-field=open]").first.click()
    form = page.locator(".comment-form")
    form.locator("input").fill("隔壁有集市")
    page.route("**/line_comment", lambda route: (route.fetch(), route.abort()))
    form.locator("[data-comment=store]").click()
    expect(form.locator(".form-problem")).not_to_be_empty()
    expect(form.locator("input")).to_have_value("隔壁有集市")
    page.unroute("**/line_comment")
    form.locator("[data-comment=store]").click()
    expect(form.locator("input")).to_have_value("")
    first, second = site.bodies("line_comment")
    assert first == second


@BOTH
def test_a_broken_pack_is_confirmed_a_rejection_explained_and_a_decision_taken_back(
    open_page: Open, site: Any, language: str
) -> None:
    page = open_page("orders?store=S01", language, quiet=False).page
    opener = page.locator(f"{LINES} [data-field=open]").first
    opener.click()
    form = page.locator(".decision-form")
    form.locator("[data-decide=reject]").click()
    expect(form.locator(".form-problem")).to_have_text(
        says(language, "请在备注中写明驳回原因。", "Please give the reason for rejecting in the note.")
    )
    form.locator("input[type=number]").fill("7")
    form.locator("[data-decide=change]").click()
    expect(form.locator(".form-problem")).to_contain_text(says(language, "每箱12件", "pack of 12"))
    form.locator("[data-decide=confirm]").click()
    expect(page.locator(LINES).first).to_contain_text(says(language, "改为 7", "Changed to 7"))
    opener.click()
    page.locator(".decision-form [data-decide=back]").click()
    expect(page.locator(".notice")).to_contain_text(says(language, "决定已撤回", "was withdrawn"))
    expect(page.locator(f"{LINES} .badge.change")).to_have_count(0)
    refused, confirmed, withdrawn = site.bodies("decisions")
    assert "confirm_exception" not in refused["decisions"][0]
    assert confirmed["decisions"][0]["confirm_exception"] is True
    assert withdrawn == {"withdraw": [confirmed["decisions"][0]["decision_id"]]}


def test_addresses_of_the_list_of_one_store_lead_to_the_grid(open_page: Open, site: Any) -> None:
    page = open_page("replenishment?store=S01&filter=exceptions&q=P0001&sort=reason:asc", "en").page
    expect(page.locator("h1")).to_have_text("Orders")
    expect(page.locator("[data-show=exceptions]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(LINES)).to_have_count(1)
    expect(page).to_have_url(re.compile(r"#/orders\?"))
    asked = site.bodies("listing")[-1]
    assert (asked["search"], asked["sort"]) == ("P0001", [{"column": "urgency", "descending": True}])
    assert asked["where"] == [{"column": "store_id", "any_of": ["S01"]}]


def test_a_file_of_changes_shows_its_difference_and_then_counts(open_page: Open, site: Any) -> None:
    page = open_page("orders?store=S01", "en").page
    content = "store_id,product_id,quantity\nS01,P0001,36\nS01,P0002,many\n".encode("utf-8-sig")
    page.locator("input[type=file]").set_input_files({"name": "c.csv", "mimeType": "text/csv", "buffer": content})
    expect(page.locator(".grid-bulk")).to_contain_text("2 rows read: 1 changes something")
    expect(page.locator(".grid-bulk")).to_contain_text("the quantity “many” is no number")
    told = page.locator(".grid-bulk details li")
    expect(told).to_contain_text(f"{PRODUCTS['P0001']} · {STORES['S01'][0]}")
    page.locator("[data-bulk=apply]").click()
    expect(page.locator(LINES).first.locator(".badge.change")).to_have_text("Changed to 36")
    sent = site.bodies("bulk_decisions", lambda body: not body.get("check"))[-1]
    assert sent["lines"][0]["order_quantity"] == 36


def test_rows_of_a_file_that_contradict_each_other_are_named_with_what_they_say(open_page: Open) -> None:
    page = open_page("orders?store=S01", "en").page
    twice = {"code": "twice", "store_id": "S01", "product_id": "P0001", "text": "72", "seen": None, "now": 12.0}
    twice |= {"row": 2, "rows": [2, 14], "texts": ["72", "84"]}
    told = {"problems": [twice], "problems_total": 2, "same": 10, "repeated": 1, "rows": 13, "left_out": 0, "lines": []}
    page.route("**/changes_file", lambda route: route.fulfill(json=told))
    content = {"name": "c.csv", "mimeType": "text/csv", "buffer": b"store_id"}
    page.locator("input[type=file]").set_input_files(content)
    shown = page.locator(".grid-bulk")
    expect(shown).to_contain_text("different quantities: row 2 says “72”, row 14 says “84”.")
    expect(shown).to_contain_text("13 rows read: 0 change something, 10 do not. 1 row repeats an earlier row")


def test_an_export_holds_all_lines_of_the_view(open_page: Open, site: Any) -> None:
    page = open_page("orders?show=orders&store=S01&sort=quantity:desc", "en").page
    with page.expect_download() as caught:
        page.locator("[data-export=csv]").click()
    raw = Path(caught.value.path()).read_bytes().decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(raw)))) == 10
    asked = site.bodies("listing_file")[-1]
    assert (asked["show"], asked["sort"]) == ("orders", [{"column": "quantity", "descending": True}])
    expect(page.locator(".notice")).to_have_text("10 lines exported.")


def test_who_may_not_decide_sees_no_way_to(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    overview = fake_api.ANSWERS["overview"]
    scopes = ["demand:read", "stock:read"]
    monkeypatch.setitem(
        fake_api.ANSWERS, "overview", lambda body: overview(body) | {"role": "data_scientist", "scopes": scopes}
    )
    page = open_page("orders?store=S01", "en").page
    expect(page.locator(LINES).first).to_be_visible()
    for absent in ("input.quantity", "[data-field=pick]", "[data-field=pick-all]", "[data-action=import]"):
        expect(page.locator(absent)).to_have_count(0)
    expect(page.locator("thead th:empty")).to_have_count(0)
    expect(page.locator("[data-export=xlsx]")).to_be_visible()


def test_on_a_phone_nothing_is_wider_than_the_screen(open_page: Open) -> None:
    page = open_page("orders?group=store_id", "zh", width=390).page
    expect(page.locator("tr.group").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("tr.group button").first.click()
    expect(page.locator(f"{LINES} input.quantity").first).to_be_in_viewport()


@BOTH
def test_a_line_shows_how_its_stock_goes_on_and_what_more_would_cost(open_page: Open, language: str) -> None:
    page = open_page("orders?store=S01", language).page
    page.locator(f"{LINES} [data-field=open]").first.click()
    first, second = page.locator(".outlook").nth(0), page.locator(".outlook").nth(1)
    expect(first.locator(".arrival")).to_have_count(2)
    expect(first).to_contain_text(says(language, "在途 12", "12 on order arrive"))
    expect(first).to_contain_text(says(language, "九成情况在 1 至 19 之间", "9; 1 to 19 in 90% of cases"))
    expect(second.locator("circle")).to_have_count(5)
    expect(first).not_to_contain_text(says(language, "到货日未知", "without a known day"))
    expect(second.locator("circle.own")).to_have_count(1)
    expect(second).to_contain_text(says(language, "建议：订 24", "Suggested: 24 units"))
    page.keyboard.press("Escape")
    page.goto(page.url.split("#")[0] + "#/orders?store=S02&show=all")
    page.locator(f"{LINES} [data-field=open]").first.click()
    expect(page.locator(".line-outlook")).to_contain_text(says(language, "请先盘点", "Count it first"))


@BOTH
def test_a_change_beyond_what_can_be_is_refused_beside_its_field(open_page: Open, site: Any, language: str) -> None:
    page = open_page("orders?store=S01", language).page
    page.locator("[data-field=pick-all]").check()
    page.locator("[data-bulk=change]").click()
    value, problem = page.locator(".bulk-form [name=value]"), page.locator(".bulk-form .form-problem")
    value.fill("-150")
    page.locator("[data-bulk=preview]").click()
    expect(problem).to_have_text(
        says(language, "请填写 −100 到 1,000 之间的百分数。", "Give a percentage from −100 to 1,000.")
    )
    page.locator(".bulk-form [name=kind]").select_option("quantity")
    expect(problem).to_have_text("")
    value.fill("-5")
    page.locator("[data-bulk=preview]").click()
    expect(problem).to_contain_text(says(language, "0 到 1,000,000,000 之间的件数", "from 0 to 1,000,000,000 units"))
    expect(value).to_have_value("-5")
    assert site.bodies("listing")
    assert not [name for name, _ in site.asked if name == "bulk_decisions"]


@BOTH
def test_what_a_link_names_that_is_not_known_is_said_once(open_page: Open, language: str) -> None:
    page = open_page("orders?sort=foo&f=bogus:zzz&group=supplier", language, quiet=False).page
    expect(page.locator(LINES).first).to_be_visible()
    said = page.locator(".notice").first
    expect(said).to_contain_text(says(language, "bogus、supplier、foo", "bogus, supplier, foo"))
    page.locator("[data-show=all]").click()
    expect(said).to_have_text("")


@BOTH
def test_a_field_that_the_service_refuses_is_named_in_words(open_page: Open, language: str) -> None:
    page = open_page("orders", language).page
    told = page.evaluate(
        """async (language) => {
            await (await import('./js/i18n.js')).loadLanguage(language);
            const { problemText } = await import('./js/problems.js');
            const message = 'No. See details and /docs.json.';
            const refused = (...problems) => problemText({ message, details: { problems } });
            const low = { where: 'percent', type: 'greater_than_equal', limit: -100, problem: 'x' };
            const line = { ...low, where: 'lines.0.quantity', limit: 0.5 };
            return [refused(low), refused({ ...low, where: 'zzz' }), refused(line, low)];
        }""",
        language,
    )
    assert told == [
        says(language, "“数值”不得小于 −100。", "“Value” must be at least −100."),
        "No.",
        says(
            language,
            "“数量”不得小于 0.5。另有1处也不能采用。",
            "“Quantity” must be at least 0.5. 1 more value is refused.",
        ),
    ]


def test_lines_that_come_back_are_shown_however_an_undo_and_a_second_look_overlap(open_page: Open) -> None:
    page = open_page("orders?show=plain", "en").page
    page.locator("[data-field=pick-all]").check()
    page.locator("[data-bulk=approve]").click()
    page.locator("[data-bulk=apply]").click()
    expect(page.locator(".grid-scroll")).to_be_hidden()
    held: list[Any] = []

    def answer(route: Any) -> None:
        # questions for lines: the first is that after the undo, the next that of the second look
        is_held = len(held) < 2 and route.request.post_data_json.get("limit")
        held.append(route) if is_held else route.continue_()

    page.route("**/listing", answer)
    page.locator("[data-bulk=undo]").click()
    while len(held) < 2:
        page.wait_for_timeout(50)
    for route in held:
        with page.expect_response("**/listing"):
            route.continue_()
    expect(page.locator(LINES)).to_have_count(8)
    expect(page.locator(".grid-scroll")).to_be_visible()
    expect(page.locator(".grid-scroll")).to_be_focused()
