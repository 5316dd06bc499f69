"""Cells of CSV files that a spreadsheet would run as formulas: escaped on the way out, restored on the way in."""

from typing import TypeVar

import polars as pl

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)

_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula, after OWASP's advice on CSV injection."""
_PATTERN = r"^[=+\-@\t\r]"


def safe_cell(text: str) -> str:
    """A text with an apostrophe in front where a spreadsheet would run it.

    >>> safe_cell("=HYPERLINK(1)"), safe_cell("P-1")
    ("'=HYPERLINK(1)", 'P-1')
    """
    return f"'{text}" if text.startswith(_STARTS) else text


def safe_cells(table: Frame) -> Frame:
    """The table with an apostrophe in front of every text that a spreadsheet would run; numbers stay as they are.

    >>> safe_cells(pl.DataFrame({"reason": ["@now", "late"], "units": [-1, 2]})).rows()
    [("'@now", -1), ('late', 2)]
    """
    texts = pl.col(pl.String)
    starts = pl.when(texts.str.contains(_PATTERN)).then(pl.lit("'") + texts).otherwise(texts)
    named = table.rename({name: safe_cell(name) for name in table.collect_schema().names()})
    return named.with_columns(starts.name.keep())


def plain_cells(table: pl.DataFrame) -> pl.DataFrame:
    """The table without the apostrophes that `safe_cells` put in front.

    >>> plain_cells(safe_cells(pl.DataFrame({"id": ["-7", "'tis"]})))["id"].to_list()
    ['-7', "'tis"]
    """
    return table.with_columns(pl.col(pl.String).str.replace(r"^'([=+\-@\t\r])", "$1"))
