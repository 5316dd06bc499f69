"""Keeps the bytes of answers that were given, for as long as nothing they depend on has changed.

Published answers are asked for again and again: the same orders by everybody of a shop, the same person at the till and
in the app. An answer depends on its request, the language, the asker's role and place, the tenant's view, which is
replaced as a whole when anything in it changes, and on what the route names besides (`Route.depends_on`). All of these
are compared, so an answer from here is the one that would be computed.
"""

import weakref
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from retail_brain.operational.places import HEADQUARTERS, Place
from serving.http.compression import Rendered
from serving.http.handlers.call import Call
from serving.http.routes import Route
from serving.http.tenant_view import TenantView

_OVERHEAD = 700
"""Bytes of an entry beside its request and answer: objects, references and a small parsed request, as
`sys.getsizeof` gives them."""

_Key = tuple[str, str, str, Place | None, str, bytes]


@dataclass(frozen=True, slots=True)
class _Entry:
    """An answer and all that it was computed from.

    Attributes:
        view: the tenant's; held weakly, so that old answers can be closed.
        state: what the route depends on besides.
    """

    request: Any
    view: "weakref.ref[TenantView]"
    state: Any
    answer: Rendered
    size: int


class AnswerCache:
    """Answers of one worker, the longest unasked go first; used from its event loop only, so nothing is locked."""

    def __init__(self) -> None:
        """Starts empty."""
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()
        self._size = 0

    def get(self, route: Route, body: bytes, call: Call) -> Rendered | None:
        """The answer to a request, where it was given before and would be the same now."""
        if route.depends_on is None:
            return None
        key = _key(route, body, call)
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.view() is not call.view or entry.state != route.depends_on(entry.request, call):
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry.answer

    def put(self, route: Route, body: bytes, call: Call, request: Any, state: Any, answer: Rendered) -> None:
        """Keeps an answer, as far as there is room.

        Args:
            route: of the request.
            body: of the request.
            call: of the request.
            request: the body, read.
            state: what `route.depends_on` gave before the answer was computed: what changes meanwhile makes it stale.
            answer: as computed.
        """
        most = call.state.settings.serving.answer_cache_bytes
        # twice the answer: it may be compressed later
        size = _OVERHEAD + len(body) + 2 * len(answer.plain)
        if size > most:
            return
        key = _key(route, body, call)
        self._drop(key)
        self._entries[key] = _Entry(request, weakref.ref(call.view), state, answer, size)
        self._size += size
        while self._size > most:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: _Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size -= entry.size


def _key(route: Route, body: bytes, call: Call) -> _Key:
    principal = call.principal
    place = principal.place
    # most keys are headquarters': None is hashed at once, a place in Python
    return route.path, principal.tenant, principal.role, None if place is HEADQUARTERS else place, call.language, body
