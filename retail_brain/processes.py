"""Processes of this machine: names under which they hold things, and whether one of that name is over."""

import hashlib
import os
import re
import socket
from functools import cache
from pathlib import Path

_KERNEL_DIGITS = 16
"""Hexadecimal digits of a kernel and its process namespace in a name: no two of some million are alike by chance."""
_NAME = re.compile(rf"([0-9a-f]{{{_KERNEL_DIGITS}}})-([1-9]\d*)")


def machine() -> str:
    """Digest of the host and its process namespace: process ids are only unique within it (containers)."""
    return hashlib.sha256(f"{socket.gethostname()} {_namespace()}".encode()).hexdigest()[:8]


def is_alive(process: int) -> bool:
    """Whether a process of this namespace runs; one that ended and that nobody waited for does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True  # of another user, or unknown: a file too many is better than one removed under a writer
    return not _is_waited_for(process)


def kernel_prefix() -> str | None:
    """With what the names of processes beside this one begin; None where the system does not tell its start.

    Host names repeat, so they do not tell machines apart that share a database; the id of a start of a kernel does.
    """
    start, namespace = _kernel_start(), _namespace()
    return f"{_digest(f'{start} {namespace}')}-" if start and namespace else None


def process_name() -> str:
    """Name of this process, at most 24 characters, from which those beside it can tell whether it is over."""
    prefix = kernel_prefix()
    return f"{prefix or 'unknown-'}{os.getpid()}"


def has_ended(name: str) -> bool:
    """Whether a process that had a name from `process_name` is known to be over; False wherever nobody here can tell.

    Args:
        name: of the process; what follows after a dot is left out.
    """
    match, prefix = _NAME.fullmatch(name.partition(".")[0]), kernel_prefix()
    return match is not None and f"{match[1]}-" == prefix and not is_alive(int(match[2]))


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")  # noqa: PTH115  # not a path
    except OSError:
        return ""


@cache
def _kernel_start() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_KERNEL_DIGITS]


def _is_waited_for(process: int) -> bool:
    """Whether a process ended and is listed only until its parent asks for its end."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return told.rpartition(")")[2].lstrip().startswith(("Z", "X"))
