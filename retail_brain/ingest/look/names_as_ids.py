"""Lists of people whom sales know by their names alone: given name and family name together are the id."""

from collections.abc import Iterator
from itertools import permutations
from typing import Final

import polars as pl

from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.shares import share_known

_KNOWN: Final = 0.7
"""Share of the names in sales that the list must hold. By judgement: lists lag behind."""
_LEAST: Final = 5
"""Names in sales below which two columns fit them by chance."""
_MARKS: Final = (" ", ", ", "")
"""What stands between the parts of a name."""
_MOST_COLUMNS: Final = 12
"""Columns of text of which pairs are tried, the first ones: names stand in front."""


def names_of_sales(one: LookedAt, ids: pl.Series) -> tuple[list[str], str, bool] | None:
    """The two columns of a list that together are the names in sales; None where no pair is.

    Args:
        one: the list of people.
        ids: what the sales have for a person.

    Returns:
        The columns in order, what stands between them, and whether every name is of one person.
    """
    if len(ids) < _LEAST:
        return None
    for pair, mark in _pairs(one):
        joined = one.sample.select(pl.concat_str(*(pl.col(name).str.strip_chars() for name in pair), separator=mark))
        names = joined.to_series()
        if share_known(ids, names) >= _KNOWN:
            return list(pair), mark, not names.is_duplicated().any()
    return None


def _pairs(one: LookedAt) -> Iterator[tuple[tuple[str, str], str]]:
    texts = [
        name
        for name, seen in one.columns.seen.items()
        if seen.filled == 1 and not (seen.numbers or seen.dates) and one.sample[name].dtype == pl.String
    ]
    for pair in permutations(texts[:_MOST_COLUMNS], 2):
        for mark in _MARKS:
            yield pair, mark
