"""The search for ids in files of every form that a home holds."""

import gzip
import json
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from serving.privacy.traces import find_traces

ID = "客人-77310042"


def _sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        # longer than a page: the id lies across two of them
        database.execute("CREATE TABLE t (x TEXT)")
        database.execute("INSERT INTO t VALUES (?)", ("x" * 4040 + ID + "y" * 9000,))


def _wal(path: Path) -> None:
    path.write_bytes(b"\0" * 100 + ID.encode() + b"\0")


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", "a" * 5000 + ID)


def _tar(path: Path) -> None:
    inner = path.with_suffix(".txt")
    inner.write_text("a" * 5000 + ID)
    with tarfile.open(path, "w:xz") as archive:
        archive.add(inner, "inner.txt")
    inner.unlink()


def _gzip(path: Path) -> None:
    with gzip.open(path, "wb") as file:
        file.write(b"a" * 5000 + ID.encode())


def _parquet(path: Path) -> None:
    frame = pl.DataFrame({"who": [["a" * 50, ID]], "what": [{"deep": ID + "!"}]})
    frame.write_parquet(path, compression="zstd", statistics=False)


WRITERS: dict[str, Callable[[Path], object]] = {
    "rows.parquet": _parquet,
    "coded.parquet": lambda path: pl.DataFrame({"x": pl.Series([ID] * 50, dtype=pl.Categorical)}).write_parquet(path),
    "rows.arrow": lambda path: pl.DataFrame({"x": [ID]}).write_ipc(path, compression="zstd"),
    "rows.npy": lambda path: np.save(path, np.array([ID, "b"])),
    "rows.npz": lambda path: np.savez_compressed(path, who=np.array([ID, "b"])),
    "data.json": lambda path: path.write_text(json.dumps({"who": ID})),
    "plain.json": lambda path: path.write_text(json.dumps({"who": ID}, ensure_ascii=False)),
    "table.csv": lambda path: path.write_text(f"a,{ID}\n"),
    "base.db": _sqlite,
    "base.db-wal": _wal,
    "some.zip": _zip,
    "some.tar": _tar,
    "some.gz": _gzip,
    f"{ID}.txt": lambda path: path.write_text(""),
}


@pytest.mark.parametrize("name", WRITERS)
def test_an_id_is_found_in_a_file_of_each_form(name: str, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    WRITERS[name](tmp_path / "deep" / name)
    assert find_traces(tmp_path, [ID]) == [f"deep/{name}"]
    assert find_traces(tmp_path, ["somebody else 55"]) == []


def test_an_id_across_two_pieces_of_a_large_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.privacy.traces._PIECE_BYTES", 64)
    (tmp_path / "log.txt").write_bytes(b"a" * 60 + ID.encode() + b"b" * 100)
    assert find_traces(tmp_path, [ID]) == ["log.txt"]


def test_a_short_id_is_looked_for_as_a_whole_value_of_columns_of_people(tmp_path: Path) -> None:
    pl.DataFrame({"store_id": ["12"], "customer_id": ["112"]}).write_parquet(tmp_path / "other.parquet")
    pl.DataFrame({"customer_id": ["12"]}).write_parquet(tmp_path / "theirs.parquet")
    (tmp_path / "numbers.txt").write_text("12 of 12")
    assert find_traces(tmp_path, ["12"]) == ["theirs.parquet"]


def test_an_id_within_a_digest_stands_there_by_chance(tmp_path: Path) -> None:
    digest = "91ab12345cdd0e8f7a66b0c1"
    with closing(sqlite3.connect(tmp_path / "base.db")) as database:
        database.execute("CREATE TABLE decisions (suggestion_id TEXT, store_id TEXT)")
        database.execute("INSERT INTO decisions VALUES (?, ?)", (digest, "a1"))
        database.commit()
    (tmp_path / "said.json").write_text(json.dumps({"suggestion_id": digest}))
    pl.DataFrame({"phone": ["13800138000", "13912345678"]}).write_parquet(
        tmp_path / "phones.parquet", compression="uncompressed"
    )
    assert find_traces(tmp_path, ["12345"]) == ["phones.parquet"]
    assert find_traces(tmp_path, [digest]) == ["base.db", "said.json"]
