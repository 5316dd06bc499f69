"""Reports that name a shop, a day or goods in a row of its own above its lines: these names become columns."""

import re
from collections.abc import Sequence

import polars as pl

from retail_brain.sources.base import LEFT_OUT
from retail_brain.sources.rows_left_out import BLANKS, has_total, starts_with_total

_GROUP_ROWS = "rows that name a group"
_PAGE = r"(?i)^(?:page|seite|p[aá]gina|pagina|стр(?:аница)?\.?|第)\s*\d+.*"
"""A row that numbers a page; it names no group."""
_LABELLED = re.compile(r"([^\d\s:：][^:：]{0,30}?)\s*[:：]\s*(\S.*?)(?=\s{2,}[^\d\s:：][^:：]{0,30}?\s*[:：]\s*\S|$)")
"""`Shop: North   Date: 12.01.2026`, with blanks between the pairs."""
_LEAST_COLUMNS = 3
"""Columns below which a row with one cell says nothing. By judgement."""


def with_group_columns(
    frame: pl.LazyFrame, names: Sequence[str], left_out: pl.DataFrame
) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """The lines with a column per level of their groups, and rows taken out by reason (columns `reason` and `rows`).

    A row with one filled cell names a group. Of rows below each other the last names the deepest level. Where its text
    has the form `label: value`, the values go to the columns of these labels.

    Args:
        frame: all columns as text, without total rows.
        names: the new columns, outermost level first; none where the file has no such rows.
        left_out: rows taken out before.
    """
    if not names:
        return frame, left_out
    columns = frame.collect_schema().names()
    filled = [pl.col(name).str.strip_chars(BLANKS).replace("", None) for name in columns]
    text = pl.coalesce(filled)
    is_head = pl.sum_horizontal(cell.is_not_null() for cell in filled) == 1
    is_name = is_head & ~text.str.contains(_PAGE) & ~starts_with_total(text)
    marked = frame.with_columns(
        is_head.alias("_head"), pl.when(is_name).then(text).alias("_text"), is_name.rle_id().alias("_run")
    )
    below = pl.len().over("_run") - pl.int_range(pl.len()).over("_run") - 1
    level = pl.when(pl.col("_text").is_not_null()).then(pl.max_horizontal(len(names) - 1 - below, pl.lit(0)))
    is_labelled = pl.any_horizontal(_value(name).is_not_null() for name in names)
    levelled = marked.with_columns(level.alias("_level"), is_labelled.alias("_labelled"))
    groups = [
        pl.when("_labelled").then(_value(name)).when(pl.col("_level") == place).then("_text").forward_fill().alias(name)
        for place, name in enumerate(names)
    ]
    grouped = levelled.with_columns(groups)
    of_group = [text.str.to_lowercase().str.contains(pl.col(name).str.to_lowercase(), literal=True) for name in names]
    is_total = has_total(text) & pl.any_horizontal(of_group) & ~pl.col("_head")
    reasons = {"total rows": is_total.fill_null(value=False), _GROUP_ROWS: pl.col("_head")}
    counts = grouped.select(test.sum().alias(why) for why, test in reasons.items()).collect().row(0)
    lines = grouped.filter(~pl.any_horizontal(*reasons.values()))
    taken = [(why, rows) for why, rows in zip(reasons, counts, strict=True) if rows]
    both = pl.concat([left_out, pl.DataFrame(taken, schema=LEFT_OUT, orient="row")])
    kept = lines.select(*names, *(name for name in columns if name not in names))
    return kept, both.group_by("reason", maintain_order=True).sum()


def _value(label: str) -> pl.Expr:
    """What stands behind a label in the text of a group, up to the next label behind two blanks."""
    found = pl.col("_text").str.extract(rf"(?:^|\s){re.escape(label)}\s*[:：]\s*(.+)$")
    return found.str.replace(r"\s{2,}[^\d\s:：][^:：]{0,30}?\s*[:：].*$", "").str.strip_chars()


def group_texts(sample: pl.DataFrame) -> list[list[str]]:
    """Texts of the rows that name groups, those below each other together; none where the first row is no such row.

    Args:
        sample: the first rows of a table of text.
    """
    if sample.width < _LEAST_COLUMNS or not sample.height:
        return []
    runs: list[list[str]] = []
    was_head = False
    for row in sample.iter_rows():
        cells = [cell.strip(BLANKS) for cell in row if isinstance(cell, str) and cell.strip(BLANKS)]
        is_head = len(cells) == 1
        if is_head and not re.match(_PAGE, cells[0]):
            runs[-1].append(cells[0]) if was_head else runs.append([cells[0]])
        elif not runs:
            return []
        was_head = is_head
    # what stands below the last line names nothing
    return runs[:-1] if was_head and len(runs) > 1 else runs


def labels(text: str) -> list[str]:
    """The labels in the text of a group.

    >>> labels("Filiale: North   Datum: 12.01.2026"), labels("Coffee")
    (['Filiale', 'Datum'], [])
    """
    return [found[1].strip() for found in _LABELLED.finditer(text)]
