"""Outlines: reports whose first column holds shops, receipts and goods alike, where each row sums the rows below it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from retail_brain.errors import DataError
from retail_brain.sources.base import LEFT_OUT
from retail_brain.sources.rows_left_out import BLANKS, starts_with_total

_SUMS: Final = "rows that sum a level of the report"
_CENT: Final = 0.006
"""What rounding may add to the sum of a row: half a cent, with room for binary fractions."""
_MOST_LEVELS: Final = 6
"""Levels beyond which a report is none that people read. By judgement."""
_NO_NAME: Final = re.compile(r"column_\d+")
_BETWEEN: Final = re.compile(r"\s*(?:[/|>→\\]|\s[-–]\s)\s*")
_GAP: Final = re.compile(r"[\s\u00a0\u202f']")


@dataclass(frozen=True)
class Outline:
    """The rows of an outline and how deep each stands.

    Attributes:
        rows: below the lines of names; columns without a name have those of the lines of names below.
        depths: per row, from 0 for the outermost level.
        named: lines of names below the first one.
    """

    rows: pl.DataFrame
    depths: list[int]
    named: int


def with_levels(
    frame: pl.LazyFrame, levels: Sequence[str], left_out: pl.DataFrame
) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """The lines of the deepest level with a column for each level above it; sums are counted as left out.

    Args:
        frame: all columns as text, without rows of totals of all.
        levels: names of the levels, outermost first; the last one is of the lines. None for a file without levels.
        left_out: rows taken out before.

    Raises:
        DataError: the rows do not add up in so many levels, and no column is filled on the lines alone.
    """
    if not levels:
        return frame, left_out
    cells = frame.collect()
    outline = outline_of(cells, levels)
    if outline is None:
        raise DataError(
            f"the rows have no {len(levels)} levels: wanted each row of {list(levels[:-1])} to be the sum of those "
            "below it, or a column that the lines alone fill. Correct `levels`, or remove it."
        )
    rows, last = outline.rows, len(levels) - 1
    first = rows.columns[0]
    if taken := set(rows.columns[1:]) & set(levels):
        raise DataError(f"{sorted(taken)} are names of columns already. Write other names in `levels`.")
    lines = rows.rename({first: "_line"}).with_columns(pl.Series("_depth", outline.depths))
    above = [
        pl.when(pl.col("_depth") == place).then("_line").forward_fill().alias(name)
        for place, name in enumerate(levels[:-1])
    ]
    lines = lines.with_columns(above)
    lines = lines.filter(pl.col("_depth") == last).drop("_depth").rename({"_line": levels[-1]})
    sums = cells.height - outline.named - lines.height
    both = pl.concat([left_out, pl.DataFrame([(_SUMS, sums)], schema=LEFT_OUT, orient="row")])
    return lines.select(*levels, *rows.columns[1:]).lazy(), both


def outline_of(cells: pl.DataFrame, levels: Sequence[str], *, by_sums_alone: bool = False) -> Outline | None:
    """The rows of an outline with so many levels; None where they are none.

    Args:
        cells: all columns as text, the first of them of the levels.
        levels: their names, outermost first; those of further lines of names stand in the first rows of the column.
        by_sums_alone: whether a column that the lines alone fill says nothing.
    """
    if not 2 <= len(levels) <= _MOST_LEVELS or cells.width < 2:  # a level and what it counts
        return None
    if set(levels) <= set(cells.columns):
        return _staggered(cells, levels)
    rows, named = _below_names(_led_by_levels(cells, levels), levels)
    rows = rows.filter(~starts_with_total(pl.col(rows.columns[0])))
    if rows.height < len(levels) or rows[rows.columns[0]].null_count():
        return None
    depths = _by_sums(rows, len(levels)) or ([] if by_sums_alone else _by_blanks(rows, len(levels)))
    return Outline(rows, depths, named) if depths else None


def levels_in_name(name: str) -> list[str]:
    """The levels that the name of their column says.

    >>> levels_in_name("Shop / Receipt / Item")
    ['Shop', 'Receipt', 'Item']
    """
    return [part for part in _BETWEEN.split(name.strip(BLANKS)) if part]


def _led_by_levels(cells: pl.DataFrame, levels: Sequence[str]) -> pl.DataFrame:
    """The table with the column of the levels in front: a number of the line may stand before it."""
    names = {levels[0], levels[-1]}
    own = (name for name in cells.columns if name in names or levels_in_name(name) == list(levels))
    first = next(own, cells.columns[0])
    return cells.select(first, *(name for name in cells.columns if name != first))


def _staggered(cells: pl.DataFrame, levels: Sequence[str]) -> Outline | None:
    """The rows of a report with a column for each level, of which a row fills the one that it is of."""
    filled = [(pl.col(name).str.strip_chars(BLANKS) != "").fill_null(value=False) for name in levels]
    text = pl.coalesce(pl.when(test).then(name) for test, name in zip(filled, levels, strict=True))
    rows = cells.filter(~starts_with_total(text)) if cells.height else cells
    tests = rows.select(test.alias(name) for test, name in zip(filled, levels, strict=True))
    if not rows.height or not (tests.sum_horizontal() == 1).all() or not tests[levels[0]][0]:
        return None
    depths = [row.index(True) for row in tests.iter_rows()]
    others = [name for name in rows.columns if name not in levels]
    return Outline(rows.select(text.alias(levels[-1]), *others), depths, 0)


def lines_of_names(cells: pl.DataFrame) -> list[str]:
    """The names of levels in the first column: that of its header, and those of rows of nothing but names below it.

    Where one of these names further columns, such as the unit of goods, it is the last: shops without sums come below.
    """
    first, names, last = cells.columns[0], list[str](), 0
    for row in cells.head(_MOST_LEVELS).iter_rows():
        filled = [cell for cell in row if cell and cell.strip(BLANKS)]
        if not (row[0] or "").strip(BLANKS) or any(_number(cell) is not None for cell in filled):
            break
        names.append(row[0].strip(BLANKS))
        last = len(names) if len(filled) > 1 else last
    return [first, *names[: last or None]]


def _below_names(cells: pl.DataFrame, levels: Sequence[str]) -> tuple[pl.DataFrame, int]:
    """The rows below the lines of names, with the names that stand in these; and how many such lines there are."""
    names = lines_of_names(cells)
    if names != list(levels):
        return cells, 0
    further = cells.head(len(levels) - 1)
    new: dict[str, str] = {}
    for name in cells.columns[1:]:
        said = further[name].str.strip_chars(BLANKS).replace("", None).drop_nulls()
        if _NO_NAME.fullmatch(name) and len(said) and said[-1] not in (*cells.columns, *new.values(), *levels):
            new[name] = said[-1]
    return cells.slice(len(levels) - 1).rename(new), len(levels) - 1


def _by_sums(rows: pl.DataFrame, levels: int) -> list[int]:
    """How deep each row stands, where every one but those of the deepest level is the sum of the rows below it."""
    columns = [[_number(cell) for cell in rows[name]] for name in rows.columns[1:]]
    # a cell that is blank on some rows sums nothing
    summed = [one for one in columns if one[0] is not None and all(number is not None for number in one)]
    if not summed:
        return []
    depths: list[int] = []
    wanted: list[tuple[float, ...]] = []
    found: list[list[float]] = []
    lines: list[int] = []
    for row in zip(*summed, strict=True):
        depths.append(len(wanted))
        if len(wanted) < levels - 1:
            wanted.append(row)
            found.append([0.0] * len(row))
            lines.append(0)
            continue
        closed: tuple[float, ...] | None = row
        while closed is not None and wanted:
            found[-1] = [one + other for one, other in zip(found[-1], closed, strict=True)]
            lines[-1] += 1
            is_whole = all(
                abs(one - other) <= _CENT * (1 + lines[-1] / 10)
                for one, other in zip(found[-1], wanted[-1], strict=True)
            )
            closed = wanted.pop() if is_whole else None
            if is_whole:
                found.pop()
                lines.pop()
    return [] if wanted else depths


def _by_blanks(rows: pl.DataFrame, levels: int) -> list[int]:
    """How deep each row stands, by a column that the lines alone fill, such as their unit; no depths for none.

    Of rows above the lines the last is of the level next to them.
    """
    filled = rows.select((pl.all().str.strip_chars(BLANKS) != "").fill_null(value=False))
    own = [name for name in rows.columns[1:] if not filled[name][0] and 2 * filled[name].sum() >= rows.height]
    if not own:
        return []
    is_line = filled.select(pl.any_horizontal(own)).to_series().to_list()
    depths = [levels - 1] * len(is_line)
    above = 0
    for place in range(len(is_line) - 1, -1, -1):
        above = 0 if is_line[place] else above + 1
        depths[place] = levels - 1 - above
    return depths if min(depths) >= 0 and not depths[0] and is_line[-1] else []


def _number(cell: str | None) -> float | None:
    """The number of a cell, with a comma or a point; None for a text and for a blank."""
    text = _GAP.sub("", (cell or "").strip(BLANKS))
    if re.fullmatch(r"-?\d{1,3}(?:\.\d{3})*,\d+|-?\d+,\d+", text):
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    return float(text) if re.fullmatch(r"-?\d+(?:\.\d+)?", text) else None
