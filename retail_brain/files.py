"""Files that are whole or absent: write aside, then rename.

What a killed process left aside is removed by the next one.
A name aside says who writes it: the machine (host and process namespace) and the process. It is an orphan when that
process is gone, or, where that cannot be known because another machine wrote it, when it is a day old.
"""

import hashlib
import json
import os
import re
import shutil
import socket
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ORPHAN_SECONDS = 24 * 3600
"""What another machine left aside is an orphan after so long."""

_ASIDE = re.compile(r".+\.rb-([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.tmp")


def name_aside(name: str) -> str:
    """A name that nobody else uses and that `sweep` knows, for something unfinished."""
    return f"{name}.rb-{_machine()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.tmp"


def sweep(folder: Path) -> int:
    """Removes what killed processes left aside in a folder; returns how many files and folders went.

    Only names made by `name_aside` and owned by this user are looked at; those of living processes stay.
    """
    removed = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        if not _is_orphan(path):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        removed += 1
    return removed


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """A folder for temporary files, removed at the end; those that killed processes left are removed first.

    Args:
        purpose: part of its name, for whoever finds it.
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
    """A path beside `path` to write a file or folder to; it takes the place of `path` when the block ends well.

    A folder that already stands at `path` is replaced. After an error nothing is left behind, and what a killed
    process left beside `path` is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent)
    aside = path.with_name(name_aside(f".{path.name}"))
    try:
        yield aside
        if aside.is_dir() and path.is_dir():
            shutil.rmtree(path)
        aside.replace(path)
    finally:
        if aside.is_dir():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes a text file atomically and makes it durable."""
    with atomic_path(path) as aside, aside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file atomically."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=str) + "\n")


def sha256(path: Path) -> str:
    """Checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _machine() -> str:
    """Names the host and its process namespace: process numbers mean nothing outside of it."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")  # noqa: PTH115  # not a path
    except OSError:
        namespace = ""
    return hashlib.sha256(f"{socket.gethostname()} {namespace}".encode()).hexdigest()[:8]


def _is_orphan(path: Path) -> bool:
    found = _ASIDE.fullmatch(path.name)
    if found is None:
        return False
    try:
        status = path.lstat()
    except OSError:
        return False
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        return False
    machine, process = found.groups()
    return not _is_alive(int(process)) if machine == _machine() else time.time() - status.st_mtime > ORPHAN_SECONDS


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
