"""Keeps the newest events per person in memory since the answers were published, one store per worker."""

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from threading import Lock

from retail_brain.operational.events import Event, StoredEvent
from retail_brain.settings import ServingSettings


class RecentEvents:
    """The newest events of each of the people of a tenant that were seen last."""

    def __init__(self, settings: ServingSettings) -> None:
        """Starts empty; `settings` bounds the events of a person, and the people."""
        self._per_person, self._most_people = settings.recent_events_per_customer, settings.recent_customers
        self._people: OrderedDict[str, deque[StoredEvent]] = OrderedDict()
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._lock = Lock()
        self.settled_id = 0

    def add(self, events: Iterable[tuple[str, StoredEvent]]) -> int:
        """Adds events under their person's key, each once; returns how many were new."""
        new = 0
        with self._lock:
            for person, stored in events:
                if not person or stored.id in self._seen:
                    continue
                self._seen[stored.id] = None
                self._people.setdefault(person, deque(maxlen=self._per_person)).append(stored)
                self._people.move_to_end(person)
                new += 1
            while len(self._people) > self._most_people:
                self._people.popitem(last=False)
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

    def of(self, person: str, since: datetime) -> list[Event]:
        """A person's events received at `since` or later, oldest first."""
        events = self._people.get(person)
        if events is None:
            return []
        with self._lock:
            return [stored.event for stored in events if stored.received_at >= since]

    def forget(self, before: datetime) -> None:
        """Drops people whose newest event is older than an instant."""
        with self._lock:
            stale = [person for person, events in self._people.items() if events[-1].received_at < before]
            for person in stale:
                del self._people[person]
