"""Lists of people whom sales know by their names alone: given name and family name together are the id."""

from collections.abc import Iterator, Sequence
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
_OF_THE_LIST: Final = 0.3
"""Share of the ids of a file from which they are those of the list. By judgement: numbers fit a few by chance."""
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
        joined = pl.concat_str(*(pl.col(name).str.strip_chars() for name in pair), separator=mark)
        if share_known(ids, one.sample.select(joined).to_series()) >= _KNOWN:
            return list(pair), mark, _is_unique(one, pair, joined)
    return None


def _is_unique(one: LookedAt, pair: tuple[str, str], joined: pl.Expr) -> bool:
    """Whether no two people of the whole list share a name, however long it is; upper and lower case are alike."""
    schema = one.table.frame.collect_schema()
    is_text = all(schema.get(name) == pl.String for name in pair)
    rows = one.table.frame if is_text else one.sample.lazy()  # texts of other types are those of the sample
    names = rows.select(joined.str.to_lowercase()).drop_nulls().collect(engine="streaming").to_series()
    return not names.is_duplicated().any()


def files_by_list_id(one: LookedAt, own: str, looked: Sequence[LookedAt]) -> list[str]:
    """Names of the other files that name people by the id of a list, such as one of consents.

    Args:
        one: the list.
        own: the column of its ids.
        looked: all files.
    """
    ids = one.sample[own].cast(pl.String).drop_nulls().unique()
    return [other.path.name for other in looked if other is not one and _names_by(ids, other)]


def _names_by(ids: pl.Series, other: LookedAt) -> bool:
    """Whether a file names people by the ids of a list; of a file of consents one such id is enough."""
    if "customer" not in other.columns.roles:
        return False
    theirs = other.sample[other.columns.roles["customer"]].cast(pl.String).drop_nulls().unique()
    known = share_known(theirs, ids)
    return known > 0 if other.proposal.table == "consents" else known >= _OF_THE_LIST


def _pairs(one: LookedAt) -> Iterator[tuple[tuple[str, str], str]]:
    texts = [
        name
        for name, seen in one.columns.seen.items()
        if seen.filled == 1 and not (seen.numbers or seen.dates) and one.sample[name].dtype == pl.String
    ]
    for pair in permutations(texts[:_MOST_COLUMNS], 2):
        for mark in _MARKS:
            yield pair, mark
