"""Health checks of what all tenants share: versions, folders, disk, permissions, operational database and clock."""

import shutil
import sys
from collections.abc import Iterator, Set
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from sqlalchemy import Column, Table, func, select

from retail_brain import __version__
from retail_brain.errors import NoRoomError, UnavailableError
from retail_brain.operational.database import Database
from retail_brain.operational.keys import tenants_with_keys
from retail_brain.operational.revision import HEAD, is_later, told_later
from retail_brain.operational.sqlite_file import UPGRADE_LOCK, left_beside
from retail_brain.operational.tables import AUDIT, DECISIONS, EVENTS, LINE_COMMENTS, RECEIPTS
from retail_brain.operational.write_faults import write_faults
from serving.upkeep.findings import Finding, Level, listed

_FULL_BYTES = 200_000_000
"""Bytes free below which nothing more can be published: the sample's answers alone take 20 MB. By judgement."""
_LOW_BYTES = 2_000_000_000
"""Bytes free below which a training of a real chain may stop half way; its checkpoints take up to 1 GB on M5."""
_FREE_SPACE = "free some space, or move what lies there to a larger disk"
_CLOCK_SLACK = timedelta(seconds=60)
"""Difference that clocks of several machines may have without harm: no order of rows rests on less."""

_INSTANTS: tuple[tuple[Table, Column[datetime]], ...] = (
    (AUDIT, AUDIT.c.at),
    (EVENTS, EVENTS.c.received_at),
    (DECISIONS, DECISIONS.c.decided_at),
    (RECEIPTS, RECEIPTS.c.noted_at),
    (LINE_COMMENTS, LINE_COMMENTS.c.commented_at),
)
"""When rows were stored, by our own clock: none may lie in the future."""


def check_versions() -> Iterator[Finding]:
    """Whether the installed libraries are those that this version wants."""
    wanted = [Requirement(text) for text in requires("retail-brain") or ()]
    wrong = [problem for need in wanted if "extra ==" not in str(need.marker or "") and (problem := _problem(need))]
    if wrong:
        remedy = "pip install --require-hashes -r requirements.lock"
        yield Finding(
            "home", "versions", "fault", "outside its bounds: " + listed("library", "libraries", wrong), remedy
        )
    else:
        python = ".".join(map(str, sys.version_info[:3]))
        text = f"retail-brain {__version__}, Python {python}, {len(wanted)} libraries within their bounds"
        yield Finding("home", "versions", "ok", text)


def _problem(need: Requirement) -> str | None:
    if need.marker is not None and not need.marker.evaluate():
        return None
    try:
        installed = version(need.name)
    except PackageNotFoundError:
        return f"{need.name} is not installed"
    return None if need.specifier.contains(installed, prereleases=True) else f"{need.name} {installed}, wanted {need}"


def check_folders(home: Path, tenants: Set[str]) -> Iterator[Finding]:
    """Whether the home exists and holds tenants, and whether something else lies among them."""
    var = home / "var"
    if not var.is_dir():
        remedy = "run `retail-brain ingest DATASET`, or name the right folder with --home"
        yield Finding("home", "folders", "fault", f"{home} holds no var/: nothing was ever ingested here", remedy)
        return
    others = sorted(path.name for path in var.iterdir() if path.is_dir() and path.name not in tenants)
    if others:
        text = f"ignored under var/, no tenant can have such a name: {listed('folder', 'folders', others)}"
        yield Finding("home", "folders", "warning", text, "move them elsewhere")
    yield Finding("home", "folders", "ok", f"{len(tenants)} tenants: {', '.join(sorted(tenants)) or 'none'}")


def check_disk(home: Path) -> Iterator[Finding]:
    """Whether there is room to publish and to train."""
    free = shutil.disk_usage(home).free
    level: Level = "fault" if free < _FULL_BYTES else "warning" if free < _LOW_BYTES else "ok"
    remedy = "" if level == "ok" else _FREE_SPACE
    yield Finding("home", "disk", level, f"{free / 1e9:,.1f} GB free", remedy)


