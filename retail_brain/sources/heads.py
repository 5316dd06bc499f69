"""Rows that begin a receipt above its lines and are no line themselves: what they say becomes columns of the lines."""

from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.errors import DataError
from retail_brain.sources.base import LEFT_OUT, RawTable
from retail_brain.sources.column_names import find_column
from retail_brain.sources.mapping_keys import HeadsMapping
from retail_brain.sources.rows_left_out import BLANKS

_IS_HEAD: Final = "_begins_a_receipt"
"""A column of flags, which stays in the table until the heads are taken out."""


def with_heads(raw: RawTable, heads: HeadsMapping) -> RawTable:
    """The table with the columns that heads have of their own, blank on the lines below until they are filled down.

    Args:
        raw: the table.
        heads: which rows are heads, and what their columns are called.

    Raises:
        DataError: the source lacks a column, or has one of the new names already.
    """
    present = raw.frame.collect_schema().names()
    found = {name: find_column(name, present) for name in (heads.column, *heads.named.values())}
    missing = [name for name, column in found.items() if column is None]
    taken = [name for name in heads.named if name in present]
    if missing or taken:
        what = f"no columns {missing}" if missing else f"columns {taken} already, which `heads` is to make"
        raise DataError(f"{raw.origin} has {what}; got {present}. Correct the names in `heads`.")
    is_head = pl.col(str(found[heads.column])).cast(pl.String).str.strip_chars(BLANKS).str.len_chars() > 0
    frame = raw.frame.with_columns(is_head.fill_null(value=False).alias(_IS_HEAD))
    made = (pl.when(_IS_HEAD).then(pl.col(str(found[theirs]))).alias(ours) for ours, theirs in heads.named.items())
    return replace(raw, frame=frame.with_columns(made))


def without_heads(raw: RawTable) -> RawTable:
    """The lines alone, once their blanks are filled from the heads; the heads are counted."""
    counted = raw.frame.select(
        pl.lit("rows that begin a receipt").alias("reason"), pl.col(_IS_HEAD).sum().cast(pl.Int64).alias("rows")
    )
    left_out = pl.concat([*([raw.left_out.select(*LEFT_OUT)] if raw.left_out is not None else []), counted])
    return replace(raw, frame=raw.frame.filter(~pl.col(_IS_HEAD)).drop(_IS_HEAD), left_out=left_out)
