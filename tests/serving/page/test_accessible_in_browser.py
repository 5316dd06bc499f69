"""Every view on a phone and on a wide screen, light and dark: names, labels, headings, contrast, and nothing too wide.

With `AXE_CORE=PATH` of a copy of axe.min.js, axe looks at them too.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.serving.page import fake_campaigns, fake_guides, fake_insight, fake_jobs, fake_people, fake_segments

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
VIEWS = (
    "overview",
    "overview?open=map&open=ledger",
    "orders",
    "orders?store=S01&open=S01%3AP0001",
    "orders?group=purchase_order",
    "forecast?store=S01&product=P0002",
    "forecast?store=S01&product=P0003&open=what_if&open=override&open=product&open=together&open=table",
    "stock",
    "stock?tab=counts",
    "stock?tab=leftovers",
    "stock?tab=orders",
    "stock?tab=attention",
    "campaigns",
    "campaigns?new=goods",
    "campaigns?new=leftovers",
    "campaigns?new=segment",
    "audience?product=P0001",
    "audience?leftovers=1",
    "segments",
    "segments?new=1",
    "segments?name=老客&open=people&open=history",
    "person?customer=C00003&store=S01",
    "guide",
    "guide?open=t1",
    "rules",
    "funnel",
    "assets",
    "assets?level=guide",
    "anomalies",
    "models",
    "models?kind=recommender",
    "models?kind=features&all=1",
    "quarantine",
    "quarantine?table=transactions",
    "calendar",
    "jobs",
    "jobs?new=ingest",
    "jobs?id=job_a",
    "jobs?id=job_b",
)
WAYS = [(390, "dark", "zh"), (768, "light", "zh"), (1440, "light", "en")]
"""Three of the twelve: `tests/benchmarks/page_shots.py --text-only --axe FILE` asks all of them of all roles."""
CHECKS = (Path(__file__).parent / "checks.js").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def filled() -> None:
    fake_campaigns.KEPT.clear()
    fake_guides.forget()
    fake_guides.LINES[0] |= {"state": "bought", "answered_at": "2026-03-01T10:15:00Z"}
    fake_insight.ASIDE[:] = [fake_insight.aside(1, "many")]
    fake_people.RULES.clear()
    fake_jobs.forget()
    step = {"name": "read sales", "rows": 1200, "seconds": 3.2, "note": ""}
    fake_jobs.JOBS += [
        fake_jobs.made("job_a", "train_demand", step="backtest", step_done=1, step_total=3, steps=[step]),
        fake_jobs.made("job_b", "publish", "stopped"),
    ]
    fake_jobs.LINES.append("read sales 1,200 rows")
    fake_segments.BOOK[:] = [fake_segments.version("老客", 1, "spend > 500")]


def complaints(page: Page) -> list[str]:
    found: list[str] = page.evaluate(CHECKS)
    if path := os.environ.get("AXE_CORE"):
        page.evaluate(Path(path).read_text(encoding="utf-8"))
        told = page.evaluate("axe.run().then((done) => done.violations.map((one) => [one.id, one.nodes[0].html]))")
        found += [f"axe: {name}: {html[:160]}" for name, html in told]
    return found


@pytest.mark.parametrize(("width", "scheme", "language"), WAYS)
def test_every_view_can_be_used_without_eyes_or_mouse(open_page: Open, width: int, scheme: Any, language: str) -> None:
    page = open_page("overview", language, width=width).page
    page.emulate_media(color_scheme=scheme)
    found = {}
    for view in VIEWS:
        page.goto(page.url.split("#")[0] + f"#/{view}")
        expect(page.locator(f"main[data-view={view.split('?')[0]}] h1")).to_be_attached()
        if "open=" in view and (width == 390 or not view.startswith("guide")):
            expect(page.locator("dialog.line-box, main details[data-open][open]").first).to_be_visible()
        expect(page.locator("[aria-busy=true], .loading")).to_have_count(0)
        if wrong := complaints(page):
            found[view] = wrong
    assert found == {}


WRONG = """() => {
    const add = (tag, props, style = {}) => {
        const one = Object.assign(document.createElement(tag), props);
        for (const [name, value] of Object.entries(style)) one.style.setProperty(name, value);
        document.querySelector("main").append(one);
        return one;
    };
    add("button", { id: "twice" });
    add("input", { id: "twice", tabIndex: 3 });
    add("h4", { textContent: "too deep" });
    add("p", { textContent: "hardly seen" }, { color: "#bbb", background: "#fff" });
    add("div", { textContent: "wide" }, { width: "3000px" });
    add("ul", {}).append(document.createElement("p"));
}"""


def test_what_is_wrong_is_found(open_page: Open) -> None:
    page = open_page("rules", "en").page
    expect(page.locator("h1")).to_be_visible()
    page.evaluate(WRONG)
    told = "\n".join(complaints(page))
    for wanted in (
        "no name: button",
        "no name: input",
        "a place of its own",
        "id twice: twice",
        "a level of heading is left out",
        "contrast 1.92: p",
        "wider than the screen: 3",
        "a list with other things",
    ):
        assert wanted in told, wanted
