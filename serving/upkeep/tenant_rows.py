"""Rows of one tenant in the operational database, out to JSON lines and in again; SQLite and PostgreSQL alike."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Date, DateTime, Table, insert, select
from sqlalchemy.types import TypeDecorator

from retail_brain.errors import UsageError
from retail_brain.operational.database import Database
from retail_brain.operational.tables import METADATA, TENANTS

_BATCH = 500
"""Rows of one statement: both databases limit the parameters of one."""


def _tenant_tables() -> list[Table]:
    """The tables that hold a tenant's rows, each after those it refers to."""
    return [table for table in METADATA.sorted_tables if "tenant_id" in table.c]


def export_rows(tenant: str, database: Database) -> dict[str, list[str]]:
    """Table -> the tenant's rows as JSON texts, in order of storing, all as of one instant.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        if not database.is_sqlite:  # SQLite's read transaction is a snapshot already
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return {table.name: list(_rows(tenant, table, connection)) for table in _tenant_tables()}


def _rows(tenant: str, table: Table, connection: Connection) -> Iterator[str]:
    query = select(table).where(table.c.tenant_id == tenant).order_by(*table.primary_key.columns)
    for row in connection.execute(query).mappings():
        yield json.dumps(dict(row), ensure_ascii=False, default=_text)


def _text(value: object) -> str:
    if isinstance(value, date):  # a datetime is a date too
        return value.isoformat()
    raise TypeError(f"cannot store a {type(value).__name__}")


def has_rows(tenant: str, database: Database) -> bool:
    """Whether the database knows the tenant.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        return connection.execute(select(TENANTS).where(TENANTS.c.tenant_id == tenant)).first() is not None


def is_tenant_of(texts: Iterable[str], tenant: str, database: Database) -> bool:
    """Whether the database's tenant is the one of exported rows: made at the same instant, to the microsecond.

    Args:
        texts: the tenant's own row as JSON text, as `export_rows` gives it; none where it had none.
        tenant: its name.
        database: with tables.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        made_at = connection.execute(select(TENANTS.c.created_at).where(TENANTS.c.tenant_id == tenant)).scalar()
    return made_at in {datetime.fromisoformat(json.loads(text)["created_at"]) for text in texts}


def import_rows(connection: Connection, rows: Mapping[str, Sequence[str]]) -> None:
    """Inserts exported rows within the caller's transaction; serial numbers are given anew, in the same order.

    Args:
        connection: with a transaction that writes.
        rows: table -> JSON texts. A table or column that this version does not have is refused.

    Raises:
        UsageError: the rows come from a version with other tables.
    """
    unknown = sorted(set(rows) - {table.name for table in _tenant_tables()})
    if unknown:
        raise UsageError(
            f"the backup has rows of tables {unknown}, which this version does not have. Install its version."
        )
    numbers: dict[str, dict[int, int]] = {}
    for table in _tenant_tables():
        values = [_values(table, json.loads(text), numbers) for text in rows.get(table.name, ())]
        numbers[table.name] = _insert(table, values, connection)


def _values(table: Table, row: dict[str, Any], numbers: Mapping[str, Mapping[int, int]]) -> dict[str, Any]:
    """A row as the database takes it, with references to rows that got new numbers."""
    unknown = sorted(set(row) - set(table.c.keys()))
    if unknown:
        raise UsageError(f"the backup's table {table.name} has columns {unknown} unknown here. Install its version.")
    values = {name: _typed(table.c[name], value) for name, value in row.items()}
    for column in table.c:
        for key in column.foreign_keys:
            if key.column.table.name in numbers and numbers[key.column.table.name] and values.get(column.name):
                values[column.name] = numbers[key.column.table.name].get(values[column.name], values[column.name])
    return values


def _typed(column: Column[Any], value: Any) -> Any:
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    if value is None or not isinstance(value, str):
        return value
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value


def _insert(table: Table, values: list[dict[str, Any]], connection: Connection) -> dict[int, int]:
    """Inserts the rows; old serial number -> new one, empty for tables without."""
    if not _is_serial(table):
        for start in range(0, len(values), _BATCH):
            connection.execute(insert(table), values[start : start + _BATCH])
        return {}
    numbers: dict[int, int] = {}
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    for start in range(0, len(values), _BATCH):
        batch = values[start : start + _BATCH]
        new = connection.execute(statement, [_without_id(row) for row in batch]).scalars().all()
        numbers |= dict(zip((row["id"] for row in batch), new, strict=True))
    return numbers


def _is_serial(table: Table) -> bool:
    return "id" in table.c and table.c.id.autoincrement is True


def _without_id(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "id"}
