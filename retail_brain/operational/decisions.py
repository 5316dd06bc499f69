"""Stores decisions about suggestions: the newest one per suggestion that was not withdrawn counts; none is deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, select, update

from retail_brain.errors import ConflictError, ImpossibleError, NotFoundError
from retail_brain.operational.audit import AuditEntry, append_audits
from retail_brain.operational.database import Database, lock_tenant
from retail_brain.operational.tables import DECISIONS, EXPORT_LINES

KINDS = ("approved", "changed", "rejected")
MOST_TOLD = 100
"""Lines that an answer or refusal names one by one; the rest is counted. As many as a person reads."""


@dataclass(frozen=True)
class Decision:
    """One decision of a person about one suggestion.

    Attributes:
        decision_id: idempotency key, given by the client; sending the same one again changes nothing.
        suggested_quantity: what was suggested, in units.
        quantity: what shall be ordered, in units; zero after a rejection.
        is_exception: whether the quantity lies beyond the line's limits and was confirmed.
    """

    decision_id: str
    suggestion_id: str
    store_id: str
    product_id: str
    as_of: date
    decision: str
    suggested_quantity: float | None
    quantity: float
    reason: str | None
    decided_by: str
    is_exception: bool = False


@dataclass(frozen=True)
class StoredDecision:
    """A decision with its row id (rising in order of storing), the time it was stored and its withdrawal, if any."""

    id: int
    decided_at: datetime
    decision: Decision
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None


@dataclass(frozen=True)
class Seen:
    """What a person saw of earlier decisions when deciding anew.

    Attributes:
        by: who decides.
        lines: the decision_id that counted, by suggestion id; None where no decision was seen.
        newest: row id of the newest decision when the lines were read, for suggestions that `lines` do not name: later
            ones of others are conflicts. None: these are not compared.
    """

    by: str
    lines: Mapping[str, str | None] = field(default_factory=dict)
    newest: int | None = None


def counting(tenant: str) -> ColumnElement[bool]:
    """Condition on DECISIONS: rows of a tenant that were not withdrawn."""
    return and_(DECISIONS.c.tenant_id == tenant, DECISIONS.c.withdrawn_at.is_(None))


def store_decisions(
    tenant: str, database: Database, decisions: Sequence[Decision], *, now: datetime, seen: Seen | None = None
) -> list[StoredDecision]:
    """Stores new decisions, all or none, with the audit; returns all as stored, in the order of the argument.

    Args:
        tenant: whose decisions.
        database: where they are stored.
        decisions: one per line.
        now: when they are made.
        seen: what the person saw of earlier decisions; None: these are not compared.

    Raises:
        ConflictError: another decision counts than the one that was seen; `details` say whose and since when.
        ImpossibleError: a decision_id was used before for another decision.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        present = _by_id(tenant, connection, [decision.decision_id for decision in decisions])
        for decision in decisions:
            _check_same(decision, present.get(decision.decision_id))
        new = {decision.decision_id: decision for decision in decisions if decision.decision_id not in present}
        if seen is not None and new:
            # whoever compares waits for who stores: two could otherwise both find what they saw
            lock_tenant(tenant, connection)
            _check_seen(tenant, connection, list(new.values()), seen)
        rows: list[dict[str, Any]] = [
            {**vars(decision), "tenant_id": tenant, "decided_at": now} for decision in new.values()
        ]
        if rows:
            database.insert_new(connection, DECISIONS, rows, ["tenant_id", "decision_id"])
        entries = []
        for decision in new.values():
            details: dict[str, Any] = {
                "decision_id": decision.decision_id,
                "quantity": decision.quantity,
                "reason": decision.reason,
            }
            if decision.is_exception:
                details["is_exception"] = True
            subject, action = decision.suggestion_id, f"suggestion.{decision.decision}"
            entries.append(AuditEntry(now, decision.decided_by, action, subject, details))
        append_audits(tenant, connection, entries)
        stored = _by_id(tenant, connection, [decision.decision_id for decision in decisions])
        # another writer may have stored the same id after the first look: the insert then kept that row
        for decision in decisions:
            _check_same(decision, stored[decision.decision_id])
        return [stored[decision.decision_id] for decision in decisions]


