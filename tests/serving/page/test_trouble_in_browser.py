"""What the page does when the key, the service, a name or the screen is not as one wishes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Error, Route, expect

from tests.serving.page import fake_api, fake_insight

pytestmark = pytest.mark.browser
VIEWS = [
    "overview",
    "forecast?store=S01&product=P0005",
    "orders?show=all",
    "stock?tab=transfers",
    "audience?product=P0005",
    "person?customer=C00003",
]
Open = Callable[..., Any]


@pytest.mark.parametrize("view", VIEWS)
def test_a_name_that_holds_markup_stays_text_and_a_narrow_screen_holds_it(open_page: Open, view: str) -> None:
    page = open_page(view, "en", width=360).page
    evil = page.locator("main").get_by_text("<script>window.attacked")
    if view == "overview":
        expect(page.locator(".office-figures")).to_be_visible()
        page.locator("main details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    expect((page.locator(".compact") if view == "overview" else evil).first).to_be_visible()
    assert page.evaluate("window.attacked") is None
    assert page.locator("main img, main script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.locator("nav a")).to_have_count(17)


def test_a_view_that_is_left_while_it_waits_for_its_answer_fails_in_silence(open_page: Open, site: Any) -> None:
    page = open_page("overview").page
    expect(page.locator("h1, h2").first).to_be_visible()
    held: list[Route] = []
    # the first answer never comes; the second, in the other language, does
    page.route("**/search", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/search"):
        page.goto(site.page("forecast?store=S02&product=P0002", "zh"))
    page.locator("[data-language=en]").click()
    expect(page.locator("h1")).to_have_text("Forecast")
    expect(page.locator(".chart canvas")).to_be_visible()
    assert len(held) == 1


def test_formulas_in_names_do_not_reach_a_spreadsheet(open_page: Open) -> None:
    page = open_page("overview").page
    text = page.evaluate(
        """async () => {
            const { toCsv } = await import('./js/csv.js');
            return toCsv(['a', 'b'], [{a: '=1+1', b: -2}, {a: '@x,"y"', b: null}, {a: '中文', b: 0.5}]);
        }"""
    )
    assert text == '\ufeffa,b\r\n\'=1+1,-2\r\n"\'@x,""y""",\r\n中文,0.5\r\n'


def test_without_a_key_one_is_asked_for_and_a_wrong_one_refused(open_page: Open, site: Any) -> None:
    page = open_page(f"{site.address}/ui/?lang=en", quiet=False).page
    box = page.get_by_role("dialog")
    expect(box).to_contain_text("Sign in with an access key")
    box.locator("input").fill("wrong")
    box.get_by_role("button", name="Sign in").click()
    expect(box.locator(".key-message")).to_contain_text("The key is missing or not known")
    expect(page.locator("nav a")).to_have_count(0)
    assert page.evaluate("sessionStorage.getItem('retail-brain.key')") is None
    box.locator("input").fill(site.key)
    box.get_by_role("button", name="Sign in").click()
    expect(page.locator(".tiles")).to_contain_text("3,210")
    expect(box).to_have_count(0)
    expect(page).not_to_have_url(re.compile(site.key))


