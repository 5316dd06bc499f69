"""An answer in lines (NDJSON): computed and sent piece by piece, so that neither side holds all of it."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from anyio import CapacityLimiter, to_thread
from pydantic_core import to_json
from starlette.types import Send

from retail_brain.errors import RetailBrainError

_AT_ONCE = 100
"""Lines computed in one go in a thread: some tens of milliseconds, after which other requests have their turn."""
_HEADERS = [(b"content-type", b"application/x-ndjson"), (b"cache-control", b"no-store")]


class Lines:
    """The lines of one answer; those that were sent are forgotten."""

    def __init__(self, rows: Iterator[dict[str, Any]], key_id: str) -> None:
        """Computes nothing yet; `key_id` is whose place among the answered the lines take."""
        self._rows = rows
        self.key_id = key_id

    async def send(
        self,
        send: Send,
        limiter: CapacityLimiter,
        told: Callable[[RetailBrainError], bytes],
        is_gone: Callable[[], bool],
    ) -> None:
        """Sends status, headers and all lines.

        Args:
            send: takes the messages of the answer.
            limiter: of the threads in which lines are computed.
            told: gives the JSON of an error as the client may see it.
            is_gone: whether nobody reads any more; no further line is computed then.
        """
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        while piece := await to_thread.run_sync(self._piece, told, limiter=limiter, abandon_on_cancel=True):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            if is_gone():
                return
        await send({"type": "http.response.body", "body": b""})

    def _piece(self, told: Callable[[RetailBrainError], bytes]) -> bytes:
        """The next lines; empty at the end. An error that comes now can only be a line: the status is sent."""
        try:
            rows = [to_json(row, inf_nan_mode="null") for row in islice(self._rows, _AT_ONCE)]
        except RetailBrainError as error:
            self._rows = iter(())
            rows = [told(error)]
        return b"".join(row + b"\n" for row in rows)
