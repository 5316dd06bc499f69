"""Answers that do not reach their client whole are told as such, by log line and metric."""

import json
import socket
import struct
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import anyio
import anyio.from_thread
import pytest
from anyio import CapacityLimiter
from starlette.types import Message, Receive, Scope, Send

from retail_brain.errors import RetailBrainError, UnavailableError
from retail_brain.settings import ServingSettings
from serving.http.cut_answers import FAULT
from serving.http.lines import Lines
from serving.http.middleware import Layer
from serving.http.request_log import REQUEST_LOG
from serving.http.runtime import Runtime
from tests.guarded_server import serving

SIZE = 40_000_000
PIECE = b"x" * 50_000


class Counted:
    """A meter that keeps what it is told."""

    def __init__(self) -> None:
        self.cuts: list[str] = []

    def begin(self) -> None: ...

    def end(self, route: str, status: int, seconds: float) -> None: ...

    def cut(self, reason: str) -> None:
        self.cuts.append(reason)


class Told:
    """A layer around an application, and what it logged and counted."""

    def __init__(self, written: list[str], app: Any) -> None:
        self.meter = Counted()
        self._written = written
        state: Any = SimpleNamespace(settings=SimpleNamespace(serving=ServingSettings(log_format="json")))
        self.app = Layer(app, Runtime(state=state, meter=self.meter), ())  # type: ignore[arg-type]

    def line(self) -> dict[str, Any]:
        """The line of the only request, once it is there."""
        while not self._written:
            time.sleep(0.01)
        line: dict[str, Any] = json.loads("".join(self._written))
        return line


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lines of requests as they are written."""
    REQUEST_LOG.flush()
    lines: list[str] = []
    monkeypatch.setattr(REQUEST_LOG, "add", lines.append)
    return lines


async def whole(_scope: Scope, _receive: Receive, send: Send) -> None:
    """One answer, far larger than what the system and uvicorn hold for a client."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % SIZE)]})
    await send({"type": "http.response.body", "body": b"x" * SIZE})


async def endless(_scope: Scope, _receive: Receive, send: Send) -> None:
    """An answer in lines that has no end but its reader's."""

    def rows() -> Iterator[dict[str, Any]]:
        while True:
            yield {"x": "x" * 1_000}

    gone = _scope["state"]["retail_brain.connection"]
    await Lines(rows(), "k").send(send, CapacityLimiter(1), lambda _: b"", lambda: gone.lost is not None)


@pytest.mark.parametrize(("app", "size"), [(whole, SIZE), (endless, None)])
def test_a_client_that_goes_away_in_the_middle_is_told_of(app: Any, size: int | None, written: Any) -> None:
    told = Told(written, app)
    with serving(told.app) as server:
        with server.open() as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert connection.recv(1_000).startswith(b"HTTP/1.1 200")
        line = told.line()
    assert (line["status"], line["level"], line["cut"], line["bytes"]) == (200, "warning", "client_gone", size)
    assert 0 < line["bytes_sent"] < SIZE
    assert told.meter.cuts == ["client_gone"]


def test_an_answer_that_nobody_reads_is_told_of(written: Any) -> None:
    told = Told(written, whole)
    with serving(told.app, unread_seconds=0.2) as server, server.open() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert told.line()["cut"] == "answer_unread"
    assert told.meter.cuts == ["answer_unread"]


def test_who_is_gone_before_the_answer_got_none_of_it(written: Any) -> None:
    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    told = Told(written, late)
    with serving(told.app) as server:
        with server.open() as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            # resets the connection: one that is closed may be of a client that has sent all and reads on
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line = told.line()
    assert (line["cut"], line["bytes_sent"], line["bytes"]) == ("client_gone", 0, 2)


@pytest.mark.parametrize("closes", [b"", b"Connection: close\r\n"])
def test_a_whole_answer_is_none_that_was_cut(closes: bytes, written: Any) -> None:
    told = Told(written, whole)
    with serving(told.app) as server, server.open() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n" + closes + b"\r\n")
        _, _, body = connection.recv(65_536).partition(b"\r\n\r\n")
        left = SIZE - len(body)
        while left:
            left -= len(connection.recv(1_000_000))
        assert "cut" not in told.line()
    assert told.meter.cuts == []


def answered(told: Told) -> list[Message]:
    """The messages of one request without a server."""
    sent: list[Message] = []

    async def run() -> None:
        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.request"}

        await told.app({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send)

    with anyio.from_thread.start_blocking_portal() as portal:  # a browser test may hold this thread's own loop
        portal.call(run)
    return sent


def test_an_answer_that_fails_after_its_status_is_told_of(written: Any) -> None:
    async def failing(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise LookupError

    told = Told(written, failing)
    answered(told)
    assert (told.line()["cut"], told.line()["bytes_sent"], told.line()["bytes"]) == ("fault", 4, None)
    assert told.meter.cuts == ["fault"]


def test_an_answer_that_ends_with_an_error_as_its_last_line_is_told_of(written: Any) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield {"x": 1}
        raise UnavailableError("the database went away")

    async def failing(scope: Scope, _receive: Receive, send: Send) -> None:
        def told(error: RetailBrainError) -> bytes:
            scope[FAULT] = error.code
            return b"{}"

        await Lines(rows(), "k").send(send, CapacityLimiter(1), told, lambda: False)

    told = Told(written, failing)
    answered(told)
    assert (told.line()["cut"], told.line()["code"]) == ("fault", "unavailable")
    assert told.meter.cuts == ["fault"]
