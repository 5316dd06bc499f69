"""Fails a session whose tests leave processes running or temporary folders behind."""

import gc
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

MARK = "RB_TEST_SESSION"
"""Environment variable by which the processes of a session are told from others: all that it starts inherit it."""
PATIENCE_SECONDS = 30


@pytest.fixture(scope="session", autouse=True)
def nothing_left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A temporary folder of the session's own, empty at its end; and no process that it started still runs."""
    tmp_path_factory.getbasetemp()  # pytest's own folders stay where they are: it removes them itself, some runs later
    mark = uuid.uuid4().hex
    folder = Path(tempfile.mkdtemp(prefix="rb-"))
    folder.chmod(0o711)  # PostgreSQL runs as another user and must pass through
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setenv(MARK, mark)
        patch.setattr(tempfile, "tempdir", str(folder))
        yield
        gc.collect()  # objects in circles, whose files go with them
        until = time.monotonic() + PATIENCE_SECONDS  # what was told to end may need a moment, and then remove its files
        while (running(mark) or list(folder.iterdir())) and time.monotonic() < until:
            time.sleep(0.05)
    processes, files = running(mark), sorted(path.name for path in folder.iterdir())
    shutil.rmtree(folder, ignore_errors=True)
    assert not processes, f"tests left processes running: {processes}"
    assert not files, f"tests left temporary files behind: {files}"


def running(mark: str) -> list[str]:
    """Command lines of living processes but this one that have the mark in their environment (Linux)."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"{MARK}={mark}".encode() in (place / "environ").read_bytes()
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:  # ended meanwhile, or another user's
            continue
        # the tracker of multiprocessing's semaphores ends with its process
        if marked and place.name != str(os.getpid()) and "multiprocessing.resource_tracker" not in command:
            found.append(command)
    return found
