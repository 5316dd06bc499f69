"""Memory-mapped arrays: npy files for arrays written at once, Arrow files for arrays that grow block by block."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Array = npt.NDArray[Any]

_SHAPE = b"row_shape"
_BATCH_BYTES = 32 * 2**20
"""Bytes per record batch, by judgement: few batches keep look-ups quick, and one batch is all that waits in memory."""


class RowWriter:
    """Writes rows of one dtype and shape block by block, so that more than fits in memory can be stored."""

    def __init__(self, path: Path, dtype: npt.DTypeLike, shape: tuple[int, ...] = ()) -> None:
        """Opens an Arrow file whose one column holds a row of the given shape, laid flat, per entry."""
        self._dtype = np.dtype(dtype)
        self._shape = shape
        self._kind = pa.list_(pa.from_numpy_dtype(self._dtype), int(np.prod(shape, dtype=np.int64)))
        metadata = {_SHAPE: " ".join(str(size) for size in shape)}
        self._writer = pa.ipc.new_file(str(path), pa.schema([pa.field("row", self._kind)], metadata))
        self._waiting: list[Array] = []
        self._waiting_bytes = 0
        self.rows = 0

    def append(self, block: Array) -> None:
        """Appends rows of shape (n, *shape); they are copied.

        Raises:
            ValueError: the rows have another shape than the file's.
        """
        if block.shape[1:] != self._shape:
            raise ValueError(f"rows of shape {block.shape[1:]} do not fit a file of rows of shape {self._shape}")
        # A copy: the caller may reuse the block's memory before the batch is written.
        self._waiting.append(np.array(block, dtype=self._dtype))
        self._waiting_bytes += self._waiting[-1].nbytes
        self.rows += len(block)
        if self._waiting_bytes >= _BATCH_BYTES:
            self._write_batch()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write_batch()
        self._writer.close()

    def _write_batch(self) -> None:
        if self._waiting_bytes:
            flat = pa.array(np.concatenate(self._waiting).reshape(-1))
            column = pa.FixedSizeListArray.from_arrays(flat, type=self._kind)
            self._writer.write_batch(pa.record_batch([column], names=["row"]))
        self._waiting, self._waiting_bytes = [], 0


class ColumnWriter:
    """Writes an npy file of one number a row block by block: the same bytes as `write_array` of all rows at once."""

    def __init__(self, path: Path, dtype: npt.DTypeLike) -> None:
        """Opens the file; its head says 0 rows until it is closed."""
        self._dtype = np.dtype(dtype)
        self._file = path.open("w+b")
        self._write_head(0)
        self.rows = 0

    def append(self, block: Array) -> None:
        """Appends rows of shape (n,), converted to the dtype."""
        self._file.write(np.ascontiguousarray(block, dtype=self._dtype).data)
        self.rows += len(block)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.seek(0)
        self._write_head(self.rows)  # as long as before: NumPy leaves room for the number of rows
        self._file.close()

    def _write_head(self, rows: int) -> None:
        head = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": (rows,)}
        np.lib.format.write_array_header_1_0(self._file, head)


class MappedRows:
    """Rows of a `RowWriter`, read by position.

    Complexity: a look-up finds its block by bisection; only the rows asked for are copied.
    """

    def __init__(self, blocks: list[Array], shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        """Takes the blocks in order, each of shape (rows, *shape)."""
        self._blocks = blocks
        self._ends = np.cumsum([len(block) for block in blocks], dtype=np.int64)
        self.dtype = np.dtype(dtype)
        self.shape = (int(self._ends[-1]) if blocks else 0, *shape)

    def __len__(self) -> int:
        return self.shape[0]

    def blocks(self) -> Iterator[tuple[int, Array]]:
        """The rows piece by piece as they lie in the file: the number of the first one, and the rows as a view."""
        for block, values in enumerate(self._blocks):
            yield self._first(block), values

    def row(self, row: int) -> Array:
        """Returns one row as a view.

        Raises:
            IndexError: there is no such row.
        """
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of {len(self)}")
        block = int(np.searchsorted(self._ends, row, side="right"))
        return np.asarray(self._blocks[block][row - self._first(block)])

    def __getitem__(self, rows: Array) -> Array:
        """Copies several rows, in the order of `rows`."""
        # the usual case, without looking up blocks
        if len(self._blocks) == 1:
            return np.asarray(self._blocks[0].take(rows, axis=0))
        values = np.empty((len(rows), *self.shape[1:]), self.dtype)
        block_of = np.searchsorted(self._ends, rows, side="right")
        for block in np.unique(block_of).tolist():
            in_block = block_of == block
            values[in_block] = self._blocks[block][rows[in_block] - self._first(block)]
        return values

    def _first(self, block: int) -> int:
        return int(self._ends[block]) - len(self._blocks[block])


def open_rows(folder: Path, name: str) -> MappedRows:
    """Maps the rows of `NAME.arrow`, or of the npy file that version 0.1 wrote instead."""
    path = folder / f"{name}.arrow"
    if not path.exists():
        whole = map_array(folder / f"{name}.npy")
        return MappedRows([whole], whole.shape[1:], whole.dtype)
    reader = pa.ipc.open_file(pa.memory_map(str(path)))
    text = reader.schema.metadata[_SHAPE].decode()
    shape = tuple(int(size) for size in text.split())
    columns = [reader.get_batch(number).column(0) for number in range(reader.num_record_batches)]
    blocks = [column.flatten().to_numpy().reshape(-1, *shape) for column in columns]
    return MappedRows(blocks, shape, reader.schema.field("row").type.value_type.to_pandas_dtype())


def write_array(path: Path, values: npt.ArrayLike, dtype: npt.DTypeLike) -> None:
    """Writes an array as npy, converted to the dtype."""
    # never a pickle: reading one runs code of whoever wrote the file
    np.save(path, np.ascontiguousarray(values, dtype=dtype), allow_pickle=False)


def map_array(path: Path) -> Array:
    """Maps an npy file read-only; all processes share its pages.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_array(Path(folder) / "units.npy", [1, 2, 3], np.int32)
        ...     map_array(Path(folder) / "units.npy").tolist()
        [1, 2, 3]
    """
    shape, dtype = _head(path)
    if 0 in shape:  # mmap refuses an empty file region
        return np.zeros(shape, dtype)
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _head(path: Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    with path.open("rb") as file:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    return shape, dtype
