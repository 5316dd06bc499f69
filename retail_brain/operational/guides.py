"""Stores guides (shop assistants who look after customers) and who looks after whom, with its history.

Customers belong to the tenant. `customers.guide_id` of the lake says who looks after them until they are moved here;
from then on the newest move counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import Connection, Row, func, insert, select, update

from retail_brain.errors import ImpossibleError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database, lock_tenant
from retail_brain.operational.tables import GUIDE_CUSTOMERS, GUIDE_TASKS, GUIDES
from retail_brain.operational.versions import Versioned

_KIND = Versioned(GUIDES, "guide_id", "guide")
GuidesMark = tuple[int, int]
"""Newest move, and changes of guides."""


@dataclass(frozen=True)
class StoredGuide:
    """A guide as they stand.

    Attributes:
        version: rises with every change.
        name: None where nobody gave one.
        store_id: shop that they work in; None: the shop of most of their people.
        capacity: contacts a day; None: the setting.
        left_on: first day on which they are not there any more.
    """

    guide_id: str
    version: int
    name: str | None
    store_id: str | None
    capacity: int | None
    left_on: date | None
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True)
class GuideChange:
    """Who changes which guide, and the version that the change was made to.

    Attributes:
        version: that the person saw; None for one that is stored for the first time.
        by: who.
        now: when.
    """

    tenant: str
    guide_id: str
    version: int | None
    by: str
    now: datetime


@dataclass(frozen=True)
class Move:
    """A customer that goes from a guide to another.

    Attributes:
        guide_id: the new one; None: nobody.
        before: the old one; None: nobody.
    """

    customer_id: str
    guide_id: str | None
    before: str | None


@dataclass(frozen=True)
class StoredMove:
    """A move with the rule that made it, by whom and when."""

    move: Move
    rule: str
    moved_by: str
    moved_at: datetime


class GuideFacts(TypedDict, total=False):
    """What is kept about a guide; a fact that is left out stays as it is, None takes it away."""

    name: str | None
    store_id: str | None
    capacity: int | None


def save_guide(database: Database, change: GuideChange, **facts: Unpack[GuideFacts]) -> StoredGuide:
    """Stores the facts given of a guide's name, shop and capacity; the others stay. One who left is back.

    Raises:
        ConflictError: somebody else changed them since that version.
        ImpossibleError: the capacity is below 0.
        UnavailableError: the database does not answer.
    """
    capacity = facts.get("capacity")
    if capacity is not None and capacity < 0:
        raise ImpossibleError(
            f"a guide's capacity is a number of contacts a day; got {capacity}, wanted 0 or more.",
            {"problem": "guide_capacity", "capacity": capacity},
        )
    with database.writing() as connection:
        database.ensure_tenant(change.tenant, connection, now=change.now)
        lock_tenant(change.tenant, connection)
        values = {**facts, "left_on": None}
        return _changed(database, connection, change, values, "guide.saved")


def let_go(
    database: Database,
    change: GuideChange,
    left_on: date,
    moves: Sequence[Move],
    rule: str,
    mark: GuidesMark | None = None,
) -> StoredGuide | None:
    """Notes that a guide leaves, moves their people by a rule, and hands on what is still open of their lists.

    Args:
        database: where it is.
        change: who, and the version of the guide that they saw.
        left_on: first day on which the guide is not there any more.
        moves: of their people.
        rule: that made them, kept with each.
        mark: result of `read_guides_mark` before the moves were worked out: where a guide or an assignment changed
            since, nothing is stored and None is returned. None: whatever changed meanwhile.

    Raises:
        ConflictError: somebody else changed the guide since that version.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        database.ensure_tenant(change.tenant, connection, now=change.now)
        lock_tenant(change.tenant, connection)
        if mark is not None and guides_mark(change.tenant, connection) != mark:
            return None
        stored = _changed(database, connection, change, {"left_on": left_on}, "guide.left")
        _move(connection, change, moves, rule)
        return stored


def list_guides(tenant: str, database: Database) -> list[StoredGuide]:
    """The guides that somebody stored, by id.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(GUIDES).where(GUIDES.c.tenant_id == tenant).order_by(GUIDES.c.guide_id)
    with database.reading() as connection:
        return [_stored(row) for row in connection.execute(query)]


def moved_customers(tenant: str, database: Database) -> dict[str, str | None]:
    """Customer -> guide after the newest move, of everybody who was ever moved; None: nobody looks after them.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = GUIDE_CUSTOMERS.c
    query = select(table.customer_id, table.guide_id).where(table.tenant_id == tenant).order_by(table.id)
    with database.reading() as connection:
        return {row.customer_id: row.guide_id for row in connection.execute(query)}


