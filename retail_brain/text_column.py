"""Texts by position, read from the buffers of an Arrow column."""

from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa


class TextColumn:
    """Read-only texts by position.

    The buffers are read directly: a scalar of Arrow costs about ten times as much as a slice of its bytes.
    """

    def __init__(self, column: pa.LargeStringArray) -> None:
        """Keeps views of the offsets and of the UTF-8 bytes; nothing is copied."""
        self._column = column
        _, offsets, texts = column.buffers()
        rows = slice(column.offset, column.offset + len(column) + 1)
        self._offsets: npt.NDArray[np.int64] = (
            np.frombuffer(offsets, np.int64)[rows] if offsets is not None else np.zeros(1, np.int64)
        )
        self._starts: memoryview = self._offsets.data
        self._bytes: memoryview = memoryview(texts) if texts is not None else memoryview(b"")

    @classmethod
    def of(cls, texts: pl.Series) -> "TextColumn":
        """Holds a copy of a column of texts; null becomes an empty text."""
        return cls(texts.fill_null("").rechunk().to_arrow().cast(pa.large_string()))

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._offsets.nbytes + self._bytes.nbytes

    def __len__(self) -> int:
        return len(self._starts) - 1

    @cached_property
    def series(self) -> pl.Series:
        """All texts, for frames of many rows; made at the first use."""
        return self._made_series()

    def _made_series(self) -> pl.Series:
        made = pl.from_arrow(self._column)
        assert isinstance(made, pl.Series)
        return made

    def raw(self, row: int) -> bytes:
        """UTF-8 bytes at a position."""
        return self._bytes[self._starts[row] : self._starts[row + 1]].tobytes()

    def __getitem__(self, row: int) -> str:
        return self.raw(row).decode()

    def take(self, rows: npt.NDArray[np.integer]) -> list[str]:
        """Texts at several positions."""
        starts, stops = self._offsets[rows].tolist(), self._offsets[rows + 1].tolist()
        texts = self._bytes
        return [texts[start:stop].tobytes().decode() for start, stop in zip(starts, stops, strict=True)]

    def find(self, text: str) -> int:
        """Position of a text, or -1; the texts must have been written in the order of `sorted_ids`.

        Complexity: bisection, about 20 comparisons in a million.
        """
        key, starts, texts = text.encode(), self._starts, self._bytes
        last = len(starts) - 1
        low, high = 0, last
        while low < high:
            middle = (low + high) >> 1
            if texts[starts[middle] : starts[middle + 1]].tobytes() < key:
                low = middle + 1
            else:
                high = middle
        return low if low < last and texts[starts[low] : starts[low + 1]].tobytes() == key else -1
