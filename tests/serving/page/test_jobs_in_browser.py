"""Jobs on the page, in both languages: started, watched, cancelled, refused, loaded from files, and who sees them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.serving.page import fake_api, fake_jobs
from tests.serving.page.fake_chain import error
from tests.serving.page.fake_jobs import JOBS, LINES, UPLOAD, made
from tests.serving.page.test_campaigns_in_browser import as_role
from tests.serving.page.test_views_in_browser import says

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
Open = Callable[..., Any]


@pytest.fixture(autouse=True)
def _none() -> None:
    fake_jobs.forget()


def started(page: Page, kind: str, **chosen: str) -> None:
    page.locator("[name=kind]").select_option(kind)
    for name, value in chosen.items():
        box = page.locator(f"[name={name}]")
        box.select_option(value) if box.evaluate("one => one.tagName") == "SELECT" else box.fill(value)
    page.locator("[data-action=start]").click()


def asked_to_start(site: Any, kind: str) -> list[dict[str, Any]]:
    """What was to be started, without the ids of the page's own."""
    sent = site.bodies("job_start", lambda body: body["kind"] == kind)
    assert all(re.fullmatch("job_[0-9a-f]{32}", body["job_id"]) for body in sent)
    return [{name: value for name, value in body.items() if name != "job_id"} for body in sent]


