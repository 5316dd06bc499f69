"""Frames are remembered by the identity of what they were worked out from."""

import threading
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

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


def test_threads_that_ask_for_the_same_wait_for_one_that_works_it_out() -> None:
    memo, frame, worked, begun = FrameMemo(), pl.DataFrame({"a": [1]}), [], threading.Event()
    go_on = threading.Event()

    def work() -> pl.DataFrame:
        worked.append(1)
        begun.set()
        assert go_on.wait(30)
        return frame

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(memo.get, (frame,), "x", work)
        assert begun.wait(30)
        others = [pool.submit(memo.get, (frame,), "x", work) for _ in range(3)]
        go_on.set()
        assert all(one.result(30) is frame for one in [first, *others])
    assert len(worked) == 1


def test_work_that_fails_is_tried_again_by_the_next() -> None:
    memo, frame = FrameMemo(), pl.DataFrame({"a": [1]})

    def fail() -> pl.DataFrame:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        memo.get((frame,), "x", fail)
    assert memo.get((frame,), "x", lambda: frame) is frame
