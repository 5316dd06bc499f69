"""Validates a batch of rows: good rows in canonical types, bad rows with reasons and original values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import dataframely as dy
import polars as pl

from retail_brain.ingest.days_to_come import DaysToCome
from retail_brain.ingest.further_columns import SPELLED, names_in_lake
from retail_brain.ingest.ids import are_plain
from retail_brain.ingest.made_prices import MadePrices
from retail_brain.ingest.moments import parse_uniform
from retail_brain.ingest.spreadsheet_ids import LOST, id_columns, shortened_ids, whole_ids
from retail_brain.ingest.typing import attribute, typed
from retail_brain.sources import ColumnFormat
from retail_brain.tables import Table

REASONS = "reasons"
_ROW = "_checked_row"
_KINDS = {
    pl.Float64: "a number",
    pl.Date: "a date like 2025-12-31",
    pl.Datetime: "a time like 2025-12-31 18:30:00",
    pl.Boolean: "true or false",
    pl.List: "a list of ids",
    pl.String: "text",
}
_RULES = {
    "nullability": "missing",
    "nan": "not a number (NaN)",
    "inf": "infinite",
    "min_length": "empty",
    "inner_nullability": "holds an empty item",
    "check": "not one of the known values",
}


@dataclass(frozen=True)
class CheckedBatch:
    """A batch split into good and bad rows.

    Attributes:
        good: canonical columns in order, further attributes last.
        bad: `reasons` and the original values of all columns as text.
    """

    good: pl.DataFrame
    bad: pl.DataFrame


class Checker:
    """Checks the batches of one table."""

    def __init__(
        self,
        table: Table,
        source: pl.Schema,
        formats: Mapping[str, ColumnFormat],
        carried: Sequence[str] = (),
        last: date | None = None,
        stored: Sequence[str] = (),
    ) -> None:
        """Prepares the expressions once for all batches.

        Args:
            table: what a good row is.
            source: columns and types of the source.
            formats: column -> how its text is written.
            carried: columns of the source that good rows keep although the table has none such.
            last: day that a row of observations may have; None: tomorrow in UTC.
            stored: columns that the lake has of the table.
        """
        self._table = table
        self.to_come = DaysToCome(table, last)
        further = [name for name in source if name not in table.types]
        own = [name for name in further if name not in carried] if table.open_attributes else []
        renamed = names_in_lake(own, table.types, stored)
        attributes = {name: name for name in further if name in carried} | renamed
        self._attributes = list(attributes.values())
        self._further = [attribute(name, source[name]).alias(new) for name, new in attributes.items()]
        self._present = {name: kind for name, kind in table.types.items() if name in source}
        self._typed = {
            name: typed(name, source[name], kind, formats.get(name, ColumnFormat())).alias(name)
            for name, kind in self._present.items()
        }
        self._plain_moments = [
            name
            for name, kind in self._present.items()
            if kind in (pl.Date, pl.Datetime)
            and source[name] == pl.String
            and formats.get(name, ColumnFormat()) == ColumnFormat()
        ]
        self._absent = [
            pl.lit(None, dtype=kind).alias(name) for name, kind in table.types.items() if name not in source
        ]
        self._moments = [
            name
            for name, kind in self._present.items()
            if kind in (pl.Date, pl.Datetime) and formats.get(name, ColumnFormat()).time_zone is None
        ]
        self.notes = [
            f"{name} carries the zone {zone}; its wall clock is taken as local time (give time_zone in a mapping to "
            "convert it)"
            for name in self._moments
            if (zone := getattr(source[name], "time_zone", None))
        ] + [f"{name!r} {SPELLED} {new!r}" for name, new in renamed.items() if new != name]
        self._floats = [name for name, kind in self._present.items() if kind == pl.Float64 and source[name].is_float()]
        self.prices = MadePrices(table, source, formats)
        self._ids = [name for name in id_columns(table) if name in self._present]
        self._text_ids = [
            name
            for name in self._ids
            if source[name] == pl.String and formats.get(name, ColumnFormat()) == ColumnFormat()
        ]
        self._schema = _row_schema(table, self._attributes)

    def check(self, batch: pl.DataFrame) -> CheckedBatch:
        """Splits a batch into good and bad rows; no row is lost and none is in both."""
        raw = batch.with_row_index(_ROW)
        plain = frozenset(name for name in self._text_ids if are_plain(batch[name]))
        odd = [name for name in self._ids if name not in plain]
        shaped = raw.select(_ROW, *self._columns(batch, plain), *self._absent, *self._further, *self.prices.typed)
        # pandas writes a missing number as NaN, so it is no error where the column may be missing
        optional = [name for name in self._floats if name in self._table.optional]
        shaped = shaped.with_columns(pl.col(optional).fill_nan(None)) if optional else shaped
        shaped = whole_ids(shaped, odd)
        unreadable = self._unreadable(raw, shaped, odd)
        shaped = self.prices.make(shaped)
        candidates = shaped.join(unreadable, on=_ROW, how="anti") if unreadable.height else shaped
        # nearly every batch is good: one look at the rules copies no row
        if self._schema.is_valid(candidates):
            good, broken = candidates, unreadable.clear()
        else:
            good, failure = self._schema.filter(candidates)
            broken = _broken(failure.details(), candidates.columns, self._table)
        bad = pl.concat([unreadable, broken]).sort(_ROW)
        return CheckedBatch(
            good.select(*self._table.types, *self._attributes),
            bad.join(
                raw.filter(pl.col(_ROW).is_in(bad[_ROW].implode())).select(_ROW, *as_text(batch)),
                on=_ROW,
                how="left",
                maintain_order="left",
            ).drop(_ROW),
        )

    def _columns(self, batch: pl.DataFrame, plain: Collection[str]) -> list[pl.Expr]:
        """The columns that the batch has, in canonical types; plain ids as they are."""
        parsed = {name: parse_uniform(batch[name], self._present[name]) for name in self._plain_moments}
        return [
            pl.lit(column).alias(name)
            if (column := parsed.get(name)) is not None
            else (pl.col(name) if name in plain else expression)
            for name, expression in self._typed.items()
        ]

    def _unreadable(self, raw: pl.DataFrame, shaped: pl.DataFrame, odd: Sequence[str]) -> pl.DataFrame:
        """Rows with a value that is there but not of its type; `odd` are the ids that are not plain."""
        tests = [*self.to_come.test(shaped), *self.prices.test(raw, shaped)]
        for name, kind in self._present.items():
            value = raw[name]
            # most columns lose no value: comparing two counts is cheaper than looking for lost values
            if shaped[name].null_count() == value.null_count():
                continue
            lost = shaped[name].is_null() & value.is_not_null()
            if value.dtype.is_float():
                lost &= value.is_not_nan()
            if value.dtype == pl.String:
                lost &= value.str.strip_chars() != ""
            if lost.any():
                text = f"{name}: not {_KINDS[kind.base_type()]}"
                tests.append(pl.when(pl.lit(lost)).then(pl.lit(text)))
        for name, lost in shortened_ids(shaped, odd).items():
            tests.append(pl.when(pl.lit(lost)).then(pl.lit(f"{name}: {LOST}")))
        for name in self._moments:
            mixed = _utc_among_local(raw[name])
            if mixed is not None:
                text = f"{name}: in UTC while others are local (give time_zone in a mapping)"
                tests.append(pl.when(pl.lit(mixed)).then(pl.lit(text)))
        if not tests:
            return pl.DataFrame(schema={_ROW: raw.schema[_ROW], REASONS: pl.String})
        reasons = pl.concat_str(tests, separator="; ", ignore_nulls=True).alias(REASONS)
        return raw.select(_ROW, reasons).filter(pl.col(REASONS) != "")


def _utc_among_local(value: pl.Series) -> pl.Series | None:
    """Which texts are times in UTC (ending in Z), where others have another offset or none; None where all agree."""
    if value.dtype != pl.String:
        return None
    utc = value.str.strip_chars().str.ends_with("Z").fill_null(value=False)
    return utc if utc.any() and not (utc | value.is_null()).all() else None


def _row_schema(table: Table, attributes: list[str]) -> type[dy.Schema]:
    """The table's schema for rows on their own: keys are compared later, over all batches."""
    # a batch cannot tell whether a key comes again in another one
    columns = table.schema.columns()
    loose = {name: columns[name].with_primary_key(primary_key=False) for name in table.schema.primary_key()}
    further = {_ROW: dy.UInt32(nullable=True), **{name: dy.Any() for name in attributes}}
    return type(f"{table.schema.__name__}Rows", (table.schema,), {**loose, **further})


