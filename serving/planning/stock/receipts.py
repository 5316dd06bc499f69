"""Parses goods receipts from a table of another system, one receipt per row."""

import hashlib
from datetime import date
from typing import Any

import polars as pl

from retail_brain.errors import DataError
from retail_brain.operational.goods_receipts import GoodsReceipt
from retail_brain.outputs import suggestion_id

_GOODS = ("store_id", "product_id", "as_of")
_TEXTS = ("suggestion_id", "store_id", "product_id", "receipt_id", "note")
_DAYS = ("as_of", "received_on")


def read_receipts(table: pl.DataFrame, *, received_on: date | None, noted_by: str) -> list[GoodsReceipt]:
    """Receipts of a table, one per row.

    Args:
        table: `units`, and `suggestion_id` or else `store_id`, `product_id` and `as_of` (of the suggestion); perhaps
            `received_on`, `receipt_id` and `note`. Without a receipt_id a row's content is its name, so that the same
            file read twice counts once.
        received_on: day of the rows that name none; None refuses such rows.
        noted_by: who reports it, for the audit.

    Raises:
        DataError: a column is missing, or a row has no number of units, no goods or no readable day.
    """
    _check_columns(table)
    frame = _typed(table).with_row_index("row")
    if received_on is not None:
        frame = frame.with_columns(pl.col("received_on").fill_null(received_on))
    no_goods = pl.col("suggestion_id").is_null() & pl.any_horizontal(pl.col(_GOODS).is_null())
    no_units = ~pl.col("units").is_finite().fill_null(value=False)
    wrong = frame.filter(no_units | no_goods | pl.col("bad_day") | pl.col("received_on").is_null())
    if wrong.height:
        raise DataError(
            f"{wrong.height} of {frame.height} receipts cannot be read, the first is row {wrong['row'][0] + 1}; wanted "
            "a number of units, a suggestion_id (or store_id, product_id and as_of), and the day it arrived, written "
            "YYYY-MM-DD. Correct them; nothing was stored.",
            {"rows": (wrong["row"].head(20) + 1).to_list()},
        )
    # Equal rows of one file are separate receipts; numbered, they get different ids.
    repeat = pl.int_range(pl.len()).over("suggestion_id", *_GOODS, "received_on", "units")
    return [_receipt(row, noted_by) for row in frame.with_columns(repeat=repeat).iter_rows(named=True)]


def _check_columns(table: pl.DataFrame) -> None:
    by_goods = set(_GOODS) <= set(table.columns)
    if "units" not in table.columns or not (by_goods or "suggestion_id" in table.columns):
        raise DataError(
            f"the receipts have the columns {table.columns}; wanted units, and suggestion_id or {', '.join(_GOODS)}. "
            "Add or rename them."
        )


def _typed(table: pl.DataFrame) -> pl.DataFrame:
    """The columns that count, absent ones as nulls; `bad_day` marks days that are there and cannot be read."""
    columns = {
        name: table[name] if name in table.columns else pl.Series([None] * table.height, dtype=pl.String)
        for name in ("units", *_TEXTS, *_DAYS)
    }
    frame = pl.DataFrame(columns).with_columns(pl.col(pl.String).str.strip_chars().replace("", None))
    filled = frame.select(pl.col(_DAYS).is_not_null())
    typed = frame.with_columns(
        pl.col("units").cast(pl.Float64, strict=False),
        pl.col(_TEXTS).cast(pl.String),
        *(_day(frame, name) for name in _DAYS),
    )
    bad = pl.any_horizontal(filled[name] & typed[name].is_null() for name in _DAYS)
    return typed.with_columns(bad_day=typed.select(bad.alias("bad"))["bad"] if typed.height else pl.lit(value=False))


def _day(frame: pl.DataFrame, name: str) -> pl.Expr:
    if frame.schema[name] == pl.String:
        return pl.col(name).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    return pl.col(name).cast(pl.Date)


def _receipt(row: dict[str, Any], noted_by: str) -> GoodsReceipt:
    name = row["suggestion_id"] or suggestion_id(row["store_id"], row["product_id"], row["as_of"].isoformat())
    content = "\n".join(str(part) for part in (name, row["received_on"], row["units"], row["repeat"]))
    return GoodsReceipt(
        receipt_id=row["receipt_id"] or f"row-{hashlib.sha256(content.encode()).hexdigest()[:24]}",
        suggestion_id=name,
        units=row["units"],
        received_on=row["received_on"],
        note=row["note"],
        noted_by=noted_by,
    )
