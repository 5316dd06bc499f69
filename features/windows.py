"""Expressions for time windows that end with `as_of` (the last visible day, included), for ratios and trends."""

from datetime import date, timedelta

import polars as pl


def day(column: str) -> pl.Expr:
    """The business day of a date or datetime column."""
    return pl.col(column).cast(pl.Date)


def until(column: str, as_of: date) -> pl.Expr:
    """Whether the row is dated on or before `as_of`; rows without a date are visible at any time."""
    return pl.col(column).is_null() | in_days(column, None, as_of)


def within(column: str, as_of: date, days: int, *, before: int = 0) -> pl.Expr:
    """Whether the row is in the half-open window [end - days, end) with end = as_of + 1 day - before days.

    Args:
        column: a date or datetime column.
        as_of: last visible day.
        days: length of the window in days.
        before: days before `as_of` at which the window ends; 28 gives the window just before the last 28 days.

    >>> days = pl.DataFrame({"day": [date(2025, 1, 1), date(2025, 1, 25), date(2025, 1, 31)]})
    >>> days.select(within("day", date(2025, 1, 31), 7)).to_series().to_list()
    [False, True, True]
    """
    last = as_of - timedelta(days=before)
    return in_days(column, last - timedelta(days=days - 1), last)


def in_days(column: str, first: date | None, last: date) -> pl.Expr:
    """Whether a date or datetime lies in a span of days, both included; without a first day, before its end.

    No value is made a day for it: a reader can then leave out the parts of files whose values all lie elsewhere.

    >>> days = pl.DataFrame({"day": [date(2025, 1, 1), date.max, None]})
    >>> days.select(in_days("day", None, date.max)).to_series().to_list()
    [True, True, None]
    """
    at = pl.col(column)
    # after the last day of the calendar nothing lies, and no day follows it that could be an end
    until_end = at >= pl.lit(date.min) if last == date.max else at < pl.lit(last + timedelta(days=1))
    return until_end if first is None else (at >= pl.lit(first)) & until_end


def days_since(column: str, as_of: date) -> pl.Expr:
    """Whole days from the column's day to `as_of`."""
    return (pl.lit(as_of) - day(column)).dt.total_days().cast(pl.Int32)


def trend(recent: str, previous: str) -> pl.Expr:
    """Change between two amounts as (recent - previous) / (recent + previous), from -1 to 1; 0 where both are 0."""
    total = pl.col(recent) + pl.col(previous)
    change = (pl.col(recent) - pl.col(previous)) / total
    return pl.when(total > 0).then(change.clip(-1.0, 1.0)).otherwise(0.0)


def ratio(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Numerator / denominator; null, not NaN or infinite, where the denominator is 0.

    >>> pl.DataFrame({"a": [1, 1], "b": [4, 0]}).select(ratio(pl.col("a"), pl.col("b"))).to_series().to_list()
    [0.25, None]
    """
    return pl.when(denominator != 0).then(numerator / denominator)


def records_of_kind(records: pl.LazyFrame, kind: str) -> pl.LazyFrame:
    """Rows of a record table with one value of `record`, cached while the query runs: many features start from them."""
    return records.filter(pl.col("record") == kind).cache()
