"""Stores interaction events that the service receives, until the lake has them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from retail_brain.operational.database import Database, in_parts
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
    "attribution_id",
)

_READ_AT_ONCE = 20_000
"""Rows that are held at once: some tens of megabytes."""


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
    attribution_id: str | None = None


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


def taken_ids(tenant: str, database: Database, events: Sequence[Event]) -> list[int]:
    """Places of the events that were not stored because another event has their id; to be asked after storing.

    An event that is sent again may tell more or less than at first, as after an erasure; it is another one where a
    field has two values.

    Raises:
        UnavailableError: the database does not answer.
    """
    table, stored = EVENTS.c, dict[str | None, Event]()
    with database.reading() as connection:
        for part in in_parts(sorted({event.event_id for event in events if event.event_id is not None})):
            rows = connection.execute(select(EVENTS).where(table.tenant_id == tenant, table.event_id.in_(part)))
            stored |= {row.event_id: _stored(row).event for row in rows}
    return [place for place, event in enumerate(events) if _contradicts(event, stored.get(event.event_id))]


def _contradicts(event: Event, stored: Event | None) -> bool:
    values = [] if stored is None else [(getattr(event, field), getattr(stored, field)) for field in FIELDS]
    return any(own is not None and other is not None and own != other for own, other in values)


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


@dataclass(frozen=True)
class Touched:
    """A person, as they were named, and a product that events of theirs are about.

    Attributes:
        at: the last of these events, in business time.
    """

    customer_id: str | None
    id_type: str | None
    id_value: str | None
    product_id: str
    at: datetime


def touched_goods(
    tenant: str,
    database: Database,
    types: Collection[str],
    *,
    since: datetime,
    product_ids: Collection[str] | None = None,
) -> list[Touched]:
    """Who touched which product by events of some types: one row per person as named x product.

    Args:
        tenant: whose events.
        database: where they are stored.
        types: of event, such as `view`.
        since: earliest time of arrival.
        product_ids: only these; None: any.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = EVENTS.c
    key = (table.customer_id, table.id_type, table.id_value, table.product_id)
    wanted = (table.tenant_id == tenant) & (table.received_at >= since) & table.event_type.in_(sorted(types))
    query = select(*key, func.max(table.occurred_at).label("at")).where(wanted, table.product_id.is_not(None))
    names = None if product_ids is None else sorted(product_ids)
    parts = (
        [query]
        if names is None
        else [query.where(table.product_id.in_(names[start : start + 500])) for start in range(0, len(names), 500)]
    )
    with database.reading() as connection:
        return [
            Touched(row.customer_id, row.id_type, row.id_value, row.product_id, row.at)
            for part in parts
            for row in connection.execute(part.group_by(*key))
        ]


def has_events(tenant: str, database: Database, types: Collection[str]) -> bool:
    """Whether any event of some types was received.

    Raises:
        UnavailableError: the database does not answer.
    """
    wanted = (EVENTS.c.tenant_id == tenant) & EVENTS.c.event_type.in_(sorted(types))
    with database.reading() as connection:
        return connection.execute(select(EVENTS.c.id).where(wanted).limit(1)).first() is not None


def attributed_events(tenant: str, database: Database) -> Iterator[Event]:
    """A tenant's events that name the list or contact that they came of, in order of arrival.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(EVENTS).where(EVENTS.c.tenant_id == tenant, EVENTS.c.attribution_id.is_not(None))
    with database.reading() as connection:
        for row in connection.execute(query.order_by(EVENTS.c.id).execution_options(yield_per=_READ_AT_ONCE)):
            yield _stored(row).event


def _stored(row: Row[tuple[object, ...]]) -> StoredEvent:
    return StoredEvent(row.id, row.received_at, Event(**{field: getattr(row, field) for field in FIELDS}))
