"""Small sparse-matrix tools that the candidate sources share."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float32]
DENSE_CELLS = 32_000_000
"""Cells below which a matrix is made dense: 128 MB of float32."""
CSR: TypeAlias = Any
"""`scipy.sparse.csr_array` (scipy has no types)."""


@dataclass(frozen=True)
class Narrow:
    """Dense scores of a block of people for some of the products; no opinion on the others.

    Attributes:
        values: people x columns.
        columns: product codes, ascending.
    """

    values: Floats
    columns: Ints


Scores: TypeAlias = Any
"""Scores of a block of people: a csr_array over all products, or `Narrow`; 0 = no opinion."""


def csr(rows: Ints, columns: Ints, values: npt.NDArray[Any], shape: tuple[int, int]) -> CSR:
    """A float32 matrix in canonical order; values of the same cell are added."""
    matrix = sparse.csr_array((values.astype(np.float32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def scaled_rows(matrix: CSR, factors: npt.NDArray[Any]) -> CSR:
    """Each row times its factor."""
    out = matrix.astype(np.float32, copy=True)
    out.data *= np.repeat(factors.astype(np.float32), np.diff(out.indptr))
    return out


def scaled_columns(matrix: CSR, factors: npt.NDArray[Any]) -> CSR:
    """Each column times its factor."""
    out = matrix.astype(np.float32, copy=True)
    out.data *= factors.astype(np.float32)[out.indices]
    return out


def unit_rows(matrix: CSR) -> CSR:
    """Each row divided by its length; empty rows stay empty."""
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return scaled_rows(matrix, 1.0 / np.maximum(length, 1e-12))


def row_sums(matrix: CSR) -> npt.NDArray[np.float64]:
    """Sum of each row."""
    return np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()


def keep_top(matrix: CSR, count: int) -> CSR:
    """Only the `count` greatest values of each row; the result is in canonical order."""
    starts = np.r_[0, np.cumsum(np.minimum(np.diff(matrix.indptr), count))].astype(np.int64)
    kept = np.empty(starts[-1], np.int64)
    for row in range(matrix.shape[0]):
        first, last = matrix.indptr[row], matrix.indptr[row + 1]
        if last - first > count:
            best = np.argpartition(matrix.data[first:last], last - first - count)[last - first - count :]
            kept[starts[row] : starts[row + 1]] = first + np.sort(best)
        else:
            kept[starts[row] : starts[row + 1]] = np.arange(first, last)
    out = sparse.csr_array((matrix.data[kept], matrix.indices[kept], starts), shape=matrix.shape)
    out.sort_indices()
    return out


def top_cells(scores: Scores, count: int) -> tuple[Ints, Ints]:
    """Row and column of the `count` greatest positive scores of each row."""
    if count == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if isinstance(scores, Narrow):
        people, width = scores.values.shape
        count = min(count, width)
        best = np.argpartition(scores.values, width - count, axis=1)[:, width - count :].ravel()
        rows = np.repeat(np.arange(people), count)
        values, columns = scores.values[rows, best], scores.columns[best]
    else:
        kept = keep_top(scores, count)
        rows, columns, values = np.repeat(np.arange(kept.shape[0]), np.diff(kept.indptr)), kept.indices, kept.data
    return rows[values > 0].astype(np.int64), columns[values > 0].astype(np.int64)


def look_up(scores: Scores, rows: Ints, columns: Ints) -> Floats:
    """Scores of single cells; through a dense copy where that takes at most 128 MB, by search where it takes more."""
    if isinstance(scores, Narrow):
        place = np.minimum(np.searchsorted(scores.columns, columns), max(scores.columns.size - 1, 0))
        known: Floats = np.where(scores.columns[place] == columns, scores.values[rows, place], 0)
        return known
    if scores.shape[0] * scores.shape[1] <= DENSE_CELLS:
        dense = np.zeros(scores.shape, np.float32)
        dense[np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr)), scores.indices] = scores.data
        single: Floats = dense[rows, columns]
        return single
    scores.sort_indices()
    width = scores.shape[1]
    keys = np.repeat(np.arange(scores.shape[0], dtype=np.int64), np.diff(scores.indptr)) * width + scores.indices
    wanted = rows * width + columns
    at = np.searchsorted(keys, wanted)
    at_or_last = np.minimum(at, max(keys.size - 1, 0))
    if keys.size == 0:
        return np.zeros(wanted.size, np.float32)
    found: Floats = np.where(keys[at_or_last] == wanted, scores.data[at_or_last], 0).astype(np.float32)
    return found


def distinct(values: Ints) -> Ints:
    """The different values, ascending (by sorting: several times faster here than NumPy's hashing `unique`)."""
    ordered = np.sort(values)
    first = np.ones(ordered.size, bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def is_among(values: Ints, ordered: Ints) -> npt.NDArray[np.bool_]:
    """Which of the values are among the ascending ones."""
    if ordered.size == 0:
        return np.zeros(values.size, bool)
    at = np.minimum(np.searchsorted(ordered, values), ordered.size - 1)
    found: npt.NDArray[np.bool_] = ordered[at] == values
    return found


def row_maxima(scores: Scores) -> Floats:
    """Greatest score of each row, at least 0."""
    if isinstance(scores, Narrow):
        return np.asarray(scores.values.max(axis=1, initial=0), dtype=np.float32)
    return np.asarray(scores.max(axis=1).toarray(), dtype=np.float32).ravel()


def blocks(people: Ints, products: int, cells: int) -> Iterator[Ints]:
    """The people in blocks, so that a block of people x products has at most about `cells` cells."""
    size = max(16, cells // max(products, 1))
    for start in range(0, people.size, size):
        yield people[start : start + size]
