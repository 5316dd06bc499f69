"""The folder of unfinished work: it outlives errors, goes with a good end, and belongs to one process at a time."""

from pathlib import Path

import pytest

from retail_brain.errors import ImpossibleError
from retail_brain.settings import Workspace
from training.unfinished import unfinished_work


def _die_half_way(workspace: Workspace) -> None:
    with unfinished_work(workspace, "train-demand") as folder:
        assert folder is not None
        (folder / "part").touch()
        raise ImpossibleError("half way")


def test_what_was_done_stays_after_an_error_and_goes_when_the_work_is_done(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with pytest.raises(ImpossibleError):
        _die_half_way(workspace)
    with unfinished_work(workspace, "train-demand") as folder:
        assert folder is not None
        assert [path.name for path in folder.iterdir()] == ["part"]
    assert not folder.exists()


def test_a_second_process_at_the_same_work_keeps_nothing(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with unfinished_work(workspace, "train-demand") as first, unfinished_work(workspace, "train-demand") as second:
        assert first is not None
        assert second is None
        with unfinished_work(workspace, "backtest-demand") as other:
            assert other not in (None, first)
    assert not first.exists()


def test_tenants_do_not_meet(tmp_path: Path) -> None:
    with (
        unfinished_work(Workspace(tmp_path, "a"), "train-demand") as one,
        unfinished_work(Workspace(tmp_path, "b"), "train-demand") as other,
    ):
        assert one is not None
        assert other is not None
        assert one != other
