"""A guide's page while there is no line at all: it opens again, shows the list that was seen, and sends later."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.http.access import ROLE_SCOPES
from tests.serving.page import fake_api, fake_guides
from tests.serving.page.conftest import PATIENCE_SECONDS, hurried
from tests.serving.page.fake_chain import KEY, error
from tests.serving.page.test_views_in_browser import says

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("language", ["zh", "en"])
WORKER_RUNS = "async () => Boolean((await navigator.serviceWorker.ready).active)"
WHAT_IS_KEPT = """async () => {
  const requests = [];
  for (const name of await caches.keys()) requests.push(...(await (await caches.open(name)).keys()));
  return requests.map((one) => one.url);
}"""


@dataclass
class Line:
    """A service of its own that can be away, as it is where the line ends."""

    port: int = 0
    lost: str | None = None
    losses: int = 0
    server: uvicorn.Server | None = None
    thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/ui/"

    def begin(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        options = uvicorn.Config(
            self.losing(hurried(fake_api.create_fake())),
            log_level="warning",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self.server = uvicorn.Server(options)
        self.thread = threading.Thread(target=self.server.run, args=([listener],), daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.02)

    def losing(self, app: ASGIApp) -> ASGIApp:
        """The same without the file that is lost."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if self.lost and scope["path"].endswith(self.lost):
                self.losses += 1
                await Response(status_code=500)(scope, receive, send)
            else:
                await app(scope, receive, send)

        return serve

    def end(self) -> None:
        if self.server is not None and self.thread is not None:
            self.server.should_exit = True
            self.thread.join(timeout=PATIENCE_SECONDS)
            self.server = None


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    whole = fake_api.overview({})
    place = {"kind": "guide", "regions": [], "stores": [], "guide": "G1"}
    rights = {"role": "marketer", "scopes": sorted(ROLE_SCOPES["marketer"]), "place": place}
    monkeypatch.setitem(fake_api.ANSWERS, "overview", lambda _: whole | rights)
    fake_guides.forget()
    line = Line()
    line.begin()
    yield line
    line.end()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 390, "height": 860}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    yield context
    context.close()


def signed_in(phone: BrowserContext, line: Line, language: str) -> Page:
    page = phone.new_page()
    page.goto(f"{line.address}#/guide?lang={language}&key={KEY}")
    expect(page.locator(".task")).to_have_count(3)
    assert page.evaluate(WORKER_RUNS)
    return page


@BOTH
def test_the_list_opens_without_a_line_and_sends_what_was_noted_there(
    phone: BrowserContext, line: Line, language: str
) -> None:
    page = signed_in(phone, line, language)
    line.end()
    page.reload()
    expect(page.locator(".task")).to_have_count(3)
    expect(page.locator(".notice.warn")).to_contain_text(
        says(language, "网络不通。这是 20", "You are offline. This is the list as of ")
    )
    expect(page.locator(".notice.warn")).to_contain_text(
        says(language, "刷新后名单仍在", "Reloading this page brings the list back")
    )
    page.locator("[data-task=t1] [data-outcome=bought]").click()
    expect(page.locator(".unsent")).to_contain_text("1")
    page.reload()
    expect(page.locator("[data-task=t1] .badge")).to_have_text(says(language, "已购买", "Bought"))
    assert fake_guides.STORED == {}
    line.begin()
    page.reload()
    expect(page.locator(".unsent")).to_have_text(says(language, "所有记录都已发送", "All answers sent"))
    expect(page.locator(".notice.warn")).to_have_count(0)
    assert [(one["task_id"], one["outcome"]) for one in fake_guides.STORED.values()] == [("t1", "bought")]


@BOTH
def test_the_list_comes_anew_though_the_phone_never_says_that_it_is_online(
    phone: BrowserContext, line: Line, language: str
) -> None:
    page = signed_in(phone, line, language)
    line.end()
    page.reload()
    expect(page.locator(".notice.warn")).to_be_visible()
    page.locator("[data-task=t1] [data-outcome=bought]").click()
    line.begin()
    expect(page.locator(".unsent")).to_have_text(says(language, "所有记录都已发送", "All answers sent"))
    expect(page.locator(".notice.warn")).to_have_count(0)
    expect(page.locator(".task")).to_have_count(3)


@BOTH
@pytest.mark.parametrize("view", ["stock?tab=leftovers", "campaigns", "orders", "segments"])
def test_a_view_that_is_not_of_a_guides_key_is_refused_in_words(
    phone: BrowserContext, line: Line, language: str, view: str
) -> None:
    page = phone.new_page()
    page.goto(f"{line.address}#/{view}{'&' if '?' in view else '?'}lang={language}&key={KEY}")
    wall = page.locator("[data-wall]")
    expect(wall).to_contain_text(says(language, "导购密钥不包含", "not part of a sales associate"))
    expect(wall).to_contain_text(says(language, "联系门店或总部", "Ask the store or headquarters"))
    expect(page.locator("main [data-action], main [data-tab]")).to_have_count(0)
    wall.locator("a").click()
    expect(page.locator(".task")).to_have_count(3)


