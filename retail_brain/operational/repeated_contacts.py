"""Reads what triggers and guides plan and did, as the caps and the stock of everybody else count it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import Connection, Row, func, or_, select

from retail_brain.operational.campaigns import plans_mark
from retail_brain.operational.database import Database, in_parts
from retail_brain.operational.tables import (
    CAMPAIGN_CONTACTS,
    CAMPAIGN_RECEIPTS,
    ERASURES,
    GUIDE_ANSWERS,
    GUIDE_TASKS,
    TRIGGER_FIRINGS,
)

RULES_PREFIX = "rules:"
"""Before the name of a test of rules where its looks are kept."""
MODELS_PREFIX = "models:"
"""Before the name of a test of two models where its looks are kept."""
CAMPAIGN_PREFIX = "trigger:"
"""What the campaign id of a trigger's contacts begins with: in receipts, contacts, effects and the holdout's hash."""
DAILY = "guides"
"""Campaign id of what guides do with their daily lists."""
CREDIT = "guides:credit"
"""Id under which looks at the credit of guides are stored."""
ContactsMark = tuple[int, ...]
"""Campaigns approved and stopped, late reports, firings decided, lines of guides, refusals, late contacts: what plans
of contacts are made under."""
UNKNOWN = 1.0
"""Units that a contact of unknown probability promises: the most it can bring, so that no stock is promised twice."""
WHOLE = 1.0
"""Units that the offer of a guide to put one aside promises."""
_HELD = "held"
_REACHED = ("taken", "sent")
_NO_CONTACT = (_HELD, "withdrawn", "opted_out", "not_reached")
"""States of lines that are, or were, no contact."""


@dataclass(frozen=True)
class RepeatedContact:
    """A contact of a source that may contact a person again.

    Attributes:
        day: of the contact; that of the plan until it was made.
        promised: units that the person is expected to take.
        held: whether they are held out: nobody tells them anything.
    """

    campaign_id: str
    customer_id: str
    channel: str
    day: date
    store_id: str | None
    product_id: str | None
    promised: float
    held: bool = False

    def promised_on(self, today: date) -> float:
        """Units that it promises as seen on a day.

        A guide offers to put one aside: until the day of the line is over that is a whole unit, and from then on the
        chance that the person comes for it.
        """
        return max(WHOLE, self.promised) if self.campaign_id == DAILY and self.day >= today else self.promised


def repeats(campaign_id: str) -> bool:
    """Whether an id is that of a trigger's contacts, of guides' lists, or of an A/B test: no campaign's."""
    return campaign_id in {DAILY, CREDIT} or campaign_id.startswith((CAMPAIGN_PREFIX, RULES_PREFIX, MODELS_PREFIX))


def repeated_contacts(
    tenant: str, database: Database, since: date, *, with_held: bool = False
) -> list[RepeatedContact]:
    """Contacts of triggers and guides on a day or later, held-out people apart or among them.

    Raises:
        UnavailableError: the database does not answer.
    """
    fired, tasks = TRIGGER_FIRINGS.c, GUIDE_TASKS.c
    sent_on = func.coalesce(fired.sent_on, fired.day)
    reached = (*_REACHED, _HELD) if with_held else _REACHED
    not_reached = tuple(one for one in _NO_CONTACT if one != _HELD or not with_held)
    firings = select(TRIGGER_FIRINGS).where(fired.tenant_id == tenant, sent_on >= since, fired.state.in_(reached))
    lines = select(GUIDE_TASKS).where(
        # the line of a trigger is counted as its firing
        tasks.tenant_id == tenant, tasks.source == DAILY, tasks.state.not_in(not_reached),
        or_(tasks.day >= since, tasks.answered_at >= datetime.combine(since, time()).astimezone())
    )  # fmt: skip
    with database.reading() as connection:
        found = [
            (CAMPAIGN_PREFIX + row.trigger_id, row.sent_on or row.day, row)
            for row in connection.execute(firings.order_by(fired.id))
        ]
        found += [(DAILY, _talked_on(row), row) for row in connection.execute(lines.order_by(tasks.id))]
    return [
        RepeatedContact(
            campaign_id,
            row.customer_id,
            row.channel,
            day,
            row.store_id,
            row.product_id,
            UNKNOWN if row.probability is None else row.probability,
            row.state == _HELD,
        )
        for campaign_id, day, row in found
    ]


def _talked_on(row: Row[tuple[object, ...]]) -> date:
    """Day on which a guide spoke to the person, by the machine's zone; that of the list until they say so."""
    at: datetime | None = row.answered_at
    day: date = row.day
    return day if at is None else at.astimezone().date()


@dataclass(frozen=True)
class RepeatedPerson:
    """Somebody whom a trigger or the guides' lists reached, or would have.

    Attributes:
        held: whether they are of the holdout: nobody told them anything.
        day: of the first contact.
    """

    campaign_id: str
    customer_id: str
    channel: str
    held: bool
    day: date


