"""Finds the words of a column of codes in a list beside it: `DocumentTypeId` 1, 2 and 4 in `DocumentType.csv`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import WHERE, Proposal, both_conditions
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.shares import share_known
from retail_brain.ingest.look.state_columns import MOST_KINDS, column_of, kinds_of
from retail_brain.ingest.look.words import bare_name

_MOST_LISTED = 60
"""Rows of a list of kinds at most. By judgement."""
_ALL_ROWS = "'''TRUE'''"
"""The condition that every row meets."""
_NONE = "0"
"""The code of rows that have no kind yet, which no list holds."""
_BARE_CODES = ("id", "code", "no", "nr", "key", "number", "type", "kind", "status")
"""Names of codes that do not say of what they are."""
_ENDS = ("_id", "_code", "_no", "_nr", "_key", "_ref", "id", "")
"""What may stand behind the name of the list in the name of the column of codes."""


@dataclass(frozen=True)
class KindsListed:
    """A column of codes and the list that names them.

    Attributes:
        column: of codes, beside the sales.
        listed: the list.
        key: column of the list with the codes.
        words: column of the list with the words.
        name: the words beside the sales, such as `DocumentType Name`.
    """

    column: str
    listed: LookedAt
    key: str
    words: str
    name: str


def kinds_listed(sample: pl.DataFrame, found: Columns, others: Sequence[LookedAt]) -> Iterator[KindsListed]:
    """The columns of few codes without a role of which a list in another file has all, and is called like the column.

    Args:
        sample: the rows.
        found: their columns.
        others: the other files.
    """
    for name in sample.columns:
        codes = sample[name].drop_nulls().cast(pl.String).unique()
        if name in found.roles.values() or not 1 < len(codes) <= MOST_KINDS:
            continue
        for one in others:
            if one.sample.height > _MOST_LISTED:
                continue
            keys = (key for key, seen in one.columns.seen.items() if seen.distinct == seen.filled == 1)
            if not _is_called(name, one):  # else the column of the codes is called alike there
                keys = (key for key in keys if bare_name(key) == bare_name(name) not in _BARE_CODES)
            key = next((key for key in keys if share_known(codes.filter(codes != _NONE), one.sample[key]) == 1), None)
            words = _words(one, key) if key else None
            if key is not None and words is not None:
                yield KindsListed(name, one, key, words, f"{one.path.stem} {words}")
                break


def _is_called(column: str, one: LookedAt) -> bool:
    """Whether a column is called like the file of a list, one or many, with or without a word for a code."""
    name, stem = bare_name(column), bare_name(one.path.stem)
    stems = {stem, stem.removesuffix("s"), stem.removesuffix("es"), f"{stem.removesuffix('ies')}y"}
    if any(name.replace("_", "") == f"{one}{end}".replace("_", "") for one in stems for end in _ENDS):
        return True
    bare = name.removesuffix("_id")  # databases write their own letters before the names of their tables
    has_prefix = bare != name and any(one.endswith(f"_{bare}") for one in stems)
    return has_prefix and name in map(bare_name, one.sample.columns)


def _words(one: LookedAt, key: str) -> str | None:
    """The first column of a list with other words on each row."""
    for name, seen in one.columns.seen.items():
        if name != key and seen.distinct == seen.filled == 1 and not seen.numbers and not seen.dates:
            return name
    return None


def ask_about_unlisted(made: Proposal, rows: pl.DataFrame, kind: KindsListed) -> None:
    """Asks about rows whose code no list holds, such as 0 of orders that were never finished: with both readings.

    Args:
        made: the proposal, which gets the question and a `where` without these rows before each that it has.
        rows: of the sales, with the words of the list.
        kind: the codes and their list.
    """
    unlisted = rows.filter(pl.col(kind.column).is_not_null() & pl.col(kind.name).is_null())
    if not unlisted.height:
        return
    codes = kinds_of(unlisted, kind.column)
    kept = f"{column_of(kind.name)} IS NOT NULL"
    ways = made.keys[WHERE].removeprefix("?").split("\n") if WHERE in made.keys else [_ALL_ROWS]
    without = [f"'''{kept}'''" if one == _ALL_ROWS else both_conditions(f"'''{kept}'''", one) for one in ways]
    made.keys[WHERE] = "?" + "\n".join([*without, *ways])
    made.questions.append(
        f"{unlisted.height:,} rows have one of {codes} in {kind.column!r}, which {kind.listed.path.name} does not "
        "name: were they never finished (leave them out, as the first way does), or are they sales (keep them)?"
    )
