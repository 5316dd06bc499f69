"""Leases on rows that a worker hands over: nobody else does until they are done, given back or the lease ends.

A lease ends with its time, and before it where the process of its worker is known to be over: one of this machine.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, or_, select, update

from retail_brain.operational.database import in_parts
from retail_brain.processes import has_ended, kernel_prefix, process_name


def _worker() -> str:
    """A name of nobody else, from which those beside this process can tell when it is over."""
    return f"{process_name()}.{secrets.token_hex(4)}"


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
    worker: str = field(default_factory=_worker)
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
    free = or_(table.c.taken_by.is_(None), _is_over(connection, table, wanted, lease))
    query = select(table).where(wanted, free).order_by(table.c.id).limit(limit).with_for_update(skip_locked=True)
    rows = connection.execute(query).all()
    change_rows(connection, table, [row.id for row in rows], {"taken_by": lease.worker, "taken_at": lease.now}, wanted)
    return rows


def left_by_one(
    connection: Connection, table: Table, wanted: ColumnElement[bool], lease: Lease
) -> ColumnElement[bool] | None:
    """Condition on the rows that one worker left whose lease is over; None where there are no such rows.

    Taken alone they are what that worker had in hand, so that a receiver who heard of it already knows the repeat.
    """
    left = wanted & table.c.taken_by.is_not(None) & _is_over(connection, table, wanted, lease)
    first = select(table.c.taken_by).where(left).order_by(table.c.id).limit(1)
    worker = connection.execute(first).scalar_one_or_none()
    return None if worker is None else table.c.taken_by == worker


def _is_over(connection: Connection, table: Table, wanted: ColumnElement[bool], lease: Lease) -> ColumnElement[bool]:
    """Condition on rows that are held: the time of their lease is over, or the process of their worker is."""
    too_old, prefix = table.c.taken_at < lease.now - lease.length, kernel_prefix()
    if prefix is None:
        return too_old
    beside = select(table.c.taken_by).where(wanted, table.c.taken_by.startswith(prefix, autoescape=True)).distinct()
    ended = [worker for worker in connection.execute(beside).scalars() if has_ended(worker)]
    return too_old | table.c.taken_by.in_(ended)


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