def _broken(details: pl.DataFrame, columns: list[str], table: Table) -> pl.DataFrame:
    """Rows that break a rule of the schema, with the rules in words."""
    rules = [name for name in details.columns if name not in columns]
    words = [pl.when(_is_reported(rule, rules)).then(pl.lit(_in_words(rule, table))) for rule in rules]
    return details.select(_ROW, pl.concat_str(words, separator="; ", ignore_nulls=True).alias(REASONS))


def _is_reported(rule: str, rules: list[str]) -> pl.Expr:
    """Whether a broken rule is named: a limit is not where the value is NaN or infinite, which breaks it as well."""
    column, _, name = rule.rpartition("|")
    wider = [other for other in (f"{column}|nan", f"{column}|inf") if other in rules and name in {"min", "max"}]
    return pl.all_horizontal(pl.col(rule) == "invalid", *(pl.col(other) != "invalid" for other in wider))


def _in_words(rule: str, table: Table) -> str:
    column, _, name = rule.rpartition("|")
    if not column:
        return name.replace("_", " ")
    bound = getattr(table.schema.columns()[column], name, None)
    limits = {"min": f"below {bound}", "max": f"above {bound}", "min_exclusive": f"not above {bound}"}
    return f"{column}: {limits.get(name) or _RULES.get(name) or name.replace('_', ' ')}"


def as_text(batch: pl.DataFrame) -> list[pl.Expr]:
    """Every column of a frame as text, whatever its type."""
    return [
        pl.col(name).cast(pl.List(pl.String)).list.join(";")
        if isinstance(kind, pl.List)
        else attribute(name, kind).cast(pl.String, strict=False)
        for name, kind in batch.schema.items()
    ]
