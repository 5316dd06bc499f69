"""Limits what packed files unpack to, counted while they are unpacked: what a header says of sizes is not believed.

A load of files is read within `unpacked_at_most`, which its own limits are for; without it every file has a count and
the usual limits of its own.
"""

import gzip
import io
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from retail_brain.errors import DataError
from retail_brain.settings import DataSettings
from retail_brain.sources.base import unreadable

TOO_LARGE = "unpacked_too_large"
"""Problem of a file that unpacks to more than the settings allow."""
ARCHIVE = b"PK\x03\x04"
"""First bytes of a zip archive."""
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, NotImplementedError, OSError)
"""Errors of a zip archive that is damaged, encrypted or packed in a way that is not known."""
_CHUNK_BYTES = 1 << 20
"""Bytes unpacked between two looks at the count: 1 MB."""
_USUAL_TIMES = 50
"""Times its own bytes that a Parquet file may have unpacked without counting: sales have 3 to 20, and a large chain's
history is no bomb. By judgement."""
_BLOCK_BYTES = 4_096
"""Bytes that a file takes on the disk at least, so that millions of empty ones count too: a block of a file system."""


@dataclass
class _Count:
    """Bytes that the packed files of a load have unpacked, by file and member; one read twice counts once."""

    most_bytes: int
    most_workbook_bytes: int
    seen: dict[str, int] = field(default_factory=dict)
    total: int = 0

    def take(self, path: Path, member: str, size: int) -> None:
        """Notes that a member of a file has at least so many bytes.

        Raises:
            DataError: the files of the load have more than may be.
        """
        key = f"{path}\0{member}"
        more = size - self.seen.get(key, 0)
        if more > 0:
            self.seen[key] = size
            self.total += more
        if self.total > self.most_bytes:
            raise _too_large(path, self.most_bytes, "data.unpacked_bytes")


_COUNT: ContextVar[_Count | None] = ContextVar("retail_brain_unpacked", default=None)


@contextmanager
def unpacked_at_most(most_bytes: int, most_workbook_bytes: int) -> Iterator[None]:
    """Context in which packed files are read that belong together.

    Args:
        most_bytes: that they may have unpacked, in all.
        most_workbook_bytes: that one workbook may have unpacked; it is read into memory.
    """
    token = _COUNT.set(_Count(most_bytes, most_workbook_bytes))
    try:
        yield
    finally:
        _COUNT.reset(token)


def count_rows(path: Path, rows: int, row_bytes: int) -> None:
    """Counts what the rows of a Parquet file take in memory, where that is far more than its own bytes.

    A few kilobytes hold a thousand million equal rows. Text counts by its place alone: equal ones share their bytes.

    Args:
        path: the file.
        rows: of it, which are as many as are read.
        row_bytes: bytes of one.

    Raises:
        DataError: the files of the load have more bytes than may be.
    """
    size = rows * row_bytes
    if size > _USUAL_TIMES * path.stat().st_size:
        _count().take(path, "", size)


def open_bytes(path: Path) -> IO[bytes]:
    """Opens a file, also a `.gz`, whose bytes are counted as they are read."""
    if path.suffix.lower() != ".gz":
        return path.open("rb")
    return io.BufferedReader(_Counted(path), _CHUNK_BYTES)


def check_in_memory(path: Path, size: int) -> None:
    """Refuses a file of which parts may be held in memory, where it has more bytes than a workbook may have.

    Args:
        path: the file.
        size: its bytes so far, once they are unpacked.

    Raises:
        DataError: it is too large.
    """
    most = _count().most_workbook_bytes
    if size > most:
        raise _too_large(path, most, "data.workbook_bytes")


def unpack_member(archive: zipfile.ZipFile, path: Path, member: zipfile.ZipInfo, copy: Path) -> None:
    """Copies a member of the zip archive at a path.

    Raises:
        DataError: the files of the load have more bytes than may be.
        DAMAGED: it cannot be unpacked.
    """
    count, size = _count(), 0
    with archive.open(member) as read, copy.open("wb") as write:
        # by the copy: an archive may name one member many times
        count.take(path, copy.name, _BLOCK_BYTES)
        while chunk := read.read(_CHUNK_BYTES):
            size += len(chunk)
            count.take(path, copy.name, size)
            write.write(chunk)


def unpack_gzip(path: Path, copy: Path) -> None:
    """Copies what a `.gz` holds; nothing is left of it where it is too large or damaged.

    Raises:
        DataError: the files of the load have more bytes than may be.
        OSError: it cannot be read.
    """
    try:
        with open_bytes(path) as read, copy.open("wb") as write:
            shutil.copyfileobj(read, write, _CHUNK_BYTES)
    except BaseException:
        copy.unlink(missing_ok=True)
        raise


def check_workbook(path: Path) -> None:
    """Refuses a workbook that unpacks to more than may be read into memory; XLSX, XLSB and ODS are zip archives.

    Raises:
        DataError: it is too large, or damaged in a part: then nobody knows how large it is.
    """
    with path.open("rb") as file:
        if file.read(len(ARCHIVE)) != ARCHIVE:
            return  # of the form before 2007, which packs nothing
    most, size = _count().most_workbook_bytes, 0
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                with archive.open(member) as read:
                    while chunk := read.read(_CHUNK_BYTES):
                        size += len(chunk)
                        if size > most:
                            raise _too_large(path, most, "data.workbook_bytes")
    except DAMAGED as error:
        raise unreadable(str(path), error, "Check that it is a whole workbook, without a password.") from error


class _Counted(io.RawIOBase):
    """What a `.gz` holds, counted as it is read."""

    def __init__(self, path: Path) -> None:
        self._path, self._count, self._size = path, _count(), 0
        self._file = gzip.open(path, "rb")  # noqa: SIM115  # `close` closes it

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # whoever reads gives one
        try:
            size = self._file.readinto(buffer)
        except (EOFError, zlib.error) as error:
            raise gzip.BadGzipFile(str(error)) from error
        self._size += size
        self._count.take(self._path, "", self._size)
        return size

    def close(self) -> None:
        self._file.close()
        super().close()


def _count() -> _Count:
    usual = DataSettings()
    return _COUNT.get() or _Count(usual.unpacked_bytes, usual.workbook_bytes)


def _too_large(path: Path, most: int, setting: str) -> DataError:
    return DataError(
        f"{path.name} is too large once it is unpacked: got more than {most:,} bytes, wanted at most so many. Nothing "
        f"of it was taken. Load fewer files at a time, or raise {setting} in the settings where the file is known to "
        "be good.",
        {"problem": TOO_LARGE, "file_name": path.name, "limit": most, "setting": setting},
    )
