"""Frames are remembered by the identity of what they were worked out from."""

import polars as pl

from retail_brain.decisions.frame_memo import _MOST, FrameMemo


def test_the_same_inputs_and_values_are_worked_out_once() -> None:
    memo, worked = FrameMemo(), []
    first, equal = pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]})

    def work() -> pl.DataFrame:
        worked.append(1)
        return pl.DataFrame({"b": [len(worked)]})

    assert memo.get((first, None), "x", work) is memo.get((first, None), "x", work)
    assert len(worked) == 1
    memo.get((first, None), "y", work)
    memo.get((equal, None), "x", work)
    assert len(worked) == 3


def test_inputs_that_come_and_go_are_never_taken_for_one_another() -> None:
    memo = FrameMemo()
    for number in range(3 * _MOST):
        frame = pl.DataFrame({"a": [number]})
        assert memo.get((frame,), "x", lambda frame=frame: frame)["a"].to_list() == [number]


def test_the_longest_unasked_is_forgotten() -> None:
    memo, frame = FrameMemo(), pl.DataFrame({"a": [1]})
    kept = memo.get((frame,), 0, lambda: pl.DataFrame({"b": [0]}))
    for number in range(1, _MOST):
        memo.get((frame,), number, lambda: frame)
        assert memo.get((frame,), 0, lambda: frame) is kept
    memo.get((frame,), _MOST, lambda: frame)
    assert memo.get((frame,), 0, lambda: frame) is kept
    assert memo.get((frame,), 1, lambda: kept) is kept, "it was forgotten, so it is worked out anew"
