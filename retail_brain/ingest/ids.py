"""Reads ids as spreadsheets and tills write them: invisible marks, full width, `="007"`, lost or added zeros."""

import polars as pl

from retail_brain.sources import ColumnFormat

_INVISIBLE = r"[\x00-\x1f\x7f\u200b\u200c\u200d\u2060\ufeff\u00ad]"
_ODD = rf"""{_INVISIBLE}|^\s*[='\u2018]|[\u00a0\u3000\uff01-\uff5e]"""
"""What an id of a till never means: marks of spreadsheets for text, full-width forms and signs without a width."""
_FULL_WIDTH = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)} | {"\u3000": " ", "\u00a0": " "}


def tidy_ids(values: pl.Series) -> pl.Series:
    """Ids without blanks round them, invisible marks, full-width letters and signs of spreadsheets; null where blank.

    >>> tidy_ids(pl.Series(['="007"', "'008", " Ｐ１ ", ""])).to_list()
    ['007', '008', 'P1', None]
    """
    if values.str.contains(_ODD).any():
        half = values.str.replace_all(_INVISIBLE, "").str.replace(r"""^\s*=\s*"(.*)"\s*$""", "$1")
        narrow = half.to_frame().select(pl.first().str.replace_many(list(_FULL_WIDTH), list(_FULL_WIDTH.values())))
        values = narrow.to_series().str.replace(r"^\s*['\u2018]", "")
    plain = values.str.strip_chars()
    return plain.set(plain == "", None)


def numbered(column: pl.Expr, text: ColumnFormat) -> pl.Expr:
    """Ids of digits with the zeros that a mapping asks for: filled up to `pad` digits, or without leading ones."""
    digits = column.str.contains(r"^\d+$")
    if text.strip_zeros:
        column = pl.when(digits).then(column.str.replace(r"^0+(\d)", "$1")).otherwise(column)
    return pl.when(digits).then(column.str.zfill(text.pad)).otherwise(column) if text.pad else column
