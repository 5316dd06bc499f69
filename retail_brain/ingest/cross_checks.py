"""Cross-checks staged rows against the lake: ids that refer to no row of their table."""

from collections.abc import Mapping

import polars as pl

from retail_brain.ingest.staging import Staged
from retail_brain.lake import scan_if_there
from retail_brain.tables import TABLES


def unknown_ids(name: str, staged: Mapping[str, Staged], uri: str, options: Mapping[str, str]) -> dict[str, int]:
    """Column -> rows of the staged table whose id is in neither the dataset nor the lake.

    Columns that refer to a table that exists nowhere are left out.

    Args:
        name: the table.
        staged: all tables of the dataset.
        uri: the lake.
        options: credentials of the object store.
    """
    counts = {}
    for column, other in TABLES[name].references.items():
        ids = _ids(other, column, staged, uri, options)
        if ids is None:
            continue
        unknown = staged[name].rows.select(column).drop_nulls().join(ids, on=column, how="anti")
        rows = unknown.select(pl.len()).collect(engine="streaming").item()
        if rows:
            counts[column] = rows
    return counts


def _ids(
    other: str, column: str, staged: Mapping[str, Staged], uri: str, options: Mapping[str, str]
) -> pl.LazyFrame | None:
    """Ids of a table in the dataset and the lake, under the name of the referring column; None without the table."""
    key = TABLES[other].schema.primary_key()[0]
    frames = [staged[other].rows] if other in staged else []
    stored = scan_if_there(uri, other, options)
    frames += [stored] if stored is not None else []
    if not frames:
        return None
    return pl.concat([frame.select(pl.col(key).alias(column)) for frame in frames]).unique()
