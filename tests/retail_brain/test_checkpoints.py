"""Checkpoints outlive errors, go with a good end, belong to one process at a time, and come back to the last bit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from retail_brain.checkpoints import TAKEN_OVER, Checkpoints, Work, resumable_work
from retail_brain.errors import ImpossibleError
from retail_brain.progress import Step
from retail_brain.workspace import Workspace


@dataclass(frozen=True)
class _Scores:
    forecasts: pl.DataFrame
    pit: npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Nested:
    inner: _Scores
    numbers: npt.NDArray[Any]
    empty: pl.DataFrame
    facts: dict[str, object]
    note: str | None = None


def _die_half_way(folder: Path, parts: Sequence[str] = ("part",)) -> None:
    with resumable_work(folder) as work:
        checkpoints = work.checkpoints("digest")
        assert checkpoints.names() == []
        for part in parts:
            checkpoints.write(part, pl.DataFrame({"a": [1]}))
        assert checkpoints.names() == list(parts)
        raise ImpossibleError(f"half way in {work.folder.name}")


def test_what_was_done_stays_after_an_error_and_goes_when_the_work_is_done(tmp_path: Path) -> None:
    folder = Workspace(tmp_path).work("train-demand")
    with pytest.raises(ImpossibleError):
        _die_half_way(folder)
    with resumable_work(folder) as work:
        assert work.checkpoints("digest").names() == ["part"]
    assert list(folder.parent.iterdir()) == []


def test_parts_under_another_digest_are_removed(tmp_path: Path) -> None:
    with pytest.raises(ImpossibleError):
        _die_half_way(tmp_path / "work")
    with resumable_work(tmp_path / "work") as work:
        assert work.checkpoints("other").names() == []
        assert work.checkpoints("digest").names() == []


def test_an_error_before_the_first_part_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ImpossibleError):
        _die_half_way(tmp_path / ".out.work", parts=())
    assert list(tmp_path.iterdir()) == []


def test_a_second_process_at_the_same_work_shares_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "train-demand"
    with resumable_work(folder) as first:
        first.checkpoints("digest").write("part", pl.DataFrame({"a": [1]}))
        with pytest.raises(ImpossibleError, match=r"half way in train-demand\.rb-"):
            _die_half_way(folder, parts=("other",))
        assert list(tmp_path.iterdir()) == [folder]
        with resumable_work(tmp_path / "backtest-demand") as other:
            assert other.folder == tmp_path / "backtest-demand"
        assert first.checkpoints("digest").names() == ["part"]
    assert list(tmp_path.iterdir()) == []


def test_tenants_do_not_meet(tmp_path: Path) -> None:
    with (
        resumable_work(Workspace(tmp_path, "a").work("train-demand")) as one,
        resumable_work(Workspace(tmp_path, "b").work("train-demand")) as other,
    ):
        assert one.folder == Workspace(tmp_path, "a").work("train-demand")
        assert other.folder == Workspace(tmp_path, "b").work("train-demand")


def test_a_part_is_computed_once_and_the_step_says_that_it_was_taken_over(tmp_path: Path) -> None:
    checkpoints, computed = Checkpoints(tmp_path), []

    def compute() -> pl.DataFrame:
        computed.append(1)
        return pl.DataFrame({"a": [1, 2]})

    steps = [Step("first"), Step("second")]
    tables = [checkpoints.read_or_compute("part", pl.DataFrame, compute, step) for step in steps]
    assert len(computed) == 1
    assert [step.note for step in steps] == ["", TAKEN_OVER]
    assert_frame_equal(tables[0], tables[1])
    assert_frame_equal(checkpoints.scan("part").collect(), tables[0])
    with pytest.raises(FileNotFoundError, match="no part 'other'"):
        checkpoints.scan("other")


def test_tables_and_arrays_come_back_to_the_last_bit_and_nothing_is_kept_without_a_folder(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    inner = _Scores(pl.DataFrame({"store_id": ["店", None], "date": [date(2025, 1, 1)] * 2}), rng.random((3, 4)))
    value = _Nested(inner, np.arange(3) + 7, pl.DataFrame(), {"rows": 3, "share": 0.1 + 0.2, "names": ["货", None]})
    checkpoints = Work(tmp_path).checkpoints("work")
    assert checkpoints.read("part", _Nested) is None
    checkpoints.write("part", value)
    back = checkpoints.read("part", _Nested)
    assert back is not None
    assert np.array_equal(back.inner.pit, inner.pit)
    assert back.inner.pit.dtype == inner.pit.dtype
    assert_frame_equal(back.inner.forecasts, inner.forecasts)
    assert back.numbers.tolist() == [7, 8, 9]
    assert back.empty.is_empty()
    assert (back.facts, back.note) == (value.facts, None)
    nowhere = Checkpoints(None)
    nowhere.write("part", value)
    assert nowhere.read("part", _Nested) is None
    assert nowhere.names() == []


@pytest.mark.parametrize("damage", ["cut", "empty", "gone", "text"])
@pytest.mark.parametrize("file", ["arrays.npz", "forecasts.parquet", "values.json"])
def test_what_cannot_be_read_any_more_counts_as_not_finished(tmp_path: Path, file: str, damage: str) -> None:
    table = pl.DataFrame({"a": np.arange(1000)})
    value = _Scores(table, np.arange(1000.0))
    checkpoints = Checkpoints(tmp_path)
    checkpoints.write("part", value)
    assert checkpoints.read("part", _Scores) is not None
    path = tmp_path / "part.part" / file
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"cut": content[: len(content) // 2], "empty": b"", "text": b"not a file of ours"}[damage])
    assert checkpoints.read("part", _Scores) is None
    checkpoints.write("part", value)
    assert checkpoints.read("part", _Scores) is not None
