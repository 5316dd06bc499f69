"""Keeps the newest events per person in memory since the answers were published, one store per worker."""

import sys
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from retail_brain.operational.events import StoredEvent
from retail_brain.settings import ServingSettings


@dataclass(frozen=True, slots=True)
class RecentEvent:
    """What recommendations use of an event, and its shop; a worker remembers many, so nothing else is kept."""

    received_at: datetime
    occurred_at: datetime
    event_type: str
    product_id: str | None
    store_id: str | None = None


class RecentEvents:
    """The newest events of each of the people of a tenant that were seen last."""

    def __init__(self, settings: ServingSettings) -> None:
        """Starts empty; `settings` bounds the events of a person, the people, and the events in all."""
        self._per_person, self._most_people = settings.recent_events_per_customer, settings.recent_customers
        self._most_events = settings.recent_events
        # tuples, since most people have few events: a deque takes 600 bytes for the first
        self._people: OrderedDict[str, tuple[RecentEvent, ...]] = OrderedDict()
        self._count = 0
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._lock = Lock()
        self.settled_id = 0

    def __len__(self) -> int:
        """Number of events remembered."""
        return self._count

    def __contains__(self, person: str) -> bool:
        """Whether an event of a person is remembered, however old."""
        return person in self._people

    def add(self, events: Iterable[tuple[str, StoredEvent]]) -> int:
        """Adds events under their person's key, each once; returns how many were new."""
        new = 0
        times: dict[datetime, datetime] = {}  # events of one call arrived at one instant, which is kept once
        with self._lock:
            for person, stored in events:
                if not person or stored.id in self._seen:
                    continue
                self._seen[stored.id] = None
                before = self._people.pop(person, ())
                kept = (*before, _recent(stored, times))[-self._per_person :]
                self._people[person] = kept
                self._count += len(kept) - len(before)
                new += 1
            while len(self._people) > self._most_people or self._count > self._most_events:
                _, dropped = self._people.popitem(last=False)
                self._count -= len(dropped)
        return new

    def settle(self, before: datetime, stored: Sequence[StoredEvent]) -> None:
        """Moves the mark below which no event can appear any more.

        In PostgreSQL a slow writer may commit a smaller id later, so events count as settled only after a while; SQLite
        has one writer at a time and its ids appear in order.
        """
        settled = [event.id for event in stored if event.received_at < before]
        if settled:
            self.settled_id = max(self.settled_id, *settled)
            with self._lock:
                while self._seen and next(iter(self._seen)) <= self.settled_id:
                    self._seen.popitem(last=False)

    def of(self, person: str, since: datetime) -> list[RecentEvent]:
        """A person's events received at `since` or later, oldest first."""
        return [event for event in self._people.get(person, ()) if event.received_at >= since]

    def forget(self, before: datetime) -> None:
        """Drops people whose newest event is older than an instant."""
        with self._lock:
            stale = [person for person, events in self._people.items() if events[-1].received_at < before]
            for person in stale:
                self._count -= len(self._people.pop(person))


def _recent(stored: StoredEvent, times: dict[datetime, datetime]) -> RecentEvent:
    event = stored.event
    received_at = times.setdefault(stored.received_at, stored.received_at)
    occurred_at = times.setdefault(event.occurred_at, event.occurred_at)
    # the same few types, products and stores come again and again
    product_id, store_id = (None if text is None else sys.intern(text) for text in (event.product_id, event.store_id))
    return RecentEvent(received_at, occurred_at, sys.intern(event.event_type), product_id, store_id)
