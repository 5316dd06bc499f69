"""Bodies that come slowly, in pieces, or not to an end."""

import anyio
import anyio.from_thread
import pytest
from starlette.types import Message

from serving.http.body import read_body
from serving.http.errors import HttpError


def read(messages: list[Message], *, limit: int = 10) -> bytes:
    async def run() -> bytes:
        queue = iter(messages)

        async def receive() -> Message:
            message = next(queue, None)
            if message is None:
                await anyio.sleep_forever()
            assert message is not None
            return message

        return await read_body(receive, limit, 0.05)

    with anyio.from_thread.start_blocking_portal() as portal:  # a browser test may hold this thread's own loop
        return portal.call(run)


def piece(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def test_pieces_make_one_body() -> None:
    assert read([piece(b"ab"), piece(b""), piece(b"cd", more=False)]) == b"abcd"
    assert read([piece(b"", more=False)]) == b""
    assert read([piece(b"x" * 10, more=False)]) == b"x" * 10


@pytest.mark.parametrize(
    ("messages", "status"),
    [
        ([piece(b"x" * 11, more=False)], 413),
        ([piece(b"x" * 6), piece(b"x" * 6, more=False)], 413),
        ([piece(b"x" * 400)] * 3, 413),
        ([piece(b"x")], 408),
        ([], 408),
        ([piece(b"x"), {"type": "http.disconnect"}], 400),
    ],
)
def test_a_body_too_large_too_slow_or_cut_short_is_refused(messages: list[Message], status: int) -> None:
    with pytest.raises(HttpError) as caught:
        read(messages)
    assert caught.value.status == status
