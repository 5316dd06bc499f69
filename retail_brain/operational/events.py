"""Stores interaction events that the service receives, until the lake has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from retail_brain.operational.database import Database
from retail_brain.operational.tables import EVENTS

FIELDS = (
    "event_id",
    "occurred_at",
    "event_type",
    "customer_id",
    "id_type",
    "id_value",
    "product_id",
    "store_id",
    "channel",
    "session_id",
)


@dataclass(frozen=True)
class Event:
    """One interaction, with the columns of the contract's `events` table.

    Attributes:
        event_id: the sender's idempotency key: the same one is stored once. Events without one are all stored.
        occurred_at: business time without zone.
    """

    occurred_at: datetime
    event_type: str
    event_id: str | None = None
    customer_id: str | None = None
    id_type: str | None = None
    id_value: str | None = None
    product_id: str | None = None
    store_id: str | None = None
    channel: str | None = None
    session_id: str | None = None


@dataclass(frozen=True)
class StoredEvent:
    """An event with its row id (rising in order of arrival)."""

    id: int
    received_at: datetime
    event: Event


def store_events(tenant: str, database: Database, events: Sequence[Event], *, now: datetime) -> int:
    """Stores the events durably; returns the number of new ones.

    Raises:
        UnavailableError: the database does not answer.
    """
    rows: list[dict[str, Any]] = [
        {"tenant_id": tenant, "received_at": now} | {field: getattr(event, field) for field in FIELDS}
        for event in events
    ]
    if not rows:
        return 0
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        return database.insert_new(connection, EVENTS, rows, ["tenant_id", "event_id"])


def events_after(tenant: str, database: Database, *, after_id: int, since: datetime, limit: int) -> list[StoredEvent]:
    """A tenant's events in order of arrival: those with a larger id, received at `since` or later.

    Args:
        tenant: whose events.
        database: where they are stored.
        after_id: row id of the last event seen.
        since: earliest time of arrival.
        limit: most events returned.

    Raises:
        UnavailableError: the database does not answer.
    """
    condition = (EVENTS.c.tenant_id == tenant) & (EVENTS.c.id > after_id) & (EVENTS.c.received_at >= since)
    with database.reading() as connection:
        rows = connection.execute(select(EVENTS).where(condition).order_by(EVENTS.c.id).limit(limit))
        return [_stored(row) for row in rows]


def _stored(row: Row[tuple[object, ...]]) -> StoredEvent:
    return StoredEvent(row.id, row.received_at, Event(**{field: getattr(row, field) for field in FIELDS}))
