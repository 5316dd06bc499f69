"""Lets one question of a worker compute at a time, as long as each is quick.

Threads that compute hold Python's lock in turns: two equal questions at once take longer than one after the other, and
the event loop waits for both. A question that is not done after a moment hands its turn on and goes on beside the next.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

HANDED_ON_AFTER = 0.02
"""Seconds after which a question no longer keeps others waiting: ten times what an audience of the sample chain takes,
and little enough that a slow one (a preview, a database that hangs) is not felt by the next."""


class Turn:
    """The right to compute in one worker; used from its event loop only."""

    def __init__(self) -> None:
        """Nobody has it."""
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Waits for the turn, first come, first served; hands it on at the end, or before where that takes long."""
        await self._lock.acquire()
        held = True

        def hand_on() -> None:
            nonlocal held
            if held:
                held = False
                self._lock.release()

        timer = asyncio.get_running_loop().call_later(HANDED_ON_AFTER, hand_on)
        try:
            yield
        finally:
            timer.cancel()
            hand_on()
