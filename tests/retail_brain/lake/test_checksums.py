"""Checksums of data files: each write notes those of its own commit, and writers lose none of each other's."""

import os
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from retail_brain.dataset import conform
from retail_brain.errors import DataError
from retail_brain.files import sha256
from retail_brain.lake import Incoming, checksums, whole, write_table
from retail_brain.lake.data_files import write_data_file
from retail_brain.lake.difference import ROW
from retail_brain.lake.reading import local_files, open_table
from retail_brain.lake.whole import open_whole_lake
from retail_brain.tables import TABLES


def write(lake: Path, receipt: str) -> None:
    row = {"transaction_id": receipt, "sold_at": datetime(2025, 1, 1), "store_id": "A", "product_id": "x"}
    rows = conform(pl.LazyFrame([row | {"units": 1.0, "unit_price": 2.0}]), TABLES["transactions"])
    write_table(str(lake), "transactions", rows.with_row_index(ROW))


def digests(lake: Path) -> dict[str, str]:
    return {file.path.name: sha256(file.path) for file in local_files(open_table(str(lake), "transactions"))}


def test_each_write_adds_the_checksums_of_its_files(tmp_path: Path) -> None:
    lake = tmp_path / "a lake of Å"  # Delta percent-encodes its paths
    write(lake, "1")
    write(lake, "2")
    folder = lake / "transactions"
    assert checksums.read_checksums(folder) == digests(lake)
    assert len(digests(lake)) == 2
    assert not list(folder.glob("*.lock"))


def test_a_file_of_an_earlier_write_gets_no_checksum_since_it_may_be_damaged_by_now(tmp_path: Path) -> None:
    write(tmp_path, "1")
    (tmp_path / "transactions" / "_checksums.json").unlink()  # as a version before this one left the lake
    before = digests(tmp_path)
    write(tmp_path, "2")
    assert set(checksums.read_checksums(tmp_path / "transactions")) == set(digests(tmp_path)) - set(before)


def test_a_writer_that_notes_while_another_reads_its_file_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "1")
    write(tmp_path, "2")
    folder = tmp_path / "transactions"
    (folder / "_checksums.json").unlink()

    def meanwhile(path: Path) -> str:
        monkeypatch.setattr(checksums, "sha256", sha256)
        checksums.note_checksums(folder, 1)
        return sha256(path)

    monkeypatch.setattr(checksums, "sha256", meanwhile)
    checksums.note_checksums(folder, 0)
    assert checksums.read_checksums(folder) == digests(tmp_path)


def changed(path: Path) -> None:
    """The file with one other byte in its middle, at the same size and time: as a disk does it."""
    held, at = bytearray(path.read_bytes()), path.stat().st_mtime_ns
    held[len(held) // 2] ^= 1
    path.write_bytes(held)
    os.utime(path, ns=(at, at))


def test_a_damaged_lake_is_not_worked_with_and_says_which_files(tmp_path: Path) -> None:
    for receipt in "12345":
        write(tmp_path, receipt)
    assert open_whole_lake(str(tmp_path)).frames["transactions"].collect().height == 5
    files = sorted(file.path for file in local_files(open_table(str(tmp_path), "transactions")))
    whole._checksum.cache_clear()
    changed(files[0])
    with pytest.raises(DataError, match=rf"{files[0].name} holds other bytes than were written\. `retail-brain doctor"):
        open_whole_lake(str(tmp_path))
    for file in files[1:]:
        file.unlink()
    with pytest.raises(DataError, match=r"is missing and 2 more\.") as refused:
        open_whole_lake(str(tmp_path))
    assert refused.value.details == {"problem": "lake_damaged", "files": 5}


def test_a_file_is_read_once_until_it_changes_and_one_without_a_checksum_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "1")
    read: list[Path] = []
    monkeypatch.setattr(whole, "sha256", lambda path: read.append(path) or sha256(path))
    for _ in range(3):
        open_whole_lake(str(tmp_path))
    (file,) = read
    os.utime(file, (1, 1))
    open_whole_lake(str(tmp_path))
    assert read == [file, file]
    (tmp_path / "transactions" / "_checksums.json").unlink()
    changed(file)
    open_whole_lake(str(tmp_path))


def test_checksums_of_files_taken_over_stand_before_the_commit_that_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"transaction_id": "1", "sold_at": datetime(2025, 1, 1), "store_id": "A", "product_id": "x"}
    rows = conform(pl.LazyFrame([row | {"units": 1.0, "unit_price": 2.0}]), TABLES["transactions"])
    file = tmp_path / "staged.parquet"
    write_data_file(rows.collect(), file)
    # a kill behind the commit
    monkeypatch.setattr("retail_brain.lake.writing._note", lambda *_: None)
    lake = tmp_path / "lake"
    write_table(str(lake), "transactions", Incoming(rows.with_row_index(ROW), (file,)))
    assert checksums.read_checksums(lake / "transactions") == digests(lake) != {}