def check_permissions(home: Path, umask: int) -> Iterator[Finding]:
    """Whether files that may hold personal data are open to more people than the permission mask allows."""
    roots = [home / "var", home / "mlruns"]
    looser = [path for root in roots if root.is_dir() for path in [root, *root.rglob("*")] if _is_looser(path, umask)]
    # the folder of runs is part of the project's own tree; what is inside it is ours
    looser = [path for path in looser if path != home / "mlruns" and path.name != "README.md"]
    if looser:
        names = [str(path.relative_to(home)) for path in looser]
        text = f"open beyond the mask {umask:03o}: {listed('file or folder', 'files and folders', names)}"
        yield Finding("home", "permissions", "warning", text, "chmod -R go= var mlruns")
    else:
        yield Finding("home", "permissions", "ok", f"nothing is open beyond the mask {umask:03o}")


def _is_looser(path: Path, umask: int) -> bool:
    return not path.is_symlink() and bool(path.stat().st_mode & 0o777 & umask)


def check_database(database: Database) -> Iterator[Finding]:
    """Whether the operational database answers, is whole, and has the tables of this version."""
    if database.is_sqlite and not Path(database.url.database or "").is_file():
        yield _no_database(Path(database.url.database or ""))
        return
    if (parted := parted_files(database)) is not None:
        yield parted
        return
    yield from _unmarked(database)
    try:
        revision = database.revision()
        damage = _damage(database) if database.is_sqlite else None
    except UnavailableError as error:
        remedy = "start the database, or correct RETAIL_BRAIN_DATABASE_URL"
        if isinstance(error, NoRoomError):
            remedy = _FREE_SPACE
        elif database.is_sqlite:
            remedy = _put_back(database)
        yield Finding("home", "database", "fault", str(error), remedy)
        return
    kind = database.url.get_backend_name()
    if damage is not None:
        yield Finding("home", "database", "fault", f"{kind} says: {damage}", _put_back(database))
    elif revision is None:
        yield _without_tables(database)
    elif is_later(revision):
        yield Finding("home", "database", "fault", told_later(revision), "install the newer version of retail-brain")
    elif revision != HEAD:
        text = f"{kind} has tables of revision {revision}; this version wants {HEAD}"
        yield Finding("home", "database", "warning", text, "any command upgrades it, such as `retail-brain keys list`")
    else:
        yield Finding("home", "database", "ok", f"{kind} answers, tables of revision {revision}")


def parted_files(database: Database) -> Finding | None:
    """The finding about an SQLite file that was copied without the file of its newest rows; None where it was not.

    SQLite makes and removes both files beside its own together. Opening the database would remove the trace.
    """
    file = database.url.database
    if not database.is_sqlite or not Path(f"{file}-shm").exists() or Path(f"{file}-wal").exists():
        return None
    text = (
        f"{file}-shm lies beside the operational database, and {file}-wal, which holds its newest rows, does not: the "
        "home was copied without it, and refusals, decisions and keys may be missing"
    )
    remedy = (
        "copy the home again with the service stopped, or with retail-brain backup and restore; only where nothing can "
        f"be had any more, remove {file}-shm"
    )
    return Finding("home", "database", "fault", text, remedy)


def _unmarked(database: Database) -> Iterator[Finding]:
    """The finding about a missing lock file, which tells that there is a database, should it be taken away."""
    mark = Path(f"{database.url.database}{UPGRADE_LOCK}")
    if database.is_sqlite and not mark.exists():
        text = (
            f"{mark} is missing: the home was copied without it, perhaps without other files too. Without it nobody "
            "notices should the database be taken away later"
        )
        yield Finding(
            "home", "database", "warning", text, f"compare with the home it was copied from, then touch {mark}"
        )


def _without_tables(database: Database) -> Finding:
    """The finding about a database that answers and holds nothing at all."""
    kind = database.url.get_backend_name()
    if database.is_sqlite and left_beside(Path(database.url.database or "")):
        text = (
            f"the operational database {database.url.database} holds no tables, though it was in use: the home was "
            "copied without its -wal file, or its first start was cut short"
        )
        remedy = (
            "copy the home again with the service stopped, or restore the newest backup: retail-brain restore FILE; "
            "where it never held anything, any command makes the tables, such as `retail-brain keys list`"
        )
        return Finding("home", "database", "fault", text, remedy)
    remedy = "any command makes them, such as `retail-brain keys list`"
    return Finding("home", "database", "warning", f"{kind} has no tables yet", remedy)


