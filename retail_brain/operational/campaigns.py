"""Stores campaigns with who did what when; each change needs the version it was made to (optimistic locking)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from retail_brain.errors import ConflictError, ImpossibleError, NotFoundError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database, lock_tenant
from retail_brain.operational.tables import CAMPAIGNS
from retail_brain.operational.versions import Versioned

OPEN = ("draft", "previewed")
"""States in which a campaign may still be changed."""
_KIND = Versioned(CAMPAIGNS, "campaign_id", "campaign")


@dataclass(frozen=True)
class StoredCampaign:
    """A campaign as it stands.

    Attributes:
        version: rises with every change.
        state: `draft`, `previewed`, `approved` or `stopped`; whether an approved one runs or has ended is a question
            of the day.
        definition: as JSON.
        preview: numbers of the preview that counts, as JSON; None before.
        stop_rule: the rule that stopped it, with its numbers, as JSON; None where a person did.
        measured_by, measured_at: who measured it for good, once the days of all its people were over.
        place: of the key that made it, as JSON; None: headquarters'.
    """

    campaign_id: str
    version: int
    state: str
    definition: dict[str, Any]
    preview: dict[str, Any] | None
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    stopped_by: str | None
    stopped_at: datetime | None
    stop_reason: str | None
    stop_rule: dict[str, Any] | None = None
    measured_by: str | None = None
    measured_at: datetime | None = None
    place: dict[str, Any] | None = None


@dataclass(frozen=True)
class Change:
    """Who changes which campaign, and the version that the change was made to.

    Attributes:
        version: that the person saw; None for a new campaign.
        by: who.
        now: when.
        place: of a new campaign, as JSON; None: headquarters'.
    """

    tenant: str
    campaign_id: str
    version: int | None
    by: str
    now: datetime
    place: dict[str, Any] | None = None


def save_campaign(database: Database, change: Change, definition: Mapping[str, Any]) -> StoredCampaign:
    """Stores a new campaign as a draft, or another definition of one that is not approved yet.

    The same once more by the same person is done already: its answer was lost. The campaign is returned as it stands.

    Raises:
        ConflictError: somebody else changed it since that version, or a new one has an id that is taken.
        NotFoundError: there is no such campaign.
        ImpossibleError: it is approved already.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        database.ensure_tenant(change.tenant, connection, now=change.now)
        if change.version is not None:
            values = {"definition": dict(definition), "state": "draft", "preview": None}
            return advance(connection, change, OPEN, values, "campaign.changed", mine=definition)
        row = {
            "tenant_id": change.tenant,
            "campaign_id": change.campaign_id,
            "version": 1,
            "state": "draft",
            "definition": dict(definition),
            "created_by": change.by,
            "created_at": change.now,
            "changed_by": change.by,
            "changed_at": change.now,
            "place": change.place,
        }
        if not database.insert_new(connection, CAMPAIGNS, [row], ["tenant_id", "campaign_id"]):
            present = locked_campaign(connection, change)
            if _is_repeat(present, change, {"definition": dict(definition), "place": change.place}):
                return present
            raise _conflict(present, change, definition)
        append_audit(
            change.tenant, connection, AuditEntry(change.now, change.by, "campaign.made", change.campaign_id, {})
        )
        return locked_campaign(connection, change)


def note_preview(database: Database, change: Change, preview: Mapping[str, Any]) -> StoredCampaign:
    """Stores the preview that an approval will be about; whoever looks is not the author of a change.

    Raises:
        ConflictError: somebody else changed the campaign since that version.
        NotFoundError: there is no such campaign.
        ImpossibleError: it is approved already.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        present = locked_campaign(connection, change)
        author = {"changed_by": present.changed_by, "changed_at": present.changed_at}
        values = {"state": "previewed", "preview": dict(preview)} | author
        return advance(connection, change, OPEN, values, "campaign.previewed")


def advance(
    connection: Connection,
    change: Change,
    states: Collection[str],
    values: Mapping[str, Any],
    action: str,
    *,
    mine: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> StoredCampaign:
    """Changes a campaign within the caller's transaction, with the audit; returns it with its new version.

    A definition that the same person stored already, as where the answer was lost, is no change: the campaign is
    returned as it stands.

    Args:
        connection: of a writing transaction.
        change: who, and the version that they saw.
        states: states in which the change is possible.
        values: columns that change.
        action: for the audit.
        mine: definition that the person wanted to store, shown beside the other one in a conflict.
        details: for the audit.

    Raises:
        ConflictError: somebody else changed it since that version.
        NotFoundError: there is no such campaign.
        ImpossibleError: it is in none of the states.
    """
    present = locked_campaign(connection, change)
    if present.version != change.version:
        if mine is not None and present.state in states and _is_repeat(present, change, {"definition": dict(mine)}):
            return present
        raise _conflict(present, change, mine)
    if present.state not in states:
        raise ImpossibleError(
            f"campaign {change.campaign_id!r} is {present.state}; for this it must be {' or '.join(sorted(states))}. "
            "Look at it again, or make a new one.",
            {"problem": "campaign_state", "state": present.state, "version": present.version},
        )
    _KIND.change(connection, change, change.campaign_id, present.version, values, action, details)
    return locked_campaign(connection, change)


def campaign(tenant: str, database: Database, campaign_id: str) -> StoredCampaign:
    """One campaign.

    Raises:
        NotFoundError: there is no such campaign.
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        row = connection.execute(select(CAMPAIGNS).where(_KIND.own(tenant, campaign_id))).one_or_none()
    if row is None:
        raise no_campaign(campaign_id)
    return _stored(row)


