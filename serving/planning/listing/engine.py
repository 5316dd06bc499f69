"""Filters, sorts, groups, adds up and pages a frame of lines: one engine for every list of the service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import polars as pl

from retail_brain.errors import ImpossibleError, NotFoundError

Cell = str | float | bool | None


class Kind(StrEnum):
    """What a column holds, and so how it may be asked."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    FLAG = "flag"
    LABELS = "labels"


@dataclass(frozen=True)
class Table:
    """What a list holds.

    Attributes:
        name: of the list.
        columns: columns that may be asked for, with their kinds.
        groups: columns that lines may be grouped by -> the column with the name of a group, or the same column.
        sums: columns that are added up; of flags, lines are counted.
        texts: columns that a search looks into.
        shows: ready filters by name.
        group_order: a sum that groups are sorted by, largest first.
        facts: column to group by -> columns that are the same in all lines of a group, also of lines that a query
            leaves out.
    """

    name: str
    columns: Mapping[str, Kind]
    groups: Mapping[str, str]
    sums: Sequence[str]
    texts: Sequence[str]
    group_order: str
    shows: Mapping[str, pl.Expr] = field(default_factory=dict)
    facts: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """A condition on a column; what is given of it must all hold.

    Attributes:
        column: of the list.
        any_of: values, None for empty; of labels one must be there.
        none_of: values, None for empty, that it must not have.
        at_least, at_most: of numbers and days.
    """

    column: str
    any_of: Sequence[Cell] | None = None
    none_of: Sequence[Cell] | None = None
    at_least: Cell = None
    at_most: Cell = None


@dataclass(frozen=True)
class Query:
    """A question to a list.

    Attributes:
        where: conditions that all hold.
        search: words, each of which is part of a name or id of the line.
        show: a ready filter of the table; None for all lines.
        sort: columns with whether they descend; empty ends last.
        group_by: a column of `Table.groups`.
    """

    where: Sequence[Condition] = ()
    search: str = ""
    show: str | None = None
    sort: Sequence[tuple[str, bool]] = ()
    group_by: str | None = None


@dataclass(frozen=True)
class Listing:
    """An answered question.

    Attributes:
        rows: lines that are left, in the order of the frame; all its columns.
        order: places in `rows` as they are sorted; None where `rows` are in order.
        totals: lines and sums over `rows`.
        groups: one row per group: `key`, `name`, lines and sums; None where none was asked for.
        shows: lines per ready filter, before it and after all other conditions.
        of: lines of the list before any condition.
    """

    rows: pl.DataFrame
    order: pl.Series | None
    totals: dict[str, Any]
    groups: pl.DataFrame | None
    shows: dict[str, int]
    of: int

    def page(self, offset: int, limit: int) -> pl.DataFrame:
        """Some of the rows as they are sorted."""
        if self.order is None:
            return self.rows.slice(offset, limit)
        return self.rows[self.order.slice(offset, limit)]


def listing(frame: pl.DataFrame, table: Table, query: Query) -> Listing:
    """The lines of a frame that a query asks for, with their sums.

    Args:
        frame: one row per line, with the columns of the table; in the order that holds where none is asked for.
        table: what it holds.
        query: the question.

    Raises:
        NotFoundError: the query names a column or a filter that the list has not.
        ImpossibleError: a column cannot be sorted by, cut at a value, or hold a value.
    """
    _check_query(table, query)
    conditions = [_expression(table, one) for one in query.where]
    words = query.search.lower().split()
    kept = frame.filter(*conditions, *(_mentions(table, word) for word in words)) if conditions or words else frame
    shows = _counted_shows(kept, table)
    rows = kept if query.show is None else kept.filter(table.shows[query.show])
    sums = [pl.len().alias("lines"), *(_sum(table, name) for name in table.sums)]
    unknown = {name: rows[name].null_count() for name in table.sums}
    totals = rows.select(sums).row(0, named=True) | {"unknown": {name: n for name, n in unknown.items() if n}}
    groups = None if query.group_by is None else _grouped(rows, table, query, sums)
    return Listing(rows, _order(rows, query.sort), totals, groups, shows, frame.height)


def _check_query(table: Table, query: Query) -> None:
    """Checks the names in a query against a table.

    Raises:
        NotFoundError: a name is none of the table's; the message lists those.
        ImpossibleError: lines cannot be sorted by a column.
    """
    for one in query.where:
        _known("column", one.column, table.columns, table.name)
    for name, _ in query.sort:
        _known("column", name, table.columns, table.name)
        if table.columns[name] is Kind.LABELS:
            raise ImpossibleError(
                f"lines cannot be sorted by {name!r}, which holds several labels. Sort by another column.",
                {"problem": "listing_sort", "column": name},
            )
    if query.group_by is not None:
        _known("column to group by", query.group_by, table.groups, table.name)
    if query.show is not None:
        _known("filter", query.show, table.shows, table.name)


def _known(what: str, name: str, names: Mapping[str, Any], table: str) -> None:
    if name not in names:
        raise NotFoundError(
            f"{table} has no {what} {name!r}; wanted one of {', '.join(names) or 'none'}.",
            {"problem": "listing_unknown", "table": table, "got": name, "wanted": list(names)},
        )


