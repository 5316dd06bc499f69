"""The page with its stand-in service on a free port, and a real Chromium to look at it."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Frame, Page, expect, sync_playwright
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.page.app import STATIC
from tests.chromium import CHROMIUMS, chromium_path, own_folder
from tests.serving.page import fake_api, fake_orders
from tests.serving.page.fake_chain import KEY

PATIENCE_SECONDS = 30
"""How long a test waits for what it needs, on a machine that does twenty other things; what comes is not waited out."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--js-flags=--jitless",  # scripts run too briefly in a test for what compiling them costs
    # a view that is opened takes the frame of the one before instead of making its own, a sixth of its processor; said
    # among the features that are on, for the last list of each kind counts and Playwright's other one is long
    "--enable-features=CDPScreenshotNewSurface,SkipListAccountsWithoutGaiaCookies,RenderDocument:level/crashed-frame",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # what is asked of strangers fails, on the console too
]


@dataclass
class Site:
    """Where the page is, what it was asked, and the key that opens it."""

    address: str
    key: str
    asked: list[tuple[str, dict[str, Any]]]
    visit: int = 0

    def page(self, fragment: str, language: str) -> str:
        joint = "&" if "?" in fragment else "?"
        return self.anew(f"{self.address}/ui/#/{fragment}{joint}lang={language}&key={self.key}")

    def anew(self, address: str) -> str:
        """An address at which no tab is yet in this test: it loads there and forgets (`FORGET`)."""
        place, _, fragment = address.partition("#")
        return f"{place}{'&' if '?' in place else '?'}visit={self.visit}#{fragment}"

    def bodies(self, route: str, wanted: Callable[[dict[str, Any]], bool] = lambda _: True) -> list[dict[str, Any]]:
        """What a route was sent, once one of it is as wanted: the page may show what comes before it has asked."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not (sent := [body for name, body in self.asked if name == route and wanted(body)]):
            assert time.monotonic() < until, f"wanted another request to {route}; got {self.asked}"
            time.sleep(0.02)
        return sent


PAUSES = re.compile(
    r"(?<=^const )((?:LOOK_MS|LOOK_AGAIN_MS|PAUSE_MS) = |\[FIRST_(?:LOOK|WAIT)_MS, LONGEST_\w+\] = \[)[\d_]+",
    flags=re.MULTILINE,
)
HURRIED_MS = 100
HURRIED = (
    "js/jobs/watch.js",
    "js/jobs/files.js",
    "js/views/jobs.js",
    "js/views/guide.js",
    "js/outbox.js",
)


def hurried(app: ASGIApp) -> ASGIApp:
    """The page whose looks at jobs and first tries to reach the service again come after a tenth of a second instead of
    seconds: nobody waits for what a test knows to be there."""
    scripts: dict[str, str] = {}
    for name in HURRIED:
        scripts[name], count = PAUSES.subn(rf"\g<1>{HURRIED_MS}", (STATIC / name).read_text(encoding="utf-8"))
        assert count, f"{name} names no pause any more"

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        name = next((name for name in HURRIED if scope.get("path", "").endswith(f"/{name}")), None)
        if name is None:
            await app(scope, receive, send)
            return
        kept = {"cache-control": "public, max-age=31536000, immutable"}
        await Response(scripts[name], headers=kept, media_type="text/javascript")(scope, receive, send)

    return serve


@pytest.fixture(scope="session")
def served() -> Iterator[Site]:
    app = fake_api.create_fake()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(hurried(app), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}", KEY, app.state.asked)
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


@pytest.fixture
def site(served: Site) -> Iterator[Site]:
    served.visit += 1
    served.asked.clear()
    fake_orders.DECIDED.clear()
    fake_orders.COMMENTS.clear()
    yield served
    fake_api.RIGHTS.clear()
    fake_api.INSTEAD.clear()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if (path := chromium_path()) is None:
        pytest.skip(f"no Chromium here: install one of Debian's packages {', '.join(CHROMIUMS)} to test the page")
    with sync_playwright() as playwright, own_folder() as env:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, env=dict(env))
        yield browser
        browser.close()


NO_WORKERS = "Service Worker registration blocked by Playwright"
SILENCE = "() => { window.fetch = () => new Promise(() => {}); }"
"""A view that is left in its tab until the next test opens another one asks for nothing more."""
FORGET = """
const visit = new URLSearchParams(location.search).get("visit");
for (const storage of visit ? [localStorage, sessionStorage] : []) {
  if (storage.getItem("visit") !== visit) { storage.clear(); storage.setItem("visit", visit); }
}
"""
"""The first view that a test opens in a tab begins without what others stored, before any script of the page runs."""


@dataclass
class Watched:
    """A tab in the hands of one test: remembers where it went and what went wrong.

    What it asks of strangers goes wrong: the page's policy forbids it, and no name of theirs is found (`ARGUMENTS`). To
    be told of every request costs a view a tenth of its processor.
    """

    page: Page
    places: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", self._said)
        self.page.on("framenavigated", self._went)
        self.page.on("pageerror", self._failed)

    def leave(self) -> None:
        """Takes back what the test did to the tab itself, and stops to listen; its scripts ask for nothing more."""
        try:
            self.page.evaluate(SILENCE)
        except Error:  # a script of the view went elsewhere at the same moment
            self.page.evaluate(SILENCE)
        self.page.unroute_all(behavior="ignoreErrors")
        self.page.remove_listener("console", self._said)
        self.page.remove_listener("framenavigated", self._went)
        self.page.remove_listener("pageerror", self._failed)
        self.page.emulate_media(media="null", color_scheme="null")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and message.text != NO_WORKERS:
            self.problems.append(message.text)

    def _went(self, frame: Frame) -> None:
        self.places.append(frame.url)

    def _failed(self, error: Error) -> None:
        self.problems.append(str(error))


def new_context(chromium: Browser) -> BrowserContext:
    # without transitions a view is drawn once instead of sixty times a second
    # nor service workers: a page that another test had kept would come in the place of the one that a test asks for
    context = chromium.new_context(accept_downloads=True, reduced_motion="reduce", service_workers="block")
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    context.add_init_script(FORGET)
    return context


@pytest.fixture(scope="session")
def browsing(chromium: Browser) -> Iterator[BrowserContext]:
    context = new_context(chromium)
    yield context
    context.close()


@pytest.fixture
def clocked(chromium: Browser, free_tabs: list[Page]) -> Iterator[Page]:
    """A tab whose clock the test turns, for what the page does after some seconds. A clock stays in its context: it
    would run in the tab of every later test."""
    context, others = new_context(chromium), free_tabs[:]
    page = context.new_page()
    page.clock.install()
    free_tabs[:] = [page]  # `open_page` takes it
    yield page
    context.close()
    free_tabs[:] = others


@pytest.fixture(scope="session")
def free_tabs() -> list[Page]:
    """The tab that no test uses. A view in it costs a third of the processor of one in a new tab: its process
    and the scripts that it has compiled are there. One alone: a tab behind another one draws once a second, and
    whatever waits for a drawing, such as a click, takes that second."""
    return []


@pytest.fixture
def open_page(browsing: BrowserContext, free_tabs: list[Page], site: Site) -> Iterator[Callable[..., Watched]]:
    """Opens a view in a tab without memory of other tests. At the end nothing may have gone wrong."""
    opened: list[tuple[Watched, bool]] = []

    def open_(fragment: str, language: str = "zh", *, quiet: bool = True, width: int = 1280) -> Watched:
        watched = Watched(free_tabs.pop() if free_tabs else browsing.new_page())
        opened.append((watched, quiet))
        if watched.page.viewport_size != (size := {"width": width, "height": 860}):  # else nothing is laid out anew
            watched.page.set_viewport_size(size)
        watched.listen()
        is_address = fragment.startswith("http")
        watched.page.goto(site.anew(fragment) if is_address else site.page(fragment, language))
        return watched

    yield open_
    kept = opened[0][0].page if opened else None
    for watched, _ in opened:
        watched.leave()
        if watched.page is not kept:
            watched.page.close()
            continue
        watched.page.mouse.move(0, 0)
        free_tabs.append(watched.page)
    for watched in (watched for watched, quiet in opened if quiet):
        assert watched.problems == []
        assert [url for url in watched.places if not url.startswith(site.address)] == []
