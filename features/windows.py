"""Windows that end with `as_of`: the last day seen, included whole."""

from datetime import date, timedelta

import polars as pl


def day(column: str) -> pl.Expr:
    """The business day of a date or datetime column."""
    return pl.col(column).cast(pl.Date)


def until(column: str, as_of: date) -> pl.Expr:
    """Whether the row lies on or before `as_of`; rows without a date count as always known."""
    return pl.col(column).is_null() | (day(column) <= as_of)


def within(column: str, as_of: date, days: int, *, before: int = 0) -> pl.Expr:
    """Whether the row lies in the half-open window [end - days, end) with end = as_of + 1 day - before days.

    Args:
        column: a date or datetime column.
        as_of: last visible day.
        days: length of the window in days.
        before: how many days before `as_of` the window ends; 28 gives the window just before the last 28 days.
    """
    end = as_of + timedelta(days=1 - before)
    return (day(column) >= end - timedelta(days=days)) & (day(column) < end)


def days_since(column: str, as_of: date) -> pl.Expr:
    """Whole days from the column's day to `as_of`."""
    return (pl.lit(as_of) - day(column)).dt.total_days().cast(pl.Int32)


def trend(recent: str, previous: str) -> pl.Expr:
    """Change between two amounts as (recent - previous) / (recent + previous), from -1 to 1; 0 where both are 0."""
    total = pl.col(recent) + pl.col(previous)
    change = (pl.col(recent) - pl.col(previous)) / total
    return pl.when(total > 0).then(change.clip(-1.0, 1.0)).otherwise(0.0)


def ratio(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """A share or mean that is null, not NaN or infinite, where there is nothing to divide by."""
    return pl.when(denominator != 0).then(numerator / denominator)
