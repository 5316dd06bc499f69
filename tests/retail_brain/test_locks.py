"""Locks of files: one holder at a time, also where the holder removes the file while others wait."""

import threading
from pathlib import Path

import pytest

from retail_brain.locks import file_lock, try_file_lock


def test_a_held_lock_is_refused_and_a_released_one_granted(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    with try_file_lock(path) as first, try_file_lock(path) as second:
        assert (first, second) == (True, False)
    with try_file_lock(path) as third:
        assert third


def test_after_an_error_the_lock_is_free(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), file_lock(tmp_path / "lock"):
        _ = 1 / 0
    with try_file_lock(tmp_path / "lock") as free:
        assert free


def test_who_waited_for_a_removed_file_holds_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    waiting, release = threading.Event(), threading.Event()

    def wait() -> None:
        with file_lock(path):
            waiting.set()
            release.wait(10)

    thread = threading.Thread(target=wait)
    with file_lock(path):
        thread.start()
        path.unlink()
    assert waiting.wait(10)
    with try_file_lock(path) as free:
        assert not free
    release.set()
    thread.join(10)
