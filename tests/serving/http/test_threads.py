"""Work that was given up is counted until it ends, so that its threads do not pile up."""

import asyncio
import threading
from collections.abc import Hashable, Iterator, Mapping

import pytest
from anyio import CapacityLimiter

from serving.http.threads import StillRunsError, Threads

LIMIT = 2


class Endless:
    """Work that ends when it is told to; counts how often it began and ended."""

    def __init__(self) -> None:
        self.began = 0
        self.has_begun = threading.Event()
        self._ends = threading.Event()
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            self.began += 1
        self.has_begun.set()
        self._ends.wait()
        return "done"

    def end(self) -> None:
        self._ends.set()


@pytest.fixture
def endless() -> Iterator[Endless]:
    made = Endless()
    yield made
    made.end()


async def given_up(threads: Threads, work: Endless, limiter: CapacityLimiter, kinds: Mapping[Hashable, int]) -> None:
    """Asks, and goes as soon as the work has begun."""
    work.has_begun.clear()
    asking = asyncio.ensure_future(threads.run(kinds, work, limiter))
    while not work.has_begun.is_set():
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def ended(threads: Threads, kinds: Mapping[Hashable, int], limiter: CapacityLimiter) -> str:
    """What the first question that is begun gives; others before it are refused."""
    while True:
        try:
            return await threads.run(kinds, lambda: "begun", limiter)
        except StillRunsError:
            await asyncio.sleep(0)


def test_with_so_much_given_up_that_still_runs_no_other_of_its_kind_begins_until_it_has_ended(endless: Endless) -> None:
    async def ask() -> None:
        threads, limiter = Threads(), CapacityLimiter(LIMIT)
        for _ in range(LIMIT):
            await given_up(threads, endless, limiter, {"slow": LIMIT})
        with pytest.raises(StillRunsError):
            await threads.run({"slow": LIMIT}, endless, limiter)
        assert await threads.run({"quick": LIMIT}, lambda: "another kind", limiter) == "another kind"
        assert endless.began == LIMIT
        endless.end()
        assert await ended(threads, {"slow": LIMIT}, limiter) == "begun"

    asyncio.run(ask())


def test_work_of_two_kinds_is_counted_for_both(endless: Endless) -> None:
    async def ask() -> None:
        threads, limiter = Threads(), CapacityLimiter(LIMIT)
        for path in ("/a", "/b"):
            await given_up(threads, endless, limiter, {path: 1, "writes": LIMIT})
        with pytest.raises(StillRunsError):
            await threads.run({"/c": 1, "writes": LIMIT}, endless, limiter)
        assert await threads.run({"/c": 1}, lambda: "no write", limiter) == "no write"
        endless.end()
        assert await ended(threads, {"/c": 1, "writes": 1}, limiter) == "begun"

    asyncio.run(ask())
    assert endless.began == LIMIT


def test_of_many_that_wait_for_a_thread_few_begin_however_those_before_them_are_given_up(endless: Endless) -> None:
    async def ask() -> list[object]:
        threads, limiter = Threads(), CapacityLimiter(LIMIT)
        waiting = [asyncio.ensure_future(threads.run({"slow": LIMIT}, endless, limiter)) for _ in range(40)]
        while limiter.statistics().tasks_waiting < len(waiting) - LIMIT:
            await asyncio.sleep(0)
        for asked in waiting:
            # the next that waits has its thread, or was refused, before the one before it is given up
            while not asked.done() and limiter.statistics().tasks_waiting and limiter.borrowed_tokens < LIMIT:
                await asyncio.sleep(0)
            asked.cancel()
            await asyncio.wait([asked])
        return list(await asyncio.gather(*waiting, return_exceptions=True))

    told = asyncio.run(ask())
    assert 1 <= endless.began <= 2 * LIMIT - 1
    assert {type(one) for one in told} <= {asyncio.CancelledError, StillRunsError}


def test_what_is_given_up_while_it_waits_for_a_thread_never_begins(endless: Endless) -> None:
    async def ask() -> None:
        threads, limiter = Threads(), CapacityLimiter(1)
        await limiter.acquire_on_behalf_of(threads)
        waiting = asyncio.ensure_future(threads.run({"slow": LIMIT}, endless, limiter))
        while not limiter.statistics().tasks_waiting:
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        limiter.release_on_behalf_of(threads)
        assert await threads.run({"slow": 1}, lambda: "begun", limiter) == "begun"

    asyncio.run(ask())
    assert endless.began == 0


def test_an_error_of_the_work_is_raised_and_nothing_is_counted() -> None:
    def broken() -> None:
        raise KeyError("column")

    async def ask() -> None:
        threads = Threads()
        for _ in range(3):
            with pytest.raises(KeyError):
                await threads.run({"slow": 1}, broken)

    asyncio.run(ask())
