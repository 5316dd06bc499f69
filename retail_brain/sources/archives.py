"""Tables in zip archives: a path that goes on behind `.zip` names one file of the archive, as in a folder."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from retail_brain.errors import DataError, NotFoundError
from retail_brain.sources.base import unreadable
from retail_brain.sources.unpacking import DAMAGED, unpack_member

ARCHIVE_ENDING = ".zip"


def is_archive(path: Path) -> bool:
    """Whether a path is that of a zip archive, by its ending."""
    return path.suffix.lower() == ARCHIVE_ENDING


def archive_of(path: Path) -> Path | None:
    """The archive that a path leads into; None for a file or folder of the disk.

    `sales.zip/2026/orders.csv` is the file `2026/orders.csv` in the archive `sales.zip`.
    """
    return next((parent for parent in path.parents if is_archive(parent) and parent.is_file()), None)


def unpacked_by_path(
    path: Path, scratch: Path, is_data: Callable[[Path], bool], only: Path | None = None
) -> dict[Path, Path]:
    """Copies of the data files in a zip archive by their paths, which lead into it, in the order of their names.

    Args:
        path: the archive.
        scratch: folder for the copies.
        is_data: whether a file of that name holds a table.
        only: path of the one file wanted; None for all.

    Raises:
        NotFoundError: it has no such file.
        DataError: it cannot be read, holds no data file, or is too large once it is unpacked; nothing is left of it.
    """
    folder = scratch / f"{len(list(scratch.iterdir()))}-{path.stem}"
    folder.mkdir()
    copies: dict[Path, Path] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            for number, member in enumerate(sorted(names)):
                # the name alone: a path in an archive may lead out of the folder
                copy = folder / f"{number:04}-{Path(member).name}"
                if "__MACOSX" in member or not is_data(Path(member)) or is_archive(copy):
                    continue
                if only is None or _path_of(path, member) == only:
                    unpack_member(archive, path, member, copy)
                    copies[_path_of(path, member)] = copy
    except DataError:
        shutil.rmtree(folder)
        raise
    except DAMAGED as error:
        raise unreadable(str(path), error, "Check that it is a whole zip archive, without a password.") from error
    if only is not None and not copies:
        raise NotFoundError(
            f"the archive {path} holds no {only.relative_to(path)}: got {names[:12]}. Correct the name."
        )
    if not copies:
        raise DataError(f"{path} holds no table: got {names[:12]}, wanted CSV, workbooks, Parquet or JSON lines in it.")
    return copies


def _path_of(path: Path, member: str) -> Path:
    """The path of a file in an archive, which never leads out of it."""
    return path.joinpath(*(part for part in PurePosixPath(member.replace("\\", "/")).parts if part not in ("/", "..")))