def test_a_wrong_key_in_the_address_is_told_with_a_way_out(open_page: Open, site: Any) -> None:
    page = open_page(f"{site.address}/ui/#/overview?lang=en&key=wrong", quiet=False).page
    expect(page.locator(".failed")).to_contain_text("The key is missing or not valid")
    expect(page.locator("nav a")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Enter access key")).to_have_count(2)


@pytest.mark.parametrize(
    ("language", "words"), [("zh", ("退出登录", "尚未登录")), ("en", ("Sign out", "You are not signed in"))]
)
def test_signing_out_forgets_the_key_and_what_was_looked_at(
    open_page: Open, site: Any, language: str, words: tuple[str, str]
) -> None:
    page = open_page("forecast?store=S01&product=P0001", language).page
    expect(page.locator(".chart")).to_be_visible()
    assert page.evaluate("localStorage.getItem('retail-brain.last.store')") == "S01"
    page.get_by_role("button", name=words[0]).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("main")).to_contain_text(words[1])
    expect(page.locator("nav")).to_have_count(0)
    assert page.evaluate(
        "[sessionStorage.getItem('retail-brain.key'), localStorage.getItem('retail-brain.last.store')]"
    ) == [None, None]
    expect(page).not_to_have_url(re.compile("S01"))
    site.asked.clear()
    page.reload()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert site.asked == []
    page.get_by_role("dialog").locator("input").fill(site.key)
    page.keyboard.press("Enter")
    expect(page.locator(".tiles")).to_contain_text("3,210")


def test_a_service_that_is_down_is_told_and_may_be_tried_again(open_page: Open) -> None:
    watched = open_page("overview", "en", quiet=False)
    page = watched.page
    expect(page.locator(".tiles")).to_be_visible()
    page.route("**/listing", lambda route: route.abort())
    page.locator("nav [data-view=orders]").click()
    expect(page.locator(".failed")).to_contain_text("The service cannot be reached")
    page.unroute("**/listing")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".grid input.quantity").first).to_be_visible()


def test_errors_of_the_service_are_shown_in_its_words(open_page: Open) -> None:
    watched = open_page("overview", "en", quiet=False)
    page = watched.page
    expect(page.locator(".tiles")).to_be_visible()

    def overloaded(route: Route) -> None:
        body = '{"error": {"code": "overloaded", "message": "too many requests at once.", "details": {}}}'
        route.fulfill(status=503, headers={"retry-after": "7", "content-type": "application/json"}, body=body)

    page.route("**/audience", overloaded)
    page.goto(page.url.split("#")[0] + "#/audience?product=P0001")
    expect(page.locator(".failed")).to_contain_text("Too many requests at once.")
    expect(page.locator(".failed")).to_contain_text("about 7 s")
    page.goto(page.url.split("#")[0] + "#/forecast?store=S77&product=P0001")
    expect(page.locator(".failed")).to_contain_text("Store 'S77' is not known")


@pytest.mark.parametrize(("language", "words"), [("zh", "不是有效日期"), ("en", "is not a valid date.")])
@pytest.mark.parametrize("day", ["2031-13-45", "soon", "9999-12-31"])
def test_a_day_of_the_address_that_is_none_is_said_and_left_out(
    open_page: Open, site: Any, language: str, words: str, day: str
) -> None:
    page = open_page(f"calendar?from={day}", language).page
    expect(page.locator(".notice.warn").first).to_contain_text(words)
    expect(page.locator(".calendar-steps")).to_be_visible()
    assert "begins_on" not in site.bodies("calendar")[-1]


def test_what_the_service_says_is_a_sentence_without_what_only_programs_read(open_page: Open) -> None:
    page = open_page("overview", "zh").page
    said = page.evaluate(
        """async () => {
            await (await import('./js/i18n.js')).loadLanguage('zh');
            const { problemText } = await import('./js/problems.js');
            const faults = { problem: 'rules_unusable', faults: ['rule 1: pin names no goods'] };
            const field = { where: 'order_quantity', type: 'string_too_short', problem: 'String should', limit: 1 };
            return [
                problemText({ message: 'the key is not known. See details and /docs.json.', details: {} }),
                problemText({ message: '规则无法使用：规则 1：pin 没有指明商品。', details: faults }),
                problemText({ message: 'x', details: { problems: [field] } }),
            ];
        }"""
    )
    assert said == ["The key is not known.", "规则无法使用：规则 1：pin 没有指明商品。", "“数量”不能为空。"]


