"""Runs an ingest: reads and checks a dataset, quarantines bad rows, writes new and changed rows to the lake."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from retail_brain.erased_ids import ErasedIds
from retail_brain.errors import DataError
from retail_brain.files import scratch_folder
from retail_brain.hashed_ids import hashed_rows
from retail_brain.ingest.consent_rows import CONSENTS, close_unreadable, mended, with_consent_words
from retail_brain.ingest.cross_checks import Unmatched, refuse_strangers, unmatched_ids
from retail_brain.ingest.days_to_come import TOTALS, last_possible_day
from retail_brain.ingest.look import with_mapping
from retail_brain.ingest.quarantine import write_quarantine
from retail_brain.ingest.receipts import corrections
from retail_brain.ingest.repeats import dataset_digest, remember, report_of_repeat
from retail_brain.ingest.report import IngestReport, TableReport
from retail_brain.ingest.running_period import (
    said_of_running,
    stored_of_running_period,
    waits_for_its_end,
    without_running_period,
)
from retail_brain.ingest.set_apart import set_apart
from retail_brain.ingest.staging import Staged, stage
from retail_brain.lake import Incoming, has_table, remove_orphan_files, scan_if_there, write_table
from retail_brain.lake.people import KEPT_WITHOUT_PERSON, PEOPLE_TABLES, read_erased, rows_without, without_erased
from retail_brain.progress import Progress
from retail_brain.settings import DataSettings, Settings
from retail_brain.sources import RawTable, Source, open_source
from retail_brain.sources.unpacking import unpacked_at_most
from retail_brain.spacing import spacing_notes
from retail_brain.tables import TABLES

_SALES = ("transactions", "daily_sales")
_KEYS_AGAINST = {
    "in the future": "`format` with the order of day, month and year; data.future_days in the settings",
    "not a date": "`format` for 31/12/2025 or serial days such as 46073.5",
    "not a time": "`format` for 31/12/2025 18:30 or serial days such as 46073.5",
    "not a number": "`decimal` for 1,5, `thousands` for 1,234",
    "not true or false": '`true` and `false` with the words of the file, such as true = ["ja"]',
    "price: below 0": "`returns` where these rows are refunds, `total` where the column is the amount of the line",
    "same key": "other columns for the key, or `where`",
}
"""Part of a reason -> the keys of a mapping that read such rows."""


@dataclass(frozen=True)
class _Target:
    """Lake that an ingest writes to, and how."""

    uri: str
    options: Mapping[str, str]
    origin: str
    replace: bool
    data: DataSettings


def ingest(source: str, uri: str, settings: Settings, progress: Progress, *, replace: bool = False) -> IngestReport:
    """Ingests the tables of a dataset into the lake. Idempotent: rows that the lake has already are not added twice.

    Every table is read and checked before the first is written, so a refused ingest leaves the lake as it was. A killed
    one leaves some tables at their new version and the others at their old one; running it again completes it.

    Args:
        source: folder, object-store URI, mapping TOML or built-in name.
        uri: the lake.
        settings: of the tenant.
        progress: reports a step per table.
        replace: whether the dataset has the whole of its tables, so that other rows of them are deleted.

    Raises:
        NotFoundError: there is no such dataset.
        DataError: it cannot be read, has no sales while the lake has none either, has too many bad rows, or the lake
            cannot be written.
        UsageError: the dataset's name, its mapping or the lake's URI cannot be used.
        ExtensionError: a connector of another package cannot be imported, or breaks its protocol.
    """
    digest = dataset_digest(source, settings.data, replace=replace)
    if digest is not None and (known := report_of_repeat(digest, uri, settings.storage_options)):
        progress.say("  The dataset and the lake are as the last ingest left them: nothing was read.")
        return known
    limits = settings.data
    with scratch_folder("ingest") as folder, unpacked_at_most(limits.unpacked_bytes, limits.workbook_bytes):
        try:
            opened = open_source(source, folder, settings.storage_options)
            for warning in opened.warnings:
                progress.say(f"  note: {warning}")
            target = _Target(uri, settings.storage_options, opened.name, replace, settings.data)
            erased = read_erased(uri, target.options)
            staged = _read_all(opened, folder, target, erased, progress)
        except DataError as error:
            raise with_mapping(error, source, settings.data) from error
        _refuse_bad(staged, settings.data)
        _refuse_without_sales(staged, target)
        unmatched = {name: unmatched_ids(name, staged, uri, target.options) for name in staged}
        refuse_strangers(unmatched, settings.data)
        # all tables are checked by now: nothing below refuses the data
        reports = {
            name: _write(name, table, erased, unmatched[name], target, progress) for name, table in staged.items()
        }
        changed = {name for name, report in reports.items() if report.new or report.changed or report.removed}
        apart = set_apart(changed, uri, target.options, settings.data, progress)
    report = IngestReport(opened.name, uri, reports, (*opened.warnings, *apart))
    # rows of a week that is not over may be good tomorrow, and those of a day that has not come once it has
    is_settled = not any(any(map(waits_for_its_end, table.left_out)) for table in reports.values())
    if digest is not None and is_settled:
        read_again_on = min((table.good_from for table in staged.values() if table.good_from), default=None)
        remember(digest, report, settings.storage_options, read_again_on)
    return report


def _read_all(
    source: Source, scratch: Path, target: _Target, erased: ErasedIds | None, progress: Progress
) -> dict[str, Staged]:
    staged = {}
    # in the order of TABLES, whatever order the source lists them in, so that runs are alike
    for name in (name for name in TABLES if name in source.tables):
        with progress.step(f"read {name}") as step:
            hashed = _hashed(_staged(source.tables[name], scratch, target), target.data.hashed_identifiers)
            whole = without_running_period(name, hashed, target.data.period)
            staged[name] = _without_erased(name, whole, erased)
            if name == "daily_sales":
                spaced = spacing_notes(staged[name].rows, target.data.period)
                staged[name] = replace(staged[name], notes=(*staged[name].notes, *spaced))
            step.rows = staged[name].read
            step.note = f"{staged[name].bad.height:,} bad" if staged[name].bad.height else ""
        for note in staged[name].notes:
            progress.say(f"    note: {note}")
        for reason, rows in staged[name].left_out.items():
            progress.say(f"    left out {rows:,}: {reason}")
        for reason, rows in staged[name].reasons.items():
            progress.say(f"    set aside {rows:,}: {reason}")
    return staged


def _hashed(table: Staged, types: Sequence[str]) -> Staged:
    """A table with identifiers hashed as the settings say, in rows that are set aside too."""
    if not types:
        return table
    return table.with_rows(hashed_rows(table.rows, types), bad=hashed_rows(table.bad.lazy(), types).collect())


def _without_erased(name: str, table: Staged, erased: ErasedIds | None) -> Staged:
    """A table without people who were erased by request: an older export must not bring them back."""
    if erased is None or name not in PEOPLE_TABLES:
        return table
    rows, named = without_erased(name, table.rows, erased)
    # rows that are set aside hold values as they were found: here too the person is looked for
    bad = rows_without(table.bad, erased.among(table.bad.lazy()))
    left_out = dict(table.left_out)
    if named:
        kept = "rows kept without their person" if name in KEPT_WITHOUT_PERSON else "rows not taken in"
        reason = f"the person was erased by request; {kept}"
        left_out[reason] = left_out.get(reason, 0) + named
    if gone := table.bad.height - bad.height:
        reason = "the person was erased by request; bad rows dropped"
        left_out[reason] = left_out.get(reason, 0) + gone
    return table.with_rows(rows, bad=bad, left_out=left_out)


def _staged(raw: RawTable, scratch: Path, target: _Target) -> Staged:
    """A table after reading and checking."""
    last = last_possible_day(raw.name, target.data)
    if raw.name != CONSENTS:
        return stage(raw, scratch, target.data.till_columns, last, _stored_columns(raw.name, target))
    stored = None if target.replace else scan_if_there(target.uri, CONSENTS, target.options)
    return close_unreadable(stage(with_consent_words(raw), scratch, last=last), raw, stored)


def _stored_columns(name: str, target: _Target) -> Sequence[str]:
    """Columns that the lake has of a table whose columns a user may add to."""
    stored = scan_if_there(target.uri, name, target.options) if TABLES[name].open_attributes else None
    return () if stored is None else stored.collect_schema().names()


def _refuse_bad(staged: Mapping[str, Staged], limits: DataSettings) -> None:
    """Stops an ingest in which too many rows of a table are bad.

    A few bad rows are a large share of a small table, so they stop nothing until they are half of it.

    Raises:
        DataError: the bad rows of a table are more than `max_quarantine_share` of it and more than
            `quarantine_grace_rows`, or at least half of it.
    """
    share = limits.max_quarantine_share
    for name, table in staged.items():
        bad = table.bad.height
        few = bad <= limits.quarantine_grace_rows and bad < table.read / 2
        if bad <= share * table.read or few:
            continue
        reasons = "; ".join(f"{reason} ({rows:,} rows)" for reason, rows in list(table.reasons.items())[:5])
        raise DataError(
            f"{bad:,} of {table.read:,} rows of table {name} cannot be used ({bad / table.read:.1%}; {share:.1%} at "
            f"most may be): {reasons}. Examples: {table.examples()}. Nothing was written. Correct the rows, say in a "
            f"mapping how they are to be read ({_remedies(table.reasons)}`ingest --check` proposes it), or raise "
            "data.max_quarantine_share in the settings.",
            {"problem": "too_many_bad", "table": name, "bad": bad, "read": table.read, "reasons": dict(table.reasons)},
        )


def _remedies(reasons: Iterable[str]) -> str:
    """The keys of a mapping that mend rows set aside for these reasons."""
    keys = [key for part, key in _KEYS_AGAINST.items() if any(part in reason for reason in reasons)]
    return "".join(f"{key}; " for key in keys)


def _refuse_without_sales(staged: Mapping[str, Staged], target: _Target) -> None:
    """Stops an ingest after which the lake would still hold no sales.

    Raises:
        DataError: neither the dataset nor the lake has a sales table.
    """
    if any(name in staged or has_table(target.uri, name, target.options) for name in _SALES):
        return
    raise DataError(
        f"{target.origin} holds no sales: got the tables {sorted(staged)}, wanted transactions or daily_sales (or a "
        "lake that has them already). Add one of the two."
    )


def _withdrawn(name: str, table: Staged, target: _Target) -> tuple[pl.LazyFrame | None, int, int]:
    """Keys of stored rows in whose place others come (None without any), corrected receipts, and unclear new lines."""
    is_asked = name in (CONSENTS, "transactions") and not target.replace
    stored = scan_if_there(target.uri, name, target.options) if is_asked else None
    if stored is None:
        return None, 0, 0
    if name == CONSENTS:
        return mended(table, stored), 0, 0
    found = corrections(table.rows, stored)
    if target.data.corrected_receipts == "keep":
        return None, 0, found.unclear + found.lines
    return found.receipts.lazy(), found.receipts.height, found.unclear


def _running(name: str, target: _Target, progress: Progress) -> tuple[pl.LazyFrame | None, tuple[str, ...]]:
    """Days of stored rows whose week or month is not over, which are taken out, and the note that says so."""
    if name not in TOTALS or target.replace:
        return None, ()
    days = stored_of_running_period(name, scan_if_there(target.uri, name, target.options), target.data.period)
    if days is None:
        return None, ()
    note = f"taken out of the lake 已从数据湖移除: {said_of_running(name, days, target.data.period)}"
    progress.say(f"    note: {note}")
    return days.lazy().select("date"), (note,)


def _write(
    name: str,
    table: Staged,
    known: ErasedIds | None,
    unmatched: Mapping[str, Unmatched],
    target: _Target,
    progress: Progress,
) -> TableReport:
    # people may have been erased since the table was read, which may be hours ago
    erased = read_erased(target.uri, target.options)
    table = table if erased == known else _without_erased(name, table, erased)
    with progress.step(f"write {name}") as step:
        started, today = time.perf_counter(), datetime.now(UTC).date()
        write_quarantine(target.uri, name, target.origin, table.bad, target.options, today)
        withdrawn, corrected, clashes = _withdrawn(name, table, target)
        running, taken_out = _running(name, target, progress)
        # before the write: what a killed ingest left must not add up with every further attempt
        remove_orphan_files(target.uri, name, target.options)
        written = write_table(
            target.uri,
            name,
            Incoming(table.rows, table.files, erased),
            target.options,
            target.origin,
            replace=target.replace,
            withdrawn=withdrawn if running is None else running,
        )
        if (later := read_erased(target.uri, target.options)) != erased:
            bad = _without_erased(name, table, later).bad
            write_quarantine(target.uri, name, target.origin, bad, target.options, today)
        step.rows = written.new + written.changed
        step.note = f"version {written.version}"
        seconds = table.seconds + time.perf_counter() - started
    for column, found in unmatched.items():
        rule = f". They match {found.rule}" if found.rule else ""
        progress.say(
            f"    note: {found.rows:,} rows of {name} name a {column} that is in no such table, such as "
            f"{', '.join(found.examples)}; they are kept{rule}"
        )
    if corrected:
        progress.say(f"    note: {corrected:,} receipts that the lake held with other lines were replaced")
    if clashes:
        progress.say(
            f"    note: {clashes:,} new lines belong to receipts that the lake holds with other lines; both are kept. "
            "If the dataset is a corrected copy, ingest it with --replace"
        )
    return TableReport(
        name=name,
        read=table.read,
        new=written.new,
        changed=written.changed,
        unchanged=written.unchanged,
        quarantined=table.bad.height,
        version=written.version,
        seconds=seconds,
        removed=written.removed,
        clashes=clashes,
        corrected=corrected,
        left_out=table.left_out,
        reasons=table.reasons,
        unknown={column: found.rows for column, found in unmatched.items()},
        notes=(*table.notes, *taken_out),
    )
