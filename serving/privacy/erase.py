"""Erases people everywhere: lake with history, quarantine, features, database, published answers; then proves it.

A pending record is written first. Every step may be done twice, so that a killed erasure is finished by running it
again; until then the people are closed to every contact.
"""

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from features.demand.periods import last_visible_day
from features.jobs import build_features, feature_options
from retail_brain.checkpoints import work_beside
from retail_brain.engine import open_executor
from retail_brain.erased_ids import Subjects
from retail_brain.errors import DataError, ModelError, NotFoundError
from retail_brain.files import remove_tree
from retail_brain.hashed_ids import hashed_id
from retail_brain.jobs.uploads import forget_every_upload
from retail_brain.lake import open_lake
from retail_brain.lake.erasing import drop_history, erase_rows
from retail_brain.lake.lake_files import LakeFiles, path_of
from retail_brain.lake.layout import QUARANTINE, checked_uri, is_remote, join_uri
from retail_brain.lake.people import PEOPLE_TABLES, rows_without, write_erased
from retail_brain.lake.side_lists import write_file
from retail_brain.operational.audit import list_audit
from retail_brain.operational.blanking import Blanking
from retail_brain.operational.database import Database
from retail_brain.operational.erasures import (
    Erasure,
    begin_erasure,
    compact,
    erase_from_database,
    erased_ids,
    finish_erasure,
    pending_erasures,
)
from retail_brain.operational.retention import LEFT_THE_HOUSE
from retail_brain.progress import Progress
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.privacy.subjects import FoundPerson, find_person
from serving.privacy.traces import Needles, find_remote_traces, find_traces, holds, rows_holding
from serving.store.publishing.run import publish
from training.tracking.location import find_location

_AUDIT_ENTRIES = 10_000
"""Newest entries of the audit that are looked at for hand-work. Chosen by judgement, not measured."""
OF_OTHERS = (
    "rows of other tenants in this database hold the same id and stay theirs: if it is the same person, erase them "
    "there too"
)
"""Told beside the proof, which is about the tenant's own rows."""


@dataclass(frozen=True)
class Place:
    """Where a tenant's people are: folders, lake, database, settings."""

    workspace: Workspace
    lake: str
    settings: Settings
    database: Database


@dataclass
class Report:
    """What an erasure did; it names no person.

    Attributes:
        lake: table -> rows that named the person.
        history_files: files of older versions that were removed.
        set_aside: quarantined rows and rows of side lists that were removed.
        uploads: loads of files sent from the page that were thrown away, whomever they name.
        database: table of the operational database -> rows deleted or changed.
        answers: id of the set published anew; None where nothing was published.
        shared: identifiers that stay because others use them too.
        by_hand: what only people can do: copies outside of this home.
        traces: files of the home in which an id was still found; empty is the proof.
    """

    lake: dict[str, int] = field(default_factory=dict)
    history_files: int = 0
    set_aside: int = 0
    uploads: int = 0
    database: dict[str, int] = field(default_factory=dict)
    answers: str | None = None
    shared: int = 0
    by_hand: list[str] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)


def erase(
    name: str, place: Place, progress: Progress, *, by: str, now: Callable[[], datetime]
) -> tuple[Erasure, Report]:
    """Erases the person behind a customer id, person id or `TYPE:VALUE`; a pending erasure of theirs is finished.

    Raises:
        NotFoundError: nobody is known by it.
        DataError: the lake cannot be read or written.
        UnavailableError: the database does not answer.
    """
    if (pending := pending_of(name, place)) is not None:
        return pending, finish(pending, place, progress, now=now)
    found = person_of(name, place)
    erasure = begin_erasure(place.workspace.tenant, place.database, found.subjects, by=by, now=now())
    return erasure, finish(erasure, place, progress, now=now, found=found)


def pending_of(name: str, place: Place) -> Erasure | None:
    """The erasure of the person behind a name that was not finished; None where there is none.

    Raises:
        UnavailableError: the database does not answer.
    """
    asked = _as_kept(name, place)
    id_type, _, id_value = asked.partition(":")
    for pending in pending_erasures(place.workspace.tenant, place.database):
        subjects = pending.subjects
        if subjects is not None and (asked in subjects.customers or (id_type, id_value) in subjects.identifiers):
            return pending
    return None


