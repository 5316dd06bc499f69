"""Tables as uncompressed Arrow files, read by position: profile rows, consents, contacts, plans."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa


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


def has_rows(folder: Path, name: str) -> bool:
    """Whether the table was written."""
    return (folder / f"{name}.arrow").exists()


def row_at(frame: pl.DataFrame, row: int) -> dict[str, Any]:
    """One row as column -> value."""
    return frame.row(row, named=True)