def _mentions(table: Table, word: str) -> pl.Expr:
    """Whether a word is part of any of the searched texts, which hold small letters."""
    return pl.any_horizontal(
        pl.col(name).str.contains(word, literal=True).fill_null(value=False) for name in table.texts
    )


def _expression(table: Table, condition: Condition) -> pl.Expr:
    kind, column = table.columns[condition.column], pl.col(condition.column)
    parts = []
    if condition.any_of is not None:
        parts.append(_one_of(table, condition, condition.any_of))
    if condition.none_of is not None:
        parts.append(~_one_of(table, condition, condition.none_of))
    for bound, is_least in ((condition.at_least, True), (condition.at_most, False)):
        if bound is None:
            continue
        if kind not in {Kind.NUMBER, Kind.DAY}:
            raise ImpossibleError(
                f"{table.name} cannot be cut at a value of {condition.column!r}, which holds {kind}s; wanted a column "
                "of numbers or days, or any_of.",
                {"problem": "listing_cut", "column": condition.column, "kind": str(kind)},
            )
        value = pl.lit(_value(table, condition.column, bound))
        parts.append((column >= value if is_least else column <= value).fill_null(value=False))
    return pl.all_horizontal(parts)


def _one_of(table: Table, condition: Condition, values: Sequence[Cell]) -> pl.Expr:
    column = pl.col(condition.column)
    wanted = [_value(table, condition.column, one) for one in values if one is not None]
    if table.columns[condition.column] is Kind.LABELS:
        found = pl.any_horizontal([column.list.contains(pl.lit(one)) for one in wanted] or [pl.lit(value=False)])
        return (found | (column.list.len() == 0)) if None in values else found
    found = column.is_in(pl.Series(wanted, dtype=_DTYPES[table.columns[condition.column]]).implode())
    found = found.fill_null(value=False)
    return found | column.is_null() if None in values else found


_DTYPES: dict[Kind, type[pl.DataType]] = {
    Kind.TEXT: pl.String,
    Kind.LABELS: pl.String,
    Kind.NUMBER: pl.Float64,
    Kind.DAY: pl.Date,
    Kind.FLAG: pl.Boolean,
}


def _value(table: Table, column: str, value: Cell) -> Any:
    """A value as the column holds it.

    Raises:
        ImpossibleError: the column cannot hold it.
    """
    kind = table.columns[column]
    if kind is Kind.DAY and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    elif kind is Kind.FLAG and isinstance(value, bool):
        return value
    elif kind is Kind.NUMBER and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif kind in {Kind.TEXT, Kind.LABELS} and isinstance(value, str):
        return value
    examples = {Kind.DAY: "2026-02-28", Kind.FLAG: "true", Kind.NUMBER: "12.5"}
    raise ImpossibleError(
        f"{table.name}: {column!r} holds {kind}s; got {value!r}, wanted such as {examples.get(kind, 'a text')}.",
        {"problem": "listing_value", "value": str(value), "column": column, "kind": str(kind)},
    )


def _sum(table: Table, name: str) -> pl.Expr:
    """The sum of a column, null where every value is unknown; of a flag the number of lines."""
    column = pl.col(name)
    if table.columns[name] is Kind.FLAG:
        return column.sum().cast(pl.Int64).alias(name)
    return pl.when(column.count() > 0).then(column.sum().round(4)).otherwise(None).alias(name)


def _counted_shows(frame: pl.DataFrame, table: Table) -> dict[str, int]:
    if not table.shows:
        return {}
    counts = frame.select(expression.sum().cast(pl.Int64).alias(name) for name, expression in table.shows.items())
    return dict(counts.row(0, named=True))


def _grouped(rows: pl.DataFrame, table: Table, query: Query, sums: Sequence[pl.Expr]) -> pl.DataFrame:
    """One row per group, by the first column of the sort that groups have, else by the table's own."""
    key = query.group_by
    assert key is not None
    named = table.groups[key]
    name = (
        pl.col(named).first().cast(pl.String).alias("name") if named != key else pl.lit(None, pl.String).alias("name")
    )
    facts = [pl.col(column).drop_nulls().first() for column in table.facts.get(key, ())]
    made = rows.group_by(pl.col(key).alias("key")).agg(name, *sums, *facts).with_columns(pl.col("key").cast(pl.String))
    by_name = {key, named}
    for column, descending in query.sort:
        if column in by_name:
            return made.sort("name", "key", descending=descending, nulls_last=True)
        if column in table.sums:
            return made.sort(column, "key", descending=[descending, False], nulls_last=True)
    return made.sort(table.group_order, "lines", "key", descending=[True, True, False], nulls_last=True)


def _order(rows: pl.DataFrame, sort: Sequence[tuple[str, bool]]) -> pl.Series | None:
    """Places as sorted: only the lines of a page are then copied, and not all columns of all lines."""
    if not sort:
        return None
    names, descending = [name for name, _ in sort], [falls for _, falls in sort]
    keys = rows.select(names).with_row_index("place")
    return keys.sort(names, descending=descending, nulls_last=True, maintain_order=True)["place"]
