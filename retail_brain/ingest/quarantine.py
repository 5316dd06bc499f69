"""Writes quarantined rows: one file per table in the lake, with reasons, dataset and original values."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from retail_brain.ingest.checking import REASONS
from retail_brain.lake.layout import QUARANTINE, checked_uri, is_remote, join_uri
from retail_brain.lake.side_lists import write_file

DATASET = "dataset"
SET_ASIDE_ON = "set_aside_on"
"""Column with the day on which a row was first set aside, as text; empty in rows of versions that did not note it."""


def write_quarantine(
    uri: str, name: str, dataset: str, bad: pl.DataFrame, options: Mapping[str, str], today: date
) -> None:
    """Replaces the quarantined rows of a dataset's table; those of other datasets stay.

    A row that was corrected in the dataset is therefore gone from quarantine after the next ingest.

    Args:
        uri: the lake.
        name: the table.
        dataset: name of the dataset that the rows came from.
        bad: column `reasons` and the original values as text.
        options: credentials of the object store.
        today: day of the ingest; a row that was set aside before keeps its day.
    """
    before = read_quarantine(uri, name, options)
    own = bad.select(pl.lit(dataset).alias(DATASET), REASONS, pl.exclude(REASONS))
    own = own.with_columns(_first_days(own, before).fill_null(today.isoformat()).alias(SET_ASIDE_ON))
    others = before.filter(pl.col(DATASET) != dataset) if before is not None else None
    after = own if others is None else pl.concat([others, own], how="diagonal_relaxed")
    # an ingest that changes nothing leaves the file untouched, its time stamp included
    if (before is None and not bad.height) or (before is not None and _same(before, after)):
        return
    replace_quarantine(uri, name, after, options)


def replace_quarantine(uri: str, name: str, rows: pl.DataFrame, options: Mapping[str, str]) -> None:
    """Writes all quarantined rows of a table anew."""
    write_file(join_uri(checked_uri(uri), QUARANTINE, f"{name}.parquet"), rows, options)


def read_quarantine(uri: str, name: str, options: Mapping[str, str]) -> pl.DataFrame | None:
    """The quarantined rows of a table, of all datasets; None where there never were any."""
    place = join_uri(checked_uri(uri), QUARANTINE, f"{name}.parquet")
    if not is_remote(place):
        return pl.read_parquet(place) if Path(place).exists() else None
    try:
        return pl.read_parquet(place, storage_options=dict(options) or None)
    except FileNotFoundError:
        return None


def _first_days(rows: pl.DataFrame, before: pl.DataFrame | None) -> pl.Series:
    """The day on which each row was first set aside; null for one that is new."""
    none = pl.Series(SET_ASIDE_ON, [None] * rows.height, dtype=pl.String)
    if before is None or SET_ASIDE_ON not in before.columns or not set(rows.columns) <= set(before.columns):
        return none
    days = before.group_by(rows.columns).agg(pl.col(SET_ASIDE_ON).min())
    joined = rows.join(days, on=rows.columns, how="left", nulls_equal=True, maintain_order="left")
    return joined[SET_ASIDE_ON]


def _same(before: pl.DataFrame, after: pl.DataFrame) -> bool:
    return before.columns == after.columns and before.equals(after)
