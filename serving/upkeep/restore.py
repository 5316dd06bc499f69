"""Restores a tenant from a backup into a home and a database that do not hold it."""

import logging
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from retail_brain.errors import UnavailableError, UsageError
from retail_brain.files import name_aside, remove_tree, seal, sha256, sweep
from retail_brain.operational.database import Database
from retail_brain.operational.tables import TENANTS
from retail_brain.operational.upgrade import HEAD, upgrade
from retail_brain.tables import TABLES
from retail_brain.workspace import Workspace
from serving.store.current_answers import set_folders
from serving.upkeep.archive import BackupManifest, extract, peek
from serving.upkeep.backup import ROWS, RUN_FILES, TENANT_FILES
from serving.upkeep.restore_mark import begun_at, finish, finished_at, write_mark
from serving.upkeep.tenant_rows import has_rows, import_rows, is_tenant_of
from serving.upkeep.wholeness import note_lake_checksums

_log = logging.getLogger(__name__)
_TENANT_ROWS = f"{ROWS}/{TENANTS.name}.jsonl"
"""Member of a backup with the row of the tenant itself."""


@dataclass(frozen=True)
class RestoreReport:
    """What a restore did.

    Attributes:
        manifest: of the backup.
        restored_at: when the backup's files were put in place.
        is_repeated: whether an earlier run had put files and rows in place, so that this one brought none.
    """

    manifest: BackupManifest
    restored_at: datetime
    is_repeated: bool


def restore(
    archive: Path,
    home: Path,
    database: Database,
    tenant: str,
    now: datetime,
    tell: Callable[[str], None] = _log.warning,
) -> RestoreReport:
    """Puts a backup in place: files first, then all rows in one transaction; a killed restore is run again.

    Where the same backup was restored to its end, nothing is done: what was written since stays.

    Args:
        archive: file made by `back_up`.
        home: folder of `var/` and `mlruns/`; must hold no such tenant, unless it came from this very backup.
        database: the operational database; the same holds. Its tables are made where there are none.
        tenant: name of the tenant, which must be the backup's.
        now: the instant of the restore.
        tell: is told of what is no fault and worth knowing, such as answers that stay writable.

    Raises:
        DataError: the file is no whole backup.
        UsageError: the backup is of another tenant or of a newer version, or the tenant is there already.
        UnavailableError: the database does not answer.
    """
    workspace = Workspace(home, tenant)
    digest = sha256(archive)
    restored_at = finished_at(workspace.root, digest)
    if restored_at is not None and (standing := _standing(archive, workspace, database)) is not None:
        return RestoreReport(standing, restored_at, is_repeated=True)
    marked_at = begun_at(workspace.root, digest)
    if marked_at is None:
        _check_is_free(workspace)
    upgrade(database)
    holds_rows = has_rows(tenant, database)
    if holds_rows and marked_at is None:
        raise _held(tenant)
    sweep(home)
    unpacked = home / name_aside("restore")
    unpacked.mkdir(parents=True, mode=0o700)
    try:
        manifest = extract(archive, unpacked)
        _check_manifest(manifest, tenant, archive)
        if not holds_rows:
            # every byte was compared just now: a backup of an earlier version holds a lake without checksums
            note_lake_checksums(unpacked / TENANT_FILES / "lake", TABLES)
            _place(unpacked, workspace, digest, now)
            _import(unpacked / ROWS, workspace, database)
        # else the restore that was killed had committed them, so all was in place: unless others made the tenant since
        elif not is_tenant_of(_lines(_text(unpacked / _TENANT_ROWS)), tenant, database):
            raise _held(tenant)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    for folder in set_folders(workspace.answers):
        if open_files := seal(folder):
            tell(open_files)
    finish(workspace.root)
    return RestoreReport(manifest, marked_at if holds_rows and marked_at else now, is_repeated=holds_rows)


def _standing(archive: Path, workspace: Workspace, database: Database) -> BackupManifest | None:
    """The manifest of a backup that was restored here, where its files and its tenant are still there; else None.

    What they hold may have changed since.
    """
    manifest, held = peek(archive, _TENANT_ROWS)
    folders = {TENANT_FILES: workspace.root, RUN_FILES: workspace.mlruns}
    parts = {tuple(name.split("/")[:2]) for name in manifest.files}
    if not all((folders[kind] / name).exists() for kind, name in parts if kind in folders):
        return None
    rows = _lines(held.get(_TENANT_ROWS, b"").decode())
    return manifest if not rows or _is_here(rows, workspace.tenant, database) else None


def _is_here(rows: Iterable[str], tenant: str, database: Database) -> bool:
    """Whether the database holds the tenant of these rows; looking makes no database and no tables."""
    if database.is_sqlite and not Path(database.url.database or "").is_file():
        return False
    return database.revision() is not None and is_tenant_of(rows, tenant, database)


def _held(tenant: str) -> UsageError:
    return UsageError(
        f"the operational database already holds tenant {tenant}. Restore into another home with a database of its "
        "own (RETAIL_BRAIN_DATABASE_URL)."
    )


def _check_is_free(workspace: Workspace) -> None:
    for folder in (workspace.root, workspace.mlruns):
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(
                f"{folder} exists already and would be replaced. Restore into another home (--home), or move it away."
            )


def _check_manifest(manifest: BackupManifest, tenant: str, archive: Path) -> None:
    if manifest.tenant != tenant:
        raise UsageError(
            f"{archive} holds tenant {manifest.tenant!r}, asked for {tenant!r}. Run "
            f"`retail-brain --tenant {manifest.tenant} restore {archive}`."
        )
    if manifest.revision > HEAD:
        raise UsageError(
            f"{archive} was made by retail-brain {manifest.software}, with tables {manifest.revision}; this version "
            f"has {HEAD}. Install that version to restore it."
        )


def _place(unpacked: Path, workspace: Workspace, digest: str, now: datetime) -> None:
    """Moves the unpacked folders to where they belong, the marked one first."""
    (unpacked / TENANT_FILES).mkdir(exist_ok=True)
    write_mark(unpacked / TENANT_FILES, digest, now)
    for source, target in ((unpacked / TENANT_FILES, workspace.root), (unpacked / RUN_FILES, workspace.mlruns)):
        with suppress(FileNotFoundError):
            remove_tree(target)  # of the same restore that was killed: any other folder was refused
        if source.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)


def _import(folder: Path, workspace: Workspace, database: Database) -> None:
    """Inserts all rows in one transaction; where that fails the files go too, so that nothing is half restored."""
    rows = {path.stem: _lines(_text(path)) for path in sorted(folder.glob("*.jsonl"))}
    try:
        with database.writing() as connection:
            import_rows(connection, rows)
    except Exception as error:
        if isinstance(error, UnavailableError) and error.details.get("problem") == "maybe_stored":
            raise  # the mark stays: run again, it looks whether the rows are there
        remove_tree(workspace.root)
        shutil.rmtree(workspace.mlruns, ignore_errors=True)
        raise


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]  # a text may hold other line separators
