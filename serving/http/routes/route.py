"""Defines a route of the service: its path, request and response models, scopes and handler."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from serving.http.access import Scope, ScopedBy
from serving.http.handlers.call import Call


@dataclass(frozen=True, slots=True)
class Route:
    """One route, asked by POST with a JSON body.

    Attributes:
        path: address below the service's root, such as `/forecast`.
        summary: one line for the documentation.
        request: model of the body.
        response: model of the answer; documented and tested, not checked at every call.
        run: the handler.
        scopes: any one of these lets a role in; the handler may ask for more.
        threaded: whether it runs in a thread because it takes more than about a millisecond or waits for a disk.
        tag: subject in the documentation, one of `serving.http.openapi.TAGS` or a word of your own.
        depends_on: gives what an answer depends on besides request, language, role and the tenant's view, to be
            compared by `==`; such answers are kept and given again. None, or a result of `ANEW`: they are computed.
        streams: whether the handler checks the request and then gives an iterator of answers, each sent as a line of
            NDJSON once it is computed; `response` is the model of a line.
        needs_answers: whether it is asked about published answers; otherwise it answers tenants without any too, and
            its handler must not look at `call.view`. Only for routes of headquarters.
        writes: whether it may store something, of every request or, where some only read, of one: who is told that an
            answer takes too long is told so.
        writes_file: whether it may take `serving.file_seconds` in the place of `serving.timeout_seconds`.
        is_slow: whether it may take `serving.slow_seconds`: what it works out at first is kept for the next question.
        scoped_by: how it is narrowed for keys of a region, shops or a guide; None answers them with 403.
        owner: which entry point of which package declares it; the service sets it, and it is empty for a built-in one.
    """

    path: str
    summary: str
    request: type[BaseModel]
    response: type[BaseModel]
    run: Callable[[Any, Call], Any]
    scopes: tuple[Scope, ...]
    threaded: bool = False
    tag: str = "extensions"
    depends_on: Callable[[Any, Call], Any] | None = None
    streams: bool = False
    owner: str = ""
    scoped_by: ScopedBy | None = None
    writes: bool | Callable[[Any], bool] = False
    writes_file: bool = False
    is_slow: bool = False
    needs_answers: bool = True

    def stores(self, request: Any) -> bool:
        """Whether a request may store something."""
        return self.writes if isinstance(self.writes, bool) else self.writes(request)


def view_alone(_request: Any, _call: Call) -> None:
    """Nothing but the tenant's view."""
