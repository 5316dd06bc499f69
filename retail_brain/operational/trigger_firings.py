"""Stores what triggers fired: one row per trigger x person x cause, so that each fires once whoever looks how often.

A firing waits until it is due, is then decided under the plans of all campaigns, and handed over: `waiting`, then
`taken` and `sent`, or `held` (of the holdout), or `dropped` with the reason. An opt-out makes it `opted_out`.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, update

from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.campaigns import lock_plans
from retail_brain.operational.database import Database
from retail_brain.operational.guide_tasks import GuideTask, append_tasks
from retail_brain.operational.guides import GuidesMark, guides_mark
from retail_brain.operational.leases import Lease, change_rows, left_by_one, release_rows, take_rows
from retail_brain.operational.repeated_contacts import CAMPAIGN_PREFIX, ContactsMark, contacts_mark
from retail_brain.operational.tables import LONGEST_CAUSE, TRIGGER_FIRINGS, TRIGGERS


@dataclass(frozen=True)
class Cause:
    """Why a trigger fires for a person.

    Attributes:
        person_id: the person, whichever card they used.
        cause: the same text for the same cause, however often it is seen.
        customer_id: card or account that is contacted.
        product_id: what it is about; None where it is about nothing sold.
        goes_with: what goes with that product.
        probability: of buying it; None where unknown.
        caused_at: when it happened, in business time.
        due_at: first instant at which it may be sent (UTC).
    """

    person_id: str
    cause: str
    customer_id: str
    product_id: str | None
    goes_with: str | None
    probability: float | None
    caused_at: datetime
    due_at: datetime


@dataclass(frozen=True)
class Firing:
    """A cause that was noted, and what became of it.

    Attributes:
        state: see the module.
        code: why it was dropped.
        held: whether the person is of the trigger's holdout; None before it was decided.
        channel, day: by which and when the person was, or would have been, contacted.
        store_id, segment: of the person when it was decided.
        sent_on: day of the contact where it was sent: later than `day` where it was late.
    """

    id: int
    trigger_id: str
    person_id: str
    cause: str
    customer_id: str
    product_id: str | None
    goes_with: str | None
    probability: float | None
    caused_at: datetime
    noted_at: datetime
    due_at: datetime
    state: str
    code: str | None
    held: bool | None
    channel: str | None
    day: date | None
    store_id: str | None
    segment: str | None
    sent_at: datetime | None
    sent_on: date | None = None

    @property
    def contact_id(self) -> str:
        """Attribution id of its message."""
        return message_id(self.trigger_id, self.person_id, self.cause)

    @property
    def counted_on(self) -> date | None:
        """Day of the contact: that on which it was sent, else that for which it was decided."""
        return self.sent_on or self.day


@dataclass(frozen=True)
class Decision:
    """What becomes of a firing that is due.

    Attributes:
        state: `taken`, `held` or `dropped`.
        code: why it is dropped.
        customer_id: account of the person to contact; None: the one that caused it.
    """

    id: int
    state: str
    code: str | None = None
    held: bool | None = None
    channel: str | None = None
    day: date | None = None
    store_id: str | None = None
    segment: str | None = None
    customer_id: str | None = None


def _cause_text(text: str) -> str:
    """A cause as it is stored: one that is too long for its column ends in the digest of all of it."""
    if len(text) <= LONGEST_CAUSE:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[: LONGEST_CAUSE - len(digest) - 1]}:{digest}"


def message_id(trigger_id: str, person_id: str, cause: str) -> str:
    """Attribution id of a message for receivers: the same at every repeat, and it names nobody."""
    return hashlib.sha256(f"{CAMPAIGN_PREFIX}{trigger_id}\x1f{person_id}\x1f{cause}".encode()).hexdigest()[:32]


def note_causes(
    tenant: str,
    database: Database,
    trigger_id: str,
    causes: Sequence[Cause],
    *,
    now: datetime,
    seen_event: int | None = None,
) -> int:
    """Notes causes, each once for ever, and how far the events were looked at; returns how many are new.

    Nothing is noted for a trigger that was switched off meanwhile.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        own = (TRIGGERS.c.tenant_id == tenant) & (TRIGGERS.c.trigger_id == trigger_id)
        row = connection.execute(select(TRIGGERS.c.state, TRIGGERS.c.seen_event).where(own).with_for_update())
        present = row.one_or_none()
        if present is None or present.state != "on":
            return 0
        fixed = {"tenant_id": tenant, "trigger_id": trigger_id, "noted_at": now, "state": "waiting"}
        rows = [
            asdict(one)
            | fixed
            | {"cause": (text := _cause_text(one.cause)), "contact_id": message_id(trigger_id, one.person_id, text)}
            for one in causes
        ]
        new = database.insert_new(connection, TRIGGER_FIRINGS, rows, ["tenant_id", "trigger_id", "person_id", "cause"])
        if seen_event is not None and seen_event > present.seen_event:
            connection.execute(update(TRIGGERS).where(own).values(seen_event=seen_event))
        return new


