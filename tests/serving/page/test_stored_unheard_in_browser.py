"""What was stored and whose answer was lost: sent again it is stored once, and it is not told as unsent for ever."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.serving.page import fake_campaigns, fake_insight, fake_jobs, fake_people, fake_segments
from tests.serving.page.test_kept_input_in_browser import BOTH, go
from tests.serving.page.test_unsent_in_browser import BAR, FORMS, LEADS, Away, is_sent, leaves_and_returns

pytestmark = pytest.mark.browser
Open = Callable[..., Any]


@pytest.fixture(autouse=True)
def forgotten() -> None:
    fake_campaigns.KEPT.clear()
    fake_insight.ASIDE[:] = [fake_insight.aside(1, "many")]
    fake_insight.CHAMPION["version"] = 1
    fake_people.RULES.clear()
    fake_jobs.forget()
    fake_segments.BOOK[:] = []


STORED: dict[str, Callable[[], int]] = {
    "rule": lambda: len(fake_people.RULES),
    "correction": lambda: 1 - len(fake_insight.ASIDE),
    "segment": lambda: len(fake_segments.BOOK),
    "campaign": lambda: len(fake_campaigns.KEPT),
    "job": lambda: len(fake_jobs.JOBS),
    "version": lambda: fake_insight.CHAMPION["version"] - 1,
}


def mended(page: Page) -> None:
    page.locator(".set-aside input[name=units]").first.fill("7")
    page.locator("[data-action=retry]").click()


FILLS = {name: fills for name, (_, _, fills, *_) in FORMS.items()} | {"correction": mended}
OVER = {"correction": "Your correction came before", "version": "in use already"}
"""What the view says where nothing is left to be sent."""


@pytest.mark.parametrize("form", STORED)
def test_a_form_that_was_stored_unheard_is_stored_once(open_page: Open, form: str) -> None:
    view, route, *_ = FORMS[form]
    page = open_page(view, "en", quiet=False).page
    away = Away(page, route, stores=True)
    FILLS[form](page)
    expect(page.locator("[data-unsent]")).to_contain_text("Not sent")
    before = STORED[form]()
    notice = leaves_and_returns(page, view)
    away.back()
    if form in OVER:
        expect(page.locator(".notice", has_text=OVER[form])).to_be_visible()
    else:
        notice.locator("[data-action=send-again]").click()
    if form in LEADS:
        expect(page).to_have_url(re.compile(LEADS[form]))
    is_sent(page, notice)
    assert (before, STORED[form]()) == (1, 1)


def test_a_correction_of_one_row_that_came_leaves_the_others(open_page: Open) -> None:
    fake_insight.ASIDE[:] = [fake_insight.aside(1, "many"), fake_insight.aside(2, "few")]
    view, route, *_ = FORMS["correction"]
    page = open_page(view, "en", quiet=False).page
    away = Away(page, route, stores=True)
    mended(page)
    notice = leaves_and_returns(page, view)
    away.back()
    notice.locator("[data-action=send-again]").click()
    expect(page.locator(".notice", has_text="Your correction came before")).to_be_visible()
    expect(page.locator(".set-aside")).to_have_count(1)
    is_sent(page, notice)


def changed(page: Page) -> None:
    page.locator("[name=name]").fill("端午")
    page.locator("[data-action=save-preview]").click()


@BOTH
def test_a_changed_campaign_that_was_stored_unheard_is_no_conflict(open_page: Open, language: str) -> None:
    fake_campaigns.propose({"campaign_id": "c1", "product_ids": ["P0001"]})
    page = open_page("campaigns?id=c1&edit=1", language, quiet=False).page
    away = Away(page, "campaign", stores=True)
    changed(page)
    notice = leaves_and_returns(page, "campaigns")
    expect(page.locator("[name=name]")).to_have_value("端午")
    away.back()
    notice.locator("[data-action=send-again]").click()
    expect(page).to_have_url(re.compile(r"campaigns\?id=c1$"))
    is_sent(page, notice)
    assert fake_campaigns.KEPT["c1"]["version"] == 4, "changed once, previewed once"


def test_a_changed_segment_that_was_stored_unheard_is_no_conflict(open_page: Open) -> None:
    fake_segments.BOOK.append(fake_segments.version("old", 1, "spend > 10"))
    page = open_page("segments?name=old", "en", quiet=False).page
    page.locator("[name=note]").fill("for spring")
    away = Away(page, "segments", stores=True)
    away._writes = lambda body: body.get("action") == "save"  # type: ignore[method-assign]
    page.locator("form button[type=submit]").click()
    notice = leaves_and_returns(page, "segments")
    away.back()
    notice.locator("[data-action=send-again]").click()
    is_sent(page, notice)
    assert [row["version"] for row in fake_segments.BOOK] == [1, 2]


def running(campaign_id: str) -> None:
    fake_campaigns.propose({"campaign_id": campaign_id, "product_ids": ["P0001"]})
    fake_campaigns.act({"campaign_id": campaign_id, "version": 2, "act": "approve"})


@BOTH
@pytest.mark.parametrize("is_left", [True, False])
def test_a_stop_that_was_stored_unheard_is_done(open_page: Open, is_left: bool, language: str) -> None:
    running("c1")
    page = open_page("campaigns?id=c1", language, quiet=False).page
    away = Away(page, "campaign_act", stores=True)
    away._writes = lambda _: True  # type: ignore[method-assign]
    page.locator("[data-action=stop]").click()
    page.locator("[name=reason]").fill("sold out")
    page.locator("[data-action=stop-sure]").click()
    notice = page.locator("[data-unsent]")
    expect(notice).to_be_visible()
    if is_left:
        go(page, "anomalies")
        page.locator(f"{BAR} a").click()
        expect(page.locator("[data-dropped]")).to_contain_text("已停止" if language == "zh" else "Stopped")
    else:
        away.back()
        notice.locator("[data-action=send-again]").click()
        expect(page.locator("[data-action=stop]")).to_have_count(0)
    is_sent(page, notice)
    assert fake_campaigns.KEPT["c1"]["state"] == "stopped"


def test_a_campaign_for_excess_stock_is_drafted_once(open_page: Open, site: Any) -> None:
    page = open_page("campaigns?new=leftovers", "en", quiet=False).page
    away = Away(page, "campaign_propose", stores=True)
    away._writes = lambda _: True  # type: ignore[method-assign]
    button = page.locator("[data-action=propose]")
    button.click()
    expect(page.locator("p.form-problem, .form-problem").first).not_to_be_empty()
    expect(button).to_be_enabled()
    away.back()
    button.click()
    expect(page).to_have_url(re.compile(r"campaigns\?id="))
    assert len(site.bodies("campaign_propose")) == 2
    assert len(fake_campaigns.KEPT) == 1


def test_a_job_that_is_started_again_unheard_starts_once(open_page: Open) -> None:
    fake_jobs.JOBS.append(fake_jobs.made("job_9", "features", "failed"))
    page = open_page("jobs?id=job_9", "en", quiet=False).page
    away = Away(page, "job_start", stores=True)
    button = page.locator("[data-action=again]")
    button.click()
    expect(page.locator(".form-problem")).not_to_be_empty()
    expect(button).to_be_enabled()
    fake_jobs.JOBS[0]["state"] = "done"
    away.back()
    button.click()
    expect(page).not_to_have_url(re.compile("id=job_9(&|$)"))
    assert len(fake_jobs.JOBS) == 2


def test_files_whose_job_came_unheard_are_sent_and_loaded_once(open_page: Open, site: Any) -> None:
    page = open_page("jobs?new=ingest", "en", quiet=False).page
    page.locator("[name=from]").select_option("files")
    page.locator("[name=files]").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"x" * 30})
    away = Away(page, "job_start", stores=True)
    page.locator("[data-action=start]").click()
    expect(page.locator(".job-form .form-problem")).not_to_be_empty()
    expect(page.locator("[data-action=start]")).to_be_enabled()
    fake_jobs.JOBS[0]["state"] = "done"
    away.back()
    page.locator("[data-action=start]").click()
    expect(page).to_have_url(re.compile(r"jobs\?id=job_"))
    assert (len(fake_jobs.JOBS), len(site.bodies("job_upload"))) == (1, 1)
