"""Compiled loops over rows of sparse matrices: products that are never stored, the greatest cells, single look-ups.

The only module that imports Numba. SciPy works out the same in several passes, each of which stores its result; here a
row is added up in a buffer of one row and read from there. The loops hold no lock, so that blocks of people run on
several cores. Values are added in the order that SciPy adds them, and equal scores are ordered by their column.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Array = npt.NDArray[Any]


def _compiled(function: _Function) -> _Function:
    # kept on disk beside the module: compiling takes seconds, and every process would do it again
    return njit(cache=True, nogil=True)(function)  # type: ignore[no-any-return]


@_compiled
def _is_weaker(value: float, column: int, other: float, other_column: int) -> bool:
    """Whether the first cell stands behind the second: smaller, or as great with a higher column."""
    return value < other or (value == other and column > other_column)


@_compiled
def _sift_down(values: _Array, columns: _Array, size: int) -> None:
    """Restores the heap (the weakest cell on top) after its top was replaced."""
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            return
        if child + 1 < size and _is_weaker(values[child + 1], columns[child + 1], values[child], columns[child]):
            child += 1
        if not _is_weaker(values[child], columns[child], values[place], columns[place]):
            return
        values[place], values[child] = values[child], values[place]
        columns[place], columns[child] = columns[child], columns[place]
        place = child


@_compiled
def _offer(values: _Array, columns: _Array, size: int, value: float, column: int) -> int:
    """Puts a cell into a heap of the greatest `values.size` cells; the number of cells after it."""
    if size < values.size:
        place = size
        while place > 0:
            parent = (place - 1) // 2
            if not _is_weaker(value, column, values[parent], columns[parent]):
                break
            values[place], columns[place] = values[parent], columns[parent]
            place = parent
        values[place], columns[place] = value, column
        return size + 1
    if _is_weaker(values[0], columns[0], value, column):
        values[0], columns[0] = value, column
        _sift_down(values, columns, size)
    return size


@_compiled
def greatest_cells(indptr: _Array, indices: _Array, data: _Array, count: int) -> tuple[_Array, _Array]:
    """Positions in `data` of the `count` greatest cells of each row, ascending, and where each row starts among them.

    Args:
        indptr: where each row starts.
        indices: columns of the cells, in any order.
        data: values of the cells.
        count: of each row, at least 1.
    """
    rows = indptr.size - 1
    starts = np.zeros(rows + 1, np.int64)
    for row in range(rows):
        starts[row + 1] = starts[row] + min(indptr[row + 1] - indptr[row], count)
    cells = np.empty(starts[rows], np.int64)
    values, columns = np.empty(count, data.dtype), np.empty(count, np.int64)
    for row in range(rows):
        first, last, place = indptr[row], indptr[row + 1], starts[row]
        size = 0
        if last - first > count:
            for cell in range(first, last):
                size = _offer(values, columns, size, data[cell], indices[cell])
        for cell in range(first, last):
            # behind the weakest of the chosen: left out; the chosen are found again in one pass, so in their order
            if size == 0 or not _is_weaker(data[cell], indices[cell], values[0], columns[0]):
                cells[place] = cell
                place += 1
    return cells, starts


CELLS_TOGETHER = 64
"""Cells of a dense row that are compared with the threshold at once, by the greatest of them."""


@_compiled
def greatest_of_groups(values: _Array) -> _Array:
    """The greatest of each `CELLS_TOGETHER` cells of each row, at least 0, as the bits of the number: rows x groups.

    Positive floats stand in the order of their bits, and only whole numbers are compared side by side.

    Args:
        values: rows x columns, float32, without NaN.
    """
    rows, width = values.shape
    bits = values.view(np.int32)
    greatest = np.empty((rows, (width + CELLS_TOGETHER - 1) // CELLS_TOGETHER), np.int32)
    for row in range(rows):
        for group in range(greatest.shape[1]):
            cells = bits[row, group * CELLS_TOGETHER : (group + 1) * CELLS_TOGETHER]
            most = np.int32(0)
            for place in range(cells.size):  # vectorised; `for cell in cells` is not
                most = max(most, cells[place])
            greatest[row, group] = most
    return greatest


@_compiled
def greatest_columns(values: _Array, greatest: _Array, least: _Array, count: int) -> tuple[_Array, _Array]:
    """Rows and columns of the `count` greatest positive cells of each row of a dense array, in no order within a row.

    Args:
        values: rows x columns, float32, without NaN.
        greatest: of each group of cells, by `greatest_of_groups`.
        least: of each row, bits of a positive number that at least `count` of its cells reach, if as many are positive.
        count: of each row, at least 1.
    """
    rows, width = values.shape
    found_rows, found_columns = np.empty(rows * count, np.int64), np.empty(rows * count, np.int64)
    best, columns = np.empty(count, values.dtype), np.empty(count, np.int64)
    bits = values.view(np.int32)
    found = 0
    for row in range(rows):
        size = 0
        for group in range(greatest.shape[1]):
            if greatest[row, group] >= least[row]:
                for column in range(group * CELLS_TOGETHER, min((group + 1) * CELLS_TOGETHER, width)):
                    if bits[row, column] >= least[row]:
                        size = _offer(best, columns, size, values[row, column], column)
        # cell by cell: Numba compiles a copied slice, with its errors, for a second longer
        for place in range(size):
            found_rows[found], found_columns[found] = row, columns[place]
            found += 1
    return found_rows[:found], found_columns[:found]


@_compiled
def nearest_rows(
    left: tuple[_Array, _Array, _Array], right: tuple[_Array, _Array, _Array], width: int, own: _Array, count: int
) -> tuple[_Array, _Array, _Array]:
    """The `count` greatest positive cells of each row of a product of two sparse matrices, columns ascending.

    Args:
        left: indptr, indices and data of the left matrix.
        right: of the right matrix.
        width: columns of the right matrix.
        own: for each row a column to leave out; -1 = none.
        count: of each row, at least 1.

    Returns:
        indptr, indices and data of the result.
    """
    indptr, indices, data = left
    right_indptr, right_indices, right_data = right
    rows = indptr.size - 1
    sums = np.zeros(width, data.dtype)
    best, columns = np.empty(count, data.dtype), np.empty(count, np.int64)
    starts = np.zeros(rows + 1, np.int64)
    found_columns, found_values = np.empty(rows * count, np.int32), np.empty(rows * count, data.dtype)
    for row in range(rows):
        for cell in range(indptr[row], indptr[row + 1]):
            weight = data[cell]
            for other in range(right_indptr[indices[cell]], right_indptr[indices[cell] + 1]):
                # unsigned: Numba would ask of every signed index whether it counts from the end
                sums[np.uint32(right_indices[other])] += weight * right_data[other]
        if own[row] >= 0:
            sums[own[row]] = 0
        size = 0
        for column in range(width):
            value = sums[column]
            # most columns fail here, before the heap is asked
            if value > 0 and (size < count or value > best[0]):
                size = _offer(best, columns, size, value, column)
        place = starts[row]
        for column in range(width):
            value = sums[column]
            # behind the weakest of the chosen: left out; the chosen are found again in the order of their columns
            if value > 0 and size > 0 and not _is_weaker(value, column, best[0], columns[0]):
                found_columns[place], found_values[place] = column, value
                place += 1
            sums[column] = 0
        starts[row + 1] = place
    return starts, found_columns[: starts[rows]], found_values[: starts[rows]]


@_compiled
def add_product(left: tuple[_Array, _Array, _Array], right: tuple[_Array, _Array, _Array], result: _Array) -> None:
    """Adds the product of two sparse matrices to a dense one.

    Args:
        left: indptr, indices and data of the left matrix.
        right: of the right matrix.
        result: rows of the left x columns of the right matrix.
    """
    indptr, indices, data = left
    right_indptr, right_indices, right_data = right
    for row in range(indptr.size - 1):
        sums = result[row]
        for cell in range(indptr[row], indptr[row + 1]):
            weight = data[cell]
            for other in range(right_indptr[indices[cell]], right_indptr[indices[cell] + 1]):
                # unsigned: Numba would ask of every signed index whether it counts from the end
                sums[np.uint32(right_indices[other])] += weight * right_data[other]


@_compiled
def dense_cells(values: _Array, columns: _Array, width: int, cells: tuple[_Array, _Array], result: _Array) -> None:
    """Values of single cells of a dense array of some columns, written into `result`; 0 in the other columns.

    Args:
        values: rows x columns.
        columns: number of each column.
        width: above all numbers.
        cells: row, and number of the column, of each cell.
        result: one value per cell.
    """
    place = np.full(width, -1, np.int64)
    for column in range(columns.size):
        place[columns[column]] = column
    rows, wanted = cells
    for cell in range(rows.size):
        column = place[wanted[cell]]
        result[cell] = values[rows[cell], column] if column >= 0 else 0


@_compiled
def sparse_cells(
    matrix: tuple[_Array, _Array, _Array], width: int, rows: _Array, columns: _Array, result: _Array
) -> None:
    """Values of single cells of a sparse matrix, written into `result`; 0 where it has none.

    Args:
        matrix: indptr, indices and data.
        width: its columns.
        rows: row of each cell; quickest where equal ones stand together.
        columns: column of each cell.
        result: one value per cell.
    """
    indptr, indices, data = matrix
    spread = np.zeros(width, data.dtype)
    present = -1
    for cell in range(rows.size):
        if rows[cell] != present:
            if present >= 0:
                for place in range(indptr[present], indptr[present + 1]):
                    spread[indices[place]] = 0
            present = rows[cell]
            for place in range(indptr[present], indptr[present + 1]):
                spread[indices[place]] += data[place]
        result[cell] = spread[columns[cell]]


@_compiled
def find_in_rows(starts: _Array, columns: _Array, cells: tuple[_Array, _Array], result: _Array) -> None:
    """Place of single cells among the stored ones; -1 where a cell is not stored.

    Args:
        starts: where each row starts.
        columns: of the stored cells, ascending within a row.
        cells: row and column of each cell.
        result: one place per cell.
    """
    rows, wanted = cells
    for cell in range(rows.size):
        low, high = starts[rows[cell]], starts[rows[cell] + 1]
        end = high
        while low < high:
            middle = (low + high) // 2
            if columns[middle] < wanted[cell]:
                low = middle + 1
            else:
                high = middle
        result[cell] = low if low < end and columns[low] == wanted[cell] else -1


@_compiled
def strongest_links(
    left: tuple[_Array, _Array, _Array],
    right: tuple[_Array, _Array, _Array],
    width: int,
    cells: tuple[_Array, _Array],
    result: _Array,
) -> None:
    """For single cells of `left @ right.T` the column with the greatest term of the sum; -1 where no term is positive.

    Args:
        left: indptr, indices and data of the left matrix.
        right: of the right matrix, which has the same columns.
        width: columns of both.
        cells: row of the left and row of the right matrix of each cell; quickest where equal ones stand together.
        result: one column per cell.
    """
    indptr, indices, data = left
    right_indptr, right_indices, right_data = right
    rows, others = cells
    spread = np.zeros(width, data.dtype)
    present = -1
    for cell in range(rows.size):
        if rows[cell] != present:
            if present >= 0:
                for place in range(indptr[present], indptr[present + 1]):
                    spread[indices[place]] = 0
            present = rows[cell]
            for place in range(indptr[present], indptr[present + 1]):
                spread[indices[place]] += data[place]
        result[cell], greatest = -1, 0.0
        for place in range(right_indptr[others[cell]], right_indptr[others[cell] + 1]):
            term = spread[right_indices[place]] * right_data[place]
            if term > greatest:
                result[cell], greatest = right_indices[place], term


@_compiled
def keep_best_rows(values: _Array, rows: _Array, best: _Array, best_rows: _Array, sizes: _Array) -> None:
    """Puts a block of rows into running lists of the greatest values of each column.

    Args:
        values: rows x columns.
        rows: number of each row, above those of the blocks before.
        best: columns x length, the greatest values so far, the weakest first.
        best_rows: columns x length, the numbers of their rows.
        sizes: values that each list holds.
    """
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            value = values[row, column]
            # most values fail here, before the heap is asked
            if sizes[column] < best.shape[1] or value > best[column, 0]:
                sizes[column] = _offer(best[column], best_rows[column], sizes[column], value, rows[row])


_ROWS_SIDE_BY_SIDE = 64
"""Rows whose conditions are tested together: .60 microseconds a row with 64, 2.8 with 32, .62 with 128."""
_ZERO_AT_MOST = np.float32(1e-35)
"""Distance from 0 up to which LightGBM reads a value as 0 (its `kZeroThreshold`)."""
# place of the only 1 of a 32-bit number, by a de Bruijn sequence: the number times the sequence, its upper five bits
_SEQUENCE = np.uint32(0x077CB531)
_PLACE_OF_BIT = np.zeros(32, np.int64)
_PLACE_OF_BIT[[((0x077CB531 << place) & 0xFFFFFFFF) >> 27 for place in range(32)]] = np.arange(32)


@_compiled
def tree_sums(rows: _Array, forest: tuple[_Array, _Array, _Array, _Array, _Array, _Array], sums: _Array) -> None:
    """Adds the value of the leaf that each row reaches in each tree, tree by tree.

    Args:
        rows: rows x columns, float32.
        forest: features, thresholds, masks, leaves, first conditions and first leaves, as `Forest` has them.
        sums: one number per row.
    """
    features, thresholds, masks, leaves, first_condition, first_leaf = forest
    columns = rows.shape[1]
    values = np.zeros((2 * columns, _ROWS_SIDE_BY_SIDE), np.float32)
    reachable = np.empty(_ROWS_SIDE_BY_SIDE, np.uint32)
    everything = np.uint32(0xFFFFFFFF)
    for start in range(0, rows.shape[0], _ROWS_SIDE_BY_SIDE):
        size = min(_ROWS_SIDE_BY_SIDE, rows.shape[0] - start)
        for row in range(size):
            for column in range(columns):
                value = rows[start + row, column]
                if -_ZERO_AT_MOST <= value <= _ZERO_AT_MOST:
                    value = np.float32(0)
                values[column, row], values[columns + column, row] = value, -value
        for tree in range(first_condition.size - 1):
            reachable[:] = everything
            for condition in range(first_condition[tree], first_condition[tree + 1]):
                threshold, mask, tested = thresholds[condition], masks[condition], values[features[condition]]
                for row in range(_ROWS_SIDE_BY_SIDE):
                    reachable[row] &= everything if tested[row] <= threshold else mask
            for row in range(size):
                lowest = np.uint32(reachable[row] & (np.uint32(0) - reachable[row]))
                leaf = _PLACE_OF_BIT[np.uint32(lowest * _SEQUENCE) >> np.uint32(27)]
                sums[start + row] += leaves[first_leaf[tree] + leaf]
