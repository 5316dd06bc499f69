"""The folder in which the workers of one service share their metrics.

BentoML's is the same for every service of a user, and each start empties it: a second service took the numbers of the
first. Ours is in memory where the system has such a place: a disk that is full must not take the metrics away that tell
of it, and a write into a file that was mapped without room ends the worker.
"""

import errno
import logging
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from retail_brain.errors import UsageError

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_log = logging.getLogger("bentoml.retail_brain")
_IN_MEMORY = Path("/dev/shm")  # noqa: S108  # what is in it is checked to be ours
"""Linux's place for files that are in memory; other systems have none."""
_LEAST_ROOM_BYTES = 8 << 20
"""Bytes free that a place must have: a worker has six files of 64 KiB, more with many routes. By judgement."""
_NAME = re.compile(r"(\d+)-(\d+)")
_FILE = re.compile(r"gauge_live\w+_(\d+)\.db")


def use_own_folder(root: Path | None = None) -> None:
    """Lets this worker and its siblings, the processes of one supervisor, share a folder that is theirs alone.

    Does nothing in a process that BentoML did not start as a worker. Call it before a metric is made. Where there is
    no room for such a folder, each worker keeps its numbers to itself, and the log says so.

    Args:
        root: holds the folders of all services of this user; None for one in memory or among the temporary files.

    Raises:
        UsageError: somebody else made that folder, or it is a link: others could read or change what is measured.
    """
    if FOLDER_VARIABLE not in os.environ:
        return
    try:
        root = root or _roomy() / f"retail-brain-metrics-{os.getuid()}"
        os.environ[FOLDER_VARIABLE] = str(_own_folder(root))
    except OSError as error:
        del os.environ[FOLDER_VARIABLE]
        _log.warning(
            "metrics are those of the worker that is asked, and not of all: there is no room for their folder (%s). "
            "Free some space, or set TMPDIR to a folder that has some, and start the service again.",
            error,
        )


def _roomy() -> Path:
    """The first place with room for the folder.

    Raises:
        OSError: there is none.
    """
    for place in _places():
        with suppress(OSError):
            if os.access(place, os.W_OK | os.X_OK) and shutil.disk_usage(place).free >= _LEAST_ROOM_BYTES:
                return place
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _places() -> Iterator[Path]:
    if _IN_MEMORY.is_dir():
        yield _IN_MEMORY
    with suppress(OSError):  # which tries by a file whether a place can be written
        yield Path(tempfile.gettempdir())


def _own_folder(root: Path) -> Path:
    with suppress(FileExistsError):
        root.mkdir(mode=0o700)
    _check_own(root)
    supervisor = os.getppid()
    folder = root / f"{supervisor}-{_started(supervisor)}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for other in root.iterdir():
        named = _NAME.fullmatch(other.name)
        # a process number is used again one day, so the moment of its start tells processes apart
        if named is not None and _started(int(named[1])) != int(named[2]):
            shutil.rmtree(other, ignore_errors=True)
    return folder


def _check_own(root: Path) -> None:
    found = root.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
        return
    what = f"belongs to user {found.st_uid}" if stat.S_ISDIR(found.st_mode) else "is a link or a file"
    raise UsageError(
        f"the folder of metrics {root} {what}; wanted a folder of user {os.geteuid()}. "
        "Delete it, or set TMPDIR to a folder of your own."
    )


def forget_dead_workers() -> None:
    """Takes the gauges of workers that are gone out of the shared folder; their counters stay, as totals do."""
    for file in Path(os.environ[FOLDER_VARIABLE]).glob("gauge_live*.db"):
        named = _FILE.fullmatch(file.name)
        if named is not None and not _started(int(named[1])):
            with suppress(FileNotFoundError):  # another worker was faster
                file.unlink()


def _started(process: int) -> int:
    """When a process started, in ticks since the boot (1 where the machine does not tell); 0 when there is none."""
    try:
        os.kill(process, 0)
        # ticks, unlike Unix seconds, stay the same when the clock is set
        return int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[19])
    except ProcessLookupError:
        return 0
    except (FileNotFoundError, PermissionError):
        return 1
