"""Answers clients that speak HTTP/1.0, which know no answers in chunks.

uvicorn sends an answer without `Content-Length` in chunks whoever asked: such a client takes the lengths of the chunks
for a part of the answer. An answer whose length is not known ends there with its connection.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class _UntilClose(RequestResponseCycle):
    """A request whose answer ends with its connection where nothing says how long it is."""

    _is_open_ended = False

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            names = {name.lower() for name, _ in message.get("headers", ())}
            self._is_open_ended = b"content-length" not in names
            if self._is_open_ended:
                self.chunked_encoding = False
        elif self._is_open_ended:
            # uvicorn counts down what was promised: here each piece promises itself
            self.expected_content_length = len(message.get("body", b""))
        await super().send(message)


def end_by_closing(cycle: RequestResponseCycle) -> None:
    """Makes a request, before it is answered, one of a client that knows no chunks and no `100 Continue`."""
    cycle.__class__ = _UntilClose
    cycle.waiting_for_100_continue = False
