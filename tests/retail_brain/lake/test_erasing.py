"""Erasing beside writers: nobody loses a row or a file of theirs, whoever comes first."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable

from retail_brain.dataset import conform
from retail_brain.erased_ids import Subjects
from retail_brain.lake import erasing, open_lake, write_table, writing
from retail_brain.lake.data_files import write_data_file
from retail_brain.lake.difference import ROW
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
    assert write_table(lake, "events", events(3, "c"), files=[file]).version == 3
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
