"""Sends the head of an answer together with its body: a call to the system costs as much as a tenth of an answer.

uvicorn writes the head, then the body, and uvloop hands each to the system at once.
"""

import asyncio
from collections.abc import Callable
from typing import Any

_LARGEST = 65_536
"""Bytes up to which a body is copied behind its head: far longer ones cost more to copy than to write apart.
Chosen by judgement, not measured."""


class JoinedWrites:
    """A transport that holds a write until the next one, at most until the event loop's next turn.

    Only what uvicorn's protocols write goes through it; everything else is the transport's own.
    """

    __slots__ = ("_held", "_lingers", "_loop", "_stays", "_transport")

    def __init__(
        self, transport: Any, loop: asyncio.AbstractEventLoop, stays: Callable[[Any], bool] = lambda _: False
    ) -> None:
        """Holds nothing yet.

        Args:
            transport: of the connection.
            loop: that runs it.
            stays: asked when the connection is to be closed, with the transport: whether it stays open for a while,
                and whoever answers closes it then.
        """
        self._transport = transport
        self._loop = loop
        self._stays = stays
        self._lingers = False
        self._held: bytes | None = None

    def write(self, data: bytes) -> None:
        """Writes in the order of the calls; nothing to a connection that is being closed."""
        if self._lingers:
            return
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
        """Closes the connection once all is written, and all read that its client still sends."""
        self._flush()
        if not self._lingers:
            self._lingers = self._stays(self._transport)
        if not self._lingers:
            self._transport.close()

    def is_closing(self) -> bool:
        """Whether nothing that comes is read any more as a request."""
        return self._lingers or bool(self._transport.is_closing())

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