def due_firings(
    tenant: str, database: Database, now: datetime, *, limit: int, trigger_ids: Collection[str] | None = None
) -> list[Firing]:
    """Waiting firings that are due, those due first at the front.

    Args:
        tenant: whose.
        database: where they are.
        now: the instant.
        limit: most of them.
        trigger_ids: only of these triggers; None: of any.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = TRIGGER_FIRINGS.c
    due = (table.tenant_id == tenant) & (table.state == "waiting") & (table.due_at <= now)
    if trigger_ids is not None:
        due &= table.trigger_id.in_(sorted(trigger_ids))
    query = select(TRIGGER_FIRINGS).where(due).order_by(table.due_at, table.id).limit(limit)
    with database.reading() as connection:
        return [stored_firing(row) for row in connection.execute(query)]


def store_decisions(tenant: str, database: Database, decisions: Sequence[Decision], mark: ContactsMark) -> bool:
    """Stores what becomes of firings; False, and nothing is stored, where plans changed since the mark.

    A firing that another worker decided meanwhile stays as it is.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = TRIGGER_FIRINGS.c
    with database.writing() as connection:
        lock_plans(tenant, connection)
        if contacts_mark(tenant, connection) != mark:
            return False
        for one in decisions:
            values = {name: value for name, value in asdict(one).items() if name != "id"}
            if one.customer_id is None:
                del values["customer_id"]
            own = (table.tenant_id == tenant) & (table.id == one.id) & (table.state == "waiting")
            connection.execute(update(TRIGGER_FIRINGS).where(own).values(**values))
        return True


def take_firings(
    tenant: str, database: Database, lease: Lease, *, limit: int, waiting: Sequence[str] = ()
) -> list[Firing]:
    """Decided firings that nobody hands over at present; they are the worker's until the lease ends.

    Those of the triggers that are `waiting`, such as for the morning, are left where they are.

    One whose worker ended in the middle of it is taken again once its lease is over and handed over with the same id:
    what one worker left is taken alone, so that the calls of its repeat are the same ones.

    Raises:
        UnavailableError: the database does not answer.
    """
    wanted = _taken(tenant) & TRIGGER_FIRINGS.c.trigger_id.not_in(list(waiting))
    with database.writing() as connection:
        left = left_by_one(connection, TRIGGER_FIRINGS, wanted, lease)
        rows = [] if left is None else take_rows(connection, TRIGGER_FIRINGS, wanted & left, lease, limit)
        # none of them where another worker takes them at this moment
        rows = rows or take_rows(connection, TRIGGER_FIRINGS, wanted, lease, limit)
        return [stored_firing(row) for row in rows]


@dataclass(frozen=True)
class Sent:
    """Messages went out on this day."""

    day: date


@dataclass(frozen=True)
class Dropped:
    """Messages will not go out: code of the reason."""

    code: str


def close_firings(
    tenant: str, database: Database, firings: Iterable[Firing], end: Sent | Dropped, *, now: datetime, by: str
) -> None:
    """Notes how firings that were taken ended.

    Raises:
        UnavailableError: the database does not answer.
    """
    ids = [one.id for one in firings]
    values: dict[str, Any] = {"state": "dropped", "code": None, "sent_at": None, "sent_on": None}
    match end:
        case Sent(day):
            values |= {"state": "sent", "sent_at": now, "sent_on": day}
        case Dropped(code):
            values["code"] = code
    with database.writing() as connection:
        change_rows(connection, TRIGGER_FIRINGS, ids, values, _taken(tenant))
        append_audit(
            tenant, connection, AuditEntry(now, by, f"trigger.{values['state']}", "contacts", {"contacts": len(ids)})
        )


