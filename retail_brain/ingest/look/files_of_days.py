"""Files of one export with a day each in their names: their rows are looked at together, each with the day of its file.

One file of a day shows too little: whether numbers of receipts begin anew every day, and which column tells apart goods
that come twice in a report, the files say together.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.day_of_sales import sales_of_days
from retail_brain.ingest.look.days_in_names import DayInName, day_in_names
from retail_brain.ingest.look.draft import WHERE
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.moments import date_of
from retail_brain.sources import ColumnFormat
from retail_brain.sources.conditions import condition_of

_MOST_ROWS: Final = 20_000
"""Rows of all files that are looked at together, as many as of one file elsewhere."""
_UNDATED: Final = ("", "products", "daily_sales", "transactions")
"""Tables that files of sales without a column of days may seem to feed."""


def with_days_of_files(looked: Sequence[LookedAt], roles: Callable[[pl.DataFrame, str], Columns]) -> list[LookedAt]:
    """The files; those with the same columns, no day in them and one in their names feed sales of these days together.

    Args:
        looked: the files of a dataset.
        roles: finds the roles of the columns of rows, by these and the name of a file.
    """
    groups: dict[tuple[str, ...], list[LookedAt]] = {}
    for one in looked:
        groups.setdefault((one.place[1], *one.columns.seen), []).append(one)
    changed = {one.place: one for members in groups.values() for one in _of_days(members, roles)}
    return [changed.get(one.place, one) for one in looked]


def _of_days(members: Sequence[LookedAt], roles: Callable[[pl.DataFrame, str], Columns]) -> list[LookedAt]:
    """The files with the proposal of all; none where they have days in their rows, or none in their names."""
    names = [one.path.name for one in members]
    is_dated = any("moment" in one.columns.roles or one.proposal.table not in _UNDATED for one in members)
    if is_dated or len(set(names)) < max(len(names), 2):
        return []
    day = day_in_names(names)
    if day is None:
        return []
    sums = next((one.keys[WHERE] for one in members if WHERE in one.keys), None)
    samples = [_without_sums(one, sums) for one in members]
    sample, days = _together(samples, names, day)
    first = max(members, key=lambda one: one.sample.height)
    keys = {**first.keys, WHERE: sums} if sums is not None else first.keys
    joint = replace(first, sample=sample, columns=roles(sample, first.path.stem))
    made = sales_of_days(joint, days, day)
    if made is None:
        return []
    return [
        replace(one, sample=rows, columns=replace(joint.columns, seen=one.columns.seen), keys=keys, proposal=made)
        for one, rows in zip(members, samples, strict=True)
    ]


def _without_sums(one: LookedAt, condition: str | None) -> pl.DataFrame:
    """The rows without the sums that the other files show: one of few rows may not prove its own."""
    if condition is None or WHERE in one.keys:
        return one.sample
    blank = one.sample.with_columns(pl.col(pl.String).fill_null(""))
    is_line = condition_of(condition.strip("'"), blank.schema).fill_null(value=False)
    return one.sample.filter(blank.select(is_line).to_series())


def _together(samples: Sequence[pl.DataFrame], names: Sequence[str], day: DayInName) -> tuple[pl.DataFrame, pl.Series]:
    """The first rows of all files below each other, and the day of each row."""
    most = max(_MOST_ROWS // len(samples), 1)
    heads = [sample.head(most) for sample in samples]
    texts = pl.Series([day.text(name) for name in names])
    written = ColumnFormat(date_format=day.form)
    read = texts.to_frame("v").select(date_of(pl.col("v"), texts.dtype, written)).to_series().cast(pl.String)
    days = pl.concat([pl.repeat(read[place], head.height, eager=True) for place, head in enumerate(heads)])
    return pl.concat(heads, how="diagonal_relaxed"), days
