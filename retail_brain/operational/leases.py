"""Leases on rows that a worker hands over: nobody else does until they are done, given back or the lease ends."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, or_, select, update

from retail_brain.operational.database import in_parts


@dataclass(frozen=True)
class Lease:
    """A worker's hold on rows.

    Attributes:
        length: after it others may take rows whose worker ended.
        begun_at: instant at which the work began.
        worker: name of nobody else.
    """

    length: timedelta
    begun_at: datetime
    worker: str = field(default_factory=lambda: secrets.token_hex(8))
    _started: float = field(default_factory=time.monotonic, init=False)

    @property
    def now(self) -> datetime:
        """The instant: `begun_at` and the time that has passed since."""
        return self.begun_at + timedelta(seconds=time.monotonic() - self._started)


def take_rows(
    connection: Connection, table: Table, wanted: ColumnElement[bool], lease: Lease, limit: int
) -> Sequence[Row[tuple[object, ...]]]:
    """The first rows of a condition that nobody holds, by id; they are the worker's from now on.

    Args:
        connection: of a writing transaction.
        table: with the columns `id`, `taken_by`, `taken_at`.
        wanted: condition on its rows.
        lease: whose.
        limit: most rows.
    """
    now = lease.now
    free = or_(table.c.taken_by.is_(None), table.c.taken_at < now - lease.length)
    query = select(table).where(wanted, free).order_by(table.c.id).limit(limit).with_for_update(skip_locked=True)
    rows = connection.execute(query).all()
    change_rows(connection, table, [row.id for row in rows], {"taken_by": lease.worker, "taken_at": now}, wanted)
    return rows


def release_rows(
    connection: Connection, table: Table, ids: Sequence[int], lease: Lease, wanted: ColumnElement[bool]
) -> None:
    """Gives rows of a condition back; those that another worker took since, after the lease, stay that one's."""
    nobody = {"taken_by": None, "taken_at": None}
    change_rows(connection, table, ids, nobody, wanted & (table.c.taken_by == lease.worker))


def change_rows(
    connection: Connection,
    table: Table,
    ids: Sequence[int],
    values: dict[str, Any],
    wanted: ColumnElement[bool],
) -> None:
    """Changes the rows of some ids for which a condition holds."""
    for part in in_parts(ids):
        own = table.c.id.in_(part)
        connection.execute(update(table).where(own, wanted).values(**values))