def check_writes(home: Path, database: Database) -> Iterator[Finding]:
    """Whether the home and the operational database take writes: a small file, and a transaction that is taken back."""
    # opening parted files would remove the trace that they were copied in part
    faults = write_faults(home, None if parted_files(database) else database)
    for fault in faults:
        remedy = f"let the service's user write {home}/var, and mount its disk so that it takes writes"
        if isinstance(fault, NoRoomError):
            remedy = _FREE_SPACE
        if fault.details.get("problem") == "database_held":
            remedy = f"wait until the process that holds the database ends, or end it: fuser {database.url.database}"
        if fault.details.get("problem"):  # of one that does not answer at all `check_database` tells
            yield Finding("home", "writes", "fault", str(fault), remedy)
    if not faults:
        yield Finding("home", "writes", "ok", "the home and the database take writes")


def _no_database(file: Path) -> Finding:
    """A file that never was is no fault; what lies beside it tells of one that was there."""
    if left_beside(file):
        text = f"the operational database {file} is gone: keys, decisions, campaigns and refusals are in no other place"
        remedy = "put the file back, or move the home aside and restore the newest backup: retail-brain restore FILE"
        return Finding("home", "database", "fault", text, remedy)
    text = f"there is no operational database in {file.parent} yet: no keys, no decisions"
    return Finding("home", "database", "warning", text, "retail-brain keys create --role admin")


def _put_back(database: Database) -> str:
    """What mends an SQLite file that cannot be read or written: no start of a server does."""
    return (
        f"let the service's user read and write {database.url.database} and its folder; where the file itself is "
        "damaged, move the home aside and restore the newest backup: retail-brain restore FILE"
    )


def _damage(database: Database) -> str | None:
    """The first problem that SQLite's own check finds, or None."""
    with database.reading() as connection:
        first = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    return None if first == "ok" else first


def check_tenants(database: Database, tenants: Set[str], now: datetime) -> Iterator[Finding]:
    """Whether every valid key is of a tenant that the home holds."""
    lost = {name: count for name, count in tenants_with_keys(database, now=now).items() if name not in tenants}
    for name, count in lost.items():
        text = f"{count} valid {'key' if count == 1 else 'keys'} of tenant {name}, of which the home holds nothing"
        remedy = f"retail-brain --tenant {name} ingest DATASET, or retail-brain --tenant {name} keys revoke KEY_ID"
        yield Finding("home", "tenants", "warning", text, remedy)
    if not lost:
        yield Finding("home", "tenants", "ok", "every valid key is of a tenant of this home")


def check_clock(database: Database, home: Path, now: datetime) -> Iterator[Finding]:
    """Whether stored instants or files lie after the present: then a clock was set back, and newest is not newest."""
    ahead = [*_instants_ahead(database, now), *_pointers_ahead(home, now)]
    if ahead:
        text = f"after the present, {now:%Y-%m-%d %H:%M} UTC: {listed('kind of record', 'kinds of record', ahead)}"
        yield Finding("home", "clock", "fault", text, "set this machine's clock right (NTP) before anything is written")
    else:
        yield Finding("home", "clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC, no record lies after it")


def _instants_ahead(database: Database, now: datetime) -> list[str]:
    if (database.is_sqlite and not Path(database.url.database or "").is_file()) or parted_files(database) is not None:
        return []
    try:
        if database.revision() is None:
            return []
        with database.reading() as connection:
            newest = {table.name: connection.execute(select(func.max(column))).scalar() for table, column in _INSTANTS}
    except UnavailableError:
        return []  # the check of the database says so
    return [
        f"{name} at {at:%Y-%m-%d %H:%M}" for name, at in newest.items() if at is not None and at > now + _CLOCK_SLACK
    ]


def _pointers_ahead(home: Path, now: datetime) -> list[str]:
    pointers = (home / "var").glob("*/answers/CURRENT")
    changed = {path: datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in pointers}
    return [
        f"{path.relative_to(home)} at {at:%Y-%m-%d %H:%M}" for path, at in changed.items() if at > now + _CLOCK_SLACK
    ]
