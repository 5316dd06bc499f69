"""Reads request bodies with a limit of size and time, so no client can fill the memory or hold a place for ever."""

import asyncio
import types
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import Any

from starlette.types import Message, Receive

from serving.http.errors import HttpError

_DRAINED = 32
"""Times the limit that is still read of a body that is too large, so that its sender sees the answer. Chosen by
judgement, not measured."""


async def read_body(
    receive: Receive, limit: int, timeout_seconds: float, place: Callable[[], AbstractContextManager[object]]
) -> bytes:
    """The body of a request, at most `limit` bytes, within `timeout_seconds`.

    A body that is too large is read on and thrown away, up to 32 times the limit, so that the sender gets to read the
    answer instead of a broken connection.

    Args:
        receive: gives the messages of the request.
        limit: bytes.
        timeout_seconds: within which the whole body must be there.
        place: gives what is held while the body is waited for, or refuses with an `HttpError`; most bodies came with
            their headers, and it is not asked then.

    Raises:
        HttpError: the body is larger than the limit (413), did not arrive in time (408), the sender went away (400), or
            there is no place to wait (429).
    """
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
    try:
        # asyncio, not anyio: the service runs on it alone, and this costs a tenth
        with place():
            async with asyncio.timeout(timeout_seconds):
                first = await _rest(asked, awaited) if message is None else message
                return await _read_pieces(first, receive, limit)
    except TimeoutError:
        raise HttpError(
            408, "too_slow", f"the body did not arrive within {timeout_seconds:g} s. Send it again."
        ) from None


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
        if size <= limit:
            parts.append(part)
        else:
            parts.clear()
        if not message.get("more_body", False) or size > limit * _DRAINED:
            break
        message = await receive()
    if size > limit:
        raise HttpError(
            413, "too_large", f"the body has at least {size:,} bytes; wanted at most {limit:,}. Send less at a time."
        )
    return b"".join(parts)
