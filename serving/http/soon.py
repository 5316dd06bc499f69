"""Puts work of a moment together: what costs as much for one request as for a hundred is done once for all of them."""

import asyncio
from collections.abc import Callable


class Soon:
    """Calls a function some time after it is first asked to, once for all that ask meanwhile; for one event loop."""

    def __init__(self, call: Callable[[], None], seconds: float) -> None:
        """Calls nothing yet.

        Args:
            call: without arguments; it may also be called by others meanwhile.
            seconds: after which it is called at the latest.
        """
        self._call = call
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def ask(self) -> None:
        """Has the function called soon; at once where no event loop runs."""
        # a loop that ended never calls its timers. To ask which one runs costs a system call
        if self._timer is not None and self._loop is not None and not self._loop.is_closed():
            return
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._call()
            return
        self._timer = self._loop.call_later(self._seconds, self._begin)

    def cancel(self) -> None:
        """Takes back what was asked."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin(self) -> None:
        self._timer = None
        self._call()
