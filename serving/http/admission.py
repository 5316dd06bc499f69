"""Admission control: limits the requests in flight by API key, and the bodies still awaited by API key and address.

A request counts as answered only once its body is there: senders that never finish hold a place among the waiting, not
one of those that others need.
"""

from collections import Counter
from types import TracebackType

from retail_brain.settings import ServingSettings
from serving.http.errors import HttpError


class Admission:
    """Counts requests of one worker; used from its event loop only, so nothing is locked."""

    def __init__(self) -> None:
        """Starts with no request."""
        self._answered: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()
        self._waiting_keys: Counter[str] = Counter()

    def waiting(self, address: str, key_id: str, limits: ServingSettings) -> "Place":
        """A place for a request whose body is awaited, to be held by `with`.

        Raises:
            HttpError: too many bodies are awaited already, in all, from this address or of this key (429).
        """
        if self._waiting:  # mostly nobody waits: bodies come with their headers
            if self._waiting.total() >= limits.max_waiting or self._waiting[address] >= limits.max_waiting_per_address:
                raise _overloaded("too many requests are still arriving")
            if self._waiting_keys[key_id] >= limits.max_waiting_per_key:
                raise _overloaded("too many requests of this key are still arriving")
        return Place((self._waiting, address), (self._waiting_keys, key_id))

    def answering(self, key_id: str, limits: ServingSettings) -> "Place":
        """A place for a request that is answered, to be held by `with`.

        Raises:
            HttpError: too many requests are answered already, in all or of this key (429).
        """
        if self._answered.total() >= limits.max_in_flight:
            raise _overloaded("too many requests at once")
        if self._answered[key_id] >= limits.max_in_flight_per_key:
            raise _overloaded("too many requests of this key at once")
        return Place((self._answered, key_id))


class Place:
    """One more in some counts while it is held."""

    __slots__ = ("_counts",)

    def __init__(self, *counts: tuple[Counter[str], str]) -> None:
        """Holds nothing yet."""
        self._counts = counts

    def __enter__(self) -> None:
        """Counts."""
        for counter, name in self._counts:
            counter[name] += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Counts back."""
        for counter, name in self._counts:
            counter[name] -= 1
            # addresses come and go: zeros would fill the memory
            if not counter[name]:
                del counter[name]


def _overloaded(what: str) -> HttpError:
    return HttpError(429, "overloaded", f"{what}. Ask again in a second.", retry_after=1)
