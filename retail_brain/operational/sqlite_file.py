"""The file of an SQLite database in use: whether it is still the same one, and whether anybody committed to it."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from retail_brain.errors import UnavailableError

UPGRADE_LOCK = ".upgrade"
"""Ending of the lock file beside an SQLite database; it stays, and so tells that there was one."""


class SqliteFile:
    """The file of an SQLite database, watched from outside of the connections that read and write it.

    SQLite goes on writing to a file that was removed or moved: what it accepts then is lost with the process. And it
    makes a new, empty one where there is none: refusals would be forgotten without a word.
    """

    def __init__(self, file: Path) -> None:
        """Takes the path; the file need not exist yet."""
        self._path = file
        self._inode: int | None = None
        self._watch: sqlite3.Connection | None = None

    def is_another(self) -> bool:
        """Whether another file was put in the place of the one of the last call.

        Raises:
            UnavailableError: the file that was in use, now or by another process before, is gone.
        """
        present = _inode(self._path)
        if present is None:
            remains = left_beside(self._path)
            present = _inode(self._path)  # another process may make it at this moment, and makes it before them
            if present is None and (remains or self._inode is not None):
                self.close()
                raise UnavailableError(_told_gone(self._path, remains))
        is_another = self._inode is not None and present != self._inode
        if is_another:
            self.close()
        self._inode = present
        return is_another

    def change_mark(self) -> object:
        """A value that is equal to an earlier one only if nothing was committed since; compare it with `==`."""
        try:
            watch = self._watch  # another thread may end it at any moment
            if watch is None:
                # never makes the file, which would have nobody's tables and everybody's rights
                address = self._path.resolve().as_uri() + "?mode=rw"
                watch = self._watch = sqlite3.connect(address, uri=True, check_same_thread=False)
            # counts commits of other connections; this one makes none
            return watch, watch.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:
            self.close()
            return object()  # whoever reads finds out what is wrong

    def close(self) -> None:
        """Ends the watching; the next call of `change_mark` begins it anew."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()


def left_beside(file: Path) -> list[Path]:
    """Files beside an SQLite database that are made after it: without it, they tell that there was one."""
    return [path for ending in (UPGRADE_LOCK, "-wal") if (path := Path(f"{file}{ending}")).exists()]


def _inode(file: Path) -> int | None:
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return None


def _told_gone(file: Path, remains: Sequence[Path]) -> str:
    told = (
        f"the operational database {file} is gone: keys, decisions, campaigns and refusals are in no other place. Put "
        "it back, or move the home aside and restore the newest backup: retail-brain restore FILE."
    )
    return f"{told} To begin with an empty one, remove {' and '.join(map(str, remains))}." if remains else told
