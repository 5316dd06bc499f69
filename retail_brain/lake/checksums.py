"""Checksums of the data files of local tables: Delta keeps none, and most changed bytes of a Parquet file read well."""

import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from retail_brain.files import sha256, write_json
from retail_brain.locks import file_lock

# names that begin so are no data to Delta's readers, its vacuum and ours
_NAME, _LOCK = "_checksums.json", "_checksums.lock"


def note_checksums(folder: Path, version: int) -> None:
    """Notes the checksums of the data files that a commit just added.

    Files of earlier commits are not looked at: nobody could tell whether they were damaged since.

    Args:
        folder: of a local table.
        version: of the table that the commit made.

    Raises:
        OSError: a file or the commit cannot be read, or the checksums cannot be written.
    """
    note_files(folder, _added(folder, version))


def note_files(folder: Path, files: Iterable[str]) -> None:
    """Notes the checksums of data files that are known to be whole and have none, and forgets those of files gone.

    A file is never changed once a commit names it, so that its first checksum holds for good.

    Args:
        folder: of a local table.
        files: paths in it; those that are not there are left out.

    Raises:
        OSError: a file cannot be read, or the checksums cannot be written.
    """
    known = read_checksums(folder)
    # read before the lock: another writer waits for a small file alone
    new = {file: sha256(folder / file) for file in files if file not in known and (folder / file).exists()}
    if not new:
        return
    with file_lock(folder / _LOCK):
        kept = {file: digest for file, digest in read_checksums(folder).items() if (folder / file).exists()}
        write_json(folder / _NAME, new | kept)
        (folder / _LOCK).unlink(missing_ok=True)


def read_checksums(folder: Path) -> dict[str, str]:
    """File name -> SHA-256 of the data files of a table's folder; empty where none were noted, or none can be read."""
    try:
        told = json.loads((folder / _NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _added(folder: Path, version: int) -> list[str]:
    """Data files that a commit added, by their paths in the folder."""
    lines = (folder / "_delta_log" / f"{version:020}.json").read_text(encoding="utf-8").splitlines()
    actions = [json.loads(line) for line in lines]
    return [unquote(action["add"]["path"]) for action in actions if "add" in action]
