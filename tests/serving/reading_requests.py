"""Notes requests that are declared as reading and write to the operational database all the same."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from retail_brain.operational.database import Database
from serving.http.app import Api
from serving.http.routes import Route

NOTE_JOBS = frozenset({"/job", "/jobs"})
"""Routes that read and note, whoever asks, which jobs have gone: nothing that was sent is stored."""


def watched(api: Api, patch: pytest.MonkeyPatch) -> list[str]:
    """The paths of such requests, in order; it grows while the requests of a service are answered.

    Args:
        api: of the service, before it answers.
        patch: undone when the service ends.
    """
    running, found, writing = threading.local(), list[str](), Database.writing

    @contextmanager
    def noted(self: Database) -> Iterator[Connection]:
        if (path := getattr(running, "reads", None)) is not None:
            found.append(path)
        with writing(self) as connection:
            yield connection

    def of(route: Route) -> Route:
        def run(request: Any, call: Any) -> Any:
            running.reads = None if route.stores(request) or route.path in NOTE_JOBS else route.path
            try:
                return route.run(request, call)
            finally:
                running.reads = None

        return replace(route, run=run)

    patch.setattr(Database, "writing", noted)
    patch.setattr(api, "_routes", {path: of(route) for path, route in api._routes.items()})
    return found
