"""The file format of a backup: a tar of the tenant's files and database rows, and a manifest with checksums."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

from retail_brain.errors import DataError
from retail_brain.files import sha256

FORMAT = 1
"""Of the manifest; raised only for a change after which older software cannot restore a backup."""
_MANIFEST = "backup.json"


@dataclass(frozen=True)
class BackupManifest:
    """Metadata of a backup, stored as its last member.

    Attributes:
        tenant: whose files and rows it holds.
        made_at: instant, ISO with zone.
        software: version of this package.
        revision: of the operational database's tables.
        lake: address of the lake.
        lake_versions: table -> Delta version at the time; the files of a local lake are in the backup.
        has_lake: whether the lake's files are in the backup.
        rows: table of the operational database -> rows.
        files: checksum (SHA-256) of every other member.
    """

    tenant: str
    made_at: str
    software: str
    revision: str
    lake: str
    lake_versions: dict[str, int]
    has_lake: bool
    rows: dict[str, int]
    files: dict[str, str]
    format: int = FORMAT


class ArchiveWriter:
    """Appends members to a tar and notes their checksums; gzip where the name ends with `.gz`."""

    def __init__(self, file: Path, *, is_compressed: bool) -> None:
        """Opens a new archive."""
        self._tar = tarfile.open(file, "w:gz" if is_compressed else "w")  # noqa: SIM115  # `close` closes it
        self.checksums: dict[str, str] = {}

    def add_file(self, name: str, path: Path) -> None:
        """Appends a file as it is now."""
        with path.open("rb") as file:
            self._add(name, file, path.stat().st_size)

    def add_bytes(self, name: str, content: bytes) -> None:
        """Appends a member with this content."""
        self._add(name, io.BytesIO(content), len(content))

    def add_folder(self, name: str, folder: Path) -> None:
        """Appends every file under a folder; none where there is no such folder."""
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.endswith((".tmp", ".lock")):
                self.add_file(f"{name}/{path.relative_to(folder).as_posix()}", path)

    def close(self, manifest: Mapping[str, Any] | None = None) -> None:
        """Appends the manifest, where there is one, and closes the file."""
        if manifest is not None:
            content = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True).encode()
            self._add(_MANIFEST, io.BytesIO(content), len(content))
        self._tar.close()

    def _add(self, name: str, file: BinaryIO, size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        reader = _HashingReader(file)
        self._tar.addfile(info, reader)
        self.checksums[name] = reader.digest.hexdigest()


class _HashingReader(io.RawIOBase):
    """Computes the checksum of what is read through it, so that a file is read once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self.digest.update(content)
        return content


def extract(archive: Path, folder: Path) -> BackupManifest:
    """Unpacks a backup into an empty folder and checks it whole.

    Raises:
        DataError: it is no backup, is of a newer format, or a member is missing, damaged or of an unsafe name.
    """
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        values = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise DataError(f"{archive} is no whole backup: {error}. Use another file of `retail-brain backup`.") from error
    manifest = _manifest(values, archive)
    damaged = [name for name, checksum in manifest.files.items() if not _is_whole(folder / name, checksum)]
    if damaged:
        raise DataError(
            f"{archive} is damaged: {', '.join(damaged[:3])} ({len(damaged)} in all) differ from their checksums. "
            "Use another backup."
        )
    return manifest


def peek(archive: Path, *names: str) -> tuple[BackupManifest, dict[str, bytes]]:
    """The manifest of a backup that was checked before, and the content of those of the named members that it holds.

    Raises:
        DataError: the manifest is missing or of another format.
    """
    wanted = {_MANIFEST, *names}
    with tarfile.open(archive) as tar:  # once from its begin to its end: going back would decompress it again
        held = {
            member.name: file.read() for member in tar if member.name in wanted and (file := tar.extractfile(member))
        }
    return _manifest(json.loads(held.pop(_MANIFEST, b"null")), archive), held


def _manifest(values: Any, archive: Path) -> BackupManifest:
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        got = values.get("format") if isinstance(values, dict) else None
        raise DataError(
            f"{archive} has format {got!r}, wanted {FORMAT}. Restore it with the version of retail-brain that made it."
        )
    names = {column.name for column in fields(BackupManifest)}
    try:
        return BackupManifest(**{name: value for name, value in values.items() if name in names})
    except TypeError as error:
        raise DataError(f"the manifest of {archive} is incomplete: {error}. Use another backup.") from error


def _is_whole(path: Path, checksum: str) -> bool:
    return path.is_file() and sha256(path) == checksum


def manifest_values(manifest: BackupManifest) -> dict[str, Any]:
    """The manifest as JSON values."""
    return asdict(manifest)
