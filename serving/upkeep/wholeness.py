"""Compares what a backup holds with the checksums that models, answers and the lake noted when they were written."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retail_brain.errors import DataError
from retail_brain.lake.checksums import read_checksums
from retail_brain.lake.reading import local_files, local_folder
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
        """Notes the checksums of an opened table of a local lake, whose members begin with `name`."""
        folder = local_folder(table)
        known = read_checksums(folder)
        for file in local_files(table):
            key = file.path.relative_to(folder).as_posix()
            is_cut = file.path.is_file() and file.path.stat().st_size != file.size
            self.in_use[f"{name}/{key}"] = _NONE if is_cut else known.pop(key, None)
        self.earlier |= {f"{name}/{key}": checksum for key, checksum in known.items()}

    def check(self, found: Mapping[str, str]) -> tuple[str, ...]:
        """Members of earlier models and tables that are damaged.

        Args:
            found: member -> SHA-256 of its bytes.

        Raises:
            DataError: a file that is in use is missing or differs from its checksum.
        """
        damaged = [name for name, wanted in self.in_use.items() if _differs(found.get(name), wanted)]
        if damaged:
            raise DataError(
                f"no backup was written, since {listed('file', 'files', _shown(damaged))} of the tenant are missing or "
                "differ from their checksums; a backup that was there is as it was. Take the files from it, or "
                "make them anew: `retail-brain doctor --deep` says how. --no-lake leaves the lake out."
            )
        return tuple(_shown(name for name, wanted in self.earlier.items() if found.get(name, wanted) != wanted))


def _differs(found: str | None, wanted: str | None) -> bool:
    return found is None or wanted not in (None, found)


def _shown(names: Iterable[str]) -> list[str]:
    """Members by their paths in the tenant's folder."""
    return [name.split("/", 1)[1] for name in names]
