"""Reads ids as spreadsheets and tills write them: invisible marks, full width, `="007"`, lost or added zeros."""

import numpy as np
import polars as pl

from retail_brain.sources import ColumnFormat

_INVISIBLE = r"[\x00-\x1f\x7f\u200b\u200c\u200d\u2060\ufeff\u00ad]"
_ODD = rf"""{_INVISIBLE}|^\s*[='\u2018]|[\u00a0\u3000\uff01-\uff5e]"""
"""What an id of a till never means: marks of spreadsheets for text, full-width forms and signs without a width."""
_FULL_WIDTH = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)} | {"\u3000": " ", "\u00a0": " "}

_PLAIN_FIRST, _PLAIN_LAST, _NOT_PLAIN = ord("-"), ord("~"), (ord("."), ord("="))
"""Bytes of plain ids: no blank, control, apostrophe or plus is among them, and nothing beyond ASCII."""


def are_plain(values: pl.Series) -> bool:
    """Whether no id has anything to take off or to doubt: letters, digits and a few signs of ASCII, none blank.

    Looks at all bytes of the column at once, which is many times faster than a pattern per id. A point and a plus may
    stand in numbers (`12.0`, `6.9E+12`), so ids with them are not plain.

    >>> are_plain(pl.Series(["R-1", None, "a_b"])), are_plain(pl.Series(["12.0"])), are_plain(pl.Series(["a", ""]))
    (True, False, False)
    """
    if (values == "").any():
        return False
    # chunk by chunk, so that no text is copied that needs not be
    return all(_has_plain_bytes(chunk) for chunk in values.get_chunks())


def _has_plain_bytes(values: pl.Series) -> bool:
    text = values.to_arrow(compat_level=pl.CompatLevel.oldest())
    if not len(text):
        return True
    _, offsets, data = text.buffers()
    ends = np.frombuffer(offsets, np.int64)[text.offset : text.offset + len(text) + 1]
    # a null may have bytes as well: they can only make it look odd
    letters = np.frombuffer(data or b"", np.uint8)[ends[0] : ends[-1]]
    if not len(letters):
        return True
    if letters.min() < _PLAIN_FIRST or letters.max() > _PLAIN_LAST:
        return False
    return not any((letters == byte).any() for byte in _NOT_PLAIN)


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
