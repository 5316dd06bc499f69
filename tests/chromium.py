"""Finds the Chromium that tests and pictures of the page are made with, and gives it a folder of its own."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHROMIUMS = ("chromium-headless-shell", "chromium")
"""Debian's programs, the first that is there. Without a window to draw a view takes a fifth less processor."""
PATIENCE_SECONDS = 10
"""How long the processes of a browser that was closed may still write into its folder."""


def chromium_path() -> str | None:
    """The program, or None where none is installed."""
    return next((found for name in CHROMIUMS if (found := shutil.which(name))), None)


@contextmanager
def own_folder() -> Iterator[dict[str, str]]:
    """Environment of a browser whose temporary files go with it; close it before the end.

    Chromium makes a hidden file for memory that its processes share and takes its name away at once: a process that is
    told to end between the two, as all are when a tab or the browser is closed, leaves the file.
    """
    folder = Path(tempfile.mkdtemp(prefix="chromium-"))
    try:
        yield {**os.environ, "TMPDIR": str(folder)}
    finally:
        until = time.monotonic() + PATIENCE_SECONDS
        shutil.rmtree(folder, ignore_errors=True)
        while folder.exists() and time.monotonic() < until:
            time.sleep(0.05)
            shutil.rmtree(folder, ignore_errors=True)
