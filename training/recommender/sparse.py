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


def parts(matrix: CSR) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], Floats]:
    """Row starts, columns and values of a CSR matrix, in the types that the compiled loops take."""
    return (
        matrix.indptr.astype(np.int64, copy=False),
        matrix.indices.astype(np.int32, copy=False),
        matrix.data.astype(np.float32, copy=False),
    )


def keep_top(matrix: CSR, count: int) -> CSR:
    """The matrix with the `count` greatest values of each row only, the first columns among equals, as canonical."""
    from training.recommender.kernels import greatest_cells  # noqa: PLC0415  # Numba takes a while to import

    if count == 0:
        return sparse.csr_array(matrix.shape, dtype=matrix.dtype)
    cells, starts = greatest_cells(*parts(matrix), count)
    result = sparse.csr_array((matrix.data[cells], matrix.indices[cells], starts), shape=matrix.shape)
    result.sort_indices()
    return result


def top_of_product(left: CSR, right: CSR, count: int, own: Ints | None = None) -> CSR:
    """The `count` greatest positive cells of each row of `left @ right`, which is never stored; in canonical order.

    Args:
        left: rows x inner.
        right: inner x columns.
        count: of each row.
        own: for each row a column to leave out; -1 = none.
    """
    from training.recommender.kernels import nearest_rows  # noqa: PLC0415  # as above

    width = right.shape[1]
    own = np.full(left.shape[0], -1, np.int64) if own is None else own
    starts, columns, values = nearest_rows(parts(left), parts(right), width, own, max(min(count, width), 1))
    return sparse.csr_array((values, columns, starts), shape=(left.shape[0], width))


def dense_product(left: CSR, right: CSR) -> Floats:
    """`left @ right` as a dense array."""
    from training.recommender.kernels import add_product  # noqa: PLC0415  # as above

    result: Floats = np.zeros((left.shape[0], right.shape[1]), np.float32)
    add_product(parts(left), parts(right), result)
    return result


def top_cells(scores: Scores, count: int) -> tuple[Ints, Ints]:
    """Row and column of the `count` greatest positive scores of each row, rows ascending."""
    if count == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if isinstance(scores, DenseScores):
        from training.recommender.kernels import greatest_columns, greatest_of_groups  # noqa: PLC0415  # as above

        values = np.ascontiguousarray(scores.values, np.float32)
        count = max(min(count, values.shape[1]), 1)
        greatest = greatest_of_groups(values)
        # as many groups hold a cell that reaches this, so that nothing below it is among the greatest
        least = np.ones(len(values), np.int32)
        if greatest.shape[1] >= count:
            least = np.maximum(np.partition(greatest, -count, axis=1)[:, -count], 1)
        rows, places = greatest_columns(values, greatest, least, count)
        return rows, scores.columns[places]
    top = keep_top(scores, count)
    rows = np.repeat(np.arange(top.shape[0]), np.diff(top.indptr))
    is_positive = top.data > 0
    return rows[is_positive].astype(np.int64), top.indices[is_positive].astype(np.int64)


def look_up(scores: Scores, rows: Ints, columns: Ints) -> Floats:
    """Scores of single cells.

    Args:
        scores: people x products.
        rows: row of each cell.
        columns: product code of each cell.
    """
    from training.recommender.kernels import dense_cells, sparse_cells  # noqa: PLC0415  # as above

    cells: Floats = np.empty(rows.size, np.float32)
    if isinstance(scores, DenseScores):
        width = 1 + max(int(scores.columns.max(initial=-1)), int(columns.max(initial=-1)))
        dense_cells(np.ascontiguousarray(scores.values, np.float32), scores.columns, width, (rows, columns), cells)
        return cells
    sparse_cells(parts(scores), scores.shape[1], rows, columns, cells)
    return cells


def chosen_columns(scores: Scores, columns: Ints) -> Floats:
    """People x some products, ascending: the scores as a dense array."""
    if not isinstance(scores, DenseScores):
        return np.asarray(scores.tocsc()[:, columns].toarray(), np.float32)
    chosen: Floats = np.zeros((scores.values.shape[0], columns.size), np.float32)
    is_scored = is_among(columns, scores.columns)
    chosen[:, is_scored] = scores.values[:, np.searchsorted(scores.columns, columns[is_scored])]
    return chosen


def strongest_links(left: CSR, right: CSR, rows: Ints, others: Ints) -> Ints:
    """For cells of `left @ right.T` the column with the greatest term of the sum; -1 where no term is positive.

    Args:
        left: rows x columns.
        right: others x columns.
        rows: row of `left` of each cell.
        others: row of `right` of each cell.
    """
    from training.recommender import kernels  # noqa: PLC0415  # as above

    links: Ints = np.empty(rows.size, np.int64)
    kernels.strongest_links(parts(left), parts(right), left.shape[1], (rows, others), links)
    return links


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
    greatest: Floats = np.zeros(scores.shape[0], np.float32)
    is_filled = np.diff(scores.indptr) > 0
    if is_filled.any():
        greatest[is_filled] = np.maximum.reduceat(scores.data, scores.indptr[:-1][is_filled])
    return np.maximum(greatest, 0)


def blocks(people: Ints, products: int, cells: int, threads: int = 1) -> Iterator[Ints]:
    """The people in blocks as long as each other, so that a block of people x products has at most about `cells` cells.

    Args:
        people: customer codes.
        products: number of products.
        cells: greatest number of cells of a block, about.
        threads: blocks worked out at once; the number of blocks is one or a multiple of it, so that no thread idles.
    """
    # at least 16: with very many products the cost of each call would outweigh the memory saved
    size = max(16, cells // max(products, 1))
    if people.size > size:
        rounds = -(-people.size // (size * threads))
        size = -(-people.size // (rounds * threads))
    for start in range(0, people.size, size):
        yield people[start : start + size]
