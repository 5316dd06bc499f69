"""Compares a spreadsheet of changed quantities with the order lines that count now."""

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from retail_brain.errors import DataError

_KEYS: Final = ["store_id", "product_id"]
_WANTED: Final = (*_KEYS, "quantity")
_OPTIONAL: Final = ("order_quantity", "reason")
_SHOWN_UNITS: Final = 1e-4
"""Units by which two quantities may differ and be the same: files hold four decimals."""
_PROBLEMS: Final = {
    "row": pl.Int64,
    "code": pl.String,
    "store_id": pl.String,
    "product_id": pl.String,
    "text": pl.String,
    "seen": pl.Float64,
    "now": pl.Float64,
    "rows": pl.List(pl.Int64),
    "texts": pl.List(pl.String),
}
_NAMED_ROWS: Final = 10
"""Rows of one line that contradict each other which a problem names at most. By judgement."""


@dataclass(frozen=True)
class ChangedLines:
    """What a file changes.

    Attributes:
        lines: rows whose quantity is another than counts now: the names of the lines, `seen_quantity` (suggested),
            `quantity` (counts now), `new_quantity`, `reason` and `place` (among the suggestions).
        problems: rows that cannot count: columns _PROBLEMS; `row` counts the header as 1. `rows` and `texts` are all
            rows of a line with unlike quantities (at most _NAMED_ROWS), null of other problems.
        same: rows that say what counts already, or say no quantity.
        unsaid: rows of these that say no quantity.
        repeated: rows that say once more what an earlier row of the same line says; that one counts.
        blank: rows without ids and quantity, which `rows` does not count.
        rows: of the file.
    """

    lines: pl.DataFrame
    problems: pl.DataFrame
    same: int
    unsaid: int
    repeated: int
    blank: int
    rows: int


def changed_lines(table: pl.DataFrame, lines: pl.DataFrame) -> ChangedLines:
    """What a file asks for that is another than counts now.

    A line that stands in several rows with unlike quantities counts in none of them; with equal ones it counts once.

    Args:
        table: texts: `store_id`, `product_id`, `quantity`, and perhaps `order_quantity` (what was suggested when the
            file was made) and `reason`.
        lines: order lines with names, `order_quantity`, `quantity` and `row` (place among the suggestions).

    Raises:
        DataError: a column is missing.
    """
    missing = [name for name in _WANTED if name not in table.columns]
    if missing:
        raise DataError(
            f"the file lacks the columns {missing}; got {table.columns}. Give {', '.join(_WANTED)}, and perhaps "
            f"{' and '.join(_OPTIONAL)}: an export of the view has them.",
            {"problem": "changes_file_columns", "missing": missing, "columns": table.columns},
        )
    typed = _typed(table)
    asked = typed.filter(~pl.all_horizontal(pl.col(*_KEYS, "text").is_null()))
    known = lines.select(
        *_KEYS, "store_name", "product_name", seen_quantity="order_quantity", now="quantity", place="row"
    )
    said = asked.filter(pl.col("text").is_not_null())
    judged = _judged(said.join(known, on=_KEYS, how="left", maintain_order="left"))
    problems = judged.filter(pl.col("code").is_not_null())
    good = judged.filter(pl.col("code").is_null())
    once = good.unique(_KEYS, keep="first", maintain_order=True)
    changed = once.filter((pl.col("new_quantity") - pl.col("now")).abs() > _SHOWN_UNITS)
    repeated = good.height - once.height
    return ChangedLines(
        changed.drop("code", "row", "text", "seen").rename({"now": "quantity"}),
        _with_rows_of_line(problems.with_columns(now="seen_quantity"), said),
        asked.height - problems.height - repeated - changed.height,
        asked.height - said.height,
        repeated,
        typed.height - asked.height,
        asked.height,
    )


def _judged(found: pl.DataFrame) -> pl.DataFrame:
    """The rows with `code`: why they cannot count, or null."""
    is_bad = ~pl.col("new_quantity").is_between(0, 1e9).fill_null(value=False)
    seen = pl.col("seen")
    code = (
        pl.when(pl.col("now").is_null()).then(pl.lit("unknown_line"))
        .when(pl.col("new_quantity") < 0).then(pl.lit("below_zero"))
        .when(is_bad).then(pl.lit("bad_quantity"))
        # a quantity that cannot be read is unlike every other
        .when(pl.col("new_quantity").n_unique().over(_KEYS) > 1).then(pl.lit("twice"))
        .when(seen.is_not_null() & ((seen - pl.col("seen_quantity")).abs() > _SHOWN_UNITS))
        .then(pl.lit("changed_since"))
    )  # fmt: skip
    return found.with_columns(code=code)


def _with_rows_of_line(problems: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """Problems with `rows` and `texts`, all rows of the file about the line, of those that contradict each other."""
    together = said.group_by(_KEYS).agg(rows=pl.col("row").head(_NAMED_ROWS), texts=pl.col("text").head(_NAMED_ROWS))
    is_twice = pl.col("code") == "twice"
    named = problems.join(together, on=_KEYS, how="left", maintain_order="left")
    return named.with_columns(pl.when(is_twice).then(pl.col(name)).alias(name) for name in ("rows", "texts")).select(
        *_PROBLEMS
    )


def _typed(table: pl.DataFrame) -> pl.DataFrame:
    columns: dict[str, Any] = {
        name: table[name] if name in table.columns else pl.Series([None] * table.height, dtype=pl.String)
        for name in (*_WANTED, *_OPTIONAL)
    }
    frame = pl.DataFrame(columns).cast(pl.String).with_columns(pl.all().str.strip_chars().replace("", None))
    return frame.with_row_index("row", offset=2).select(
        pl.col("row").cast(pl.Int64),
        *_KEYS,
        text=pl.col("quantity"),
        new_quantity=_number("quantity"),
        seen=_number("order_quantity"),
        reason=pl.col("reason").str.slice(0, 1000),
    )


def _number(column: str) -> pl.Expr:
    """Text as numbers, also in full-width digits or with a comma at every thousand; null where it is none."""
    text = pl.col(column).str.normalize("NFKC")
    has_thousands = text.str.contains(r"^-?\d{1,3}(,\d{3})+(\.\d+)?$")
    plain = pl.when(has_thousands).then(text.str.replace_all(",", "", literal=True)).otherwise(text)
    return plain.cast(pl.Float64, strict=False)
