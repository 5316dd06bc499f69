"""What a role may not do is not offered: no link of its views leads to a view it cannot open, no button ends in 403."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.serving.page.test_campaigns_in_browser import as_role

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
PLACES = {
    "overview": "overview",
    "forecast": "forecast?store=S01&product=P0002",
    "orders": "orders?store=S01",
    "stock": "stock?tab=leftovers",
    "audience": "audience?product=P0001",
    "person": "person?customer=C00003&store=S01",
    "campaigns": "campaigns",
}
HANDED_OVER = "campaigns?new=leftovers"
"""The one address outside their menu that merchandisers are led to: excess stock that they hand over."""


@pytest.mark.parametrize("role", ["merchandiser", "marketer", "data_scientist"])
def test_no_link_leads_to_what_the_role_cannot_open(open_page: Open, role: str) -> None:
    as_role(role)
    page = open_page("overview", "en").page
    expect(page.locator("nav [data-view]").first).to_be_attached()
    mine = set(page.locator("nav [data-view]").evaluate_all("all => all.map((one) => one.dataset.view)"))
    for view, place in PLACES.items():
        if view not in mine:
            continue
        page.goto(page.url.split("#")[0] + f"#/{place}")
        expect(page.locator(f"main[data-view={view}] :is(.panel, .table-box, .empty, .grid)").first).to_be_visible()
        expect(page.locator("main [aria-busy=true]")).to_have_count(0)
        links = page.locator("main a[href^='#/']").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
        strange = [
            link for link in links if link[2:].split("?")[0] not in mine and not link[2:].startswith(HANDED_OVER)
        ]
        assert strange == [], (role, view)


def test_who_may_only_look_sees_no_buttons_to_decide(open_page: Open) -> None:
    as_role("data_scientist")
    page = open_page("orders?store=S01", "en").page
    page.locator("[data-field=open]").first.click()
    expect(page.locator(".line-detail")).to_be_visible()
    expect(page.locator("[data-decide], [data-bulk]")).to_have_count(0)
    page.keyboard.press("Escape")
    page.goto(page.url.split("#")[0] + "#/campaigns")
    expect(page.locator(".empty, tbody tr").first).to_be_visible()
    expect(page.locator("[data-start]")).to_have_count(0)
