"""The mark of a restore under way, which becomes the record of a finished one in one rename."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from retail_brain.files import write_text

_MARK = "being_restored"
"""File in the tenant's folder until all is in place: a restore that was killed may be run again."""
_RECORD = "restored"
"""The same file under its last name: which backup the tenant came from, and when. A backup does not hold it."""


def write_mark(folder: Path, digest: str, now: datetime) -> None:
    """Marks a folder that is to become the tenant's.

    Args:
        folder: not yet in its place.
        digest: checksum of the backup's file.
        now: the instant of the restore.
    """
    # whole seconds: six digits more could be somebody's id, which an erasure would find here
    write_text(folder / _MARK, f"{digest}\n{now.astimezone(UTC).isoformat(timespec='seconds')}\n")


def begun_at(root: Path, digest: str) -> datetime | None:
    """When an unfinished restore of this very backup put the tenant's folder there; None where none did."""
    return _noted(root / _MARK, digest)


def finished_at(root: Path, digest: str) -> datetime | None:
    """When this very backup was restored into the tenant's folder, to its end; None where it was not."""
    return _noted(root / _RECORD, digest)


def finish(root: Path) -> None:
    """The last step of a restore: there is no moment without the mark and without the record."""
    (root / _MARK).replace(root / _RECORD)


def _noted(file: Path, digest: str) -> datetime | None:
    if not file.is_file():
        return None
    with suppress(ValueError):  # no such file of ours
        noted, _, at = file.read_text(encoding="utf-8").strip().partition("\n")
        if noted == digest:
            # marks of earlier versions hold no instant
            return datetime.fromisoformat(at) if at else datetime.fromtimestamp(int(file.stat().st_mtime), UTC)
    return None
