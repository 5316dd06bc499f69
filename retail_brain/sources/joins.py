"""Joins rows with the one row in other files that they belong to, such as the lines of receipts with their heads."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import polars as pl

from retail_brain.errors import DataError
from retail_brain.sources.base import RawTable
from retail_brain.sources.column_names import find_column
from retail_brain.sources.shaping import with_counts


def joined_with(
    raw: RawTable, other: RawTable, on: Mapping[str, str], columns: Mapping[str, str], *, optional: bool
) -> RawTable:
    """The rows with columns of the row in `other` that has the same key; of several such rows the first counts.

    Keys are compared as text without blanks round them.

    Args:
        raw: the rows.
        other: the table with one row per key.
        on: column of the rows -> column of the other table.
        columns: name of the new column -> column of the other table.
        optional: whether rows without a partner stay, with blanks; otherwise they are left out and counted.

    Raises:
        DataError: one of the two lacks a column.
    """
    ours = _found(raw, on)
    theirs = _found(other, on.values())
    further = _found(other, columns.values())
    keys = [f"_key{place}" for place in range(len(on))]
    lookup = other.frame.select(
        *(_text(theirs[name]).alias(key) for key, name in zip(keys, on.values(), strict=True)),
        *(pl.col(further[name]).alias(new) for new, name in columns.items()),
    ).unique(keys, keep="first", maintain_order=True)
    marked = raw.frame.with_columns(_text(ours[name]).alias(key) for key, name in zip(keys, on, strict=True))
    how = "left" if optional else "inner"
    frame = marked.join(lookup, on=keys, how=how, maintain_order="left").drop(keys)  # type: ignore[arg-type]
    if optional:
        return replace(raw, frame=frame)
    reason = pl.lit(f"no row of {other.origin} has their {', '.join(on)}").alias("reason")
    lost = marked.join(lookup, on=keys, how="anti").select(reason.first(), pl.len().cast(pl.Int64).alias("rows"))
    return replace(raw, frame=frame, left_out=with_counts(raw, lost))


def _text(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).str.strip_chars()


def _found(table: RawTable, names: Collection[str]) -> dict[str, str]:
    present = table.frame.collect_schema().names()
    found = {name: find_column(name, present) for name in names}
    missing = [name for name, column in found.items() if column is None]
    if missing:
        raise DataError(f"{table.origin} has no columns {missing} to join by; got {present}. Correct the names.")
    return {name: str(column) for name, column in found.items()}
