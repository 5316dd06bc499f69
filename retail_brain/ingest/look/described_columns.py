"""Finds lines below the header that describe its columns and are no rows: in words, in another language, by number."""

import re

import polars as pl

from retail_brain.ingest.look.evidence import Evidence, evidence
from retail_brain.ingest.look.state_columns import column_of, listed

DESCRIBED = "lines below the header describe the columns and are left out"
"""What is said of such lines."""
_MOST_LINES = 3
"""Lines below the header that may describe it: texts, units of measure, names in another language. By judgement."""
_LEAST_ROWS = 5
"""Rows below such lines without which nothing is known of the columns. By judgement."""
_LEAST_TEXTS = 2
"""Columns of numbers or dates that must have a text there: one may be a remark in a row of sales. By judgement."""
_LEAST_NUMBERED = 4
"""Columns that a line of their numbers must have. By judgement."""
_A_VALUE = r"^\W*\d[\d\s.,:/-]*\W*$"
"""A number, a date or a time of day."""
_LETTERS = r"[^\W\d_]{2,}"
"""A word."""


def lines_of_description(sample: pl.DataFrame) -> tuple[str, pl.Series] | None:
    """The lines below the header that describe the columns; None where the first row is one of the rows.

    Such a line has words in columns that hold numbers or dates on the rows below it, and no number or date in any of
    them; or the numbers 1, 2, 3 ... of the columns.

    Args:
        sample: the first rows of a table of text.

    Returns:
        The condition in SQL that keeps the other rows, and whether each row is such a line.
    """
    if sample.height < _MOST_LINES + _LEAST_ROWS or not _may_describe(sample.row(0)):
        return None
    below = sample.slice(_MOST_LINES)
    seen = {name: evidence(below[name]) for name in sample.columns if sample.schema[name] == pl.String}
    is_line, conditions = pl.repeat(value=False, n=sample.height, eager=True), []
    for place in range(_MOST_LINES):
        name = _telling(sample.row(place, named=True), seen)
        if name is None:
            break
        text = str(sample[name][place])
        conditions.append(f"{column_of(name)} IS NULL OR {column_of(name)} NOT IN ({listed([text])})")
        is_line = is_line | (sample[name] == text).fill_null(value=False)
    if not conditions:
        return None
    return " AND ".join(f"({one})" for one in conditions), is_line


def _may_describe(cells: tuple[object, ...]) -> bool:
    """Whether the first row has no number and no date, as rows of sales have, or numbers columns."""
    texts = [str(cell).strip() for cell in cells if cell is not None]
    return _are_numbers_of_columns(cells) or (
        len(texts) >= _LEAST_TEXTS and not any(re.match(_A_VALUE, text) for text in texts)
    )


def _are_numbers_of_columns(cells: tuple[object, ...]) -> bool:
    """Whether every cell is the number of its column, as in printed forms."""
    return len(cells) >= _LEAST_NUMBERED and all(
        cell is not None and str(cell).strip() in (str(place), f"({place})", f"[{place}]")
        for place, cell in enumerate(cells, 1)
    )


def _telling(cells: dict[str, object], seen: dict[str, Evidence]) -> str | None:
    """The column that tells a line of description from rows; None where a line is none."""
    if _are_numbers_of_columns(tuple(cells.values())):
        return next((name for name, what in seen.items() if what.dates and what.whole is None), None) or next(
            (name for name, what in seen.items() if what.filled and not what.numbers), None
        )
    measured = {name: cells[name] for name, what in seen.items() if what.numbers or what.dates or what.is_clock}
    texts = {name: str(cell) for name, cell in measured.items() if cell is not None}
    worded = [name for name, text in texts.items() if re.search(_LETTERS, text) and not _is_value(text)]
    return worded[0] if len(worded) >= _LEAST_TEXTS and len(worded) == len(texts) else None


def _is_value(text: str) -> bool:
    """Whether a text is a number or a date: such as `3 pcs` and `15 de outubro de 2026`."""
    read = evidence(pl.Series([text]))
    return bool(read.numbers or read.dates or read.is_clock)
