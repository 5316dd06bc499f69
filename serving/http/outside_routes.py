"""Loads and checks routes of other packages (entry points), each under a prefix of its own."""

import inspect
import re
from collections.abc import Iterable
from dataclasses import replace

from pydantic import BaseModel

from retail_brain.errors import ExtensionError
from retail_brain.extensions import load_extensions, owner, unusable
from serving.http.access import Scope
from serving.http.routes import ROUTES, Route

_PREFIX = "/x/"
"""A package whose entry point is called NAME answers at `/x/NAME` and below; no built-in path begins so."""


def all_routes() -> tuple[Route, ...]:
    """The built-in routes, then those of other packages in the order of their entry points' names.

    The service calls this once, when it starts, and does not start with a broken extension: a route that silently is
    not there would be noticed by its callers only.

    Raises:
        ExtensionError: a package cannot be imported, gives something else than routes, or a route outside its prefix;
            the message names the entry point.
    """
    outside = [
        replace(route, owner=owner("routes", name))
        for name, given in load_extensions("routes").items()
        for route in checked_routes(name, given)
    ]
    return (*ROUTES, *outside)


def checked_routes(name: str, given: object) -> tuple[Route, ...]:
    """The routes behind one entry point: a `Route`, or several.

    Args:
        name: of the entry point.
        given: what it stands for.

    Raises:
        ExtensionError: something in it is no usable route.
    """
    routes = tuple(given) if isinstance(given, Iterable) else (given,)
    checked = tuple(_checked(name, route) for route in routes)
    paths = [route.path for route in checked]
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if not checked or twice:
        raise _unusable(name, f"the paths {twice} twice" if twice else "no route", "every path once, and at least one")
    return checked


def _checked(name: str, route: object) -> Route:
    """The route, when the service can serve and document it.

    Raises:
        ExtensionError: it cannot; the message says what is wrong.
    """
    if not isinstance(route, Route):
        raise _unusable(name, f"a {type(route).__name__}", "a serving.http.routes.Route, or a tuple of them")
    prefix = f"{_PREFIX}{name}"
    if route.path != prefix and not route.path.startswith(f"{prefix}/"):
        raise _unusable(name, f"the path {route.path}", f"{prefix}, or a path that begins with {prefix}/")
    if not re.fullmatch(r"(/[a-z0-9_-]+)+", route.path):
        raise _unusable(name, f"the path {route.path}", "lower-case letters, digits, '_' and '-' between slashes")
    if not isinstance(route.summary, str) or not route.summary.strip():
        raise _unusable(name, f"an empty summary for {route.path}", "one line that says in /docs.json what it does")
    for model in (route.request, route.response):
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            raise _unusable(name, f"{model!r} as a message", "a pydantic model for request and response")
    if not route.scopes or not all(isinstance(scope, Scope) for scope in route.scopes):
        raise _unusable(name, f"the scopes {route.scopes!r}", "at least one serving.http.access.Scope")
    if not callable(route.run):
        raise _unusable(name, f"{route.run!r} as a handler", "a function of a request and a Call")
    if inspect.iscoroutinefunction(route.run):
        raise _unusable(name, "an async handler", "a plain function; threaded=True for work that waits")
    return route


def _unusable(name: str, got: str, wanted: str) -> ExtensionError:
    problem = f"cannot be served: got {got}; wanted {wanted}"
    return unusable("routes", name, problem, "The service does not start without it.")
