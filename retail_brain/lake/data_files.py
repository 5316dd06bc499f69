"""Data files in the form of the lake, written once while rows are checked and taken over by a commit as they are."""

import json
import math
import shutil
import time
import uuid
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
from deltalake.transaction import AddAction
from pyarrow import parquet

LONGEST_STATISTIC = 64
"""Characters of a text up to which it stands in the statistics of a file, as the Delta library has it."""


def arrow_schema(frame: pl.LazyFrame | pl.DataFrame) -> pa.Schema:
    """Arrow types of the lake's files: large strings, because pyarrow, pandas and Daft filter no string views."""
    return frame.lazy().head(0).collect().to_arrow(compat_level=pl.CompatLevel.oldest()).schema


def write_data_file(rows: pl.DataFrame, path: Path) -> None:
    """Writes rows as the lake stores them.

    Args:
        rows: columns of a table, in the types of the lake.
        path: of the file.
    """
    rows.write_parquet(path, compression="zstd", compression_level=1, arrow_schema=arrow_schema(rows))


def place_files(files: Sequence[Path], folder: Path) -> list[AddAction]:
    """Puts data files into the folder of a local table under names of their own; returns what a commit adds.

    They are linked where both lie on one file system and copied otherwise. Until a commit names them they are orphans.

    Args:
        files: written by `write_data_file`.
        folder: of the table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    actions = []
    told = [(file, _statistics(file)) for file in files]
    for number, (file, statistics) in enumerate((file, found) for file, found in told if found["numRecords"]):
        # names are never used again: a table's snapshot is told by the names of its files
        name = f"part-{number:05}-{uuid.uuid4()}-c000.zstd.parquet"
        try:
            (folder / name).hardlink_to(file)
        except OSError:
            shutil.copyfile(file, folder / name)
        size, moment = (folder / name).stat().st_size, time.time_ns() // 1_000_000
        actions.append(AddAction(name, size, {}, moment, data_change=True, stats=json.dumps(statistics)))
    return actions


def _statistics(file: Path) -> dict[str, Any]:
    """Rows, smallest and largest values and nulls of a file, in Delta's words, from the file's own footer."""
    footer = parquet.read_metadata(file)
    least: dict[str, Any] = {}
    most: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    for position, name in enumerate(footer.schema.names):
        column = footer.schema.column(position)
        groups = [footer.row_group(number).column(position).statistics for number in range(footer.num_row_groups)]
        if column.path != name or column.max_repetition_level or any(group is None for group in groups):
            continue
        nulls[name] = sum(group.null_count for group in groups)
        bounds = [group for group in groups if group.has_min_max]
        # a group of nulls alone has no bounds, and takes nothing away from those of the others
        if bounds and all(group.has_min_max or group.num_values == 0 for group in groups):
            low, high = min(group.min for group in bounds), max(group.max for group in bounds)
            if _is_told(low) and _is_told(high):
                least[name], most[name] = _told(low), _told(high)
    return {"numRecords": footer.num_rows, "minValues": least, "maxValues": most, "nullCount": nulls}


def _is_told(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float | date):
        return False
    if isinstance(value, str):
        return len(value) <= LONGEST_STATISTIC
    return not isinstance(value, float) or math.isfinite(value)


def _told(value: Any) -> Any:
    return str(value) if isinstance(value, date | datetime) else value
