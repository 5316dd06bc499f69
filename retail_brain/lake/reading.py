"""Opens the lake at the newest or at pinned versions of its tables."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from retail_brain.dataset import Dataset, conform
from retail_brain.errors import DataError, NotFoundError, UnreachableLakeError
from retail_brain.lake.ghosts import read_ghosts
from retail_brain.lake.identity_links import read_identity_links
from retail_brain.lake.layout import checked_uri, is_remote, join_uri, layout
from retail_brain.lake.shared_cards import read_shared_cards
from retail_brain.lake.side_lists import read_list
from retail_brain.tables import TABLES


@dataclass(frozen=True)
class TableInfo:
    """Size, version and date range of one table of the lake.

    Attributes:
        rows: number of rows.
        version: newest Delta version.
        first_day: first day of the table's own dates, if it has any.
        last_day: last day of the table's own dates.
    """

    name: str
    rows: int
    version: int
    first_day: date | None
    last_day: date | None


class _LocalTable(DeltaTable):  # type: ignore[misc]  # mypy does not follow the Delta library
    """A Delta table whose files are named as the file system names them.

    The Delta library percent-encodes blanks and letters beyond ASCII in a folder's path; Polars opens what it is given.
    """

    def file_uris(self, *arguments: Any, **named: Any) -> list[str]:
        """Paths of the data files."""
        return [unquote(path) for path in super().file_uris(*arguments, **named)]


def open_table(
    uri: str, name: str, storage_options: Mapping[str, str] | None = None, version: int | None = None
) -> DeltaTable | None:
    """The Delta table behind a canonical table, or None where the lake has none.

    Raises:
        NotFoundError: the version asked for does not exist.
        DataError: the table's log is damaged.
        UnreachableLakeError: the object store does not answer.
    """
    place, options = join_uri(checked_uri(uri), name), dict(storage_options or {})
    # asked first, because a lake without the table is usual and no error, unlike a table that cannot be opened
    if not _is_table(uri, place, options):
        return None
    try:
        table = DeltaTable if is_remote(place) else _LocalTable
        return table(place, version=version, storage_options=options)
    except DeltaError as error:
        # the library raises the same error for a damaged log and for a version that does not exist
        newest = _newest(place, options)
        if version is None or newest is None:
            first = str(error).splitlines()[0].rstrip(".")
            raise DataError(
                f"table {name} of the lake {uri} cannot be opened: {first}. Its log is damaged: restore "
                f"{name}/_delta_log, or ingest the dataset into a new lake (--lake)."
            ) from error
        if (erased := _erased(uri, name, version, options)) is not None:
            raise erased from error
        raise NotFoundError(
            f"table {name} has no version {version} in the lake {uri}; got versions up to {newest}. "
            "Use one of those, or leave the version out for the newest."
        ) from error


def _is_table(uri: str, place: str, options: dict[str, str]) -> bool:
    try:
        return bool(DeltaTable.is_deltatable(place, storage_options=options))
    except OSError as error:
        if not is_remote(uri):
            raise
        # the library prints its chain of causes in colours
        causes = re.sub(r"\x1b\[[0-9;]*m|↳", "", str(error)).splitlines()
        why = "; ".join(line.strip().rstrip(".") for line in causes if line.strip())
        raise UnreachableLakeError(
            f"the lake {uri} cannot be reached: {why}. Check lake_uri (the bucket must be there) and storage_options "
            "in the settings (address, region and keys of the store)."
        ) from error


def erased_versions(uri: str, storage_options: Mapping[str, str] | None = None) -> dict[str, tuple[int, date]]:
    """Table -> first version that is still there and the day on which those before it were erased by request."""
    rows = read_list(uri, "erased_versions", storage_options or {})
    return {} if rows is None else {name: (first, day) for name, first, day in rows.iter_rows()}


def _erased(uri: str, name: str, version: int, options: Mapping[str, str]) -> NotFoundError | None:
    first, day = erased_versions(uri, options).get(name, (0, None))
    if day is None or version >= first:
        return None
    return NotFoundError(
        f"version {version} of table {name} was erased on {day}, by somebody's request or by the retention of the "
        f"settings: personal data left every version before {first}. The model or run that names it stays usable; it "
        "cannot be trained again on the same rows.",
        {"table": name, "version": version, "erased_on": day.isoformat()},
    )


def _newest(place: str, options: dict[str, str]) -> int | None:
    try:
        newest: int = DeltaTable(place, storage_options=options).version()
    except DeltaError:
        return None
    return newest


@dataclass(frozen=True)
class DataFile:
    """A data file of a local table, as the table's log describes it.

    Attributes:
        path: where it should be.
        size: bytes it should have.
        rows: rows it should have.
    """

    path: Path
    size: int
    rows: int


def local_files(table: DeltaTable) -> list[DataFile]:
    """The data files of a table's opened version, whether they exist or not; for tables in a local folder."""
    root = local_folder(table)
    entries = pl.DataFrame(table.get_add_actions(flatten=True)).select("path", "size_bytes", "num_records")
    return [DataFile(root / unquote(path), size, rows) for path, size, rows in entries.iter_rows()]


