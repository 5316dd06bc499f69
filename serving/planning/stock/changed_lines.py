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
}


@dataclass(frozen=True)
class ChangedLines:
    """What a file changes.

    Attributes:
        lines: rows whose quantity is another than counts now: the names of the lines, `seen_quantity` (suggested),
            `quantity` (counts now), `new_quantity`, `reason` and `place` (among the suggestions).
        problems: rows that cannot count: columns _PROBLEMS; `row` counts the header as 1.
        same: rows that say what counts already, or say no quantity.
        rows: of the file.
    """

    lines: pl.DataFrame
    problems: pl.DataFrame
    same: int
    rows: int


def changed_lines(table: pl.DataFrame, lines: pl.DataFrame) -> ChangedLines:
    """What a file asks for that is another than counts now.

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
    asked = _typed(table)
    known = lines.select(
        *_KEYS, "store_name", "product_name", seen_quantity="order_quantity", now="quantity", place="row"
    )
    found = asked.join(known, on=_KEYS, how="left", maintain_order="left")
    empty = pl.col("text").is_null()
    is_bad = ~pl.col("new_quantity").is_between(0, 1e9).fill_null(value=False)
    seen = pl.col("seen")
    code = (
        pl.when(pl.col("now").is_null()).then(pl.lit("unknown_line"))
        .when(is_bad).then(pl.lit("bad_quantity"))
        .when(pl.struct(_KEYS).is_duplicated()).then(pl.lit("twice"))
        .when(seen.is_not_null() & ((seen - pl.col("seen_quantity")).abs() > _SHOWN_UNITS))
        .then(pl.lit("changed_since"))
    )  # fmt: skip
    judged = found.filter(~empty).with_columns(code=code)
    problems = judged.filter(pl.col("code").is_not_null())
    good = judged.filter(pl.col("code").is_null())
    changed = good.filter((pl.col("new_quantity") - pl.col("now")).abs() > _SHOWN_UNITS)
    return ChangedLines(
        changed.drop("code", "row", "text", "seen").rename({"now": "quantity"}),
        problems.with_columns(now="seen_quantity").select(*_PROBLEMS),
        asked.height - problems.height - changed.height,
        asked.height,
    )


def _typed(table: pl.DataFrame) -> pl.DataFrame:
    columns: dict[str, Any] = {
        name: table[name] if name in table.columns else pl.Series([None] * table.height, dtype=pl.String)
        for name in (*_WANTED, *_OPTIONAL)
    }
    frame = pl.DataFrame(columns).cast(pl.String).with_columns(pl.all().str.strip_chars().replace("", None))
    filled = frame.with_row_index("row", offset=2).filter(~pl.all_horizontal(pl.col(_WANTED).is_null()))
    return filled.select(
        pl.col("row").cast(pl.Int64),
        *_KEYS,
        text=pl.col("quantity"),
        new_quantity=pl.col("quantity").cast(pl.Float64, strict=False),
        seen=pl.col("order_quantity").cast(pl.Float64, strict=False),
        reason=pl.col("reason").str.slice(0, 1000),
    )
