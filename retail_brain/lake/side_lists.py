"""Small lists beside the lake's tables, such as cards that are no person's: one Parquet file each."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from retail_brain.files import atomic_path, is_aside
from retail_brain.lake.layout import checked_uri, is_remote, join_uri


def write_list(uri: str, name: str, rows: pl.DataFrame, options: Mapping[str, str]) -> None:
    """Replaces a list of a lake; a lake that never had any rows of it has no list.

    Args:
        uri: the lake.
        name: of the list.
        rows: all rows of it.
        options: credentials of an object store.

    Raises:
        UsageError: the lake's URI is empty.
    """
    # an empty list is written only over one with rows, so that what was corrected counts again
    if not rows.height and not _height(read_list(uri, name, options)):
        return
    write_file(_place(uri, name), rows, options)


def write_file(place: str, rows: pl.DataFrame, options: Mapping[str, str]) -> None:
    """Replaces a Parquet file beside the tables of a lake, as a whole.

    Args:
        place: its path or address.
        rows: all rows of it.
        options: credentials of an object store.
    """
    if is_remote(place):
        rows.write_parquet(place, storage_options=dict(options) or None)
        return
    with atomic_path(Path(place)) as aside:
        rows.write_parquet(aside)


def read_list(uri: str, name: str, options: Mapping[str, str]) -> pl.DataFrame | None:
    """A list of a lake; None where it has none.

    Raises:
        UsageError: the lake's URI is empty.
    """
    place = _place(uri, name)
    if not is_remote(place):
        return pl.read_parquet(place) if Path(place).exists() else None
    try:
        return pl.read_parquet(place, storage_options=dict(options) or None)
    except FileNotFoundError:
        return None


def list_files(folder: str) -> list[Path]:
    """The files of all lists of a lake in a folder."""
    return sorted(path for path in Path(folder).glob("*.parquet") if path.is_file() and not is_aside(path))


def _place(uri: str, name: str) -> str:
    return join_uri(checked_uri(uri), f"{name}.parquet")


def _height(rows: pl.DataFrame | None) -> int:
    return 0 if rows is None else rows.height