def person_of(name: str, place: Place) -> FoundPerson:
    """The ids of the person behind a name; see `find_person`."""
    return find_person(_as_kept(name, place), place.workspace.features, place.lake, place.settings.storage_options)


def _as_kept(name: str, place: Place) -> str:
    """A name with the identifier hashed as the lake keeps it, where the settings say so."""
    id_type, separator, id_value = name.partition(":")
    kept = hashed_id(id_type, id_value, place.settings.data.hashed_identifiers) if separator else None
    return name if kept is None else f"{id_type}:{kept}"


def finish(
    erasure: Erasure, place: Place, progress: Progress, *, now: Callable[[], datetime], found: FoundPerson | None = None
) -> Report:
    """Does, or does to its end, an erasure that was noted.

    Raises:
        DataError: the lake cannot be read or written.
        UnavailableError: the database does not answer.
    """
    subjects = erasure.subjects
    assert subjects is not None
    report = Report(shared=0 if found is None else len(found.shared))
    with progress.step("lake without the person") as step:
        _erase_lake(subjects, place, report, now())
        step.rows = sum(report.lake.values())
    with progress.step("quarantine and lists") as step:
        report.set_aside = step.rows = _erase_side_files(subjects, place)
    with progress.step("files that were sent") as step:
        report.uploads = step.rows = forget_every_upload(place.workspace)
    with progress.step("database") as step:
        persons = [*subjects.customers, *(":".join(pair) for pair in subjects.identifiers)]
        report.database = erase_from_database(place.workspace.tenant, place.database, subjects, persons)
        compact(place.database)
        step.rows = sum(report.database.values())
    _rebuild(place, report, progress)
    report.by_hand = by_hand(place)
    with progress.step("search of every file") as step:
        report.traces = _traces(subjects, place)
        finish_erasure(place.workspace.tenant, place.database, erasure.erasure_id, _told(report), now=now())
        in_database, is_others = _traces_of_database(subjects, place)
        report.traces += in_database
        if is_others:
            report.by_hand.append(OF_OTHERS)
        step.rows = len(report.traces)
    return report


def by_hand(place: Place) -> list[str]:
    """Copies of people's rows outside of the home that the audit knows of, for somebody to look after."""
    entries = list_audit(place.workspace.tenant, place.database, limit=_AUDIT_ENTRIES)
    sent = {
        f"{entry.action} of {entry.subject} on {entry.at:%Y-%m-%d}"
        + (f" to {entry.details['target']}" if "target" in entry.details else "")
        for entry in entries
        if entry.action.startswith(LEFT_THE_HOUSE)
    }
    other = ["backups of this home, and files written with --out or --to outside of it"]
    if is_remote(place.lake):
        other.append(
            f"older versions and copies that the object store itself keeps of {place.lake}: delete noncurrent versions "
            "there (a rule of the bucket), and look after its replicas"
        )
    if (location := find_location(place.workspace)).database is None:
        other.append(
            f"runs and files of models on {location.tracking_uri}: they hold nobody, and are not searched here"
        )
    if not place.database.is_sqlite:
        other.append("the database server's own files: run VACUUM FULL there, and look after its backups")
    return sorted(sent) + other


def _erase_lake(subjects: Subjects, place: Place, report: Report, now: datetime) -> None:
    options = place.settings.storage_options
    # before the rows go: an ingest that runs meanwhile must not bring them back
    erased = erased_ids(place.workspace.tenant, place.database)
    if erased is not None and _has_lake(place):
        write_erased(place.lake, erased, options)
    for table in PEOPLE_TABLES:
        if rows := erase_rows(place.lake, table, subjects, options):
            report.lake[table] = rows
    for table in PEOPLE_TABLES:
        report.history_files += drop_history(place.lake, table, now.date(), options)


def _erase_side_files(subjects: Subjects, place: Place) -> int:
    """Rows of the lake's lists and of quarantine that were removed; half-done work is thrown away."""
    shutil.rmtree(place.workspace.root / "unfinished", ignore_errors=True)
    removed, options = 0, place.settings.storage_options
    for path in _side_files(place):
        uri = join_uri(checked_uri(place.lake), path)
        rows = pl.read_parquet(uri, storage_options=dict(options) or None)
        kept = rows_without(rows, subjects)
        if kept.height < rows.height:
            removed += rows.height - kept.height
            write_file(uri, kept, options)
    return removed


