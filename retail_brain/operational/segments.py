"""Stores customer segments by name: every change is a new version, with who saved it, when, and its people then."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from retail_brain.errors import ConflictError, NotFoundError, UsageError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database, lock_tenant
from retail_brain.operational.tables import SEGMENT_MEMBERS, SEGMENTS

_STAGE = "stage:"
"""Names of the lifecycle stages in campaigns begin so: `stage:friend`."""
_MOST_NAME = 100
"""Characters of a name, as the column holds."""


@dataclass(frozen=True)
class SegmentDraft:
    """A segment to be saved.

    Attributes:
        name: by which it is used, in any language.
        expression: JSON form of its expression.
        owner: whose it is.
        note: what it is for.
        people: people who met the expression when it was saved.
        as_of: last visible day of that count.
        members: customer ids of a static segment; None for a living one, which is selected anew each time.
        place: of the key that saves it, as JSON; None: headquarters'.
    """

    name: str
    expression: dict[str, Any]
    owner: str
    note: str
    people: int
    as_of: date
    members: Sequence[str] | None = None
    place: dict[str, Any] | None = None


@dataclass(frozen=True)
class StoredSegment:
    """One version of a saved segment; `version` counts from 1 per name."""

    segment_id: int
    name: str
    version: int
    expression: dict[str, Any]
    is_static: bool
    is_removed: bool
    owner: str
    note: str
    people: int
    as_of: date
    saved_by: str
    saved_at: datetime
    place: dict[str, Any] | None = None


def save_segment(
    tenant: str, database: Database, draft: SegmentDraft, *, saved_by: str, now: datetime, version: int | None = None
) -> StoredSegment:
    """Saves a segment as the next version of its name, with the audit.

    What the same person saved last, once more to an older version, is saved already: its answer was lost.

    Args:
        tenant: whose segment.
        database: where it is kept.
        draft: the segment.
        saved_by: who does it.
        now: when.
        version: version that was changed (optimistic locking; 0 = the name is new); None replaces any.

    Raises:
        UsageError: the name is empty or too long, or cannot be told from another.
        ConflictError: somebody else changed the segment since that version.
        UnavailableError: the database does not answer.
    """
    name = _checked_name(draft.name)
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        lock_tenant(tenant, connection)
        present = _newest(tenant, connection, name)
        held = 0 if present is None or present.is_removed else present.version
        if version is not None and version != held:
            if present is not None and version < held and _is_repeat(present, draft, saved_by):
                return present
            raise _conflict(name, present, draft, version)
        row: dict[str, Any] = {
            "tenant_id": tenant,
            "name": name,
            "version": (present.version if present else 0) + 1,
            "expression": draft.expression,
            "is_static": draft.members is not None,
            "is_removed": False,
            "owner": draft.owner,
            "note": draft.note,
            "people": draft.people,
            "as_of": draft.as_of,
            "saved_by": saved_by,
            "saved_at": now,
            "place": draft.place,
        }
        segment_id = int(connection.execute(insert(SEGMENTS).values(row).returning(SEGMENTS.c.id)).scalar_one())
        keys = {"tenant_id": tenant, "segment_id": segment_id}
        members = [keys | {"customer_id": member} for member in sorted(set(draft.members or ()))]
        if members:
            connection.execute(insert(SEGMENT_MEMBERS), members)
        details = {"version": row["version"], "people": draft.people, "is_static": row["is_static"]}
        append_audit(tenant, connection, AuditEntry(now, saved_by, "segment.save", name, details))
        kept = {key: value for key, value in row.items() if key != "tenant_id"}
        return StoredSegment(segment_id=segment_id, **kept)


def remove_segment(
    tenant: str, database: Database, name: str, *, removed_by: str, now: datetime, version: int | None = None
) -> None:
    """Takes a segment out of use; its versions stay for what was done with them.

    Args:
        tenant: whose segment.
        database: where it is kept.
        name: of the segment.
        removed_by: who does it.
        now: when.
        version: version that whoever removes it saw (optimistic locking); None removes any.

    Raises:
        NotFoundError: there is no such segment.
        ConflictError: somebody else changed the segment since that version.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        lock_tenant(tenant, connection)
        present = _find(tenant, connection, name)
        if version not in {None, present.version}:
            raise _conflict(present.name, present, None, version or 0)
        kept = ("name", "expression", "is_static", "owner", "note", "people", "as_of", "place")
        row = {key: getattr(present, key) for key in kept} | {"version": present.version + 1, "is_removed": True}
        row |= {"tenant_id": tenant, "saved_by": removed_by, "saved_at": now}
        connection.execute(insert(SEGMENTS).values(row))
        append_audit(tenant, connection, AuditEntry(now, removed_by, "segment.remove", name, {}))


def list_segments(tenant: str, database: Database) -> list[StoredSegment]:
    """The newest version of every segment in use, by name.

    Raises:
        UnavailableError: the database does not answer.
    """
    newest = (
        select(SEGMENTS.c.name, func.max(SEGMENTS.c.version).label("version"))
        .where(SEGMENTS.c.tenant_id == tenant)
        .group_by(SEGMENTS.c.name)
        .subquery()
    )
    is_newest = (SEGMENTS.c.name == newest.c.name) & (SEGMENTS.c.version == newest.c.version)
    query = (
        select(SEGMENTS)
        .join(newest, is_newest)
        .where(SEGMENTS.c.tenant_id == tenant, SEGMENTS.c.is_removed.is_(False))
        .order_by(SEGMENTS.c.name)
    )
    with database.reading() as connection:
        return [_stored(row) for row in connection.execute(query)]


