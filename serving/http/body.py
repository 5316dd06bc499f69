"""Reads request bodies with a limit of size and time, so no client can fill the memory or hold a place for ever."""

import asyncio
import types
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import Any

from starlette.types import Message, Receive, Scope

from serving.http.compression import header
from serving.http.errors import HttpError

EXPECTS = "retail_brain.expects"
"""Key of the scope of a request that asks whether to send its body (`Expect: 100-continue`)."""


def declared_bytes(scope: Scope) -> int:
    """Bytes that a request's header `Content-Length` says its body has; 0 where it says nothing.

    >>> declared_bytes({"headers": [(b"content-length", b"12")]}), declared_bytes({"headers": []})
    (12, 0)
    """
    said = header(scope, b"content-length")
    return int(said) if said.isdigit() else 0


async def read_body(
    scope: Scope,
    receive: Receive,
    limit: int,
    timeout_seconds: float,
    place: Callable[[], AbstractContextManager[object]],
) -> bytes:
    """The body of a request, at most `limit` bytes, within `timeout_seconds`.

    A body that is too large is refused at the byte where that is known: at its headers where they say so, and nobody
    who asked (`Expect: 100-continue`) is told to send it. The connection goes on reading it for a while, so that the
    sender gets to read the answer (`serving.http.connections`).

    Args:
        scope: of the request.
        receive: gives the messages of the request.
        limit: bytes.
        timeout_seconds: within which the whole body must be there.
        place: gives what is held while the body is waited for, or refuses with an `HttpError`; most bodies came with
            their headers, and it is not asked then.

    Raises:
        HttpError: the body is larger than the limit (413), did not arrive in time (408), the sender went away (400), or
            there is no place to wait (429).
    """
    if EXPECTS in scope:
        _check_declared(scope, limit)  # before `receive`, which tells to send it
    asked: Any = receive().__await__()
    try:
        awaited = next(asked)
    except StopIteration as arrived:
        message: Message | None = arrived.value
        body = _whole(arrived.value, limit)
        if body is not None:
            return body
    else:
        message = None
    # most bodies are there whole by now, and are measured
    _check_declared(scope, limit)
    try:
        # asyncio, not anyio: the service runs on it alone, and this costs a tenth
        with place():
            async with asyncio.timeout(timeout_seconds):
                first = await _rest(asked, awaited) if message is None else message
                return await _read_pieces(first, receive, limit)
    except TimeoutError:
        text = f"the body did not arrive within {timeout_seconds:g} s. Send it again."
        raise HttpError(408, "too_slow", text, closes=True) from None


def _check_declared(scope: Scope, limit: int) -> None:
    declared = declared_bytes(scope)
    if declared > limit:
        raise _too_large(f"{declared:,}", limit)


def _whole(message: Message, limit: int) -> bytes | None:
    """The body of a message that holds all of it; None for any other."""
    if message["type"] != "http.request" or message.get("more_body", False):
        return None
    body: bytes = message.get("body", b"")
    return body if len(body) <= limit else None


@types.coroutine
def _rest(asked: Generator[Any, None, Message], awaited: object) -> Generator[Any, None, Message]:
    """What comes of a call that was begun and awaits something."""
    try:
        yield awaited
    except BaseException:
        asked.close()
        raise
    return (yield from asked)


async def _read_pieces(message: Message, receive: Receive, limit: int) -> bytes:
    size, parts = 0, []
    while True:
        if message["type"] == "http.disconnect":
            raise HttpError(
                400, "malformed", "the request ended before its body did. Send it again.", {"problem": "body_cut"}
            )
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(f"at least {size:,}", limit)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)
        message = await receive()


def _too_large(size: str, limit: int) -> HttpError:
    text = f"the body has {size} bytes; wanted at most {limit:,}. Send less at a time."
    return HttpError(413, "too_large", text, closes=True)
