"""Compares what a backup holds with the checksums that models, answers and the lake noted when they were written."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.errors import DataError
from retail_brain.files import sha256
from retail_brain.lake.checksums import note_files, read_checksums
from retail_brain.lake.reading import DataFile, local_files, local_folder, open_table
from serving.upkeep.findings import listed

_NONE = "no bytes have this checksum"


@dataclass
class Noted:
    """Checksums that the members of a backup must have.

    Attributes:
        in_use: member -> SHA-256 of what the tenant works with now; None: it must be there, whatever it holds.
        earlier: member -> SHA-256 of earlier models and earlier versions of the lake's tables.
    """

    in_use: dict[str, str | None] = field(default_factory=dict)
    earlier: dict[str, str] = field(default_factory=dict)

    def note_manifest(self, name: str, folder: Path, *, in_use: bool) -> None:
        """Notes the checksums of a folder with a manifest, whose members begin with `name`."""
        try:
            files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
            found = {f"{name}/{file}": str(checksum) for file, checksum in files.items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            found = {f"{name}/manifest.json": _NONE}
        (self.in_use if in_use else self.earlier).update(found)

    def note_table(self, name: str, table: Any) -> None:
        """Notes the checksums of an opened table of a local lake, whose members begin with `name`.

        Files without one get it beside the table where they can be decoded, so that the next backup compares them.
        """
        folder = local_folder(table)
        known = read_checksums(folder)
        for file in local_files(table):
            key = file.path.relative_to(folder).as_posix()
            checksum = known.pop(key, None)
            # an earlier version noted none: then only what cannot be decoded is known to be damaged
            problem = file_problem(file, None, deep=checksum is None)
            self.in_use[f"{name}/{key}"] = _NONE if problem else checksum
        self.earlier |= {f"{name}/{key}": checksum for key, checksum in known.items()}
        if _NONE not in self.in_use.values():
            note_lake_checksums(folder.parent, (folder.name,))

    def check(self, found: Mapping[str, str]) -> tuple[str, ...]:
        """Members of earlier models and tables that are damaged.

        Args:
            found: member -> SHA-256 of its bytes.

        Raises:
            DataError: a file that is in use is missing, differs from its checksum, or cannot be decoded without one.
        """
        damaged = [name for name, wanted in self.in_use.items() if _differs(found.get(name), wanted)]
        if damaged:
            raise DataError(
                "no backup was written, since the tenant works with "
                f"{listed('missing or damaged file', 'missing or damaged files', _shown(damaged))}; an older backup of "
                "this name is as it was. Take the files from a backup, or make them anew: `retail-brain doctor --deep` "
                "says how. --no-lake leaves the lake out."
            )
        return tuple(_shown(name for name, wanted in self.earlier.items() if found.get(name, wanted) != wanted))


def note_lake_checksums(lake: Path, names: Iterable[str]) -> None:
    """Notes the checksums of files that have none; a lake that cannot be written to or read stays without."""
    for name in names:
        with suppress(OSError, DataError):
            table = open_table(str(lake), name)
            if table is not None:
                folder = local_folder(table)
                note_files(folder, [file.path.relative_to(folder).as_posix() for file in local_files(table)])


def _differs(found: str | None, wanted: str | None) -> bool:
    return found is None or wanted not in (None, found)


def _shown(names: Iterable[str]) -> list[str]:
    """Members by their paths in the tenant's folder."""
    return [name.split("/", 1)[1] for name in names]


def file_problem(file: DataFile, checksum: str | None, *, deep: bool) -> str | None:
    """What is wrong with a data file, or None; a deep look reads and decodes it, another only measures it."""
    if not file.path.is_file():
        return "missing"
    size = file.path.stat().st_size
    if size != file.size:
        return f"{size:,} bytes, wanted {file.size:,}"
    if not deep:
        return None
    if checksum is not None and sha256(file.path) != checksum:
        return "other bytes than its checksum says"
    try:
        rows = pl.read_parquet(file.path).height
    except Exception as error:  # noqa: BLE001  # Polars has many errors for a damaged file
        return f"cannot be decoded: {str(error).splitlines()[0]}"
    return None if rows == file.rows else f"{rows:,} rows, wanted {file.rows:,}"
