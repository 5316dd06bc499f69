"""Finds the Chromium that tests and pictures of the page are made with."""

import shutil

CHROMIUMS = ("chromium-headless-shell", "chromium")
"""Debian's programs, the first that is there. Without a window to draw a view takes a fifth less processor."""


def chromium_path() -> str | None:
    """The program, or None where none is installed."""
    return next((found for name in CHROMIUMS if (found := shutil.which(name))), None)
