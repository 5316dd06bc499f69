"""Bodies that come slowly, in pieces, or not to an end."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import anyio
import anyio.from_thread
import pytest
from starlette.types import Message

from serving.http.body import EXPECTS, read_body
from serving.http.errors import HttpError


def read(
    messages: list[Message],
    *,
    limit: int = 10,
    late: bool = False,
    held: list[str] | None = None,
    seconds: float = 0.05,
    place: Callable[[], AbstractContextManager[object]] | None = None,
    declared: bytes | None = None,
) -> bytes:
    """What is read of some messages, each of which comes after a moment if they are late; `held` notes the place."""
    notes = [] if held is None else held

    @contextmanager
    def noted() -> Iterator[None]:
        notes.append("taken")
        try:
            yield
        finally:
            notes.append("free")

    async def run() -> bytes:
        queue = iter(messages)

        async def receive() -> Message:
            if late:
                await anyio.sleep(0)
            message = next(queue, None)
            if message is None:
                await anyio.sleep_forever()
            assert message is not None
            return message

        scope = {"headers": [] if declared is None else [(b"content-length", declared)]}
        return await read_body(scope, receive, limit, seconds, place or noted)

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


def test_a_body_that_is_too_large_by_its_headers_is_not_waited_for() -> None:
    held: list[str] = []
    with pytest.raises(HttpError) as caught:
        read([], declared=b"11", held=held, seconds=60)
    assert (caught.value.status, caught.value.closes, held) == (413, True, [])
    assert read([piece(b"x" * 10, more=False)], declared=b"10") == b"x" * 10


def test_who_asks_whether_to_send_a_body_that_is_too_large_is_not_told_to() -> None:
    async def told_to_send() -> Message:
        raise AssertionError

    async def run() -> None:
        with pytest.raises(HttpError) as caught:
            await read_body({"headers": [(b"content-length", b"11")], EXPECTS: True}, told_to_send, 10, 60, nullcontext)
        assert caught.value.status == 413

    with anyio.from_thread.start_blocking_portal() as portal:
        portal.call(run)


def test_a_body_of_unknown_length_is_read_to_the_byte_that_is_too_many() -> None:
    with pytest.raises(HttpError) as caught:
        read([piece(b"x" * 10), piece(b"x")], seconds=60)  # nothing more comes: it would be waited for
    assert (caught.value.status, caught.value.closes) == (413, True)


def test_a_place_is_held_only_while_something_is_waited_for() -> None:
    held: list[str] = []
    assert read([piece(b"whole", more=False)], held=held) == b"whole"
    assert held == []
    assert read([piece(b"ab"), piece(b"c", more=False)], held=held) == b"abc"
    assert read([piece(b"whole", more=False)], held=held, late=True, seconds=60) == b"whole"
    assert read([piece(b"ab"), piece(b"c", more=False)], held=held, late=True, seconds=60) == b"abc"
    assert held == ["taken", "free"] * 3
    with pytest.raises(HttpError):
        read([], held=held, late=True)
    assert held == ["taken", "free"] * 4


def test_what_fails_while_a_body_is_waited_for_reaches_the_caller() -> None:
    closed: list[str] = []

    async def receive() -> Message:
        try:
            await anyio.sleep_forever()
        finally:
            closed.append("closed")
        raise AssertionError

    async def broken() -> Message:
        await anyio.sleep(0)
        raise ConnectionResetError

    async def run() -> None:
        with pytest.raises(ConnectionResetError):
            await read_body({"headers": []}, broken, 10, 60, nullcontext)
        with anyio.move_on_after(0.01) as scope:
            await read_body({"headers": []}, receive, 10, 60, nullcontext)
        assert scope.cancelled_caught

    with anyio.from_thread.start_blocking_portal() as portal:
        portal.call(run)
    assert closed == ["closed"]


def test_who_finds_no_place_to_wait_is_refused_unless_the_body_came_with_its_headers() -> None:
    def full() -> AbstractContextManager[object]:
        raise HttpError(429, "overloaded", "too many requests are still arriving.")

    assert read([piece(b"ab", more=False)], place=full) == b"ab"
    with pytest.raises(HttpError) as caught:
        read([piece(b"a"), piece(b"b", more=False)], place=full)
    assert caught.value.status == 429
    with pytest.raises(HttpError):
        read([piece(b"ab", more=False)], place=full, late=True)
