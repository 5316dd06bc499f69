"""Connections that send nothing, too slowly, too much, or read nothing, over real sockets to a real server."""

import asyncio
import json
import logging
import re
import socket
import time
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from retail_brain.settings import ServingSettings
from serving.http.connections import guarded
from serving.http.request_log import REQUEST_LOG
from tests.guarded_server import serving

HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n"
LARGE = 40_000_000


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers at once, or after half a second, or with more than any buffer holds."""
    if scope["path"] == "/slow":
        await asyncio.sleep(0.5)
    if scope["path"] == "/body":
        while (await receive()).get("more_body"):
            pass
    body = b"x" * (LARGE if scope["path"] == "/large" else 2)
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def refuse_at_once(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answers without reading the body, as where it is too large."""
    headers = [(b"content-length", b"2"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"no"})


async def unknown_length(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answers in pieces without saying how many."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(2):
        await send({"type": "http.response.body", "body": b"ab" * 20_000, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def read_all(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def read_answer(connection: socket.socket) -> bytes:
    """One answer of two bytes."""
    got = b""
    while not got.endswith(b"\r\n\r\nxx"):
        part = connection.recv(1_000)
        assert part, got
        got += part
    return got


def error_of(answer: bytes) -> tuple[int, str]:
    """Status and code of an error in the one shape."""
    head, body = answer.split(b"\r\n\r\n", 1)
    assert b"connection: close" in head.lower()
    error = json.loads(body)["error"]
    assert set(error) == {"code", "message", "details"}
    return int(head.split()[1]), error["code"]


def test_the_server_words_no_line_of_its_own_for_a_request(caplog: pytest.LogCaptureFixture) -> None:
    # BentoML gives the root logger a handler, so uvicorn takes its own lines for wanted
    caplog.set_level(logging.INFO, "uvicorn.access")
    with serving(application) as server, server.open() as connection:
        connection.sendall(HEAD + b"\r\n")
        assert read_answer(connection).startswith(b"HTTP/1.1 200")
    assert [record for record in caplog.records if record.name == "uvicorn.access"] == []


@pytest.mark.parametrize("sent", [b"", HEAD, b"G"])
def test_headers_that_do_not_come_end_the_connection(sent: bytes) -> None:
    with serving(application, header_seconds=0.1) as server, server.open() as connection:
        connection.sendall(sent)
        assert error_of(read_all(connection)) == (408, "too_slow")
        server.wait_refused("headers_late")


def test_headers_that_trickle_in_have_one_limit() -> None:
    with serving(application, header_seconds=0.3) as server, server.open() as connection:
        connection.sendall(HEAD)
        connection.settimeout(0.05)
        answer = b""
        while not answer:
            try:
                answer = connection.recv(10_000)
            except TimeoutError:
                connection.sendall(b"X-More: 1\r\n")
        assert error_of(answer) == (408, "too_slow")


def test_a_second_request_that_stays_half_is_cut_off_too() -> None:
    with serving(application, header_seconds=0.2) as server, server.open() as connection:
        connection.sendall(HEAD + b"\r\n")
        assert read_answer(connection).startswith(b"HTTP/1.1 200")
        connection.sendall(HEAD)
        assert error_of(read_all(connection)) == (408, "too_slow")


def test_the_work_on_a_request_does_not_count_as_waiting_for_headers() -> None:
    with serving(application, header_seconds=0.1) as server, server.open() as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        assert read_answer(connection).startswith(b"HTTP/1.1 200")
        assert server.refused == []


def test_many_half_headers_are_gone_after_the_limit_and_others_are_served() -> None:
    with serving(application, header_seconds=0.5, max_connections=60, max_connections_per_address=60) as server:
        half = [server.open() for _ in range(50)]
        for connection in half:
            connection.sendall(HEAD)
        with server.open() as other:
            other.sendall(HEAD + b"\r\n")
            assert read_answer(other).startswith(b"HTTP/1.1 200")
        for connection in half:
            assert error_of(read_all(connection)) == (408, "too_slow")
            connection.close()
        server.wait_refused(*["headers_late"] * 50)


@pytest.mark.parametrize("limits", [{"max_connections": 2}, {"max_connections_per_address": 2}])
def test_connections_beyond_the_limit_are_told_so_and_places_come_back(limits: dict[str, int]) -> None:
    with serving(application, **limits) as server:
        with server.open() as first, server.open() as second:
            for connection in (first, second):
                connection.sendall(HEAD + b"\r\n")
                read_answer(connection)
            with server.open() as third:
                answer = read_all(third)
            assert error_of(answer) == (429, "overloaded")
            assert b"retry-after: 1" in answer
        server.wait_refused("too_many_connections")
        answer = b""
        while not answer.startswith(b"HTTP/1.1 200"):  # the server learns of a closed connection a moment later
            with server.open() as again:
                again.sendall(HEAD + b"Connection: close\r\n\r\n")
                answer = again.recv(1_000)


@pytest.mark.parametrize(
    "sent", [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n"]
)
def test_what_is_no_http_is_refused_in_the_one_shape(sent: bytes) -> None:
    with serving(application) as server, server.open() as connection:
        connection.sendall(sent)
        assert error_of(read_all(connection)) == (400, "malformed")
        server.wait_refused("malformed")


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize(
    ("sent", "status", "reason", "given"),
    [
        (b"hello\r\n\r\n", 400, "malformed", ""),
        (b"GET /" + b"x" * 70_000, 431, "headers_too_large", ""),
        (HEAD + b"X-Request-Id: proxy-7\r\nX: " + b"x" * 70_000, 431, "headers_too_large", "proxy-7"),
        (HEAD + b"X-Request-Id: two words\r\nbad header\r\n\r\n", 400, "malformed", ""),
        (HEAD + b"X-Request-Id: late\r\nX: ", 408, "headers_late", "late"),
    ],
)
def test_what_is_refused_unread_has_the_id_of_its_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, sent: bytes, status: int, reason: str, given: str, log_format: str
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(REQUEST_LOG, "add", lines.append)
    limits = {"header_seconds": 0.2} if reason == "headers_late" else {}
    with serving(application, log_format=log_format, **limits) as server, server.open() as connection:
        connection.sendall(sent)
        answer = read_all(connection)
        server.wait_refused(reason)
    assert error_of(answer)[0] == status
    (named,) = re.findall(rb"x-request-id: ([^\r]+)\r\n", answer)
    assert named == given.encode() if given else len(named) == 32
    (line,) = lines
    if log_format == "json":
        told = json.loads(line)
        assert (told["status"], told["request_id"], told["refused"]) == (status, named.decode(), reason)
        return
    assert re.fullmatch(rf"\S+ - - {status} [\d.]+ ms {named.decode()} refused: {reason}", line)


def test_refused_connections_have_no_line_where_requests_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(REQUEST_LOG, "add", lines.append)
    with serving(application, access_log=False) as server, server.open() as connection:
        connection.sendall(b"hello\r\n\r\n")
        assert b"x-request-id: " in read_all(connection)
    assert lines == []


def test_an_answer_that_nobody_reads_is_given_up() -> None:
    with serving(application, unread_seconds=0.2) as server, server.open() as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        server.wait_refused("answer_unread")


def test_a_large_answer_is_read_whole() -> None:
    with serving(application, unread_seconds=5) as server, server.open() as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert len(read_all(connection).split(b"\r\n\r\n", 1)[1]) == LARGE
        assert server.refused == []


def test_a_web_socket_is_answered_as_a_plain_request_and_keeps_its_place_counted() -> None:
    upgrade = (
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n"
    )
    with serving(application, max_connections=1) as server:
        for _ in range(3):
            answer = b"HTTP/1.1 429"
            while answer.startswith(b"HTTP/1.1 429"):
                with server.open() as connection:
                    connection.sendall(HEAD + upgrade)
                    answer = connection.recv(1_000)
            assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("requests", [1, 5])
def test_a_client_that_has_sent_all_gets_its_answers(requests: int) -> None:
    with serving(application) as server, server.open() as connection:
        connection.sendall((b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n") * requests)
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection).count(b"HTTP/1.1 200") == requests


def test_a_body_that_ends_early_is_not_waited_for() -> None:
    with serving(application) as server, server.open() as connection:
        connection.sendall(b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_WR)
        begun = time.monotonic()
        read_all(connection)
        assert time.monotonic() - begun < 5


def test_who_is_refused_reads_why_though_it_still_sends() -> None:
    """A closed connection with unread bytes is cut off: its client would see a reset instead of the answer."""
    with serving(refuse_at_once, header_seconds=5) as server, server.open() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n")
        assert connection.recv(1_000).startswith(b"HTTP/1.1 413")
        connection.sendall(b"x" * 20_000_000)
        assert read_all(connection) in (b"", b"no")
    with serving(refuse_at_once, max_connections=1) as server, server.open(), server.open() as second:
        second.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1_000_000)
        assert error_of(read_all(second))[0] == 429


def test_a_refused_client_that_sends_on_for_ever_is_cut_off() -> None:
    with serving(refuse_at_once, header_seconds=0.2) as server, server.open() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n")
        with pytest.raises(OSError, match=r"reset|pipe|Broken"):  # noqa: PT012  # whichever call learns of it
            while True:
                connection.sendall(b"x")


def test_a_client_of_http_1_0_gets_no_chunks() -> None:
    with serving(unknown_length) as server:
        with server.open() as connection:
            connection.sendall(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            head, body = read_all(connection).split(b"\r\n\r\n", 1)
        assert body == b"ab" * 40_000
        assert b"transfer-encoding" not in head.lower()
        with server.open() as connection:
            connection.sendall(HEAD + b"Connection: close\r\n\r\n")
            assert b"transfer-encoding: chunked" in read_all(connection).lower()


class Paused(asyncio.Transport):
    """Counts what is written, and says whether more would be read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = True
        self.answers = 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)}.get(name, default)

    def write(self, data: Any) -> None:
        self.answers += bytes(data).count(b"HTTP/1.1 200")

    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


def test_nothing_is_read_while_requests_of_the_connection_wait() -> None:
    async def run() -> None:
        config = uvicorn.Config(application, log_config=None, lifespan="off")
        config.load()
        guard: Any = guarded(ServingSettings(), lambda _reason: None)
        connection = guard(config=config, server_state=ServerState(), app_state={})
        transport = Paused()
        connection.connection_made(transport)
        connection.data_received((HEAD + b"\r\n") * 200)
        while transport.answers < 200:
            assert not transport.reads or not connection.pipeline
            await asyncio.sleep(0)
        assert transport.reads
        connection.connection_lost(None)

    asyncio.run(run())
