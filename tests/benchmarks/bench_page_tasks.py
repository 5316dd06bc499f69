"""Measures the tasks of five people on the page: clicks, seconds, requests and bytes of the first load.

    python tests/benchmarks/bench_page_tasks.py --home COPY_OF_A_HOME

HOME holds published answers (`retail-brain demo --no-serve` makes them) and is written to: orders are approved and a
campaign is drafted and approved in it. One service, one Chromium at 1400 px (a guide's at 390 px with touch), a new
context for each person. Seconds are those until everything asked for has come and is drawn.
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench_http import free_port, running, service_command
from page_shots import asking, guide_key, keys_of, settle
from playwright.sync_api import Browser, Page, sync_playwright

from tests.chromium import chromium_path


class Person:
    """One person's tab: counts clicks, and tells the seconds of each step."""

    def __init__(self, page: Page, who: str) -> None:
        self.page, self.who, self.clicks = page, who, 0
        self.sent: list[tuple[str, float]] = []
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda event: self.sent.append(("", event["encodedDataLength"])))

    def lands(self, address: str) -> None:
        begun = time.perf_counter()
        self.page.goto(address)
        settle(self.page)
        seconds = time.perf_counter() - begun - 0.25  # settle waits so long after all is drawn
        size = sum(size for _, size in self.sent)
        print(f"{self.who}: landed in {seconds:.1f} s, {len(self.sent)} requests, {size / 1000:,.0f} kB as sent")

    def click(self, selector: str) -> None:
        self.page.locator(selector).first.click()
        self.clicks += 1

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        begun, before = time.perf_counter(), self.clicks
        yield
        print(f"    {what}: {self.clicks - before} clicks, {time.perf_counter() - begun:.1f} s")


def merchandiser(person: Person) -> None:
    with person.step("from the landing to all plain lines approved"):
        person.click("nav [data-view=orders]")
        for selector in ("[data-show=plain]", "[data-field=pick-all]:enabled", "[data-bulk=approve]"):
            person.page.wait_for_selector(selector)
            person.click(selector)
        lines = person.page.locator(".difference strong").inner_text()
        person.click("[data-bulk=apply]")
        person.page.wait_for_function("() => document.querySelector('main .notice').textContent.trim() !== ''")
    print(f"        {lines} {person.page.locator('main .notice').first.inner_text()}")


def marketer(person: Person) -> None:
    with person.step("from the landing to the approved people of a campaign for excess stock"):
        for selector in (
            "[data-action=start-leftovers]",
            "[data-action=propose]",
            "[data-action=approve]",
            "[data-action=approve-sure]",
        ):
            person.page.wait_for_selector(selector)
            person.click(selector)
        person.page.wait_for_selector("tbody tr")
        settle(person.page)


def guide(person: Person) -> None:
    with person.step("what came of a person"):
        person.click("[data-outcome=bought]")
        person.page.wait_for_selector(".outcome .badge")
        person.page.wait_for_function("() => !document.querySelector('.unsent.waiting')")


def head_office(person: Person) -> None:
    with person.step("from a store to its orders"):
        person.click(".office tbody a")
        person.page.wait_for_selector(".grid [data-field=open]")


def data_scientist(person: Person) -> None:
    with person.step("versions side by side with plots"):
        person.click("nav [data-view=models]")
        person.page.wait_for_selector(".line-plot")
        settle(person.page)
    with person.step("drift of the features"):
        person.click("[data-kind=features]")
        settle(person.page)


TASKS = {
    "merchandiser": merchandiser,
    "marketer": marketer,
    "guide": guide,
    "admin": head_office,
    "data_scientist": data_scientist,
}


def measure(browser: Browser, address: str, keys: dict[str, str]) -> None:
    for role, task in TASKS.items():
        size = {"width": 390, "height": 800} if role == "guide" else {"width": 1400, "height": 860}
        # waiting for a condition evaluates text, which the page forbids
        context = browser.new_context(viewport=size, has_touch=role == "guide", locale="en-GB", bypass_csp=True)
        person = Person(context.new_page(), "head office" if role == "admin" else role)
        person.page.set_default_timeout(60_000)
        person.lands(f"{address}/ui/#/overview?lang=en&key={keys[role]}")
        task(person)
        context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=lambda text: Path(text).resolve(), required=True)
    options = parser.parse_args()
    keys, port = keys_of(options.home, "main"), free_port()
    with running(service_command("serving.service:service", port), options.home, port):
        ask = asking(f"http://127.0.0.1:{port}", keys["admin"])
        ask("guide_make")
        keys["guide"] = guide_key(options.home, "main", ask("guides")["guides"][0]["guide_id"])
        with sync_playwright() as playwright:
            arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
            measure(browser, f"http://127.0.0.1:{port}", keys)
            browser.close()


if __name__ == "__main__":
    main()
