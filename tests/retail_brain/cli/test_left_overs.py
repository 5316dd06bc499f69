"""What killed writers left in a home goes with the next verb, whether or not it writes there."""

import os
import time
from pathlib import Path

import pytest

from retail_brain.cli.context import choose, current
from retail_brain.files import ORPHAN_SECONDS, name_aside, sweep_tree

GONE = 2**22 + 1
"""A number that no process can have."""


def aside(path: Path, process: int = GONE) -> Path:
    """A file that a process was writing."""
    path = path.with_name(name_aside(path.name).replace(f"-{os.getpid()}-", f"-{process}-"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("half")
    return path


def test_a_verb_removes_what_killed_ones_left_anywhere_in_the_home_and_nothing_of_the_living(tmp_path: Path) -> None:
    main, far = tmp_path / "var" / "main", tmp_path / "elsewhere"
    left = [
        aside(main / "lake" / "stores" / "._checksums.json"),
        aside(main / "jobs" / "uploads" / "u1" / ".mapping.toml"),
        aside(main / ".settings.toml"),
        aside(tmp_path / "var" / ".probe"),
        aside(tmp_path / "restore"),
        aside(far / "stores" / "._checksums.json"),
    ]
    folder = main / "answers" / left[0].name
    folder.mkdir(parents=True)
    (folder / "a.arrow").write_text("half")
    kept = [aside(main / "lake" / "stores" / ".table", os.getpid()), aside(tmp_path / "mine" / "note")]
    choose("main", tmp_path)
    assert current().lake_uri(str(far)) == str(far)
    assert [path for path in (*left, folder) if path.exists()] == []
    assert all(path.exists() for path in kept)


def test_what_the_writer_of_delta_left_goes_after_a_day(tmp_path: Path) -> None:
    old, young, named = (tmp_path / "stores" / name for name in ("a.parquet#1", "b.json#2", "c#1"))
    old.parent.mkdir()
    for path in (old, young, named):
        path.write_text("half")
    long_ago = time.time() - ORPHAN_SECONDS - 60
    for path in (old, named):
        os.utime(path, (long_ago, long_ago))
    assert sweep_tree(tmp_path) == 1
    assert (old.exists(), young.exists(), named.exists()) == (False, True, True)


def test_what_cannot_be_removed_keeps_no_verb_from_its_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = aside(tmp_path / "stores" / "table")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refuse)
    assert sweep_tree(tmp_path) == 0
    assert path.exists()