def find_segment(tenant: str, database: Database, name: str) -> StoredSegment:
    """The newest version of a segment.

    Raises:
        NotFoundError: there is no such segment, or it was removed.
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        return _find(tenant, connection, name)


def segment_history(tenant: str, database: Database, name: str) -> list[StoredSegment]:
    """All versions of a segment, newest first, those of a removed one too.

    Raises:
        NotFoundError: there never was such a segment.
        UnavailableError: the database does not answer.
    """
    query = (
        select(SEGMENTS)
        .where(SEGMENTS.c.tenant_id == tenant, SEGMENTS.c.name == _one_form(name))
        .order_by(SEGMENTS.c.version.desc())
    )
    with database.reading() as connection:
        versions = [_stored(row) for row in connection.execute(query)]
        if not versions:
            raise _unknown(tenant, connection, name)
        return versions


def static_members(database: Database, segment: StoredSegment) -> list[str]:
    """Customer ids that were saved with a static segment, in order; none for a living one.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = (
        select(SEGMENT_MEMBERS.c.customer_id)
        .where(SEGMENT_MEMBERS.c.segment_id == segment.segment_id)
        .order_by(SEGMENT_MEMBERS.c.customer_id)
    )
    with database.reading() as connection:
        return list(connection.execute(query).scalars())


def _is_repeat(present: StoredSegment, draft: SegmentDraft, saved_by: str) -> bool:
    """Whether what a person wants saved is what the same person saved last; its people are those of that day."""
    kept = ("expression", "owner", "note", "place")
    is_static = draft.members is not None
    same = all(getattr(present, one) == getattr(draft, one) for one in kept)
    return same and present.saved_by == saved_by and present.is_static == is_static


def _checked_name(name: str) -> str:
    """The name as it is stored: é written in two characters is the é in one."""
    usable = _one_form(name)
    if not usable or len(usable) > _MOST_NAME:
        raise UsageError(
            f"the segment's name has {len(usable)} characters; wanted 1 to {_MOST_NAME}. Choose another.",
            {"problem": "segment_name"},
        )
    hidden = [character for character in usable if unicodedata.category(character).startswith("C")]
    if hidden or usable.lower().startswith(_STAGE):
        why = "holds characters that nobody sees" if hidden else f"begins with {_STAGE}, as the lifecycle stages do"
        raise UsageError(f"the segment's name {usable!r} {why}. Choose another.", {"problem": "segment_name"})
    return usable


def _one_form(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _conflict(name: str, present: StoredSegment | None, draft: SegmentDraft | None, version: int) -> ConflictError:
    """Says what is stored and what was to be stored; a segment that was never saved, or was removed, has version 0.

    Without a draft it was to be removed.
    """
    mine = None if draft is None else {"expression": draft.expression, "note": draft.note}
    held = 0
    theirs: dict[str, Any] = {"version": 0, "segment": None}
    if present is None or present.is_removed:
        found = "is not there" if present is None else f"was removed by {present.saved_by}"
        wanted = "Save it as a new one"
    else:
        held = present.version
        theirs = {"version": held, "segment": {"expression": present.expression, "note": present.note}}
        theirs |= {"changed_by": present.saved_by, "changed_at": present.saved_at.isoformat(timespec="seconds")}
        found = f"has version {held} by {present.saved_by}"
        wanted = "Look at both, and make your change to the present one"
    seen = "a new one" if version == 0 else f"version {version}"
    return ConflictError(
        f"segment {name!r} {found}; your change was made to {seen}. {wanted}.",
        {
            "problem": "changed_meanwhile",
            "version": held,
            "yours": {"version": version, "segment": mine},
            "theirs": theirs,
        },
    )


def _find(tenant: str, connection: Connection, name: str) -> StoredSegment:
    present = _newest(tenant, connection, _one_form(name))
    if present is None or present.is_removed:
        if present is not None:
            raise NotFoundError(
                f"segment {present.name!r} was removed by {present.saved_by} on {present.saved_at:%Y-%m-%d}. "
                "Save it again to use it.",
                {"problem": "segment_unknown", "segment": name},
            )
        raise _unknown(tenant, connection, name)
    return present


def _unknown(tenant: str, connection: Connection, name: str) -> NotFoundError:
    query = select(SEGMENTS.c.name).where(SEGMENTS.c.tenant_id == tenant).distinct()
    nearest = get_close_matches(name, list(connection.execute(query).scalars()), n=3, cutoff=0.6)
    hint = f"Is it {', '.join(nearest)}?" if nearest else "`retail-brain segments list` shows what there is."
    return NotFoundError(f"there is no segment {name!r}. {hint}", {"problem": "segment_unknown", "segment": name})


def _newest(tenant: str, connection: Connection, name: str) -> StoredSegment | None:
    query = (
        select(SEGMENTS)
        .where(SEGMENTS.c.tenant_id == tenant, SEGMENTS.c.name == name)
        .order_by(SEGMENTS.c.version.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _stored(row)


def _stored(row: Row[Any]) -> StoredSegment:
    fields = row._mapping  # the public way to a row's columns by name
    names = [name for name in StoredSegment.__dataclass_fields__ if name != "segment_id"]
    return StoredSegment(segment_id=fields["id"], **{name: fields[name] for name in names})
