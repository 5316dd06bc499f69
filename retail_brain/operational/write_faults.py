"""Tries whether the home and the operational database take writes: no read shows that a disk may only be read."""

from collections.abc import Callable, Sequence
from pathlib import Path

from retail_brain.errors import UnavailableError
from retail_brain.files import name_aside, sweep
from retail_brain.operational.database import Database

_PROBE = ".probe"


def write_faults(home: Path, database: Database | None) -> list[UnavailableError]:
    """What takes no writes now: the home's folder `var`, the operational database. Changes neither, makes neither.

    Without a database only the folder is tried. A database that does not answer at all is among them too, by an error
    without a `problem`.
    """
    var = home / "var"
    attempts: list[Callable[[], None]] = [lambda: _try_writing(var)] if var.is_dir() else []
    if database is not None and (not database.is_sqlite or Path(database.url.database or "").is_file()):
        attempts.append(database.try_writing)
    return [error for attempt in attempts for error in _faults_of(attempt)]


def _faults_of(attempt: Callable[[], None]) -> Sequence[UnavailableError]:
    try:
        attempt()
    except UnavailableError as error:
        return [error.with_traceback(None)]
    return []


def _try_writing(folder: Path) -> None:
    """Writes a small file into a folder and removes it again, and those that killed processes left there.

    Raises:
        UnavailableError: the folder takes none.
    """
    probe = folder / name_aside(_PROBE)
    try:
        sweep(folder, _PROBE)
        try:
            probe.write_bytes(b"1")
        finally:
            probe.unlink(missing_ok=True)  # on a full disk the file is made and stays empty
    except OSError as error:
        raise UnavailableError(
            f"{folder} cannot be written: {error.strerror}. Let the service's user write it (chown, chmod), and mount "
            "its disk so that it takes writes and has room.",
            {"problem": "read_only"},
        ) from error
