"""Casts the columns of a source to canonical types; values that cannot be cast become null."""

import polars as pl

from retail_brain.sources import ColumnFormat

_DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日")
_TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%Y%m%d%H%M%S",
)
_EARLIEST_YEAR = 1900
"""Anything earlier is a misread form, such as a year of two digits."""
LATEST_YEAR = 2200
"""Nothing was observed later: 9999-12-31 in a sale is a placeholder, and would become the last day of the data."""

_OFFSET = r"(?:[+-]\d{2}:?\d{2}|Z)$"
_TRUE, _FALSE = ("true", "t", "1", "yes", "y", "是"), ("false", "f", "0", "no", "n", "否")


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
    if target == pl.String:
        return _string(column, source)
    if target == pl.Boolean:
        return _boolean(column, source)
    if target in (pl.Date, pl.Datetime):
        moment = _date(column, source, text) if target == pl.Date else _datetime(column, source, text)
        return pl.when(moment.dt.year() >= _EARLIEST_YEAR).then(moment)
    return _number(column, source, text) if target == pl.Float64 else _list(column, source, text)


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


def parse_uniform(values: pl.Series, target: pl.DataType) -> pl.Series | None:
    """Parses dates or times in the format of the first value, several times faster than trying every format.

    Returns:
        The parsed column, or None where some value has another format: `typed` tries them all.

    >>> parse_uniform(pl.Series(["2025-01-31", "2025-02-01"]), pl.Date()).to_list()
    [datetime.date(2025, 1, 31), datetime.date(2025, 2, 1)]
    >>> parse_uniform(pl.Series(["2025-01-31", "20250201"]), pl.Date()) is None
    True
    """
    present = values.drop_nulls()
    for form in (*_TIME_FORMATS, *_DATE_FORMATS) if len(present) else ():
        parse = _parse_date if form in _DATE_FORMATS else _parse_time
        if parse(present.head(1), form).null_count() == 0:
            parsed = parse(values, form).cast(target)
            plausible = (parsed.dt.year() >= _EARLIEST_YEAR).all()
            return parsed if parsed.null_count() == values.null_count() and plausible else None
    return None


def _parse_date(values: pl.Series, form: str) -> pl.Series:
    return values.str.to_date(form, strict=False)


def _parse_time(values: pl.Series, form: str) -> pl.Series:
    return values.str.to_datetime(form, time_unit="us", strict=False)


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
    if source == pl.Binary:
        return column.cast(pl.String, strict=False)
    if source.is_nested():
        return pl.lit(None, dtype=pl.String)
    return column.cast(pl.String)


def _number(column: pl.Expr, source: pl.DataType, text: ColumnFormat) -> pl.Expr:
    if source == pl.String:
        plain = column.str.strip_chars()
        if text.decimal == ",":
            # with a decimal comma, dots divide thousands
            plain = plain.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
        return plain.cast(pl.Float64, strict=False)
    if source.is_numeric() or source == pl.Boolean:
        return column.cast(pl.Float64, strict=False)
    return pl.lit(None, dtype=pl.Float64)


def _date(column: pl.Expr, source: pl.DataType, text: ColumnFormat) -> pl.Expr:
    if source == pl.Date:
        return column
    if source.is_integer():
        return _parsed_date(column.cast(pl.String), text)
    if source == pl.String:
        return pl.coalesce(_parsed_date(column.str.strip_chars(), text), _datetime(column, source, text).dt.date())
    if isinstance(source, pl.Datetime):
        return _datetime(column, source, text).dt.date()
    return pl.lit(None, dtype=pl.Date)


def _parsed_date(column: pl.Expr, text: ColumnFormat) -> pl.Expr:
    formats = (text.date_format,) if text.date_format else _DATE_FORMATS
    return pl.coalesce(*[column.str.to_date(form, strict=False) for form in formats])


def _datetime(column: pl.Expr, source: pl.DataType, text: ColumnFormat) -> pl.Expr:
    if source == pl.Date:
        return column.cast(pl.Datetime("us"))
    if isinstance(source, pl.Datetime):
        local = column
        if source.time_zone and text.time_zone:
            local = column.dt.convert_time_zone(text.time_zone)
        return local.dt.replace_time_zone(None).dt.cast_time_unit("us")
    if source.is_integer():
        return _date(column, source, text).cast(pl.Datetime("us"))
    if source == pl.String:
        return _parsed_datetime(column.str.strip_chars(), text)
    return pl.lit(None, dtype=pl.Datetime("us"))


def _parsed_datetime(column: pl.Expr, text: ColumnFormat) -> pl.Expr:
    """Wall clock times; one with an offset is converted when a zone is named, otherwise its own wall clock counts."""
    plain = column.str.replace(_OFFSET, "")
    formats = (text.date_format,) if text.date_format else _TIME_FORMATS
    local = pl.coalesce(
        *[plain.str.to_datetime(form, time_unit="us", strict=False) for form in formats],
        _parsed_date(plain, text).cast(pl.Datetime("us")),
    )
    if not text.time_zone:
        return local
    # offsets differ from row to row, which one Polars type cannot express: they are subtracted by hand
    offset = column.str.replace(r"Z$", "+00:00").str.extract(r"([+-]\d{2}:?\d{2})$")
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    minutes = offset.str.slice(1, 2).cast(pl.Int64) * 60 + offset.str.slice(-2).cast(pl.Int64)
    instant = (local - pl.duration(minutes=sign * minutes)).dt.replace_time_zone("UTC")
    converted = instant.dt.convert_time_zone(text.time_zone).dt.replace_time_zone(None)
    return pl.when(offset.is_null()).then(local).otherwise(converted)


def _boolean(column: pl.Expr, source: pl.DataType) -> pl.Expr:
    if source == pl.Boolean:
        return column
    if source.is_numeric():
        return pl.when(column.cast(pl.Float64).is_in([0.0, 1.0])).then(column.cast(pl.Float64) == 1)
    if source == pl.String:
        word = column.str.strip_chars().str.to_lowercase()
        return pl.when(word.is_in(_TRUE)).then(pl.lit(value=True)).when(word.is_in(_FALSE)).then(pl.lit(value=False))
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
