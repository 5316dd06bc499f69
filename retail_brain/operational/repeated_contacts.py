"""Reads what triggers and guides plan and did, as the caps and the stock of everybody else count it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from retail_brain.operational.campaigns import plans_mark
from retail_brain.operational.database import Database
from retail_brain.operational.tables import CAMPAIGN_RECEIPTS, GUIDE_ANSWERS, GUIDE_TASKS, TRIGGER_FIRINGS

CAMPAIGN_PREFIX = "trigger:"
"""What the campaign id of a trigger's contacts begins with: in receipts, contacts, effects and the holdout's hash."""
DAILY = "guides"
"""Campaign id of what guides do with their daily lists."""
CREDIT = "guides:credit"
"""Id under which looks at the credit of guides are stored."""
ContactsMark = tuple[int, ...]
"""Campaigns approved and stopped, firings decided, lines of guides, opt-outs: what plans of contacts are made under."""
UNKNOWN = 1.0
"""Units that a contact of unknown probability promises: the most it can bring, so that no stock is promised twice."""
_REACHED = ("taken", "sent")
_NO_CONTACT = ("held", "withdrawn", "opted_out", "not_reached")
"""States of lines that are, or were, no contact."""


@dataclass(frozen=True)
class RepeatedContact:
    """A contact of a source that may contact a person again.

    Attributes:
        promised: units that the person is expected to take.
    """

    campaign_id: str
    customer_id: str
    channel: str
    day: date
    store_id: str | None
    product_id: str | None
    promised: float


def repeats(campaign_id: str) -> bool:
    """Whether an id is that of a trigger's contacts or of the guides' lists."""
    return campaign_id in {DAILY, CREDIT} or campaign_id.startswith(CAMPAIGN_PREFIX)


def repeated_contacts(tenant: str, database: Database, since: date) -> list[RepeatedContact]:
    """Contacts of triggers and guides on a day or later, held-out people apart.

    Raises:
        UnavailableError: the database does not answer.
    """
    fired, tasks = TRIGGER_FIRINGS.c, GUIDE_TASKS.c
    firings = select(TRIGGER_FIRINGS).where(fired.tenant_id == tenant, fired.day >= since, fired.state.in_(_REACHED))
    lines = select(GUIDE_TASKS).where(
        # the line of a trigger is counted as its firing
        tasks.tenant_id == tenant, tasks.day >= since, tasks.source == DAILY, tasks.state.not_in(_NO_CONTACT)
    )  # fmt: skip
    with database.reading() as connection:
        found = [(CAMPAIGN_PREFIX + row.trigger_id, row) for row in connection.execute(firings.order_by(fired.id))]
        found += [(DAILY, row) for row in connection.execute(lines.order_by(tasks.id))]
    return [
        RepeatedContact(
            campaign_id,
            row.customer_id,
            row.channel,
            row.day,
            row.store_id,
            row.product_id,
            UNKNOWN if row.probability is None else row.probability,
        )
        for campaign_id, row in found
    ]


def contacts_mark(tenant: str, connection: Connection) -> ContactsMark:
    """A value that differs after every approval, stop, decided firing, line of a guide and opt-out."""
    fired = select(func.count(TRIGGER_FIRINGS.c.day)).where(TRIGGER_FIRINGS.c.tenant_id == tenant)
    lines = select(func.count()).select_from(GUIDE_TASKS).where(GUIDE_TASKS.c.tenant_id == tenant)
    counted = [connection.execute(query).scalar_one() for query in (fired, lines)]
    return (*plans_mark(tenant, connection), *counted, _newest_opt_out(tenant, connection))


def read_contacts_mark(tenant: str, database: Database) -> ContactsMark:
    """The same, in a transaction of its own.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        return contacts_mark(tenant, connection)


def plans_seen_mark(tenant: str, database: Database) -> ContactsMark:
    """A value that differs after everything that changes `contacts_mark`, and after some that does not. Cheap to poll.

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
        return (*plans_mark(tenant, connection), *counted, _newest_opt_out(tenant, connection))


def _newest_opt_out(tenant: str, connection: Connection) -> int:
    table = CAMPAIGN_RECEIPTS.c
    newest = select(func.max(table.id)).where(table.tenant_id == tenant, table.kind == "opted_out")
    return connection.execute(newest).scalar_one() or 0
