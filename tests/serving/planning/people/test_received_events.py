"""Received events find their way into the lake once, and what they say was bought is not offered before it is due."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.dataset import Dataset
from retail_brain.lake import open_lake
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, store_events
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from serving.planning.people.received_events import bought_by_event, without_just_bought

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
AT = datetime(2025, 2, 27, 10)
VIEW = Event(occurred_at=AT, event_type="view", customer_id="客1", product_id="P1", store_id="S1")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tenant whose lake has one receipt."""
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    data = tmp_path / "data"
    data.mkdir()
    pl.DataFrame(
        {"transaction_id": ["T"], "sold_at": [AT], "store_id": ["S1"], "product_id": ["P1"], "units": [1.0]}
        | {"unit_price": [2.0], "customer_id": ["客1"]}
    ).write_parquet(data / "transactions.parquet")
    assert run(tmp_path, "ingest", str(data)).exit_code == 0
    return tmp_path


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    made = Database(Workspace(home).database_url)
    upgrade(made)
    yield made
    made.close()


def run(home: Path, *arguments: str):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(app, ["--home", str(home), "--quiet", *arguments])


def events_in_lake(home: Path) -> pl.DataFrame:
    return open_lake(str(Workspace(home).lake)).scan("events").sort("occurred_at", "event_type").collect()


def test_events_reach_the_lake_once_however_often_they_are_collected(home: Path, database: Database) -> None:
    assert run(home, "events", "collect").stdout == "no events were received\n"
    scan = Event(occurred_at=AT + timedelta(days=1), event_type="scan", id_type="card", id_value="62", product_id="P2")
    store_events("main", database, [VIEW, VIEW, scan], now=NOW)
    assert run(home, "events", "collect").stdout == "3 new events in the lake\n"
    assert run(home, "events", "collect").stdout == "0 new events in the lake\n"
    held = events_in_lake(home)
    assert held["event_type"].to_list() == ["view", "view", "scan"]
    assert held["customer_id"].to_list() == ["客1", "客1", None]
    store_events("main", database, [VIEW], now=NOW)
    store_events("other", database, [VIEW], now=NOW)
    assert run(home, "events", "collect").stdout == "1 new events in the lake\n"
    assert events_in_lake(home).height == 4


def test_an_event_keeps_the_list_that_it_came_of(home: Path, database: Database) -> None:
    shown = replace(VIEW, attribution_id="recommend-2025-02-27")
    store_events("main", database, [shown, replace(shown, event_type="scan")], now=NOW)
    assert run(home, "events", "collect").stdout == "2 new events in the lake\n"
    assert events_in_lake(home)["attribution_id"].to_list() == ["recommend-2025-02-27"] * 2
    assert run(home, "events", "collect").stdout == "0 new events in the lake\n"


def test_an_event_that_an_older_version_collected_without_its_list_is_not_added_again(
    home: Path, database: Database, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    columns = ("occurred_at", "event_type", "customer_id", "product_id", "store_id")
    pl.DataFrame({name: [getattr(VIEW, name)] for name in columns}).write_parquet(old / "events.parquet")
    assert run(home, "ingest", str(old)).exit_code == 0
    shown = replace(VIEW, attribution_id="recommend-2025-02-27")
    store_events("main", database, [shown, replace(shown, event_type="scan")], now=NOW)
    assert run(home, "events", "collect").stdout == "1 new events in the lake\n"
    held = events_in_lake(home)
    assert dict(held.select("event_type", "attribution_id").iter_rows()) == {
        "view": None,
        "scan": "recommend-2025-02-27",
    }


def test_events_are_counted_by_the_list_that_they_came_of(home: Path, database: Database, tmp_path: Path) -> None:
    shown = replace(VIEW, attribution_id="recommend-2025-02-27")
    later = replace(shown, occurred_at=AT + timedelta(days=1), customer_id=None, id_type="card", id_value="62")
    nobody = replace(shown, customer_id=None)
    store_events("main", database, [VIEW, shown, shown, later, nobody, replace(shown, event_type="scan")], now=NOW)
    out = tmp_path / "lists.csv"
    assert run(home, "events", "attributed", "--out", str(out)).stdout.startswith("5 events of 1 lists and contacts")
    rows = pl.read_csv(out, try_parse_dates=True).select(pl.exclude("attribution_id")).rows()
    assert rows == [("scan", 1, 1, AT, AT), ("view", 4, 2, AT, AT + timedelta(days=1))]


def test_only_days_asked_for(home: Path, database: Database) -> None:
    later = Event(occurred_at=AT + timedelta(days=2), event_type="view", customer_id="客1")
    store_events("main", database, [VIEW, later], now=NOW)
    assert run(home, "events", "collect", "--since", "2025-02-28").stdout == "1 new events in the lake\n"
    assert run(home, "events", "collect", "--since", "yesterday").exit_code != 0


def test_what_an_event_says_was_bought_is_held_back_until_it_is_due() -> None:
    events = pl.DataFrame(
        {
            "occurred_at": [AT, AT - timedelta(days=3), AT, AT - timedelta(days=400)],
            "customer_id": ["A", "A", None, "A"],
            "id_type": [None, None, "card", None],
            "id_value": [None, None, "62", None],
            "event_type": ["purchase", "purchase", "order", "purchase"],
            "product_id": ["P1", "P1", "P2", "P3"],
        }
    )
    identities = pl.DataFrame({"id_type": ["card"], "id_value": ["62"], "customer_id": ["B"], "source": ["pos"]})
    last = date(2025, 3, 1)
    bought = bought_by_event(Dataset.from_frames({"events": events, "identities": identities}), last)
    assert sorted(bought.rows()) == [("A", "P1", AT.date()), ("B", "P2", AT.date())]
    pairs = pl.DataFrame(
        {
            "customer_id": ["A", "A", "B", "B"],
            "product_id": ["P1", "P2", "P2", "P1"],
            "gap_days": pl.Series([3, 9, 4, 9], dtype=pl.Int32),
        }
    )
    # bought on 27 February: three days later is 2 March, the day after the last; four days later is not
    assert without_just_bought(pairs, bought, last).rows() == [("A", "P1", 3), ("A", "P2", 9), ("B", "P1", 9)]
    assert without_just_bought(pairs, bought, last - timedelta(days=1)).height == 2
