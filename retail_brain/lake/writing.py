"""Commits rows to a table of the lake: one atomic Delta version, or none where nothing is new."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, create_table_with_add_actions

from retail_brain.erased_ids import ErasedIds
from retail_brain.errors import DataError
from retail_brain.lake.checksums import note_checksums, note_files
from retail_brain.lake.data_files import arrow_schema, place_files
from retail_brain.lake.difference import ROW, Difference, difference
from retail_brain.lake.layout import Layout, checked_uri, is_remote, join_uri, layout
from retail_brain.lake.reading import local_folder, open_table, scan_table

T = TypeVar("T")
_ATTEMPTS = 10
"""Times that a write is tried while other writers come first. Chosen by judgement, not measured."""
_BATCH_ROWS = 250_000
"""Rows handed to the Delta writer at once; bounds its memory. Chosen by judgement, not measured."""
_WRITER = "retail-brain"
"""Application id of our commits: two that started from the same version conflict, so no row is appended twice."""

_KEEP_HISTORY = {
    "delta.logRetentionDuration": "interval 3650 days",
    "delta.deletedFileRetentionDuration": "interval 3650 days",
}
"""Old versions stay readable for ten years, because models name the versions they were trained on."""


@dataclass(frozen=True)
class WriteResult:
    """Rows of a table by what a write did with them.

    Attributes:
        version: the table's version afterwards; the same as before where nothing was new.
        new: rows that were added.
        changed: rows that replaced one with the same key.
        unchanged: rows that were stored already.
        removed: rows that were deleted: by a replacement, or because they were withdrawn and nothing took their place.
    """

    version: int
    new: int
    changed: int
    unchanged: int
    removed: int = 0


def until_written(uri: str, name: str, attempt: Callable[[], T]) -> T:
    """The result of an attempt to write a table, which begins anew where another writer committed first.

    Raises:
        DataError: the lake cannot be written, or other writers committed first at every attempt.
    """
    for number in range(_ATTEMPTS):
        try:
            return attempt()
        except (CommitFailedError, DeltaError) as error:
            if not _is_conflict(error):
                raise _unwritable(uri, name, error) from error
            # a little longer each time, so that writers who meet do not meet again
            time.sleep(0.05 * number)
        except OSError as error:
            raise _unwritable(uri, name, error) from error
    raise DataError(
        f"table {name} of the lake {uri} was changed by other writers each of the {_ATTEMPTS} times that it was to be "
        "written. Nothing of it was written; run it again when they are done."
    )


def rewrite_table(table: DeltaTable, rows: pl.LazyFrame, options: dict[str, str], origin: str) -> None:
    """Writes an opened table anew with some rows, as one version on top of the one opened.

    Raises:
        CommitFailedError: another writer committed first.
    """
    _commit(table, Incoming(rows), options, origin, replace=True)


def begin_version(table: DeltaTable, options: dict[str, str], origin: str) -> DeltaTable:
    """The table after a commit without a change: writers that began before it begin anew, with new files.

    Raises:
        CommitFailedError: another writer committed first.
    """
    version = table.version() + 1
    table.create_write_transaction([], "append", table.schema(), commit_properties=_properties(version, origin))
    return DeltaTable(table.table_uri, version=version, storage_options=options)


@dataclass(frozen=True)
class Incoming:
    """Rows to be written, and what is known of them.

    Attributes:
        rows: canonical columns and `_row`; keys are unique where the table has one. Read more than once.
        files: local Parquet files that hold exactly the rows, as `write_data_file` writes them. Where all rows are
            written and the lake is a local folder, they are taken over as they are.
        erased: people whom the rows are known not to name; they are not looked for again.
    """

    rows: pl.LazyFrame
    files: tuple[Path, ...] = ()
    erased: ErasedIds | None = None


def _unwritable(uri: str, name: str, error: Exception) -> DataError:
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return DataError(
        f"table {name} of the lake {uri} cannot be written: {first.rstrip('.')}. It is as it was before. Check the "
        "folder's rights and free space, or the store's credentials (storage_options), and run it again."
    )


def _is_conflict(error: Exception) -> bool:
    # the library has no error class of its own for two writers that create the same table at once, and for one whose
    # version lost its log to an erasure meanwhile
    texts = ("already exists", "VersionAlreadyExists", "Invalid table version")
    return isinstance(error, CommitFailedError) or any(text in str(error) for text in texts)


def write_once(
    uri: str,
    name: str,
    admit: Callable[[], Incoming],
    options: dict[str, str],
    origin: str,
    withdrawn: pl.LazyFrame | None,
    *,
    replace: bool,
) -> WriteResult:
    """Upserts rows on the newest version of a table; fails where another writer commits first.

    Args:
        uri: the lake.
        name: canonical table.
        admit: gives the rows. Asked once the version is opened, so that whoever changes what is admitted and commits
            afterwards makes this write fail.
        options: credentials of the object store.
        origin: kept in the commit.
        withdrawn: as in `write_table`.
        replace: as in `write_table`.

    Raises:
        CommitFailedError: another writer committed first.
        DeltaError: the table cannot be written.
    """
    table = open_table(uri, name, options)
    given = admit()
    rows = given.rows
    if table is None:
        return _create(join_uri(checked_uri(uri), name), given, options, origin)
    table_layout = layout(name)
    day = table_layout.day
    stored = scan_table(table, name, options)
    incoming, everything = _same_columns(rows, stored)
    present, gone = _without(everything, withdrawn)
    # stored rows of other days cannot equal an incoming one, so they are not read
    nearby = present.filter(_within(rows, day)) if day else present
    delta = difference(incoming, nearby, table_layout)
    removed = _count(present) - delta.unchanged - delta.changed.len() if replace else 0
    # the files hold what is written only where no column is added, widened or absent
    whole = given.files if given.files and _has_columns_of(table, rows) else ()
    if replace and (removed or delta.new.len() or delta.changed.len()):
        _commit(table, Incoming(incoming.drop(ROW), whole), options, origin, replace=True)
    elif gone or delta.changed.len() or (delta.new.len() and _must_rewrite(stored, present)):
        _commit(table, Incoming(_merged(incoming, present, delta, table_layout)), options, origin, replace=True)
    elif delta.new.len():
        picked = Incoming(_pick(incoming, delta.new), () if delta.unchanged else whole)
        _commit(table, picked, options, origin)
    version = DeltaTable(table.table_uri, storage_options=options).version()
    # rows that take the place of withdrawn ones are changes, and what no row takes the place of was removed
    changed = min(gone, delta.new.len())
    return WriteResult(
        version, delta.new.len() - changed, delta.changed.len() + changed, delta.unchanged, removed + gone - changed
    )


def _without(stored: pl.LazyFrame, withdrawn: pl.LazyFrame | None) -> tuple[pl.LazyFrame, int]:
    """The stored rows that stay, and how many go."""
    keys = None if withdrawn is None else withdrawn.collect(engine="streaming")
    if keys is None or not keys.height:
        return stored, 0
    gone = _count(stored.join(keys.lazy(), on=keys.columns, how="semi", nulls_equal=True))
    return stored.join(keys.lazy(), on=keys.columns, how="anti", nulls_equal=True), gone


def _count(frame: pl.LazyFrame) -> int:
    rows: int = frame.select(pl.len()).collect(engine="streaming").item()
    return rows


def _has_columns_of(table: DeltaTable, rows: pl.LazyFrame) -> bool:
    """Whether the table itself has the columns of the rows and no other, in the same types, and no partitions.

    `scan_table` adds what a table of an older version lacks, so its columns do not tell. Files of partitions would need
    the values of their partition; only a table that somebody else made has any.
    """
    schemas = table.schema(), Schema.from_arrow(arrow_schema(rows.drop(ROW)))
    held, given = ({field.name: field.type for field in schema.fields} for schema in schemas)
    return held == given and not table.metadata().partition_columns


def _same_columns(rows: pl.LazyFrame, stored: pl.LazyFrame) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Both frames with the union of their columns in common types, absent ones as nulls."""
    union = pl.concat([stored.head(0), rows.drop(ROW).head(0)], how="diagonal_relaxed").collect_schema()

    def shaped(frame: pl.LazyFrame) -> list[pl.Expr]:
        present = frame.collect_schema()
        return [(pl.col(c) if c in present else pl.lit(None)).cast(kind).alias(c) for c, kind in union.items()]

    return rows.select(ROW, *shaped(rows)), stored.select(shaped(stored))


