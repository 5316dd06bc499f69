"""A dataset that was ingested before into a lake that has not changed: nothing is read, and the report says so."""

import os
from pathlib import Path
from typing import Any

from retail_brain.ingest import ingest
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.sources.input_files import input_files

LINES = tuple(f"t{n},2025-01-{n:02} 09:00:00,S,P,c,1,2" for n in range(1, 9))
BAD = "bad,soon,S,P,c,1,2"


def test_the_same_again_reads_nothing_and_reports_what_is_known(chain: Any) -> None:
    chain.sell(*LINES, BAD)
    first = chain.ingest()
    again = chain.ingest()
    assert (first.is_repeat, again.is_repeat) == (False, True)
    table = again.tables["transactions"]
    assert (table.read, table.new, table.unchanged, table.quarantined) == (9, 0, 8, 1)
    assert not again.changed_anything
    assert again.warnings == first.warnings
    assert again.versions == first.versions


def test_a_file_that_was_only_touched_is_the_same(chain: Any) -> None:
    chain.sell(*LINES)
    chain.ingest()
    os.utime(chain.folder / "transactions.csv", (1, 1))
    assert chain.ingest().is_repeat


def test_another_row_file_setting_or_option_is_read(chain: Any) -> None:
    chain.sell(*LINES)
    chain.ingest()
    chain.sell(*LINES, "t9,2025-01-09 09:00:00,S,P,c,1,2")
    assert chain.ingest().tables["transactions"].new == 1
    chain.write("stores.csv", "store_id\nS\n")
    assert chain.ingest().tables["stores"].new == 1
    assert chain.ingest().is_repeat
    assert not chain.ingest(ghost_most_lines=0).is_repeat
    assert not chain.ingest(replace=True).is_repeat


def test_a_lake_that_another_dataset_changed_is_compared(chain: Any, tmp_path: Path) -> None:
    chain.sell(*LINES)
    chain.ingest()
    other = tmp_path / "other"
    other.mkdir()
    (other / "transactions.csv").write_text((chain.folder / "transactions.csv").read_text().replace("t1,", "x1,"))
    ingest(str(other), chain.lake, Settings(), SILENT)
    assert not chain.ingest().is_repeat
    assert chain.ingest().is_repeat


def test_mappings_are_known_by_their_files_and_databases_never(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    mapping = tmp_path / "m.toml"
    mapping.write_text('[tables.stores]\nfiles = "*.csv"\ncolumns = { store_id = "x" }\n')
    assert input_files(str(mapping)) == (mapping, tmp_path / "a.csv")
    mapping.write_text('[tables.stores]\nsql = "SELECT 1 AS store_id"\n')
    assert input_files(str(mapping)) is None
    assert input_files("s3://bucket/x") is None
    assert input_files(str(tmp_path / "nothing")) is None
    assert input_files(f"cn-till://{tmp_path / 'a.csv'}") == (tmp_path / "a.csv",)
