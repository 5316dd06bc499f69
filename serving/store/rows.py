"""Tables as uncompressed Arrow files, read by position: profile rows, consents, contacts, plans."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from retail_brain.decisions.frame_memo import FrameMemo


def write_rows(folder: Path, name: str, frame: pl.DataFrame) -> None:
    """Writes a frame as `NAME.arrow`; uncompressed, since compressed buffers cannot be mapped."""
    frame.rechunk().write_ipc(folder / f"{name}.arrow", compression="uncompressed")


def map_rows(folder: Path, name: str) -> pl.DataFrame:
    """Maps `NAME.arrow` as a frame; all processes share its pages."""
    table = pa.ipc.open_file(pa.memory_map(str(folder / f"{name}.arrow"))).read_all()
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def completed(frame: pl.DataFrame, schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    """The table with nulls in the columns of `schema` that an older version did not publish."""
    later = {name: kind for name, kind in schema.items() if name not in frame.columns}
    return frame.with_columns(pl.lit(None, kind).alias(name) for name, kind in later.items())


def rows_of_store(frame: pl.DataFrame, store_id: str, columns: Sequence[str], memo: FrameMemo) -> pl.DataFrame:
    """The rows that name a store in one of some columns, in their order.

    Complexity: the places of all stores' rows are found once and remembered; then a bisection and the rows themselves.

    Args:
        frame: of many stores; it is told from others by identity.
        store_id: the store.
        columns: that name stores.
        memo: remembers the places.
    """
    places = memo.get((frame,), ("rows by store", *columns), lambda: _rows_by_store(frame, columns))
    place = places["store"].search_sorted(store_id)
    if place == places.height or places["store"][place] != store_id:
        return frame.clear()
    found: pl.DataFrame = frame[places["rows"][place]]
    return found


def _rows_by_store(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """One row per store, in order: `store`, `rows` (list of places in the frame, ascending)."""
    numbered = frame.select(*columns).with_row_index("rows")
    parts = [numbered.select("rows", store=column) for column in columns]
    return pl.concat(parts).drop_nulls().unique().group_by("store").agg(pl.col("rows").sort()).sort("store")


def has_rows(folder: Path, name: str) -> bool:
    """Whether the table was written."""
    return (folder / f"{name}.arrow").exists()


def row_at(frame: pl.DataFrame, row: int) -> dict[str, Any]:
    """One row as column -> value."""
    return frame.row(row, named=True)
