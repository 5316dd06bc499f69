"""Upserts rows into a table of the lake, without the people who were erased by request, whenever that was."""

from collections.abc import Mapping
from datetime import UTC, datetime

import polars as pl

from retail_brain.lake.erasing import drop_history, erase_rows
from retail_brain.lake.layout import is_remote
from retail_brain.lake.people import read_erased, without_erased
from retail_brain.lake.writing import Incoming, WriteResult, until_written, write_once


def write_table(
    uri: str,
    name: str,
    rows: pl.LazyFrame | Incoming,
    storage_options: Mapping[str, str] | None = None,
    origin: str = "",
    *,
    replace: bool = False,
    withdrawn: pl.LazyFrame | None = None,
) -> WriteResult:
    """Inserts new rows into a table and updates the changed rows of a state, in one version.

    A kill at any moment leaves the old version or the whole new one. Where another writer commits first, the
    comparison is made again on its version. An erasure makes a version of every table that may name people, so that
    a write under way begins anew and leaves out whom it erased.

    Args:
        uri: the lake.
        name: canonical table.
        rows: as in `Incoming`, which also says what is known of them.
        storage_options: credentials of the object store.
        origin: where the rows come from, kept in the version's commit.
        replace: whether the rows are the whole table, so that other stored rows are deleted.
        withdrawn: some columns of the table: stored rows that agree with one of its rows are deleted, because the
            incoming rows take their place.

    Raises:
        DataError: the lake cannot be written, or other writers committed first at every attempt.
    """
    options = dict(storage_options or {})
    given = rows if isinstance(rows, Incoming) else Incoming(rows)
    if is_remote(uri):
        given = Incoming(given.rows, erased=given.erased)
    before = read_erased(uri, options)

    def admit() -> Incoming:
        now = read_erased(uri, options)
        if now is None or now == given.erased:
            return given
        kept, named = without_erased(name, given.rows, now)
        return Incoming(kept) if named else given

    written = until_written(
        uri, name, lambda: write_once(uri, name, admit, options, origin, withdrawn, replace=replace)
    )
    if (after := read_erased(uri, options)) is not None and after != before:
        # a table that was created had no version to meet the erasure on, and a write that failed left its files
        erase_rows(uri, name, after.among(given.rows), options)
        drop_history(uri, name, datetime.now(UTC).date(), options)
    return written
