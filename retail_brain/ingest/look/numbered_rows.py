"""Columns of numbers that count rows through, such as 1700000001 and 1700000002, which are no seconds since 1970."""

from typing import Final

import polars as pl

from retail_brain.ingest.look.shares import share

_LEAST: Final = 10
"""Rows below which numbers may follow each other by chance."""
_FOLLOW: Final = 0.9
"""Share of the numbers that are one above another of them, from which rows are counted through. By judgement."""


def are_counted_through(values: pl.Series) -> bool:
    """Whether whole numbers are another one on every row and nearly all one above another.

    Sales and clicks of a second repeat it, or leave seconds out.

    >>> are_counted_through(pl.Series([str(1700000000 + number) for number in range(12)]))
    True
    >>> are_counted_through(pl.Series([str(1700000000 + 7 * number) for number in range(12)]))
    False
    """
    numbers = values.drop_nulls().cast(pl.String).cast(pl.Int64, strict=False)
    if len(numbers) < _LEAST or numbers.null_count() or numbers.is_duplicated().any():
        return False
    return share(numbers.sort().diff().drop_nulls() == 1) >= _FOLLOW
