"""Holds what the ASGI applications of one worker share: its tenants and its metrics, made when the worker starts."""

from dataclasses import dataclass

from serving.http.errors import HttpError
from serving.http.metrics import Meter
from serving.http.state import State


@dataclass
class Runtime:
    """State and metrics of a worker; empty until it starts."""

    state: State | None = None
    meter: Meter | None = None

    def ready_state(self) -> State:
        """The state of a started worker.

        Raises:
            HttpError: the worker has not started yet, or is stopping.
        """
        if self.state is None:
            raise HttpError(503, "starting", "the service is starting. Ask again in a second.", retry_after=1)
        return self.state
