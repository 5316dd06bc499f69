"""Retention: personal data that are older than the settings allow, counted, and removed from every store.

What was worked out of them stays until it is worked out anew: the next `publish` makes features and answers without
them.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final, Literal, get_args

import polars as pl

from retail_brain.errors import ModelError
from retail_brain.files import remove_tree
from retail_brain.ingest.quarantine import SET_ASIDE_ON, read_quarantine, replace_quarantine
from retail_brain.jobs import JobPlace, uploads_in_use
from retail_brain.jobs.uploads import forget_old_uploads, old_uploads
from retail_brain.lake.erasing import count_older, drop_older
from retail_brain.operational.audit import AuditEntry, append_audit
from retail_brain.operational.erasures import compact
from retail_brain.operational.retention import Kind, count_old_rows, delete_old_rows
from retail_brain.progress import Progress
from retail_brain.tables import TABLES
from serving.privacy.erase import Place
from serving.store.answers_manifest import read_manifest
from serving.store.current_answers import current_id

Store = Literal["lake", "quarantine", "files", "database"]
KINDS: Final = ("events", "contacts", "quarantine", "answers", "exports", "logs", "uploads")
"""Kinds of personal data; each has its days in the settings, `retention.KIND_days`, uploads in `jobs.upload_days`."""
_OF_DATABASE: Final[dict[str, Kind]] = {kind: kind for kind in get_args(Kind)}
_OF_LAKE: Final = {"events": ("events",), "contacts": ("contacts", "responses")}


@dataclass(frozen=True)
class Overdue:
    """Personal data that are older than they may be kept.

    Attributes:
        kind: one of KINDS.
        name: table, or the folder of published answers, features or files that were sent.
        before: everything from before this day goes.
        rows: how many rows; of files, how many sets.
    """

    kind: str
    store: Store
    name: str
    before: date
    rows: int


def overdue(place: Place, now: datetime) -> list[Overdue]:
    """What `remove_overdue` would remove, by kind; empty where everything may be kept. Changes nothing.

    Raises:
        DataError: the lake cannot be read.
        UnavailableError: the database does not answer.
    """
    return [one for kind, before in _cutoffs(place, now) for one in _found(kind, before, place) if one.rows]


def remove_overdue(place: Place, progress: Progress, *, by: str, now: datetime) -> list[Overdue]:
    """Removes personal data that are older than the settings allow: what went, by kind and store.

    Tables of the lake lose their older versions with the rows. Killed half way, it is finished by running it again.

    Raises:
        DataError: the lake cannot be read or written.
        UnavailableError: the database does not answer.
    """
    done = []
    for kind, before in _cutoffs(place, now):
        with progress.step(f"retention of {kind}") as step:
            gone = [one for one in _removed(kind, before, place, now) if one.rows]
            step.rows = sum(one.rows for one in gone)
            done += gone
    if any(one.store == "lake" for one in done):
        # worked out of rows that went, and quickly worked out again
        shutil.rmtree(place.workspace.fitted_sources, ignore_errors=True)
    if any(one.store == "database" for one in done):
        compact(place.database)
    if done:
        tenant, told = place.workspace.tenant, {f"{one.store}:{one.name}": one.rows for one in done}
        with place.database.writing() as connection:
            place.database.ensure_tenant(tenant, connection, now=now)
            append_audit(tenant, connection, AuditEntry(now, by, "privacy.retention", "settings", told))
    return done


def limits(place: Place) -> dict[str, int | None]:
    """Kind -> days that it is kept; None: for good."""
    days = {kind: getattr(place.settings.retention, f"{kind}_days", None) for kind in KINDS}
    return days | {"uploads": place.settings.jobs.upload_days}


def _cutoffs(place: Place, now: datetime) -> Iterator[tuple[str, date]]:
    """Kinds with a limit, each with the first day that is kept (UTC)."""
    for kind, days in limits(place).items():
        if days is not None:
            yield kind, now.astimezone(UTC).date() - timedelta(days=days)


def _found(kind: str, before: date, place: Place) -> Iterator[Overdue]:
    options = place.settings.storage_options
    for name in _OF_LAKE.get(kind, ()):
        yield Overdue(kind, "lake", name, before, count_older(place.lake, name, before, options))
    if kind == "quarantine":
        for name in TABLES:
            rows = read_quarantine(place.lake, name, options)
            yield Overdue(
                kind, "quarantine", name, before, 0 if rows is None else rows.filter(_is_old(rows, before)).height
            )
    if kind == "answers":
        for folder, paths in _old_folders(place, before).items():
            yield Overdue(kind, "files", folder, before, len(paths))
    if kind == "uploads":
        old = old_uploads(place.workspace, before=_morning(before), needed=_in_use(place))
        yield Overdue(kind, "files", "uploads", before, len(old))
    if (of_database := _OF_DATABASE.get(kind)) is not None:
        counted = count_old_rows(place.workspace.tenant, place.database, of_database, before)
        yield from (Overdue(kind, "database", name, before, rows) for name, rows in counted.items())


def _removed(kind: str, before: date, place: Place, now: datetime) -> Iterator[Overdue]:
    options, today = place.settings.storage_options, now.astimezone(UTC).date()
    for name in _OF_LAKE.get(kind, ()):
        yield Overdue(kind, "lake", name, before, drop_older(place.lake, name, before, today, options))
    if kind == "quarantine":
        for name in TABLES:
            yield Overdue(kind, "quarantine", name, before, _drop_quarantined(name, before, place, today))
    if kind == "answers":
        for folder, paths in _old_folders(place, before).items():
            for path in paths:
                remove_tree(path)
            # what could not be removed counts as there: the next look and `doctor` name it again
            yield Overdue(kind, "files", folder, before, sum(not path.exists() for path in paths))
    if kind == "uploads":
        gone = forget_old_uploads(place.workspace, before=_morning(before), needed=lambda: _in_use(place))
        yield Overdue(kind, "files", "uploads", before, gone)
    if (of_database := _OF_DATABASE.get(kind)) is not None:
        deleted = delete_old_rows(place.workspace.tenant, place.database, of_database, before)
        yield from (Overdue(kind, "database", name, before, rows) for name, rows in deleted.items())


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _in_use(place: Place) -> set[str]:
    """Ids of the loads of files that jobs read."""
    return uploads_in_use(JobPlace(place.workspace, place.settings, place.database))


def _is_old(rows: pl.DataFrame, before: date) -> pl.Expr:
    # rows of versions that noted no day are not older than the first look at them: see `_drop_quarantined`
    if SET_ASIDE_ON not in rows.columns:
        return pl.lit(value=False)
    return (pl.col(SET_ASIDE_ON) < before.isoformat()).fill_null(value=False)


def _drop_quarantined(name: str, before: date, place: Place, today: date) -> int:
    """Takes old rows out of quarantine, and gives those without a day today's, from which they are counted."""
    options = place.settings.storage_options
    rows = read_quarantine(place.lake, name, options)
    if rows is None or not rows.height:
        return 0
    kept = rows.filter(~_is_old(rows, before))
    day = pl.col(SET_ASIDE_ON) if SET_ASIDE_ON in rows.columns else pl.lit(None, dtype=pl.String)
    dated = kept.with_columns(day.fill_null(today.isoformat()).alias(SET_ASIDE_ON))
    if dated.columns != rows.columns or not dated.equals(rows):
        replace_quarantine(place.lake, name, dated, options)
    return rows.height - kept.height


def _old_folders(place: Place, before: date) -> dict[str, list[Path]]:
    """Folders of former answers and of notebooks' features, made before a day; never the present answers."""
    answers, notebooks = place.workspace.answers, place.workspace.root / "notebook_features"
    present = current_id(answers)
    sets = [path for path in _folders(answers) if path.name != present and _published_on(path) < before]
    tables = [path for path in _folders(notebooks) if _changed_on(path) < before]
    return {"answers": sets, "notebook_features": tables}


def _folders(above: Path) -> list[Path]:
    # hidden folders are being written
    return sorted(path for path in above.glob("*") if path.is_dir() and not path.name.startswith("."))


def _published_on(folder: Path) -> date:
    try:
        return datetime.fromisoformat(read_manifest(folder).published_at).astimezone(UTC).date()
    except (ModelError, ValueError):  # of a version whose manifest cannot be read any more
        return _changed_on(folder)


def _changed_on(path: Path) -> date:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
