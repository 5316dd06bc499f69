"""Keys of a mapping file: where each table and column comes from, and how it is written."""

import re
from typing import Literal, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, model_validator

from retail_brain.sources.base import PER, ColumnFormat, Rate
from retail_brain.sources.date_forms import counted_form
from retail_brain.sources.month_names import without_language


class ColumnMapping(BaseModel):
    """Source of one canonical column, and its text format; docs/ingest.md says what each key means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str | None = None
    columns: tuple[str, ...] = ()
    join: str | None = None
    first_of: tuple[str, ...] = ()
    file_name: str | None = None
    pattern: str | None = None
    blank: tuple[str, ...] = ()
    default: str | None = None
    words: dict[str, str] = Field(default_factory=dict)
    constant: str | int | float | bool | None = None
    format: str | tuple[str, ...] | None = None
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", "'", " "] | None = None
    strip: tuple[str, ...] = ()
    time_zone: str | None = None
    source_time_zone: str | None = None
    years_ahead: int = Field(default=0, ge=-3000, le=3000)
    last_day: bool = False
    separator: str | None = None
    true: tuple[str, ...] | None = None
    false: tuple[str, ...] | None = None
    pad: int | None = Field(default=None, ge=1, le=64)
    strip_zeros: bool = False
    total: bool = False
    per: str | None = None
    before_discount: bool = False
    rate: Rate | None = None
    hundredths: bool = False
    thousandths: bool = False
    negate: bool = False
    type: Literal["text", "number", "integer", "boolean"] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        origins = (self.column, self.constant, self.columns or None, self.first_of or None)
        if sum(origin is not None for origin in origins) > 1 or None not in (self.file_name, self.constant):
            raise ValueError(
                "give one of `column`, `columns`, `first_of`, `file_name` and `constant`; only `file_name` may go with "
                "one of the first three, whose value it is put before"
            )
        if self.file_name is not None and _groups(self.file_name) != 1:
            raise ValueError("`file_name` is a regular expression with one group, such as `^sales-(.+)\\.csv$`")
        if self.pattern is not None and (_groups(self.pattern) != 1 or self.column is None):
            raise ValueError(
                "`pattern` is a regular expression with one group, of a `column`: `^(\\d{4}-\\d{2}-\\d{2})`"
            )
        if self.thousands == self.decimal:
            raise ValueError("`thousands` and `decimal` are the same mark")
        if self.format in ("unix", "unix_ms") and self.time_zone is None:
            raise ValueError("these times are in UTC: give the shops' `time_zone`")
        if self.source_time_zone and not self.time_zone:
            raise ValueError("`source_time_zone` goes with `time_zone`")
        for form in (self.format,) if isinstance(self.format, str) else self.format or ():
            counted_form(form)
            without_language(form)
        for zone in filter(None, (self.time_zone, self.source_time_zone)):
            if zone not in available_timezones():
                raise ValueError(f"there is no time zone {zone!r}; wanted one such as Asia/Shanghai")
        return self

    def names(self, ours: str) -> tuple[str, ...]:
        """The columns of the source that it reads."""
        has_column = self.columns or self.first_of or self.column is not None
        if self.constant is not None or (self.file_name is not None and not has_column):
            return ()
        return self.columns or self.first_of or (self.column or ours,)

    def text_format(self) -> ColumnFormat:
        """How the text of the column is read."""
        return ColumnFormat(
            date_format=self.format,
            decimal=self.decimal,
            time_zone=self.time_zone,
            separator=self.separator,
            thousands=self.thousands,
            strip=self.strip,
            source_time_zone=self.source_time_zone,
            years_ahead=self.years_ahead,
            is_last_day=self.last_day,
            true_values=self.true,
            false_values=self.false,
            pad=self.pad,
            strip_zeros=self.strip_zeros,
            is_total=self.total,
            per=PER if self.per is not None else None,
            before_discount=self.before_discount,
            rate=self.rate,
            hundredths=self.hundredths,
            thousandths=self.thousandths,
            negate=self.negate,
        )


def _groups(pattern: str) -> int:
    """Groups of a regular expression; -1 where it is none."""
    try:
        return re.compile(pattern).groups
    except re.error:
        return -1


class WideMapping(BaseModel):
    """A table with a column per day or per store: what the names of these columns are, and what their cells."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: str
    values: str
    columns: str | None = None
    beside: dict[str, str] = Field(default_factory=dict)
    called: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if wrong := [name for name in self.beside.values() if "{}" not in name]:
            raise ValueError(f"`beside` names columns by `{{}}`, the name of the column of cells: got {wrong}")
        return self


