"""The mark by which a worker knows that nothing was committed, so that it need not ask for news."""

import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retail_brain.errors import UnavailableError
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, store_events
from retail_brain.operational.upgrade import upgrade

NOW = datetime(2025, 3, 1, tzinfo=UTC)
EVENT = Event(occurred_at=datetime(2025, 3, 1, 10), event_type="view", customer_id="C1")


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    """A database that is opened a second time by its URL."""
    made = Database(empty_url)
    upgrade(made)
    yield made
    made.close()


def test_it_stays_until_something_is_committed_by_whomever(database: Database, empty_url: str) -> None:
    marks = [database.change_mark()]
    assert database.change_mark() == marks[0]
    store_events("main", database, [EVENT], now=NOW)
    marks.append(database.change_mark())
    other = Database(empty_url)
    store_events("main", other, [EVENT], now=NOW)
    other.close()
    marks.append(database.change_mark())
    assert database.change_mark() == marks[2]
    assert all(first != second for first, second in itertools.pairwise(marks))


def test_a_commit_after_the_mark_was_taken_makes_another_one(database: Database) -> None:
    store_events("main", database, [EVENT], now=NOW)
    with database.writing() as connection:
        database.ensure_tenant("late", connection, now=NOW)
        before = database.change_mark()
    assert database.change_mark() != before


def test_it_may_be_asked_for_in_another_thread(database: Database) -> None:
    mark, found = database.change_mark(), []
    thread = threading.Thread(target=lambda: found.append(database.change_mark()))
    thread.start()
    thread.join()
    assert found == [mark]


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
def test_a_file_that_is_gone_or_replaced_has_no_mark_of_before(database: Database, empty_url: str) -> None:
    file = Path(empty_url.removeprefix("sqlite:///"))
    other = Database(f"sqlite:///{file}.other")
    upgrade(other)
    other.close()
    mark = database.change_mark()
    database.close()
    file.unlink()
    for _ in range(2):
        with pytest.raises(UnavailableError, match="is gone: keys"):
            database.change_mark()
        assert not file.exists()
    Path(f"{file}.other").rename(file)
    replaced = database.change_mark()
    assert replaced != mark
    assert database.change_mark() == replaced
    file.write_bytes(b"no database at all" * 99)
    database.close()
    assert database.change_mark() != database.change_mark()
