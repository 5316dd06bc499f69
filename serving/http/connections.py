"""Guards connections: how many there may be, and how long a client may take to send a request or read an answer.

uvicorn has no such limits but one: an idle connection that was answered once is closed after five seconds.
"""

import asyncio
from collections.abc import Callable, Iterator, Sized
from typing import Any, Literal, cast

import uvicorn.config
from httptools import HttpParserUpgrade, HttpRequestParser
from starlette.types import Scope
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from retail_brain.settings import ServingSettings
from serving.http.body import EXPECTS
from serving.http.connection_places import Places
from serving.http.errors import error_body
from serving.http.joined_writes import JoinedWrites
from serving.http.old_clients import end_by_closing
from serving.http.request_log import REQUEST_LOG, refusal_line, request_id

Refusal = Literal["malformed", "headers_late", "headers_too_large", "answer_unread", "too_many_connections"]
_HEAD = b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\nx-request-id: %b\r\n"
_LINGER_SECONDS = 1.0
"""Seconds that a refused connection is still read, so that its client gets to read why: it has sent its request by
then. By judgement."""
_CONNECTION = "retail_brain.connection"
"""Key of a request's state under which its connection stands."""
_NOTHING: dict[str, Any] = {}
Lost = Literal["client_gone", "answer_unread"]
_PHRASES = {
    400: b"Bad Request",
    408: b"Request Timeout",
    429: b"Too Many Requests",
    431: b"Request Header Fields Too Large",
}
_HEAD_BYTES = 65_536
"""Bytes that a request's first line and headers may have; as many as h11 lets come. httptools, in use, has no limit."""


def lost_connection(scope: Scope) -> Lost | None:
    """Why the connection of a request is gone; None while it is there, and where nothing guards it."""
    connection: _Guard | None = scope.get("state", _NOTHING).get(_CONNECTION)
    return None if connection is None else connection.lost


