"""Runs work in threads and counts what was given up until it ends: a thread cannot be stopped, and many would pile up.

anyio's limiter of threads does not: it hands the place of work that nobody awaits any more to the next.
"""

from collections import Counter
from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar, cast

from anyio import CapacityLimiter, to_thread

_T = TypeVar("_T")


class StillRunsError(Exception):
    """As much work of this kind as may be was given up and still runs; nothing new was begun."""


class Threads:
    """Threads of one worker; `run` is used from its event loop."""

    def __init__(self) -> None:
        """Nothing was given up."""
        self._given_up: Counter[Hashable] = Counter()
        self._lock = Lock()

    async def run(
        self,
        kind: Hashable,
        most_given_up: int,
        work: Callable[[], _T],
        limiter: CapacityLimiter | None = None,
    ) -> _T:
        """What `work` gives, or raises, in a thread. A cancelled call comes back at once, and the thread goes on.

        Args:
            kind: of the work; what was given up of one kind keeps no other from running.
            most_given_up: pieces of work of this kind that nobody waits for, with which no other is begun. Those that
                run beside the last of them may be given up as well.
            work: a function that takes nothing; called with the context of the caller.
            limiter: of the threads side by side; none for that of the event loop.

        Raises:
            StillRunsError: so much work was given up and still runs.
        """
        if self._given_up[kind] >= most_given_up:
            raise StillRunsError
        piece = _Piece()
        try:
            given = await to_thread.run_sync(
                self._worked, kind, most_given_up, piece, work, limiter=limiter, abandon_on_cancel=True
            )
        finally:
            if not piece.is_ended:
                self._leave(kind, piece)
        if not piece.is_begun:
            raise StillRunsError
        return cast("_T", given)

    def _worked(self, kind: Hashable, most_given_up: int, piece: "_Piece", work: Callable[[], _T]) -> _T | None:
        with self._lock:
            # asked again: while it waited for a thread, those before it may have been given up one after the other
            piece.is_ended = piece.is_left or self._given_up[kind] >= most_given_up
            if piece.is_ended:
                return None  # an error would hold its frames, and the work, until garbage is collected
            piece.is_begun = True
        try:
            return work()
        finally:
            with self._lock:
                piece.is_ended = True
                if piece.is_left:
                    self._given_up[kind] -= 1
                    if not self._given_up[kind]:
                        del self._given_up[kind]  # tenants come and go: zeros would fill the memory

    def _leave(self, kind: Hashable, piece: "_Piece") -> None:
        with self._lock:
            if piece.is_ended:
                return
            piece.is_left = True
            if piece.is_begun:
                self._given_up[kind] += 1


class _Piece:
    """How far one piece of work is; changed under the lock, for its thread and the event loop both tell."""

    __slots__ = ("is_begun", "is_ended", "is_left")

    def __init__(self) -> None:
        self.is_begun = self.is_left = self.is_ended = False
