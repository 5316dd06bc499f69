"""Columns that a segment may name, and literals checked against their types."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

import polars as pl

from features.segments.expression import RelativeDay, Value
from retail_brain.errors import ExpressionError

_KINDS = {"number": "a number", "text": "text", "day": "a day", "switch": "true or false", "texts": "a list of text"}


@dataclass(frozen=True)
class Columns:
    """Columns of one table that an expression is about.

    Attributes:
        table: what a row is, for messages: `people`, `bought`, `stores` ...
        types: name -> type, in the order of the table.
        as_of: the day that `today` means.
    """

    table: str
    types: Mapping[str, pl.DataType]
    as_of: date

    def kind(self, column: str) -> str:
        """`number`, `text`, `day`, `switch` or `texts` (a list).

        Raises:
            ExpressionError: there is no such column, or it cannot be compared.
        """
        if column not in self.types:
            same = [name for name in self.types if name.lower() == column.lower()]
            nearest = same or get_close_matches(column.lower(), self.types, n=3, cutoff=0.6)
            like = f"; the nearest are {', '.join(nearest)}" if nearest else ", and none is like it"
            raise ExpressionError(
                f"there is no column {column!r} of {self.table}{like}. "
                "`retail-brain segments columns` lists all of them.",
                {"problem": "unknown_column", "column": column, "nearest": nearest},
            )
        found = _kind(self.types[column])
        if found is None:
            raise ExpressionError(
                f"column {column!r} of {self.table} holds {self.types[column]}, which segments cannot compare. "
                "Use another column.",
                {"problem": "not_comparable", "column": column},
            )
        return found

    def literal(self, column: str, value: Value) -> float | str | date | bool:
        """A value as the column's type.

        Raises:
            ExpressionError: the value is of another type.
        """
        kind = self.kind(column)
        typed = _typed(kind, value, self.as_of)
        if typed is None:
            got = "today" if isinstance(value, RelativeDay) else repr(value)
            example = {"number": "100", "text": '"tea"', "day": "2026-02-28 or today - 30", "switch": "true"}
            raise ExpressionError(
                f"column {column!r} of {self.table} holds {_KINDS[kind]}; got {got}. "
                f"Write a value such as {example.get(kind, example['text'])}.",
                {"problem": f"wrong_type_{kind}", "column": column, "got": got},
            )
        return typed

    def comparable(self) -> dict[str, str]:
        """Column -> kind, of the columns that an expression may name."""
        kinds = {name: _kind(kind) for name, kind in self.types.items()}
        return {name: kind for name, kind in kinds.items() if kind is not None}


def _kind(kind: pl.DataType) -> str | None:
    if kind.is_numeric():
        return "number"
    if kind == pl.String or isinstance(kind, pl.Categorical | pl.Enum):
        return "text"
    if kind == pl.Date or isinstance(kind, pl.Datetime):
        return "day"
    if kind == pl.Boolean:
        return "switch"
    return "texts" if kind == pl.List(pl.String) else None


def _typed(kind: str, value: Value, as_of: date) -> float | str | date | bool | None:
    """The value as a literal of a kind of column, or None where it is none."""
    if kind == "day":
        if isinstance(value, RelativeDay):
            return value.on(as_of)
        try:
            return date.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            return None
    # True is an int for Python, but nobody means 1 by it
    if isinstance(value, bool):
        return value if kind == "switch" else None
    if isinstance(value, str):
        return value if kind in ("text", "texts") else None
    return value if kind == "number" and isinstance(value, int | float) else None
