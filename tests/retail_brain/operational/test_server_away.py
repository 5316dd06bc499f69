"""Which errors of a database mean that it is away, and which are faults of a statement."""

import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
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
