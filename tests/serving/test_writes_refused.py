"""A database that another process holds, or a home that takes no writes: refused as such, counted, and told."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import anyio.from_thread
import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from retail_brain.errors import UnavailableError
from retail_brain.operational.keys import create_key
from retail_brain.settings import ServingSettings, Settings
from retail_brain.workspace import Workspace
from serving.http.app import Api
from serving.http.middleware import Layer
from serving.http.runtime import Runtime
from serving.http.state import State
from serving.upkeep import examine


@pytest.fixture
def state(tmp_path: Path, synthetic: ModuleType) -> Iterator[State]:
    synthetic.publish_synthetic(Workspace(tmp_path), "first")
    made = State(tmp_path, Settings(serving=ServingSettings(timeout_seconds=4, threads=2)))
    made.refresh()
    yield made
    made.stop()


def asked(state: State, body: bytes, requests: int, language: str, meter: Any) -> list[tuple[int, dict[str, Any]]]:
    """Status and error of some requests to /events that are sent at once."""
    key = create_key("main", state.database, role="admin", name="Li", now=datetime.now(UTC))
    api = Api(Runtime(state=state, meter=meter))

    async def ask(sent: list[Any]) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"authorization", f"Bearer {key}".encode()), (b"accept-language", language.encode())]
        await api({"type": "http", "path": "/events", "method": "POST", "headers": headers}, receive, send)

    async def together() -> list[list[Any]]:
        messages: list[list[Any]] = [[] for _ in range(requests)]
        await asyncio.gather(*(ask(sent) for sent in messages))
        return messages

    with closing(sqlite3.connect(state.home / "var" / "operational.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with anyio.from_thread.start_blocking_portal() as portal:
            found = portal.call(together)
    return [(sent[0]["status"], json.loads(sent[1]["body"])["error"]) for sent in found]


@pytest.mark.parametrize(
    ("language", "held", "maybe"),
    [
        ("en", "another process holds", "may have been stored. Look again"),
        ("zh", "正被其他程序占用", "可能已经保存。请先查看"),
    ],
)
def test_writes_to_a_held_database_are_unavailable_and_counted(
    state: State, language: str, held: str, maybe: str
) -> None:
    event = {"occurred_at": datetime.now(UTC).isoformat(), "event_type": "visit", "customer_id": "C00001"}
    counted: list[str] = []
    meter = SimpleNamespace(unavailable=counted.append)
    # more than there are threads: those that wait for one are told the same
    found = asked(state, json.dumps({"events": [event]}).encode(), 12, language, meter)
    told = {(status, error["code"], error["details"]["problem"]) for status, error in found}
    # those that had begun when their time was over go on: nobody knows yet
    assert told - {(503, "overloaded", "maybe_stored")} == {(503, "unavailable", "database_held")}
    words = {"database_held": held, "maybe_stored": maybe}
    assert all(words[error["details"]["problem"]] in error["message"] for _, error in found)
    assert counted == 12 * ["database"]


def test_doctor_names_a_database_that_is_held(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.upkeep.doctor._HELD_SECONDS", 0.05)
    with closing(sqlite3.connect(state.home / "var" / "operational.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        [fault] = [one for one in examine(state.home, datetime.now(UTC)) if one.check == "writes"]
    assert (fault.level, "held" in fault.text, "fuser" in fault.remedy) == ("fault", True, True)
    [well] = [one for one in examine(state.home, datetime.now(UTC)) if one.check == "writes"]
    assert well.level == "ok"


def test_a_service_that_cannot_write_says_so_until_it_can(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.http.writability._EVERY_SECONDS", 0.0)
    state._look()
    assert (state.can_write, state.writes_fault) == (True, "")
    with monkeypatch.context() as patched:

        def refused() -> None:
            raise UnavailableError("the database takes no writes", {"problem": "read_only"})

        patched.setattr(state.database, "try_writing", refused)
        state._look()
        assert not state.can_write
        assert "takes no writes" in state.writes_fault
        assert state.faults == {}  # every tenant is well
        answer = TestClient(Layer(PlainTextResponse("\n"), Runtime(state=state), ())).get("/readyz")
        assert (answer.status_code, "writes are refused" in answer.text) == (200, True)
        assert "with a fault" not in answer.text
        assert state.is_ready  # reads go on
        assert state.no_answers("nobody").code == "not_published"
    state._look()
    assert (state.can_write, state.writes_fault) == (True, "")


def test_a_database_that_does_not_answer_is_not_said_to_be_read(
    state: State, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("serving.http.writability._EVERY_SECONDS", 0.0)

    def silent() -> None:
        raise UnavailableError("the database does not answer")

    monkeypatch.setattr(state.database, "try_writing", silent)
    state._look()
    [told] = [one.getMessage() for one in caplog.records if "writes are refused" in one.getMessage()]
    assert "does not answer" in told
    answer = TestClient(Layer(PlainTextResponse("\n"), Runtime(state=state), ())).get("/readyz")
    assert "reads go on" not in told + answer.text