def _must_rewrite(stored: pl.LazyFrame, present: pl.LazyFrame) -> bool:
    """Whether an attribute's type became wider, which appending cannot do."""
    wider = present.collect_schema()
    return any(wider[name] != kind for name, kind in stored.collect_schema().items())


def _within(rows: pl.LazyFrame, day: str) -> pl.Expr:
    """Whether a stored row lies in the days that are ingested; no other can be equal to one of them."""
    ends = rows.select(pl.col(day).min().alias("first"), pl.col(day).max().alias("last"))
    first, last = ends.collect(engine="streaming").row(0)
    return pl.col(day).is_between(first, last)


def _pick(rows: pl.LazyFrame, positions: pl.Series) -> pl.LazyFrame:
    picked = positions.alias(ROW).to_frame().lazy()
    return rows.join(picked, on=ROW, how="semi").drop(ROW)


def _properties(version: int, origin: str) -> CommitProperties:
    # no retries by the library: it would append on top of the other writer's rows without comparing again
    return CommitProperties(
        custom_metadata={"origin": origin}, app_transactions=[Transaction(_WRITER, version)], max_commit_retries=0
    )


def _writer() -> WriterProperties:
    return WriterProperties(compression="ZSTD", compression_level=1)


def _arrow(rows: pl.LazyFrame) -> pa.RecordBatchReader:
    """The rows in batches with large strings: a filter of pyarrow or pandas knows no string views, and Daft no file."""
    oldest = pl.CompatLevel.oldest()
    schema = arrow_schema(rows)
    frames = rows.collect_batches(chunk_size=_BATCH_ROWS, lazy=True)
    batches = (batch for frame in frames for batch in frame.to_arrow(compat_level=oldest).to_batches())
    return pa.RecordBatchReader.from_batches(schema, batches)


