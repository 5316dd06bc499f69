"""Restores a tenant from a backup into a home and a database that do not hold it."""

import logging
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from retail_brain.errors import UsageError
from retail_brain.files import name_aside, remove_tree, seal, sha256, sweep, write_text
from retail_brain.operational.database import Database
from retail_brain.operational.upgrade import HEAD, upgrade
from retail_brain.tables import TABLES
from retail_brain.workspace import Workspace
from serving.store.current_answers import set_folders
from serving.upkeep.archive import BackupManifest, extract
from serving.upkeep.backup import ROWS, RUN_FILES, TENANT_FILES
from serving.upkeep.tenant_rows import has_rows, import_rows
from serving.upkeep.wholeness import note_lake_checksums

_log = logging.getLogger(__name__)
_MARK = "being_restored"
"""File in the tenant's folder until the rows are committed: a restore that was killed may be run again."""


def restore(
    archive: Path, home: Path, database: Database, tenant: str, tell: Callable[[str], None] = _log.warning
) -> BackupManifest:
    """Puts a backup in place: files first, then all rows in one transaction; a killed restore is run again.

    Args:
        archive: file made by `back_up`.
        home: folder of `var/` and `mlruns/`; must hold no such tenant.
        database: the operational database; must hold no such tenant. Its tables are made where there are none.
        tenant: name of the tenant, which must be the backup's.
        tell: is told of what is no fault and worth knowing, such as answers that stay writable.

    Raises:
        DataError: the file is no whole backup.
        UsageError: the backup is of another tenant or of a newer version, or the tenant is there already.
        UnavailableError: the database does not answer.
    """
    workspace = Workspace(home, tenant)
    digest = sha256(archive)
    is_rerun = _is_marked(workspace, digest)
    if not is_rerun:
        _check_is_free(workspace)
    upgrade(database)
    holds_rows = has_rows(tenant, database)
    if holds_rows and not is_rerun:
        raise UsageError(
            f"the operational database already holds tenant {tenant}. Restore into another home with a database of its "
            "own (RETAIL_BRAIN_DATABASE_URL)."
        )
    sweep(home)
    unpacked = home / name_aside("restore")
    unpacked.mkdir(parents=True, mode=0o700)
    try:
        manifest = extract(archive, unpacked)
        _check_manifest(manifest, tenant, archive)
        # every byte was compared just now: a backup of an earlier version holds a lake without checksums
        note_lake_checksums(unpacked / TENANT_FILES / "lake", TABLES)
        if not holds_rows:  # else the restore that was killed had committed them, so all was in place
            _place(unpacked, workspace, digest)
            _import(unpacked / ROWS, workspace, database)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    for folder in set_folders(workspace.answers):
        if open_files := seal(folder):
            tell(open_files)
    (workspace.root / _MARK).unlink()
    return manifest


def _is_marked(workspace: Workspace, digest: str) -> bool:
    """Whether the tenant's folder was put there by an unfinished restore of this very backup."""
    mark = workspace.root / _MARK
    return mark.is_file() and mark.read_text(encoding="utf-8").strip() == digest


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


def _place(unpacked: Path, workspace: Workspace, digest: str) -> None:
    """Moves the unpacked folders to where they belong, the marked one first."""
    (unpacked / TENANT_FILES).mkdir(exist_ok=True)
    write_text(unpacked / TENANT_FILES / _MARK, digest + "\n")
    for source, target in ((unpacked / TENANT_FILES, workspace.root), (unpacked / RUN_FILES, workspace.mlruns)):
        with suppress(FileNotFoundError):
            remove_tree(target)  # of the same restore that was killed: any other folder was refused
        if source.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)


def _import(folder: Path, workspace: Workspace, database: Database) -> None:
    """Inserts all rows in one transaction; where that fails the files go too, so that nothing is half restored."""
    rows = {path.stem: _lines(path) for path in sorted(folder.glob("*.jsonl"))}
    try:
        with database.writing() as connection:
            import_rows(connection, rows)
    except Exception:
        remove_tree(workspace.root)
        shutil.rmtree(workspace.mlruns, ignore_errors=True)
        raise


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").split("\n")  # a text may hold other line separators
    return [line for line in lines if line]
