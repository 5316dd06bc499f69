"""Stores triggers with who did what when; each change needs the version it was made to (optimistic locking)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.operational.database import Database
from retail_brain.operational.repeated_contacts import CAMPAIGN_PREFIX
from retail_brain.operational.tables import EVENTS, TRIGGER_FIRINGS, TRIGGERS
from retail_brain.operational.versions import Versioned

_LONGEST_ID = 92
"""Characters of a new trigger's id: with CAMPAIGN_PREFIX it fills the 100 of the column `guide_tasks.source`."""
_KIND = Versioned(TRIGGERS, "trigger_id", "trigger")


@dataclass(frozen=True)
class StoredTrigger:
    """A trigger as it stands.

    Attributes:
        version: rises with every change.
        state: `on`, `off` or `removed`.
        definition: as JSON.
        owner: who answers for it.
        on_since: when it was switched on; None while it is off.
        seen_event: row id of the last received event that was looked at for it.
    """

    trigger_id: str
    version: int
    state: str
    definition: dict[str, Any]
    owner: str
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime
    on_since: datetime | None
    seen_event: int

    @property
    def campaign_id(self) -> str:
        """Id under which its contacts, receipts and effects are known."""
        return CAMPAIGN_PREFIX + self.trigger_id


@dataclass(frozen=True)
class TriggerChange:
    """Who changes which trigger, and the version that the change was made to.

    Attributes:
        version: that the person saw; None for a new trigger.
        by: who.
        now: when.
    """

    tenant: str
    trigger_id: str
    version: int | None
    by: str
    now: datetime


def save_trigger(
    database: Database, change: TriggerChange, definition: Mapping[str, Any], *, owner: str | None, is_on: bool
) -> StoredTrigger:
    """Stores a new trigger, or another definition of one; an id that was removed may be used again.

    Switching it off withdraws what waits to be sent. It fires on events that come after it was switched on.

    Args:
        database: where it is.
        change: who, and the version that they saw.
        definition: as JSON.
        owner: who answers for it; None: as before, or whoever makes it.
        is_on: whether it fires.

    Raises:
        ConflictError: somebody else changed it since that version, or a new one has an id that is taken.
        NotFoundError: there is no such trigger.
        ImpossibleError: a new one has an id of more than _LONGEST_ID characters.
        UnavailableError: the database does not answer.
    """
    if change.version is None and len(change.trigger_id) > _LONGEST_ID:
        raise ImpossibleError(
            f"a trigger's id has at most {_LONGEST_ID} characters; got {len(change.trigger_id)}. Choose a shorter one.",
            {"problem": "trigger_id_long", "limit": _LONGEST_ID, "trigger_id": change.trigger_id},
        )
    with database.writing() as connection:
        database.ensure_tenant(change.tenant, connection, now=change.now)
        if change.version is None and database.insert_new(
            connection, TRIGGERS, [_new(change)], ["tenant_id", "trigger_id"]
        ):
            present, action = _locked(connection, change), "trigger.made"
        else:
            present, action = _seen(connection, change, definition), "trigger.changed"
        values = {"definition": dict(definition), "owner": owner or _owner(present, change)}
        return _change(connection, change, present, values | _switched(connection, change, present, is_on), action)


def remove_trigger(database: Database, change: TriggerChange) -> StoredTrigger:
    """Removes a trigger: it fires no more, what waits is withdrawn, and what it did stays measurable.

    Raises:
        ConflictError: somebody else changed it since that version.
        NotFoundError: there is no such trigger.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        present = _seen(connection, change, None)
        values = {"state": "removed", "on_since": None}
        _withdraw(connection, change)
        return _change(connection, change, present, values, "trigger.removed")


def trigger(tenant: str, database: Database, trigger_id: str) -> StoredTrigger:
    """One trigger, a removed one too.

    Raises:
        NotFoundError: there is no such trigger.
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        row = connection.execute(select(TRIGGERS).where(_KIND.own(tenant, trigger_id))).one_or_none()
    if row is None:
        raise no_trigger(trigger_id)
    return _stored(row)


def list_triggers(tenant: str, database: Database, *, removed: bool = False) -> list[StoredTrigger]:
    """The triggers of a tenant in the order in which they were made.

    Args:
        tenant: whose.
        database: where they are.
        removed: whether removed ones are listed too.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(TRIGGERS).where(TRIGGERS.c.tenant_id == tenant).order_by(TRIGGERS.c.id)
    if not removed:
        query = query.where(TRIGGERS.c.state != "removed")
    with database.reading() as connection:
        return [_stored(row) for row in connection.execute(query)]


def _new(change: TriggerChange) -> dict[str, Any]:
    who = {"created_by": change.by, "created_at": change.now, "changed_by": change.by, "changed_at": change.now}
    own = {"tenant_id": change.tenant, "trigger_id": change.trigger_id, "version": 0, "state": "off"}
    return own | {"definition": {}, "owner": change.by, "seen_event": 0} | who


def _owner(present: StoredTrigger, change: TriggerChange) -> str:
    return change.by if present.version == 0 or present.state == "removed" else present.owner


def _switched(connection: Connection, change: TriggerChange, present: StoredTrigger, is_on: bool) -> dict[str, Any]:
    """What changes when a trigger is switched on or off; nothing where it stays as it is."""
    if is_on and present.state != "on":
        newest = select(func.max(EVENTS.c.id)).where(EVENTS.c.tenant_id == change.tenant)
        return {"state": "on", "on_since": change.now, "seen_event": connection.execute(newest).scalar_one() or 0}
    if not is_on:
        _withdraw(connection, change)
        return {"state": "off", "on_since": None}
    return {}


def _withdraw(connection: Connection, change: TriggerChange) -> None:
    table = TRIGGER_FIRINGS.c
    own = (table.tenant_id == change.tenant) & (table.trigger_id == change.trigger_id)
    values = {"state": "dropped", "code": "switched_off"}
    connection.execute(update(TRIGGER_FIRINGS).where(own, table.state == "waiting").values(**values))


def _change(
    connection: Connection, change: TriggerChange, present: StoredTrigger, values: Mapping[str, Any], action: str
) -> StoredTrigger:
    _KIND.change(connection, change, change.trigger_id, present.version, values, action)
    return _locked(connection, change)


def _locked(connection: Connection, change: TriggerChange) -> StoredTrigger:
    row = _KIND.locked(connection, change.tenant, change.trigger_id)
    if row is None:
        raise no_trigger(change.trigger_id)
    return _stored(row)


def _seen(connection: Connection, change: TriggerChange, mine: Mapping[str, Any] | None) -> StoredTrigger:
    """The trigger, where it is as the person saw it."""
    present = _locked(connection, change)
    if change.version == present.version or (change.version is None and present.state == "removed"):
        return present
    theirs = {"state": present.state, "trigger": present.definition}
    raise _KIND.conflict(change, change.trigger_id, present, mine, theirs)


def no_trigger(trigger_id: str) -> NotFoundError:
    """The error where there is no such trigger."""
    return NotFoundError(
        f"there is no trigger {trigger_id!r}. `retail-brain trigger list` and /triggers show them.",
        {"problem": "trigger_unknown", "trigger_id": trigger_id},
    )


def _stored(row: Row[tuple[object, ...]]) -> StoredTrigger:
    values = {name: getattr(row, name) for name in StoredTrigger.__dataclass_fields__}
    # of another shape: nothing of it can be read
    return StoredTrigger(**values | ({} if isinstance(values["definition"], dict) else {"definition": {}}))
