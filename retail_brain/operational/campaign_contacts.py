"""Stores whom an approved campaign contacts and holds out: frozen at the approval, the plan of all later caps."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, select, update

from retail_brain.errors import ImpossibleError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.campaigns import Change, StoredCampaign, advance, insert_rows, lock_plans, locked_campaign
from retail_brain.operational.database import Database, in_parts
from retail_brain.operational.leases import Lease, change_rows, release_rows, take_rows
from retail_brain.operational.repeated_contacts import ContactsMark, contacts_mark
from retail_brain.operational.tables import CAMPAIGN_CONTACTS

_TO_SEND = (CAMPAIGN_CONTACTS.c.state == "planned") & CAMPAIGN_CONTACTS.c.held.is_(False)


@dataclass(frozen=True)
class CampaignContact:
    """One person of an approved campaign.

    Attributes:
        group: `contact`, or `holdout`: measured and never contacted; channel, day and hour are those it would have had.
        hour: 0 to 23, of the shop's day.
        store_id: the person's shop; None where none is known.
        product_id: the product they are told of.
        probability: of buying it.
        caused: purchases of any of the goods that the contact is expected to cause.
        expected_value: money of these, less the cost of the contact; None where no price is known.
        segment: stage of the person at the approval.
        ends_on: last day on which the product can be had; None where no end is known.
    """

    customer_id: str
    group: str
    channel: str
    day: date
    hour: int
    store_id: str | None
    product_id: str
    probability: float
    caused: float
    expected_value: float | None
    segment: str | None
    ends_on: date | None = None


def contact_id(campaign_id: str, customer_id: str) -> str:
    """Attribution id of a contact for receivers: the same at every repeat, and it names nobody."""
    return hashlib.sha256(f"{campaign_id}\x1f{customer_id}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class PlannedContact:
    """A contact of an approved campaign with its state: `planned`, `sent`, `opted_out`, or `withdrawn` by a stop.

    Attributes:
        sent_on: day on which it was sent, or a push that took it is sending it: later than that of the plan where it
            was late; None where it was not sent.
        taken_by: the push that took it and did not give it back; None where there is none.
    """

    campaign_id: str
    state: str
    contact: CampaignContact
    sent_on: date | None = None
    taken_by: str | None = None

    @property
    def counted_on(self) -> date:
        """Day of the contact: that on which it was sent, else the planned one."""
        return self.sent_on or self.contact.day


@dataclass
class Moving:
    """Late contacts move to another day: only while the plans that their caps were counted under are the same.

    Attributes:
        today: the new day of contacts that were planned for an earlier one.
        mark: result of `read_contacts_mark` before the caps were counted; `take_contacts` puts the one after it here.
    """

    today: date
    mark: ContactsMark


def approve_campaign(
    database: Database,
    change: Change,
    contacts: Sequence[CampaignContact],
    mark: ContactsMark,
    preview: Mapping[str, Any] | None = None,
) -> StoredCampaign | None:
    """Approves a previewed campaign and freezes its people; None where another approval or stop came in between.

    Args:
        database: where it is.
        change: who approves which version.
        contacts: its people, worked out under the plans that `mark` stands for.
        mark: result of `read_contacts_mark` before they were worked out.
        preview: numbers of these people, which stay with the campaign; None: those of its last preview do.

    Raises:
        ConflictError: somebody else changed it since that version.
        NotFoundError: there is no such campaign.
        ImpossibleError: it was not previewed, or is approved already.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        lock_plans(change.tenant, connection)
        if contacts_mark(change.tenant, connection) != mark:
            return None
        values = {"state": "approved", "approved_by": change.by, "approved_at": change.now}
        values |= {} if preview is None else {"preview": dict(preview)}
        counted = {group: sum(one.group == group for one in contacts) for group in ("contact", "holdout")}
        approved = advance(connection, change, ("previewed",), values, "campaign.approved", details=counted)
        own = {"tenant_id": change.tenant, "campaign_id": change.campaign_id, "state": "planned"}
        rows = [own | _row(one) | {"contact_id": contact_id(change.campaign_id, one.customer_id)} for one in contacts]
        insert_rows(connection, CAMPAIGN_CONTACTS, rows)
        return approved