class ReturnsMapping(BaseModel):
    """Rows that are returns although their units have no minus: by a column, or all rows of some files.

    By its words (`values`), or by its numbers below 0 (`below_zero`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str = ""
    values: tuple[str, ...] | None = None
    below_zero: bool = False
    files: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ways = (self.values is not None) + self.below_zero
        if bool(self.files) == bool(self.column) or ways != bool(self.column):
            raise ValueError(
                "give either `column` with `values` or `below_zero`, or `files` with the names of files; `values = []` "
                "where no value of the column means a return"
            )
        return self


class HeadsMapping(BaseModel):
    """Rows that begin a receipt and are no line: they have a value in `column`; `named` gives columns of theirs names.

    A head may say who bought in the column in which the lines have their goods: `named` is a new column -> that one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    named: dict[str, str] = Field(default_factory=dict)


class FileKeys(BaseModel):
    """How files are opened."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    skip_lines: int | None = Field(default=None, ge=0)
    sheet: str | tuple[str, ...] | None = None
    section: int | None = Field(default=None, ge=1)
    group_rows: tuple[str, ...] = ()
    items: str | None = None
    element: str | None = None


class JoinMapping(FileKeys):
    """Columns of the one row in other files that a row belongs to, such as the order of a line."""

    files: str | tuple[str, ...]
    on: dict[str, str] = Field(min_length=1)
    columns: dict[str, str] = Field(min_length=1)
    optional: bool = False


class TableMapping(FileKeys):
    """Source of one table: exactly one of `files`, `sql` and `source`."""

    files: str | tuple[str, ...] | None = None
    source: str | None = None
    sql: str | None = None
    url: str | None = None
    levels: tuple[str, ...] = ()
    join: tuple[JoinMapping, ...] = ()
    fill_down: tuple[str, ...] = ()
    heads: HeadsMapping | None = None
    wide: WideMapping | None = None
    returns: ReturnsMapping | None = None
    where: str | None = None
    add_up: bool = False
    columns: dict[str, str | ColumnMapping] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(origin is not None for origin in (self.files, self.sql, self.source)) != 1:
            raise ValueError("give either `files` or `sql`, or `source`")
        if self.url is not None and self.sql is None:
            raise ValueError("`url` goes with `sql`")
        if self.returns is not None and not {"units", "unit_price"} <= set(self.columns):
            raise ValueError("`returns` needs the columns `units` and `unit_price`")
        price = self.column("unit_price")
        divided = [ours for ours in self.columns if self.column(ours).per is not None]
        if divided and (divided != ["unit_price"] or price.total or price.before_discount):
            raise ValueError("`per` goes with `unit_price` alone, without `total` and `before_discount`")
        if price.before_discount and "discount" not in self.columns:
            raise ValueError("`before_discount` needs the column `discount`")
        rates = [ours for ours in self.columns if self.column(ours).rate is not None]
        if rates and (rates != ["discount"] or not {"units", "unit_price"} <= set(self.columns)):
            raise ValueError("`rate` goes with `discount` alone, beside `units` and `unit_price`")
        return self

    def column(self, ours: str) -> ColumnMapping:
        """Where a canonical column comes from."""
        given = self.columns.get(ours, ColumnMapping())
        return ColumnMapping(column=given) if isinstance(given, str) else given


class DatasetMapping(BaseModel):
    """A mapping file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = None
    description: str | None = None
    note: str | None = None
    tables: dict[str, TableMapping] = Field(min_length=1)
