"""ASGI middleware: one error shape, security headers, metrics and an access log line for every request."""

import logging
import time
from asyncio import CancelledError, sleep
from collections.abc import Awaitable, Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.http.connections import lost_connection
from serving.http.cut_answers import FAULT, Cut, CutReason, size_in
from serving.http.errors import error_body, place_of
from serving.http.refusals import asked_language, by_code
from serving.http.request_log import HEADER, REQUEST_LOG, request_id, request_line
from serving.http.routes import Route
from serving.http.runtime import Runtime
from serving.planning.people.reasons import Language

_log = logging.getLogger("bentoml.retail_brain")
_OPEN = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})
_DOCUMENTS = frozenset({"/", "/docs.json"})
# of answers in JSON, which no page is made of: the page brings its own. Each header costs an answer about a fiftieth
_SECURITY = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
]
_OWN = frozenset({HEADER, *(name for name, _ in _SECURITY)})
_WORDS = {
    404: ("not_found", "there is no such route. See /docs.json."),
    405: ("wrong_method", "this address does not answer this method. See /docs.json."),
}
_PIECE_BYTES = 65_536
"""Bytes of an answer that are handed on at once: what waits for a slow client beyond them is uvicorn's buffer, and only
what was handed on can be told as sent. As much as uvicorn lets wait."""
_RUN_NEWER = "Start it again with that version, or publish with the one that it runs."
_FAILED = ("failed", "the service cannot answer now.")


class Layer:
    """ASGI middleware around everything that the service answers."""

    def __init__(self, app: ASGIApp, runtime: Runtime, routes: Collection[Route]) -> None:
        """Wraps an application; only the paths of `routes` and of documents are named in logs and metrics."""
        self._app = app
        self._runtime = runtime
        self._paths = frozenset(route.path for route in routes) | _DOCUMENTS | _OPEN
        self._owners = {route.path: route.owner for route in routes if route.owner}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on and its answer back."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        identity = request_id(scope)
        is_ready = path == "/readyz"
        answer = _Answer(scope, send, identity, self._unready() if is_ready else _FAILED)
        answer.told = self._told() if is_ready else b""
        started = time.perf_counter()
        meter = self._runtime.meter
        if meter is not None:
            meter.begin()
        try:
            await self._pass(scope, receive, answer, identity)
        finally:
            seconds = time.perf_counter() - started
            cut = None if answer.is_whole else answer.cut()
            name = path if path in self._paths else "/ui/" if path.startswith("/ui/") else "other"
            if meter is not None:
                meter.end(name, answer.status, seconds)
                if cut is not None:
                    meter.cut(cut.reason)
            if self._runtime.spans is not None and name not in _OPEN:
                self._runtime.spans.request(scope, name, answer.status, seconds, identity)
            serving = None if self._runtime.state is None else self._runtime.state.settings.serving
            if serving is not None and serving.access_log and name not in _OPEN:
                REQUEST_LOG.add(
                    request_line(serving.log_format, scope["method"], name, answer.status, seconds, identity, cut)
                )

    def _unready(self) -> tuple[str, str]:
        """Code and sentence of why `/readyz` says no, if it does."""
        state = self._runtime.state
        if state is None:
            return "starting", "the service is starting. Ask again in a second."
        if not state.tenants and state.newer:
            return "at_fault", "the answers were published by a newer version than this service runs. " + _RUN_NEWER
        if not state.tenants and state.faults:
            return "at_fault", "no tenant's answers can be read. `retail-brain doctor` says what is wrong."
        if not state.tenants:
            return "not_published", "no tenant has answers yet. Run `retail-brain publish`."
        return "failed", "the service has not looked for news for two minutes: its log says why."

    def _told(self) -> bytes:
        """What `/readyz` says besides yes: tenants at fault, and writes that are refused; empty where all is well."""
        state = self._runtime.state
        if state is None or not (state.faults or state.writes_fault):
            return b""
        told = [f"{len(state.faults)} with a fault"] if state.faults else []
        told += ["writes are refused"] if state.writes_fault else []
        newer = f", {len(state.newer)} with answers of a newer version: {_RUN_NEWER}" if state.newer else "."
        return f"ready; {'; '.join(told)}; `retail-brain doctor` and the log name what is wrong{newer}\n".encode()

    async def _pass(self, scope: Scope, receive: Receive, answer: "_Answer", identity: str) -> None:
        who = self._owners.get(scope["path"], "the service")
        answer.language = asked_language(scope)
        try:
            await self._app(scope, receive, answer.send)
        except (CancelledError, KeyboardInterrupt, GeneratorExit):
            answer.is_stopped = True
            raise
        # the last line of defence: no text of an error leaves, nor enters the log. SystemExit, which would end the
        # worker, and panics of Polars are no Exception
        except BaseException as error:  # noqa: BLE001
            _log.error("%s of %s on request %s at %s", type(error).__name__, who, identity, place_of(error))
            if not answer.begun:
                text = f"{who} failed on this request; the log of the service says where, beside the id {identity}."
                if answer.language == "zh":
                    text = f"处理这个请求时出错。请联系管理员：服务日志中编号 {identity} 处写明位置。"
                await answer.refuse(500, "failed", text)
        else:
            if answer.status == 500:  # an error of ours, whose message the answer has
                _log.error("status 500 of %s on request %s", who, identity)


