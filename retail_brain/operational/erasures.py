"""Erasures of people by request: pending ones, digests of erased ids, and taking people out of the database itself.

A pending erasure holds the ids, so that a killed one can be finished and the person stays closed meanwhile; a finished
one holds none.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Row,
    Table,
    UniqueConstraint,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy import Text as TextType
from sqlalchemy.types import String

from retail_brain.erased_ids import CUSTOMER, ErasedIds, Subjects, digest_of
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.blanking import Blanking
from retail_brain.operational.campaign_receipts import take_back_within
from retail_brain.operational.campaigns import lock_plans
from retail_brain.operational.database import Database, in_parts
from retail_brain.operational.tables import ERASED_IDS, ERASURE_SALTS, ERASURES, METADATA
from retail_brain.operational.tables.columns import Limited
from retail_brain.table_schemas import ANY_CHANNEL

_OWN = frozenset({"erasures", "erased_ids", "erasure_salts", "api_keys", "tenants"})
"""Tables that an erasure does not look through: its own, and those without people."""
_PEOPLE_COLUMNS = ("customer_id", "person_id")
_NAMES_OF_ROWS = {"subject"} | frozenset(
    column.name
    for table in METADATA.sorted_tables
    for constraint in table.constraints
    if isinstance(constraint, UniqueConstraint)
    for column in constraint.columns
)
"""Columns by which rows are told apart and named from elsewhere: blanked alike, two of them would break their key.

The audit's `subject` names rows of every table."""


@dataclass(frozen=True)
class Erasure:
    """An erasure by request.

    Attributes:
        subjects: whom; None once it is finished.
        report: what was done, without any id of a person; None until it is finished.
    """

    erasure_id: str
    subjects: Subjects | None
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    report: dict[str, Any] | None


def begin_erasure(tenant: str, database: Database, subjects: Subjects, *, by: str, now: datetime) -> Erasure:
    """Notes an erasure before anything is erased, with the digests by which the people are known again.

    What is still planned for the people is taken back at once.

    Raises:
        UnavailableError: the database does not answer.
    """
    erasure_id = f"er_{secrets.token_hex(8)}"
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        # who plans contacts meanwhile sees the erasure in `contacts_mark`, or their plans are there to be taken back
        lock_plans(tenant, connection)
        take_back_within(tenant, connection, sorted(subjects.customers), ANY_CHANNEL)
        salt = _salt(tenant, database, connection)
        row = {"erasure_id": erasure_id, "tenant_id": tenant, "requested_by": by, "requested_at": now}
        connection.execute(insert(ERASURES).values(**row, subjects=_stored(subjects)))
        named = [(CUSTOMER, one) for one in sorted(subjects.customers)] + sorted(subjects.identifiers)
        digests = [{"tenant_id": tenant, "digest": digest_of(salt, *one), "erasure_id": erasure_id} for one in named]
        database.insert_new(connection, ERASED_IDS, digests, ["tenant_id", "digest"])
        # the audit names the erasure and nobody
        append_audit(tenant, connection, AuditEntry(now, by, "privacy.erase", erasure_id, {"ids": len(named)}))
    return Erasure(erasure_id, subjects, by, now, None, None)


def finish_erasure(tenant: str, database: Database, erasure_id: str, report: dict[str, Any], *, now: datetime) -> None:
    """Notes that an erasure is done and forgets whom it was about.

    Raises:
        UnavailableError: the database does not answer.
    """
    own = (ERASURES.c.tenant_id == tenant) & (ERASURES.c.erasure_id == erasure_id)
    with database.writing() as connection:
        connection.execute(update(ERASURES).where(own).values(subjects=None, report=report, finished_at=now))
    compact(database)


def list_erasures(tenant: str, database: Database) -> list[Erasure]:
    """Every erasure of a tenant, oldest first.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(ERASURES).where(ERASURES.c.tenant_id == tenant).order_by(ERASURES.c.id)
    with database.reading() as connection:
        return [_erasure(row) for row in connection.execute(query)]


def pending_erasures(tenant: str, database: Database) -> list[Erasure]:
    """Erasures that are not finished: their people are closed to everybody.

    Raises:
        UnavailableError: the database does not answer.
    """
    return [one for one in list_erasures(tenant, database) if one.finished_at is None]


def erasures_mark(tenant: str, database: Database) -> tuple[int, int]:
    """A value that differs after every erasure begun or finished. Cheap to poll.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(func.max(ERASURES.c.id), func.count(ERASURES.c.finished_at)).where(ERASURES.c.tenant_id == tenant)
    with database.reading() as connection:
        newest, finished = connection.execute(query).one()
        return newest or 0, finished or 0


