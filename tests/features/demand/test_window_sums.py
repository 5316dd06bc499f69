"""Sums over windows of periods, by running sums, are those of plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.demand.window_sums import RunningSums, Windows


@given(st.integers(1, 4), st.integers(1, 30), st.data())
def test_windows_sum_like_a_loop(rows: int, periods: int, data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    totals, weights = rng.integers(0, 9, (rows, periods)).astype(float), rng.random((rows, periods)) < 0.5
    edges = data.draw(st.tuples(st.integers(-5, periods + 5), st.integers(-5, periods + 5)))
    begin, end = sorted(edges)
    windows = Windows(totals, weights)
    inside = [t for t in range(begin, end) if 0 <= t < periods]
    assert windows.total(begin, end) == pytest.approx([sum(row[t] for t in inside) for row in totals])
    assert windows.weight(begin, end).tolist() == [sum(row[t] for t in inside) for row in weights]
    assert np.isnan(windows.mean(begin, end)).tolist() == [not row[inside].any() for row in weights]
    assert not windows.total(end, begin).any(), "a window that ends before it begins holds nothing"


@given(st.integers(1, 4), st.integers(2, 7), st.integers(0, 40), st.data())
def test_phases_sum_like_a_loop(rows: int, season: int, end: int, data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    values, cycles = rng.integers(0, 9, (rows, 40)).astype(float), data.draw(st.integers(1, 8))
    found = RunningSums(values, season).by_phase(end, cycles)
    whole = min(cycles, end // season)
    expected = [
        [sum(row[end + phase - season * cycle] for cycle in range(1, whole + 1)) for row in values]
        for phase in range(season)
    ]
    assert found == pytest.approx(np.array(expected).reshape(season, rows))


def test_many_windows_are_as_one_at_a_time() -> None:
    sums = RunningSums(np.arange(12.0).reshape(2, 6))
    begins, ends = np.array([-2, 0, 3, 5]), np.array([1, 6, 9, 2])
    one_by_one = [sums.between(int(begin), int(end)) for begin, end in zip(begins, ends, strict=True)]
    assert sums.between_each(begins, ends).tolist() == np.stack(one_by_one, axis=1).tolist()


def test_counts_do_not_overflow() -> None:
    sums = RunningSums(np.ones((1, 70_000), dtype=bool))
    assert sums.between(0, 70_000).tolist() == [70_000]
    assert RunningSums(np.ones((1, 300), dtype=bool)).between(0, 300).tolist() == [300]


def test_means_around_periods_are_cut_off_at_the_edges() -> None:
    windows = Windows(np.array([[1.0, 2.0, 6.0]]), np.array([[True, True, True]]))
    assert windows.means_around(np.array([0, 1, 2]), 1).tolist() == [[1.5, 3.0, 4.0]]
