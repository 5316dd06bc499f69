"""Sends the head of an answer together with its body: a call to the system costs as much as a tenth of an answer.

uvicorn writes the head, then the body, and uvloop hands each to the system at once.
"""

import asyncio
from typing import Any

_LARGEST = 65_536
"""Bytes up to which a body is copied behind its head: far longer ones cost more to copy than to write apart.
Chosen by judgement, not measured."""


class JoinedWrites:
    """A transport that holds a write until the next one, at most until the event loop's next turn.

    Only what uvicorn's protocols write goes through it; everything else is the transport's own.
    """

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        """Holds nothing yet.

        Args:
            transport: of the connection.
            loop: that runs it.
        """
        self._transport = transport
        self._loop = loop
        self._held: bytes | None = None

    def write(self, data: bytes) -> None:
        """Writes in the order of the calls."""
        held = self._held
        if held is None:
            self._held = data
            self._loop.call_soon(self._flush)
            return
        self._held = None
        if len(held) + len(data) <= _LARGEST:
            self._transport.write(held + data)
        else:
            self._transport.write(held)
            self._transport.write(data)

    def close(self) -> None:
        """Closes the connection once all is written."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Closes the connection at once; what is held is lost, as what the transport holds is."""
        self._held = None
        self._transport.abort()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _flush(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._transport.write(held)