def _side_files(place: Place) -> list[str]:
    """Parquet files beside the lake's tables, below its address: lists, and quarantine."""
    if not _has_lake(place):
        return []
    files = LakeFiles(place.lake, place.settings.storage_options).listed()
    paths = [path_of(file) for file in files if file.extension == "parquet"]
    return [path for path in paths if path.rpartition("/")[0] in {"", QUARANTINE}]


def _has_lake(place: Place) -> bool:
    return is_remote(place.lake) or Path(checked_uri(place.lake)).is_dir()


def _rebuild(place: Place, report: Report, progress: Progress) -> None:
    """Features and published answers without the person; the old ones are removed."""
    workspace, answers = place.workspace, place.workspace.answers
    had_features = workspace.features.is_dir()
    shutil.rmtree(workspace.fitted_sources, ignore_errors=True)
    shutil.rmtree(workspace.features, ignore_errors=True)
    shutil.rmtree(work_beside(workspace.features), ignore_errors=True)
    if (answers / "CURRENT").exists():  # readable or not: what takes its place names nobody
        try:
            lake = open_lake(place.lake, place.settings.storage_options)
            dataset = lake.at(last_visible_day(lake, place.settings.data.period))
            report.answers = publish(workspace, dataset, place.settings, progress)
        except (ModelError, NotFoundError, DataError) as error:
            progress.say(f"  the answers were taken away and not published anew: {error}")
            (answers / "CURRENT").unlink(missing_ok=True)
    elif had_features:
        lake = open_lake(place.lake, place.settings.storage_options)
        dataset = lake.at(last_visible_day(lake, place.settings.data.period))
        with progress.step("features"):
            as_of = dataset.as_of or dataset.last_day()
            with open_executor(place.settings.engine) as executor:
                options = feature_options(place.settings)
                build_features(dataset, workspace.features, as_of, options=options, executor=executor)
    for folder in answers.iterdir() if answers.is_dir() else ():
        if folder.is_dir() and folder.name != report.answers:
            remove_tree(folder)


def _traces(subjects: Subjects, place: Place) -> list[str]:
    """Files of the tenant that still hold an id, without its name in them."""
    ids = subjects.values
    folders = [place.workspace.root, place.workspace.mlruns]
    lake = checked_uri(place.lake)
    if not is_remote(lake) and not Path(lake).is_relative_to(place.workspace.root):
        folders.append(Path(lake))
    found = [f"{folder.name}/{name}" for folder in folders if folder.is_dir() for name in find_traces(folder, ids)]
    if is_remote(lake):
        found += [join_uri(lake, name) for name in find_remote_traces(lake, place.settings.storage_options, ids)]
    blanking = Blanking(ids, "")
    return [str(blanking.value("file", name)) for name in found]


def _traces_of_database(subjects: Subjects, place: Place) -> tuple[list[str], bool]:
    """Files of an SQLite database that still hold an id of the tenant's, and whether rows of other tenants hold one.

    Other tenants' rows are theirs: their people may have the same ids. Where no row of the tenant holds one, the files
    count only as long as they may hold deleted rows: until they could be rewritten to the end.
    """
    database = place.database.url.database
    if not place.database.is_sqlite or not database:
        return [], False
    needles, files = Needles(subjects.values), [Path(database + suffix) for suffix in ("", "-wal", "-shm", "-journal")]
    found = [path for path in files if path.is_file() and holds(path, needles)]
    if not found:
        return [], False
    own, others = rows_holding(place.database, subjects.values, place.workspace.tenant)
    if not own and compact(place.database):
        found = [] if others else [path for path in found if path.is_file() and holds(path, needles)]
    return [path.name for path in found], others


def _told(report: Report) -> dict[str, Any]:
    return {name: getattr(report, name) for name in Report.__dataclass_fields__}


def search(ids: Sequence[str], place: Place) -> tuple[list[str], bool]:
    """Files of a tenant and of the database in which ids are found: the proof, asked again at any time.

    Returns:
        The files, and whether rows of other tenants in the database hold one of the ids: these are no trace.
    """
    subjects = Subjects(frozenset(ids))
    with suppress(FileNotFoundError):
        files, others = _traces(subjects, place), _traces_of_database(subjects, place)
        return files + others[0], others[1]
    return [], False