def repeated_people(
    tenant: str, database: Database, campaign_id: str, customer_ids: Sequence[str]
) -> dict[str, RepeatedPerson]:
    """Customer_id -> person, of those of the customers whom a trigger or the guides' lists reached or held out.

    Raises:
        UnavailableError: the database does not answer.
    """
    if campaign_id == DAILY:
        table, own = GUIDE_TASKS, GUIDE_TASKS.c.source == DAILY
    else:
        table = TRIGGER_FIRINGS
        own = TRIGGER_FIRINGS.c.trigger_id == campaign_id.removeprefix(CAMPAIGN_PREFIX)
    own &= (table.c.tenant_id == tenant) & table.c.held.is_not(None)
    found: dict[str, RepeatedPerson] = {}
    with database.reading() as connection:
        for part in in_parts(customer_ids):
            named = table.c.customer_id.in_(part)
            # of one who was drawn before a holdout was made larger the contact counts
            query = select(table).where(own, named).order_by(table.c.held, table.c.day, table.c.id)
            for row in connection.execute(query):
                found.setdefault(
                    row.customer_id, RepeatedPerson(campaign_id, row.customer_id, row.channel, row.held, row.day)
                )
    return found


def repeated_by_id(tenant: str, database: Database, contact_ids: Sequence[str]) -> dict[str, RepeatedPerson]:
    """Attribution id -> person, of the ids that a message of a trigger has.

    Raises:
        UnavailableError: the database does not answer.
    """
    table, found = TRIGGER_FIRINGS.c, dict[str, RepeatedPerson]()
    with database.reading() as connection:
        for part in in_parts(contact_ids):
            named = table.contact_id.in_(part)
            own = (table.tenant_id == tenant) & named & table.held.is_not(None)
            for row in connection.execute(select(TRIGGER_FIRINGS).where(own)):
                campaign = CAMPAIGN_PREFIX + row.trigger_id
                found[row.contact_id] = RepeatedPerson(campaign, row.customer_id, row.channel, row.held, row.day)
    return found


def contacts_mark(tenant: str, connection: Connection) -> ContactsMark:
    """A value that differs after every approval, stop, decided firing, line of a guide, late contact, opt-out, erasure.

    A late contact counts from the moment at which a push takes it; a late report, of a contact that did not count any
    more, counts too (`plans_mark`).
    """
    fired = select(func.count(TRIGGER_FIRINGS.c.day)).where(TRIGGER_FIRINGS.c.tenant_id == tenant)
    lines = select(func.count()).select_from(GUIDE_TASKS).where(GUIDE_TASKS.c.tenant_id == tenant)
    counted = [connection.execute(query).scalar_one() for query in (fired, lines)]
    late = _late_contacts(tenant, connection)
    return (*plans_mark(tenant, connection), *counted, *_newest_refusals(tenant, connection), *late)


def read_contacts_mark(tenant: str, database: Database) -> ContactsMark:
    """The same, in a transaction of its own.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        return contacts_mark(tenant, connection)


def plans_seen_mark(tenant: str, database: Database) -> ContactsMark:
    """A value that differs after everything that changes `contacts_mark` but late contacts, and after some more.

    Cheap to poll: late contacts are seen where plans are stored.

    Raises:
        UnavailableError: the database does not answer.
    """
    fired, lines, answers = TRIGGER_FIRINGS.c, GUIDE_TASKS.c, GUIDE_ANSWERS.c
    waiting = (
        select(func.count()).select_from(TRIGGER_FIRINGS).where(fired.tenant_id == tenant, fired.state == "waiting")
    )
    newest = [
        select(func.max(column)).where(owner == tenant)
        for column, owner in ((fired.id, fired.tenant_id), (lines.id, lines.tenant_id), (answers.id, answers.tenant_id))
    ]
    with database.reading() as connection:
        counted = [connection.execute(query).scalar_one() or 0 for query in (waiting, *newest)]
        return (*plans_mark(tenant, connection), *counted, *_newest_refusals(tenant, connection))


def _late_contacts(tenant: str, connection: Connection) -> tuple[int, ...]:
    """How many contacts of campaigns and messages of triggers moved to a later day, and when the last was taken.

    It reads the late ones alone, which each of the tables has an index of.
    """
    found: list[int] = []
    for table in (CAMPAIGN_CONTACTS, TRIGGER_FIRINGS):
        own = (table.c.tenant_id == tenant) & (table.c.sent_on > table.c.day)
        count, last = connection.execute(select(func.count(), func.max(table.c.taken_at)).where(own)).one()
        found += [int(count), 0 if last is None else int(last.timestamp() * 1e6)]
    return tuple(found)


def _newest_refusals(tenant: str, connection: Connection) -> tuple[int, int]:
    """Numbers of the newest opt-out and the newest erasure."""
    table = CAMPAIGN_RECEIPTS.c
    opted_out = select(func.max(table.id)).where(table.tenant_id == tenant, table.kind == "opted_out")
    erased = select(func.max(ERASURES.c.id)).where(ERASURES.c.tenant_id == tenant)
    return connection.execute(opted_out).scalar_one() or 0, connection.execute(erased).scalar_one() or 0
