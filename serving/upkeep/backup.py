"""Backs up one tenant into one file while the service runs: database rows, settings, models, answers, runs and lake."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from retail_brain import __version__
from retail_brain.errors import RetailBrainError
from retail_brain.files import atomic_path, scratch_folder
from retail_brain.lake.layout import QUARANTINE, is_remote
from retail_brain.lake.reading import open_table
from retail_brain.lake.side_lists import list_files
from retail_brain.operational.database import Database
from retail_brain.operational.upgrade import HEAD
from retail_brain.settings import Settings
from retail_brain.tables import TABLES
from retail_brain.workspace import Workspace
from serving.store.current_answers import current_id
from serving.upkeep.archive import ArchiveWriter, BackupManifest, manifest_values
from serving.upkeep.tenant_rows import export_rows
from serving.upkeep.wholeness import Noted
from training.bundle import KINDS, champion_version
from training.tracking.location import find_location

TENANT_FILES = "tenant"
"""Members of the tenant's folder `var/TENANT`."""
RUN_FILES = "runs"
"""Members of the tenant's folder `mlruns/TENANT`."""
ROWS = "database"
"""Members with rows of the operational database, `TABLE.jsonl`."""


@dataclass(frozen=True)
class BackupReport:
    """What a backup holds.

    Attributes:
        files: number of its members.
        size: bytes of the file.
        rows: rows of the operational database.
        has_lake: whether the lake's files are in it.
        damaged: files of earlier models and earlier versions of the lake that differ from their checksums.
    """

    files: int
    size: int
    rows: int
    has_lake: bool
    damaged: tuple[str, ...] = ()


def back_up(
    workspace: Workspace, settings: Settings, database: Database, target: Path, now: datetime, *, with_lake: bool = True
) -> BackupReport:
    """Writes a backup of a tenant, whole or not at all.

    Each part is consistent in itself: rows are read in one transaction, tables at one version, models and answers are
    never changed in place, feature tables are of one build. A lake in an object store is named with its versions and
    not copied. Every file is compared with the checksum that was noted when it was written, so that a backup from
    before a damage is never replaced by one of the damage.

    Complexity: reads every byte once.

    Args:
        workspace: the tenant.
        settings: of the tenant, for the address of its lake.
        database: the operational database, with tables of this version.
        target: file to write; `.gz` at its end compresses it.
        now: the instant of the backup.
        with_lake: copy the files of a local lake too.

    Raises:
        UnavailableError: the database does not answer.
        DataError: a table's log is damaged, or a file in use is missing or differs from its checksum.
        ModelError: the pointer to a model is damaged.
        RetailBrainError: files were removed while they were copied.
    """
    try:
        with atomic_path(target) as aside:
            manifest, damaged = _write(workspace, settings, database, aside, now, with_lake, target.suffix == ".gz")
    except FileNotFoundError as error:
        raise RetailBrainError(
            f"{error.filename} was removed while it was copied, by a publish or promotion. Run the backup again."
        ) from error
    rows = sum(manifest.rows.values())
    return BackupReport(len(manifest.files), target.stat().st_size, rows, manifest.has_lake, damaged)


def _write(
    workspace: Workspace,
    settings: Settings,
    database: Database,
    aside: Path,
    now: datetime,
    with_lake: bool,
    is_compressed: bool,
) -> tuple[BackupManifest, tuple[str, ...]]:
    archive, noted = ArchiveWriter(aside, is_compressed=is_compressed), Noted()
    try:
        _add_tenant_files(archive, workspace, noted)
        _add_runs(archive, workspace)
        lake = settings.lake_uri or str(workspace.lake)
        copies_lake = with_lake and not is_remote(lake)
        versions = _add_lake(archive, lake, settings, noted, copies=copies_lake)
        damaged = noted.check(archive.checksums)
        rows = export_rows(workspace.tenant, database)
        for name, texts in rows.items():
            archive.add_bytes(f"{ROWS}/{name}.jsonl", "".join(f"{text}\n" for text in texts).encode())
        manifest = BackupManifest(
            tenant=workspace.tenant,
            made_at=now.isoformat(),
            software=__version__,
            revision=HEAD,
            lake=lake,
            lake_versions=versions,
            has_lake=copies_lake,
            rows={name: len(texts) for name, texts in rows.items()},
            files=archive.checksums,
        )
        archive.close(manifest_values(manifest))
    except BaseException:
        archive.close()
        raise
    return manifest, damaged