@BOTH
def test_a_training_is_started_watched_and_cancelled(open_page: Open, site: Any, language: str) -> None:
    page = open_page("jobs", language).page
    expect(page.locator(".empty")).to_contain_text(says(language, "还没有任务", "No job yet"))
    started(page, "train_demand", preset="full", as_of="2026-02-20")
    assert asked_to_start(site, "train_demand") == [{"kind": "train_demand", "preset": "full", "as_of": "2026-02-20"}]
    title = page.locator("h1")
    expect(title).to_contain_text(says(language, "训练需求模型", "Train the demand model"))
    expect(title).to_contain_text(says(language, "运行中", "Running"))
    expect(page.locator("main")).to_contain_text(says(language, "上次用时 2 分 30 秒", "Last time it took 2 min 30 s"))
    step = {"name": "read transactions", "rows": 1200, "seconds": 3.2, "note": ""}
    JOBS[0] |= {"step": "backtest from 2026-02-01", "step_done": 2, "step_total": 3, "steps": [step], "seconds": 75.0}
    LINES.extend([f"  {'read transactions':<38} {'1,200 rows':>18} {3.2:>7.1f} s", "<b>warning</b>"])
    expect(page.locator(".job-now")).to_contain_text(says(language, "（2/3）", "(2 of 3)"))
    expect(page.locator(".job-now")).to_contain_text(says(language, "自2026年2月1日起", "Backtest from 1 Feb 2026"))
    expect(page.locator("progress")).to_have_js_property("value", 0.5)
    expect(page.locator("td").filter(has_text=says(language, "读取小票明细", "Read Receipts"))).to_be_visible()
    logged = says(language, "  读取小票明细  1,200 行 · 3.2 秒", "  Read Receipts  1,200 rows · 3.2 s")
    expect(page.locator("pre")).to_have_text(f"{logged}\n<b>warning</b>\n")
    page.locator("[data-action=cancel]").click()
    page.locator("[data-action=cancel-sure]").click()
    expect(title).to_contain_text(says(language, "正在停止", "Stopping"))
    expect(page.locator("[data-action=cancel]")).to_be_hidden()
    JOBS[0] |= {"state": "cancelled", "is_stopping": False, "finished_at": "2026-03-01T09:02:00+00:00"}
    expect(title).to_contain_text(says(language, "已取消", "Cancelled"))
    expect(page.locator("[data-stopping]")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("王先生")
    page.locator("[data-action=again]").click()
    expect(page.locator("h1 .job-running")).to_be_visible()
    assert len(site.bodies("job_start")) == 2
    page.go_back()
    page.locator(".back a").click()
    expect(page.locator("tbody tr")).to_have_count(2)


@BOTH
def test_a_second_start_is_refused_with_who_holds_the_place(open_page: Open, language: str) -> None:
    JOBS.append(made("job_a", "publish"))
    page = open_page("jobs?new=features", language, quiet=False).page
    expect(page.locator("[name=kind]")).to_have_value("features")
    page.locator("[data-action=start]").click()
    problem = page.locator("[role=alert] .form-problem")
    expect(problem).to_contain_text(
        says(language, "“发布”正在进行，由 李女士 启动", "“Publish” is under way, started by 李女士")
    )
    problem.locator("a").click()
    expect(page.locator("h1")).to_contain_text(says(language, "发布", "Publish"))


@BOTH
def test_files_are_sent_looked_at_and_loaded(open_page: Open, site: Any, language: str, tmp_path: Path) -> None:
    page = open_page("jobs", language).page
    content = b"date,store_id,product_id,units\n" + b"2026-02-28,S01,P0001,3\n" * 5
    (tmp_path / "daily_sales.csv").write_bytes(content)
    started(page, "check", **{"from": "files"})
    expect(page.locator(".form-problem")).to_contain_text(says(language, "至少选择一个文件", "at least one file"))
    page.locator("[name=files]").set_input_files(tmp_path / "daily_sales.csv")
    page.locator("[data-action=start]").click()
    expect(page.locator("h1")).to_contain_text(says(language, "检查文件", "Check files"))
    assert fake_jobs.SENT["daily_sales.csv"] == content
    assert len(site.bodies("job_upload")) == 4
    result = {
        "ids": {"mapping": "[tables]"},
        "counts": {"questions": 0},
        "warnings": ["odd"],
        "messages": ["feeds daily_sales"],
    }
    JOBS[0] |= {"state": "done", "result": result}
    expect(page.locator("pre").first).to_contain_text("feeds daily_sales")
    expect(page.locator("main")).to_contain_text("odd")
    expect(page.locator("[name=form]")).to_have_value("seen")
    page.locator("[data-action=load]").click()
    expect(page.locator("h1")).to_contain_text(says(language, "导入数据", "Load data"))
    assert asked_to_start(site, "ingest") == [{"kind": "ingest", "upload": UPLOAD, "form": "seen"}]
    table = {"read": 5, "new": 4, "changed": 0, "unchanged": 0, "removed": 0, "set_aside": 1}
    JOBS[0] |= {
        "state": "done",
        "result": {"ids": {}, "counts": {"daily_sales": table}, "warnings": [], "messages": []},
    }
    expect(page.locator("th a", has_text=says(language, "日销量", "Daily sales"))).to_have_attribute(
        "href", "#/quarantine?table=daily_sales"
    )


def test_a_part_that_is_lost_is_sent_again(open_page: Open, tmp_path: Path) -> None:
    page = open_page("jobs", "en", quiet=False).page
    lost: list[str] = []

    def lose(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append("once")
        route.fetch()  # it arrives, and the answer does not
        return route.abort()

    page.route("**/job_upload", lose)
    content = b"x" * 100
    (tmp_path / "daily_sales.csv").write_bytes(content)
    page.locator("[name=kind]").select_option("ingest")
    page.locator("[name=from]").select_option("files")
    page.locator("[name=files]").set_input_files(tmp_path / "daily_sales.csv")
    page.locator("[data-action=start]").click()
    expect(page.locator("h1")).to_contain_text("Load data")
    assert fake_jobs.SENT["daily_sales.csv"] == content


@BOTH
def test_how_a_job_ended_and_what_to_do_is_said(open_page: Open, language: str) -> None:
    wrong = {"code": "missing_table", "message": "there is no table transactions", "details": {}}
    JOBS.append(made("job_a", "features", "failed", error=wrong, exit_code=1))
    JOBS.append(made("job_b", "train_demand", "stopped", arguments={"preset": "fast"}))
    page = open_page("jobs?id=job_a", language).page
    expect(page.locator("main")).to_contain_text("There is no table transactions")
    expect(page.locator("main")).to_contain_text(says(language, "请按提示修正", "Correct what the message says"))
    page.goto(page.url.split("#")[0] + "#/jobs?id=job_b")
    expect(page.locator("h1")).to_contain_text(says(language, "已中断", "Interrupted"))
    expect(page.locator("main")).to_contain_text(says(language, "已完成的部分会沿用", "what was finished is kept"))


def test_a_job_that_is_not_there_and_a_line_that_is_down(open_page: Open) -> None:
    page = open_page("jobs?id=job_x", "en", quiet=False).page
    expect(page.locator(".failed")).to_contain_text("There is no job job_x")
    JOBS.append(made("job_a", "publish"))
    page.goto(page.url.split("#")[0] + "#/jobs?id=job_a")
    expect(page.locator("h1")).to_contain_text("Running")
    page.route("**/job", lambda route: route.abort())
    expect(page.locator("[role=alert]").first).to_contain_text("this page keeps trying")
    page.unroute("**/job")
    JOBS[0] |= {"state": "done"}
    expect(page.locator("h1")).to_contain_text("Done")


def test_the_list_tells_when_a_job_ends(open_page: Open) -> None:
    JOBS.append(made("job_a", "publish"))
    page = open_page("jobs", "en").page
    expect(page.locator("tbody .badge")).to_have_text("Running")
    JOBS[0] |= {"state": "done"}
    expect(page.locator("tbody .badge")).to_have_text("Done")


@BOTH
def test_where_nothing_may_be_started_it_is_said(open_page: Open, language: str) -> None:
    fake_jobs.OFFER["may_start"] = False
    page = open_page("jobs", language).page
    expect(page.locator("main")).to_contain_text(says(language, "不允许从页面启动任务", "Jobs cannot be started from"))
    expect(page.locator("form")).to_have_count(0)


@BOTH
def test_without_a_source_and_files_loading_says_whom_to_ask(open_page: Open, language: str) -> None:
    fake_jobs.OFFER |= {"sources": [], "upload_bytes": 0}
    page = open_page("jobs?new=ingest", language).page
    expect(page.locator("main")).to_contain_text("jobs.sources")
    page.locator("[data-action=start]").click()
    expect(page.locator(".form-problem")).to_contain_text("jobs.sources")


@pytest.mark.parametrize(
    ("role", "is_offered"), [("merchandiser", False), ("marketer", False), ("data_scientist", True), ("admin", True)]
)
def test_the_menu_offers_jobs_to_who_may(open_page: Open, role: str, is_offered: bool) -> None:
    as_role(role)
    page = open_page("overview", "en").page
    expect(page.locator("nav [data-view]").first).to_be_attached()
    expect(page.locator("nav [data-view=jobs]")).to_have_count(int(is_offered))


def test_a_key_of_a_shop_is_not_offered_jobs(open_page: Open) -> None:
    fake_api.RIGHTS["place"] = {"kind": "shop", "regions": [], "stores": ["S01"], "guide": None}
    page = open_page("overview", "en").page
    expect(page.locator("nav [data-view=orders]")).to_be_attached()
    expect(page.locator("nav [data-view=jobs]")).to_have_count(0)


def test_with_the_keyboard_alone_a_job_is_started_and_cancelled(open_page: Open) -> None:
    page = open_page("jobs?new=publish", "en").page
    page.locator("[data-action=start]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Publish")
    page.locator("[data-action=cancel]").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Stopping")


@BOTH
def test_where_nothing_is_published_jobs_are_what_there_is_to_see(open_page: Open, language: str) -> None:
    nothing = error(503, "not_published", "no answers yet")
    fake_api.INSTEAD["overview"] = lambda *_: nothing
    page = open_page("overview", language, quiet=False).page
    expect(page.locator("main[data-view=jobs]")).to_contain_text(
        says(language, "尚未发布任何结果", "Nothing is published yet")
    )
    expect(page.locator("nav [data-view]")).to_have_count(1)
    started(page, "train_demand")
    expect(page.locator("h1")).to_contain_text(says(language, "训练需求模型", "Train the demand model"))
    fake_api.INSTEAD["jobs"] = lambda *_: error(403, "not_published", "no answers yet")
    page.reload()
    expect(page.locator(".failed")).to_be_visible()
