"""Every test here runs on SQLite and, where Debian's binaries are, on a PostgreSQL that the session starts itself."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from retail_brain.operational.database import Database
from retail_brain.operational.tables import METADATA
from retail_brain.operational.upgrade import upgrade


def postgresql_binaries() -> Path | None:
    """The newest PostgreSQL under Debian's folder."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


def as_owner() -> dict[str, int]:
    """The user that PostgreSQL runs as: it refuses root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid}


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A server of the session's own, on a random port of 127.0.0.1, ended with it."""
    binaries = postgresql_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL under /usr/lib/postgresql: apt-get install postgresql")
    try:
        owner = as_owner()
    except KeyError:
        pytest.skip("PostgreSQL refuses root and there is no user postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="rb-pg-"))
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    data = folder / "data"
    run = {"cwd": folder, "capture_output": True, **owner}
    try:
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "brain", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"],
            check=True,
            **run,
        )
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-F"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **owner,
        )
        try:
            ready = [binaries / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "20"]
            for _ in range(200):
                if subprocess.run(ready, capture_output=True, check=False).returncode == 0:
                    break
            yield f"postgresql://brain@127.0.0.1:{port}"
        finally:
            server.send_signal(2)
            server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
)
"""Ends what the test before has not closed: it would hold its locks."""


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / '数据' / 'operational.db'}"
    url = database_on(request.getfixturevalue("postgresql_url"), "chain")
    # emptied, not made anew: a database is 300 files, which the server writes at its end and the session then deletes
    with closing(Database(url)) as used, committing(used) as connection:
        connection.execute(OTHERS, {"name": "chain"})
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return url


@pytest.fixture(scope="session")
def postgresql_tables(postgresql_url: str) -> str:
    """The URL of a database whose tables are made once: migrating takes longer than most tests."""
    url = database_on(postgresql_url, "tables")
    with closing(Database(url)) as made:
        upgrade(made)
    return url


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with its tables, which are empty."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / '数据' / 'operational.db'}")
        upgrade(made)
    else:
        made = Database(request.getfixturevalue("postgresql_tables"))
        empty(made)
    yield made
    made.close()


def database_on(server: str, name: str) -> str:
    """The URL of a database of a server; it is made where there is none."""
    with closing(Database(f"{server}/postgres")) as admin, committing(admin) as connection:
        if not connection.scalar(text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": name}):
            connection.execute(text(f"CREATE DATABASE {name}"))
    return f"{server}/{name}"


def committing(database: Database) -> Connection:
    """A connection that commits each statement at once, as making a database asks for."""
    return database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def empty(database: Database) -> None:
    """Takes all rows out of a PostgreSQL, and counts its numbers from 1 again."""
    held = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in METADATA.tables)
    with committing(database) as connection:
        connection.execute(OTHERS, {"name": "tables"})
        if filled := connection.execute(text(held)).scalars().all():
            connection.execute(text(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE"))