class _Answer:
    """Response on its way back: adds headers, and puts plain-text errors of BentoML into the one shape."""

    def __init__(self, scope: Scope, send: Send, identity: str, other: tuple[str, str]) -> None:
        self._scope = scope
        self._send = send
        self._other = other
        self._own = [*_SECURITY, (HEADER, identity.encode())]
        self._replaces = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._sent = 0
        self.told = b""
        self.language: Language = "en"
        self.status = 500
        self.begun = False
        self.is_whole = False
        self.is_stopped = False

    def send(self, message: Message) -> Awaitable[None]:
        if message["type"] != "http.response.start":
            return _nothing() if self._replaces else self._send_body(message)
        self.begun = True
        self.status = message["status"]
        headers = message.get("headers", [])
        if self.told and self.status == 200:
            self._replaces = True
            return self._say()
        if self.status >= 400 and not _is_json(headers):
            self._replaces = True
            self._own += [header for header in headers if header[0].lower() == b"allow"]
            code, text = _WORDS.get(self.status, self._other)
            return self.refuse(self.status, code, by_code(code, text, self.language))
        given = [name for name, _ in headers if name in _OWN]
        # the page and BentoML bring some of their own, the API none
        own = [header for header in self._own if header[0] not in given] if given else self._own
        message["headers"] = self._headers = [*headers, *own]
        return self._send(message)

    def _send_body(self, message: Message) -> Awaitable[None]:
        body, more = message.get("body", b""), message.get("more_body", False)
        if more or self._sent or len(body) > _PIECE_BYTES:
            return self._send_pieces(body, more=more)
        if lost_connection(self._scope) is None:
            self._sent, self.is_whole = len(body), True
        return self._send(message)

    async def _send_pieces(self, body: bytes, *, more: bool) -> None:
        # an empty one too: it may be the last
        for start in range(0, len(body) or 1, _PIECE_BYTES):
            piece, is_last = body[start : start + _PIECE_BYTES], start + _PIECE_BYTES >= len(body)
            # waits until what was sent before is nearly read
            await self._send({"type": "http.response.body", "body": piece, "more_body": more or not is_last})
            if not is_last:
                await sleep(0)  # the event loop learns that the client is gone; and others have their turn
            if lost_connection(self._scope) is not None:
                return
            self._sent += len(piece)
        self.is_whole = not more and FAULT not in self._scope

    def cut(self) -> Cut:
        """Why the answer is not whole, once nothing more comes of it."""
        reason: CutReason = lost_connection(self._scope) or ("stopped" if self.is_stopped else "fault")
        return Cut(reason, self._sent, size_in(self._headers), self._scope.get(FAULT))

    async def _say(self) -> None:
        told = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(self.told))]
        self._headers = [*told, *self._own]
        await self._send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await self._send_body({"type": "http.response.body", "body": self.told})

    async def refuse(self, status: int, code: str, text: str, *, retry_after: int | None = None) -> None:
        """Sends an error of our own."""
        self.status, self.begun = status, True
        body = error_body(code, text)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *self._own]
        if retry_after is not None:
            headers.append((b"retry-after", str(retry_after).encode()))
        self._headers = headers
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send_body({"type": "http.response.body", "body": body})


async def _nothing() -> None:
    """Sends nothing."""


def _is_json(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"application/json") for name, value in headers)
