"""Stores what came back of a campaign's contacts: delivered, opened, clicked, failed, opted out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import Connection, DateTime, func, select, type_coerce, update

from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.campaigns import lock_plans
from retail_brain.operational.database import Database, in_parts
from retail_brain.operational.frames import Schema, read_frame
from retail_brain.operational.tables import (
    CAMPAIGN_CONTACTS,
    CAMPAIGN_RECEIPTS,
    CAMPAIGNS,
    GUIDE_TASKS,
    TRIGGER_FIRINGS,
)
from retail_brain.table_schemas import ANY_CHANNEL
from retail_brain.which_day import clock_day

KINDS = ("delivered", "opened", "clicked", "failed", "opted_out")
_PROOFS = ("delivered", "opened", "clicked")
"""Kinds of reports that say that a contact was made, by whichever way it was handed over."""
_UNSENT = ("planned", "withdrawn")
"""States of contacts that a report shows to have been made."""
OPT_OUTS: Schema = {"customer_id": pl.String, "channel": pl.String, "at": pl.Datetime("us")}
"""One row per opt-out; `at` in UTC, without zone."""
Cards = Callable[[str], Sequence[str]]
"""Gives every customer id of a person by one of them."""


def _own_card(customer_id: str) -> list[str]:
    """Cards where nobody has several."""
    return [customer_id]


@dataclass(frozen=True)
class ContactReceipt:
    """One report on a contact.

    Attributes:
        receipt_id: idempotency key of the sender: the same one counts once.
        channel: of the contact; an opt-out closes it for this person.
        kind: one of KINDS.
        at: when it happened (UTC).
    """

    receipt_id: str
    campaign_id: str
    customer_id: str
    channel: str
    kind: str
    at: datetime


def store_receipts(
    tenant: str,
    database: Database,
    receipts: Sequence[ContactReceipt],
    *,
    by: str,
    now: datetime,
    cards: Cards = _own_card,
) -> int:
    """Stores receipts, each once; returns how many are new.

    A new opt-out takes back at once what campaigns, triggers and lists of guides still plan for this person by this
    channel, whatever the card.

    Args:
        tenant: whose campaigns.
        database: where they are.
        receipts: that came.
        by: who sent them.
        now: when.
        cards: gives every customer id of a person by one of them.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        return append_receipts(tenant, database, connection, receipts, by=by, now=now, cards=cards)


def append_receipts(
    tenant: str,
    database: Database,
    connection: Connection,
    receipts: Sequence[ContactReceipt],
    *,
    by: str,
    now: datetime,
    cards: Cards = _own_card,
) -> int:
    """The same within the caller's transaction, so that whatever told of them is stored with them."""
    if not receipts:
        return 0
    proofs = [one for one in receipts if one.kind in _PROOFS]
    if any(one.kind == "opted_out" for one in receipts) or _unsent(tenant, connection, proofs):
        # who plans contacts meanwhile sees the refusal, or the late report, in `contacts_mark`, or their plans are
        # there to be taken back
        lock_plans(tenant, connection)
    rows: list[dict[str, Any]] = [asdict(one) | {"tenant_id": tenant, "noted_at": now} for one in receipts]
    before = _known(tenant, connection, [one.receipt_id for one in receipts])
    new = database.insert_new(connection, CAMPAIGN_RECEIPTS, rows, ["tenant_id", "receipt_id"])
    for one in receipts:
        if one.kind == "opted_out" and one.receipt_id not in before:
            take_back_within(tenant, connection, cards(one.customer_id), one.channel)
    _note_made(tenant, connection, proofs, now)
    details = {kind: sum(one.kind == kind for one in receipts) for kind in KINDS}
    append_audit(tenant, connection, AuditEntry(now, by, "campaign.receipts", f"{new} new", details))
    return new


def _note_made(tenant: str, connection: Connection, receipts: Sequence[ContactReceipt], now: datetime) -> None:
    """Notes that contacts were made, on their planned day, which no push of this program handed over.

    A stop withdraws what was sent elsewhere before, and whose reports come later: those were made all the same. Where
    a contact did not count any more, as its campaign was stopped or over, `plans_mark` moves; it does not where the
    contact counts as it did, so that reports of what runs do not keep others from planning.
    """
    table = CAMPAIGN_CONTACTS.c
    rows = _unsent(tenant, connection, receipts)
    made = {"state": "sent", "sent_on": func.coalesce(table.sent_on, table.day)}
    for part in in_parts([row.id for row in rows]):
        connection.execute(update(CAMPAIGN_CONTACTS).where(table.id.in_(part)).values(**made))
    campaigns = CAMPAIGNS.c
    for part in in_parts(sorted({row.campaign_id for row in rows})):
        own = (campaigns.tenant_id == tenant) & campaigns.campaign_id.in_(part)
        query = select(campaigns.id, campaigns.campaign_id, campaigns.state, campaigns.definition).where(own)
        for known in connection.execute(query).all():
            late = sum(
                row.state == "withdrawn" or known.state == "stopped" or _is_over(row, known.definition, now)
                for row in rows
                if row.campaign_id == known.campaign_id
            )
            if late:
                number = func.coalesce(campaigns.reported_late, 0) + late
                connection.execute(update(CAMPAIGNS).where(campaigns.id == known.id).values(reported_late=number))


