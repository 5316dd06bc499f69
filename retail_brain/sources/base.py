"""Types of an opened source: raw tables with any columns and types, before ingest checks them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import polars as pl

from retail_brain.errors import DataError

Rate = Literal["percent", "share", "percent_paid", "share_paid", "tenths_paid"]
"""A discount that is no money: taken off in per cent (15) or as a share (.15), or what was paid of the price before it,
in per cent (85), as a share (.85) or in tenths (8.5, 八五折)."""


@dataclass(frozen=True)
class ColumnFormat:
    """Text format of one column.

    Attributes:
        date_format: strftime pattern of a date or datetime, or several to be tried in order; `excel` for serial days,
            `days since 2025-12-31` for numbers of days, `week` for weeks by their number, `unix` and `unix_ms` for
            seconds and milliseconds since 1970 in UTC; behind the day a time may be `seconds`, `minutes` or `excel`,
            such as `%Y-%m-%d seconds`. None tries the forms that begin with the year.
        decimal: decimal mark.
        time_zone: local zone that values with a zone or offset are converted to; None keeps their wall clock.
        separator: character between the items of a list; None tries the usual ones.
        thousands: mark between groups of three digits; None reads only what is certain.
        strip: units of measure behind numbers, such as `件`.
        source_time_zone: zone of values without an offset where it is not the local one.
        years_ahead: years by which the calendar of dates is ahead of the common one: 543 for Buddhist years.
        is_last_day: whether a date is the last day that a row holds, and the day after it is meant.
        true_values: texts that mean true; None takes the usual words.
        false_values: texts that mean false; None takes the usual words.
        pad: digits of an id of digits, filled up with zeros in front.
        strip_zeros: whether zeros in front of an id of digits go.
        is_total: whether a price is the amount of the whole line, to be divided by the units.
        per: column of the source with the units that a price is of, such as 3 of `3 for 5.00`; None: it is of one.
        before_discount: whether the discount of the line has still to be taken off a price.
        rate: what a discount is where it is no money: a part of the price before it, in per cent or as a share, or the
            part that was paid; None: it is money.
        hundredths: whether money is in cents or another hundredth of the currency.
        thousandths: whether units are in thousandths, such as 1500 for one and a half.
        negate: whether a number has the opposite sign, as in ledgers where a sale takes units out.
    """

    date_format: str | tuple[str, ...] | None = None
    decimal: Literal[".", ","] = "."
    time_zone: str | None = None
    separator: str | None = None
    thousands: str | None = None
    strip: tuple[str, ...] = ()
    source_time_zone: str | None = None
    years_ahead: int = 0
    is_last_day: bool = False
    true_values: tuple[str, ...] | None = None
    false_values: tuple[str, ...] | None = None
    pad: int | None = None
    strip_zeros: bool = False
    is_total: bool = False
    per: str | None = None
    before_discount: bool = False
    rate: Rate | None = None
    hundredths: bool = False
    thousandths: bool = False
    negate: bool = False


MALFORMED: Final = {"reason": pl.String, "line": pl.String}
"""Columns of the lines that cannot be divided into fields."""
LEFT_OUT: Final = {"reason": pl.String, "rows": pl.Int64}
"""Columns of the counts of rows that a source leaves out."""


PER: Final = "_per"
"""Column with the units that the price of a row is of, where a mapping names one."""
FILE_NAME: Final = "_file_name"
"""Column with the name of the file that a row comes from, where a mapping reads it."""
FILE: Final = "_file"
"""Column with the number of the file that a row comes from, where a table comes from several."""


@dataclass(frozen=True)
class FileOptions:
    """How a file of a mapping is read; None means found out.

    Attributes:
        encoding: of text files.
        delimiter: between the fields of text files.
        skip_lines: lines above the header.
        sheet: name of a sheet of a workbook, several to be read one below the other, or `*` for all of them.
        expected: names that the header should hold; the line that holds most of them is the header.
        group_rows: columns for the names that stand in rows of their own above the lines, outermost first.
        named: whether every row gets the name of its file in the column `FILE_NAME`.
        levels: names of the levels of an outline, outermost first, whose rows stand below each other in one column.
        section: number, from 1, of a table in a file of text that has several, each below a header line of its own.
        items: column whose cells hold the lines of an order each, which get a row of their own.
        element: name of a table of an XML file that has several.
    """

    encoding: str | None = None
    delimiter: str | None = None
    skip_lines: int | None = None
    sheet: str | tuple[str, ...] | None = None
    expected: frozenset[str] = frozenset()
    group_rows: tuple[str, ...] = ()
    named: bool = False
    levels: tuple[str, ...] = ()
    section: int | None = None
    items: str | None = None
    element: str | None = None


@dataclass(frozen=True)
class FileTable:
    """A file that was opened.

    Attributes:
        frame: its rows; all columns as text where the file does not tell types.
        malformed: columns `reason` and `line`: lines with more fields than the header.
        left_out: columns `reason` and `rows`: rows taken out, such as totals.
        notes: remarks on its form for the user.
        sections: tables that the file holds below each other, each with a header line of its own.
    """

    frame: pl.LazyFrame
    malformed: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MALFORMED))
    left_out: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LEFT_OUT))
    notes: tuple[str, ...] = ()
    sections: int = 1


def stacked(tables: Sequence[FileTable]) -> FileTable:
    """Tables one below the other; a column that one lacks is null there."""
    if len(tables) == 1:
        return tables[0]
    return FileTable(
        pl.concat([table.frame for table in tables], how="diagonal_relaxed"),
        pl.concat([table.malformed for table in tables]),
        pl.concat([table.left_out for table in tables]).group_by("reason", maintain_order=True).sum(),
        tuple(note for table in tables for note in table.notes),
    )


@dataclass(frozen=True)
class RawTable:
    """A table as its source has it.

    Attributes:
        name: canonical name.
        frame: one row per source row; any columns, any types.
        origin: where it came from, for messages.
        formats: column -> how to read its text.
        left_out: columns `reason` and `rows`: number of rows that the source itself leaves out on purpose.
        malformed: one row per line of text that cannot be split into columns: `reason` and `line`.
        connector: connector of another package whose code runs when rows are read; None for our own readers.
        adds_up: whether rows of one key are parts of its sum, such as movements of stock of a day.
    """

    name: str
    frame: pl.LazyFrame
    origin: str
    formats: Mapping[str, ColumnFormat] = field(default_factory=dict)
    left_out: pl.LazyFrame | None = None
    malformed: pl.DataFrame | None = None
    connector: str | None = None
    adds_up: bool = False


@dataclass(frozen=True)
class Source:
    """An opened dataset; its rows are read later.

    Attributes:
        name: the same at every run; quarantined rows are stored under this name.
        tables: canonical name -> table.
        warnings: sentences for the user, such as files that were ignored.
    """

    name: str
    tables: Mapping[str, RawTable]
    warnings: tuple[str, ...] = ()


def unreadable(origin: str, error: Exception, remedy: str) -> DataError:
    """Wraps an error of a reading library as a `DataError` with its first line and what to do."""
    # Polars adds the whole query plan from the second line on
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return DataError(f"{origin} cannot be read: {first.rstrip('.')}. {remedy}")
