"""Checksums of data files: each write notes those of its own commit, and writers lose none of each other's."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from retail_brain.dataset import conform
from retail_brain.files import sha256
from retail_brain.lake import checksums, write_table
from retail_brain.lake.difference import ROW
from retail_brain.lake.reading import local_files, open_table
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
