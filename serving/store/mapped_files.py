"""Watches the files of a set of answers that is mapped: one that is cut short ends the process that reads beyond it."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class _File(NamedTuple):
    """Which file lies at a path, and its bytes."""

    device: int
    inode: int
    size: int


class MappedFiles:
    """The files of a mapped set and their sizes when it was opened."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        """Notes the files; `names` are those of the set's manifest."""
        self._files = {folder / name: _file(folder / name) for name in names}

    def cut(self) -> list[str]:
        """Names of files that are shorter now than they were; one that was removed or replaced whole stays readable.

        Complexity: one question to the file system per file.
        """
        return [path.name for path, mapped in self._files.items() if mapped is not None and _is_cut(mapped, path)]


def _is_cut(mapped: _File, path: Path) -> bool:
    now = _file(path)
    # another file at its place is not the one that is mapped, however short
    return now is not None and now[:2] == mapped[:2] and now.size < mapped.size


def _file(path: Path) -> _File | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return _File(found.st_dev, found.st_ino, found.st_size)
