"""Stages a table: reads it once in batches, checks them and writes them as the lake takes them over.

Memory is bounded by a batch, and by what is compared at once where rows may come twice.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date
from datetime import time as time_of_day
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.errors import DataError
from retail_brain.extensions import outside_code
from retail_brain.ingest.checking import REASONS, Checker
from retail_brain.ingest.parts import Parts
from retail_brain.ingest.repeated_rows import AMOUNTS, added_up, resolve_log, resolve_state
from retail_brain.ingest.reused_numbers import reused_numbers_note
from retail_brain.lake.layout import layout
from retail_brain.sources import RawTable
from retail_brain.sources.base import FILE, unreadable
from retail_brain.sources.column_names import plain_name
from retail_brain.sources.connectors import CHECK_ADDRESS
from retail_brain.tables import TABLES, Table

_BATCH_ROWS = 1_000_000
"""Rows checked at once; bounds the memory of an ingest. Chosen by judgement, not measured."""


_FIRST_ROWS = 100_000
"""Rows that are asked before all others whether receipts have a time of day. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Staged:
    """A table after reading and checking.

    Attributes:
        rows: canonical columns and `_row`, keys unique; read from the staged parts.
        bad: `reasons` and original values as text.
        read: rows of the source.
        reasons: bad rows by reason.
        left_out: rows that the source leaves out on purpose, by reason.
        notes: remarks on its columns, such as time zones.
        seconds: time taken.
        files: Parquet files that hold exactly these rows as the lake stores them; none where rows were changed since.
        good_from: day (UTC) from which the first of the rows that were set aside for their day may be taken; None: none
            waits for its day.
    """

    rows: pl.LazyFrame
    bad: pl.DataFrame
    read: int
    reasons: Mapping[str, int]
    left_out: Mapping[str, int]
    notes: tuple[str, ...]
    seconds: float
    files: tuple[Path, ...] = ()
    good_from: date | None = None

    def with_rows(self, rows: pl.LazyFrame, **others: Any) -> "Staged":
        """The table with other rows, which its files do not hold, and other values of the attributes named."""
        return replace(self, rows=rows, files=self.files if rows is self.rows else (), **others)

    def examples(self, count: int = 3) -> str:
        """The first bad rows as text: reasons and values."""
        examples = []
        for row in self.bad.head(count).iter_rows(named=True):
            values = ", ".join(
                f"{name}={value}" for name, value in row.items() if name != REASONS and value is not None
            )
            examples.append(f"[{row[REASONS]}] {values[:200]}")
        return " | ".join(examples)


def stage(
    raw: RawTable,
    scratch: Path,
    till_columns: Sequence[str] = (),
    last: date | None = None,
    stored: Sequence[str] = (),
) -> Staged:
    """Reads and checks a table.

    Args:
        raw: the table as its source has it.
        scratch: folder for the checked parts; it must outlive the result.
        till_columns: names of columns over which amounts of the same key are added up.
        last: day that a row of observations may have; later ones are set aside. None: tomorrow in UTC.
        stored: columns that the lake has of the table.

    Raises:
        DataError: it cannot be read, lacks a required column, or has amounts of one key twice with other content.
        ExtensionError: the connector of another package that gives the rows fails.
    """
    started = time.perf_counter()
    table = TABLES[raw.name]
    folder = scratch / f"staged-{raw.name}"
    folder.mkdir()
    try:
        with _reading(raw):
            schema = raw.frame.collect_schema()
            _check_columns(table, schema.names(), raw.origin)
            tills = [column for column in schema if plain_name(column) in till_columns and column not in table.types]
            tills = tills if raw.name in AMOUNTS else []
            aside = [*([FILE] if FILE in schema else []), *tills]
            parts = Parts(folder, aside, _spans(raw.name))
            checker = Checker(table, schema, raw.formats, aside, last, stored)
            read, bad = _check_batches(raw, checker, parts)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(raw.origin, error, "Check that the file is whole and was not moved or changed.") from error
    key = layout(raw.name).key
    # parts are in the order of reading, so the row index says which of two equal keys came last
    rows = parts.scan_whole()
    rows, added = added_up(rows, key, tills) if raw.adds_up else (rows, ())
    if key:
        resolved = resolve_state(rows, raw.name, key, tills, raw.origin)
    else:
        resolved = resolve_log(rows, raw.name, parts.scan_shared() if aside else None)
    if added:
        resolved = replace(resolved, notes=(*added, *resolved.notes), is_summed=True)
    if not resolved.is_summed:
        parts.without(resolved.dropped)
    staged, files = (resolved.rows, ()) if resolved.is_summed else (parts.scan(), tuple(parts.paths))
    bad.append(resolved.bad)
    if raw.malformed is not None and raw.malformed.height:
        read += raw.malformed.height
        bad.append(raw.malformed.rename({"reason": REASONS}))
    quarantined = pl.concat(bad, how="diagonal_relaxed").drop(FILE, strict=False)
    left_out = dict(raw.left_out.collect().iter_rows()) if raw.left_out is not None else {}
    notes = (
        *checker.notes,
        *checker.to_come.notes(),
        *checker.prices.notes(),
        *resolved.notes,
        *_receipt_notes(raw.name, staged, read),
    )
    seconds = time.perf_counter() - started
    good_from = checker.to_come.good_from
    return Staged(staged, quarantined, read, _count(quarantined), left_out, notes, seconds, files, good_from)