def _create(place: str, given: Incoming, options: dict[str, str], origin: str) -> WriteResult:
    rows, properties = given.rows.drop(ROW), _properties(0, origin)
    _make(place, rows, given.files, options, properties)
    _note(place, Path(place), 0)
    return WriteResult(0, _count(rows), 0, 0)


def _make(
    place: str, rows: pl.LazyFrame, files: tuple[Path, ...], options: dict[str, str], properties: CommitProperties
) -> None:
    """Writes the first version of a table."""
    if files:
        schema = Schema.from_arrow(arrow_schema(rows))
        added = _placed(files, Path(place))
        create_table_with_add_actions(
            place, schema, added, configuration=_KEEP_HISTORY, storage_options=options, commit_properties=properties
        )
        return
    write_deltalake(
        place,
        _arrow(rows),
        mode="error",
        configuration=_KEEP_HISTORY,
        storage_options=options,
        writer_properties=_writer(),
        commit_properties=properties,
    )


def _placed(files: Sequence[Path], folder: Path) -> list[AddAction]:
    """What a commit adds of files put into a table's folder, their checksums noted before it names them."""
    added = place_files(files, folder)
    with suppress(OSError):
        note_files(folder, [action.path for action in added])
    return added


def _note(place: str, folder: Path, version: int) -> None:
    """Notes the checksums of what was committed, which stays so whether they can be noted or not."""
    if not is_remote(place):  # an object store checks by itself what it stores
        with suppress(OSError):
            note_checksums(folder, version)


def _merged(incoming: pl.LazyFrame, present: pl.LazyFrame, delta: Difference, table_layout: Layout) -> pl.LazyFrame:
    """The whole table with new rows added and changed rows in the place of the old ones."""
    written = _pick(incoming, pl.concat([delta.new, delta.changed]))
    if not table_layout.key:
        return pl.concat([present, written])
    key = list(table_layout.key)
    changed = _pick(incoming, delta.changed).select(key).collect().lazy()
    # nulls are equal: "no store" and "no region" are values of these keys
    return pl.concat([present.join(changed, on=key, how="anti", nulls_equal=True), written])


def _commit(table: DeltaTable, given: Incoming, options: dict[str, str], origin: str, *, replace: bool = False) -> None:
    """Appends the rows, or writes the table anew with them, in one version; older versions keep their own files."""
    version = table.version() + 1
    _add(table, given, options, _properties(version, origin), replace=replace)
    _note(table.table_uri, local_folder(table), version)


def _add(
    table: DeltaTable, given: Incoming, options: dict[str, str], properties: CommitProperties, *, replace: bool
) -> None:
    mode: Literal["overwrite", "append"] = "overwrite" if replace else "append"
    if given.files:
        added = _placed(given.files, local_folder(table))
        table.create_write_transaction(added, mode, table.schema(), commit_properties=properties)
        return
    # not by MERGE, which rewrites fewer files: it writes string views, which pyarrow, pandas and Daft cannot filter
    write_deltalake(
        table,
        _arrow(given.rows),
        mode=mode,
        schema_mode="overwrite" if replace else "merge",
        storage_options=options,
        writer_properties=_writer(),
        commit_properties=properties,
    )