def hand_to_guides(
    tenant: str,
    database: Database,
    tasks: Sequence[tuple[Firing, GuideTask]],
    *,
    now: datetime,
    by: str,
    mark: GuidesMark | None = None,
) -> int | None:
    """Puts firings that were taken on the lists of guides, each in one step; returns how many lines are new.

    Nothing is stored and None is returned where guides or assignments changed since the mark (`read_guides_mark`).

    Who is on a list of that day already gets no second line: the firing is dropped as `on_list`. Who refused since the
    firing was taken gets none.

    Raises:
        UnavailableError: the database does not answer.
    """
    new, table = 0, TRIGGER_FIRINGS.c
    with database.writing() as connection:
        lock_plans(tenant, connection)
        if mark is not None and guides_mark(tenant, connection) != mark:
            return None
        for firing, task in tasks:
            own = (table.tenant_id == tenant) & (table.id == firing.id) & (table.state == "taken")
            # locked: a refusal waits until the line is there to be taken back
            if connection.execute(select(table.id).where(own).with_for_update()).one_or_none() is None:
                continue
            is_new = append_tasks(tenant, database, connection, [task])
            sent = {"state": "sent", "sent_at": now, "sent_on": task.day}
            values = sent if is_new else {"state": "dropped", "code": "on_list"}
            change_rows(connection, TRIGGER_FIRINGS, [firing.id], values, _taken(tenant))
            new += is_new
        append_audit(tenant, connection, AuditEntry(now, by, "trigger.listed", "contacts", {"lines": new}))
    return new


def release_firings(tenant: str, database: Database, lease: Lease, firings: Iterable[Firing]) -> None:
    """Gives firings back that a worker could not hand over, so that the next look takes them.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        ids = [one.id for one in firings]
        mine = _taken(tenant) & (TRIGGER_FIRINGS.c.taken_by == lease.worker)
        change_rows(connection, TRIGGER_FIRINGS, ids, {"sent_on": None}, mine)
        release_rows(connection, TRIGGER_FIRINGS, ids, lease, _taken(tenant))


def move_firings(tenant: str, database: Database, ids: Collection[int], day: date, mark: ContactsMark) -> bool:
    """Lets late firings that were taken count on the day on which they go out, before they do.

    Returns:
        False, and nothing is stored, where plans changed since the mark (`read_contacts_mark`).

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        lock_plans(tenant, connection)
        if contacts_mark(tenant, connection) != mark:
            return False
        change_rows(connection, TRIGGER_FIRINGS, sorted(ids), {"sent_on": day}, _taken(tenant))
        return True


def firings(
    tenant: str, database: Database, trigger_id: str | None = None, *, since: date | None = None
) -> list[Firing]:
    """What a trigger (None: all of them) fired, in the order of noting.

    Args:
        tenant: whose.
        database: where they are.
        trigger_id: of one trigger; None: of all.
        since: only those of contacts of this day or later; None: all, undecided ones too.

    Raises:
        UnavailableError: the database does not answer.
    """
    table = TRIGGER_FIRINGS.c
    query = select(TRIGGER_FIRINGS).where(table.tenant_id == tenant)
    if trigger_id is not None:
        query = query.where(table.trigger_id == trigger_id)
    if since is not None:
        query = query.where(func.coalesce(table.sent_on, table.day) >= since)
    with database.reading() as connection:
        return [stored_firing(row) for row in connection.execute(query.order_by(table.id))]


def _taken(tenant: str) -> ColumnElement[bool]:
    """Firings that are decided and not handed over."""
    return (TRIGGER_FIRINGS.c.tenant_id == tenant) & (TRIGGER_FIRINGS.c.state == "taken")


def stored_firing(row: Row[tuple[object, ...]]) -> Firing:
    """A firing of its row."""
    return Firing(**{name: getattr(row, name) for name in Firing.__dataclass_fields__})
