"""ASGI application of the API: checks the key, reads the body, runs the handler of the route, writes JSON."""

import logging
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio
from anyio import CapacityLimiter
from pydantic_core import to_json
from starlette.types import Receive, Scope, Send

from retail_brain.errors import NoRoomError, RetailBrainError, UnavailableError
from retail_brain.operational.database import SPARED_CONNECTIONS
from retail_brain.operational.places import HEADQUARTERS
from retail_brain.settings import ServingSettings
from retail_brain.waiting import waited_for
from serving.http.access import ROLE_SCOPES, Principal
from serving.http.admission import Admission
from serving.http.answer_cache import AnswerCache
from serving.http.body import declared_bytes, read_body
from serving.http.compression import Rendered, header
from serving.http.connections import lost_connection
from serving.http.cut_answers import FAULT
from serving.http.errors import (
    HttpError,
    error_body,
    is_no_room,
    maybe_stored,
    newer_answers,
    no_room,
    place_of,
    status_of,
    still_busy,
    too_late,
    unavailable,
)
from serving.http.file_places import without_places
from serving.http.handlers.call import ANEW, Call
from serving.http.keyring import Keyring
from serving.http.lines import Lines
from serving.http.metrics import Unavailable
from serving.http.openapi import openapi
from serving.http.places import PlacedViews, check_answer, check_request, check_route, refusal_for
from serving.http.read_request import read_request
from serving.http.refusals import asked_language as _language
from serving.http.refusals import in_words
from serving.http.routes import ROUTES, Route
from serving.http.runtime import Runtime
from serving.http.state import State
from serving.http.tenant_view import TenantView
from serving.http.threads import StillRunsError, Threads
from serving.http.tracing import TENANT
from serving.http.turn import Turn
from serving.planning.people.reasons import Language

_Headers = list[tuple[bytes, bytes]]
_Answer = tuple[int, Rendered | Lines, _Headers]

_log = logging.getLogger("bentoml.retail_brain")
_JSON = (b"content-type", b"application/json")
_PRIVATE = (b"cache-control", b"no-store")
"""Answers are about people and for one key: no cache on the way may keep them."""
_JSON_HEADERS = [_JSON, _PRIVATE]
_PAGE = b"ui/"  # relative, so that the prefix of a proxy stays
_HEALTH = frozenset({"/livez", "/readyz", "/healthz"})


