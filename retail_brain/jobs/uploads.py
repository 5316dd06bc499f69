"""Files that were sent to be loaded: a folder of the tenant for each load, limited in size, forgotten soon.

Only the bytes come from outside. Names are checked to be plain names of data files, and what is read of them is decided
here: tables by the files' own names, a ready mapping, or the mapping that a look at them proposed. A mapping cannot be
sent: it may name any file or database that this machine reaches.
"""

import os
import re
import secrets
import shutil
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from retail_brain.errors import ConflictError, ImpossibleError, NotFoundError, UsageError
from retail_brain.files import write_text
from retail_brain.locks import file_lock
from retail_brain.sources.files import ENDINGS
from retail_brain.sources.ready import ready_names
from retail_brain.workspace import Workspace

TABLES_FORM = "tables"
"""Files are tables of the contract: their names say which."""
SEEN_FORM = "seen"
"""Files are read by the mapping that a look at them proposed without a question."""
MOST_FILES = 50
"""Files of one load: a shop's exports are a handful. By judgement."""
MOST_LOADS = 20
"""Loads of files that may lie here at once, so that nobody fills the disk: far beyond what is sent. By judgement."""
_SEEN = "seen.toml"
_NAME_BYTES = 250
"""Of a file's name; file systems take 255."""


def new_upload_id() -> str:
    """An id that no other load of files has."""
    return f"up_{secrets.token_hex(8)}"


def forms() -> tuple[str, ...]:
    """How files that were sent may be read."""
    return (TABLES_FORM, SEEN_FORM, *ready_names())


def upload_folder(workspace: Workspace, upload_id: str) -> Path:
    """The folder of one load.

    Raises:
        UsageError: the id is none.
    """
    if not re.fullmatch(r"up_[0-9a-f]{16}", upload_id):
        raise UsageError(
            f"{upload_id!r} is no id of files that were sent. Send them again.", {"problem": "upload_gone"}
        )
    return workspace.root / "uploads" / upload_id


def store_part(
    workspace: Workspace,
    upload_id: str,
    name: str,
    offset: int,
    content: bytes,
    *,
    most_bytes: int,
    in_use: Collection[str] = (),
) -> int:
    """Stores a part of a file behind those before it; a part sent again changes nothing. Returns the file's bytes.

    What a look found before is forgotten: it was of fewer files.

    Args:
        workspace: the tenant.
        upload_id: of the load; its first part makes the folder.
        name: the file's, without a folder.
        offset: bytes of the file that come before this part.
        content: bytes of the part.
        most_bytes: of all files of the load.
        in_use: ids of loads that a job reads.

    Raises:
        UsageError: the name or the id cannot be used.
        ImpossibleError: the files are more or larger than may be sent, or too many loads lie here.
        ConflictError: parts before this one are missing (`details` say where to go on), or a job reads the files.
    """
    check_name(name)
    if upload_id in in_use:
        raise ConflictError(
            f"a job reads the files {upload_id}. Wait for its end, or send the files as a load of their own.",
            {"problem": "upload_in_use"},
        )
    # a part that is sent again may come while the first one is still written
    with uploads_alone(workspace):
        return _stored(upload_folder(workspace, upload_id), name, offset, content, most_bytes)


def uploads_alone(workspace: Workspace) -> AbstractContextManager[None]:
    """Holds the lock of a tenant's uploads: whoever else writes, removes or begins to load any waits."""
    return file_lock(workspace.root / "jobs" / "uploads.lock")


def _stored(folder: Path, name: str, offset: int, content: bytes, most_bytes: int) -> int:
    """Writes a part behind those before it; returns the file's bytes."""
    if not folder.is_dir():
        _check_loads(folder.parent)
    path = folder / name
    size = path.stat().st_size if path.exists() else 0
    if size >= offset + len(content) and path.exists():
        return size
    if offset != size:
        raise ConflictError(
            f"{name} has {size:,} bytes here, this part begins at {offset:,}. Go on at {size:,}.",
            {"problem": "upload_gap", "file_name": name, "size": size},
        )
    files = folder.iterdir() if folder.is_dir() else ()
    others = [one for one in files if one not in {path, folder / _SEEN}]
    total = sum(one.stat().st_size for one in others) + offset + len(content)
    if total > most_bytes or len(others) >= MOST_FILES:
        raise ImpossibleError(
            f"the files have more than {most_bytes:,} bytes, or are more than {MOST_FILES}. Send less at a time, or "
            "name their folder under jobs.sources in the settings.",
            {"problem": "upload_too_large", "limit": most_bytes, "files": MOST_FILES},
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _SEEN).unlink(missing_ok=True)
    try:
        _append(path, content)
    except OSError:  # as where the disk is full: half a part would make the same part a gap
        if path.exists():
            os.truncate(path, offset)
        raise
    return offset + len(content)


