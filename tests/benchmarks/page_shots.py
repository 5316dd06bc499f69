"""Screenshots of every view of the page, in both languages, at three widths, light and dark, and what looks wrong.

    python tests/benchmarks/page_shots.py --home COPY_OF_A_HOME --out FOLDER [--role marketer] [--only campaigns]

HOME holds published answers (`retail-brain demo --no-serve` makes them) and is written to: a segment, campaigns, lists
of guides, decisions, a forecast override and a job are made in it, so that few views are empty. One service and one
Chromium make all pictures, named view-language-width-theme.png. A line per view names what a reader would stumble over:
text of the other language, ids in place of names, a scroll bar to the side, errors of the console, or `NaN`.
"""

import argparse
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench_http import free_port, running, service_command
from page_scenes import scenes_of
from playwright.sync_api import Browser, Error, Page, sync_playwright

from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.places import place_of
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from tests.chromium import chromium_path

WIDTHS = (390, 768, 1440)
TALLEST = 12_000
"""Pixels of a picture: a longer view is cut there, and its height is said."""
ALL_ROLES = ("merchandiser", "marketer", "data_scientist", "admin", "guide")
CHECKS = Path(__file__).resolve().parents[1] / "serving" / "page" / "checks.js"
TEXTS = """() => {
  const found = new Set();
  const walker = document.createTreeWalker(document.querySelector("#app"), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const one = node.parentElement;
    if (node.data.trim() && !one.closest("code, pre, script, #app [lang], bdi")) found.add(node.data.trim());
  }
  document.querySelectorAll("[aria-label], [title], [placeholder]").forEach((one) => {
    if (one.closest("#app [lang]")) return;
    ["aria-label", "title", "placeholder"].map((name) => one.getAttribute(name)).filter(Boolean)
      .forEach((text) => found.add(text));
  });
  return [...found];
}"""
BROKEN = re.compile(r"undefined|NaN|\[object|\bnull\b|\{[a-z_]+\}")
ID = re.compile(r"\b(?:[PSCG]\d{3,}|[a-z]+(?:_[a-z0-9]+)+)\b")
Ask = Callable[..., dict[str, Any]]


