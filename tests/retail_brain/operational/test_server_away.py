"""Which errors of a database mean that it is away, and which are faults of a statement."""

import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from retail_brain.errors import NoRoomError, UnavailableError
from retail_brain.operational.database import Database


@pytest.mark.parametrize(
    "cause",
    [
        psycopg.OperationalError("server closed the connection unexpectedly"),
        psycopg.errors.ConnectionTimeout("connection timeout expired"),
        psycopg.errors.AdminShutdown("terminating connection due to administrator command"),
        psycopg.errors.CannotConnectNow("the database system is starting up"),
        psycopg.errors.TooManyConnections("sorry, too many clients already"),
    ],
)
def test_a_server_that_is_away_is_unavailable(tmp_path: Path, cause: psycopg.Error) -> None:
    with (
        closing(Database(f"sqlite:///{tmp_path}/a.db")) as database,
        pytest.raises(UnavailableError, match="does not answer"),
        database.reading(),
    ):
        raise OperationalError("SELECT 1", {}, cause)


def test_a_disk_that_is_full_is_told_from_a_database_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/a.db")) as database:
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE t (x)")
        with database.reading() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 2")
        with pytest.raises(NoRoomError, match="disk is full"), database.writing() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (zeroblob(100000))")
        with pytest.raises(NoRoomError), database.reading():
            raise OperationalError("INSERT", {}, psycopg.errors.DiskFull("could not extend file"))
        broken = sqlite3.OperationalError("disk I/O error")
        broken.sqlite_errorname = "SQLITE_IOERR_WRITE"
        for free, kind in ((0, NoRoomError), (10**9, UnavailableError)):
            monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: SimpleNamespace(free=free))
            with pytest.raises(UnavailableError) as caught, database.reading():
                raise OperationalError("INSERT", {}, broken)
            assert caught.type is kind


def test_connections_that_all_hang_are_unavailable(tmp_path: Path) -> None:
    with (
        closing(Database(f"sqlite:///{tmp_path}/a.db")) as database,
        pytest.raises(UnavailableError, match="every connection"),
        database.writing(),
    ):
        raise PoolTimeoutError("QueuePool limit reached")


def test_a_broken_statement_is_seen_as_such(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/a.db")) as database, pytest.raises(DBAPIError), database.reading():
        raise DBAPIError("SELECT 1", {}, psycopg.errors.UndefinedColumn("no such column"))


ENDED = text("SELECT pg_terminate_backend(:pid, 5000)")


@pytest.mark.postgresql
@pytest.mark.parametrize(("at_the_commit", "problem"), [(True, "maybe_stored"), (False, None)])
def test_a_connection_that_is_lost_while_it_commits_may_have_stored(
    postgresql_tables: str, at_the_commit: bool, problem: str | None
) -> None:
    with closing(Database(postgresql_tables)) as used, closing(Database(postgresql_tables)) as other:

        def write() -> None:
            with used.writing() as connection:
                pid = connection.scalar(text("SELECT pg_backend_pid()"))
                with other.reading() as ending:
                    ending.execute(ENDED, {"pid": pid})
                if not at_the_commit:
                    connection.scalar(text("SELECT 1"))

        with pytest.raises(UnavailableError) as told:
            write()
        assert told.value.details.get("problem") == problem


def test_a_disk_that_is_full_takes_a_commit_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_connection: object) -> None:
        raise OperationalError("COMMIT", {}, psycopg.errors.DiskFull("could not extend file"))

    with closing(Database(f"sqlite:///{tmp_path}/a.db")) as database:
        with database.reading():
            pass
        database.is_sqlite = False
        monkeypatch.setattr(database.engine.dialect, "do_commit", full)
        with pytest.raises(NoRoomError), database.writing():
            pass
