"""Stores what came of the lines of guides' lists: the good answers of a call, or all or none."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select, update

from retail_brain.errors import ConflictError, NotFoundError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.campaign_receipts import Cards, ContactReceipt, append_receipts
from retail_brain.operational.campaigns import lock_plans
from retail_brain.operational.database import Database, in_parts
from retail_brain.operational.guide_tasks import OUTCOMES, GuideAnswer, GuideTask, task_of_row
from retail_brain.operational.tables import GUIDE_ANSWERS, GUIDE_TASKS


def _all_seen(_customer_id: str) -> bool:
    return True


@dataclass(frozen=True)
class AnswerSender:
    """Who sends answers, and of whom.

    Attributes:
        by: name of the sender.
        guide_id: only lines of this guide may be answered; None: of any.
        is_seen: whether the sender may see a customer.
    """

    by: str
    guide_id: str | None = None
    is_seen: Callable[[str], bool] = _all_seen


@dataclass(frozen=True)
class SortedAnswers:
    """What became of the answers of a call.

    Attributes:
        new: how many are stored now.
        unknown: places in the list of those whose line is not known, is not the guide's, or was held out.
        used: places of those whose id was given to the answer of another line.
    """

    new: int = 0
    unknown: Collection[int] = field(default_factory=frozenset)
    used: Collection[int] = field(default_factory=frozenset)


def store_answers(
    tenant: str, database: Database, answers: Sequence[GuideAnswer], *, guide_id: str | None, by: str, now: datetime
) -> int:
    """Stores answers, all or none, each once; returns how many are new.

    Raises:
        NotFoundError: a line is not known, is not the guide's, or was held out; nothing is stored.
        ConflictError: an id was given to the answer of another line; nothing is stored.
        UnavailableError: the database does not answer.
    """
    return store_good_answers(tenant, database, answers, AnswerSender(by, guide_id), now=now, whole=True).new


def store_good_answers(
    tenant: str,
    database: Database,
    answers: Sequence[GuideAnswer],
    sender: AnswerSender,
    *,
    now: datetime,
    whole: bool = False,
) -> SortedAnswers:
    """Stores the answers that can be, each once, and tells the places of the others.

    An answer may come late and out of order: the latest by its own moment counts. A refusal closes the channel of the
    line for the person at once, whatever is answered later, and takes back open lines of their other cards.

    Args:
        tenant: whose.
        database: where they are.
        answers: what came of lines.
        sender: who sends them.
        now: when.
        whole: stores all or none.

    Raises:
        NotFoundError: no line is known; with `whole`, one is not. Nothing is stored.
        ConflictError: all ids were given to answers of other lines; with `whole`, one was. Nothing is stored.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        # before any row is touched, as everybody who plans contacts does: a refusal must not slip in between
        lock_plans(tenant, connection)
        lines = _tasks_of(tenant, connection, {one.task_id for one in answers}, sender)
        unknown = {place for place, one in enumerate(answers) if one.task_id not in lines}
        if unknown and (whole or len(unknown) == len(answers)):
            raise _lines_unknown({answers[place].task_id for place in unknown}, sender)
        used = _used_ids(tenant, connection, answers, unknown)
        if used and (whole or len(unknown) + len(used) == len(answers)):
            raise _ids_used({answers[place].answer_id for place in used})
        good = [one for place, one in enumerate(answers) if place not in unknown | used]
        tasks = {one.task_id: lines[one.task_id] for one in good}
        rows = [
            asdict(one)
            | {"tenant_id": tenant, "guide_id": tasks[one.task_id].guide_id, "noted_by": sender.by, "noted_at": now}
            for one in good
        ]
        new = database.insert_new(connection, GUIDE_ANSWERS, rows, ["tenant_id", "answer_id"])
        for name in tasks:
            _settle(tenant, connection, name)
        refusals, cards = _refusals(good, tasks), _cards_of(tenant, connection, tasks)
        append_receipts(tenant, database, connection, refusals, by=sender.by, now=now, cards=cards)
        counted = {outcome: sum(one.outcome == outcome for one in good) for outcome in OUTCOMES}
        append_audit(tenant, connection, AuditEntry(now, sender.by, "guide.answered", f"{new} new", counted))
        return SortedAnswers(new, unknown, used)


def _tasks_of(tenant: str, connection: Connection, ids: set[str], sender: AnswerSender) -> dict[str, GuideTask]:
    """The lines of some ids that the sender may answer and that were not held out, locked."""
    table, found = GUIDE_TASKS.c, dict[str, GuideTask]()
    for part in in_parts(sorted(ids)):
        own = (table.tenant_id == tenant) & table.task_id.in_(part) & ~table.held
        if sender.guide_id is not None:
            own &= table.guide_id == sender.guide_id
        query = select(GUIDE_TASKS).where(own).order_by(table.id).with_for_update()
        rows = connection.execute(query)
        found |= {row.task_id: task_of_row(row) for row in rows if sender.is_seen(row.customer_id)}
    return found


def _lines_unknown(ids: set[str], sender: AnswerSender) -> NotFoundError:
    unknown = sorted(ids)
    return NotFoundError(
        f"lines {unknown[:5]} are not on a list{'' if sender.guide_id is None else ' of this guide'}; nothing was "
        "stored. Take task_id from /guide_list.",
        {"problem": "guide_lines_unknown", "lines": unknown[:5], "task_ids": unknown[:100]},
    )


def _used_ids(
    tenant: str, connection: Connection, answers: Sequence[GuideAnswer], left_out: Collection[int]
) -> set[int]:
    """Places of answers under whose id another line was answered: they would be lost as repeats."""
    table = GUIDE_ANSWERS.c
    known: dict[str, str] = {}
    for part in in_parts(sorted({one.answer_id for one in answers})):
        own = (table.tenant_id == tenant) & table.answer_id.in_(part)
        known |= {
            row.answer_id: row.task_id for row in connection.execute(select(table.answer_id, table.task_id).where(own))
        }
    kept = [(place, one) for place, one in enumerate(answers) if place not in left_out]
    return {place for place, one in kept if known.setdefault(one.answer_id, one.task_id) != one.task_id}


def _ids_used(ids: set[str]) -> ConflictError:
    used = sorted(ids)
    return ConflictError(
        f"answer ids {used[:5]} were given to answers of other lines; nothing was stored. Give each answer an id "
        "of its own.",
        {"problem": "answer_ids_used", "answers": used[:5], "answer_ids": used[:100]},
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
