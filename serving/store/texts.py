"""Texts as memory-mapped Arrow columns, so that no worker builds a million Python strings."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from retail_brain.text_column import TextColumn
from serving.store.arrays import Array, map_array

_COLUMN = "text"


def write_texts(folder: Path, name: str, texts: Iterable[str]) -> None:
    """Writes texts as the only column of `NAME.arrow`."""
    _write_column(folder / f"{name}.arrow", pa.array(list(texts), pa.large_string()))


def write_coded(folder: Path, name: str, texts: Sequence[str]) -> None:
    """Writes repeating texts as an Arrow dictionary column: each distinct text once, and a code per row."""
    column = pa.array(texts, pa.large_string()).dictionary_encode()
    _write_column(folder / f"{name}.arrow", column)


class Texts(TextColumn):
    """Read-only texts of a file, by position."""

    @classmethod
    def open(cls, folder: Path, name: str) -> "Texts":
        """Maps texts written by this version or by 0.1."""
        return cls(_texts_column(folder, name))


class CodedTexts:
    """Dictionary-encoded texts by row."""

    def __init__(self, codes: Array, texts: Texts) -> None:
        """Takes the code of each row and the distinct texts."""
        self._codes = codes
        self._texts = texts

    @classmethod
    def open(cls, folder: Path, name: str) -> "CodedTexts":
        """Maps a column written by this version or by 0.1."""
        path = folder / f"{name}.arrow"
        if not path.exists():
            return cls(map_array(folder / f"{name}.codes.npy"), Texts.open(folder, name))
        column = _map_column(path)
        return cls(column.indices.to_numpy(), Texts(column.dictionary))

    @cached_property
    def series(self) -> pl.Series:
        """The text of every row, for frames of many rows; made at the first use."""
        return self._texts.series.gather(pl.Series(self._codes))

    def take(self, rows: Array) -> list[str]:
        """Texts of several rows."""
        return self._texts.take(self._codes[rows])


def sorted_ids(ids: Iterable[str]) -> list[str]:
    """Distinct ids sorted by their UTF-8 bytes, the order that `Texts.find` needs.

    >>> sorted_ids(["é", "z", "a", "z"])
    ['a', 'z', 'é']
    """
    return sorted(set(ids), key=str.encode)


def positions(ids: Sequence[str]) -> dict[str, int]:
    """Position of each id in a list.

    >>> positions(["a", "b"])
    {'a': 0, 'b': 1}
    """
    return {text: row for row, text in enumerate(ids)}


def _write_column(path: Path, column: pa.Array) -> None:
    table = pa.table({_COLUMN: column})
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_batch(pa.record_batch([column], schema=table.schema))


def _map_column(path: Path) -> Any:
    return pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0).column(0)


def _texts_column(folder: Path, name: str) -> pa.LargeStringArray:
    path = folder / f"{name}.arrow"
    if path.exists():
        return _map_column(path)
    # Version 0.1 kept the same two buffers in files of their own: they become the column without a copy.
    offsets, texts = map_array(folder / f"{name}.offsets.npy"), map_array(folder / f"{name}.bytes.npy")
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(texts))
