"""Measures the page with 100,000 order lines: opened from nothing, opened again, filtered.

    python tests/benchmarks/bench_page_lines.py [--stores 250] [--products 400]

One service with the made-up answers of `bench_listing` and one Chromium at 1400 px. Opening is timed from the address
to the drawn lines, in a new browser each time (nothing kept) and then in the same one; a filter from the click to the
drawn lines, whose number must have changed. What the first opening waited for is told by its requests.
"""

import argparse
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench_http import free_port, running, service_command
from bench_listing import publish
from playwright.sync_api import Page, sync_playwright

from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from tests.chromium import chromium_path

SHOWS = ("exceptions", "plain", "orders", "transfers", "enough")
LINE = "main tbody tr:not(.waiting) [data-field=open]"
REQUESTS = """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .map((one) => [one.name.replace(/.*\\/(ui|v)\\//, ""), one.startTime, one.responseStart - one.startTime,
    one.responseEnd])"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stores", type=int, default=250)
    parser.add_argument("--products", type=int, default=400)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace, port = Workspace(Path(folder)), free_port()
        publish(workspace, options.stores, options.products)
        database = Database(workspace.database_url)
        upgrade(database)
        key = create_key("main", database, role="merchandiser", name="bench", now=datetime.now(UTC))
        database.close()
        with running(service_command("serving.service:service", port), Path(folder), port):
            _browse(f"http://127.0.0.1:{port}/ui/#/orders?show=all&lang=en", key)


def _browse(address: str, key: str) -> None:
    with sync_playwright() as playwright:
        for turn in range(3):
            arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
            page = browser.new_page(viewport={"width": 1400, "height": 860})
            print(f"browser {turn + 1}: opened from nothing in {1000 * _opened(page, f'{address}&key={key}'):,.0f} ms")
            if not turn:
                for name, start, wait, end in page.evaluate(REQUESTS):
                    if not name.endswith((".js", ".css", ".svg")) or end > 800:
                        print(f"    {name[:60]:<60} from {start:5.0f}, waited {wait:5.0f}, done {end:5.0f} ms")
            for _ in range(2):
                page.goto("about:blank")
                print(f"    opened again in {1000 * _opened(page, address):,.0f} ms")
            browser.close()
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        page = browser.new_page(viewport={"width": 1400, "height": 860})
        _opened(page, f"{address}&key={key}")
        for show in SHOWS:
            print(f"filter {show}: {1000 * _filtered(page, show):,.0f} ms")
        browser.close()


def _opened(page: Page, address: str) -> float:
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(LINE)
    return time.perf_counter() - begun


def _filtered(page: Page, show: str) -> float:
    """Seconds by the page's own clock from the click until other lines are drawn."""
    seconds: float = page.evaluate(
        """async ([show, line]) => {
            const of = () => document.querySelector("main .figures dd").textContent;
            const before = of();
            const begun = performance.now();
            document.querySelector(`[data-show="${show}"]`).click();
            while (of() === before || !document.querySelector(line)) await new Promise(requestAnimationFrame);
            return (performance.now() - begun) / 1000;
        }""",
        [show, LINE],
    )
    return seconds


if __name__ == "__main__":
    main()