class _Flow(FlowControl):
    """Reads on only once no request that was read waits for the one before it.

    uvicorn reads on after every answer: a client that sends without end and reads nothing would fill the memory.
    """

    def __init__(self, transport: Any, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        if not self._waiting:
            super().resume_reading()


class _Nowhere:
    """Takes the fields that come behind a body, where httptools hands them on as headers.

    Whoever stands before the service checks headers: a key behind the body would pass it by.
    """

    def append(self, field: tuple[bytes, bytes]) -> None: ...

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(())


_NOWHERE = _Nowhere()


class _Guard(asyncio.Protocol):
    """One connection. Between requests a timer runs: it ends when the headers of the next one are there.

    Stands before uvicorn's protocol of httptools, which parses; the class attributes are set by `guarded`.
    """

    limits: ServingSettings
    places: Places
    refused: Callable[[Refusal], None]

    _address: str | None = None
    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _lingering: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _before_head = 0
    _coming = 0
    _is_head_too_large = False
    _wishes = False
    _held: tuple[int, Refusal, str, str] | None = None
    _is_ended = False
    _is_refused = False
    _since = 0.0
    _is_stopping = False
    lost: Lost | None = None

    def __init__(self: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # uvicorn hands it to each request; once a connection, so that it costs no request anything
        self.app_state = {**self.app_state, _CONNECTION: self}
        # the service writes its own line; uvicorn words one for each request even where no logger takes it
        self.access_log = False

    def connection_made(self: Any, transport: Any) -> None:
        super().connection_made(cast("asyncio.Transport", JoinedWrites(transport, self.loop, self._stays)))
        self.flow = _Flow(self.transport, self.pipeline)
        self._since = self.loop.time()
        address = str(self.client[0]) if self.client else ""
        if not self.places.take(address):
            self._refuse(429, "too_many_connections", "overloaded", "too many connections. Ask again in a second.")
            return
        self._address = address
        self._expect_headers()

    def connection_lost(self: Any, exc: Exception | None) -> None:
        self.lost = self.lost or "client_gone"
        self._stop_expecting()
        self._stop_unread()
        if self._lingering is not None:
            self._lingering.cancel()
            if self._address is None:
                self.places.free_lingering()
        if self._address is not None:
            self.places.free(self._address)
            self._address = None
        super().connection_lost(exc)

    def data_received(self: Any, data: bytes) -> None:
        if self.transport.is_closing() or self._held is not None:
            return
        begun, self._coming = self.headers, len(data)
        try:
            super().data_received(data)
        except HttpParserUpgrade as wish:
            self._feed_anew(memoryview(data)[wish.args[0] :])
        if self.headers is not _NOWHERE:
            self._count_head(begun)
        elif self._head_bytes:
            self._head_bytes = 0
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            self._stop_expecting()
        else:
            # also where a body still trickles in that nobody waits for any more
            self._expect_headers()

    def _feed_anew(self: Any, rest: Any) -> None:
        """Parses headers anew without their wish for another protocol, such as HTTP/2 or a web socket, and the rest.

        httptools takes what follows the headers for the other protocol: the body of such a request, as Java's client
        sends by default, would be lost.
        """
        is_wish = True
        while is_wish:
            head, is_wish, self._wishes = self._head_without_wish(), False, False
            # the one that heard the wish takes what follows on "close" for nothing
            self.parser = HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it
            super().data_received(head)
            if self.transport.is_closing() or self._held is not None:
                return
            try:
                super().data_received(rest)
            except HttpParserUpgrade as wish:
                rest, is_wish = rest[wish.args[0] :], True

    def _head_without_wish(self: Any) -> bytes:
        first = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        lines = (b"%b: %b\r\n" % field for field in self.headers if field[0] != b"upgrade")
        return b"".join((first, *lines, b"\r\n"))

    def _should_upgrade(self: Any) -> bool:
        """Asked where a request wishes for another protocol: it is left unanswered until it is parsed anew."""
        self._wishes = self.parser.get_method() != b"CONNECT"
        return bool(self._wishes)

    def handle_websocket_upgrade(self) -> None:
        raise  # noqa: PLE0704  # the parser's error, within which this is called: `data_received` takes it

    def _count_head(self: Any, begun: Any) -> None:
        """Counts the bytes of headers that are not whole yet; `begun` are the headers of before the newest bytes."""
        if self.headers is begun:
            self._head_bytes += self._coming
            if self._head_bytes - self._before_head > _HEAD_BYTES and self._held is None:
                self._refuse_head()
        else:
            cycle = self.cycle
            is_alone = cycle is None or (cycle.response_complete and not cycle.more_body)
            # what came together with the end of another request is measured once the headers are whole
            self._head_bytes, self._before_head = self._coming, 0 if is_alone else self._coming
            if is_alone and self._coming > _HEAD_BYTES and self._held is None:
                self._refuse_head()

    def _refuse_head(self: Any) -> None:
        if not self.transport.is_closing():
            text = f"the headers have more than {_HEAD_BYTES:,} bytes. Send shorter ones."
            self._refuse(431, "headers_too_large", "too_large", text)

    def _check_head(self: Any) -> None:
        """Stops the parser where headers that are whole are too large: `send_400_response` says so."""
        size = len(self.url) + sum(len(name) + len(value) + len(b": \r\n") for name, value in self.headers)
        if size > _HEAD_BYTES:
            self._is_head_too_large = True
            raise ValueError("headers too large")

    def eof_received(self: Any) -> bool:
        """A client that has sent all may still read: what it asked is answered before the connection is closed."""
        if self._lingering is not None:
            return False
        cycle = self.cycle
        if cycle is not None and cycle.more_body and not cycle.response_complete and self._held is None:
            self._refuse(400, "malformed", "malformed", "the request ended before its body did. Send it again.")
            return self._held is not None
        self._is_ended = bool(cycle is not None and not cycle.more_body and not cycle.response_complete)
        return bool(self._is_ended)

    def on_response_complete(self: Any) -> None:
        is_last = not self.pipeline
        super().on_response_complete()  # type: ignore[misc]  # of uvicorn's protocols
        if self._held is not None and is_last:
            held, self._held = self._held, None
            if not self.transport.is_closing():
                self._refuse(*held)
            return
        # the cycle is that of the newest request: those that were sent before it are answered first
        if self._is_ended and self.cycle.response_complete and not self.transport.is_closing():
            self.transport.close()

    def on_headers_complete(self: Any) -> None:
        if self._head_bytes + self._coming > _HEAD_BYTES:
            self._check_head()
        super().on_headers_complete()  # type: ignore[misc]  # of uvicorn's protocol
        if self._wishes:
            return
        self.headers = _NOWHERE
        if self.expect_100_continue:
            self.scope[EXPECTS] = True
        if self.scope["http_version"] != "1.1":
            end_by_closing(self.cycle)

    def shutdown(self) -> None:
        self._is_stopping = True
        super().shutdown()  # type: ignore[misc]

    def send_400_response(self: Any, _msg: str) -> None:
        if self._is_head_too_large:
            self._refuse_head()
            return
        text = "this is no HTTP request. Send HTTP/1.1 with a valid first line and headers."
        self._refuse(400, "malformed", "malformed", text)

    def pause_writing(self: Any) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self.limits.unread_seconds, self._give_up)

    def resume_writing(self: Any) -> None:
        super().resume_writing()
        self._stop_unread()

    def _expect_headers(self: Any) -> None:
        # not restarted by a further byte: the headers have one time limit, however slowly they trickle in
        if self._timer is None:
            self._since = self.loop.time()
            self._timer = self.loop.call_later(self.limits.header_seconds, self._headers_late)

    def _headers_late(self: Any) -> None:
        self._timer = None
        text = f"the headers did not arrive within {self.limits.header_seconds:g} s. Send the request again."
        if not self.transport.is_closing():
            self._refuse(408, "headers_late", "too_slow", text)

    def _give_up(self: Any) -> None:
        self.refused("answer_unread")
        self.lost = "answer_unread"
        self.transport.abort()

    def _refuse(self: Any, status: int, why: Refusal, code: str, text: str) -> None:
        """Sends an error in the one shape, once all that was asked before is answered, and ends the connection."""
        if self._waits_for_answers():
            self._held = (status, why, code, text)
            return
        self.refused(why)
        self._is_refused = True
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.close()  # an answer has begun: what is written now would be a part of it
            return
        # of headers that came so far: a proxy may have named the request
        identity = request_id({"headers": self.headers or ()})
        if self.limits.access_log:
            seconds = self.loop.time() - self._since
            REQUEST_LOG.add(refusal_line(self.limits.log_format, why, status, seconds, identity))
        body = error_body(code, text)
        head = _HEAD % (status, _PHRASES[status], len(body), identity.encode())
        again = b"retry-after: 1\r\n" if status == 429 else b""
        self.transport.write(head + again + b"connection: close\r\n\r\n" + body)
        self.transport.close()

    def _waits_for_answers(self: Any) -> bool:
        """Whether requests before the refused one are still answered. A half one that is refused is not answered."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return False
        if not cycle.more_body:
            return True
        cycle.disconnected = True
        cycle.message_event.set()
        if not self.pipeline or self.pipeline[0][0] is not cycle:
            return False
        self.pipeline.popleft()
        return True

    def _stays(self: Any, transport: Any) -> bool:
        """Whether a connection that is to be closed is still read for a while, and read from then on for nothing.

        The system cuts a connection off that is closed while bytes of its client are unread or on their way: the
        client, which still sends, would see that instead of its answer.
        """
        cycle = self.cycle
        is_unread = self._is_refused or bool(self.pipeline) or (cycle is not None and cycle.more_body)
        if not is_unread or self._is_ended or self._is_stopping or transport.is_closing():
            return False
        if not transport.can_write_eof() or (self._address is None and not self.places.take_lingering()):
            return False
        self._stop_expecting()
        transport.write_eof()
        FlowControl.resume_reading(self.flow)
        seconds = _LINGER_SECONDS if self._is_refused else self.limits.header_seconds
        self._lingering = self.loop.call_later(seconds, transport.close)
        return True

    def _stop_expecting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


def guarded(limits: ServingSettings, refused: Callable[[Refusal], None]) -> type[asyncio.Protocol]:
    """Uvicorn's HTTP protocol with limits.

    Args:
        limits: most connections, and seconds for headers and for reading answers.
        refused: told why a connection was refused or cut.
    """
    parts = {"limits": limits, "places": Places(limits), "refused": staticmethod(refused)}
    return type("GuardedProtocol", (_Guard, HttpToolsProtocol), parts)


def guard_connections(limits: ServingSettings, refused: Callable[[Refusal], None]) -> None:
    """Makes every server of this process guard its connections.

    BentoML starts uvicorn without a way to name a protocol class, so the one that `auto` stands for is replaced.
    """
    protocols: dict[str, Any] = uvicorn.config.HTTP_PROTOCOLS
    protocols["auto"] = guarded(limits, refused)
