"""Sparse-matrix operations on people x products that the candidate sources share."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float32]
Reals: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
DENSE_CELLS = 32_000_000
"""Cells below which a matrix is made dense: 128 MB of float32."""
CSR: TypeAlias = Any
"""`scipy.sparse.csr_array` (scipy has no types)."""


@dataclass(frozen=True)
class DenseScores:
    """Scores of a block of people for some of the products, as a dense array; 0 for all others.

    Neighbours and latent factors score every core product: a sparse matrix would hold each cell with its index.

    Attributes:
        values: people x columns.
        columns: product codes, ascending.
    """

    values: Floats
    columns: Ints


Scores: TypeAlias = Any
"""Scores of a block of people: a csr_array over all products, or `DenseScores`; 0 = no score."""


def csr(rows: Ints, columns: Ints, values: npt.NDArray[Any], shape: tuple[int, int]) -> CSR:
    """A float32 csr_array in canonical order; values of the same cell are added.

    Args:
        rows: row of each value.
        columns: column of each value.
        values: of the cells.
        shape: number of rows and columns.
    """
    matrix = sparse.csr_array((values.astype(np.float32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def scaled_rows(matrix: CSR, factors: npt.NDArray[Any]) -> CSR:
    """Each row times its factor."""
    result = matrix.astype(np.float32, copy=True)
    result.data *= np.repeat(factors.astype(np.float32), np.diff(result.indptr))
    return result


def scaled_columns(matrix: CSR, factors: npt.NDArray[Any]) -> CSR:
    """Each column times its factor."""
    result = matrix.astype(np.float32, copy=True)
    result.data *= factors.astype(np.float32)[result.indices]
    return result


def unit_rows(matrix: CSR) -> CSR:
    """Each row divided by its Euclidean norm; empty rows stay empty."""
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return scaled_rows(matrix, 1.0 / np.maximum(length, 1e-12))


def row_sums(matrix: CSR) -> npt.NDArray[np.float64]:
    """Sum of each row."""
    return np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()


def keep_top(matrix: CSR, count: int) -> CSR:
    """The matrix with the `count` greatest values of each row only, in canonical order."""
    # row by row, because rows differ in length; to partition them at once would need people x products in memory
    starts = np.r_[0, np.cumsum(np.minimum(np.diff(matrix.indptr), count))].astype(np.int64)
    cells = np.empty(starts[-1], np.int64)
    for row in range(matrix.shape[0]):
        first, last = matrix.indptr[row], matrix.indptr[row + 1]
        if last - first > count:
            top = np.argpartition(matrix.data[first:last], last - first - count)[last - first - count :]
            cells[starts[row] : starts[row + 1]] = first + np.sort(top)
        else:
            cells[starts[row] : starts[row + 1]] = np.arange(first, last)
    result = sparse.csr_array((matrix.data[cells], matrix.indices[cells], starts), shape=matrix.shape)
    result.sort_indices()
    return result


def top_cells(scores: Scores, count: int) -> tuple[Ints, Ints]:
    """Row and column of the `count` greatest positive scores of each row."""
    if count == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if isinstance(scores, DenseScores):
        people, width = scores.values.shape
        count = min(count, width)
        top = np.argpartition(scores.values, width - count, axis=1)[:, width - count :].ravel()
        rows = np.repeat(np.arange(people), count)
        values, columns = scores.values[rows, top], scores.columns[top]
    else:
        sparse_top = keep_top(scores, count)
        rows, columns, values = (
            np.repeat(np.arange(sparse_top.shape[0]), np.diff(sparse_top.indptr)),
            sparse_top.indices,
            sparse_top.data,
        )
    return rows[values > 0].astype(np.int64), columns[values > 0].astype(np.int64)


def look_up(scores: Scores, rows: Ints, columns: Ints) -> Floats:
    """Scores of single cells: through a dense copy where that takes at most 128 MB, by binary search otherwise.

    Args:
        scores: people x products.
        rows: row of each cell.
        columns: product code of each cell.
    """
    if isinstance(scores, DenseScores):
        position = np.minimum(np.searchsorted(scores.columns, columns), max(scores.columns.size - 1, 0))
        scored: Floats = np.where(scores.columns[position] == columns, scores.values[rows, position], 0)
        return scored
    if scores.shape[0] * scores.shape[1] <= DENSE_CELLS:
        dense = np.zeros(scores.shape, np.float32)
        dense[np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr)), scores.indices] = scores.data
        cells: Floats = dense[rows, columns]
        return cells
    scores.sort_indices()
    width = scores.shape[1]
    keys = np.repeat(np.arange(scores.shape[0], dtype=np.int64), np.diff(scores.indptr)) * width + scores.indices
    wanted_keys = rows * width + columns
    position = np.searchsorted(keys, wanted_keys)
    position_in_range = np.minimum(position, max(keys.size - 1, 0))
    if keys.size == 0:
        return np.zeros(wanted_keys.size, np.float32)
    found_sparse: Floats = np.where(keys[position_in_range] == wanted_keys, scores.data[position_in_range], 0).astype(
        np.float32
    )
    return found_sparse


def distinct(values: Ints) -> Ints:
    """The different values, ascending."""
    # several times faster here than NumPy's `unique`, which hashes
    ordered = np.sort(values)
    is_first = np.ones(ordered.size, bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def is_among(values: Ints, ordered: Ints) -> npt.NDArray[np.bool_]:
    """Whether each value is among the ascending ones, by binary search."""
    if ordered.size == 0:
        return np.zeros(values.size, bool)
    position = np.minimum(np.searchsorted(ordered, values), ordered.size - 1)
    is_present: npt.NDArray[np.bool_] = ordered[position] == values
    return is_present


def row_maxima(scores: Scores) -> Floats:
    """Greatest score of each row, at least 0."""
    if isinstance(scores, DenseScores):
        return np.asarray(scores.values.max(axis=1, initial=0), dtype=np.float32)
    return np.asarray(scores.max(axis=1).toarray(), dtype=np.float32).ravel()


def blocks(people: Ints, products: int, cells: int) -> Iterator[Ints]:
    """The people in blocks, so that a block of people x products has at most about `cells` cells."""
    # at least 16: with very many products the cost of each call would outweigh the memory saved
    size = max(16, cells // max(products, 1))
    for start in range(0, people.size, size):
        yield people[start : start + size]
