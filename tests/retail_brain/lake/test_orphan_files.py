"""Data files that no version names go when they are old enough; all versions stay readable."""

import os
import time
from pathlib import Path

import polars as pl
from deltalake import DeltaTable

from retail_brain.files import ORPHAN_SECONDS
from retail_brain.lake import open_lake, remove_orphan_files, write_table


def state(units: float) -> pl.LazyFrame:
    return pl.LazyFrame(
        {"_row": [0], "store_id": ["店 1"], "name": [f"shop {units}"]},
        schema={"_row": pl.UInt32, "store_id": pl.String, "name": pl.String},
    )


def test_only_old_files_without_a_commit_go(tmp_path: Path) -> None:
    for units in (1.0, 2.0):
        write_table(str(tmp_path), "stores", state(units))
    folder = tmp_path / "stores"
    old, young = folder / "part-old.parquet", folder / "part-young.parquet"
    for path in (old, young):
        path.write_bytes(b"half a file")
    long_ago = time.time() - ORPHAN_SECONDS - 60
    for path in folder.glob("*.parquet"):
        if path != young:
            os.utime(path, (long_ago, long_ago))
    assert remove_orphan_files(str(tmp_path), "stores") == 1
    assert not old.exists()
    assert young.exists()
    assert DeltaTable(str(folder)).version() == 1
    for version, name in ((0, "shop 1.0"), (1, "shop 2.0")):
        lake = open_lake(str(tmp_path), versions={"stores": version})
        assert lake.scan("stores").collect()["name"].to_list() == [name]


def test_nothing_goes_where_the_history_is_not_whole(tmp_path: Path) -> None:
    for units in (1.0, 2.0):
        write_table(str(tmp_path), "stores", state(units))
    folder = tmp_path / "stores"
    (folder / "_delta_log" / f"{0:020}.json").unlink()
    long_ago = time.time() - ORPHAN_SECONDS - 60
    for path in folder.glob("*.parquet"):
        os.utime(path, (long_ago, long_ago))
    assert remove_orphan_files(str(tmp_path), "stores") == 0
    assert len(list(folder.glob("*.parquet"))) == 2
    assert remove_orphan_files(str(tmp_path), "products") == 0
