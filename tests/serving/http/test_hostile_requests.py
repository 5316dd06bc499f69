"""Requests that mean two things, end half way or never end their headers, over real sockets."""

import json
import re
import socket
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tests.guarded_server import Server, serving

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
BAD = b"hello\r\n\r\n"


@pytest.fixture(params=[H11Protocol, HttpToolsProtocol])
def protocol(request: pytest.FixtureRequest) -> Any:
    return request.param


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


def test_fields_behind_a_body_are_no_headers(protocol: Any) -> None:
    """Whoever stands before the service checks the headers: a key behind the body would pass it by."""
    chunked = b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nAuthorization: Bearer K\r\n\r\n"
    with serving(protocol, mirror) as server:
        told = json.loads(ask(server, POST + chunked).split(b"\r\n\r\n", 1)[1])
    assert told == {"body": "hi", "headers": ["host", "connection", "transfer-encoding"]}


@pytest.mark.parametrize("name", [b"Upgrade", b"upgrade"])
def test_a_wish_for_another_protocol_costs_no_body(protocol: Any, name: bytes) -> None:
    """As Java's client wishes by default."""
    wish = b"Connection: Upgrade, HTTP2-Settings, close\r\n" + name + b": h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    with serving(protocol, mirror) as server:
        told = json.loads(ask(server, POST + wish + b"Content-Length: 2\r\n\r\nhi").split(b"\r\n\r\n", 1)[1])
    assert told["body"] == "hi"


def test_what_was_asked_before_a_broken_request_is_answered_first(protocol: Any) -> None:
    with serving(protocol, mirror) as server:
        assert statuses(ask(server, (POST + b"Content-Length: 2\r\n\r\nhi") * 2 + BAD)) == [200, 200, 400]
        server.wait_refused("malformed")


@pytest.mark.parametrize("before", [0, 2])
def test_a_request_that_breaks_within_its_body_is_refused(protocol: Any, before: int) -> None:
    broken = POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"
    with serving(protocol, mirror) as server:
        answers = ask(server, (POST + b"Content-Length: 2\r\n\r\nhi") * before + broken)
        assert statuses(answers) == [200] * before + [400]


def test_who_ends_before_the_body_does_is_told_so(protocol: Any) -> None:
    with serving(protocol, mirror) as server:
        assert statuses(ask(server, POST + b"Content-Length: 9\r\n\r\nhalf", ends=True)) == [400]


@pytest.mark.parametrize("begun", [b"GET /", b"GET / HTTP/1.1\r\nX-Long: "])
def test_headers_without_end_are_refused_at_their_limit(begun: bytes) -> None:
    with serving(HttpToolsProtocol, mirror, header_seconds=60) as server:
        assert statuses(ask(server, begun + b"a" * 2_000_000)) == [431]
        assert statuses(
            ask(server, POST + b"Connection: close\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000)
        ) == [200]
        server.wait_refused("headers_too_large")
