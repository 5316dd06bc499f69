"""Writes that are joined reach the transport whole and in order."""

import asyncio

from serving.http.joined_writes import JoinedWrites


class Transport:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.given: list[bytes | str] = []

    def write(self, data: bytes) -> None:
        self.given.append(data)

    def close(self) -> None:
        self.given.append("closed")

    def abort(self) -> None:
        self.given.append("aborted")

    def is_closing(self) -> bool:
        return "closed" in self.given


def written(*calls: bytes | str) -> list[bytes | str]:
    """What the transport was given after some calls in one turn of the loop, and a further turn."""

    async def run() -> list[bytes | str]:
        transport = Transport()
        joined = JoinedWrites(transport, asyncio.get_running_loop())
        for call in calls:
            if isinstance(call, bytes):
                joined.write(call)
            elif call == "turn":
                await asyncio.sleep(0)
            else:
                getattr(joined, call)()
        await asyncio.sleep(0)
        return transport.given

    return asyncio.run(run())


def test_head_and_body_are_one_write() -> None:
    assert written(b"head", b"body") == [b"headbody"]


def test_a_head_alone_is_written_in_the_next_turn() -> None:
    assert written(b"head", "turn", b"body") == [b"head", b"body"]


def test_pieces_of_a_stream_keep_their_order() -> None:
    assert b"".join(one for one in written(b"a", b"b", b"c", "turn", b"d", b"e") if isinstance(one, bytes)) == b"abcde"


def test_a_large_body_is_not_copied() -> None:
    body = b"x" * 100_000
    assert written(b"head", body) == [b"head", body]


def test_closing_writes_what_is_held_and_aborting_does_not() -> None:
    assert written(b"head", "close") == [b"head", "closed"]
    assert written(b"head", "abort") == ["aborted"]


def test_all_else_is_the_transports() -> None:
    async def run() -> None:
        transport = Transport()
        joined = JoinedWrites(transport, asyncio.get_running_loop())
        assert not joined.is_closing()
        joined.close()
        assert joined.is_closing()

    asyncio.run(run())
