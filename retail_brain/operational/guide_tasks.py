"""Stores the daily lists of guides, what came of each line, and the people whom guides brought."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from retail_brain.errors import ConflictError, NotFoundError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.campaign_receipts import Cards, ContactReceipt, append_receipts
from retail_brain.operational.campaigns import lock_plans
from retail_brain.operational.database import Database, in_parts
from retail_brain.operational.guides import GuidesMark, guides_mark
from retail_brain.operational.repeated_contacts import ContactsMark, contacts_mark
from retail_brain.operational.tables import GUIDE_ANSWERS, GUIDE_REFERRALS, GUIDE_TASKS

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
        return [_task(row) for row in rows]


def store_answers(
    tenant: str,
    database: Database,
    answers: Sequence[GuideAnswer],
    *,
    guide_id: str | None,
    by: str,
    now: datetime,
    is_seen: Callable[[str], bool] = lambda _customer: True,
) -> int:
    """Stores answers, each once; returns how many are new.

    An answer may come late and out of order: the latest by its own moment counts. A refusal closes the channel of the
    line for the person at once, whatever is answered later, and takes back open lines of their other cards.

    Args:
        tenant: whose.
        database: where they are.
        answers: what came of lines.
        guide_id: only lines of this guide may be answered; None: of any.
        by: who sends them.
        now: when.
        is_seen: whether the sender may see a customer.

    Raises:
        NotFoundError: a line is not known, is not the guide's, or was held out; nothing is stored.
        ConflictError: an id was given to the answer of another line; nothing is stored.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        # before any row is touched, as everybody who plans contacts does: a refusal must not slip in between
        lock_plans(tenant, connection)
        tasks = _tasks_of(tenant, connection, {one.task_id for one in answers}, guide_id, is_seen)
        _check_ids(tenant, connection, answers)
        rows = [
            asdict(one)
            | {"tenant_id": tenant, "guide_id": tasks[one.task_id].guide_id, "noted_by": by, "noted_at": now}
            for one in answers
        ]
        new = database.insert_new(connection, GUIDE_ANSWERS, rows, ["tenant_id", "answer_id"])
        for name in tasks:
            _settle(tenant, connection, name)
        refusals, cards = _refusals(answers, tasks), _cards_of(tenant, connection, tasks)
        append_receipts(tenant, database, connection, refusals, by=by, now=now, cards=cards)
        counted = {outcome: sum(one.outcome == outcome for one in answers) for outcome in OUTCOMES}
        append_audit(tenant, connection, AuditEntry(now, by, "guide.answered", f"{new} new", counted))
        return new


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


def _tasks_of(
    tenant: str, connection: Connection, ids: set[str], guide_id: str | None, is_seen: Callable[[str], bool]
) -> dict[str, GuideTask]:
    """The lines of some ids, locked.

    Raises:
        NotFoundError: one is not known, not the guide's, or held out.
    """
    table, wanted = GUIDE_TASKS.c, sorted(ids)
    found: dict[str, GuideTask] = {}
    for part in in_parts(wanted):
        own = (table.tenant_id == tenant) & table.task_id.in_(part) & ~table.held
        if guide_id is not None:
            own &= table.guide_id == guide_id
        query = select(GUIDE_TASKS).where(own).order_by(table.id).with_for_update()
        found |= {row.task_id: _task(row) for row in connection.execute(query) if is_seen(row.customer_id)}
    unknown = sorted(ids - set(found))
    if unknown:
        raise NotFoundError(
            f"lines {unknown[:5]} are not on a list{'' if guide_id is None else ' of this guide'}; nothing was stored. "
            "Take task_id from /guide_list.",
            {"problem": "guide_lines_unknown", "lines": list(unknown[:5]), "task_ids": unknown[:100]},
        )
    return found


def _check_ids(tenant: str, connection: Connection, answers: Sequence[GuideAnswer]) -> None:
    """Refuses an id of the sender under which another line was answered: the answer would be lost as a repeat.

    Raises:
        ConflictError: there is one.
    """
    table, wanted = GUIDE_ANSWERS.c, sorted({one.answer_id for one in answers})
    known: dict[str, str] = {}
    for part in in_parts(wanted):
        own = (table.tenant_id == tenant) & table.answer_id.in_(part)
        known |= {
            row.answer_id: row.task_id for row in connection.execute(select(table.answer_id, table.task_id).where(own))
        }
    used = sorted({one.answer_id for one in answers if known.setdefault(one.answer_id, one.task_id) != one.task_id})
    if used:
        raise ConflictError(
            f"answer ids {used[:5]} were given to answers of other lines; nothing was stored. Give each answer an id "
            "of its own.",
            {"problem": "answer_ids_used", "answers": list(used[:5]), "answer_ids": used[:100]},
        )


def _cards_of(tenant: str, connection: Connection, tasks: Mapping[str, GuideTask]) -> Cards:
    """Gives the customer ids under which lists know the person of a line, by the one of the line."""
    table, persons = GUIDE_TASKS.c, sorted({one.person_id for one in tasks.values()})
    cards: dict[str, set[str]] = {person: set() for person in persons}
    for part in in_parts(persons):
        own = (table.tenant_id == tenant) & table.person_id.in_(part)
        for row in connection.execute(select(table.person_id, table.customer_id).where(own).distinct()):
            cards[row.person_id].add(row.customer_id)
    person_of = {one.customer_id: one.person_id for one in tasks.values()}
    return lambda customer_id: sorted(cards[person_of[customer_id]])


def _settle(tenant: str, connection: Connection, name: str) -> None:
    """Gives a line the outcome that happened last."""
    table = GUIDE_ANSWERS.c
    own = (table.tenant_id == tenant) & (table.task_id == name)
    query = select(table.outcome, table.at).where(own).order_by(table.at.desc(), table.id.desc()).limit(1)
    last = connection.execute(query).one()
    line = (GUIDE_TASKS.c.tenant_id == tenant) & (GUIDE_TASKS.c.task_id == name)
    connection.execute(update(GUIDE_TASKS).where(line).values(state=last.outcome, answered_at=last.at))


def _refusals(answers: Sequence[GuideAnswer], tasks: dict[str, GuideTask]) -> list[ContactReceipt]:
    """Refusals as receipts, which close the channel."""
    refused = [(one, tasks[one.task_id]) for one in answers if one.outcome == "refused"]
    return [
        ContactReceipt(_receipt_id(one), task.source, task.customer_id, task.channel, "opted_out", one.at)
        for one, task in refused
    ]


def _receipt_id(answer: GuideAnswer) -> str:
    """Id of the receipt of a refusal: the same at every repeat, and short whatever id the sender gave."""
    return f"guide:{hashlib.sha256(answer.answer_id.encode()).hexdigest()}"


def _task(row: Row[tuple[object, ...]]) -> GuideTask:
    values: dict[str, Any] = {name: getattr(row, name) for name in GuideTask.__dataclass_fields__}
    return GuideTask(**values)
