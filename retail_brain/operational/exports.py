"""Exports decided orders to another system: each decision at most once, each export at least once (outbox pattern).

An export is stored first and delivered then. One that did not arrive keeps its id and its lines, so that a receiver
who stores ids can ignore a second delivery.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, exists, func, insert, select, update

from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.database import Database
from retail_brain.operational.decisions import StoredDecision, counting, stored_decision
from retail_brain.operational.tables import DECISIONS, EXPORT_LINES, EXPORTS


@dataclass(frozen=True)
class Export:
    """Orders of one delivery to another system.

    Attributes:
        target: file or address that receives them.
        delivered_at: when they arrived; None until then.
        lines: the decisions to carry out; a quantity of 0 cancels an order that was exported before.
    """

    export_id: str
    target: str
    made_at: datetime
    delivered_at: datetime | None
    lines: Sequence[StoredDecision]


def make_export(tenant: str, database: Database, *, target: str, made_by: str, now: datetime) -> Export | None:
    """Stores an export of the newest decisions that were not exported yet; None where there are none.

    A rejection is exported only where an order for the same suggestion was exported before.

    Raises:
        UnavailableError: the database does not answer.
    """
    export_id = uuid.uuid4().hex
    with database.writing() as connection:
        database.ensure_tenant(tenant, connection, now=now)
        # in the transaction that stores the export: two exports at once would otherwise send an order twice
        lines = _open_lines(tenant, connection)
        if not lines:
            return None
        head = {"export_id": export_id, "tenant_id": tenant, "target": target, "made_by": made_by, "made_at": now}
        connection.execute(insert(EXPORTS).values(**head))
        rows = [
            {
                "tenant_id": tenant,
                "export_id": export_id,
                "decision_row": line.id,
                "suggestion_id": line.decision.suggestion_id,
            }
            for line in lines
        ]
        connection.execute(insert(EXPORT_LINES), rows)
        append_audit(
            tenant,
            connection,
            AuditEntry(now, made_by, "orders.export", export_id, {"target": target, "lines": len(rows)}),
        )
    return Export(export_id, target, now, None, lines)


def pending_exports(tenant: str, database: Database) -> list[Export]:
    """Exports that have not arrived, oldest first.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(EXPORTS).where(EXPORTS.c.tenant_id == tenant, EXPORTS.c.delivered_at.is_(None))
    with database.reading() as connection:
        heads = connection.execute(query.order_by(EXPORTS.c.made_at, EXPORTS.c.export_id)).all()
        return [_export(tenant, connection, head) for head in heads]


def mark_delivered(tenant: str, database: Database, export_id: str, *, now: datetime) -> None:
    """Stores that an export has arrived; doing so again changes nothing.

    Raises:
        UnavailableError: the database does not answer.
    """
    condition = (EXPORTS.c.tenant_id == tenant) & (EXPORTS.c.export_id == export_id) & EXPORTS.c.delivered_at.is_(None)
    with database.writing() as connection:
        # only the first time: a repeated report of an arrival is no new event for the audit
        if connection.execute(update(EXPORTS).where(condition).values(delivered_at=now)).rowcount:
            append_audit(tenant, connection, AuditEntry(now, "command line", "orders.delivered", export_id, {}))


def _open_lines(tenant: str, connection: Connection) -> list[StoredDecision]:
    """The decision of each suggestion that counts, where it was not exported and asks for goods or cancels an order."""
    condition = counting(tenant)
    # row ids rise in order of storing, so the largest one is the decision that counts
    newest = select(func.max(DECISIONS.c.id)).where(condition).group_by(DECISIONS.c.suggestion_id)
    own_lines = EXPORT_LINES.c.tenant_id == tenant
    exported = exists().where(own_lines, EXPORT_LINES.c.decision_row == DECISIONS.c.id)
    exported_before = exists().where(own_lines, EXPORT_LINES.c.suggestion_id == DECISIONS.c.suggestion_id)
    query = (
        select(DECISIONS)
        .where(condition, DECISIONS.c.id.in_(newest), ~exported, (DECISIONS.c.quantity > 0) | exported_before)
        .order_by(DECISIONS.c.id)
        # a decision that is being taken back on a server is waited for, and left out when it was
        .with_for_update(of=DECISIONS)
    )
    return [stored_decision(row) for row in connection.execute(query)]


def _export(tenant: str, connection: Connection, head: Row[tuple[object, ...]]) -> Export:
    lines = (
        select(DECISIONS)
        .join(EXPORT_LINES, EXPORT_LINES.c.decision_row == DECISIONS.c.id)
        .where(EXPORT_LINES.c.tenant_id == tenant, EXPORT_LINES.c.export_id == head.export_id)
        .order_by(DECISIONS.c.id)
    )
    decisions = [stored_decision(row) for row in connection.execute(lines)]
    return Export(head.export_id, head.target, head.made_at, head.delivered_at, decisions)
