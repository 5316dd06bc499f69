"""Stores decisions about suggestions: append-only, the newest one per suggestion counts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from retail_brain.errors import ImpossibleError
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database
from retail_brain.operational.tables import DECISIONS

KINDS = ("approved", "changed", "rejected")


@dataclass(frozen=True)
class Decision:
    """One decision of a person about one suggestion.

    Attributes:
        decision_id: idempotency key, given by the client; sending the same one again changes nothing.
        suggested_quantity: what was suggested, in units.
        quantity: what shall be ordered, in units; zero after a rejection.
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


@dataclass(frozen=True)
class StoredDecision:
    """A decision with its row id (rising in order of storing) and the time it was stored."""

    id: int
    decided_at: datetime
    decision: Decision


def store_decisions(
    tenant: str, database: Database, decisions: Sequence[Decision], *, now: datetime
) -> list[StoredDecision]:
    """Stores new decisions, all or none, with the audit; returns all as stored, in the order of the argument.

    Raises:
        ImpossibleError: a decision_id was used before for another decision.
        UnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        present = _by_id(tenant, connection, [decision.decision_id for decision in decisions])
        for decision in decisions:
            _check_same(decision, present.get(decision.decision_id))
        new = {decision.decision_id: decision for decision in decisions if decision.decision_id not in present}
        rows: list[dict[str, Any]] = [
            asdict(decision) | {"tenant_id": tenant, "decided_at": now} for decision in new.values()
        ]
        if rows:
            database.insert_new(connection, DECISIONS, rows, ["tenant_id", "decision_id"])
        for decision in new.values():
            details = {"decision_id": decision.decision_id, "quantity": decision.quantity, "reason": decision.reason}
            entry = AuditEntry(
                now, decision.decided_by, f"suggestion.{decision.decision}", decision.suggestion_id, details
            )
            append_audit(tenant, connection, entry)
        stored = _by_id(tenant, connection, [decision.decision_id for decision in decisions])
        # another writer may have stored the same id after the first look: the insert then kept that row
        for decision in decisions:
            _check_same(decision, stored[decision.decision_id])
        return [stored[decision.decision_id] for decision in decisions]


def _by_id(tenant: str, connection: Connection, ids: Sequence[str]) -> dict[str, StoredDecision]:
    rows = (DECISIONS.c.tenant_id == tenant) & DECISIONS.c.decision_id.in_(ids)
    return {row.decision_id: stored_decision(row) for row in connection.execute(select(DECISIONS).where(rows))}


def _check_same(decision: Decision, stored: StoredDecision | None) -> None:
    if stored is not None and stored.decision != decision:
        raise ImpossibleError(
            f"decision_id {decision.decision_id!r} was used before for another decision; got it again with other "
            "content. Decide anew under a new decision_id.",
            {"decision_id": decision.decision_id},
        )


def stored_decision(row: Row[tuple[object, ...]]) -> StoredDecision:
    """A `StoredDecision` of a row of `DECISIONS`."""
    fields = {name: getattr(row, name) for name in Decision.__dataclass_fields__}
    return StoredDecision(row.id, row.decided_at, Decision(**fields))