def asking(address: str, key: str) -> Ask:
    """Asks a route by POST; a refusal is printed and answered by an empty object."""

    def ask(route: str, **body: Any) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        request = urllib.request.Request(f"{address}/{route}", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return dict(json.load(response))
        except urllib.error.HTTPError as refusal:
            print(f"{route}: {refusal.code} {refusal.read().decode()[:300]}", flush=True)
            return {}

    return ask


def keys_of(home: Path, tenant: str) -> dict[str, str]:
    """A key of each role but the guide, whose key `guide_key` makes once the guides are known."""
    database = Database(Workspace(home, tenant).database_url)
    upgrade(database)
    now = datetime.now(UTC)
    made = {
        role: create_key(tenant, database, role=role, name=f"pictures {role}", now=now)
        for role in ALL_ROLES
        if role != "guide"
    }
    database.close()
    return made


def guide_key(home: Path, tenant: str, guide: str) -> str:
    """A key that opens the people of one guide."""
    database = Database(Workspace(home, tenant).database_url)
    place = place_of(guide=guide)
    key = create_key(tenant, database, role="marketer", name=f"guide {guide}", now=datetime.now(UTC), place=place)
    database.close()
    return key


def fill(ask: Ask) -> dict[str, str]:
    """Makes what an unused service does not have, once; gives the ids that the views name."""
    day = date.fromisoformat(ask("overview")["as_of"])
    stores = [one["id"] for one in ask("overview")["stores"]]
    lines = ask("listing", table="suggestions", limit=6)["rows"] if stores else []
    ids = {"store": stores[0] if stores else "", "customer": "", "product": lines[0]["product_id"] if lines else ""}
    if lines:
        ids["store"] = lines[0]["store_id"]
    people = ask("search", kind="customer", query="C", limit=5).get("items") or []
    ids["customer"] = people[0]["id"] if people else ""
    segment = {"name": "Dear friends", "expression": "stage = friend and spend_365d > 100", "note": ""}
    ask("segments", action="save", **segment)
    for campaign, acts in (("pictures-draft", ()), ("pictures-approved", ("approve",))):
        made = ask("campaign_propose", campaign_id=campaign).get("campaign")
        for act in acts if made else ():
            ask("campaign_act", campaign_id=campaign, version=made["version"], act=act)
    ask("guide_make")
    if lines:
        seen = [{"store_id": one["store_id"], "product_id": one["product_id"]} for one in lines]
        seen = [row | {"seen_quantity": one["order_quantity"]} for row, one in zip(seen, lines, strict=True)]
        batch = {"as_of": day.isoformat(), "confirm_exception": True}
        ask("bulk_decisions", **batch, batch_id="pictures1", action="approve", lines=seen[1:3])
        ask(
            "bulk_decisions",
            **batch,
            batch_id="pictures2",
            action="reject",
            lines=seen[3:4],
            reason="in the back room",
        )
        ends = (day + timedelta(days=14)).isoformat()
        override = {"store_id": ids["store"], "product_id": ids["product"], "kind": "factor", "value": 1.2}
        ask("overrides", overrides=[override | {"ends_on": ends, "reason": "the school fair"}])
    ask("job_start", kind="measure_orders")
    return ids


def views_of(ids: dict[str, str], role: str) -> list[str]:
    """The addresses of a role's views."""
    line = f"store={ids['store']}&product={ids['product']}"
    person = f"person?customer={ids['customer']}&store={ids['store']}"
    if role == "guide":
        return ["guide", f"person?customer={ids.get('of_guide', '')}"]
    mine = {
        "merchandiser": ["overview", "campaigns?new=leftovers"],
        "marketer": ["overview"],
        "data_scientist": ["overview", "models", "orders"],
    }
    return mine.get(role) or [
        "overview",
        "orders",
        "orders?show=all&group=purchase_order",
        f"forecast?{line}",
        "stock",
        "stock?tab=counts",
        "stock?tab=leftovers",
        "stock?tab=orders",
        "stock?tab=attention",
        "campaigns",
        "campaigns?new=leftovers",
        "campaigns?new=goods",
        "campaigns?id=pictures-draft",
        "campaigns?id=pictures-draft&edit=1",
        "campaigns?id=pictures-approved&tab=people",
        "campaigns?id=pictures-approved&tab=effect",
        f"audience?product={ids['product']}",
        "segments",
        "segments?new=1",
        person,
        "guide",
        "rules",
        "funnel",
        "assets",
        "assets?level=guide",
        "anomalies",
        "calendar",
        "models",
        "models?kind=recommender",
        "models?kind=features&all=1",
        "quarantine",
        "quarantine?table=transactions",
        "jobs",
        "jobs?new=ingest",
        "jobs?new=train_demand",
    ]


def settle(page: Page) -> None:
    """Waits until nothing is asked or drawn any more."""
    page.wait_for_selector("main h1", state="attached")
    page.wait_for_function("() => !document.querySelector('main [aria-busy=true], main .loading')")
    page.wait_for_timeout(250)


def stumbles(page: Page, language: str) -> list[str]:
    """Texts that a reader of the language would stumble over."""
    found = []
    for text in page.evaluate(TEXTS):
        if BROKEN.search(text):
            found.append(f"broken: {text[:90]}")
        elif language == "zh" and re.search(r"[A-Za-z]{3,}[ ,.][A-Za-z]{2,}", text):
            found.append(f"English: {text[:90]}")
        elif ID.search(text):
            found.append(f"id: {text[:90]}")
    return found


@contextmanager
def tab(browser: Browser, width: int, theme: Any, told: list[str]) -> Iterator[Page]:
    """A new tab whose errors are told."""
    context = browser.new_context(viewport={"width": width, "height": 860}, color_scheme=theme, bypass_csp=True)
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.on("console", lambda said: told.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    yield page
    context.close()


def shoot(page: Page, options: argparse.Namespace, view: str, name: str, told: list[str]) -> None:
    """One picture, and a line about what looks wrong."""
    with suppress(Error):  # what did not come is in the picture
        settle(page)
    language, width = options.now
    wide, high = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    clip = {"x": 0, "y": 0, "width": width, "height": min(high, TALLEST)}
    if not options.text_only:
        page.screenshot(path=options.out / name, full_page=True, clip=clip)
    found = stumbles(page, language) + page.evaluate(CHECKS.read_text(encoding="utf-8"))
    if options.axe:
        page.evaluate(options.axe.read_text(encoding="utf-8"))
        found += page.evaluate(
            "axe.run().then((d) => d.violations.map((o) => `axe ${o.id}: ${o.nodes[0].html.slice(0, 150)}`))"
        )
    line = {"picture": name, "height": high, "wider_by": max(0, wide - width), "console": told[:], "stumbles": found}
    with (options.out / "found.jsonl").open("a", encoding="utf-8") as out:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(name, high, f"WIDE {wide}" if wide > width else "", *told[:2], *found[:8], sep=" | ", flush=True)
    told.clear()


def scenes(browser: Browser, address: str, keys: dict[str, str], options: argparse.Namespace) -> None:
    """Pictures of what is seen after something was pressed; each in a tab of its own, so that none follows another."""
    for scene in options.scenes:
        wanted = not options.only or re.search(options.only, scene.name)
        for language, width, theme in options.of if wanted and scene.role in (options.role or ALL_ROLES) else ():
            options.now = (language, width)
            told: list[str] = []
            with tab(browser, width, theme, told) as page:
                joint = "&" if "?" in scene.view else "?"
                page.goto(f"{address}/ui/#/{scene.view}{joint}lang={language}&key={keys[scene.role]}")
                try:
                    settle(page)
                    scene.steps(page)
                except Error as error:
                    told.append(f"the scene did not come: {str(error).splitlines()[0]}")
                shoot(page, options, scene.view, f"scene-{scene.name}-{language}-{width}-{theme}.png", told)


def pictures(address: str, keys: dict[str, str], ids: dict[str, str], options: argparse.Namespace) -> None:
    """All pictures of the roles, by one browser; a tab for each language, width and theme."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        # without one of the system's, playwright says how to install its own
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        if options.scenes:
            scenes(browser, address, keys, options)
        for role in () if options.scenes else options.role or ALL_ROLES:
            views = [view for view in views_of(ids, role) if not options.only or re.search(options.only, view)]
            for language, width, theme in options.of:
                options.now = (language, width)
                told: list[str] = []
                with tab(browser, width, theme, told) as page:
                    for place, view in enumerate(views):
                        joint = "&" if "?" in view else "?"
                        key = f"&key={keys[role]}" if not place else ""
                        page.goto(f"{address}/ui/#/{view}{joint}lang={language}{key}")
                        of_role = "" if role == "admin" else f"{role}-"
                        name = re.sub(r"[^a-z0-9]+", "_", view.lower()).strip("_")[:50]
                        shoot(page, options, view, f"{of_role}{name}-{language}-{width}-{theme}.png", told)
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--out", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--tenant", default="main")
    parser.add_argument("--role", action="append", choices=ALL_ROLES, help="only this role; may be repeated")
    parser.add_argument("--only", help="only views whose address this pattern finds")
    parser.add_argument("--of", action="append", type=_look, help="only LANGUAGE-WIDTH-THEME; may be repeated")
    parser.add_argument("--text-only", action="store_true", help="no pictures, only what looks wrong")
    parser.add_argument(
        "--scenes", action="store_true", help="instead of views, what is seen after something was pressed"
    )
    parser.add_argument("--axe", type=Path, help="a copy of axe.min.js, which looks too")
    options = parser.parse_args()
    options.of = options.of or [(n, w, th) for n in ("zh", "en") for w in WIDTHS for th in ("light", "dark")]
    options.out.mkdir(parents=True, exist_ok=True)
    keys, port = keys_of(options.home, options.tenant), free_port()
    with running(service_command("serving.service:service", port), options.home, port):
        address = f"http://127.0.0.1:{port}"
        ask = asking(address, keys["admin"])
        ids = fill(ask)
        guides = ask("guides").get("guides") or []
        if guides:
            guide = guides[0]["guide_id"]
            keys["guide"] = guide_key(options.home, options.tenant, guide)
            tasks = ask("guide_list", guide_id=guide).get("tasks") or []
            ids["of_guide"] = tasks[0]["customer_id"] if tasks else ""
        options.scenes = scenes_of(ask, ids) if options.scenes else []
        pictures(address, keys, ids, options)


def _look(text: str) -> tuple[str, int, str]:
    language, width, theme = text.split("-")
    return language, int(width), theme


if __name__ == "__main__":
    main()
