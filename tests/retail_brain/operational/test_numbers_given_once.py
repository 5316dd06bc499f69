"""No row gets the number of a removed one: whoever reads on from the last number they saw sees every later row."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import JSON, Column, Table, delete, func, insert, select, text

from retail_brain.erased_ids import Subjects
from retail_brain.operational import upgrade as upgrading
from retail_brain.operational.database import Database
from retail_brain.operational.erasures import erase_from_database
from retail_brain.operational.events import Event, events_after, store_events
from retail_brain.operational.tables import EVENTS, METADATA
from retail_brain.operational.upgrade import upgrade

NOW = datetime(2026, 3, 2, tzinfo=UTC)
NUMBERED = [table for table in METADATA.sorted_tables if "id" in table.c]
BEFORE = "0019"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "operational.db"


@pytest.fixture
def in_sqlite(file: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{file}")
    upgrade(made)
    yield made
    made.close()


def some(column: Column[Any], number: int) -> object:
    """A value of the column's type that differs by number."""
    if column.name == "tenant_id":
        return "main"
    if isinstance(column.type, JSON):
        return []
    kind = getattr(column.type, "impl_instance", column.type).python_type
    return {datetime: NOW, date: NOW.date(), bool: False, str: f"x{number}"}.get(kind, number)


def filled(table: Table, number: int) -> dict[str, object]:
    return {column.name: some(column, number) for column in table.c if column.name != "id"}


def event(customer_id: str) -> Event:
    return Event(datetime(2026, 3, 2, 10), "view", customer_id=customer_id)


@pytest.mark.parametrize("table", NUMBERED, ids=lambda table: table.name)
def test_every_table_with_a_number_gives_it_once(in_sqlite: Database, table: Table) -> None:
    with in_sqlite.rebuilding() as connection:  # other tables' rows are not needed
        given = []
        for number in range(2):
            connection.execute(insert(table).values(filled(table, number)))
            given.append(connection.execute(select(func.max(table.c.id))).scalar_one())
            connection.execute(delete(table))
    assert given == [1, 2]


def test_the_event_after_an_erased_newest_one_is_seen_by_who_remembers_the_last(database: Database) -> None:
    store_events("main", database, [event("C1"), event("C2")], now=NOW)
    last = events_after("main", database, after_id=0, since=NOW, limit=9)[-1].id
    assert erase_from_database("main", database, Subjects(frozenset({"C2"})), [])["events"] == 1
    store_events("main", database, [event("C3")], now=NOW)
    seen = events_after("main", database, after_id=last, since=NOW, limit=9)
    assert [one.event.customer_id for one in seen] == ["C3"]


def migrate(database: Database, revision: str) -> None:
    with database.rebuilding() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(upgrading._MIGRATIONS))
        command.upgrade(config, revision)


def columns_in(file: Path) -> dict[str, list[str]]:
    with closing(sqlite3.connect(file)) as connection:
        return {
            name: [column[1] for column in connection.execute(f"PRAGMA table_info({name})")] for name in METADATA.tables
        }


def rows(file: Path, columns: dict[str, list[str]]) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(file)) as connection:
        return {
            table: connection.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()
            for table, names in columns.items()
        }


def test_an_older_database_keeps_rows_numbers_indexes_and_keys(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    migrate(database, BEFORE)
    columns = columns_in(file)  # later revisions add some
    with database.rebuilding() as connection:
        for table in METADATA.sorted_tables:
            values = {column.name: some(column, 3) for column in table.c if column.name in columns[table.name]}
            # rows that others refer to among them
            connection.execute(insert(table).values(values | ({"export_id": "E"} if "export_id" in table.c else {})))
        connection.execute(text("UPDATE triggers SET seen_event = 7"))
    before, indexes = (
        rows(file, columns),
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name",
    )
    with database.reading() as connection:
        named = connection.execute(text(indexes)).all()
    upgrade(database)
    assert rows(file, columns) == before
    assert all(len(stored) == 1 for stored in before.values())
    with database.writing() as connection:
        assert {row[:2] for row in named} <= {row[:2] for row in connection.execute(text(indexes))}  # later ones add
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        connection.execute(delete(EVENTS))
    # a trigger saw event 7, which was removed before the migration
    store_events("main", database, [event("C3")], now=NOW)
    assert [one.id for one in events_after("main", database, after_id=7, since=NOW, limit=9)] == [8]
    database.close()