def _spans(name: str) -> tuple[str, str] | None:
    """Columns of a log in which equal rows agree and that tell files apart; None where it has none such."""
    day = layout(name).day
    return ("store_id", day) if layout(name).is_log and day and "store_id" in TABLES[name].types else None


def _receipt_notes(name: str, rows: pl.LazyFrame, count: int) -> list[str]:
    """Remarks on receipts that have no time of day, and on numbers that stand for several receipts."""
    return [*_midnight_note(rows), *reused_numbers_note(rows, count)] if name == "transactions" else []


def _midnight_note(rows: pl.LazyFrame) -> list[str]:
    """A remark where no receipt has a time of day: it often stands in a column of its own."""
    has_times = (pl.col("sold_at").dt.time() != time_of_day(0)).any() | (pl.len() < 2)
    # the first rows nearly always tell, and spare reading the rest
    if any(some.select(has_times).collect(engine="streaming").item() for some in (rows.head(_FIRST_ROWS), rows)):
        return []
    return [
        "every sold_at is midnight, so hours are unknown. If the time stands in a column of its own, join both in a "
        'mapping: sold_at = { columns = ["DATE", "TIME"] }'
    ]


def _reading(raw: RawTable) -> AbstractContextManager[None]:
    if raw.connector is None:
        return nullcontext()
    return outside_code("connectors", raw.connector, f"{raw.name} was read from {raw.origin}", CHECK_ADDRESS)


def _check_columns(table: Table, present: list[str], origin: str) -> None:
    missing = [name for name in table.required if name not in present]
    if not missing:
        return
    near = {name: match[0] for name in missing if (match := get_close_matches(name, present, n=1, cutoff=0.6))}
    advice = ", ".join(f"{theirs!r} may be {ours!r}" for ours, theirs in near.items())
    raise DataError(
        f"{origin} lacks the columns {missing} of table {table.name}; got {present}."
        + (f" Perhaps {advice}." if advice else "")
        + " Rename the columns, or write a mapping that does.",
        {"missing": missing},
    )


def _check_batches(raw: RawTable, checker: Checker, parts: Parts) -> tuple[int, list[pl.DataFrame]]:
    read, bad = 0, []
    for batch in raw.frame.collect_batches(chunk_size=_BATCH_ROWS):
        checked = checker.check(batch)
        read += batch.height
        parts.add(checked.good)
        bad.append(checked.bad)
    # a source without a row gives no batch; one empty part keeps the columns and their types
    if not bad:
        checked = checker.check(raw.frame.head(0).collect())
        parts.add(checked.good)
        bad.append(checked.bad)
    return read, bad


def _count(bad: pl.DataFrame) -> dict[str, int]:
    reasons = Counter(reason for text in bad[REASONS].to_list() for reason in text.split("; "))
    return dict(reasons.most_common())
