"""Shows what triggers fired, a page or counts at a time: of everybody, or of the people whom somebody may see."""

from collections.abc import Callable, Iterator
from itertools import islice

from sqlalchemy import ColumnElement, Connection, func, select

from retail_brain.operational.database import Database
from retail_brain.operational.tables import TRIGGER_FIRINGS
from retail_brain.operational.trigger_firings import Firing, stored_firing

_PART_ROWS = 20_000
"""Rows that are held at once: some MB. Chosen by judgement, not measured."""
IsSeen = Callable[[str], bool]
"""Whether somebody may see a customer."""


def firings_page(
    tenant: str,
    database: Database,
    trigger_id: str,
    state: str | None,
    *,
    limit: int,
    offset: int,
    is_seen: IsSeen | None = None,
) -> tuple[list[Firing], int]:
    """One page of what a trigger fired, in the order of noting, and how many there are in all.

    Args:
        tenant: whose.
        database: where they are.
        trigger_id: of one trigger.
        state: only of this state; None: of any.
        limit: most of them.
        offset: passed over before the page.
        is_seen: only of customers who may be seen; None: of all.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = TRIGGER_FIRINGS.c
    own = (table.tenant_id == tenant) & (table.trigger_id == trigger_id)
    if state is not None:
        own &= table.state == state
    page = select(TRIGGER_FIRINGS).order_by(table.id)
    with database.reading() as connection:
        if is_seen is None:
            total = connection.execute(select(func.count()).select_from(TRIGGER_FIRINGS).where(own)).scalar_one()
            page = page.where(own).limit(limit).offset(offset)
        else:
            seen = _seen_ids(connection, own, is_seen)
            before = sum(1 for _ in islice(seen, offset))
            ids = list(islice(seen, limit))
            total = before + len(ids) + sum(1 for _ in seen)
            page = page.where(table.id.in_(ids))
        return [stored_firing(row) for row in connection.execute(page)], total


def firing_counts(tenant: str, database: Database, is_seen: IsSeen | None = None) -> dict[str, dict[str, int]]:
    """Firings by trigger and by state; dropped ones by their reason too, as `dropped:CODE`.

    Args:
        tenant: whose.
        database: where they are.
        is_seen: only of customers who may be seen; None: of all.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = TRIGGER_FIRINGS.c
    by = [table.trigger_id, table.state, table.code] + ([] if is_seen is None else [table.customer_id])
    query = select(*by, func.count().label("number")).where(table.tenant_id == tenant).group_by(*by)
    counts: dict[str, dict[str, int]] = {}
    with database.reading() as connection:
        for row in connection.execution_options(yield_per=_PART_ROWS).execute(query):
            if is_seen is not None and not is_seen(row.customer_id):
                continue
            own = counts.setdefault(row.trigger_id, {})
            for name in [row.state] + ([] if row.code is None else [f"dropped:{row.code}"]):
                own[name] = own.get(name, 0) + row.number
    return counts


def _seen_ids(connection: Connection, own: ColumnElement[bool], is_seen: IsSeen) -> Iterator[int]:
    table = TRIGGER_FIRINGS.c
    query = select(table.id, table.customer_id).where(own).order_by(table.id)
    for row in connection.execution_options(yield_per=_PART_ROWS).execute(query):
        if is_seen(row.customer_id):
            yield row.id
