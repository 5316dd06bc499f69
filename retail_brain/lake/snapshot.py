"""Describes the data versions a model was trained on: version, digest, rows and columns of each table."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import polars as pl

from retail_brain.errors import NotFoundError
from retail_brain.lake.layout import checked_uri, join_uri
from retail_brain.lake.reading import open_table, scan_table


@dataclass(frozen=True)
class TableSnapshot:
    """One table of the lake at one version.

    Attributes:
        name: canonical table.
        uri: folder or object-store URI of the Delta table.
        version: of the Delta table.
        digest: 16 hexadecimal digits; equal for the same data files, wherever the lake is stored.
        rows: number of rows of the version.
        columns: type of each column.
    """

    name: str
    uri: str
    version: int
    digest: str
    rows: int
    columns: Mapping[str, pl.DataType]


def table_snapshots(
    uri: str, versions: Mapping[str, int], storage_options: Mapping[str, str] | None = None
) -> list[TableSnapshot]:
    """One entry per table, in the order of `versions`; reads the tables' logs only.

    Args:
        uri: the lake.
        versions: table -> version, as a `Dataset` records them.
        storage_options: credentials of the object store.

    Raises:
        NotFoundError: a table or version is gone.
        DataError: a table's log is damaged.
    """
    return [_snapshot(uri, name, version, storage_options) for name, version in versions.items()]


def _snapshot(uri: str, name: str, version: int, storage_options: Mapping[str, str] | None) -> TableSnapshot:
    table = open_table(uri, name, storage_options, version)
    if table is None:
        raise NotFoundError(f"the lake {uri} has no table {name}. Ingest it, or point --lake at the lake that has it.")
    # file names are random and never used again, so their list names the content without reading it
    files = sorted(PurePosixPath(file).name for file in table.file_uris())
    return TableSnapshot(
        name=name,
        uri=join_uri(checked_uri(uri), name),
        version=version,
        digest=hashlib.sha256("\n".join([name, *files]).encode()).hexdigest()[:16],
        rows=int(table.count()),
        columns=dict(scan_table(table, name, storage_options).collect_schema()),
    )
