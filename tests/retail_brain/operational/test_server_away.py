"""Which errors of a database mean that it is away, and which are faults of a statement."""

from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from retail_brain.errors import UnavailableError
from retail_brain.operational.database import Database


@pytest.mark.parametrize(
    "cause",
    [
        psycopg.OperationalError("server closed the connection unexpectedly"),
        psycopg.errors.ConnectionTimeout("connection timeout expired"),
        psycopg.errors.AdminShutdown("terminating connection due to administrator command"),
        psycopg.errors.CannotConnectNow("the database system is starting up"),
        psycopg.errors.TooManyConnections("sorry, too many clients already"),
        psycopg.errors.DiskFull("could not extend file"),
    ],
)
def test_a_server_that_is_away_or_full_is_unavailable(tmp_path: Path, cause: psycopg.Error) -> None:
    with (
        closing(Database(f"sqlite:///{tmp_path}/a.db")) as database,
        pytest.raises(UnavailableError, match="does not answer"),
        database.reading(),
    ):
        raise OperationalError("SELECT 1", {}, cause)


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
