"""Audit trail: appends who did what to what, in the same transaction as the action itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from retail_brain.operational.database import Database
from retail_brain.operational.tables import AUDIT


@dataclass(frozen=True)
class AuditEntry:
    """One entry of the audit trail.

    Attributes:
        at: when it happened (UTC).
        actor: who did it: name of an API key, or `command line`.
        action: kind of action, such as `rules.set`.
        subject: id of what was changed.
        details: values of the change, as JSON.
    """

    at: datetime
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any]


def append_audit(tenant: str, connection: Connection, entry: AuditEntry) -> None:
    """Appends an entry within the caller's transaction, so that neither is stored without the other."""
    append_audits(tenant, connection, [entry])


def append_audits(tenant: str, connection: Connection, entries: Sequence[AuditEntry]) -> None:
    """Appends entries within the caller's transaction, in their order."""
    rows = [
        {
            "tenant_id": tenant,
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "subject": entry.subject,
            "details": dict(entry.details),
        }
        for entry in entries
    ]
    if rows:
        connection.execute(insert(AUDIT), rows)


def audit_of(tenant: str, database: Database, actions: str, subject: str) -> list[AuditEntry]:
    """Entries about one thing, oldest first: of the actions that begin so, such as `campaign.`.

    Raises:
        UnavailableError: the database does not answer.
    """
    own = (AUDIT.c.tenant_id == tenant) & (AUDIT.c.subject == subject) & AUDIT.c.action.startswith(actions)
    with database.reading() as connection:
        return [
            AuditEntry(row.at, row.actor, row.action, row.subject, row.details)
            for row in connection.execute(select(AUDIT).where(own).order_by(AUDIT.c.id))
        ]


def list_audit(tenant: str, database: Database, *, limit: int = 100) -> list[AuditEntry]:
    """The newest entries of a tenant's audit, newest first.

    Raises:
        UnavailableError: the database does not answer.
    """
    query = select(AUDIT).where(AUDIT.c.tenant_id == tenant).order_by(AUDIT.c.id.desc()).limit(limit)
    with database.reading() as connection:
        return [
            AuditEntry(row.at, row.actor, row.action, row.subject, row.details) for row in connection.execute(query)
        ]