def test_an_unreadable_answer_is_no_blank_page(open_page: Open) -> None:
    page = open_page("overview", "en", quiet=False).page
    expect(page.locator(".tiles")).to_be_visible()
    page.route("**/recommend", lambda route: route.fulfill(status=200, body="<html>proxy</html>"))
    page.goto(page.url.split("#")[0] + "#/person?customer=C00003")
    expect(page.locator(".offers .failed")).to_contain_text("could not be read")
    expect(page.locator(".who .stage")).to_be_visible()


def test_a_service_without_decisions_says_so(open_page: Open) -> None:
    page = open_page("orders?store=S01", "en", quiet=False).page
    page.route(
        "**/decisions",
        lambda route: route.fulfill(status=404, json={"error": {"code": "not_found", "message": "no route"}}),
    )
    page.locator("[data-field=open]").first.click()
    page.locator("[data-decide=approve]").click()
    expect(page.locator(".decision-form .form-problem")).to_contain_text("does not store decisions")


def test_a_role_without_the_right_is_told_so(open_page: Open) -> None:
    page = open_page("overview", "en", quiet=False).page
    expect(page.locator(".tiles")).to_be_visible()
    refused = {"error": {"code": "forbidden", "message": "role marketer may not use /listing.", "details": {}}}
    page.route("**/listing", lambda route: route.fulfill(status=403, json=refused))
    page.locator("nav [data-view=orders]").click()
    expect(page.locator(".failed")).to_contain_text("This key does not have access")
    expect(page.locator(".failed")).to_contain_text("Role marketer may not use /listing.")
    # a problem that the page has words for brings its own next step, and says it once
    refused["error"]["details"] = {"problem": "role_may_not"}
    expect(page.locator(".failed .primary")).to_have_count(0)
    page.locator("nav [data-view=overview]").click()
    expect(page.locator(".tiles")).to_be_visible()
    page.locator("nav [data-view=orders]").click()
    expect(page.locator(".failed-message")).to_have_text(
        "Your role may not do this. Use another key, or ask the administrator for access."
    )
    expect(page.locator(".failed-remedy")).to_have_text("")


def test_roles_see_only_what_their_key_opens(open_page: Open) -> None:
    page = open_page("overview", "en").page
    expect(page.locator("nav a")).to_have_count(17)
    fake_api.RIGHTS["role"] = "marketer"
    page.reload()
    expect(page.locator("nav a")).to_have_text(
        [
            "Overview",
            "Campaigns",
            "Audiences",
            "Segments",
            "Customer",
            "Today's list",
            "Rules",
            "Funnel",
            "Customer assets",
            "Calendar",
        ]
    )


def test_the_page_follows_dark_and_light(open_page: Open) -> None:
    page = open_page("overview").page
    colours = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colours[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colours == {"light": "rgb(245, 246, 248)", "dark": "rgb(18, 22, 28)"}


def test_paper_gets_the_whole_list_and_no_controls(open_page: Open) -> None:
    page = open_page("overview", "en").page
    expect(page.locator(".tiles")).to_be_visible()
    row = fake_insight.anomalies({})["anomalies"][0]
    page.route("**/anomalies", lambda route: route.fulfill(json={"anomalies": [row] * 250, "total": 250, "names": {}}))
    page.goto(page.url.split("#")[0] + "#/anomalies")
    expect(page.locator("tbody tr")).to_have_count(50)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("tbody tr")).to_have_count(250)
    expect(page.locator("nav, .toolbar-end").first).to_be_hidden()


