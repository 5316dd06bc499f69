"""Writes files atomically: to a temporary name beside the target, then renamed.

Temporary files of killed processes are removed by the next process. A temporary name contains the machine (host and
process namespace) and the process that writes it. The file is an orphan when that process is gone or, where another
machine wrote it, when it is a day old.
"""

import ctypes
import filecmp
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from retail_brain.processes import is_alive, machine

ORPHAN_SECONDS = 24 * 3600
"""Seconds after which a temporary file of another machine is an orphan."""

_MOST_NAME_BYTES = 255
"""Bytes of a file's name at most, on Linux (`NAME_MAX`): what names more is no pointer, and is not read to its end."""
_HERE, _EXCHANGE = -100, 2
"""`AT_FDCWD` and `RENAME_EXCHANGE` of Linux's `renameat2`."""
_STAGED = re.compile(r".+\.(?:parquet|json)#\d+")
"""What Delta's own writer leaves when it is killed: `NAME#1` beside the file that it was to be; it names no process."""
_ASIDE = re.compile(r".+\.rb-([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.tmp")


def name_aside(name: str) -> str:
    """A unique temporary name, recognised by `sweep`, for a file or folder that is being written."""
    return f"{name}.rb-{machine()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.tmp"


def sweep(folder: Path, name: str = "") -> int:
    """Removes temporary files and folders of killed processes from a folder; returns their number.

    Only names made by `name_aside` (for `name`, where one is given) and owned by this user are removed, and none of a
    living process.
    """
    removed = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name.startswith(f"{name}.rb-" if name else "") and _is_orphan(path):
            removed += _removed(path)
    return removed


def sweep_tree(folder: Path) -> int:
    """Removes temporary files of killed processes from a folder and all folders in it; returns their number.

    What `sweep` removes, and what Delta's own writer left a day ago. What cannot be removed, as where nothing may be
    written, stays for the next one.
    """
    removed = 0
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(place, name)
            if _is_orphan(path) or (_STAGED.fullmatch(name) is not None and _is_old(path)):
                removed += _removed(path)
        folders[:] = [name for name in folders if _ASIDE.fullmatch(name) is None]
    return removed


def _removed(path: Path) -> bool:
    """Removes a file or folder; whether it is gone."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    except OSError:
        return False
    return not os.path.lexists(path)


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """Context of a temporary folder, removed at the end; those of killed processes are removed first.

    Args:
        purpose: part of its name, so that its origin can be seen.
    """
    place = Path(tempfile.gettempdir())
    sweep(place)
    folder = place / name_aside(f"retail-brain-{purpose}")
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Context of a temporary path beside `path` for a file or folder; it replaces `path` when the block ends well.

    A folder at `path` is replaced as well: the two change places in one step where the system can (Linux), and else the
    old one is moved away first. After an error the temporary file is removed, and so are those of killed processes
    beside `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent)
    aside = path.with_name(name_aside(f".{path.name}"))
    try:
        yield aside
        # a rename replaces a file, but no folder that has something in it
        if not (aside.is_dir() and path.is_dir()):
            aside.replace(path)
        elif not _exchanged(aside, path):
            away = path.with_name(name_aside(f".{path.name}"))
            path.replace(away)
            aside.replace(path)
            shutil.rmtree(away, ignore_errors=True)
    finally:
        if aside.is_dir():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.unlink(missing_ok=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Lets two folders change places in one step, so that a kill finds one or the other; False where that cannot be."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    return rename is not None and rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0


def hand_over(path: Path, write: Callable[[Path], object]) -> Path:
    """Writes a file for another system and overwrites none that it may not have taken yet; returns the file's path.

    Where another file is at `path`, the new one gets the next free number (`STEM_2.csv`). A file with the same content
    stays the only one, so that an interrupted run can be repeated.

    Args:
        path: where the other system looks.
        write: writes the file to the temporary path that it is given.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent)
    aside = path.with_name(name_aside(f".{path.name}"))
    try:
        write(aside)
        number, place = 1, path
        while place.exists():
            if filecmp.cmp(aside, place, shallow=False):
                return place
            number += 1
            place = path.with_name(f"{path.stem}_{number}{path.suffix}")
        aside.replace(place)
        return place
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes a text file atomically and makes it durable."""
    with atomic_path(path) as aside, aside.open("w", encoding="utf-8") as file:
        file.write(text)
        # a rename may reach the disk before the content: without these, a power cut could leave an empty file
        file.flush()
        os.fsync(file.fileno())
    _sync(path.parent)


def read_name(path: Path) -> str:
    """The name that a pointer file holds, without blanks around it.

    Raises:
        OSError: the file is not there or cannot be read.
        ValueError: it is no UTF-8, or longer than a name of a file can be.
    """
    with path.open("rb") as file:
        held = file.read(_MOST_NAME_BYTES + 2)
    if len(held) > _MOST_NAME_BYTES + 1:  # a line end may follow
        raise ValueError(f"it holds more than a name of {_MOST_NAME_BYTES} bytes")
    return held.decode().strip()


def seal(folder: Path) -> str | None:
    """Takes the right to write from all files in a folder, so that nothing cuts them by accident; never raises.

    Folders stay writable: whoever owns them removes it all as any other folder.

    Returns:
        What to tell where files could not be sealed, as on a file system without such rights: they serve as well; None
        where all are.
    """
    refused: list[OSError] = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            try:
                path.chmod(path.stat().st_mode & ~0o222 & 0o7777)
            except OSError as error:
                refused.append(error)
    if not refused:
        return None
    files = "1 file stays" if len(refused) == 1 else f"{len(refused):,} files stay"
    return f"{files} writable in {folder}, whole and in use, but a slip could cut them: {refused[0]}"


def remove_tree(folder: Path) -> None:
    """Removes a folder, even where folders in it may not be written; one that stays is for all to see."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            with suppress(OSError):
                path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def make_durable(folder: Path) -> None:
    """Waits until all that is in a folder is on the disk: before something that outlives a power cut names it."""
    for path in (*sorted(folder.rglob("*")), folder):
        _sync(path)


def _sync(path: Path) -> None:
    """Waits until a file's content, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file atomically."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=str) + "\n")


def sha256(path: Path) -> str:
    """Checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_aside(path: Path) -> bool:
    """Whether a name is that of a file or folder still being written, or left by a killed writer."""
    return _ASIDE.fullmatch(path.name) is not None


def _is_orphan(path: Path) -> bool:
    match = _ASIDE.fullmatch(path.name)
    if match is None:
        return False
    where, process = match.groups()
    if where != machine():
        return _is_old(path)
    return not is_alive(int(process)) and _is_ours(path)


def _is_old(path: Path) -> bool:
    """Whether a file of ours is so old that no writer of another machine is at it any more."""
    try:
        return _is_ours(path) and time.time() - path.lstat().st_mtime > ORPHAN_SECONDS
    except OSError:
        return False


def _is_ours(path: Path) -> bool:
    """Whether a file is this user's: in a shared folder such as the temporary one others' are not ours to judge."""
    try:
        return not hasattr(os, "getuid") or path.lstat().st_uid == os.getuid()
    except OSError:
        return False
