"""An SQLite file that is taken away or replaced while it is open: nothing is accepted that would be lost."""

import shutil
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retail_brain.errors import UnavailableError
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, events_after, store_events
from retail_brain.operational.upgrade import upgrade

NOW = datetime(2025, 3, 1, tzinfo=UTC)
EVENT = Event(occurred_at=datetime(2025, 3, 1, 10), event_type="view", customer_id="C1")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "operational.db"


@pytest.fixture
def database(file: Path) -> Database:
    made = Database(f"sqlite:///{file}")
    upgrade(made)
    store_events("main", made, [EVENT], now=NOW)
    return made


def stored(database: Database) -> int:
    return len(events_after("main", database, after_id=0, since=NOW, limit=10))


@pytest.mark.parametrize("moved", [False, True])
def test_a_file_that_is_gone_takes_no_more_writes_until_it_is_back(file: Path, database: Database, moved: bool) -> None:
    away = file.with_name("away.db")
    database.close()  # the last connection writes the log into the file
    shutil.copy(file, away)
    assert stored(database) == 1
    for part in (file, file.with_name("operational.db-wal"), file.with_name("operational.db-shm")):
        if part.exists():
            part.rename(part.with_suffix(".moved")) if moved else part.unlink()
    for _ in range(2):
        with pytest.raises(UnavailableError, match="is gone: keys"):
            store_events("main", database, [EVENT], now=NOW)
        assert not file.exists()
    away.rename(file)
    assert stored(database) == 1
    assert store_events("main", database, [EVENT], now=NOW) == 1
    database.close()


def test_a_backup_put_in_its_place_is_followed(file: Path, database: Database) -> None:
    other = file.with_name("other.db")
    backup = Database(f"sqlite:///{other}")
    upgrade(backup)
    backup.close()
    database.close()  # its log is in the file: a log beside another file would be played into that
    other.replace(file)
    assert stored(database) == 0
    database.close()


def test_a_process_that_starts_without_the_file_makes_no_empty_one(file: Path, database: Database) -> None:
    database.close()
    away = file.rename(file.with_name("away.db"))
    started = Database(f"sqlite:///{file}")
    for _ in range(2):
        with pytest.raises(UnavailableError, match=r"restore the newest backup.*remove .*operational.db\.upgrade"):
            upgrade(started)
    assert not file.exists()
    away.rename(file)
    assert stored(started) == 1
    started.close()
    file.unlink()
    Path(f"{file}.upgrade").unlink()  # as told: whoever wants an empty one
    with closing(Database(f"sqlite:///{file}")) as empty:
        upgrade(empty)
        assert stored(empty) == 0
