"""What is told of an answer that comes too late or fails: the truth about whether something was stored."""

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import anyio
import pytest

from retail_brain.errors import UnavailableError
from retail_brain.operational.database import SPARED_CONNECTIONS, Database
from retail_brain.operational.keys import create_key
from retail_brain.settings import Settings
from retail_brain.waiting import NobodyWaitsError, stop_if_nobody_waits, waited_for
from retail_brain.workspace import Workspace
from serving.http.app import Api
from serving.http.keyring import Keyring
from serving.http.middleware import Layer
from serving.http.routes import ROUTES
from serving.http.runtime import Runtime
from serving.http.state import State
from serving.planning.campaigns.plan import plan_campaign

LATE = ("/events", "/search", "/rules", "/segments")
EVENTS, SEARCH, *BOTH = (next(route for route in ROUTES if route.path == path) for path in LATE)
BODIES: dict[str, Any] = {
    "/rules": {},
    "/segments": {"action": "list"},
    "/events": {"events": [{"occurred_at": "2025-03-01T00:00:00Z", "event_type": "visit", "customer_id": "C00001"}]},
    "/search": {"kind": "store", "query": "x"},
}


@pytest.fixture
def state(tmp_path: Path, synthetic: ModuleType) -> Iterator[State]:
    workspace = Workspace(tmp_path)
    synthetic.publish_synthetic(workspace, "first")
    manifest = workspace.answers / "first" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"software": "99.0.0"}))
    made = State(tmp_path, Settings())
    made.refresh()
    yield made
    made.stop()


def asked(
    state: State,
    routes: list[Any],
    path: str,
    language: str = "en",
    *,
    is_busy: bool = False,
    times: int = 1,
    then: Sequence[str] = (),
) -> dict[str, Any]:
    """Status and error of a request, the last of those that are asked, where all threads may be busy."""
    paths = iter([*[path] * times, *then])
    body = b""
    key = create_key("main", state.database, role="admin", name="Li", now=datetime.now(UTC))
    api = Api(Runtime(state=state), routes)
    app, sent = Layer(api, Runtime(state=state), ()), list[Any]()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async def ask() -> None:
        if is_busy:
            api._limiter(1).acquire_on_behalf_of_nowait(state)
        headers = [(b"authorization", f"Bearer {key}".encode()), (b"accept-language", language.encode())]
        nonlocal body
        for asked_path in paths:
            sent.clear()
            body = json.dumps(BODIES.get(asked_path, BODIES["/events"])).encode()
            await app({"type": "http", "path": asked_path, "method": "POST", "headers": headers}, receive, send)

    asyncio.run(ask())
    return {"status": sent[0]["status"], **json.loads(sent[1]["body"])["error"]}


class Late:
    """Handlers that do not end, and a time that is over as soon as one has begun."""

    def __init__(self) -> None:
        self._is_over: Callable[[], object] = bool
        self._ends = threading.Event()
        self.begun = 0
        self.routes = [replace(route, run=self._run) for route in (EVENTS, SEARCH, *BOTH)]

    @contextmanager
    def fail_after(self, _seconds: float) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        with anyio.CancelScope() as scope:
            self._is_over = lambda: loop.call_soon_threadsafe(scope.cancel)
            yield
        if scope.cancelled_caught:
            raise TimeoutError

    def end(self) -> None:
        self._ends.set()

    def _run(self, _request: Any, _call: Any) -> dict[str, Any]:
        self.begun += 1
        self._is_over()
        self._ends.wait()
        return {}


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Iterator[Late]:
    made = Late()
    with monkeypatch.context() as patched:
        patched.setattr("serving.http.app.anyio", SimpleNamespace(fail_after=made.fail_after))
        yield made
    made.end()


@pytest.mark.parametrize("is_held", [False, True])
@pytest.mark.parametrize(
    ("path", "language", "words"),
    [
        ("/events", "en", "may have been stored. Look again before you send it again"),
        ("/events", "zh", "可能已经保存。请先查看"),
        ("/search", "en", "took too long. Ask for less"),
        ("/search", "zh", "服务正忙"),
        ("/rules", "en", "took too long. Ask for less"),
        ("/segments", "en", "took too long. Ask for less"),
    ],
)
def test_who_writes_is_told_that_it_may_have_been_stored_and_who_reads_is_not(
    state: State, late: Late, monkeypatch: pytest.MonkeyPatch, is_held: bool, path: str, language: str, words: str
) -> None:
    monkeypatch.setattr(Database, "was_held_within", lambda *_: is_held)
    told = asked(state, late.routes, path, language)
    late.end()
    assert (told["status"], told["code"]) == (503, "overloaded")
    assert words in told["message"]
    assert told["details"] == ({"problem": "maybe_stored"} if path == "/events" else {})


