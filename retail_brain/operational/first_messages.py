"""Reads what triggers and guides told people of as columns: counts where they are enough, else each person's first.

Years of messages are far more rows than people, so the database counts and orders them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Column, ColumnElement, Select, and_, func, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from retail_brain.operational.database import Database
from retail_brain.operational.frames import read_frame
from retail_brain.operational.repeated_contacts import CAMPAIGN_PREFIX, DAILY
from retail_brain.operational.tables import GUIDE_TASKS, TRIGGER_FIRINGS

MESSAGES = {
    "is_first": pl.Boolean,
    "customer_id": pl.String,
    "channel": pl.String,
    "day": pl.Date,
    "held": pl.Boolean,
    "product_id": pl.String,
}
"""Columns of `first_messages`."""
_WAS_MADE = ("sent", "open", "done", "not_reached", "bought", "refused", "opted_out")
"""States of messages, and of lines of guides, that reached the person or a guide."""
REACHED = {
    "customer_id": pl.String,
    "held": pl.Boolean,
    "channel": pl.String,
    "day": pl.Date,
    "store_id": pl.String,
    "segment": pl.String,
    "probability": pl.Float64,
}
"""Columns of `reached_people`."""
_TOLD = {"customer_id": pl.String, "product_id": pl.String}


@dataclass(frozen=True)
class MessageCounts:
    """How much a trigger, or the guides' lists, decided.

    Attributes:
        first_day, last_day: of the contacts, as they were decided.
        people: who were told or held out.
    """

    first_day: date
    last_day: date
    people: int


def message_counts(tenant: str, database: Database, until: date) -> Mapping[str, MessageCounts]:
    """Campaign id -> counts of each trigger, and of the guides' daily lists, that decided a message until a day.

    Raises:
        UnavailableError: the database does not answer.
    """
    fired, tasks = TRIGGER_FIRINGS.c, GUIDE_TASKS.c
    by_trigger = (
        select(fired.trigger_id, func.min(fired.day), func.max(fired.day), func.count(fired.person_id.distinct()))
        .where(_decided(tenant, until))
        .group_by(fired.trigger_id)
    )
    of_guides = select(func.min(tasks.day), func.max(tasks.day), func.count(tasks.person_id.distinct())).where(
        _listed(tenant, until)
    )
    with database.reading() as connection:
        found = {CAMPAIGN_PREFIX + name: MessageCounts(*row) for name, *row in connection.execute(by_trigger)}
        lines = MessageCounts(*connection.execute(of_guides).one())
    return found | ({DAILY: lines} if lines.people else {})


def first_messages(tenant: str, database: Database, campaign_id: str, until: date) -> pl.DataFrame:
    """Columns MESSAGES: the first message of each person, then the later ones that were made, each by day.

    Args:
        tenant: whose.
        database: where they are.
        campaign_id: of a trigger's contacts, or DAILY.
        until: last day of the contacts, as they were decided.

    Raises:
        UnavailableError: the database does not answer.
    """
    return read_frame(database, _messages(tenant, campaign_id, until), MESSAGES)


def reached_people(tenant: str, database: Database, campaign_id: str) -> pl.DataFrame:
    """Columns REACHED: the first message of each person, made or withheld, whichever card it was for.

    Args:
        tenant: whose.
        database: where they are.
        campaign_id: of a trigger's contacts, or DAILY.

    Raises:
        UnavailableError: the database does not answer.
    """
    table, own, order = _own(tenant, campaign_id, None)
    numbered = select(
        func.row_number().over(partition_by=table.person_id, order_by=order).label("place"),
        *dict.fromkeys([*(table[name] for name in REACHED), *order]),
    ).where(own)
    found = numbered.subquery().c
    query = select(*(found[name] for name in REACHED)).where(found.place == 1)
    query = query.order_by(*(found[column.name] for column in order))
    return read_frame(database, query, REACHED)


def told_goods(tenant: str, database: Database, campaign_id: str) -> pl.DataFrame:
    """One row per person, under the customer id of their first message, x product that any of their messages named.

    Args:
        tenant: whose.
        database: where they are.
        campaign_id: of a trigger's contacts, or DAILY.

    Raises:
        UnavailableError: the database does not answer.
    """
    table, own, order = _own(tenant, campaign_id, None)
    first = func.first_value(table.customer_id).over(partition_by=table.person_id, order_by=order)
    found = select(first.label("customer_id"), table.product_id).where(own).subquery().c
    query = select(found.customer_id, found.product_id).where(found.product_id.is_not(None)).distinct()
    return read_frame(database, query, _TOLD)


def _messages(tenant: str, campaign_id: str, until: date) -> Select[tuple[object, ...]]:
    table, own, order = _own(tenant, campaign_id, until)
    was_made = and_(table.held.is_(False), table.state.in_(_WAS_MADE))
    numbered = select(
        func.row_number().over(partition_by=table.person_id, order_by=order).label("place"),
        func.row_number().over(order_by=order).label("number"),
        was_made.label("was_made"),
        *(table[name] for name in ("customer_id", "channel", "day", "held", "product_id")),
    ).where(own)
    found = numbered.subquery().c
    is_first = found.place == 1
    return (
        select(is_first, found.customer_id, found.channel, found.day, found.held, found.product_id)
        .where(is_first | found.was_made)
        .order_by(is_first.desc(), found.number)
    )


def _own(
    tenant: str, campaign_id: str, until: date | None
) -> tuple[ReadOnlyColumnCollection[str, Column[Any]], ColumnElement[bool], list[Column[Any]]]:
    """Columns of the table that holds the messages of a campaign id, which rows are its own, and how they count."""
    if campaign_id == DAILY:
        table = GUIDE_TASKS.c
        return table, _listed(tenant, until), [table.day, table.guide_id, table.rank, table.id]
    table = TRIGGER_FIRINGS.c
    own = _decided(tenant, until) & (table.trigger_id == campaign_id.removeprefix(CAMPAIGN_PREFIX))
    return table, own, [table.day, table.id]


def _decided(tenant: str, until: date | None) -> ColumnElement[bool]:
    """Firings that were decided, for contact or the holdout, until a day; None: whenever."""
    table = TRIGGER_FIRINGS.c
    return and_(table.tenant_id == tenant, table.held.is_not(None), *_until(table.day, until))


def _listed(tenant: str, until: date | None) -> ColumnElement[bool]:
    """Lines of the guides' daily lists until a day; None: whenever."""
    table = GUIDE_TASKS.c
    return and_(table.tenant_id == tenant, table.source == DAILY, table.state != "withdrawn", *_until(table.day, until))


def _until(day: Column[Any], until: date | None) -> list[ColumnElement[bool]]:
    return [] if until is None else [day <= until]
