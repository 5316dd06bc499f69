"""Making and bringing up the tables."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, text

from retail_brain.errors import RetailBrainError, UsageError
from retail_brain.operational.database import Database
from retail_brain.operational.repeated_contacts import contacts_mark
from retail_brain.operational.tables import METADATA
from retail_brain.operational.upgrade import HEAD, upgrade
from tests.operational_tables import migrated


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    """A database whose tables its own migrations made."""
    made = Database(empty_url)
    with migrated():
        upgrade(made)
        yield made
    made.close()


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(database: Database) -> None:
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    assert database.revision() == HEAD


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    upgrade(database)
    assert database.revision() == HEAD


def test_processes_that_start_at_once_on_an_empty_database_all_succeed(empty_url: str) -> None:
    script = (
        "import sys; from retail_brain.operational.database import Database;"
        "from retail_brain.operational.upgrade import upgrade; upgrade(Database(sys.argv[1]))"
    )
    with ThreadPoolExecutor(3) as pool:
        runs = [
            pool.submit(subprocess.run, [sys.executable, "-c", script, empty_url], capture_output=True, check=False)
            for _ in range(3)
        ]
    assert [run.result().returncode for run in runs] == [0] * 3, [run.result().stderr for run in runs]
    made = Database(empty_url)
    assert made.revision() == HEAD
    made.close()


def test_a_database_of_a_newer_version_is_refused_with_advice(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RetailBrainError, match="made by a newer retail-brain"):
        upgrade(database)


@pytest.mark.parametrize("url", ["not a url", "mysql://host/name"])
def test_a_url_that_cannot_be_used_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError, match="RETAIL_BRAIN_DATABASE_URL"):
        Database(url)


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    silent = Database("postgresql://brain:geheim@127.0.0.1:1/none")
    with pytest.raises(RetailBrainError, match="does not answer") as caught:
        silent.revision()
    assert "geheim" not in str(caught.value)
    silent.close()


def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as connection:  # noqa: PT012  # the write must happen before
        connection.execute(text("INSERT INTO tenants VALUES ('main', '2025-01-01 00:00:00')"))
        raise ZeroDivisionError
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM tenants")).scalar_one() == 0


def test_late_contacts_are_found_without_reading_the_others(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL plans by the numbers of rows; small tables it reads whole")
    asked: list[str] = []
    with database.reading() as connection:
        event.listen(connection, "before_cursor_execute", lambda *about: asked.append(about[2]))
        contacts_mark("main", connection)
        late = [query for query in asked if "sent_on >" in query]
        plans = [str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", ("main",)).all()) for one in late]
    assert len(plans) == 2
    assert all("_late" in plan for plan in plans), plans
