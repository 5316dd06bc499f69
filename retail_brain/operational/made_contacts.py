"""Reads contacts made or withheld by campaigns, triggers and guides, and what came of lines, as columns."""

from datetime import date, datetime, time
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from retail_brain.operational.campaign_contacts import contact_id
from retail_brain.operational.database import Database
from retail_brain.operational.frames import Schema, read_frame
from retail_brain.operational.repeated_contacts import CAMPAIGN_PREFIX, DAILY
from retail_brain.operational.tables import CAMPAIGN_CONTACTS, CAMPAIGN_RECEIPTS, EVENTS, GUIDE_TASKS, TRIGGER_FIRINGS
from retail_brain.operational.trigger_firings import message_id

CONTACTS: Schema = {
    "campaign_id": pl.String,
    "customer_id": pl.String,
    "channel": pl.String,
    "contacted_at": pl.Datetime("us"),
    "is_holdout": pl.Boolean,
    "attribution_id": pl.String,
    "product_id": pl.String,
}
"""One row per contact made or withheld; `contacted_at` in business time."""
CLICKS: Schema = {"campaign_id": pl.String, "customer_id": pl.String, "clicked_at": pl.Datetime("us")}
"""One row per click, in order of arrival; `clicked_at` in business time."""
DEEDS: Schema = {"attribution_id": pl.String, "product_id": pl.String, "occurred_at": pl.Datetime("us")}
"""One row per event that names a contact and is a response to it, in order of arrival."""
OUTCOMES: Schema = {"guide_id": pl.String, "state": pl.String, "lines": pl.Int64}
"""One row per guide x state of their lines."""
TALKS: Schema = {"guide_id": pl.String, "customer_id": pl.String, "talked_on": pl.Date}
"""One row per line after which a guide spoke to the person."""
_TALKED = ("done", "bought", "refused")
"""Outcomes of a line after which a guide has spoken to the person."""
_CREDITED = ("done", "bought")
"""Outcomes after which a purchase is credited."""
_SHOWN = "impression"
"""Type of event that is no response: something was shown."""
_HELD_AT = time(12)
"""Hour of contacts withheld by a trigger or a list, and of those handed over before their day: any, always the same."""


def made_contacts(tenant: str, database: Database) -> pl.DataFrame:
    """Columns CONTACTS: campaigns' in the order of planning, then triggers', then those of the guides' daily lists.

    Each has the attribution id that its receiver knows. Planned ones and those taken back are none.

    Raises:
        UnavailableError: the database does not answer.
    """
    planned, fired, lines = CAMPAIGN_CONTACTS.c, TRIGGER_FIRINGS.c, GUIDE_TASKS.c
    by_campaign = (
        select(
            planned.campaign_id,
            planned.customer_id,
            planned.channel,
            planned.day,
            planned.hour,
            planned.sent_on,
            planned.held,
            planned.product_id,
        )
        .where(planned.tenant_id == tenant, or_(planned.state == "sent", planned.held))
        .order_by(planned.id)
    )
    by_trigger = (
        select(
            fired.trigger_id,
            fired.customer_id,
            fired.channel,
            fired.day,
            fired.sent_on,
            fired.sent_at,
            fired.state,
            fired.product_id,
        )
        .add_columns(fired.person_id, fired.cause)
        .where(fired.tenant_id == tenant, fired.state.in_(("sent", "held")))
        .order_by(fired.id)
    )
    listed = (
        select(
            lines.customer_id, lines.channel, lines.day, lines.answered_at, lines.held, lines.task_id, lines.product_id
        )
        .where(lines.tenant_id == tenant, lines.source == DAILY, or_(lines.held, lines.state.in_(_TALKED)))
        .order_by(lines.day, lines.guide_id, lines.rank, lines.id)
    )
    return pl.concat(
        [
            read_frame(database, by_campaign, CONTACTS, _of_campaign),
            read_frame(database, by_trigger, CONTACTS, _of_trigger),
            read_frame(database, listed, CONTACTS, _of_line),
        ]
    )


def made_clicks(tenant: str, database: Database) -> pl.DataFrame:
    """Columns CLICKS: every click that came back.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = CAMPAIGN_RECEIPTS.c
    query = select(table.campaign_id, table.customer_id, table.at).where(
        table.tenant_id == tenant, table.kind == "clicked"
    )
    return read_frame(
        database, query.order_by(table.id), CLICKS, lambda one: (one.campaign_id, one.customer_id, _local(one.at))
    )


def deeds(tenant: str, database: Database) -> pl.DataFrame:
    """Columns DEEDS.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = EVENTS.c
    own = and_(table.tenant_id == tenant, table.attribution_id.is_not(None), table.event_type != _SHOWN)
    query = select(table.attribution_id, table.product_id, table.occurred_at).where(own)
    return read_frame(database, query.order_by(table.id), DEEDS)


def outcomes_of_lines(tenant: str, database: Database, since: date | None, as_of: date) -> pl.DataFrame:
    """Columns OUTCOMES, of lines that guides saw: of a day until `as_of`, or answered; since a day, None: all.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = GUIDE_TASKS.c
    query = select(table.guide_id, table.state, func.count()).where(_seen_lines(tenant, since, as_of))
    return read_frame(database, query.group_by(table.guide_id, table.state), OUTCOMES)


def credited_talks(tenant: str, database: Database, since: date | None, as_of: date) -> pl.DataFrame:
    """Columns TALKS, of the same lines: those after which a purchase is credited, on the day of the answer.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = GUIDE_TASKS.c
    query = select(table.guide_id, table.customer_id, table.day, table.answered_at).where(
        _seen_lines(tenant, since, as_of), table.state.in_(_CREDITED)
    )
    return read_frame(database, query.order_by(table.day, table.guide_id, table.rank, table.id), TALKS, _talk)


def _seen_lines(tenant: str, since: date | None, as_of: date) -> ColumnElement[bool]:
    table = GUIDE_TASKS.c
    own = and_(table.tenant_id == tenant, ~table.held, table.state != "withdrawn")
    if since is not None:
        own &= table.day >= since
    return own & or_(table.day <= as_of, table.answered_at.is_not(None))


def _talk(row: Row[Any]) -> tuple[object, ...]:
    answered = _local(row.answered_at)
    return row.guide_id, row.customer_id, row.day if answered is None else answered.date()


def _of_campaign(row: Row[Any]) -> tuple[object, ...]:
    at = datetime.combine(row.sent_on or row.day, time(row.hour))
    name = contact_id(row.campaign_id, row.customer_id)
    return row.campaign_id, row.customer_id, row.channel, at, row.held, name, row.product_id


def _of_trigger(row: Row[Any]) -> tuple[object, ...]:
    day, sent = row.sent_on or row.day, _local(row.sent_at)
    # caps count the day of the contact, and on an evening that the answers know messages of the next day go out
    at = sent if sent is not None and sent.date() == day else datetime.combine(day, _HELD_AT)
    about = CAMPAIGN_PREFIX + row.trigger_id, row.customer_id, row.channel, at
    return *about, row.state == "held", message_id(row.trigger_id, row.person_id, row.cause), row.product_id


def _of_line(row: Row[Any]) -> tuple[object, ...]:
    at = _local(row.answered_at) or datetime.combine(row.day, _HELD_AT)
    return DAILY, row.customer_id, row.channel, at, row.held, row.task_id, row.product_id


def _local(at: datetime | None) -> datetime | None:
    """An instant in business time: the machine's zone."""
    return None if at is None else at.astimezone().replace(tzinfo=None, microsecond=0)