def local_folder(table: DeltaTable) -> Path:
    """The folder of a table; for tables in a local folder."""
    return Path(unquote(str(table.table_uri).removeprefix("file://")))


def scan_table(table: DeltaTable, name: str, storage_options: Mapping[str, str] | None = None) -> pl.LazyFrame:
    """The rows of an opened Delta table, with canonical columns in their order and types.

    Raises:
        MissingTableError: a required column is absent.
    """
    return conform(pl.scan_delta(table, storage_options=dict(storage_options or {}) or None), TABLES[name])


def scan_if_there(uri: str, name: str, storage_options: Mapping[str, str] | None = None) -> pl.LazyFrame | None:
    """The rows of a table at its newest version, or None where the lake has none.

    Raises:
        DataError: the table's log is damaged.
    """
    table = open_table(uri, name, storage_options)
    return None if table is None else scan_table(table, name, storage_options)


def has_table(uri: str, name: str, storage_options: Mapping[str, str] | None = None) -> bool:
    """Whether the lake has the table.

    Raises:
        DataError: the table's log is damaged.
    """
    return open_table(uri, name, storage_options) is not None


def open_lake(
    uri: str, storage_options: Mapping[str, str] | None = None, versions: Mapping[str, int] | None = None
) -> Dataset:
    """Every table of the lake at its newest version, or exactly the pinned ones.

    Args:
        uri: local folder or object-store URI.
        storage_options: credentials of the object store.
        versions: table -> version, as a `Dataset` logged them; other tables are then left out.

    Raises:
        NotFoundError: there is no lake at the URI, or a pinned table or version is gone.
        DataError: a table's log is damaged.
    """
    tables = {
        name: table
        for name in (TABLES if versions is None else versions)
        if (table := open_table(uri, name, storage_options, (versions or {}).get(name))) is not None
    }
    missing = sorted(set(versions or {}) - set(tables))
    if missing or not tables:
        wanted = f"tables {missing}" if missing else f"any of the tables {sorted(TABLES)}"
        raise NotFoundError(
            f"there is no lake with {wanted} at {uri}. Run `retail-brain ingest DATASET` first, or point --lake at it.",
            {"problem": "lake_missing"},
        )
    frames = {name: scan_table(table, name, storage_options) for name, table in tables.items()}
    versions_found = {name: table.version() for name, table in tables.items()}
    ghosts = read_ghosts(uri, storage_options or {})
    return Dataset(
        frames,
        versions_found,
        shared_cards=read_shared_cards(uri, storage_options or {}),
        ghost_stores=ghosts.stores,
        ghost_products=ghosts.products,
        identity_links=read_identity_links(uri, storage_options or {}),
        files={name: files for name, table in tables.items() if (files := _plain_files(uri, table))},
    )


def _plain_files(uri: str, table: DeltaTable) -> tuple[str, ...]:
    """The data files of a local table, sorted; none where another writer keeps rows beside them (deletion vectors)."""
    beyond = set(table.protocol().reader_features or ()) - {"timestampNtz"}  # times without a zone, as all of ours
    if is_remote(uri) or beyond or table.metadata().partition_columns:
        return ()
    return tuple(sorted(table.file_uris()))


def table_versions(uri: str, storage_options: Mapping[str, str] | None = None) -> dict[str, int]:
    """Newest version of every table that the lake has.

    Raises:
        DataError: a table's log is damaged.
    """
    opened = {name: open_table(uri, name, storage_options, None) for name in TABLES}
    return {name: table.version() for name, table in opened.items() if table is not None}


def describe_lake(uri: str, storage_options: Mapping[str, str] | None = None) -> Iterator[TableInfo]:
    """Yields one entry per table of the lake: rows, version, first and last day.

    Raises:
        NotFoundError: there is no lake at the URI.
        DataError: a table's log is damaged.
    """
    dataset = open_lake(uri, storage_options)
    for name, version in dataset.versions.items():
        day = TABLES[name].observed_at or layout(name).day
        days = pl.col(day).cast(pl.Date) if day else pl.lit(None, dtype=pl.Date)
        rows, first, last = (
            # the table as it is stored: rows of ghosts are in it
            dataset.frames[name].select(pl.len(), days.min().alias("first"), days.max().alias("last")).collect().row(0)
        )
        yield TableInfo(name, rows, version, first, last)
