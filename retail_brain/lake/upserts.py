"""Upserts rows into a table of the lake, without the people who were erased by request, whenever that was."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from retail_brain.erased_ids import ErasedIds
from retail_brain.lake.erasing import drop_history, erase_rows
from retail_brain.lake.layout import is_remote
from retail_brain.lake.people import read_erased, without_erased
from retail_brain.lake.writing import Incoming, WriteResult, until_written, write_once


def write_table(
    uri: str,
    name: str,
    rows: pl.LazyFrame,
    storage_options: Mapping[str, str] | None = None,
    origin: str = "",
    *,
    replace: bool = False,
    withdrawn: pl.LazyFrame | None = None,
    files: Sequence[Path] = (),
    erased: ErasedIds | None = None,
) -> WriteResult:
    """Inserts new rows into a table and updates the changed rows of a state, in one version.

    A kill at any moment leaves the old version or the whole new one. Where another writer commits first, the
    comparison is made again on its version. An erasure makes a version of every table that may name people, so that
    a write under way begins anew and leaves out whom it erased.

    Args:
        uri: the lake.
        name: canonical table.
        rows: canonical columns and `_row`; keys are unique where the table has one. Read more than once.
        storage_options: credentials of the object store.
        origin: where the rows come from, kept in the version's commit.
        replace: whether the rows are the whole table, so that other stored rows are deleted.
        withdrawn: some columns of the table: stored rows that agree with one of its rows are deleted, because the
            incoming rows take their place.
        files: Parquet files that hold exactly the rows, as `write_data_file` writes them. Where all rows are written
            and the lake is a local folder, they are taken over as they are.
        erased: people whom the rows are known not to name; they are not looked for again.

    Raises:
        DataError: the lake cannot be written, or other writers committed first at every attempt.
    """
    options = dict(storage_options or {})
    given = Incoming(rows, () if is_remote(uri) else tuple(files))
    before = read_erased(uri, options)

    def admit() -> Incoming:
        now = read_erased(uri, options)
        if now is None or now == erased:
            return given
        kept, named = without_erased(name, rows, now)
        return Incoming(kept) if named else given

    written = until_written(
        uri, name, lambda: write_once(uri, name, admit, options, origin, withdrawn, replace=replace)
    )
    if (after := read_erased(uri, options)) is not None and after != before:
        # a table that was created had no version to meet the erasure on, and a write that failed left its files
        erase_rows(uri, name, after.among(rows), options)
        drop_history(uri, name, datetime.now(UTC).date(), options)
    return written
