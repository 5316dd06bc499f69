"""The folder in which the workers of one service share their metrics.

BentoML's is the same for every service of a user, and each start empties it: a second service took the numbers of the
first.
"""

import os
import re
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from retail_brain.errors import UsageError

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_NAME = re.compile(r"(\d+)-(\d+)")
_FILE = re.compile(r"gauge_live\w+_(\d+)\.db")


def use_own_folder(root: Path | None = None) -> None:
    """Lets this worker and its siblings, the processes of one supervisor, share a folder that is theirs alone.

    Does nothing in a process that BentoML did not start as a worker. Call it before a metric is made.

    Args:
        root: holds the folders of all services of this user; None for one among the temporary files.

    Raises:
        UsageError: somebody else made that folder, or it is a link: others could read or change what is measured.
    """
    if FOLDER_VARIABLE not in os.environ:
        return
    root = Path(tempfile.gettempdir(), f"retail-brain-metrics-{os.getuid()}") if root is None else root
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
    os.environ[FOLDER_VARIABLE] = str(folder)


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
