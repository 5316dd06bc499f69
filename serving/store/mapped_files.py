"""Watches the files of a set of answers that is mapped: one that is cut short ends the process that reads beyond it."""

from collections.abc import Iterable
from pathlib import Path


class MappedFiles:
    """The files of a mapped set and their sizes when it was opened."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        """Notes the sizes; `names` are those of the set's manifest."""
        self._sizes = {folder / name: _size(folder / name) for name in names}

    def cut(self) -> list[str]:
        """Names of files that are shorter now than they were; one that was removed or replaced whole stays readable.

        Complexity: one question to the file system per file.
        """
        return [
            path.name for path, size in self._sizes.items() if (now := _size(path)) is not None and now < (size or 0)
        ]


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