def decided_meanwhile(
    tenant: str, database: Database, suggestion_ids: Sequence[str], seen: Seen
) -> list[StoredDecision]:
    """What others decided or took back about some suggestions since a person saw them, in the order of the ids.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        return _meanwhile(tenant, connection, suggestion_ids, seen)


def told_decision(stored: StoredDecision) -> dict[str, Any]:
    """What was decided about a line, by whom and when, as answers, refusals and previews tell it."""
    decision = stored.decision
    return {
        "decision_id": decision.decision_id,
        "store_id": decision.store_id,
        "product_id": decision.product_id,
        "decision": decision.decision,
        "suggested_quantity": decision.suggested_quantity,
        "order_quantity": decision.quantity,
        "reason": decision.reason,
        "decided_by": decision.decided_by,
        "decided_at": stored.decided_at.isoformat(),
        "withdrawn_by": stored.withdrawn_by,
        "withdrawn_at": None if stored.withdrawn_at is None else stored.withdrawn_at.isoformat(),
    }


def _meanwhile(tenant: str, connection: Connection, suggestion_ids: Sequence[str], seen: Seen) -> list[StoredDecision]:
    """The decision that counts now, or the seen one where it was taken back, of each suggestion that is not as seen."""
    compared = [one for one in suggestion_ids if seen.newest is not None or one in seen.lines]
    about = and_(DECISIONS.c.tenant_id == tenant, DECISIONS.c.suggestion_id.in_(compared))
    made: dict[str, list[StoredDecision]] = {}
    for row in connection.execute(select(DECISIONS).where(about).order_by(DECISIONS.c.id)):
        made.setdefault(row.suggestion_id, []).append(stored_decision(row))
    found = (_changed(name, made.get(name, []), seen) for name in compared)
    return [one for one in found if one is not None]


def _changed(name: str, made: Sequence[StoredDecision], seen: Seen) -> StoredDecision | None:
    now = next((one for one in reversed(made) if one.withdrawn_at is None), None)
    if name not in seen.lines:
        is_others = now is not None and seen.newest is not None and now.id > seen.newest
        return now if is_others and now is not None and now.decision.decided_by != seen.by else None
    was = seen.lines[name]
    if was == (None if now is None else now.decision.decision_id):
        return None
    known = next((one for one in made if one.decision.decision_id == was), None)
    if now is not None and (known is None or now.id > known.id):
        return now
    if known is None:
        assert was is not None
        raise no_decision(was)
    return known


def _check_seen(tenant: str, connection: Connection, decisions: Sequence[Decision], seen: Seen) -> None:
    found = _meanwhile(tenant, connection, [decision.suggestion_id for decision in decisions], seen)
    if not found:
        return
    first = told_decision(found[0])
    mine = next(one for one in decisions if one.suggestion_id == found[0].decision.suggestion_id)
    is_back = first["withdrawn_at"] is not None
    by, at = (first["withdrawn_by"], first["withdrawn_at"]) if is_back else (first["decided_by"], first["decided_at"])
    done = "withdrawn" if is_back else f"{first['decision']} with {first['order_quantity']:g} units"
    more = f", and {len(found) - 1:,} more lines were decided otherwise" if len(found) > 1 else ""
    raise ConflictError(
        f"the line of product {first['product_id']!r} in store {first['store_id']!r} was {done} by {by} at {at} since "
        f"you saw it{more}. Nothing was stored: load the lines again and decide on those.",
        {
            "problem": "decided_meanwhile",
            "store_id": first["store_id"],
            "product_id": first["product_id"],
            "changed_by": by,
            "changed_at": at,
            "decided": [told_decision(one) for one in found[:MOST_TOLD]],
            "decided_lines": len(found),
            "yours": {"decision": mine.decision, "order_quantity": mine.quantity},
            "theirs": first,
        },
    )


def withdraw_decisions(
    tenant: str, database: Database, decision_ids: Sequence[str], *, by: str, now: datetime
) -> list[StoredDecision]:
    """Takes decisions back, all or none; the decision before, if any, counts again. Doing so twice changes nothing.

    Raises:
        NotFoundError: there is no such decision.
        ImpossibleError: a decision was exported: the other system has it.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        condition = and_(DECISIONS.c.tenant_id == tenant, DECISIONS.c.decision_id.in_(decision_ids))
        # locked before the exports are looked at: a server's export that is being made waits for these rows
        connection.execute(select(DECISIONS.c.id).where(condition).with_for_update()).all()
        present = _by_id(tenant, connection, decision_ids)
        missing = [decision_id for decision_id in decision_ids if decision_id not in present]
        if missing:
            raise no_decision(missing[0])
        _check_not_exported(tenant, connection, present)
        new = {name: stored for name, stored in present.items() if stored.withdrawn_at is None}
        still = and_(condition, DECISIONS.c.withdrawn_at.is_(None))
        connection.execute(update(DECISIONS).where(still).values(withdrawn_at=now, withdrawn_by=by))
        entries = [
            AuditEntry(now, by, "suggestion.withdrawn", stored.decision.suggestion_id, {"decision_id": decision_id})
            for decision_id, stored in new.items()
        ]
        append_audits(tenant, connection, entries)
        withdrawn = _by_id(tenant, connection, decision_ids)
        return [withdrawn[decision_id] for decision_id in decision_ids]