def stop_campaign(
    database: Database, change: Change, reason: str, today: date, rule: Mapping[str, Any] | None = None
) -> StoredCampaign:
    """Stops an approved campaign: contacts planned for `today` or later are withdrawn and free caps and stock.

    The same once more by the same person, as where the answer was lost, changes nothing.

    Args:
        database: where it is.
        change: who stops which version.
        reason: why, in words.
        today: first day whose contacts are withdrawn.
        rule: the rule that stops it, with its numbers; None: a person does.

    Raises:
        ConflictError: somebody else changed it since that version.
        NotFoundError: there is no such campaign.
        ImpossibleError: it is not approved.
        UnavailableError: the database does not answer.
    """
    if not reason.strip():
        raise ImpossibleError("a campaign is stopped with a reason; got none. Say why.", {"problem": "stop_reason"})
    with database.writing() as connection:
        lock_plans(change.tenant, connection)
        values = {"state": "stopped", "stopped_by": change.by, "stopped_at": change.now, "stop_reason": reason}
        values["stop_rule"] = None if rule is None else dict(rule)
        present = locked_campaign(connection, change)
        if (present.state, present.stopped_by, present.stop_reason) == ("stopped", change.by, reason):
            return present
        stopped = advance(connection, change, ("approved",), values, "campaign.stopped", details={"reason": reason})
        table = CAMPAIGN_CONTACTS.c
        later = (table.tenant_id == change.tenant) & (table.campaign_id == change.campaign_id) & (table.day >= today)
        connection.execute(update(CAMPAIGN_CONTACTS).where(later, table.state == "planned").values(state="withdrawn"))
        return stopped


def campaign_contacts(
    tenant: str, database: Database, campaign_id: str | None = None, *, since: date | None = None
) -> list[PlannedContact]:
    """The people of a campaign in the order in which they were ranked.

    Args:
        tenant: whose campaigns.
        database: where they are.
        campaign_id: of one campaign; None: of all.
        since: only contacts of this day or later, as they were planned or sent; None: of any.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(CAMPAIGN_CONTACTS).where(CAMPAIGN_CONTACTS.c.tenant_id == tenant)
    if campaign_id is not None:
        query = query.where(CAMPAIGN_CONTACTS.c.campaign_id == campaign_id)
    if since is not None:
        query = query.where(func.coalesce(CAMPAIGN_CONTACTS.c.sent_on, CAMPAIGN_CONTACTS.c.day) >= since)
    with database.reading() as connection:
        return [_planned(row) for row in connection.execute(query.order_by(CAMPAIGN_CONTACTS.c.id))]


def handed_over(tenant: str, database: Database, campaign_ids: Sequence[str]) -> set[str]:
    """Ids of the campaigns, of some, of which a contact is known to have gone out, or is in the hands of a push.

    Args:
        tenant: whose campaigns.
        database: where they are.
        campaign_ids: asked about; the contacts of others, of all the years, are not read.

    Raises:
        UnavailableError: the database does not answer.
    """
    table, found = CAMPAIGN_CONTACTS.c, set[str]()
    gone = (table.tenant_id == tenant) & ((table.state == "sent") | table.taken_by.is_not(None))
    with database.reading() as connection:
        for part in in_parts(campaign_ids):
            own = gone & table.campaign_id.in_(part)
            found.update(connection.execute(select(table.campaign_id).where(own).distinct()).scalars())
    return found


def drawn_counts(tenant: str, database: Database) -> dict[str, int]:
    """Campaign id -> people drawn for it, for contact or the holdout, withdrawn ones too.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = CAMPAIGN_CONTACTS.c
    query = select(table.campaign_id, func.count()).where(table.tenant_id == tenant).group_by(table.campaign_id)
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def contacts_page(
    tenant: str, database: Database, campaign_id: str, group: str | None, *, limit: int, offset: int
) -> tuple[list[PlannedContact], int]:
    """One page of the people of a campaign in the order in which they were ranked, and how many there are in all.

    Args:
        tenant: whose campaign.
        database: where it is.
        campaign_id: of it.
        group: only `contact` or `holdout`; None: both.
        limit: most of them.
        offset: passed over before the page.

    Raises:
        UnavailableError: the database does not answer.
    """
    own = _of_campaign(tenant, campaign_id)
    if group is not None:
        own &= CAMPAIGN_CONTACTS.c.held.is_(group == "holdout")
    page = select(CAMPAIGN_CONTACTS).where(own).order_by(CAMPAIGN_CONTACTS.c.id).limit(limit).offset(offset)
    counted = select(func.count()).select_from(CAMPAIGN_CONTACTS).where(own)
    with database.reading() as connection:
        return [_planned(row) for row in connection.execute(page)], connection.execute(counted).scalar_one()


