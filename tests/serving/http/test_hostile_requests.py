"""Requests that mean two things, end half way or never end their headers, over real sockets."""

import asyncio
import json
import re
import socket
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from retail_brain.settings import ServingSettings
from serving.http.connections import guarded
from tests.guarded_server import Server, serving

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
BAD = b"hello\r\n\r\n"


async def mirror(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body and the names of the headers, once the body is there."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    names = [name.decode() for name, _ in scope["headers"]]
    told = json.dumps({"body": body.decode(), "headers": names}).encode()
    headers = [(b"content-length", b"%d" % len(told))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": told})


def ask(server: Server, sent: bytes, *, ends: bool = False) -> bytes:
    """All that comes back until the server closes."""
    with server.open() as connection:
        connection.sendall(sent)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def statuses(answers: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


def test_fields_behind_a_body_are_no_headers() -> None:
    """Whoever stands before the service checks the headers: a key behind the body would pass it by."""
    chunked = b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nAuthorization: Bearer K\r\n\r\n"
    with serving(mirror) as server:
        told = json.loads(ask(server, POST + chunked).split(b"\r\n\r\n", 1)[1])
    assert told == {"body": "hi", "headers": ["host", "connection", "transfer-encoding"]}


@pytest.mark.parametrize("name", [b"Upgrade", b"upgrade"])
def test_a_wish_for_another_protocol_costs_no_body(name: bytes) -> None:
    """As Java's client wishes by default."""
    wish = b"Connection: Upgrade, HTTP2-Settings, close\r\n" + name + b": h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    with serving(mirror) as server:
        told = json.loads(ask(server, POST + wish + b"Content-Length: 2\r\n\r\nhi").split(b"\r\n\r\n", 1)[1])
    assert told["body"] == "hi"


def test_what_was_asked_before_a_broken_request_is_answered_first() -> None:
    with serving(mirror) as server:
        assert statuses(ask(server, (POST + b"Content-Length: 2\r\n\r\nhi") * 2 + BAD)) == [200, 200, 400]
        server.wait_refused("malformed")


@pytest.mark.parametrize("before", [0, 2])
def test_a_request_that_breaks_within_its_body_is_refused(before: int) -> None:
    broken = POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"
    with serving(mirror) as server:
        answers = ask(server, (POST + b"Content-Length: 2\r\n\r\nhi") * before + broken)
        assert statuses(answers) == [200] * before + [400]


def test_who_ends_before_the_body_does_is_told_so() -> None:
    with serving(mirror) as server:
        assert statuses(ask(server, POST + b"Content-Length: 9\r\n\r\nhalf", ends=True)) == [400]


@pytest.mark.parametrize("begun", [b"GET /", b"GET / HTTP/1.1\r\nX-Long: "])
def test_headers_without_end_are_refused_at_their_limit(begun: bytes) -> None:
    with serving(mirror, header_seconds=60) as server:
        assert statuses(ask(server, begun + b"a" * 2_000_000)) == [431]
        assert statuses(
            ask(server, POST + b"Connection: close\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000)
        ) == [200]
        server.wait_refused("headers_too_large")


WISH = (
    POST
    + b"X: 1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\nContent-Length: 5\r\n\r\n"
)


class Kept(asyncio.Transport):
    """Keeps what is written; a connection that is closed or ended for writing is so at once."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)}.get(name, default)

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None: ...

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def guard_of(app: Any, **limits: Any) -> Callable[[], tuple[Any, Kept]]:
    """Makes guarded connections of one server, without sockets."""
    config = uvicorn.Config(app, log_config=None, lifespan="off")
    config.load()
    guard: Any = guarded(ServingSettings(**limits), lambda _reason: None)

    def connect() -> tuple[Any, Kept]:
        connection, transport = guard(config=config, server_state=ServerState(), app_state={}), Kept()
        connection.connection_made(transport)
        return connection, transport

    return connect


async def answered(connect: Callable[[], tuple[Any, Kept]], reads: Iterable[bytes], answers: int) -> bytes:
    """What is written once a number of answers is there, to bytes that come in some reads."""
    connection, transport = connect()
    for read in reads:
        connection.data_received(read)
    async with asyncio.timeout(20):  # reached only by what fails
        while len(statuses(transport.written)) < answers or not transport.written.endswith(b"}"):
            await asyncio.sleep(0)
    connection.connection_lost(None)
    return transport.written


@pytest.mark.parametrize("requests", [1, 3])
def test_a_wish_for_another_protocol_costs_no_body_wherever_reads_end(requests: int) -> None:
    async def run() -> None:
        connect, sent = guard_of(mirror), (WISH + b"hello") * requests
        for end in range(1, len(sent)):
            told = await answered(connect, [sent[:end], sent[end:]], requests)
            assert told.count(b'"body": "hello"') == requests, (end, told)
            assert b"upgrade" not in told
        told = await answered(connect, [sent[at : at + 1] for at in range(len(sent))], requests)
        assert told.count(b'"body": "hello"') == requests

    asyncio.run(run())


def test_many_wishes_of_one_read_are_all_passed_over() -> None:
    async def run() -> None:
        told = await answered(guard_of(mirror), [(WISH + b"hello") * 2_000], 2_000)
        assert told.count(b'"body": "hello"') == 2_000

    asyncio.run(run())


@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize(("size", "status"), [(65_000, 200), (66_000, 431)])
@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_headers_are_measured_however_they_come(before: int, size: int, status: int, pieces: int) -> None:
    lines = b"".join(b"X-%04d: %b\r\n" % (number, b"a" * 990) for number in range(size // 1_000))
    sent = (POST + b"Content-Length: 2\r\n\r\nhi") * before + POST + lines + b"\r\n"

    async def run() -> None:
        step = len(sent) // pieces + 1
        told = await answered(guard_of(mirror), [sent[at : at + step] for at in range(0, len(sent), step)], before + 1)
        assert statuses(told) == [200] * before + [status]

    asyncio.run(run())


def test_headers_without_end_behind_a_request_that_waits_are_refused_after_its_answer() -> None:
    async def run() -> None:
        endless = [POST + b"Content-Length: 0\r\n\r\n" + POST + b"X: ", *[b"a" * 10_000] * 20]
        assert statuses(await answered(guard_of(mirror), endless, 2)) == [200, 431]

    asyncio.run(run())


def test_few_of_the_connections_beyond_the_limit_stay_to_read_why() -> None:
    async def run() -> None:
        connect = guard_of(mirror, max_connections=16)
        made = [connect() for _ in range(150)]
        assert sum(not transport.is_closed for _, transport in made) == 16 + 2
        for connection, _ in made[16:]:
            connection.connection_lost(None)
        assert sum(not connect()[1].is_closed for _ in range(5)) == 2
        for connection, _ in made[:16]:
            connection.connection_lost(None)

    asyncio.run(run())
