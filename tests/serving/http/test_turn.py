"""One question of a worker computes at a time, but for those that take long."""

import asyncio

import pytest

from serving.http import turn
from serving.http.turn import Turn


async def _asked(turn: Turn, name: str, seen: list[str], until: asyncio.Event | None = None) -> None:
    async with turn.taken():
        seen.append(f"{name} begins")
        if until is not None:
            await until.wait()
        else:
            await asyncio.sleep(0)
        seen.append(f"{name} ends")


def test_quick_questions_come_one_after_the_other_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "HANDED_ON_AFTER", 60.0)
    seen: list[str] = []

    async def ask() -> None:
        one = Turn()
        await asyncio.gather(*(_asked(one, name, seen) for name in "abc"))

    asyncio.run(ask())
    assert seen == ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]


def test_a_question_that_takes_long_hands_its_turn_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "HANDED_ON_AFTER", 0.001)
    seen: list[str] = []

    async def ask() -> None:
        one, quick_is_done = Turn(), asyncio.Event()
        slow = asyncio.create_task(_asked(one, "slow", seen, quick_is_done))
        await asyncio.sleep(0)
        await _asked(one, "quick", seen)
        quick_is_done.set()
        await slow
        await _asked(one, "next", seen)  # the slow one's end gives nobody else's turn away

    asyncio.run(ask())
    assert seen == ["slow begins", "quick begins", "quick ends", "slow ends", "next begins", "next ends"]


def test_whoever_gives_up_waiting_or_fails_leaves_the_turn_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "HANDED_ON_AFTER", 60.0)
    seen: list[str] = []

    async def ask() -> None:
        one, free = Turn(), asyncio.Event()
        first = asyncio.create_task(_asked(one, "first", seen, free))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(_asked(one, "gone", seen))
        await asyncio.sleep(0)
        waiting.cancel()
        first.cancel()
        await asyncio.gather(first, waiting, return_exceptions=True)
        await _asked(one, "last", seen)

    asyncio.run(ask())
    assert seen == ["first begins", "last begins", "last ends"]