def take_contacts(
    tenant: str,
    database: Database,
    campaign_id: str,
    contacts: Sequence[CampaignContact],
    lease: Lease,
    moving: Moving | None = None,
) -> list[CampaignContact] | None:
    """Those of some contacts that are planned still and that nobody hands over at present, in the order of the plan.

    They are the worker's until the lease ends.

    Args:
        tenant: whose campaign.
        database: where it is.
        campaign_id: of it.
        contacts: wanted.
        lease: whose they are then.
        moving: for late ones among them: they count on their new day from now on.

    Returns:
        None, and nothing is taken, where plans changed since the mark of `moving`.

    Raises:
        UnavailableError: the database does not answer.
    """
    table, taken = CAMPAIGN_CONTACTS.c, list[CampaignContact]()
    with database.writing() as connection:
        if moving is not None:
            lock_plans(tenant, connection)
            if contacts_mark(tenant, connection) != moving.mark:
                return None
        for part in in_parts(contacts):
            named = [one.customer_id for one in part]
            wanted = _of_campaign(tenant, campaign_id) & table.customer_id.in_(named) & _TO_SEND
            rows = take_rows(connection, CAMPAIGN_CONTACTS, wanted, lease, len(named))
            taken += [_planned(row).contact for row in rows]
            if moving is not None:
                late = [row.id for row in rows if row.day < moving.today]
                change_rows(connection, CAMPAIGN_CONTACTS, late, {"sent_on": moving.today}, wanted)
        if moving is not None:
            moving.mark = contacts_mark(tenant, connection)
    return taken


def release_contacts(
    tenant: str, database: Database, campaign_id: str, contacts: Sequence[CampaignContact], lease: Lease
) -> None:
    """Gives contacts back that a worker could not hand over, on their planned day, so that the next one takes them.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = CAMPAIGN_CONTACTS.c
    with database.writing() as connection:
        for part in in_parts(contacts):
            named = [one.customer_id for one in part]
            own = _of_campaign(tenant, campaign_id) & table.customer_id.in_(named)
            ids = list(connection.execute(select(table.id).where(own)).scalars())
            mine = own & (table.taken_by == lease.worker) & _TO_SEND
            change_rows(connection, CAMPAIGN_CONTACTS, ids, {"sent_on": None}, mine)
            release_rows(connection, CAMPAIGN_CONTACTS, ids, lease, own)


def mark_sent(
    tenant: str,
    database: Database,
    campaign_id: str,
    contacts: Sequence[CampaignContact],
    *,
    today: date,
    by: str,
    now: datetime,
) -> None:
    """Notes that contacts were handed over; doing so again changes nothing.

    Args:
        tenant: whose campaign.
        database: where it is.
        campaign_id: of it.
        contacts: that were handed over.
        today: day of the contacts that were planned for an earlier one.
        by: who handed them over.
        now: when.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = CAMPAIGN_CONTACTS.c
    values = {"state": "sent", "sent_on": case((table.day < today, today), else_=table.day)}
    with database.writing() as connection:
        for part in in_parts(contacts):
            named = [one.customer_id for one in part]
            own = _of_campaign(tenant, campaign_id) & table.customer_id.in_(named) & _TO_SEND
            connection.execute(update(CAMPAIGN_CONTACTS).where(own).values(**values))
        append_audit(tenant, connection, AuditEntry(now, by, "campaign.sent", campaign_id, {"contacts": len(contacts)}))


def contacts_named(
    tenant: str, database: Database, campaign_id: str, customer_ids: Sequence[str]
) -> dict[str, PlannedContact]:
    """Customer_id -> contact, of those of the customers whom the campaign contacts or holds out.

    Raises:
        UnavailableError: the database does not answer.
    """
    own = _of_campaign(tenant, campaign_id)
    found = _in_parts(database, own, CAMPAIGN_CONTACTS.c.customer_id, customer_ids)
    return {one.contact.customer_id: one for one in found}


def contacts_by_id(tenant: str, database: Database, contact_ids: Sequence[str]) -> dict[str, PlannedContact]:
    """Attribution id -> contact, of the ids that a contact has.

    Raises:
        UnavailableError: the database does not answer.
    """
    own = CAMPAIGN_CONTACTS.c.tenant_id == tenant
    found = _in_parts(database, own, CAMPAIGN_CONTACTS.c.contact_id, contact_ids)
    return {contact_id(one.campaign_id, one.contact.customer_id): one for one in found}


def _in_parts(database: Database, own: Any, column: Any, wanted: Sequence[str]) -> list[PlannedContact]:
    """The contacts whose column has one of the values, asked for some hundred at a time."""
    found: list[PlannedContact] = []
    with database.reading() as connection:
        for part in in_parts(wanted):
            query = select(CAMPAIGN_CONTACTS).where(own, column.in_(part))
            found += [_planned(row) for row in connection.execute(query)]
    return found


def _of_campaign(tenant: str, campaign_id: str) -> ColumnElement[bool]:
    return (CAMPAIGN_CONTACTS.c.tenant_id == tenant) & (CAMPAIGN_CONTACTS.c.campaign_id == campaign_id)


def _row(contact: CampaignContact) -> dict[str, Any]:
    values = asdict(contact)
    return values | {"held": values.pop("group") == "holdout"}


def _planned(row: Row[tuple[object, ...]]) -> PlannedContact:
    fields = {name: getattr(row, name) for name in CampaignContact.__dataclass_fields__ if name != "group"}
    contact = CampaignContact(group="holdout" if row.held else "contact", **fields)
    return PlannedContact(row.campaign_id, row.state, contact, row.sent_on, row.taken_by)
