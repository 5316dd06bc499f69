"""Admission control: limits the requests in flight, by worker and API key, and the bodies still awaited, by address.

A request counts as answered only once its body is there: senders that never finish hold a place among the waiting, not
one of those that others need.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from retail_brain.settings import ServingSettings
from serving.http.errors import HttpError


class Admission:
    """Counts requests of one worker; used from its event loop only, so nothing is locked."""

    def __init__(self) -> None:
        """Starts with no request."""
        self._answered: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def waiting(self, address: str, limits: ServingSettings) -> Iterator[None]:
        """Holds a place while a request's body is awaited.

        Raises:
            HttpError: too many bodies are awaited already, in all or from this address (429).
        """
        if self._waiting.total() >= limits.max_waiting or self._waiting[address] >= limits.max_waiting_per_address:
            raise _overloaded("too many requests are still arriving")
        with _counted(self._waiting, address):
            yield

    @contextmanager
    def answering(self, key_id: str, limits: ServingSettings) -> Iterator[None]:
        """Holds a place while a request is answered.

        Raises:
            HttpError: too many requests are answered already, in all or of this key (429).
        """
        if self._answered.total() >= limits.max_in_flight:
            raise _overloaded("too many requests at once")
        if self._answered[key_id] >= limits.max_in_flight_per_key:
            raise _overloaded("too many requests of this key at once")
        with _counted(self._answered, key_id):
            yield


@contextmanager
def _counted(counts: Counter[str], name: str) -> Iterator[None]:
    counts[name] += 1
    try:
        yield
    finally:
        counts[name] -= 1
        # addresses come and go: zeros would fill the memory
        if not counts[name]:
            del counts[name]


def _overloaded(what: str) -> HttpError:
    return HttpError(429, "overloaded", f"{what}. Ask again in a second.", retry_after=1)