def test_another_language_shows_the_list_that_was_kept_all_the_same(phone: BrowserContext, line: Line) -> None:
    page = signed_in(phone, line, "en")
    line.end()
    page.goto(f"{line.address}#/guide?lang=zh")
    page.reload()
    expect(page.locator(".notice.warn")).to_contain_text("网络不通")
    expect(page.locator(".task")).to_have_count(3)


def test_another_key_does_not_bring_the_customer_back_whom_the_last_one_looked_at(
    phone: BrowserContext, line: Line
) -> None:
    page = signed_in(phone, line, "en")
    page.evaluate("localStorage.setItem('retail-brain.last.customer', 'C00001')")
    page.goto(f"{line.address}?other#/guide?key={KEY}-other")
    expect(page.get_by_role("dialog").or_(page.locator(".failed-title")).first).to_be_visible()
    page.wait_for_function("() => localStorage.getItem('retail-brain.last.customer') === null")


def test_the_kept_page_opens_where_what_stands_before_the_service_answers_for_it(
    phone: BrowserContext, line: Line
) -> None:
    page = signed_in(phone, line, "en")
    line.lost = "/ui/"
    page.reload()
    expect(page.locator(".task")).to_have_count(3)
    assert line.losses == 1


def test_what_the_worker_keeps_is_files_of_the_page_alone(phone: BrowserContext, line: Line) -> None:
    page = signed_in(phone, line, "en")
    kept = page.evaluate(WHAT_IS_KEPT)
    assert len(kept) > 20
    assert [one for one in kept if not one.startswith((f"{line.address}v/",)) and one != line.address] == []


def test_signing_out_leaves_neither_list_nor_files(phone: BrowserContext, line: Line) -> None:
    page = signed_in(phone, line, "en")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_function(
        "async () => (await caches.keys()).length === 0 && !(await navigator.serviceWorker.getRegistration())"
    )
    page.wait_for_function("() => !JSON.stringify([{...sessionStorage}, {...localStorage}]).includes('C00001')")


def test_another_key_sees_nothing_of_the_list_that_was_kept(phone: BrowserContext, line: Line) -> None:
    page = signed_in(phone, line, "en")
    line.end()
    page.goto(f"{line.address}?other#/guide?key={KEY}-other")
    expect(page.locator(".failed-title")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("C00001")


def test_a_key_that_was_taken_back_shows_nothing_any_more(
    phone: BrowserContext, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = signed_in(phone, line, "en")
    monkeypatch.setitem(fake_api.ANSWERS, "overview", lambda _: error(401, "unauthorized", "no such key."))
    page.reload()
    expect(page.get_by_role("dialog")).to_be_visible()
    line.end()
    page.reload()
    expect(page.locator(".failed-title")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("C00001")


def test_other_roles_have_no_worker(phone: BrowserContext, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    page = phone.new_page()
    page.goto(f"{line.address}#/overview?lang=en&key={KEY}")
    expect(page.locator("main .panel").first).to_be_visible()
    assert page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
    assert page.evaluate(WHAT_IS_KEPT) == []


def test_a_file_that_does_not_come_leaves_the_page_as_it_was(phone: BrowserContext, line: Line) -> None:
    """All files of a version are kept or none: half a page would open to nothing."""
    line.lost = "i18n/zh.json"
    page = phone.new_page()
    page.goto(f"{line.address}#/guide?lang=en&key={KEY}")
    expect(page.locator(".task")).to_have_count(3)
    until = time.monotonic() + PATIENCE_SECONDS
    while not line.losses:
        assert time.monotonic() < until, "the worker asked for no file"
        page.wait_for_timeout(20)
    page.wait_for_function("async () => !(await navigator.serviceWorker.getRegistration())")
    page.wait_for_function(f"async () => (await ({WHAT_IS_KEPT})()).length === 0")


@pytest.mark.parametrize(
    "attempt",
    [
        "() => navigator.serviceWorker.register('js/offline_worker.js').then(() => 'taken', (error) => error.name)",
        "() => { try { trustedTypes.createPolicy('retail-brain-offline', {}); return 'taken'; } catch (error) "
        "{ return error.name; } }",
    ],
    ids=["another address", "a policy of its own"],
)
def test_no_other_script_becomes_a_worker(phone: BrowserContext, line: Line, attempt: str) -> None:
    page = signed_in(phone, line, "en")
    assert page.evaluate(attempt) == "TypeError"
