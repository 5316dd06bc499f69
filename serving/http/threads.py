"""Runs work in threads and counts what was given up until it ends: a thread cannot be stopped, and many would pile up.

anyio's limiter of threads does not: it hands the place of work that nobody awaits any more to the next.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
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
        most_given_up: Mapping[Hashable, int],
        work: Callable[[], _T],
        limiter: CapacityLimiter | None = None,
        on_begin: Callable[[], object] | None = None,
    ) -> _T:
        """What `work` gives, or raises, in a thread. A cancelled call comes back at once, and the thread goes on.

        Args:
            most_given_up: each kind that the work is of -> pieces of work of it that nobody waits for, with which no
                other is begun. Those that run beside the last of them may be given up as well.
            work: a function that takes nothing; called with the context of the caller.
            limiter: of the threads side by side; none for that of the event loop.
            on_begin: called in the thread before the work, unless the call was cancelled before.

        Raises:
            StillRunsError: so much work was given up and still runs.
        """
        if self._is_full(most_given_up):
            raise StillRunsError
        piece = _Piece(most_given_up, on_begin)
        try:
            given = await to_thread.run_sync(self._worked, piece, work, limiter=limiter, abandon_on_cancel=True)
        finally:
            if not piece.is_ended:
                self._leave(piece)
        if not piece.is_begun:
            raise StillRunsError
        return cast("_T", given)

    def _is_full(self, most_given_up: Mapping[Hashable, int]) -> bool:
        return any(self._given_up[kind] >= most for kind, most in most_given_up.items())

    def _worked(self, piece: "_Piece", work: Callable[[], _T]) -> _T | None:
        with self._lock:
            # asked again: while it waited for a thread, those before it may have been given up one after the other
            piece.is_ended = piece.is_left or self._is_full(piece.kinds)
            if piece.is_ended:
                return None  # an error would hold its frames, and the work, until garbage is collected
            piece.is_begun = True
            if piece.on_begin is not None:
                piece.on_begin()
        try:
            return work()
        finally:
            with self._lock:
                piece.is_ended = True
                if piece.is_left:
                    self._given_up.subtract(piece.kinds.keys())
                    for kind in piece.kinds:
                        if not self._given_up[kind]:
                            del self._given_up[kind]  # tenants come and go: zeros would fill the memory

    def _leave(self, piece: "_Piece") -> None:
        with self._lock:
            if piece.is_ended:
                return
            piece.is_left = True
            if piece.is_begun:
                self._given_up.update(piece.kinds.keys())


class _Piece:
    """How far one piece of work is; changed under the lock, for its thread and the event loop both tell."""

    __slots__ = ("is_begun", "is_ended", "is_left", "kinds", "on_begin")

    def __init__(self, kinds: Mapping[Hashable, int], on_begin: Callable[[], object] | None) -> None:
        self.kinds = kinds
        self.on_begin = on_begin
        self.is_begun = self.is_left = self.is_ended = False
