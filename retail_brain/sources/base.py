"""What every door hands over: tables as they were found, with any columns and types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from retail_brain.errors import DataError


@dataclass(frozen=True)
class ColumnFormat:
    """How the text of one column is to be read.

    Attributes:
        date_format: strftime pattern of a date or datetime; None tries the ISO forms.
        decimal: the mark between units and fractions.
        time_zone: local zone that values with a zone or offset are converted to; None keeps their wall clock.
        separator: what stands between the items of a list.
    """

    date_format: str | None = None
    decimal: Literal[".", ","] = "."
    time_zone: str | None = None
    separator: str | None = None


@dataclass(frozen=True)
class RawTable:
    """A table as its source has it.

    Attributes:
        name: canonical name.
        frame: one row per source row; any columns, any types.
        origin: where it came from, for messages.
        formats: column -> how to read its text.
        left_out: columns `reason` and `rows`: rows that the source itself leaves out on purpose.
        malformed: one row per line that is not a row at all, columns `reason` and `line`.
    """

    name: str
    frame: pl.LazyFrame
    origin: str
    formats: Mapping[str, ColumnFormat] = field(default_factory=dict)
    left_out: pl.LazyFrame | None = None
    malformed: pl.DataFrame | None = None


@dataclass(frozen=True)
class Source:
    """A dataset ready to be read.

    Attributes:
        name: what identifies it between runs; quarantined rows are kept by this name.
        tables: canonical name -> table.
        warnings: what the reader should know, such as files that were ignored.
    """

    name: str
    tables: Mapping[str, RawTable]
    warnings: tuple[str, ...] = ()


def unreadable(origin: str, error: Exception, remedy: str) -> DataError:
    """An error of a reading library as one of ours, with only its first line."""
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return DataError(f"{origin} cannot be read: {first.rstrip('.')}. {remedy}")