def no_decision(decision_id: str) -> NotFoundError:
    """The error for a decision that does not exist, or that the asker may not see."""
    return NotFoundError(
        f"there is no decision {decision_id!r}. /replenish and /orders name the decision_id of each decision.",
        {"problem": "decision_unknown", "decision_id": decision_id},
    )


def stores_of_decisions(tenant: str, database: Database, decision_ids: Sequence[str]) -> dict[str, str]:
    """Store of each decision that there is, by decision_id.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        present = _by_id(tenant, connection, decision_ids)
    return {decision_id: stored.decision.store_id for decision_id, stored in present.items()}


class BatchLine(NamedTuple):
    """What one decision of a batch was about, and what it says."""

    store_id: str
    product_id: str
    decision: str


def decisions_of_batch(tenant: str, database: Database, batch_id: str) -> dict[str, BatchLine]:
    """Ids of the decisions that were stored together as `BATCH-NUMBER`, oldest first, with what they are.

    Raises:
        UnavailableError: the database does not answer.
    """
    prefix = DECISIONS.c.decision_id.startswith(f"{batch_id}-", autoescape=True)
    columns = [DECISIONS.c[name] for name in ("decision_id", *BatchLine._fields)]
    query = select(*columns).where(DECISIONS.c.tenant_id == tenant, prefix).order_by(DECISIONS.c.id)
    with database.reading() as connection:
        return {row[0]: BatchLine(*row[1:]) for row in connection.execute(query)}


def decisions_about(
    tenant: str, database: Database, store_id: str, product_id: str, *, limit: int
) -> list[StoredDecision]:
    """The newest decisions about a product in a store, also of earlier days and those taken back, newest first.

    Raises:
        UnavailableError: the database does not answer.
    """
    about = and_(
        DECISIONS.c.tenant_id == tenant, DECISIONS.c.store_id == store_id, DECISIONS.c.product_id == product_id
    )
    query = select(DECISIONS).where(about).order_by(DECISIONS.c.id.desc()).limit(limit)
    with database.reading() as connection:
        return [stored_decision(row) for row in connection.execute(query)]


def _check_not_exported(tenant: str, connection: Connection, present: dict[str, StoredDecision]) -> None:
    rows = [stored.id for stored in present.values()]
    lines = select(EXPORT_LINES.c.decision_row).where(
        EXPORT_LINES.c.tenant_id == tenant, EXPORT_LINES.c.decision_row.in_(rows)
    )
    exported = set(connection.execute(lines).scalars())
    for decision_id, stored in present.items():
        if stored.id in exported:
            raise ImpossibleError(
                f"decision {decision_id!r} was exported and cannot be taken back; nothing was. Change or reject the "
                "suggestion instead: the next export carries the correction.",
                {"problem": "decision_exported", "decision_id": decision_id},
            )


def _by_id(tenant: str, connection: Connection, ids: Sequence[str]) -> dict[str, StoredDecision]:
    rows = (DECISIONS.c.tenant_id == tenant) & DECISIONS.c.decision_id.in_(ids)
    return {row.decision_id: stored_decision(row) for row in connection.execute(select(DECISIONS).where(rows))}


def _check_same(decision: Decision, stored: StoredDecision | None) -> None:
    if stored is not None and stored.decision != decision:
        raise ImpossibleError(
            f"decision_id {decision.decision_id!r} was used before for another decision; got it again with other "
            "content. Decide anew under a new decision_id.",
            {"problem": "decision_id_taken", "decision_id": decision.decision_id},
        )


def stored_decision(row: Row[tuple[object, ...]]) -> StoredDecision:
    """A `StoredDecision` of a row of `DECISIONS`."""
    fields = {name: getattr(row, name) for name in Decision.__dataclass_fields__}
    fields["is_exception"] = bool(fields["is_exception"])
    return StoredDecision(row.id, row.decided_at, Decision(**fields), row.withdrawn_at, row.withdrawn_by)
