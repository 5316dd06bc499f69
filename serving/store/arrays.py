"""Arrays on disk: written in blocks, mapped into memory when read."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class ArrayWriter:
    """Writes an npy file block by block, so that an array larger than memory can be stored.

    The header is written for no rows first and again, with the number of rows, at the end; numpy pads it so that both
    have the same length.
    """

    def __init__(self, path: Path, dtype: npt.DTypeLike, shape: tuple[int, ...] = ()) -> None:
        """Opens the file for rows of a dtype and shape."""
        self._file = path.open("wb")
        self._dtype = np.dtype(dtype)
        self._shape = shape
        self.rows = 0
        self._write_header()

    def append(self, block: Array) -> None:
        """Adds rows at the end."""
        if block.shape[1:] != self._shape:
            raise ValueError(f"rows of shape {block.shape[1:]} do not fit a file of rows of shape {self._shape}")
        self._file.write(np.ascontiguousarray(block, dtype=self._dtype).tobytes())
        self.rows += len(block)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.seek(0)
        self._write_header()
        self._file.close()

    def _write_header(self) -> None:
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self.rows, *self._shape),
        }
        np.lib.format.write_array_header_1_0(self._file, header)


def write_array(path: Path, values: npt.ArrayLike, dtype: npt.DTypeLike) -> None:
    """Writes an array in one go."""
    np.save(path, np.ascontiguousarray(values, dtype=dtype), allow_pickle=False)


def map_array(path: Path) -> Array:
    """The array of a file, mapped read-only: its pages are shared by all processes that map it."""
    if 0 in _head(path)[0]:
        return np.zeros(*_head(path))
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _head(path: Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    with path.open("rb") as file:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    return shape, dtype
