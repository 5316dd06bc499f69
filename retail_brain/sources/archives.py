"""Tables in zip archives and dumps of databases: a path that goes on behind `.zip` or `.sql` names one of them."""

import shutil
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from uuid import uuid4

from retail_brain.errors import DataError, NotFoundError
from retail_brain.sources.base import unreadable
from retail_brain.sources.sql_dumps import DUMP_ENDING, tables_of_dump
from retail_brain.sources.unpacking import DAMAGED, unpack_member

ARCHIVE_ENDING = ".zip"
_SHOWN = 12
"""Names of an archive that a message has at most."""


def is_archive(path: Path) -> bool:
    """Whether a path is that of a zip archive or of a dump with a table for each of its own, by its ending."""
    return path.suffix.lower() in (ARCHIVE_ENDING, DUMP_ENDING)


def archive_of(path: Path) -> Path | None:
    """The archive that a path leads into; None for a file or folder of the disk.

    `sales.zip/2026/orders.csv` is the file `2026/orders.csv` in the archive `sales.zip`.
    """
    return next((parent for parent in path.parents if is_archive(parent) and parent.is_file()), None)


@dataclass(frozen=True)
class Unpacked:
    """Files to open by their paths, which lead into an archive, and sentences on what was left out of it."""

    copies: dict[Path, Path]
    notes: tuple[str, ...] = ()


def unpacked_by_path(
    path: Path, scratch: Path, is_data: Callable[[Path], bool], only: Collection[Path] = ()
) -> Unpacked:
    """Copies of the data files in a zip archive, in the order of their names, or of some of them in that given.

    Args:
        path: the archive.
        scratch: folder for the copies.
        is_data: whether a file of that name holds a table.
        only: paths of the files wanted; none for all.

    Raises:
        NotFoundError: it has no such file.
        DataError: it cannot be read, holds no data file, has two files of one path, or is too large once it is
            unpacked; nothing is left of it.
    """
    folder = Path(scratch) / f"zip-{uuid4().hex}"
    folder.mkdir()
    if path.suffix.lower() == DUMP_ENDING:
        return Unpacked(_tables(path, folder, only))
    try:
        with zipfile.ZipFile(path) as archive:
            members, nested = _members(path, archive, is_data)
            _check_wanted(path, archive, members, only)
            # the name alone: a path in an archive may lead out of the folder
            copies = {one: folder / f"{number:04}-{one.name}" for number, one in enumerate(members)}
            copies = {one: copies[one] for one in only or members}
            for one, copy in copies.items():
                unpack_member(archive, path, members[one], copy)
    except (DataError, NotFoundError):
        shutil.rmtree(folder)
        raise
    except DAMAGED as error:
        raise unreadable(str(path), error, "Check that it is a whole zip archive, without a password.") from error
    return Unpacked(copies, _said(path, nested) if nested and not only else ())


def _tables(path: Path, folder: Path, only: Collection[Path]) -> dict[Path, Path]:
    """The tables of a dump by their paths, or those wanted."""
    try:
        copies = {path / name: copy for name, copy in tables_of_dump(path, folder).items()}
        _check_tables(path, copies, only)
    except (DataError, NotFoundError):
        shutil.rmtree(folder)
        raise
    return {one: copies[one] for one in only or copies}


def _check_tables(path: Path, copies: Collection[Path], only: Collection[Path]) -> None:
    """Refuses a dump without one of the tables wanted, or without any."""
    if missing := [one.name for one in only if one not in copies]:
        got = [one.name for one in copies][:_SHOWN]
        raise NotFoundError(f"the dump {path} holds no {missing[0]}: got {got}. Correct the name.")
    if not copies:
        raise DataError(f"{path} holds no rows: wanted a dump with INSERT or COPY. Export its tables as CSV.")


def _check_wanted(path: Path, archive: zipfile.ZipFile, members: Collection[Path], only: Collection[Path]) -> None:
    """Refuses an archive without one of the files wanted, or without any."""
    got = archive.namelist()[:_SHOWN]
    missing = [one for one in only if one not in members]
    if missing:
        raise NotFoundError(f"the archive {path} holds no {missing[0].relative_to(path)}: got {got}. Correct the name.")
    if not members:
        raise DataError(f"{path} holds no table: got {got}, wanted CSV, workbooks, Parquet or JSON lines in it.")


def _members(
    path: Path, archive: zipfile.ZipFile, is_data: Callable[[Path], bool]
) -> tuple[dict[Path, zipfile.ZipInfo], list[str]]:
    """The data files of an archive by their paths, and the names of archives in it.

    Raises:
        DataError: two of them have one path, so that one would stand for both.
    """
    members: dict[Path, zipfile.ZipInfo] = {}
    nested: list[str] = []
    for member in sorted(archive.infolist(), key=lambda member: member.filename):
        inner = _path_of(path, member.filename)
        if member.is_dir() or "__MACOSX" in member.filename or not is_data(inner):
            continue
        if is_archive(inner):
            nested.append(inner.name)
        elif inner in members:
            raise DataError(
                f"{path} holds two files that both stand for {str(inner.relative_to(path))!r}: "
                f"{members[inner].filename!r} and {member.filename!r}. Unpack it, give each a name of its own, and "
                "load the folder."
            )
        else:
            members[inner] = member
    return members, nested


def _said(path: Path, nested: list[str]) -> tuple[str, ...]:
    return (
        f"{path.name} holds {len(nested):,} archives, which are not read ({', '.join(nested[:_SHOWN])}): unpack it and "
        f"load the folder. {path.name} 中有 {len(nested):,} 个压缩包未读取：请先解压，再导入文件夹。",
    )


def _path_of(path: Path, member: str) -> Path:
    """The path of a file in an archive, which never leads out of it; a code that cannot be printed is shown as �."""
    parts = PurePosixPath(member.replace("\\", "/")).parts
    plain = ["".join(sign if sign.isprintable() else "\ufffd" for sign in part) for part in parts]
    return path.joinpath(*(part for part in plain if part not in ("/", "..")))
