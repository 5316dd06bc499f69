"""The compiled loops against SciPy and plain sorting on small random matrices."""

import numpy as np
import pytest
from scipy import sparse

from training.recommender.kernels import CELLS_TOGETHER, keep_best_rows
from training.recommender.sparse import (
    CSR,
    DenseScores,
    chosen_columns,
    dense_product,
    keep_top,
    look_up,
    strongest_links,
    top_cells,
    top_of_product,
)

SHAPE = (7, 30)


def matrix(rows: int, columns: int, seed: int, values: int = 1_000) -> CSR:
    """A random matrix of whole numbers, so that sums are exact; few different values make ties."""
    random = np.random.default_rng(seed)
    cells = random.integers(1, values + 1, (rows, columns)) * (random.random((rows, columns)) < 0.4)
    return sparse.csr_array(cells.astype(np.float32))


def best(row: np.ndarray, count: int) -> set[int]:
    """Columns of the greatest positive cells of a row, the first among equals."""
    ordered = np.lexsort((np.arange(row.size), -row))[:count]
    return {int(column) for column in ordered if row[column] > 0}


@pytest.fixture
def left() -> CSR:
    return matrix(*SHAPE, seed=1, values=3)


@pytest.fixture
def right() -> CSR:
    return matrix(SHAPE[1], 25, seed=2, values=3)


def test_dense_product_is_that_of_scipy(left: CSR, right: CSR) -> None:
    np.testing.assert_array_equal(dense_product(left, right), (left @ right).toarray())


@pytest.mark.parametrize("count", [1, 4, 100])
def test_kept_cells_are_the_greatest_and_the_first_among_equals(left: CSR, count: int) -> None:
    kept = keep_top(left, count)
    dense = left.toarray()
    for row in range(SHAPE[0]):
        columns = kept.indices[kept.indptr[row] : kept.indptr[row + 1]]
        assert set(columns.tolist()) == best(dense[row], count)
        assert (np.diff(columns) > 0).all()
        np.testing.assert_array_equal(kept.toarray()[row, columns], dense[row, columns])


def test_order_of_the_stored_cells_does_not_matter(left: CSR) -> None:
    backwards = left.copy()
    for row in range(SHAPE[0]):
        cells = slice(left.indptr[row], left.indptr[row + 1])
        backwards.indices[cells], backwards.data[cells] = left.indices[cells][::-1], left.data[cells][::-1]
    backwards.has_sorted_indices = False
    np.testing.assert_array_equal(keep_top(backwards, 4).toarray(), keep_top(left, 4).toarray())


@pytest.mark.parametrize("count", [1, 5, 100])
def test_top_of_a_product_leaves_out_a_column_of_its_own(left: CSR, right: CSR, count: int) -> None:
    own = np.array([-1, 0, 3, -1, 24, 7, 7])
    found = top_of_product(left, right, count, own)
    dense = (left @ right).toarray()
    for row in range(SHAPE[0]):
        if own[row] >= 0:
            dense[row, own[row]] = 0
        columns = found.indices[found.indptr[row] : found.indptr[row + 1]]
        assert set(columns.tolist()) == best(dense[row], count)
        np.testing.assert_array_equal(found.toarray()[row, columns], dense[row, columns])


@pytest.mark.parametrize("count", [1, 4, 100])
def test_top_cells_of_a_dense_and_a_sparse_block_agree(left: CSR, count: int) -> None:
    columns = np.arange(SHAPE[1]) * 2
    dense_rows, dense_columns = top_cells(DenseScores(left.toarray(), columns), count)
    rows, places = top_cells(left, count)
    found = sorted(zip(dense_rows.tolist(), dense_columns.tolist(), strict=True))
    assert found == sorted(zip(rows.tolist(), (places * 2).tolist(), strict=True))


@pytest.mark.parametrize("count", [1, 7, 16, 200])
@pytest.mark.parametrize("values", [3, 100_000])
def test_the_greatest_cells_of_long_rows_are_found_among_ties_and_negatives(count: int, values: int) -> None:
    width = CELLS_TOGETHER * 15 + 5
    random = np.random.default_rng(count)
    dense = random.integers(-values, values + 1, (6, width)).astype(np.float32)
    dense[4], dense[5, 1:] = -(dense[4] ** 2), 0  # nothing positive but at most one cell
    rows, columns = top_cells(DenseScores(dense, np.arange(width)), count)
    for row in range(dense.shape[0]):
        assert set(columns[rows == row].tolist()) == best(dense[row], count)


def test_single_cells_are_found_in_any_order(left: CSR) -> None:
    random = np.random.default_rng(3)
    rows, columns = random.integers(0, SHAPE[0], 200), random.integers(0, SHAPE[1], 200)
    np.testing.assert_array_equal(look_up(left, rows, columns), left.toarray()[rows, columns])
    dense = DenseScores(left.toarray()[:, ::2], np.arange(0, SHAPE[1], 2))
    expected = np.where(columns % 2 == 0, left.toarray()[rows, columns], 0)
    np.testing.assert_array_equal(look_up(dense, rows, columns), expected)


def test_a_block_without_columns_scores_nothing() -> None:
    nothing = DenseScores(np.empty((3, 0), np.float32), np.empty(0, np.int64))
    assert look_up(nothing, np.array([0, 2]), np.array([5, 6])).tolist() == [0, 0]
    assert top_cells(nothing, 4)[0].size == 0


def test_columns_are_chosen_alike_from_dense_and_sparse_blocks(left: CSR) -> None:
    chosen = np.array([0, 3, 4, 28])
    expected = left.toarray()[:, chosen]
    np.testing.assert_array_equal(chosen_columns(left, chosen), expected)
    some = np.array([0, 1, 4, 9])
    block = DenseScores(left.toarray()[:, some], some)
    np.testing.assert_array_equal(chosen_columns(block, chosen), np.where(np.isin(chosen, some), expected, 0))


def test_running_lists_hold_the_best_rows_of_every_column(left: CSR) -> None:
    values = left.toarray()
    best, rows, sizes = np.empty((30, 3), np.float32), np.zeros((30, 3), np.int64), np.zeros(30, np.int64)
    for start in range(0, 7, 2):
        keep_best_rows(values[start : start + 2], np.arange(start, min(start + 2, 7)), best, rows, sizes)
    assert set(sizes.tolist()) == {3}
    for column in range(30):
        expected = np.lexsort((np.arange(7), -values[:, column]))[:3]
        assert set(rows[column].tolist()) == set(expected.tolist())


def test_strongest_link_is_the_greatest_term_of_the_sum(left: CSR) -> None:
    others = matrix(9, SHAPE[1], seed=4)
    rows, other_rows = np.repeat(np.arange(SHAPE[0]), 9), np.tile(np.arange(9), SHAPE[0])
    terms = left.toarray()[rows] * others.toarray()[other_rows]
    expected = np.where(terms.max(axis=1) > 0, terms.argmax(axis=1), -1)
    np.testing.assert_array_equal(strongest_links(left, others, rows, other_rows), expected)
    empty = sparse.csr_array(others.shape, dtype=np.float32)
    assert (strongest_links(left, empty, rows, other_rows) == -1).all()
