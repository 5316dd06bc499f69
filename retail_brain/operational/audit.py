"""The audit: who did what to what, appended in the same transaction as the deed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from retail_brain.operational.database import Database
from retail_brain.operational.tables import AUDIT


@dataclass(frozen=True)
class Deed:
    """One line of the audit."""

    at: datetime
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any]


def record(tenant: str, connection: Connection, deed: Deed) -> None:
    """Appends a line within a write of the caller."""
    connection.execute(
        insert(AUDIT).values(
            tenant_id=tenant,
            at=deed.at,
            actor=deed.actor,
            action=deed.action,
            subject=deed.subject,
            details=dict(deed.details),
        )
    )


def list_deeds(tenant: str, database: Database, *, limit: int = 100) -> list[Deed]:
    """The newest lines of a tenant's audit, newest first."""
    query = select(AUDIT).where(AUDIT.c.tenant_id == tenant).order_by(AUDIT.c.id.desc()).limit(limit)
    with database.reading() as connection:
        return [Deed(row.at, row.actor, row.action, row.subject, row.details) for row in connection.execute(query)]
