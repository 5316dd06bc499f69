"""Anomalies, funnel, model versions and set-aside rows on the page, in both languages."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.serving.page import fake_api, fake_insight
from tests.serving.page.fake_chain import error
from tests.serving.page.test_campaigns_in_browser import as_role
from tests.serving.page.test_views_in_browser import downloaded, says

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
Open = Callable[..., Any]


@pytest.fixture(autouse=True)
def rows() -> None:
    fake_insight.ASIDE[:] = [fake_insight.aside(1, "many"), fake_insight.aside(2, "1,5")]
    fake_insight.CHAMPION["version"] = 1


@BOTH
def test_anomalies_show_what_came_beside_what_was_possible(open_page: Open, language: str) -> None:
    page = open_page("anomalies", language).page
    expect(page.locator("tbody tr")).to_have_count(2)
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("有机纯牛奶")
    expect(row).to_contain_text(says(language, "售出 40，预测 4 至 22", "40 sold; 4 to 22 were expected"))
    expect(row.locator(".range-mark")).to_have_count(1)
    expect(row).to_contain_text(says(language, "促销", "Promotion"))
    expect(page.locator("tbody tr").last).to_contain_text(says(language, "全部门店", "The whole chain"))
    page.locator("[data-level=chain]").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody a").first.click()
    expect(page.locator(".chart canvas")).to_be_visible()


@BOTH
def test_the_funnel_shows_stages_by_month_and_the_last_moves(open_page: Open, site: Any, language: str) -> None:
    page = open_page("funnel", language).page
    expect(page.locator(".series")).to_have_count(6)
    friends = page.locator(".figure").filter(has_text=says(language, "朋友", "Friend")).first
    expect(friends).to_contain_text("108")
    expect(friends).to_contain_text("+6")
    expect(page.locator(".move.better")).to_have_text(["15", "8"])
    expect(page.locator(".move.worse")).to_have_text(["10"])
    page.locator("[name=months]").select_option("12")
    assert site.bodies("funnel", lambda body: body.get("months") == 12)
    expect(page.locator("[name=months]")).to_have_value("12")


@BOTH
def test_all_anomalies_are_saved_not_only_those_listed(open_page: Open, site: Any, language: str) -> None:

    def cut(body: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
        first = body.get("offset", 0)
        return told | {"anomalies": told["anomalies"][first : first + 1], "total": 2}

    fake_api.INSTEAD["anomalies"] = cut
    page = open_page("anomalies", language).page
    expect(page.locator("main")).to_contain_text(says(language, "金额最大的 1 项，共 2 项", "The 1 largest of 2"))
    assert [row["level"] for row in downloaded(page, "[data-action=csv]")] == ["series", "chain"]


def test_the_moves_of_the_funnel_are_saved(open_page: Open) -> None:
    page = open_page("funnel", "en").page
    rows = downloaded(page, "[data-action=csv]")
    assert (len(rows), rows[0]["from_stage"], rows[0]["people"]) == (8, "friend", "90")


@pytest.mark.parametrize(("route", "shown", "count"), [("funnel", ".series", 6), ("models", ".line-plot", 2)])
def test_what_is_being_worked_out_is_asked_for_again(
    clocked: Page, open_page: Open, route: str, shown: str, count: int
) -> None:
    page = open_page("overview", "en", quiet=False).page
    asked: list[str] = []

    def working(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) > 1:
            return route.continue_()
        error = {"error": {"code": "overloaded", "message": "being worked out", "details": {}}}
        return route.fulfill(status=503, headers={"retry-after": "5"}, json=error)

    page.route(f"**/{route}", working)
    with page.expect_response(f"**/{route}"):  # a clock that is turned before waits the rest of the seconds out
        page.goto(page.url.split("#")[0] + f"#/{route}")
    expect(page.locator(".loading")).to_have_count(1)
    page.clock.fast_forward(3_000)
    expect(page.locator(".loading .hint")).to_contain_text("worked out for the first time")
    page.clock.fast_forward(5_000)
    expect(page.locator(shown)).to_have_count(count)
    assert len(asked) == 2


@BOTH
def test_versions_stand_side_by_side_with_their_plots(open_page: Open, language: str) -> None:
    page = open_page("models", language).page
    table = page.locator(".panel table").first
    expect(table.locator("thead")).to_contain_text(says(language, "使用中", "In use"))
    expect(table.locator("thead a")).to_have_text(says(language, "MLflow 运行", "MLflow run"))
    expect(table.locator("tbody tr").first).to_contain_text("41.0%")
    expect(table.locator("tbody tr").first).to_contain_text("45.0%")
    expect(page.locator(".line-plot").first.locator(".series")).to_have_count(3)
    expect(page.locator("main")).to_contain_text("青石巷店")
    page.locator("[data-kind=recommender]").click()
    expect(page.locator(".empty")).to_contain_text(says(language, "还没有版本", "No version yet"))


@BOTH
def test_a_version_is_put_into_use_with_a_reason(open_page: Open, site: Any, language: str) -> None:
    page = open_page("models", language).page
    page.locator("[data-action=promote]").click()
    expect(page.locator("[name=reason]:invalid")).to_have_count(1)
    page.locator("[name=reason]").fill("better on fresh goods")
    page.locator("[data-action=promote]").click()
    expect(page.locator(".notice")).to_contain_text(says(language, "版本 2 已启用。", "Version 2 is in use now."))
    expect(page.locator("main a[href='#/jobs?new=publish']")).to_have_text(says(language, "立即发布", "Publish now"))
    in_use = page.locator("thead th").filter(has=page.locator(".badge.contact"))
    expect(in_use).to_contain_text(says(language, "版本 2", "Version 2"))  # without a reload
    expect(page.locator("[name=version] option")).to_have_text([says(language, "版本 1", "Version 1")])
    assert site.bodies("promote") == [{"kind": "demand", "version": 2, "reason": "better on fresh goods"}]


@BOTH
def test_versions_of_other_days_are_not_compared_but_may_be_forced(
    open_page: Open, site: Any, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setitem(fake_insight.OTHER_DAYS, "is_there", True)
    page = open_page("models", language, quiet=False).page
    expect(page.locator("[data-unlike]")).to_contain_text(
        says(language, "不能直接比较", "cannot be compared as they are")
    )
    page.locator("[name=version]").select_option("3")
    page.locator("[name=reason]").fill("new goods")
    page.locator("[data-action=promote]").click()
    problem = says(language, "无法直接比较", "cannot be compared as they are")
    expect(page.locator(".form-problem")).to_contain_text(problem)
    job = page.get_by_role("link", name=says(language, "启用最新的需求模型", "Put the newest demand model into use"))
    expect(job).to_have_attribute("href", "#/jobs?new=promote_demand")
    page.locator("[data-action=promote-anyway]").click()
    expect(page.locator(".notice")).to_contain_text(says(language, "版本 3 已启用。", "Version 3 is in use now."))
    assert site.bodies("promote")[-1]["force"]


def test_a_shop_is_not_offered_what_headquarters_alone_promote(open_page: Open) -> None:
    fake_api.RIGHTS["place"] = {"kind": "shop", "regions": [], "stores": ["S01"], "guide": None}
    page = open_page("models", "en").page
    expect(page.locator("main")).to_contain_text("retail-brain promote demand 2")
    expect(page.locator("[data-action=promote]")).to_have_count(0)


@BOTH
def test_set_aside_rows_are_mended_and_brought_in(open_page: Open, site: Any, language: str) -> None:
    page = open_page("quarantine", language).page
    page.locator("tbody a").click()
    expect(page.locator(".set-aside")).to_have_count(2)
    expect(page.locator(".set-aside").first).to_contain_text(says(language, "units：不是数字", "units: not a number"))
    expect(page.locator("[name=set_aside_on]")).to_have_count(0)  # when it was set aside is nobody's to change
    assert [row["units"] for row in downloaded(page, "[data-action=csv]")] == ["many", "1,5"]
    page.locator("[data-action=retry]").click()
    expect(page.locator("main [role=alert] .form-problem")).to_have_text(
        says(language, "请先改正至少一行。", "Correct at least one row first.")
    )
    page.locator("[name=units]").first.fill("3")
    page.locator("[data-action=retry]").click()
    expect(page.locator(".notice")).to_contain_text(says(language, "已载入 1 行", "1 row loaded, 0 still wrong"))
    expect(page.locator(".set-aside")).to_have_count(1)
    sent = site.bodies("quarantine", lambda body: body.get("action") == "retry")[0]["rows"]
    assert [(row["quarantine_id"], row["units"]) for row in sent] == [("q1", "3")]


def test_a_file_of_set_aside_rows_that_does_not_come_says_why(open_page: Open) -> None:
    page = open_page("quarantine", "en", quiet=False).page
    page.locator("tbody a").click()
    expect(page.locator(".set-aside")).to_have_count(2)
    refused = {"error": {"code": "overloaded", "message": "come back later", "details": {}}}
    page.route("**/quarantine", lambda route: route.fulfill(status=429, json=refused))
    page.locator("[data-action=csv]").click()
    expect(page.locator("main [role=alert] .form-problem")).to_have_text("Come back later")


def test_each_role_has_its_views_in_the_menu(open_page: Open) -> None:
    page = open_page("overview", "en").page
    wanted = {
        "merchandiser": {"anomalies": 1, "models": 0, "quarantine": 0, "campaigns": 0, "funnel": 0},
        "data_scientist": {"anomalies": 1, "models": 1, "quarantine": 1, "campaigns": 1, "funnel": 1},
        "marketer": {"anomalies": 0, "models": 0, "quarantine": 0, "campaigns": 1, "funnel": 1},
    }
    for role, views in wanted.items():
        as_role(role)
        page.reload()
        expect(page.locator("nav [data-view]").first).to_be_attached()
        for view, count in views.items():
            expect(page.locator(f"nav [data-view={view}]")).to_have_count(count)


@BOTH
def test_drift_of_the_features_stands_beside_the_versions(open_page: Open, site: Any, language: str) -> None:
    page = open_page("models", language).page
    page.locator("[data-kind=features]").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    row = page.locator("tbody tr").first
    for text in ("recency_days", "meaning of recency_days", "0.61", "25.0%", "0 … 180", "12.5%"):
        expect(row).to_contain_text(text)
    expect(row).to_contain_text(says(language, "之前 0 … 90", "was 0 … 90"))
    expect(row.locator(".badge")).to_have_text(says(language, "大", "Large"))
    expect(page.locator("tbody tr").last.locator("[data-column=psi]")).to_contain_text("–")
    page.locator("[name=table]").select_option("goods")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert site.bodies("drift")[-1] == {"table": "goods"}
    saved = downloaded(page, "[data-action=csv]")
    assert [one["level"] for one in saved] == ["large", "moderate", "new", "stable"]


@BOTH
def test_columns_without_drift_are_shown_when_asked_for(open_page: Open, language: str) -> None:
    page = open_page("models?kind=features&table=series", language).page
    expect(page.locator(".empty")).to_contain_text(says(language, "没有发生漂移的列", "No column drifted"))
    page.locator("[name=all]").check()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("[name=all]")).to_be_checked()


@BOTH
def test_features_that_were_compared_with_none_say_so(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setitem(fake_insight.IS_COMPARED, "is", False)
    page = open_page("models?kind=features", language, quiet=False).page
    wanted = says(language, "还没有可比较的构建", "Nothing to compare with yet")
    expect(page.locator(".empty")).to_contain_text(wanted)
    fake_api.INSTEAD["drift"] = lambda *_: error(404, "not_found", "there are no features")
    page.reload()
    expect(page.locator(".empty")).to_contain_text(wanted)


@BOTH
def test_the_calendar_shows_what_runs_when(open_page: Open, site: Any, language: str) -> None:
    page = open_page("calendar", language).page
    promotions = page.locator(".panel").last
    expect(promotions.locator("li")).to_have_count(60)
    expect(promotions.locator("li").first).to_contain_text("有机纯牛奶")
    expect(promotions.locator("li").first).to_contain_text(says(language, "3 家门店", "3 stores"))
    expect(promotions.locator("li").nth(1)).to_contain_text(says(language, "全部门店", "all stores"))
    expect(promotions.locator("li").first).to_contain_text(says(language, "直降", "Price cut"))
    festival = page.locator("li").filter(has_text=says(language, "春节", "Spring Festival"))
    expect(festival).to_have_count(1)
    assert festival.locator(".day-bar i").evaluate("one => parseFloat(one.style.width)") == pytest.approx(
        7 / 85 * 100, abs=0.1
    )
    expect(page.locator("a[href='#/campaigns?id=q']")).to_be_visible()
    page.locator("[data-action=more]").click()
    expect(promotions.locator("li")).to_have_count(70)
    page.locator("[data-step=later]").click()
    expect(page.locator("[name=from]")).to_have_value("2026-02-28")
    assert site.bodies("calendar", lambda body: body.get("begins_on") == "2026-02-28")[0]["ends_on"] == "2026-05-22"
    page.locator("[name=store]").select_option("S02")
    assert site.bodies("calendar", lambda body: body.get("store_id") == "S02")
    page.go_back()
    expect(page.locator("[name=store]")).to_have_value("")


@BOTH
def test_known_festivals_and_promotions_are_named_in_the_language_and_own_names_as_they_are(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    named = {
        "2026-02-16": "Chinese New Year",
        "2026-02-18": "双十一",
        "2026-02-20": "店庆周年",
        "2026-02-22": "SuperBowl",
    }
    marked = [{"date": on, "name": called, "type": "festival"} for on, called in named.items()]
    kinds = ["spend and save", "老顾客专享", "买一送一"]
    answer = fake_insight.calendar({"limit": 3})
    rows = [row | {"mechanic": kind} for row, kind in zip(answer["promotions"], kinds, strict=False)]
    monkeypatch.setitem(fake_api.ANSWERS, "calendar", lambda _: answer | {"days": marked, "promotions": rows})
    page = open_page("calendar", language).page
    expect(page.locator(".panel").first.locator("li .strong")).to_have_text(
        [says(language, "春节", "Spring Festival"), says(language, "双11", "Singles' Day"), "店庆周年", "SuperBowl"]
    )
    expect(page.locator(".panel").last.locator("li .sub bdi:first-child")).to_have_text(
        [
            says(language, "满减", "Money off above a spend"),
            "老顾客专享",
            says(language, "买一送一", "Buy one, get one free"),
        ]
    )