def _unsent(tenant: str, connection: Connection, receipts: Sequence[ContactReceipt]) -> list[Any]:
    """Rows of the contacts that receipts are about, which nobody is known to have made: id, campaign, state, end."""
    table, found = CAMPAIGN_CONTACTS.c, list[Any]()
    for campaign_id in sorted({one.campaign_id for one in receipts}):
        named = sorted({one.customer_id for one in receipts if one.campaign_id == campaign_id})
        own = (table.tenant_id == tenant) & (table.campaign_id == campaign_id) & table.state.in_(_UNSENT)
        query = select(table.id, table.campaign_id, table.state, table.ends_on).where(own, table.held.is_(False))
        for part in in_parts(named):
            found += connection.execute(query.where(table.customer_id.in_(part))).all()
    return found


def _is_over(contact: Any, definition: Mapping[str, Any], now: datetime) -> bool:
    """Whether a contact may not count any more, as its campaign, or the goods, ended before the end of a day.

    Answers may know the day of the clock already, and none after it; a campaign without a known end may be over.
    """
    today = clock_day(now)
    return str(definition.get("ends_on", "")) <= (today + timedelta(days=1)).isoformat() or (
        contact.ends_on is not None and contact.ends_on <= today
    )


def take_back(
    tenant: str, database: Database, customer_ids: Sequence[str], channel: str, *, by: str, now: datetime
) -> int:
    """Takes back what is still planned for people who refuse a channel (`any`: all of them); returns how much it was.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        # contacts that somebody plans meanwhile are there to be taken back
        lock_plans(tenant, connection)
        taken = take_back_within(tenant, connection, customer_ids, channel)
        append_audit(tenant, connection, AuditEntry(now, by, "contacts.refused", channel, {"contacts": taken}))
        return taken


def take_back_within(tenant: str, connection: Connection, customer_ids: Sequence[str], channel: str) -> int:
    """Takes back, within the caller's transaction, what is still planned for some accounts by a channel (`any`: all).

    Returns how many contacts of campaigns, messages of triggers and lines of guides' lists it was.
    """
    taken = 0
    for table, planned in ((CAMPAIGN_CONTACTS, "planned"), (TRIGGER_FIRINGS, "taken"), (GUIDE_TASKS, "open")):
        still = (table.c.tenant_id == tenant) & (table.c.state == planned) & table.c.held.is_(False)
        if channel != ANY_CHANNEL:
            still &= table.c.channel == channel
        for part in in_parts(customer_ids):
            named = still & table.c.customer_id.in_(part)
            taken += connection.execute(update(table).where(named).values(state="opted_out")).rowcount
    return taken


def _known(tenant: str, connection: Connection, receipt_ids: Sequence[str]) -> set[str]:
    """Those of the ids that are stored already."""
    table, known = CAMPAIGN_RECEIPTS.c, set[str]()
    for part in in_parts(receipt_ids):
        named = table.receipt_id.in_(part)
        known.update(connection.execute(select(table.receipt_id).where(table.tenant_id == tenant, named)).scalars())
    return known


def stored_receipts(tenant: str, database: Database, receipt_ids: Sequence[str]) -> dict[str, ContactReceipt]:
    """The receipts that are stored under some ids, by id.

    Raises:
        UnavailableError: the database does not answer.
    """
    table, names = CAMPAIGN_RECEIPTS.c, [one.name for one in fields(ContactReceipt)]
    query = select(*(table[name] for name in names)).where(table.tenant_id == tenant)
    with database.reading() as connection:
        return {
            row.receipt_id: ContactReceipt(**{name: getattr(row, name) for name in names})
            for part in in_parts(receipt_ids)
            for row in connection.execute(query.where(table.receipt_id.in_(part)))
        }


def opt_outs(tenant: str, database: Database, after: int = 0) -> pl.DataFrame:
    """Columns OPT_OUTS: every opt-out that came back, in order of arrival.

    Args:
        tenant: whose campaigns.
        database: where they are.
        after: only rows of a higher number, such as the newest one that is known (`opt_outs_mark`).

    Raises:
        UnavailableError: the database does not answer.
    """
    table = CAMPAIGN_RECEIPTS.c
    # plain moments: a million of them are no objects with a zone
    query = select(table.customer_id, table.channel, type_coerce(table.at, DateTime()))
    own = (table.tenant_id == tenant) & (table.kind == "opted_out") & (table.id > after)
    return read_frame(database, query.where(own).order_by(table.id), OPT_OUTS)


def opt_outs_mark(tenant: str, database: Database) -> tuple[int, int]:
    """A value that differs after every opt-out, and after refusals were taken back. Cheap to poll.

    Opt-outs of a tenant are stored one after another (`lock_plans`), so that none appears below the newest. Reports of
    other kinds are not: on a server one of a higher number may be there before an opt-out that was begun earlier.

    Returns:
        Number of the newest opt-out, and how many there are: of one moment, so that they belong together.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = CAMPAIGN_RECEIPTS.c
    query = select(func.max(table.id), func.count()).where(table.tenant_id == tenant, table.kind == "opted_out")
    with database.reading() as connection:
        newest, number = connection.execute(query).one()
        return newest or 0, number


def receipt_counts(tenant: str, database: Database, campaign_id: str) -> dict[str, int]:
    """People of a campaign by kind of receipt.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = CAMPAIGN_RECEIPTS.c
    people = func.count(func.distinct(table.customer_id)).label("people")
    query = select(table.kind, people).where(table.tenant_id == tenant, table.campaign_id == campaign_id)
    with database.reading() as connection:
        found = {row.kind: row.people for row in connection.execute(query.group_by(table.kind))}
    return {kind: found.get(kind, 0) for kind in KINDS}
