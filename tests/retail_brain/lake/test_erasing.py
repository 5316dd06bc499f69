"""Erasing beside writers: nobody loses a row or a file of theirs, whoever comes first."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable

from retail_brain.dataset import conform
from retail_brain.erased_ids import ErasedIds, Subjects, digest_of
from retail_brain.lake import Incoming, erasing, open_lake, write_table, writing
from retail_brain.lake.data_files import write_data_file
from retail_brain.lake.difference import ROW
from retail_brain.lake.people import write_erased
from retail_brain.tables import TABLES

TODAY = date(2026, 11, 27)


def events(day: int, *customers: str) -> pl.LazyFrame:
    frame = pl.LazyFrame({"customer_id": customers}).with_columns(
        occurred_at=pl.lit(datetime(2025, 1, day)), event_type=pl.lit("visit")
    )
    return conform(frame, TABLES["events"]).with_row_index(ROW)


def people(lake: str) -> list[str]:
    return sorted(open_lake(lake).scan("events").collect()["customer_id"].drop_nulls())


def test_writer_under_way_is_not_robbed_of_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, file, placed = str(tmp_path / "lake"), tmp_path / "new.parquet", writing.place_files
    write_table(lake, "events", events(1, "a"))
    write_table(lake, "events", events(2, "b"))
    removed = []

    def erased_meanwhile(*given: Any) -> Any:
        actions = placed(*given)
        if not removed:
            removed.append(erasing.drop_history(lake, "events", TODAY, {}))
        return actions

    monkeypatch.setattr(writing, "place_files", erased_meanwhile)
    write_data_file(events(3, "c").drop(ROW).collect(), file)
    assert write_table(lake, "events", Incoming(events(3, "c"), (file,))).version == 3
    # two commits and the file that was placed and never committed
    assert removed == [3]
    assert people(lake) == ["a", "b", "c"]
    assert [entry["version"] for entry in DeltaTable(f"{lake}/events").history()] == [3, 2]


def test_history_goes_once_and_a_second_run_makes_no_version(tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    write_table(lake, "events", events(1, "a"))
    assert erasing.drop_history(lake, "events", TODAY, {}) == 0
    write_table(lake, "events", events(2, "b"))
    assert erasing.drop_history(lake, "events", TODAY, {}) == 2
    assert erasing.drop_history(lake, "events", TODAY, {}) == 0
    assert (open_lake(lake).versions["events"], people(lake)) == (2, ["a", "b"])
    assert erasing.drop_history(lake, "contacts", TODAY, {}) == 0
    assert not Path(lake, "contacts").exists()


@pytest.mark.parametrize("by_age", [False, True])
def test_rows_that_a_writer_brought_first_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, by_age: bool
) -> None:
    lake, rewrite, calls = str(tmp_path / "lake"), erasing.rewrite_table, []
    write_table(lake, "events", events(1, "gone", "gone"))
    write_table(lake, "events", events(5, "stays"))

    def others_first(*given: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            write_table(lake, "events", events(6, "comes"))
        rewrite(*given)

    monkeypatch.setattr(erasing, "rewrite_table", others_first)
    if by_age:
        assert erasing.drop_older(lake, "events", date(2025, 1, 2), TODAY, {}) == 2
    else:
        assert erasing.erase_rows(lake, "events", Subjects(frozenset({"gone"})), {}) == 2
    assert len(calls) == 2
    assert people(lake) == ["comes", "stays"]


@pytest.mark.parametrize("stored", [None, "stays", "gone"])
@pytest.mark.parametrize("from_files", [False, True])
def test_write_under_way_leaves_out_who_is_erased_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: str | None, *, from_files: bool
) -> None:
    """Whether the table names the person already, names others, or is created by that write."""
    lake, file = str(tmp_path / "lake"), tmp_path / "new.parquet"
    if stored is not None:
        write_table(lake, "events", events(1, stored))
    step = "_create" if stored is None else "_commit"
    committed, calls = getattr(writing, step), []

    def erased_meanwhile(*given: Any, **others: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            write_erased(lake, ErasedIds("00", frozenset({digest_of("00", "customer_id", "gone")})), {})
            erasing.erase_rows(lake, "events", Subjects(frozenset({"gone"})), {})
            erasing.drop_history(lake, "events", TODAY, {})
        return committed(*given, **others)

    monkeypatch.setattr(writing, step, erased_meanwhile)
    rows = events(3, "gone", "comes")
    write_data_file(rows.drop(ROW).collect(), file)
    write_table(lake, "events", Incoming(rows, (file,) if from_files else ()))
    assert people(lake) == (["comes", "stays"] if stored == "stays" else ["comes"])
    # visits whose person went stay as visits of nobody
    assert open_lake(lake).scan("events").collect().height == {None: 2, "stays": 3, "gone": 3}[stored]
    assert not [path for path in Path(lake, "events").rglob("*.parquet") if b"gone" in path.read_bytes()]
