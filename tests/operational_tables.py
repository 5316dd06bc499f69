"""Makes the tables of an operational database in SQLite once per process of the tests; further ones get the same.

Alembic runs fifteen migrations for a new file, a tenth of a second of processor each time.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text

_MODULE = "retail_brain.operational.upgrade"


@contextmanager
def repeated_instead_of_migrated() -> Iterator[None]:
    """While it lasts, empty SQLite databases get the tables that the first one got by its migrations.

    Only where tests that were collected import the migrations.
    """
    module: Any = sys.modules.get(_MODULE)
    if module is None:
        yield
        return
    statements: list[str] = []
    migrate = module._migrate

    def repeat(connection: Connection) -> None:
        if connection.dialect.name != "sqlite" or inspect(connection).get_table_names():
            migrate(connection)
        elif statements:
            for statement in statements:
                connection.exec_driver_sql(statement)
        else:
            migrate(connection)
            statements.extend(_tables(connection))

    repeat.in_truth = migrate  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_migrate", repeat)
        yield


@contextmanager
def migrated() -> Iterator[None]:
    """While it lasts, every database is migrated: what tests of the migrations themselves need."""
    module: Any = sys.modules[_MODULE]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_migrate", getattr(module._migrate, "in_truth", module._migrate))
        yield


def _tables(connection: Connection) -> list[str]:
    """Statements that make the tables and indexes, and the one row that is in them: their version."""
    made = text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY rowid")
    names = inspect(connection).get_table_names()
    filled = [name for name in names if connection.scalar(text(f'SELECT count(*) FROM "{name}"'))]
    assert filled == ["alembic_version"]
    version = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return [*connection.execute(made).scalars(), f"INSERT INTO alembic_version VALUES ('{version}')"]
