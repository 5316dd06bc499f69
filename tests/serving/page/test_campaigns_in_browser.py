"""A campaign on the page: from excess stock, a segment or goods to its measured effect, with what may go wrong."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from serving.http.access import ROLE_SCOPES
from tests.serving.page import fake_api, fake_campaigns, fake_segments
from tests.serving.page.fake_chain import error
from tests.serving.page.test_views_in_browser import downloaded, says

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
Open = Callable[..., Any]
MOST_CLICKS = 7
"""From the marketer's landing to the measured effect of a campaign for excess stock; before there was no way at all."""


@pytest.fixture(autouse=True)
def book() -> None:
    fake_campaigns.KEPT.clear()
    fake_campaigns.LOOKS.clear()
    fake_campaigns.CHANGED.clear()
    fake_campaigns.SECOND_PERSON["wanted"] = False
    fake_segments.BOOK[:] = [fake_segments.version("老客", 1, "spend > 500")]


def as_role(role: str) -> None:
    """The page as the key of a role sees it, once it asks anew."""
    fake_api.RIGHTS |= {"role": role, "scopes": sorted(ROLE_SCOPES[role])}


class Clicks:
    """Clicks on what is shown, counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def __call__(self, selector: str) -> None:
        self.page.locator(selector).first.click()
        self.count += 1


@BOTH
def test_a_marketer_takes_excess_stock_to_a_measured_effect_in_few_clicks(open_page: Open, language: str) -> None:
    page = open_page("campaigns", language).page
    click = Clicks(page)
    click("[data-start=leftovers]")
    expect(page.locator(".lead")).to_contain_text(says(language, "滞销库存共", "of excess stock worth"))
    click("[data-action=propose]")
    expect(page.locator(".way [aria-current=step]")).to_have_text(says(language, "已预览", "Previewed"))
    expect(page.locator(".figures")).to_contain_text("¥311")
    steps = page.locator(".steps .amount")
    expect(steps).to_have_text(["3,210", "−640 2,570", "−2,050 520", "−100 420"])
    click("[data-action=approve]")
    expect(page.locator(".question")).to_contain_text(
        says(
            language,
            "确定批准？自2026年3月1日周日起将联系380人：短信180人、微信200人。",
            "Approve it? 380 people are to be contacted from Sun, 1 Mar 2026 on: SMS 180, WeChat 200.",
        )
    )
    click("[data-action=approve-sure]")
    expect(page.locator(".way [aria-current=step]")).to_have_text(says(language, "进行中", "Running"))
    expect(page.locator("tbody tr")).to_have_count(25)
    contacts = downloaded(page, "[data-action=csv-contacts]")
    click.count += 1
    assert {row["group"] for row in contacts} == {"contact"}
    assert len(contacts) == 36
    click("[data-tab=effect]")
    expect(page.locator(".empty")).to_contain_text(says(language, "还没有测量", "Not measured yet"))
    click("[data-action=measure]")
    expect(page.locator(".lead")).to_contain_text(
        says(language, "有效：比不做多了约 19 笔购买", "It worked: about 19 more purchases")
    )
    rows = page.locator(".intervals li")
    expect(rows.first).to_contain_text(says(language, "+5（+2 至 +8）", "+5 (+2 to +8)"))
    expect(page.locator(".intervals .reach.clear")).to_have_count(4)
    expect(page.locator(".line-plot .point")).to_have_count(2)
    assert click.count <= MOST_CLICKS


@BOTH
def test_goods_become_a_campaign_with_messages_in_two_languages(open_page: Open, site: Any, language: str) -> None:
    page = open_page("audience?product=P0001&size=30&holdout=20", language).page
    page.locator("[data-action=campaign]").click()
    expect(page.locator("[name=name]")).to_have_value("有机纯牛奶 250ml×12")
    expect(page.locator("[name=text_zh_sms]")).to_have_value("您的门店有售：有机纯牛奶 250ml×12。")
    page.locator("[name=text_sms]").fill("Milk is in.")
    page.locator("[name=use_wechat]").uncheck()
    page.locator("[data-action=save-preview]").click()
    expect(page.locator("[data-action=approve]")).to_be_visible()
    sent = site.bodies("campaign", lambda body: "campaign" in body)[0]["campaign"]
    slot = {"channel": "sms", "text": "Milk is in.", "text_zh": "您的门店有售：有机纯牛奶 250ml×12。"}
    assert sent["slots"] == [slot | {"contact_cost": 0}]
    assert (sent["product_ids"], sent["size"], sent["holdout_share"]) == (["P0001"], 30, 0.2)
    assert (sent["starts_on"], sent["ends_on"]) == ("2026-03-01", "2026-03-15")
    page.locator("summary", has_text=says(language, "活动内容", "Definition")).click()
    expect(page.locator(".definition")).to_contain_text("Milk is in.")


def test_a_segment_becomes_a_campaign(open_page: Open, site: Any) -> None:
    page = open_page("segments?name=老客", "en").page
    page.locator("[data-action=campaign]").click()
    expect(page.locator("[name=segment]")).to_have_value("老客")
    page.locator("[name=text_sms]").fill("Come and see.")
    page.locator("[name=text_zh_sms]").fill("来看看。")
    page.locator("[name=use_wechat]").uncheck()
    page.locator("[data-action=save-preview]").click()
    expect(page.locator("[data-action=approve]")).to_be_visible()
    sent = site.bodies("campaign", lambda body: "campaign" in body)[0]["campaign"]
    assert sent["segment"] == "老客"
    assert "product_ids" not in sent


@BOTH
def test_what_is_wrong_is_said_in_the_language_of_the_page_with_the_next_step(open_page: Open, language: str) -> None:
    page = open_page("campaigns?new=goods", language, quiet=False).page
    page.locator("[name=name]").fill("夜间")
    for box in ("text_sms", "text_zh_sms"):
        page.locator(f"[name={box}]").fill("x")
    page.locator("[name=use_wechat]").uncheck()
    page.locator("[data-action=save-preview]").click()
    expect(page.locator(".campaign-form .form-problem")).to_have_text(
        says(language, "请至少选择一个商品。", "Choose at least one product.")
    )
    page.locator("[name=goods]").select_option("left_over")
    page.locator("[name=first_hour]").fill("22")
    page.locator("[name=last_hour]").fill("24")
    page.locator("[data-action=save-preview]").click()
    # the draft is there, without a preview
    expect(page.locator(".way [aria-current=step]")).to_have_text(says(language, "草稿", "Draft"))
    page.locator("[data-action=preview]").click()
    expect(page.locator(".campaign-actions .form-problem")).to_contain_text(
        says(language, "21:00 至 9:00 不联系任何人，请另选时段", "from 21:00 to 9:00. Choose other hours.")
    )


def draft(campaign_id: str = "k", **changes: Any) -> None:
    """A previewed campaign of somebody."""
    fake_campaigns.propose({"campaign_id": campaign_id, "product_ids": ["P0004"]})
    fake_campaigns.KEPT[campaign_id] |= changes


@BOTH
def test_where_two_people_changed_a_campaign_both_are_shown(open_page: Open, site: Any, language: str) -> None:
    draft()
    page = open_page("campaigns?id=k&edit=1", language, quiet=False).page
    page.locator("[name=name]").fill("我的")
    theirs = fake_campaigns.KEPT["k"]["definition"] | {"name": "他的", "budget": 50.0}
    fake_campaigns.KEPT["k"] |= {"definition": theirs, "version": 7, "changed_by": "Wang"}
    page.locator("[data-action=save-preview]").click()
    rows = page.locator(".conflict tbody tr")
    expect(rows.first).to_contain_text("他的")
    expect(rows.first).to_contain_text("我的")
    expect(page.locator(".conflict")).to_contain_text("¥50.00")
    expect(page.locator(".conflict thead")).to_contain_text(says(language, "Wang 的修改", "Changed by Wang"))
    page.locator("[data-action=keep-mine]").click()
    expect(page.locator("h1")).to_contain_text("我的")
    assert [body["version"] for body in site.bodies("campaign") if "campaign" in body] == [2, 7]


@BOTH
def test_an_approval_whose_plan_changed_shows_both_numbers_and_the_new_plan(open_page: Open, language: str) -> None:
    draft(name="清货：奶（3月1日）")
    part = {"expected_buyers": 1.0, "caused_purchases": 0.5}
    goods = [{"product_id": f"X{number:02d}", "contacts": 30 - number} | part for number in range(14)]
    met = {"campaign_id": "left", "name": "清货", "people": 854, "left_out": 570, "products": ["P0001"]}
    fake_campaigns.CHANGED |= {"contacts": 328, "overlaps": [met], "products": goods}
    page = open_page("campaigns?id=k", language, quiet=False).page
    expect(page.locator("h1")).to_contain_text("清货：奶（3月1日）")
    page.locator("[data-action=approve]").click()
    page.locator("[data-action=approve-sure]").click()
    notice = page.locator("[data-notice=plan-changed]")
    expect(notice).to_contain_text(
        says(
            language,
            "您看到的是联系 380 人、对照 40 人；现在是联系 328 人",
            "You saw 380 to contact and 40 held out; now it is 328",
        )
    )
    expect(page.locator(".figures").first).to_contain_text("328")
    overlap = page.locator(".panel", has_text=says(language, "与已批准活动的重叠", "Overlap with approved campaigns"))
    expect(overlap.locator("tbody tr")).to_contain_text(["854"])
    bars = page.locator(".bars").first.locator("li")
    expect(bars).to_have_count(13)
    expect(bars.last).to_contain_text(says(language, "其他 2 种商品", "2 other products"))
    expect(bars.last).to_contain_text("35")  # 18 and 17 of the last two
    page.locator("[data-action=approve]").click()
    expect(page.locator(".question")).to_contain_text(
        says(language, "最多 854 人两边都有", "up to 854 people are in both")
    )
    page.locator("[data-action=approve-sure]").click()
    expect(page.locator(".way [aria-current=step]")).to_have_text(says(language, "进行中", "Running"))
    expect(notice).to_have_count(0)


def test_an_approval_of_what_somebody_changed_meanwhile_shows_it_first(open_page: Open) -> None:
    draft()
    page = open_page("campaigns?id=k", "en", quiet=False).page
    expect(page.locator("[data-action=approve]")).to_be_visible()
    fake_campaigns.KEPT["k"] |= {"version": 9, "changed_by": "Wang"}
    page.locator("[data-action=approve]").click()
    page.locator("[data-action=approve-sure]").click()
    expect(page.locator(".conflict")).to_contain_text("Changed by Wang")
    page.locator("[data-action=take-theirs]").click()
    page.locator("[data-action=approve]").click()
    page.locator("[data-action=approve-sure]").click()
    expect(page.locator(".way [aria-current=step]")).to_have_text("Running")


@BOTH
def test_a_second_person_approves_where_the_setting_says_so(open_page: Open, language: str) -> None:
    fake_campaigns.SECOND_PERSON["wanted"] = True
    draft("mine")
    draft("theirs", changed_by="Wang")
    page = open_page("campaigns?id=mine", language).page
    expect(page.locator(".notice.warn")).to_contain_text(
        says(language, "须由他人批准", "someone else has to approve it")
    )
    expect(page.locator("[data-action=approve]")).to_have_count(0)
    page.goto(page.url.replace("mine", "theirs"))
    expect(page.locator("[data-action=approve]")).to_be_visible()


@BOTH
def test_a_campaign_is_stopped_with_a_reason(open_page: Open, site: Any, language: str) -> None:
    draft(state="running")
    page = open_page("campaigns?id=k", language).page
    page.locator("[data-action=stop]").click()
    page.locator("[name=reason]").fill("售罄")
    page.locator("[data-action=stop-sure]").click()
    expect(page.locator(".way [aria-current=step]")).to_have_text(says(language, "已停止", "Stopped"))
    expect(page.locator(".intro")).to_contain_text("售罄")
    assert site.bodies("campaign_act")[-1]["reason"] == "售罄"


def test_back_returns_from_a_campaign_and_its_tabs_to_the_filtered_list(open_page: Open) -> None:
    draft("one", state="running")
    draft("two")
    page = open_page("campaigns", "en").page
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("[data-group=running]").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody a").click()
    page.locator("[data-tab=effect]").click()
    expect(page.locator("[data-action=measure]")).to_be_visible()
    page.go_back()
    expect(page.locator("[data-tab=people][aria-current]")).to_be_visible()
    page.go_back()
    expect(page.locator("[data-group=running][aria-current]")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)


@BOTH
def test_a_merchandiser_hands_excess_stock_over_to_marketing(open_page: Open, site: Any, language: str) -> None:
    as_role("merchandiser")
    page = open_page("stock?tab=leftovers", language).page
    expect(page.locator("[data-action=people], [data-action=all-people]")).to_have_count(0)
    page.locator("[data-action=propose]").first.click()
    page.locator("main [data-action=propose]").click()
    expect(page.locator("[role=status] h2")).to_contain_text(says(language, "已交给营销", "Handed over to marketing"))
    body = site.bodies("campaign_propose")[0]
    assert (len(body["store_ids"]), len(body["product_ids"])) == (1, 1)
    assert body["campaign_id"].startswith("leftover-2026-03-01-")


@BOTH
def test_a_marketer_lands_on_what_matters_today(open_page: Open, site: Any, language: str) -> None:
    draft("proposal", changed_by="Wang", created_by="Wang")
    draft("run", state="running")
    fake_campaigns.measure({"campaign_id": "run"})
    as_role("marketer")
    page = open_page("overview", language).page
    cards = page.locator(".card")
    expect(cards).to_have_count(4)
    assert "leftovers" not in {name for name, _ in site.asked}, "the service adds up all lines; a page of them is some"
    expect(cards.first).to_contain_text("¥310")
    expect(cards.first).to_contain_text(
        says(language, "共 1 行，其中 1 行一周内到期", "1 line, 1 with a week or less left")
    )
    expect(cards.nth(1)).to_contain_text("812")
    expect(page.locator(".waiting li")).to_have_count(1)
    expect(page.locator(".waiting")).to_contain_text(says(language, "Wang 提交", "proposed by Wang"))
    expect(page.locator("tbody tr")).to_contain_text(says(language, "¥205（¥60 至 ¥350）", "¥205 (¥60 to ¥350)"))
    page.locator("[data-action=start-due]").click()
    expect(page.locator("textarea")).to_have_value("next_due_on between today and today + 7")
    page.go_back()
    page.locator("[data-action=start-sleeping]").click()
    expect(page.locator("[name=name]")).to_have_value(says(language, "阶段：沉睡", "Stage: Dormant"))


def test_a_card_whose_data_are_not_there_is_left_out(open_page: Open) -> None:
    as_role("marketer")
    refused = error(422, "impossible", "the features are of another day")
    fake_api.INSTEAD["segments"] = lambda *_: refused
    page = open_page("overview", "en", quiet=False).page
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".failed")).to_have_count(0)


def test_a_campaign_that_is_not_there_is_said_in_words(open_page: Open) -> None:
    page = open_page("campaigns?id=none", "zh", quiet=False).page
    expect(page.locator(".failed-message")).to_have_text("没有“none”这个活动，请从列表中选择。")


@BOTH
def test_a_preview_tells_one_incremental_share_that_of_its_own_numbers(open_page: Open, language: str) -> None:
    page = open_page("campaigns?new=goods&product=P0002", language).page
    page.locator("[data-action=save-preview]").click()
    told = page.locator("main .panel", has=page.locator(".figures")).first
    one = says(language, "预计购买中有 23% 是增量", "23% of the expected purchases are incremental")
    expect(told).to_contain_text(one)
    assert "31%" not in page.locator("main").inner_text()