def _append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


def _check_loads(folder: Path) -> None:
    if folder.is_dir() and sum(1 for _ in folder.iterdir()) >= MOST_LOADS:
        raise ImpossibleError(
            f"{MOST_LOADS} loads of files lie here and were not loaded. Load them first, or wait until they are "
            "forgotten (jobs.upload_days in the settings).",
            {"problem": "upload_too_many", "loads": MOST_LOADS},
        )


def check_name(name: str) -> None:
    """Refuses what is no plain name of a data file.

    Raises:
        UsageError: it names a folder, is hidden, or its ending is not that of a data file.
        ImpossibleError: it is longer than a file system takes.
    """
    is_plain = re.fullmatch(r"[^/\\\x00-\x1f]{1,150}", name) is not None and not name.startswith((".", "-"))
    if is_plain and name.lower().endswith(tuple(ENDINGS)):
        if len(name.encode()) <= _NAME_BYTES:
            return
        raise ImpossibleError(
            f"the name {name!r} has {len(name.encode())} bytes; wanted at most {_NAME_BYTES}. Give it a shorter one.",
            {"problem": "upload_name_long", "file_name": name, "limit": _NAME_BYTES},
        )
    raise UsageError(
        f"{name!r} is no name of a data file; wanted a name without a folder that ends in {', '.join(ENDINGS)}.",
        {"problem": "upload_name", "file_name": name, "endings": list(ENDINGS)},
    )


def dataset_of_upload(workspace: Workspace, upload_id: str, form: str) -> str:
    """The address by which files that were sent are loaded.

    Raises:
        NotFoundError: there is no such form, or the files are not there (any more).
        ImpossibleError: the form is that of a look, and none has found how to read them.
    """
    if form not in forms():
        raise NotFoundError(
            f"files cannot be read as {form!r}; wanted one of {', '.join(forms())}.",
            {"problem": "upload_form", "form": form},
        )
    folder = upload_folder(workspace, upload_id)
    if not folder.is_dir():
        raise NotFoundError(
            f"the files {upload_id} are not here: they were loaded, or kept too long. Send them again.",
            {"problem": "upload_gone"},
        )
    if form == TABLES_FORM:
        return str(folder)
    if form != SEEN_FORM:
        return f"{form}://{folder}"
    if not (folder / _SEEN).exists():
        raise ImpossibleError(
            "nothing is known yet about how to read these files, or the look at them left questions. Look at them "
            "first, or choose a form.",
            {"problem": "upload_unseen"},
        )
    return str(folder / _SEEN)


def keep_seen(workspace: Workspace, upload_id: str, mapping: str) -> None:
    """Keeps the mapping that a look proposed, for the load that follows."""
    write_text(upload_folder(workspace, upload_id) / _SEEN, mapping)


def forget_upload(workspace: Workspace, upload_id: str) -> None:
    """Removes the files of a load."""
    shutil.rmtree(upload_folder(workspace, upload_id), ignore_errors=True)


def forget_every_upload(workspace: Workspace) -> int:
    """Removes all files that were sent, read by a job or not; returns how many loads they were of.

    For the erasure of a person: they may name anybody, in any form.
    """
    folder = workspace.root / "uploads"
    with uploads_alone(workspace):
        loads = list(folder.iterdir()) if folder.is_dir() else []
        for one in loads:
            shutil.rmtree(one, ignore_errors=True)
    return len(loads)


def old_uploads(workspace: Workspace, *, before: datetime, needed: Collection[str] = ()) -> list[Path]:
    """Folders of files that were sent before an instant and not loaded.

    Args:
        workspace: the tenant.
        before: no part of theirs came since.
        needed: ids of loads that stay, as a job reads them.
    """
    folder = workspace.root / "uploads"
    every = sorted(folder.iterdir()) if folder.is_dir() else []
    return [one for one in every if one.name not in needed and _was_sent(one, before)]


def _was_sent(folder: Path, before: datetime) -> bool:
    try:
        return folder.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False  # loaded or removed meanwhile: who only looks holds no lock


def forget_old_uploads(workspace: Workspace, *, before: datetime, needed: Callable[[], Collection[str]] = tuple) -> int:
    """Removes files that were sent before an instant and not loaded; returns how many loads they were of.

    Args:
        workspace: the tenant.
        before: no part of theirs came since.
        needed: tells the ids of loads that stay, as a job reads them. It is asked while no job can begin to load any.
    """
    with uploads_alone(workspace):
        old = old_uploads(workspace, before=before, needed=needed())
        for one in old:
            shutil.rmtree(one, ignore_errors=True)
        # what could not be removed counts as there: the next look names it again
        return sum(not one.exists() for one in old)
