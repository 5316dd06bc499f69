"""Reading a request's body without ever holding more than the limit."""

from starlette.types import Receive

from serving.api.errors import HttpError

_DRAINED = 32


async def read_body(receive: Receive, limit: int) -> bytes:
    """The body of a request.

    A body that is too large is read on and thrown away, up to 32 times the limit, so that the sender gets to read the
    answer instead of a broken connection.

    Raises:
        HttpError: the body is larger than the limit (413), or the sender went away (400).
    """
    size, parts = 0, []
    while True:
        message = await receive()
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
    if size > limit:
        raise HttpError(
            413, "too_large", f"the body has at least {size:,} bytes; wanted at most {limit:,}. Send less at a time."
        )
    return b"".join(parts)