def test_everything_can_be_reached_by_keyboard(open_page: Open) -> None:
    page = open_page("orders?store=S01", "en").page
    opener = page.locator(".grid [data-field=open]").first
    expect(opener).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".line-detail")).to_be_visible()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_weeks_and_short_publications_are_understood(open_page: Open) -> None:
    page = open_page("overview").page
    answer = page.evaluate(
        """async () => {
            const { completeHistory, horizonsFor } = await import('./js/days.js');
            const sold = [{date: '2026-02-02', units: 3}, {date: '2026-02-16', units: 5}];
            const weekly = { rows: sold, first_day: '2026-01-31', last_day: '2026-02-28' };
            const published = [['day', 36], ['week', 13], ['day', 1]].map(([period, horizon]) => ({ period, horizon }));
            const days = (month, from, until) => Array.from({ length: until - from + 1 }, (_, at) => (
                { date: `2026-${month}-${String(from + at).padStart(2, '0')}`, units: 1, promotion: at === 3 }));
            const daily = { rows: days('02', 13, 28), first_day: '2026-02-13', last_day: '2026-02-28' };
            const two = [...days('01', 20, 31), ...days('02', 1, 28)];
            const monthly = { rows: two, first_day: '2026-01-20', last_day: '2026-02-28' };
            return {
                of_days: completeHistory(daily, 'week').map((row) => [row.date, row.units, row.promotion]),
                of_months: completeHistory(monthly, 'month').map((row) => [row.date, row.units]),
                weeks: completeHistory(weekly, 'week').map((row) => [row.date, row.units]),
                none: completeHistory({ rows: [], first_day: '2026-02-01', last_day: '2026-02-28' }, 'day'),
                horizons: [...published, null].map(horizonsFor),
            };
        }"""
    )
    assert answer == {
        # whole weeks up to the last day, and whole months: what is sold on some days of one is no sale of a week
        "of_days": [["2026-02-15", 7, True], ["2026-02-22", 7, False]],
        "of_months": [["2026-02-01", 28]],
        "weeks": [["2026-02-02", 3], ["2026-02-09", 0], ["2026-02-16", 5], ["2026-02-23", 0]],
        "none": [],
        "horizons": [[7, 14, 28, 36], [4, 8, 13], [1], [7, 14, 28, 56]],
    }


def test_one_day_of_forecast_without_any_history_is_drawn(open_page: Open) -> None:
    page = open_page("overview", "en").page
    expect(page.locator(".tiles")).to_be_visible()
    row = {"store_id": "S01", "product_id": "P0001", "date": "2026-03-01", "forecast": 0.25, "drivers": None}
    page.route("**/history", lambda route: route.fulfill(json={"rows": [], "events": []}))
    page.route("**/forecast", lambda route: route.fulfill(json={"forecasts": [row], "cold_product_ids": ["P0001"]}))
    page.goto(page.url.split("#")[0] + "#/forecast?store=S01&product=P0001")
    expect(page.locator(".lead").first).to_contain_text("Expected sales over the next 1 day: about 0.25 units.")
    expect(page.locator(".notice")).to_contain_text("has not sold in this store yet")
    expect(page.locator(".chart canvas")).to_be_visible()


def test_a_chain_without_a_demand_model_has_an_overview(open_page: Open) -> None:
    page = open_page("audience", "en", quiet=False).page
    refused = {"error": {"code": "model", "message": "no demand model has been promoted.", "details": {}}}
    page.route("**/listing", lambda route: route.fulfill(status=422, json=refused))
    page.locator("nav [data-view=overview]").click()
    expect(page.locator(".empty").filter(has_text="no demand model has been promoted.")).to_be_visible()
    expect(page.locator(".tiles")).to_contain_text("3,210")
    page.locator("nav [data-view=orders]").click()
    expect(page.locator(".failed")).to_contain_text("There is no model for this yet")


def test_what_the_page_would_ask_of_strangers_is_a_problem_of_its_test(open_page: Open) -> None:
    watched = open_page("rules", "en", quiet=False)
    watched.page.evaluate("fetch('http://strangers.example/asked').catch(() => null)")
    assert any("strangers.example/asked" in problem for problem in watched.problems), watched.problems
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        watched.page.goto("http://strangers.example/gone")
    expect(watched.page).to_have_url(re.compile("^chrome-error:"))
    assert watched.places[-1].startswith("chrome-error:")
