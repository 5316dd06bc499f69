"""Events received by the service, kept until the lake takes them in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from retail_brain.operational.database import Database
from retail_brain.operational.tables import EVENTS
from retail_brain.operational.tenants import ensure_tenant

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
    """One interaction, as the `events` table of the contract has it.

    Attributes:
        event_id: the sender's own id; the same one twice is stored once. None is never the same.
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
    """An event with its place in the order of arrival."""

    id: int
    received_at: datetime
    event: Event


def store_events(tenant: str, database: Database, events: Sequence[Event], *, now: datetime) -> int:
    """Stores the events durably; returns how many were new."""
    rows: list[dict[str, Any]] = [
        {"tenant_id": tenant, "received_at": now} | {field: getattr(event, field) for field in FIELDS}
        for event in events
    ]
    if not rows:
        return 0
    with database.writing() as connection:
        ensure_tenant(tenant, database, connection, now=now)
        return database.insert_new(connection, EVENTS, rows, ["tenant_id", "event_id"])


def events_after(tenant: str, database: Database, *, after_id: int, since: datetime, limit: int) -> list[StoredEvent]:
    """A tenant's events in order of arrival: those with a larger id, received at `since` or later."""
    mine = (EVENTS.c.tenant_id == tenant) & (EVENTS.c.id > after_id) & (EVENTS.c.received_at >= since)
    with database.reading() as connection:
        rows = connection.execute(select(EVENTS).where(mine).order_by(EVENTS.c.id).limit(limit))
        return [_stored(row) for row in rows]


def _stored(row: Row[tuple[object, ...]]) -> StoredEvent:
    return StoredEvent(row.id, row.received_at, Event(**{field: getattr(row, field) for field in FIELDS}))
