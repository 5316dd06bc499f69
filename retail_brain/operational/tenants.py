"""Tenants: whose rows everything in the operational database is."""

from datetime import datetime

from sqlalchemy import Connection, select

from retail_brain.operational.database import Database
from retail_brain.operational.tables import TENANTS


def ensure_tenant(tenant: str, database: Database, connection: Connection, *, now: datetime) -> None:
    """Makes the tenant known, within a write of the caller."""
    database.insert_new(connection, TENANTS, [{"tenant_id": tenant, "created_at": now}], ["tenant_id"])


def list_tenants(database: Database) -> list[str]:
    """Names of the tenants, in order."""
    with database.reading() as connection:
        return list(connection.execute(select(TENANTS.c.tenant_id).order_by(TENANTS.c.tenant_id)).scalars())