class Api:
    """ASGI application that answers every route but BentoML's own and those of the page."""

    def __init__(self, runtime: Runtime, routes: Sequence[Route] = ROUTES) -> None:
        """Serves `routes`; tenants and metrics come from the worker's `runtime`."""
        self._runtime = runtime
        self._routes = {route.path: route for route in routes}
        # worked out once: members of an enumeration are hashed in Python
        self._roles = {
            route.path: frozenset(role for role, held in ROLE_SCOPES.items() if not held.isdisjoint(route.scopes))
            for route in routes
        }
        self._keys = Keyring()
        self._admission = Admission()
        self._side_by_side: CapacityLimiter | None = None
        self._threads = Threads()
        self._turn = Turn()
        self._docs = Rendered(to_json(openapi(routes)))
        self._cache = AnswerCache()
        self._placed = PlacedViews()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one HTTP request; every error of ours becomes the JSON shape of errors."""
        try:
            status, answer, headers = await self._answer(scope, receive)
            if isinstance(answer, Lines):
                limits = self._runtime.ready_state().settings.serving
                with self._admission.answering(answer.key_id, limits):
                    limiter, told = self._limiter(limits.threads), partial(self._told_late, scope)
                    await answer.send(send, limiter, told, lambda: lost_connection(scope) is not None)
                return
        except RetailBrainError as raised:
            status, answer, headers = self._refusal(raised, scope)
        except OSError as raised:
            if not is_no_room(raised):
                raise
            _log.error("%s could not be answered: the disk is full", scope["path"])
            self._count("disk_full")
            status, answer, headers = self._refusal(no_room(), scope)
        assert isinstance(answer, Rendered)
        body, packing = answer.sent(scope)
        headers = [*headers, *packing, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _refusal(self, raised: RetailBrainError, scope: Scope) -> _Answer:
        error = self._outward(raised)
        headers = list(_JSON_HEADERS)
        if self._closes(error, scope):
            headers.append((b"connection", b"close"))
        if isinstance(error, HttpError) and error.allow is not None:
            headers.append((b"allow", error.allow.encode()))
        if isinstance(error, HttpError) and error.retry_after is not None:
            headers.append((b"retry-after", b"%d" % error.retry_after))
        return status_of(error), Rendered(self._body(error, _language(scope))), headers

    def _closes(self, error: RetailBrainError, scope: Scope) -> bool:
        """Whether a refusal ends the connection: its client still sends a body that is not read."""
        if isinstance(error, HttpError) and error.closes:
            return True
        state = self._runtime.state
        return state is not None and declared_bytes(scope) > state.settings.serving.max_body_bytes

    def _told_late(self, scope: Scope, raised: RetailBrainError) -> bytes:
        """An error that ends an answer whose status is sent, as the client may see it, in English."""
        error = self._outward(raised)
        scope[FAULT] = error.code
        return self._body(error, "en")

    def _body(self, error: RetailBrainError, language: Language) -> bytes:
        """The JSON of an error, without where files lie, which the message of a verb names."""
        state = self._runtime.state
        home = None if state is None else state.home
        said = {"message": in_words(error, language), "details": error.details}
        told = without_places(said, home)
        if told != said:
            _log.error("%s", str(error))
        return error_body(error.code, told["message"], told["details"])

    def _outward(self, error: RetailBrainError) -> RetailBrainError:
        """The error as the client may see it; what names our database stays in the log."""
        if not isinstance(error, UnavailableError):
            return error
        _log.error("%s", str(error))  # as text: a record that is kept must not keep the request
        self._count("disk_full" if isinstance(error, NoRoomError) else "database")
        return unavailable(error)

    def _count(self, reason: Unavailable) -> None:
        """Counts a refusal of something that should be written or read and cannot be, for whoever watches."""
        if self._runtime.meter is not None:
            self._runtime.meter.unavailable(reason)

    async def _answer(self, scope: Scope, receive: Receive) -> _Answer:
        path, method = scope["path"], scope["method"]
        route = self._routes.get(path)
        if route is None:
            return self._fixed(scope, path, method)
        if method != "POST":
            raise _wrong_method(path, "POST")
        state = self._runtime.ready_state()
        principal = await self._keys.principal(header(scope, b"authorization"), state)
        scope[TENANT] = principal.tenant
        if principal.role not in self._roles[path]:
            raise HttpError(
                403,
                "forbidden",
                f"role {principal.role} may not use {path}; wanted a role with {' or '.join(route.scopes)}.",
                {"problem": "role_may_not"},
            )
        check_route(principal, path, route.scoped_by)
        limits = state.settings.serving
        # the body is awaited before a place among the answered is taken: a slow sender must not hold one
        body = await read_body(
            scope,
            receive,
            limits.max_body_bytes,
            limits.timeout_seconds,
            lambda: self._admission.waiting(_address(scope), principal.key_id, limits),
        )
        call = _call(principal, state, scope, self._placed, route)
        if route.streams:
            request = read_request(route, body)
            check_request(request, call)
            return 200, Lines(_checked(route.run(request, call), route, request, call), principal.key_id), []
        answer = self._cache.get(route, body, call)
        if answer is None:
            with self._admission.answering(principal.key_id, limits):
                answer = await self._computed(route, body, call)
        return 200, answer, _JSON_HEADERS

    async def _computed(self, route: Route, body: bytes, call: Call) -> Rendered:
        request = read_request(route, body)
        check_request(request, call)
        # before the work: what changes meanwhile must make the answer stale
        state = ANEW if route.depends_on is None else route.depends_on(request, call)
        try:
            given = await self._run(route, request, call)
        except RetailBrainError as error:
            raise refusal_for(error, call.principal.place) from None
        except OSError:
            raise
        except Exception as error:
            # after a write, who sends it again would do so twice: that it failed is told as of any other fault
            if route.stores(request) or call.view is None or not call.view.answers.manifest.is_newer:
                raise
            _log.error("%s on answers of a newer version at %s, %s", type(error).__name__, route.path, place_of(error))
            raise newer_answers(call.principal.tenant) from None
        check_answer(given, request, call, route.path)
        answer = Rendered(to_json(given, inf_nan_mode="null"))
        if state is not ANEW:
            self._cache.put(route, body, call, request, state, answer)
        return answer

    async def _run(self, route: Route, request: Any, call: Call) -> dict[str, Any]:
        answer: dict[str, Any]
        if not route.threaded:
            answer = route.run(request, call)
            return answer
        limits = call.state.settings.serving
        limiter = self._limiter(limits.threads)
        begun: list[None] = []
        try:
            # a thread cannot be stopped: the client gets its 503, and the thread ends where it next looks who waits
            with waited_for(), anyio.fail_after(_seconds(route, limits)):
                async with self._turn_of(route):
                    given = await self._threads.run(
                        _most_given_up(route, request, call, limits),
                        partial(_outcome, route.run, request, call),
                        limiter,
                        partial(begun.append, None),
                    )
        except StillRunsError:
            raise self._not_begun(call, still_busy(), stores=route.stores(request)) from None
        except TimeoutError:
            if begun:
                _log.warning("%s of tenant %s came too late and is still worked on", route.path, call.principal.tenant)
            raise self._late(call, stores=route.stores(request), is_begun=bool(begun)) from None
        if not isinstance(given, _Raised):
            return given
        try:
            raise given.error
        finally:
            del given  # the error's traceback holds this frame

    def _late(self, call: Call, *, stores: bool, is_begun: bool) -> RetailBrainError:
        """Why an answer did not come in time; what has begun goes on by itself, and stores what it was asked to."""
        if not stores or not is_begun:
            return self._not_begun(call, too_late(), stores=stores)
        if self._is_held(call):
            self._count("database")
        return maybe_stored()

    def _not_begun(self, call: Call, otherwise: HttpError, *, stores: bool) -> RetailBrainError:
        """Why nothing was stored: what waits behind writes that wait for the database, waits for the database."""
        if stores and self._is_held(call):
            return UnavailableError("requests wait for a database that is held", {"problem": "database_held"})
        return otherwise

    def _is_held(self, call: Call) -> bool:
        """Whether another process held the database while an answer was awaited."""
        return call.state.database.was_held_within(call.state.settings.serving.timeout_seconds)

    def _turn_of(self, route: Route) -> AbstractAsyncContextManager[None]:
        """What only reads takes turns; what writes waits for a disk, and lets others compute meanwhile."""
        return nullcontext() if route.depends_on is None else self._turn.taken()

    def _limiter(self, threads: int) -> CapacityLimiter:
        """Made at the first use: the settings are known only once the worker has started."""
        if self._side_by_side is None:
            self._side_by_side = CapacityLimiter(threads)
        return self._side_by_side

    def _fixed(self, scope: Scope, path: str, method: str) -> _Answer:
        if path in _HEALTH:  # BentoML answers GET and leaves the other methods to us
            raise _wrong_method(path, "GET, HEAD")
        if path not in {"/", "/ui", "/docs.json", "/metrics"}:
            raise HttpError(404, "not_found", "there is no such route. See /docs.json.", {"problem": "route_unknown"})
        if method not in {"GET", "HEAD"}:
            raise _wrong_method(path, "GET, HEAD")
        if path in {"/", "/ui"}:
            return 307, Rendered(b""), [*_JSON_HEADERS, (b"location", _page_of(scope))]
        if path == "/docs.json":
            return 200, self._docs, _JSON_HEADERS
        meter = self._runtime.meter
        text = b"" if meter is None else meter.expose()
        return 200, Rendered(text), [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8"), _PRIVATE]


def _seconds(route: Route, limits: ServingSettings) -> float:
    """Seconds that the handler of a route may take."""
    if route.writes_file:
        return limits.file_seconds
    return limits.slow_seconds if route.is_slow else limits.timeout_seconds


def _most_given_up(route: Route, request: Any, call: Call, limits: ServingSettings) -> Mapping[Hashable, int]:
    """How many late answers of the route and tenant, and writes of the tenant, may still be worked on; see `Threads`.

    A write holds a connection: those of a tenant whose rows are locked must not take all of the others'.
    """
    tenant = call.principal.tenant
    of_route: dict[Hashable, int] = {(tenant, route.path): limits.threads}
    return of_route | {(tenant, None): SPARED_CONNECTIONS} if route.stores(request) else of_route


@dataclass(frozen=True, slots=True)
class _Raised:
    """What a handler raised in its thread."""

    error: BaseException


def _outcome(run: Callable[[Any, Call], dict[str, Any]], request: Any, call: Call) -> dict[str, Any] | _Raised:
    """What a handler gives or raises.

    An error that is awaited through a future holds the future, which holds the error: until the next full collection
    of garbage, minutes later, its frames would keep the view of the request, and all files of old answers, open.
    """
    try:
        return run(request, call)
    except BaseException as error:  # noqa: BLE001  # raised again in the event loop
        return _Raised(error)


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _wrong_method(path: str, wanted: str) -> HttpError:
    return HttpError(405, "wrong_method", f"{path} does not answer this method; wanted {wanted}.", allow=wanted)


def _checked(lines: Iterator[Any], route: Route, request: Any, call: Call) -> Iterator[Any]:
    """The lines of an answer, each looked through for rows outside the place of the key."""
    for line in lines:
        check_answer(line, request, call, route.path)
        yield line


def _call(principal: Principal, state: State, scope: Scope, placed: PlacedViews, route: Route) -> Call:
    view = state.view(principal.tenant)
    if view is None and route.needs_answers:
        raise state.no_answers(principal.tenant)
    if principal.place is HEADQUARTERS:  # most keys: sees the view as it is
        return Call(principal, view, state, _language(scope), state.now())

    def narrow(whole: TenantView) -> TenantView:
        return placed.of(whole, principal.place)

    # a route that needs no answers is headquarters' alone: nothing is narrowed
    return Call(principal, None if view is None else narrow(view), state, _language(scope), state.now(), narrow)


def _page_of(scope: Scope) -> bytes:
    """The page's address, with the query of the one that was asked for, such as the language."""
    query: bytes = scope.get("query_string", b"")
    return _PAGE + b"?" + query if query else _PAGE
