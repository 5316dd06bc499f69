"""What is left aside by a killed process goes; what belongs to a living one stays."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from retail_brain import files
from retail_brain.files import (
    ORPHAN_SECONDS,
    atomic_path,
    hand_over,
    name_aside,
    remove_tree,
    scratch_folder,
    seal,
    sweep,
    write_text,
)

DIES_IN_SCRATCH = """
import os
from pathlib import Path
from retail_brain.files import atomic_path, scratch_folder
with scratch_folder("test") as scratch, atomic_path(Path("out") / "table.csv") as aside:
    (scratch / "part").write_text("half")
    aside.write_text("half")
    os.kill(os.getpid(), 9)
"""


def test_the_next_writer_removes_what_a_killed_one_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / "scratch").mkdir()
    killed = subprocess.run([sys.executable, "-c", DIES_IN_SCRATCH], cwd=tmp_path, check=False)
    assert killed.returncode == -9
    assert len(list((tmp_path / "out").iterdir())) == 1
    assert len(list((tmp_path / "scratch").iterdir())) == 1
    with scratch_folder("test") as scratch, atomic_path(tmp_path / "out" / "table.csv") as aside:
        aside.write_text("whole")
        assert list((tmp_path / "scratch").iterdir()) == [scratch]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["table.csv"]
    assert not list((tmp_path / "scratch").iterdir())


def test_a_file_handed_over_overwrites_no_other_one(tmp_path: Path) -> None:
    def give(text: str) -> str:
        return hand_over(tmp_path / "out" / "o.csv", lambda aside: aside.write_text(text)).name

    assert [give("a"), give("b"), give("c")] == ["o.csv", "o_2.csv", "o_3.csv"]
    assert [give("a"), give("b")] == ["o.csv", "o_2.csv"]  # a run that is repeated
    texts = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert texts == {"o.csv": "a", "o_2.csv": "b", "o_3.csv": "c"}


def test_files_of_the_living_and_of_strangers_stay(tmp_path: Path) -> None:
    mine = tmp_path / name_aside(".table.parquet")
    other_machine = tmp_path / f".table.rb-00000000-{os.getpid()}-00000000.tmp"
    not_ours = tmp_path / ".table.parquet.tmp"
    for path in (mine, other_machine, not_ours):
        path.write_text("unfinished")
    assert sweep(tmp_path) == 0
    long_ago = time.time() - ORPHAN_SECONDS - 60
    for path in (mine, other_machine, not_ours):
        os.utime(path, (long_ago, long_ago))
    assert sweep(tmp_path) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([mine.name, not_ours.name])


def test_after_an_error_nothing_is_left_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")

    def fail_half_way() -> None:
        with atomic_path(path) as aside:
            aside.write_text("new")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_for_a_while_are_those_that_the_next_process_clears_away() -> None:
    """A folder of `tempfile` stays where its process is killed, with unpacked files or customer ids in it."""
    root = Path(__file__).parents[2]
    made = "TemporaryDirectory|mkdtemp|NamedTemporaryFile|mkstemp"
    calls = re.compile(rf"^(?! *>>>).*tempfile\.({made})\(", re.MULTILINE)
    found = {
        path.relative_to(root).as_posix()
        for package in ("retail_brain", "features", "training", "serving")
        for path in (root / package).rglob("*.py")
        if calls.search(path.read_text("utf-8"))
    }
    # what checks the extensions of other packages runs in their tests
    assert {name for name in found if not name.endswith("conformance.py")} == set()


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_folder_is_replaced_before_the_old_one_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    target, remove = tmp_path / "features", shutil.rmtree
    (target / "person").mkdir(parents=True)
    (target / "old.txt").write_text("old", encoding="utf-8")
    if not can_exchange:
        monkeypatch.setattr(files, "_exchanged", lambda *_: False)
    seen = []

    def removed(path: Path, **options: Any) -> None:
        seen.append(({one.name for one in target.iterdir()}, (path / "old.txt").exists()))
        remove(path, **options)

    monkeypatch.setattr(files.shutil, "rmtree", removed)
    with atomic_path(target) as aside:
        aside.mkdir()
        (aside / "new.txt").write_text("new", encoding="utf-8")
    assert seen == [({"new.txt"}, True)]
    assert [one.name for one in tmp_path.iterdir()] == ["features"]
    assert [one.name for one in target.iterdir()] == ["new.txt"]


def test_a_text_is_on_the_disk_before_its_name_and_its_name_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[tuple[int, str]] = []

    def fsync(descriptor: int) -> None:
        waited.append((os.fstat(descriptor).st_ino, "named" if (tmp_path / "CURRENT").exists() else "aside"))

    monkeypatch.setattr(os, "fsync", fsync)
    write_text(tmp_path / "CURRENT", "one\n")
    own, folder = (tmp_path / "CURRENT").stat().st_ino, tmp_path.stat().st_ino
    assert waited == [(own, "aside"), (folder, "named")]


def test_files_of_a_sealed_folder_take_no_writes_and_their_owner_removes_it_as_any_other(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    (folder / "part").mkdir(parents=True, mode=0o700)
    file = folder / "part" / "file"
    file.write_bytes(b"1")
    assert seal(folder) is None
    assert file.stat().st_mode & 0o222 == 0
    # an earlier version, or `rm -rf`, removes the names of a folder: that one must be writable
    assert all(path.stat().st_mode & 0o200 for path in (folder, file.parent))
    assert file.read_bytes() == b"1"
    file.parent.chmod(0o500)
    remove_tree(folder)
    assert not folder.exists()


def test_a_file_system_that_refuses_the_seal_is_told_and_raises_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, _mode: int) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    for name in ("one", "two"):
        (tmp_path / name).write_bytes(b"1")
    monkeypatch.setattr(Path, "chmod", refuse)
    told = seal(tmp_path)
    assert told is not None
    assert told.startswith("2 files stay writable")