def note_measured(tenant: str, connection: Connection, campaign_id: str, *, by: str, at: datetime) -> None:
    """Notes within the caller's transaction that a campaign was measured for good; the first time counts."""
    first = _KIND.own(tenant, campaign_id) & CAMPAIGNS.c.measured_at.is_(None)
    connection.execute(update(CAMPAIGNS).where(first).values(measured_by=by, measured_at=at))


def list_campaigns(tenant: str, database: Database) -> list[StoredCampaign]:
    """Every campaign of a tenant, the newest first.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(CAMPAIGNS).where(CAMPAIGNS.c.tenant_id == tenant).order_by(CAMPAIGNS.c.id.desc())
    with database.reading() as connection:
        return [_stored(row) for row in connection.execute(query)]


def plans_mark(tenant: str, connection: Connection) -> tuple[int, int, int]:
    """A value that differs after every approval, stop and late report: the plans that caps and stock count against."""
    table = CAMPAIGNS.c
    condition = (table.tenant_id == tenant) & table.approved_at.is_not(None)
    query = select(func.count(), func.count(table.stopped_at), func.sum(table.reported_late)).where(condition)
    approved, stopped, late = connection.execute(query).one()
    return int(approved), int(stopped), int(late or 0)


def lock_plans(tenant: str, connection: Connection) -> None:
    """Makes approvals of a tenant, and whatever else plans contacts, wait for each other."""
    lock_tenant(tenant, connection)


def locked_campaign(connection: Connection, change: Change) -> StoredCampaign:
    """The campaign of a change, locked until the caller's transaction ends.

    Raises:
        NotFoundError: there is no such campaign.
    """
    row = _KIND.locked(connection, change.tenant, change.campaign_id)
    if row is None:
        raise no_campaign(change.campaign_id)
    return _stored(row)


def no_campaign(campaign_id: str) -> NotFoundError:
    """The error for a campaign that does not exist, or that the asker may not see."""
    return NotFoundError(
        f"there is no campaign {campaign_id!r} among those made here. `retail-brain campaign list` and /campaigns show "
        "them.",
        {"problem": "campaign_unknown", "campaign_id": campaign_id},
    )


def _is_repeat(present: StoredCampaign, change: Change, wanted: Mapping[str, Any]) -> bool:
    """Whether what a person wants stored is what the same person stored last."""
    is_newer = change.version is None or present.version > change.version
    return is_newer and present.changed_by == change.by and all(getattr(present, one) == wanted[one] for one in wanted)


def _conflict(present: StoredCampaign, change: Change, mine: Mapping[str, Any] | None) -> ConflictError:
    theirs = {"state": present.state, "campaign": present.definition}
    return _KIND.conflict(change, change.campaign_id, present, mine, theirs)


def _stored(row: Row[tuple[object, ...]]) -> StoredCampaign:
    values = {name: getattr(row, name) for name in StoredCampaign.__dataclass_fields__}
    # of another shape: nothing of it can be read
    return StoredCampaign(**values | ({} if isinstance(values["definition"], dict) else {"definition": {}}))


def insert_rows(connection: Connection, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts many rows in one statement after another; nothing where there are none."""
    for start in range(0, len(rows), 5000):
        connection.execute(insert(table), [dict(row) for row in rows[start : start + 5000]])
