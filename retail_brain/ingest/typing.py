"""Casts the columns of a source to canonical types; values that cannot be cast become null."""

from datetime import date

import polars as pl

from retail_brain.ingest.ids import numbered, tidy_ids
from retail_brain.ingest.moments import EARLIEST_YEAR, date_of, datetime_of
from retail_brain.ingest.numbers import parse_numbers
from retail_brain.sources import ColumnFormat

TRUE_WORDS = ("true", "t", "1", "yes", "y", "ja", "oui", "是")
FALSE_WORDS = ("false", "f", "0", "no", "n", "nein", "non", "否")

_HUNDREDTHS, _THOUSANDTHS = 100, 1000
"""Hundredths of a currency in one of it, and thousandths of a unit."""


def typed(name: str, source: pl.DataType, target: pl.DataType, text: ColumnFormat) -> pl.Expr:
    """Expression that casts a column to its canonical type; null where a value is not of that type.

    Args:
        name: the column.
        source: its type in the source.
        target: the canonical type.
        text: how its text is written.
    """
    column = pl.col(name)
    if isinstance(source, pl.Categorical | pl.Enum):
        column, source = column.cast(pl.String), pl.String()
    if source == pl.Binary:
        column, source = column.cast(pl.String, strict=False), pl.String()
    if target == pl.String:
        return numbered(_id(column) if source == pl.String and _is_id(name) else _string(column, source), text)
    if target == pl.Boolean:
        return _boolean(column, source, text)
    if target in (pl.Date, pl.Datetime):
        moment = date_of(column, source, text) if target == pl.Date else datetime_of(column, source, text)
        day = moment.dt.offset_by("1d") if text.is_last_day else moment
        return pl.when(moment >= date(EARLIEST_YEAR, 1, 1)).then(day)
    return _number(column, source, text) if target == pl.Float64 else _list(column, source, text)


def _is_id(name: str) -> bool:
    """Whether a column holds ids, which are compared with each other, rather than words for people."""
    return name.endswith("_id") or name == "id_value"


def attribute(name: str, source: pl.DataType) -> pl.Expr:
    """Expression that casts a further attribute to a type of the lake; other types become text."""
    column = pl.col(name)
    if source.is_float() or source == pl.Boolean or source in (pl.Date, pl.String):
        return column
    if source.is_integer():
        return column.cast(pl.Int64, strict=False)
    if source.is_decimal():
        return column.cast(pl.Float64)
    if isinstance(source, pl.Datetime):
        return column.dt.replace_time_zone(None).dt.cast_time_unit("us")
    if isinstance(source, pl.List | pl.Array):
        return _list(column, source, ColumnFormat())
    return column.struct.json_encode() if isinstance(source, pl.Struct) else column.cast(pl.String, strict=False)


def _id(column: pl.Expr) -> pl.Expr:
    return column.map_batches(tidy_ids, return_dtype=pl.String)


def _string(column: pl.Expr, source: pl.DataType) -> pl.Expr:
    """Text without surrounding blanks; whole numbers without a decimal part, so that 12.0 is the id "12"."""
    if source.is_float() or source.is_decimal():
        whole = column.cast(pl.Float64) == column.cast(pl.Float64).round(0)
        return (
            pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))
        )
    if source == pl.String:
        stripped = column.str.strip_chars()
        return pl.when(stripped != "").then(stripped)
    if source.is_nested():
        return pl.lit(None, dtype=pl.String)
    return column.cast(pl.String)


def _number(column: pl.Expr, source: pl.DataType, text: ColumnFormat) -> pl.Expr:
    if source == pl.String:
        number = column.map_batches(lambda values: parse_numbers(values, text), return_dtype=pl.Float64)
    elif source.is_numeric() or source == pl.Boolean:
        number = column.cast(pl.Float64, strict=False)
    else:
        return pl.lit(None, dtype=pl.Float64)
    number = number / _HUNDREDTHS if text.hundredths else number
    number = number / _THOUSANDTHS if text.thousandths else number
    return -number if text.negate else number


def _boolean(column: pl.Expr, source: pl.DataType, text: ColumnFormat) -> pl.Expr:
    if (text.true_values or text.false_values) and (source == pl.Boolean or source.is_integer()):
        # a mapping's words hold for these too: true = ["false"] turns a column of refusals
        return _boolean(column.cast(pl.String), pl.String(), text)
    if source == pl.Boolean:
        return column
    if source.is_numeric():
        return pl.when(column.cast(pl.Float64).is_in([0.0, 1.0])).then(column.cast(pl.Float64) == 1)
    if source == pl.String:
        word = column.str.strip_chars().str.to_lowercase()
        true = [item.lower() for item in text.true_values or TRUE_WORDS]
        false = [item.lower() for item in text.false_values or FALSE_WORDS]
        return pl.when(word.is_in(true)).then(pl.lit(value=True)).when(word.is_in(false)).then(pl.lit(value=False))
    return pl.lit(None, dtype=pl.Boolean)


def _list(column: pl.Expr, source: pl.DataType, text: ColumnFormat) -> pl.Expr:
    """A list of ids, also from text such as `a;b`, `a|b` or `["a", "b"]`."""
    if isinstance(source, pl.List | pl.Array):
        listed = column if isinstance(source, pl.List) else column.arr.to_list()
        inner = source.inner
        kind = inner if isinstance(inner, pl.DataType) else inner()
        return listed.list.eval(_string(pl.element(), kind)).list.drop_nulls()
    if source == pl.String:
        plain = column.str.strip_chars("[] \t").str.replace_all(r"[\"']", "")
        if text.separator is None:
            plain = plain.str.replace_all(r"[;|,，；]", ";")
        items = plain.str.split(text.separator or ";").list.eval(pl.element().str.strip_chars())
        return items.list.eval(pl.element().filter(pl.element() != ""))
    return pl.lit(None, dtype=pl.List(pl.String))