def erased_ids(tenant: str, database: Database) -> ErasedIds | None:
    """Digests of everybody who was erased; None where nobody was.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        query = select(ERASURE_SALTS.c.salt).where(ERASURE_SALTS.c.tenant_id == tenant)
        salt = connection.execute(query).scalar_one_or_none()
        digests = connection.execute(select(ERASED_IDS.c.digest).where(ERASED_IDS.c.tenant_id == tenant)).scalars()
        return None if salt is None else ErasedIds(salt, frozenset(digests))


def erase_from_database(tenant: str, database: Database, subjects: Subjects, persons: Sequence[str]) -> dict[str, int]:
    """Takes people out of every table of a tenant: table -> rows that were deleted or changed.

    Rows about the people go. Where a text or JSON value of another row holds an id, `[erased]` takes its place: a
    decision or the audit stays, without the person; see `Blanking`.

    Args:
        tenant: whose tables.
        database: where they are.
        subjects: the people.
        persons: their person ids, as the identity table calls them.

    Raises:
        UnavailableError: the database does not answer.
    """
    done: dict[str, int] = {}
    with database.writing() as connection:
        blanking = Blanking(subjects.values, _salt(tenant, database, connection))
        # children before the rows that they refer to
        for table in reversed(METADATA.sorted_tables):
            if table.name in _OWN or "tenant_id" not in table.c:
                continue
            rows = _delete_rows(table, tenant, connection, subjects, persons)
            rows += _blank_texts(table, tenant, connection, blanking)
            if rows:
                done[table.name] = rows
    return done


def compact(database: Database) -> bool:
    """Rewrites an SQLite file, so that no free page and no log of changes holds what was deleted; else nothing.

    A server's files are its own: PostgreSQL overwrites dead rows at its next vacuum.

    Returns:
        Whether it was done to its end: a reader that stays, such as a service, keeps the log of changes.

    Raises:
        UnavailableError: the database does not answer.
    """
    if not database.is_sqlite:
        return False
    with database.reading():  # opens the file, and follows one that was put in its place
        pass
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        cursor.execute("VACUUM").fetchall()
        ((is_busy, *_),) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        cursor.close()
    finally:
        connection.close()
    return not is_busy


def _delete_rows(table: Table, tenant: str, connection: Connection, subjects: Subjects, persons: Sequence[str]) -> int:
    by_column = {"customer_id": sorted(subjects.customers), "person_id": sorted({*persons, *subjects.customers})}
    rows = 0
    for column in _PEOPLE_COLUMNS:
        ids = by_column[column] if column in table.c else []
        for part in in_parts(ids):
            rows += _deleted(connection, table, tenant, table.c[column].in_(part))
    if {"id_type", "id_value"} <= set(table.c.keys()):
        for id_type, id_value in sorted(subjects.identifiers):
            condition = and_(table.c.id_type == id_type, table.c.id_value == id_value)
            rows += _deleted(connection, table, tenant, condition)
    return rows


def _deleted(connection: Connection, table: Table, tenant: str, condition: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(table.c.tenant_id == tenant, condition)).rowcount


def _blank_texts(table: Table, tenant: str, connection: Connection, blanking: Blanking) -> int:
    """Puts `[erased]` in the place of ids in texts and JSON; returns the rows changed."""
    columns = [column for column in table.c if isinstance(column.type, String | Limited | TextType | JSON)]
    # a key's own ids are ours: one that holds a person's id by chance must go on naming the row that it names
    columns = [column for column in columns if not column.foreign_keys and not column.primary_key]
    keys = list(table.primary_key.columns)
    changed = 0
    for row in connection.execute(select(*keys, *columns).where(table.c.tenant_id == tenant)).all():
        cells = row._mapping  # the public way to a row's columns by name
        new = {column.name: _blanked(column, cells[column.name], blanking) for column in columns}
        new = {name: value for name, value in new.items() if value != cells[name]}
        if new:
            own = and_(*(key == cells[key.name] for key in keys))
            changed += connection.execute(update(table).where(own).values(**new)).rowcount
    return changed


def _blanked(column: Column[Any], value: Any, blanking: Blanking) -> Any:
    """The value without ids, within its column's limit: `[erased]` may be longer than the id that it stands for."""
    most = column.type.most if isinstance(column.type, Limited) else None
    if isinstance(value, str) and column.name in _NAMES_OF_ROWS:
        return blanking.name(column.name, value, most)
    new = blanking.value(column.name, value)
    return new[:most] if most is not None and new is not None else new


def _salt(tenant: str, database: Database, connection: Connection) -> str:
    row = {"tenant_id": tenant, "salt": secrets.token_hex(32)}
    database.insert_new(connection, ERASURE_SALTS, [row], ["tenant_id"])
    query = select(ERASURE_SALTS.c.salt).where(ERASURE_SALTS.c.tenant_id == tenant)
    return str(connection.execute(query).scalar_one())


def _stored(subjects: Subjects) -> dict[str, Any]:
    identifiers = [list(pair) for pair in sorted(subjects.identifiers)]
    return {"customers": sorted(subjects.customers), "identifiers": identifiers}


def _erasure(row: Row[Any]) -> Erasure:
    subjects = None
    if row.subjects is not None:
        pairs = frozenset((str(kind), str(value)) for kind, value in row.subjects["identifiers"])
        subjects = Subjects(frozenset(row.subjects["customers"]), pairs)
    return Erasure(row.erasure_id, subjects, row.requested_by, row.requested_at, row.finished_at, row.report)
