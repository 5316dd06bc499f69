"""A home or a database that takes no writes is found by trying, and the words fit the database in use."""

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import InternalError, OperationalError

from retail_brain.errors import UnavailableError
from retail_brain.files import name_aside
from retail_brain.operational.database import Database
from retail_brain.operational.upgrade import upgrade
from retail_brain.operational.write_faults import write_faults


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "var").mkdir()
    with closing(Database(f"sqlite:///{tmp_path}/var/operational.db", wait_seconds=0.05)) as made:
        upgrade(made)
        yield made


def test_a_home_that_takes_writes_has_no_fault_and_stays_as_it_is(tmp_path: Path, database: Database) -> None:
    mark, names = database.change_mark(), sorted(path.name for path in (tmp_path / "var").iterdir())
    assert write_faults(tmp_path, database) == []
    assert (database.change_mark(), sorted(path.name for path in (tmp_path / "var").iterdir())) == (mark, names)


def test_a_folder_without_room_keeps_no_trace_of_the_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "var").mkdir()

    def fill(path: Path, _: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill)
    [fault] = write_faults(tmp_path, None)
    assert "No space left" in str(fault)
    assert list((tmp_path / "var").iterdir()) == []


READS_WITHOUT_ROOM = """
import resource, signal, sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from retail_brain.errors import UnavailableError
from retail_brain.operational.database import Database
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))

def read(database):
    with database.reading() as connection:
        return connection.exec_driver_sql("SELECT x FROM t").scalar_one()

with closing(Database(sys.argv[1])) as one, closing(Database(sys.argv[1])) as two, ThreadPoolExecutor(4) as pool:
    said = list(pool.map(read, [one, two] * 8))
    try:
        with one.writing() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (8)")
    except UnavailableError:
        said.append("refused")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with one.writing() as connection:
        connection.exec_driver_sql("UPDATE t SET x = 9")
    print(*dict.fromkeys(said), read(one), read(two))
"""


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_full_disk_refuses_no_reader_that_comes_first_and_takes_writes_once_it_has_room(
    tmp_path: Path, is_killed: bool
) -> None:
    """A limit on the length of files stands for the disk: the index beside the log cannot be made."""
    with closing(Database(f"sqlite:///{tmp_path}/a.db")) as database:
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE t (x)")
            connection.exec_driver_sql("INSERT INTO t VALUES (7)")
        for ending in ("", "-wal") if is_killed else ():  # what a killed process wrote last is in the log alone
            shutil.copy(tmp_path / f"a.db{ending}", tmp_path / f"b.db{ending}")
    call = [sys.executable, "-c", READS_WITHOUT_ROOM, f"sqlite:///{tmp_path}/{'b' if is_killed else 'a'}.db"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("7 refused 9 9\n", "")


def test_a_database_that_another_process_holds_is_told_as_held(tmp_path: Path, database: Database) -> None:
    assert not database.was_held_within(1e6)
    with closing(sqlite3.connect(tmp_path / "var" / "operational.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        [fault] = write_faults(tmp_path, database)
        with pytest.raises(UnavailableError, match="another process has held it for"), database.writing():
            pass
        with database.reading() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    assert fault.details == {"problem": "database_held"}
    assert database.was_held_within(1e6)
    assert write_faults(tmp_path, database) == []


def test_a_file_that_may_only_be_read_is_told_as_read_only(tmp_path: Path, database: Database) -> None:
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")  # what SQLite says of a file on a read-only mount
    [fault] = write_faults(tmp_path, database)
    assert fault.details == {"problem": "read_only"}
    assert "RETAIL_BRAIN_DATABASE_URL" not in str(fault)


def test_a_folder_that_takes_no_file_is_told(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, _content: bytes) -> None:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "write_bytes", refused)
    [fault] = write_faults(tmp_path, database)
    assert "var cannot be written: Read-only file system" in str(fault)


def test_a_probe_that_a_killed_process_left_goes_and_nothing_else(tmp_path: Path) -> None:
    var = tmp_path / "var"
    var.mkdir()
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    living = var / name_aside(".probe")
    left, other = (var / name_aside(name).replace(f"-{os.getpid()}-", f"-{gone.pid}-") for name in (".probe", "table"))
    for path in (living, left, other):
        path.write_bytes(b"1")
    assert write_faults(tmp_path, None) == []
    assert sorted(var.iterdir()) == sorted([living, other])


def test_a_home_without_a_database_gets_none(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    with closing(Database(f"sqlite:///{tmp_path}/var/operational.db")) as database:
        assert write_faults(tmp_path, database) == []
    assert not (tmp_path / "var" / "operational.db").exists()


def test_advice_names_what_fits_the_database_in_use(tmp_path: Path) -> None:
    broken = sqlite3.OperationalError("unable to open database file")
    broken.sqlite_errorname = "SQLITE_CANTOPEN"
    with (
        closing(Database(f"sqlite:///{tmp_path}/a.db")) as database,
        pytest.raises(UnavailableError, match="the file and its folder") as caught,
        database.reading(),
    ):
        raise OperationalError("SELECT 1", {}, broken)
    assert "RETAIL_BRAIN_DATABASE_URL" not in str(caught.value)
    server = Database("postgresql://somebody@db.internal/x")
    told = server._unavailable(psycopg.OperationalError("connection refused"))
    assert "RETAIL_BRAIN_DATABASE_URL" in str(told)


def test_a_server_that_takes_no_writes_is_unavailable_and_no_bug(tmp_path: Path) -> None:
    standby = psycopg.errors.ReadOnlySqlTransaction("cannot execute UPDATE in a read-only transaction")
    with (
        closing(Database(f"sqlite:///{tmp_path}/a.db")) as database,
        pytest.raises(UnavailableError),
        database.reading(),
    ):
        raise InternalError("UPDATE", {}, standby)
