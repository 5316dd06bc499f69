"""Checksums of the data files of local tables: Delta keeps none, and most changed bytes of a Parquet file read well."""

import json
from pathlib import Path

from retail_brain.files import sha256, write_json
from retail_brain.lake.layout import is_remote, join_uri
from retail_brain.lake.reading import local_files, open_table

# names that begin so are no data to Delta's readers, its vacuum and ours
_NAME = "_checksums.json"


def note_checksums(uri: str, name: str) -> None:
    """Notes the checksums of a table's data files that have none yet, and forgets those of files that are gone.

    A file is never changed once it is named by a commit, so that its first checksum holds for good. What a killed run
    did not note, the next write of the table notes.

    Args:
        uri: the lake; nothing is noted of one in an object store, which checks by itself what it stores.
        name: canonical table.

    Raises:
        DataError: the table's log is damaged.
        OSError: a file cannot be read, or the checksums cannot be written.
    """
    table = None if is_remote(uri) else open_table(uri, name)
    if table is None:
        return
    folder = Path(join_uri(uri.removeprefix("file://"), name))
    known = read_checksums(folder)
    kept = {file: digest for file, digest in known.items() if (folder / file).exists()}
    found = {file.path.relative_to(folder).as_posix(): file.path for file in local_files(table)}
    new = {file: sha256(path) for file, path in found.items() if file not in kept and path.exists()}
    if new or len(kept) < len(known):
        write_json(folder / _NAME, kept | new)


def read_checksums(folder: Path) -> dict[str, str]:
    """File name -> SHA-256 of the data files of a table's folder; empty where none were noted, or none can be read."""
    try:
        told = json.loads((folder / _NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
