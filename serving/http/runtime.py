"""Holds what the ASGI applications of one worker share: its tenants, metrics and spans, made when the worker starts."""

from dataclasses import dataclass

from serving.http.errors import HttpError
from serving.http.metrics import Meter
from serving.http.state import State
from serving.http.tracing import Spans


@dataclass
class Runtime:
    """State, metrics and spans of a worker; empty until it starts, and without spans where nobody collects them."""

    state: State | None = None
    meter: Meter | None = None
    spans: Spans | None = None

    def ready_state(self) -> State:
        """The state of a started worker.

        Raises:
            HttpError: the worker has not started yet, or is stopping.
        """
        if self.state is None:
            raise HttpError(503, "starting", "the service is starting. Ask again in a second.", retry_after=1)
        return self.state
