"""Shapes the rows of a mapped table: blanks filled from the rows above, conditions, wide tables, joined columns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from retail_brain.errors import DataError, UsageError
from retail_brain.sources.base import FILE_NAME, LEFT_OUT, RawTable
from retail_brain.sources.column_names import find_column
from retail_brain.sources.conditions import condition_of
from retail_brain.sources.date_forms import MIDNIGHT
from retail_brain.sources.mapping_keys import ColumnMapping, ReturnsMapping, WideMapping
from retail_brain.sources.months import month_starts, week_starts
from retail_brain.sources.rows_left_out import TOTAL_WORDS, is_total

DAY_NAME = r"^\D{0,3}(?:\d{2,4}\D?\d{1,2}\D?\d{1,4}日?|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4})(?: 00:00:00)?$"
"""Name of a column that is a day, such as `2024-01-03`, `2024年1月3日`, `03.01.2024` or `1/3/2024`."""


def with_blanks_filled(raw: RawTable, fill_down: Sequence[str], receipt: ColumnMapping | None) -> RawTable:
    """Fills columns that stand on the first row of a receipt alone.

    Args:
        raw: the table.
        fill_down: columns of the source whose blanks take the value of the receipt's first row; where no column numbers
            receipts, or all that do are among them, that of the row above.
        receipt: where `transaction_id`, or the `order_id` of an order to a supplier, comes from; `fill_down` fills
            within it.

    Raises:
        UsageError: no receipt is there to fill down.
        DataError: the source has no such column.
    """
    return replace(raw, frame=_filled_down(raw.frame, fill_down, receipt, raw.origin)) if fill_down else raw


def rows_where(raw: RawTable, where: str | None) -> RawTable:
    """Keeps the rows of a condition.

    Args:
        raw: the table.
        where: SQL condition over the source's columns; the rows it takes out are counted. None for all rows.

    Raises:
        UsageError: the condition is not SQL.
    """
    if where is None:
        return raw
    frame = raw.frame
    try:
        condition = condition_of(where, frame.collect_schema()).fill_null(value=False)
        frame = _with_plain_blanks(frame, condition.meta.root_names())
        kept = frame.filter(condition)
        kept.collect_schema()
    except pl.exceptions.PolarsError as error:
        raise UsageError(f"the condition where = {where!r} cannot be read: {error}. Write it in SQL.") from error
    taken = frame.select(pl.lit(f"not {where}").alias("reason"), (~condition).sum().cast(pl.Int64).alias("rows"))
    return replace(raw, frame=kept, left_out=with_counts(raw, taken))


def _with_plain_blanks(frame: pl.LazyFrame, names: Sequence[str]) -> pl.LazyFrame:
    """The rows with an empty text for cells of nothing but blanks and tabs, which some exports put behind every one."""
    schema = frame.collect_schema()
    texts = [name for name in dict.fromkeys(names) if schema.get(name) == pl.String]
    return frame.with_columns(
        pl.when(pl.col(name).str.strip_chars() == "").then(pl.lit("")).otherwise(pl.col(name)).alias(name)
        for name in texts
    )


def with_counts(raw: RawTable, further: pl.LazyFrame) -> pl.LazyFrame:
    """What was left out of a table so far, and further reasons with their rows."""
    counts = [raw.left_out.select(*LEFT_OUT)] if raw.left_out is not None else []
    return pl.concat([*counts, further]).filter(pl.col("rows") > 0)


def _filled_down(frame: pl.LazyFrame, names: Sequence[str], receipt: ColumnMapping | None, origin: str) -> pl.LazyFrame:
    theirs = receipt.names("transaction_id") if receipt is not None else ()
    if receipt is not None and (len(theirs) != 1 and not receipt.columns):
        raise UsageError("fill_down fills within a receipt: map transaction_id to columns of the source.")
    present = frame.collect_schema().names()
    found = {name: find_column(name, present) for name in (*theirs, *names)}
    missing = [name for name, column in found.items() if column is None]
    if missing:
        raise DataError(f"{origin} has no columns {missing} to fill down; got {present}. Correct the names.")
    texts = [str(name) for name in found.values() if frame.collect_schema()[str(name)] == pl.String]
    # a quoted blank, as web shops write them, is as blank as none
    frame = frame.with_columns(pl.when(pl.col(texts).str.strip_chars() != "").then(pl.col(texts)))
    listed = [str(found[name]) for name in names]
    groups = [str(found[name]) for name in theirs]
    if receipt is None or (receipt.columns and set(groups) <= set(listed)):
        return _filled_from_above(frame, listed, groups)
    frame = frame.with_columns(pl.col(name).forward_fill() for name in groups if name in listed)
    others = [pl.col(name) for name in listed if name not in groups]
    if receipt.columns:  # of a day and a shop, say, whose goods stand on several of its rows
        return frame.with_columns(name.forward_fill().over(groups) for name in others)
    return frame.with_columns(name.fill_null(name.drop_nulls().first().over(groups)) for name in others)


def _filled_from_above(frame: pl.LazyFrame, listed: list[str], groups: list[str]) -> pl.LazyFrame:
    """Rows of a report, each below the one that names its shop and day.

    What is listed behind the columns that number the receipts is of one receipt, and not filled into the next.
    """
    outer = listed[: max((listed.index(name) + 1 for name in groups), default=len(listed))]
    inner = [pl.col(name) for name in listed if name not in outer]
    start = pl.any_horizontal(pl.col(name).is_not_null() for name in groups).cum_sum() if groups else pl.lit(0)
    within = [name.forward_fill().over(start) for name in inner]
    return frame.with_columns(*within, *(pl.col(name).forward_fill() for name in outer))


def from_wide(raw: RawTable, wide: WideMapping, columns: Mapping[str, ColumnMapping], warnings: list[str]) -> RawTable:
    """Turns a table with a column per day, store or product into one row per cell; blank cells give no row.

    Args:
        raw: the table.
        wide: what the names of these columns are, and what their cells.
        columns: the mapped columns; those of the source that they name stay columns.
        warnings: columns that are taken for neither are appended to it.

    Raises:
        DataError: no column has such a name, or one that `called` has.
    """
    present = raw.frame.collect_schema().names()
    made = {wide.names, wide.values, *wide.beside}
    named = [name for ours, column in columns.items() if ours not in made for name in column.names(ours)]
    named += [column.per for column in columns.values() if column.per is not None]
    index = [column for name in named if (column := find_column(name, present)) is not None]
    index += [name for name in present if name == FILE_NAME]
    rest = pl.Series("name", [name for name in present if name not in index], dtype=pl.String)
    pattern = wide.columns or (DAY_NAME if wide.names == "date" else None)
    date = columns.get("date")
    is_dated = wide.names == "date" and (date is None or date.format is None)
    months = month_starts(rest.to_list()) if is_dated else {}
    periods = months or (week_starts(rest.to_list()) if is_dated else {})
    pattern = wide.columns or (f"^(?:{'|'.join(map(re.escape, periods))})$" if periods else pattern)
    spread = rest.filter(rest.str.contains(pattern) if pattern else ~rest.str.to_lowercase().is_in(TOTAL_WORDS))
    if spread.is_empty():
        raise DataError(
            f"{raw.origin} has no columns whose names are {wide.names}; got {present}. Say with `columns` in `wide`, a "
            "regular expression, which columns they are."
        )
    if unknown := [name for name in wide.called if name not in set(spread.to_list())]:
        raise DataError(
            f"{raw.origin} has no columns {unknown} that `called` names among {spread.to_list()}. Correct the names."
        )
    others = [name for name in rest.to_list() if name not in set(spread.to_list())]
    if others:
        warnings.append(f"{raw.origin}: the columns {others} are no {wide.names} and are not read")
    texts = [name for name, kind in raw.frame.collect_schema().items() if name in index and kind == pl.String]
    total = pl.any_horizontal(is_total(pl.col(name)) for name in texts) if texts else pl.lit(value=False)
    cells = _cells(raw, raw.frame.filter(~total), spread.to_list(), index, wide.beside)
    if wide.columns and re.compile(wide.columns).groups == 1:
        cells = cells.with_columns(pl.coalesce(_called(wide), pl.col("_name").str.extract(wide.columns, 1)))
    elif wide.called:
        cells = cells.with_columns(pl.coalesce(_called(wide), "_name"))
    if periods:
        cells = cells.with_columns(pl.col("_name").replace(periods))
        period = "month" if months else "week"
        warnings.append(f'{raw.origin}: {period}s are dated by their first day; set data.period = "{period}"')
    frame = cells.filter(_is_filled(cells, wide)).rename({"_name": wide.names, "_cell": wide.values})
    taken = raw.frame.select(pl.lit("total rows").alias("reason"), total.sum().cast(pl.Int64).alias("rows"))
    return replace(raw, frame=frame, left_out=with_counts(raw, taken))


def _is_filled(cells: pl.LazyFrame, wide: WideMapping) -> pl.Expr:
    """Cells with a value; a blank answer of a person stays, and closes its channel as one that cannot be read."""
    filled = pl.col("_cell").is_not_null()
    if wide.values == "granted" or cells.collect_schema()["_cell"] != pl.String:
        return filled
    return filled & (pl.col("_cell").str.strip_chars() != "")


def _called(wide: WideMapping) -> pl.Expr:
    """The name that the mapping gives to a column; null for the others."""
    return pl.col("_name").replace_strict(wide.called, default=None, return_dtype=pl.String)


def _cells(
    raw: RawTable, frame: pl.LazyFrame, spread: list[str], index: list[str], beside: Mapping[str, str]
) -> pl.LazyFrame:
    """One row per cell of some columns, with the columns that belong to each.

    Raises:
        DataError: the source lacks one of these.
    """
    if not beside:
        return frame.unpivot(spread, index=index, variable_name="_name", value_name="_cell")
    present = frame.collect_schema().names()
    theirs = {name: {ours: form.replace("{}", name) for ours, form in beside.items()} for name in spread}
    missing = sorted({other for named in theirs.values() for other in named.values() if other not in present})
    if missing:
        raise DataError(f"{raw.origin} has no columns {missing} that `beside` names; got {present}. Correct the names.")
    parts = [
        frame.select(
            *index,
            pl.lit(name).alias("_name"),
            pl.col(name).alias("_cell"),
            *(pl.col(other).alias(ours) for ours, other in named.items()),
        )
        for name, named in theirs.items()
    ]
    return pl.concat(parts)


_MINUS = r"[-−－()（）]"
"""What makes a number negative in a text: a minus before or behind it, or brackets round it."""
_BELOW_ZERO = r"^\s*\D{0,3}[-−－(（]\s*\D{0,3}[\d.,]*[1-9]|[1-9][\d.,]*\s*[-−－]\s*$"
"""A number below 0 in a text, with a currency before or behind the minus; a zero with a minus is none."""


def with_returns(raw: RawTable, returns: ReturnsMapping, signed: Sequence[str], plain: Sequence[str] = ()) -> RawTable:
    """Puts a minus before units, and before amounts of lines, of the rows that a column or their file calls returns.

    Args:
        raw: the table.
        returns: the column and its values that mean a return, or the names of files of returns.
        signed: columns of the source that get the minus.
        plain: columns of the source that lose it: the price of a refunded unit is the price that was paid.

    Raises:
        DataError: the source has no such column.
    """
    schema = raw.frame.collect_schema()
    kind = FILE_NAME if returns.files else returns.column
    found = {name: name if name == FILE_NAME else find_column(name, schema) for name in (kind, *signed, *plain)}
    missing = [name for name, column in found.items() if column is None]
    if missing:
        raise DataError(f"{raw.origin} has no columns {missing} for returns; got {schema.names()}. Correct the names.")
    is_return = _is_return(pl.col(str(found[kind])), returns, is_text=schema[str(found[kind])] == pl.String)
    changed: dict[str, pl.Expr] = {}
    for ours in (*plain, *signed):
        name = str(found[ours])
        is_text = schema[name] == pl.String
        bare = pl.col(name).str.replace_all(_MINUS, "") if is_text else pl.col(name).abs()
        minus = pl.concat_str(pl.lit("-"), bare.str.strip_chars()) if is_text else -bare
        value = minus if ours in signed else bare
        changed[name] = pl.when(is_return).then(value).otherwise(pl.col(name)).alias(name)
    return replace(raw, frame=raw.frame.with_columns(changed.values()))


def _is_return(kind: pl.Expr, returns: ReturnsMapping, *, is_text: bool) -> pl.Expr:
    """Whether a row is a return, by the words or the sign of its column."""
    if returns.below_zero:
        return (kind.str.contains(_BELOW_ZERO) if is_text else kind < 0).fill_null(value=False)
    # what JSON calls true or false is written so in `values`
    return kind.cast(pl.String).str.strip_chars().is_in(returns.files or returns.values or ()).fill_null(value=False)


def joined(
    names: Sequence[str],
    schema: pl.Schema,
    mark: str | None,
    *,
    is_moment: bool,
    blank: str | float | bool | None = None,
) -> pl.Expr:
    """Columns joined as text: a date and a time with a blank, parts of an id with a hyphen; null where a part is.

    With `blank` a blank part has this value in its place, or is left out where `blank` is an empty text.
    """
    parts = [_as_text(name, schema[name]) for name in names]
    if is_moment:
        # a spreadsheet gives a day its midnight, which the column with the time replaces
        parts[0] = parts[0].str.replace(MIDNIGHT, "")
    between = mark if mark is not None else " " if is_moment else "-"
    if blank is None:
        return pl.concat_str(parts, separator=between)
    filled = [pl.when(part.str.strip_chars() != "").then(part).otherwise(pl.lit(str(blank) or None)) for part in parts]
    text = pl.concat_str(filled, separator=between, ignore_nulls=True)
    return pl.when(text != "").then(text)


def first_filled(names: Sequence[str], schema: pl.Schema) -> pl.Expr:
    """The first of several columns that is not blank, as text."""
    filled = [_as_text(name, schema[name]) for name in names]
    return pl.coalesce(pl.when(text.str.strip_chars() != "").then(text) for text in filled)


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kind.is_float():  # a whole number that lost its type to blanks; a share of the day stays one
        whole = column.cast(pl.Int64, strict=False)
        return pl.when(whole == column).then(whole.cast(pl.String)).otherwise(column.cast(pl.String))
    return column.cast(pl.String)
