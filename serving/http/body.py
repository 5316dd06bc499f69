"""Reads request bodies with a limit of size and time, so no client can fill the memory or hold a place for ever."""

import asyncio

from starlette.types import Message, Receive

from serving.http.errors import HttpError

_DRAINED = 32
"""Times the limit that is still read of a body that is too large, so that its sender sees the answer. Chosen by
judgement, not measured."""


async def read_body(receive: Receive, limit: int, timeout_seconds: float) -> bytes:
    """The body of a request, at most `limit` bytes, within `timeout_seconds`.

    A body that is too large is read on and thrown away, up to 32 times the limit, so that the sender gets to read the
    answer instead of a broken connection.

    Raises:
        HttpError: the body is larger than the limit (413), did not arrive in time (408), or the sender went away (400).
    """
    try:
        # asyncio, not anyio: the service runs on it alone, and this costs a tenth
        async with asyncio.timeout(timeout_seconds):
            message = await receive()
            body: bytes = message.get("body", b"")
            # most bodies come whole in the first message
            if message["type"] == "http.request" and not message.get("more_body", False) and len(body) <= limit:
                return body
            return await _read_pieces(message, receive, limit)
    except TimeoutError:
        raise HttpError(
            408, "too_slow", f"the body did not arrive within {timeout_seconds:g} s. Send it again."
        ) from None


async def _read_pieces(message: Message, receive: Receive, limit: int) -> bytes:
    size, parts = 0, []
    while True:
        if message["type"] == "http.disconnect":
            raise HttpError(400, "malformed", "the request ended before its body did. Send it again.")
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
