"""Leads requests for the API past BentoML's own layers to ours.

BentoML wraps every mounted application in six layers (errors, tracing, time-out, request context, routing) that the API
does without: it has limits, traces and an error shape of its own, and they take longer than most answers. BentoML keeps
the processes, the start and end of a worker, health and the page.
"""

from collections.abc import Callable
from typing import Any

from _bentoml_sdk import Service
from starlette.types import ASGIApp, Receive, Scope, Send

_BENTOML_PATHS = frozenset({"/livez", "/readyz", "/healthz"})
_PAGE = "/ui/"


class Direct:
    """ASGI application: the API gets its own requests at once, BentoML the rest."""

    def __init__(self, bentoml_app: ASGIApp, api: ASGIApp) -> None:
        """Sends health, the page and a worker's start and end to `bentoml_app`."""
        self._bentoml_app = bentoml_app
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request to whom it concerns."""
        if scope["type"] != "http" or scope["path"] in _BENTOML_PATHS or scope["path"].startswith(_PAGE):
            await self._bentoml_app(scope, receive, send)
        else:
            await self._api(scope, receive, send)


def answer_directly(service: Any, layered: Callable[[], ASGIApp]) -> None:
    """Makes the application of a BentoML service a `Direct` one.

    Args:
        service: as `bentoml.service` made it.
        layered: makes the API with our own layer around it.
    """

    class DirectService(Service):  # type: ignore[misc]  # BentoML ships no types
        __slots__ = ()

        def to_asgi(self, is_main: bool = True) -> ASGIApp:
            return Direct(super().to_asgi(is_main), layered())

    # BentoML finds a service by the module that called `bentoml.service`, so it is made there and changed here
    service.__class__ = DirectService