def _add_tenant_files(archive: ArchiveWriter, workspace: Workspace, noted: Noted) -> None:
    # pointers before what they point to: the folder that a pointer names is kept for at least one more publish
    pointers = [*sorted(workspace.bundles.glob("*/CHAMPION")), workspace.answers / "CURRENT", workspace.settings_file]
    for path in pointers:
        if path.is_file():
            archive.add_bytes(f"{TENANT_FILES}/{path.relative_to(workspace.root).as_posix()}", path.read_bytes())
    numbers = {kind: champion_version(workspace, kind) for kind in KINDS}
    champions = {workspace.bundles / kind / str(number) for kind, number in numbers.items() if number is not None}
    for kind in sorted(path for path in workspace.bundles.glob("*") if path.is_dir()):
        for version in sorted(path for path in kind.iterdir() if path.is_dir() and path.name.isdigit()):
            name = f"{TENANT_FILES}/bundles/{kind.name}/{version.name}"
            archive.add_folder(name, version)
            if version not in champions:
                noted.note_manifest(name, version, in_use=False)
    for folder in champions:  # also one whose folder is gone
        noted.note_manifest(f"{TENANT_FILES}/{folder.relative_to(workspace.root).as_posix()}", folder, in_use=True)
    answers_id = current_id(workspace.answers)
    if answers_id is not None:
        name = f"{TENANT_FILES}/answers/{answers_id}"
        archive.add_folder(name, workspace.answers / answers_id)
        noted.note_manifest(name, workspace.answers / answers_id, in_use=True)
    _add_features(archive, workspace)
    archive.add_folder(f"{TENANT_FILES}/ledger", workspace.ledger)
    archive.add_folder(f"{TENANT_FILES}/measured", workspace.measured_orders.parent)


def _add_features(archive: ArchiveWriter, workspace: Workspace) -> None:
    """The feature tables, from which the service answers about segments and drift; all of one build or none.

    Raises:
        RetailBrainError: they were built anew meanwhile.
    """
    before = _inode(workspace.features)
    if before is None:
        return
    anew = "the features were built anew while they were copied. Run the backup again."
    try:
        archive.add_folder(f"{TENANT_FILES}/features", workspace.features)
    except FileNotFoundError as error:  # of the build that was there when the names were read
        raise RetailBrainError(anew) from error
    if _inode(workspace.features) != before:
        raise RetailBrainError(anew)


def _inode(folder: Path) -> int | None:
    try:
        return folder.stat().st_ino
    except FileNotFoundError:
        return None


def _add_runs(archive: ArchiveWriter, workspace: Workspace) -> None:
    """The tenant's own MLflow store; runs on a server stay there."""
    location = find_location(workspace)
    if location.database is None or not location.database.is_file():
        return
    with scratch_folder("backup") as scratch:
        copy = scratch / location.database.name
        with closing(sqlite3.connect(location.database)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        archive.add_file(f"{RUN_FILES}/{copy.name}", copy)
    archive.add_folder(f"{RUN_FILES}/artifacts", workspace.mlruns / "artifacts")


def _add_lake(archive: ArchiveWriter, lake: str, settings: Settings, noted: Noted, *, copies: bool) -> dict[str, int]:
    """Versions of the lake's tables; with `copies` also their logs up to that version and every file these name."""
    versions: dict[str, int] = {}
    for name in TABLES:
        table = open_table(lake, name, settings.storage_options)
        if table is None:
            continue
        versions[name] = int(table.version())
        if copies:
            noted.note_table(f"{TENANT_FILES}/lake/{name}", table)
            # the whole folder: older versions stay readable, and a commit made meanwhile only adds files
            archive.add_folder(f"{TENANT_FILES}/lake/{name}", Path(lake.removeprefix("file://")) / name)
    if copies:
        folder = Path(lake.removeprefix("file://"))
        archive.add_folder(f"{TENANT_FILES}/lake/{QUARANTINE}", folder / QUARANTINE)
        # who was erased, which cards are nobody's, which accounts were joined: without them the next ingest or
        # `features` would bring people back. After the tables, so that no list is older than what it is about
        for path in list_files(str(folder)):
            archive.add_bytes(f"{TENANT_FILES}/lake/{path.name}", path.read_bytes())
    return versions