def moves_mark(tenant: str, database: Database) -> int:
    """A value that rises with every move. Cheap to poll.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(func.max(GUIDE_CUSTOMERS.c.id)).where(GUIDE_CUSTOMERS.c.tenant_id == tenant)
    with database.reading() as connection:
        return connection.execute(query).scalar_one() or 0


def guides_mark(tenant: str, connection: Connection) -> GuidesMark:
    """A value that differs after every change of a guide and every move: what assignments are worked out under."""
    moves = select(func.max(GUIDE_CUSTOMERS.c.id)).where(GUIDE_CUSTOMERS.c.tenant_id == tenant)
    versions = select(func.sum(GUIDES.c.version)).where(GUIDES.c.tenant_id == tenant)
    newest, changes = (connection.execute(query).scalar_one() or 0 for query in (moves, versions))
    return int(newest), int(changes)


def read_guides_mark(tenant: str, database: Database) -> GuidesMark:
    """The same, in a transaction of its own.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        return guides_mark(tenant, connection)


def move_history(tenant: str, database: Database, customer_id: str | None = None) -> list[StoredMove]:
    """The moves of a customer (None: of all), the earliest first.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = GUIDE_CUSTOMERS.c
    query = select(GUIDE_CUSTOMERS).where(table.tenant_id == tenant).order_by(table.id)
    if customer_id is not None:
        query = query.where(table.customer_id == customer_id)
    with database.reading() as connection:
        return [
            StoredMove(Move(row.customer_id, row.guide_id, row.before), row.rule, row.moved_by, row.moved_at)
            for row in connection.execute(query)
        ]


def guides_of_customers(published: Iterable[tuple[str, str | None]], moved: Mapping[str, str | None]) -> dict[str, str]:
    """Customer -> the guide who looks after them now; customers whom nobody looks after are left out.

    Args:
        published: customer and guide as the lake has them.
        moved: result of `moved_customers`.

    >>> guides_of_customers([("c1", "G1"), ("c2", "G1"), ("c3", None)], {"c2": "G2", "c3": "G2"})
    {'c1': 'G1', 'c2': 'G2', 'c3': 'G2'}
    """
    present = {customer: guide for customer, guide in published if guide is not None} | dict(moved)
    return {customer: guide for customer, guide in present.items() if guide is not None}


def people_of_guide(
    guide_id: str, published: Iterable[tuple[str, str | None]], moved: Mapping[str, str | None]
) -> list[str]:
    """Ids of the customers whom a guide looks after now; arguments as in `guides_of_customers`.

    >>> people_of_guide("G2", [("c1", "G1"), ("c2", "G1")], {"c2": "G2"})
    ['c2']
    """
    return [one for one, guide in guides_of_customers(published, moved).items() if guide == guide_id]


def _changed(
    database: Database, connection: Connection, change: GuideChange, values: Mapping[str, Any], action: str
) -> StoredGuide:
    """Stores values of a guide within the caller's transaction, with the audit."""
    who = {"changed_by": change.by, "changed_at": change.now}
    new = {"tenant_id": change.tenant, "guide_id": change.guide_id, "version": 0} | who
    is_new = database.insert_new(connection, GUIDES, [new], ["tenant_id", "guide_id"])
    present = _locked(connection, change)
    if present.version != (change.version or 0) and not (is_new and change.version is None):
        raise _KIND.conflict(change, change.guide_id, present)
    _KIND.change(connection, change, change.guide_id, present.version, values, action)
    return _locked(connection, change)


def _locked(connection: Connection, change: GuideChange) -> StoredGuide:
    row = _KIND.locked(connection, change.tenant, change.guide_id)
    assert row is not None
    return _stored(row)


def _move(connection: Connection, change: GuideChange, moves: Sequence[Move], rule: str) -> None:
    fixed = {"tenant_id": change.tenant, "rule": rule, "moved_by": change.by, "moved_at": change.now}
    rows = [fixed | {"customer_id": one.customer_id, "guide_id": one.guide_id, "before": one.before} for one in moves]
    for start in range(0, len(rows), 5000):
        connection.execute(insert(GUIDE_CUSTOMERS), rows[start : start + 5000])
    table = GUIDE_TASKS.c
    for one in moves:
        own = (table.tenant_id == change.tenant) & (table.customer_id == one.customer_id) & (table.state == "open")
        values = {"state": "withdrawn"} if one.guide_id is None else {"guide_id": one.guide_id}
        connection.execute(update(GUIDE_TASKS).where(own).values(**values))
    details = {"rule": rule, "customers": len(moves)}
    append_audit(change.tenant, connection, AuditEntry(change.now, change.by, "guide.moved", change.guide_id, details))


def _stored(row: Row[tuple[object, ...]]) -> StoredGuide:
    return StoredGuide(**{name: getattr(row, name) for name in StoredGuide.__dataclass_fields__})