@pytest.mark.parametrize(
    ("is_held", "told"), [(False, ("overloaded", {})), (True, ("unavailable", {"problem": "database_held"}))]
)
def test_a_write_that_never_began_is_not_said_to_be_stored(
    state: State, monkeypatch: pytest.MonkeyPatch, is_held: bool, told: tuple[str, dict[str, str]]
) -> None:
    monkeypatch.setattr(Database, "was_held_within", lambda *_: is_held)
    monkeypatch.setattr("serving.http.app._seconds", lambda *_: 0.0)
    found = asked(state, [EVENTS], "/events", is_busy=True)
    assert (found["code"], found["details"]) == told


@pytest.mark.parametrize(("language", "words"), [("en", "may be stored. Look again"), ("zh", "可能已经保存。请先查看")])
def test_a_write_whose_connection_was_lost_at_its_end_may_be_stored(state: State, language: str, words: str) -> None:
    def lost(*_: Any) -> Any:
        raise UnavailableError("lost", {"problem": "maybe_stored"})

    told = asked(state, [replace(EVENTS, run=lost)], "/events", language)
    assert (told["status"], told["code"], told["details"]) == (503, "unavailable", {"problem": "maybe_stored"})
    assert words in told["message"]


def test_late_writes_of_a_tenant_are_counted_together_over_all_routes(state: State, late: Late) -> None:
    many = [replace(route, path=f"/late{number}") for number in range(9) for route in late.routes[:1]]
    paths = [route.path for route in many for _ in range(2)]
    told = asked(state, [*many, *late.routes], paths[0], then=[*paths[1:], "/search"])
    late.end()
    assert late.begun == SPARED_CONNECTIONS + 1
    assert told["message"].startswith("the answer took too long. Ask for less")  # a question is begun


def test_a_key_is_not_looked_up_while_so_many_look_ups_hang(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    ring, key = Keyring(), create_key("main", state.database, role="admin", name="Li", now=datetime.now(UTC))
    monkeypatch.setattr("serving.http.keyring._MOST_GIVEN_UP", {"keys": 0})
    with pytest.raises(UnavailableError, match="has not said for long"):
        asyncio.run(ring.principal(f"Bearer {key}".encode(), state))


def test_on_answers_of_a_newer_version_a_fault_of_a_write_is_a_fault(
    state: State, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError("column_of_later")

    routes = [replace(route, run=broken) for route in (EVENTS, SEARCH)]
    caplog.set_level(logging.ERROR, "bentoml.retail_brain")
    wrote, read = (asked(state, routes, path) for path in ("/events", "/search"))
    assert (wrote["status"], wrote["code"]) == (500, "failed")
    assert (read["status"], read["details"]) == (503, {"problem": "answers_newer"})
    told = [one.getMessage() for one in caplog.records if "answers of a newer version" in one.getMessage()]
    assert len(told) == 1
    assert f"KeyError on answers of a newer version at /search, {__file__}:" in told[0]
    assert "column_of_later" not in caplog.text


def test_what_stores_is_asked_in_a_thread_and_never_kept() -> None:
    assert {route.path for route in ROUTES if route.writes and (not route.threaded or route.depends_on)} == set()


def test_work_that_was_given_up_ends_where_it_next_looks_who_waits(
    state: State, late: Late, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: Future[BaseException | None] = Future()

    def run(*_: Any) -> dict[str, Any]:
        stop_if_nobody_waits()  # somebody does
        late._run(None, None)
        try:
            stop_if_nobody_waits()
        except NobodyWaitsError as error:
            ended.set_result(error)
            raise
        ended.set_result(None)
        return {}

    assert asked(state, [replace(SEARCH, run=run)], "/search")["status"] == 503
    late.end()
    assert isinstance(ended.result(), NobodyWaitsError)


@pytest.mark.parametrize("is_held", [False, True])
@pytest.mark.parametrize(
    ("path", "language", "words"),
    [("/search", "en", "this one was not begun"), ("/search", "zh", "本次没有开始"), ("/events", "en", "not begun")],
)
def test_a_route_whose_late_answers_are_still_worked_on_begins_no_other(
    state: State, late: Late, monkeypatch: pytest.MonkeyPatch, is_held: bool, path: str, language: str, words: str
) -> None:
    monkeypatch.setattr(Database, "was_held_within", lambda *_: is_held)
    threads = state.settings.serving.threads
    told = asked(state, late.routes, path, language, times=threads + 1)
    late.end()
    assert (late.begun, told["status"]) == (threads, 503)
    if is_held and path == "/events":
        assert told["details"] == {"problem": "database_held"}
    else:
        assert (told["code"], told["details"]) == ("overloaded", {"problem": "earlier_still_run"})
        assert words in told["message"]


def test_no_campaign_is_planned_for_a_question_that_was_given_up() -> None:
    with waited_for():
        given_up = copy_context()
    nothing: Any = None
    with pytest.raises(NobodyWaitsError):
        given_up.run(plan_campaign, nothing, "C1", nothing, nothing, nothing)
