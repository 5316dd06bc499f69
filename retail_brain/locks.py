"""File locks between processes of one machine (`flock`); the system releases them when a process ends.

The only module that needs POSIX. The holder of a lock may remove its file: a process that waited for the removed file
locks the new one.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Waits for a lock and holds it during the block; the file is created if missing, and stays."""
    descriptor = _locked(path, fcntl.LOCK_EX)
    assert descriptor is not None
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def try_file_lock(path: Path) -> Iterator[bool]:
    """Tries to hold a lock during the block, without waiting; the value is whether it was free."""
    descriptor = _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def inheritable_lock(path: Path) -> Iterator[int]:
    """Waits for a lock and holds it during the block; the value is its descriptor.

    A process that was given the descriptor (`pass_fds`) holds the lock too, whatever becomes of this one: it is free
    when the last of them ends.
    """
    descriptor = _locked(path, fcntl.LOCK_EX)
    assert descriptor is not None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether a process holds the lock of a file; the file is not created."""
    if not path.exists():
        return False
    with try_file_lock(path) as is_free:
        if is_free:
            path.unlink(missing_ok=True)
        return not is_free


def _locked(path: Path, operation: int) -> int | None:
    """An open descriptor with the lock of the file at the path; None where another process has the lock."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except FileNotFoundError:  # the holder removed the folder in between
            continue
        try:
            fcntl.flock(descriptor, operation)
            is_current = _is_at(descriptor, path)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        if is_current:
            return descriptor
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is still the one at the path, not one that its last holder removed."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
