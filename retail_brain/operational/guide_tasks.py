"""Stores the daily lists of guides, what came of each line, and the people whom guides brought."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.campaigns import lock_plans
from retail_brain.operational.database import Database
from retail_brain.operational.guides import GuidesMark, guides_mark
from retail_brain.operational.repeated_contacts import ContactsMark, contacts_mark
from retail_brain.operational.tables import GUIDE_REFERRALS, GUIDE_TASKS

OUTCOMES = ("done", "not_reached", "bought", "refused")
"""What came of a line: talked to, not reached, bought at once, or wants no contact by the guide any more."""


@dataclass(frozen=True)
class GuideTask:
    """One line of a guide's list: whom to contact about what, why, how, and what to say.

    Attributes:
        held: of the holdout: measured, never shown to the guide.
        rank: place in the list, from 1.
        source: `guides` for the daily list, else the campaign id of the trigger.
        state: `open`, `held`, `withdrawn`, or the outcome that counts.
        answered_at: when that outcome happened.
    """

    task_id: str
    guide_id: str
    day: date
    person_id: str
    customer_id: str
    held: bool
    rank: int
    channel: str
    store_id: str | None
    product_id: str | None
    source: str
    reason: str
    reason_zh: str
    text: str
    text_zh: str
    probability: float | None
    expected_value: float | None
    segment: str | None
    state: str = "open"
    answered_at: datetime | None = None


@dataclass(frozen=True)
class GuideAnswer:
    """What came of a line, as the guide's phone or another system says it.

    Attributes:
        answer_id: idempotency key of the sender: the same one counts once.
        outcome: one of OUTCOMES.
        at: when it happened (UTC); of several answers to a line the latest counts, whenever they arrive.
    """

    answer_id: str
    task_id: str
    outcome: str
    at: datetime
    note: str | None = None


@dataclass(frozen=True)
class Referral:
    """A new customer whom a guide brought; the first who names them has the credit.

    Attributes:
        referral_id: id of the sender.
        customer_id: the new customer.
        referred_by: customer who sent them; None where nobody did.
    """

    referral_id: str
    guide_id: str
    customer_id: str
    referred_by: str | None
    at: datetime


def task_id(day: date, person_id: str) -> str:
    """Id of a line: the same at every try, and it names nobody."""
    return hashlib.sha256(f"{day.isoformat()}\x1f{person_id}".encode()).hexdigest()[:32]


def store_tasks(
    tenant: str,
    database: Database,
    tasks: Sequence[GuideTask],
    *,
    by: str,
    now: datetime,
    mark: ContactsMark | None = None,
    guides: GuidesMark | None = None,
) -> int | None:
    """Stores lines, one a day and person at most; returns how many are new.

    Args:
        tenant: whose.
        database: where they are.
        tasks: the lines.
        by: who makes them.
        now: when.
        mark: result of `read_contacts_mark` before they were worked out: where plans changed since, nothing is stored
            and None is returned. None: whatever was planned meanwhile.
        guides: the same of `read_guides_mark`, for guides who left and people who were moved meanwhile.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        lock_plans(tenant, connection)
        if mark is not None and contacts_mark(tenant, connection) != mark:
            return None
        if guides is not None and guides_mark(tenant, connection) != guides:
            return None
        new = append_tasks(tenant, database, connection, tasks)
        append_audit(tenant, connection, AuditEntry(now, by, "guide.listed", "tasks", {"new": new}))
        return new


def append_tasks(tenant: str, database: Database, connection: Connection, tasks: Sequence[GuideTask]) -> int:
    """The same within the caller's transaction, without the audit."""
    rows = [asdict(one) | {"tenant_id": tenant} for one in tasks]
    return database.insert_new(connection, GUIDE_TASKS, rows, ["tenant_id", "day", "person_id"])


def list_tasks(
    tenant: str, database: Database, *, guide_id: str | None = None, day: date | None = None, since: date | None = None
) -> list[GuideTask]:
    """Lines by day, guide and rank, held-out people among them.

    Args:
        tenant: whose.
        database: where they are.
        guide_id: of one guide; None: of all.
        day: of one day; None: of any.
        since: of this day or later; None: of any.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = GUIDE_TASKS.c
    query = select(GUIDE_TASKS).where(table.tenant_id == tenant)
    if guide_id is not None:
        query = query.where(table.guide_id == guide_id)
    if day is not None:
        query = query.where(table.day == day)
    if since is not None:
        query = query.where(table.day >= since)
    with database.reading() as connection:
        rows = connection.execute(query.order_by(table.day, table.guide_id, table.rank, table.id))
        return [task_of_row(row) for row in rows]


def store_referrals(tenant: str, database: Database, referrals: Sequence[Referral], *, by: str, now: datetime) -> int:
    """Stores referrals; returns how many are new: each person is brought once, by the first who names them.

    Raises:
        UnavailableError: the database does not answer.
    """
    rows = [asdict(one) | {"tenant_id": tenant, "noted_by": by, "noted_at": now} for one in referrals]
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        new = database.insert_new(connection, GUIDE_REFERRALS, rows, ["tenant_id", "customer_id"])
        append_audit(tenant, connection, AuditEntry(now, by, "guide.referred", f"{new} new", {"sent": len(rows)}))
        return new


def list_referrals(tenant: str, database: Database) -> list[Referral]:
    """Every referral in order of arrival.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(GUIDE_REFERRALS).where(GUIDE_REFERRALS.c.tenant_id == tenant).order_by(GUIDE_REFERRALS.c.id)
    with database.reading() as connection:
        return [
            Referral(**{name: getattr(row, name) for name in Referral.__dataclass_fields__})
            for row in connection.execute(query)
        ]


def task_of_row(row: Row[tuple[object, ...]]) -> GuideTask:
    """A line as its row of the database has it."""
    values: dict[str, Any] = {name: getattr(row, name) for name in GuideTask.__dataclass_fields__}
    return GuideTask(**values)
