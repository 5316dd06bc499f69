"""Turns an expression over one table into a Polars expression; what needs other tables is answered by the caller."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from features.segments.columns import Columns
from features.segments.expression import (
    And,
    Between,
    Compare,
    Expression,
    History,
    InStores,
    Known,
    Not,
    OneOf,
    Or,
    Value,
)
from retail_brain.errors import ExpressionError

_ORDERED = ("<", "<=", ">", ">=")


@dataclass(frozen=True)
class Condition:
    """An expression over the rows of one table.

    Attributes:
        columns: columns of the table.
        history: answers a condition on history as a Boolean column; None where the table is not about people.
        stores: the ids of the stores that meet a condition; None where stores are what is asked about.
    """

    columns: Columns
    history: Callable[[History], pl.Expr] | None = None
    stores: Callable[[Expression], list[str]] | None = None

    def of(self, expression: Expression) -> pl.Expr:
        """True for the rows that meet the expression, never null.

        Raises:
            ExpressionError: a column is unknown, or a value is of another type than its column.
        """
        match expression:
            case And(items=items):
                return pl.all_horizontal(self.of(item) for item in items)
            case Or(items=items):
                return pl.any_horizontal(self.of(item) for item in items)
            case Not(item=item):
                return ~self.of(item)
            case Compare() | Between() | OneOf() | Known():
                return self._comparison(expression).fill_null(value=False)
            case InStores(column=column, where=where):
                if self.stores is None or self.columns.kind(column) != "text":
                    raise self._misplaced(f"{column} in stores(...)", "a column of store ids of people or purchases")
                return pl.col(column).is_in(self.stores(where)).fill_null(value=False)
            case History():
                if self.history is None:
                    raise self._misplaced(f"{expression.kind}(...)", "people")
                return self.history(expression)

    def _comparison(self, part: Compare | Between | OneOf | Known) -> pl.Expr:
        kind, column = self.columns.kind(part.column), pl.col(part.column)
        if kind == "day":
            column = column.cast(pl.Date)
        match part:
            case Known():
                return column.is_not_null()
            case OneOf(values=values):
                return self._is_among(kind, column, [self.columns.literal(part.column, value) for value in values])
            case Between(low=low, high=high):
                self._check_order(part.column, kind)
                return (column >= self._literal(part.column, low)) & (column <= self._literal(part.column, high))
            case Compare(relation=relation, value=value):
                if relation in _ORDERED:
                    self._check_order(part.column, kind)
                literal = self._literal(part.column, value)
                if kind == "texts":
                    contains = column.list.contains(literal)
                    return contains if relation == "=" else ~contains
                return _related(column, relation, literal)

    def _is_among(self, kind: str, column: pl.Expr, wanted: Sequence[float | str | date | bool]) -> pl.Expr:
        if kind == "texts":
            return pl.any_horizontal(column.list.contains(value) for value in wanted)
        if kind == "number":
            # polars compares no whole numbers with others in a list
            return column.cast(pl.Float64).is_in(pl.Series(wanted, dtype=pl.Float64).implode())
        return column.is_in(pl.Series(wanted).implode())

    def _literal(self, column: str, value: Value) -> pl.Expr:
        return pl.lit(self.columns.literal(column, value))

    def _check_order(self, column: str, kind: str) -> None:
        if kind not in ("number", "day"):
            raise ExpressionError(
                f"column {column!r} of {self.columns.table} has no order (it holds {kind}); got <, > or between. "
                "Compare it with = or in.",
                {"problem": "no_order", "column": column},
            )

    def _misplaced(self, got: str, wanted: str) -> ExpressionError:
        return ExpressionError(
            f"{got} stands in a condition on {self.columns.table}; it is for {wanted}. Move it out.",
            {"problem": "segment_misplaced", "got": got, "table": self.columns.table},
        )


def _related(column: pl.Expr, relation: str, value: pl.Expr) -> pl.Expr:
    match relation:
        case "=":
            return column == value
        case "!=":
            return column != value
        case "<":
            return column < value
        case "<=":
            return column <= value
        case ">":
            return column > value
    return column >= value
