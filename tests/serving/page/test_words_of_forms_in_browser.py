"""What forms and lists say: what does not fit before it is sent, and the same thing by one name, in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.serving.page import fake_api, fake_campaigns
from tests.serving.page.fake_chain import STORES, error

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
Open = Callable[..., Any]
RAW = re.compile(r"ends_on|ends_at|starts_at|last_hour|product_id|docs/|\.md|rule: ")


@pytest.fixture(autouse=True)
def _no_campaigns() -> None:
    fake_campaigns.KEPT.clear()


def says(language: str, chinese: str, english: str) -> str:
    return chinese if language == "zh" else english


@BOTH
def test_a_campaign_that_ends_before_it_begins_is_refused_in_words(open_page: Open, site: Any, language: str) -> None:
    page = open_page("campaigns?new=goods&product=P0001", language).page
    form = page.locator(".campaign-form")
    form.locator("[name=starts_on]").fill("2026-03-10")
    form.locator("[name=last_day]").fill("2026-03-09")
    form.locator("[data-action=save-preview]").click()
    problem = form.locator(".form-problem")
    expect(problem).to_contain_text(says(language, "最后一天早于第一天", "The last day is before the first"))
    form.locator("[name=last_day]").fill("2027-05-01")
    form.locator("[data-action=save-preview]").click()
    expect(problem).to_contain_text(says(language, "最长一年", "one year at most"))
    form.locator("[name=last_day]").fill("2026-03-10")
    form.locator("[name=first_hour]").fill("20")
    form.locator("[name=last_hour]").fill("9")
    form.locator("[data-action=save-preview]").click()
    expect(problem).to_contain_text(says(language, "联系的结束时间", "Contacts would end before they begin"))
    assert not [name for name, _ in site.asked if name == "campaign"], "nothing was sent"


@BOTH
def test_a_rule_that_cannot_be_is_refused_in_words(open_page: Open, site: Any, language: str) -> None:
    page = open_page("rules", language).page
    form = page.locator(".rule-form")
    form.locator("[name=action]").select_option("exclude")
    form.locator("button[type=submit]").click()
    problem = form.locator(".form-problem")
    expect(problem).to_contain_text(says(language, "至少一个商品", "at least one"))
    form.locator("[name=attribute]").select_option("brand")
    form.locator("[name=values]").fill("湖畔")
    form.locator("[name=starts_at]").fill("2026-03-20T00:00")
    form.locator("[name=ends_at]").fill("2026-03-10T00:00")
    form.locator("button[type=submit]").click()
    expect(problem).to_contain_text(says(language, "更晚的结束时间", "Choose a later end"))
    assert not [body for name, body in site.asked if name == "rules" and "rules" in body], "nothing was sent"


@BOTH
def test_rules_that_the_service_refuses_are_told_in_words(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    rules = fake_api.ANSWERS["rules"]
    fault = {"rule": 1, "name": "", "where": "rule", "problem": "ends_at must lie after starts_at"}
    refused = error(
        400, "usage", "rule 1: rule: ends_at must lie after starts_at", problem="rules_unusable", problems=[fault]
    )
    monkeypatch.setitem(fake_api.ANSWERS, "rules", lambda body: refused if "rules" in body else rules(body))
    page = open_page("rules", language, quiet=False).page
    form = page.locator(".rule-form")
    form.locator("[name=action]").select_option("diversify")
    form.locator("button[type=submit]").click()
    problem = page.locator("main > .form-problem")
    expect(problem).to_contain_text(says(language, "第 1 条规则", "Rule 1"))
    expect(problem).not_to_contain_text(RAW)


@BOTH
def test_the_day_of_states_is_said_where_campaigns_and_rules_differ(open_page: Open, language: str) -> None:
    page = open_page("rules", language).page
    expect(page.locator("main")).to_contain_text(says(language, "规则按实际时钟", "Rules begin and end by the clock"))
    expect(page.locator("main")).to_contain_text(says(language, "营销活动从 2026", "campaigns count from"))


@BOTH
def test_two_proposals_of_one_day_are_told_apart_by_their_stores(open_page: Open, language: str) -> None:
    for store in ("S01", "S02"):
        fake_campaigns.propose({"campaign_id": f"of-{store}", "store_ids": [store]})
    page = open_page("campaigns?id=of-S01", language).page
    stock = page.locator("section.panel").filter(has=page.locator("caption", has_text=says(language, "占用", "commit")))
    expect(stock.locator("h2")).to_have_text(says(language, "滞销库存与占用", "Excess stock and commitments"))
    expect(stock.locator("thead")).to_contain_text(says(language, "滞销库存", "Excess stock"))
    page.goto(page.url.split("#")[0] + "#/campaigns")
    expect(page.locator("main")).to_contain_text(says(language, "状态以 2026", "States are as of"))
    expect(page.locator("main")).not_to_contain_text(says(language, "实际时钟", "by the clock"))
    for store in ("S01", "S02"):
        row = page.locator(".data tbody tr").filter(has_text=STORES[store][0])
        expect(row).to_have_count(1)


@BOTH
def test_a_campaign_that_is_over_by_the_clock_says_so(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    fake_campaigns.propose({"campaign_id": "of-S01", "store_ids": ["S01"]})
    late = {"clock_day": "2026-11-29"}
    monkeypatch.setitem(fake_api.ANSWERS, "campaigns", lambda body: fake_campaigns.campaigns(body) | late)
    monkeypatch.setitem(fake_api.ANSWERS, "campaign", lambda body: fake_campaigns.campaign(body) | late)
    fake_campaigns.KEPT["of-S01"]["by_clock"] = "replay"
    page = open_page("campaigns?id=of-S01", language).page
    notice = page.locator("[data-notice=clock]")
    expect(notice).to_contain_text(says(language, "实际时钟：2026", "by the clock: "))
    expect(notice).to_contain_text(says(language, "已结束", "Ended"))
    page.goto(page.url.split("#")[0] + "#/campaigns")
    expect(page.locator("main")).to_contain_text(says(language, "联系按实际时钟", "Contacts go by the clock"))


@BOTH
@pytest.mark.parametrize("near", [[], ["spend"]])
def test_a_column_that_is_not_there_proposes_only_what_is_like_it(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, language: str, near: list[str]
) -> None:
    segments = fake_api.ANSWERS["segments"]
    wrong = error(422, "impossible", "no column", problem="unknown_column", column="nosuch", nearest=near)
    monkeypatch.setitem(
        fake_api.ANSWERS, "segments", lambda body: wrong if body.get("action") == "count" else segments(body)
    )
    page = open_page("segments?new=1", language, quiet=False).page
    page.locator("[name=expression]").fill("nosuch > 3")
    page.locator("[data-action=count]").click()
    problem = page.locator(".segment-editor .form-problem")
    expect(problem.locator("[data-mend]")).to_have_count(len(near))
    expect(problem).to_contain_text(
        says(language, "请从旁边的列表中选择", "Choose one from the list") if not near else "nosuch"
    )


@BOTH
def test_a_condition_that_is_not_finished_is_told_without_a_file_of_programmers(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    segments = fake_api.ANSWERS["segments"]
    told = {"problem": "segment_ends_early", "position": 8, "shown": "spend >>>>"}
    wrong = error(422, "impossible", "cannot be read. See docs/segments.md.", **told)
    monkeypatch.setitem(
        fake_api.ANSWERS, "segments", lambda body: wrong if body.get("action") == "count" else segments(body)
    )
    page = open_page("segments?new=1", language, quiet=False).page
    page.locator("[name=expression]").fill("spend >")
    page.locator("[data-action=count]").click()
    problem = page.locator(".segment-editor .form-problem")
    expect(problem).to_contain_text(says(language, "条件没有写完", "The condition is not finished"))
    expect(problem).not_to_contain_text(RAW)
