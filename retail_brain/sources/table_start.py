"""Finds where a table begins in a file of text cells: the header line, the lines above it, the mark between fields."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from retail_brain.sources.column_names import plain_name

DELIMITERS = ",;\t|"
HEAD_LINES = 50
"""Lines looked at for the header; reports of tills have up to a dozen lines above it. By judgement."""
_NOT_A_NAME = re.compile(r"[-+]?[\d.,/:\s年月日%¥$€-]+|.*[:：].+|.*[:：]\s*")
"""A number, a date or a remark such as `Shop: 12`; names of columns are neither."""
_INVISIBLE = " \t\r\n\u00a0\u3000\u200b\u200c\u200d\u2060\ufeff"
_NUL = re.compile("\0")
"""Ends a text for the libraries that names are handed to."""
_HEADER_PENALTY = 0.3
"""Taken off a mark that the first line with any mark lacks: decimal commas and lists stand in rows, not in names."""


def guess_delimiter(lines: Sequence[str]) -> str:
    """The mark that divides most lines into the same number of fields; a comma where no mark is found.

    >>> guess_delimiter(["store;day;euro", "A;1;2,50", "A;2;3,50"])
    ';'
    >>> guess_delimiter(["product_id,tags", "1,a|b|c", "2,a|b|d"])
    ','
    >>> guess_delimiter(["Lion, Main St 5", "day;units;net;tax;sum", "1;0,5;2,1;0,1;2,2", "2;1,5;3,1;0,1;3,2"])
    ';'
    """
    outside = ["".join(line.split('"')[::2]) for line in lines if line.strip()]
    first = _first_of_table(outside)
    best, best_score = ",", (0.0, 0)
    for mark in DELIMITERS:
        fields = _usual(line.count(mark) for line in outside)
        if not fields:
            continue
        same = sum(line.count(mark) == fields for line in outside)
        score = (same / len(outside) - (0 if mark in first else _HEADER_PENALTY), fields)
        if score > best_score:
            best, best_score = mark, score
    return best


def _first_of_table(lines: Sequence[str]) -> str:
    """The first line with as many of a mark as most lines have: a title with an address has fewer or more commas.

    Commas that mostly stand between digits are decimal ones where another mark is on most lines.
    """
    usual = {mark: _usual(line.count(mark) for line in lines) for mark in DELIMITERS}
    rows = {mark: [line for line in lines if most and line.count(mark) == most] for mark, most in usual.items()}
    divided = sum(re.search(r"(?<!\d),|,(?!\d)", line) is not None for line in rows[","])
    if divided * 2 < len(rows[","]) and any(len(some) * 2 > len(lines) for mark, some in rows.items() if mark != ","):
        rows[","] = []
    # the header may lack the mark that ends every row
    least = {mark: usual[mark] - all(line.endswith(mark) for line in some) for mark, some in rows.items() if some}
    marked = [line for line in lines if any(mark in line for mark in DELIMITERS)]
    alike = (line for line in marked if any(line.count(mark) >= max(1, count) for mark, count in least.items()))
    return next(alike, marked[0] if marked else "")


def _usual(counts: Iterable[int]) -> int:
    """The most frequent count above 0; 0 where there is none."""
    counted = Counter(count for count in counts if count)
    return max(counted.items(), key=lambda item: (item[1], item[0]))[0] if counted else 0


def header_index(rows: Sequence[Sequence[str | None]], expected: Collection[str] = ()) -> int:
    """Index of the row with the column names.

    It is the row with most of the expected names; where no row holds two of them, the first that is at least half as
    wide as the table and holds mostly names. Rows above it are titles, remarks or blank.

    Args:
        rows: the first rows of a file, divided into cells.
        expected: names that the header should hold, in the form of `plain_name`.

    >>> header_index([["Sales 2021", "", ""], ["", "", ""], ["id", "item", "qty"], ["1", "tv", "2"]])
    2
    >>> header_index([["id", "item"], ["1", "tv"]])
    0
    """
    filled = [[cell.strip() for cell in row if cell and cell.strip()] for row in rows]
    matches = [len({plain_name(cell) for cell in cells}.intersection(expected)) for cells in filled]
    if max(matches, default=0) >= 2:
        return matches.index(max(matches))
    width = max((len(cells) for cells in filled), default=0)
    least = max(2, (width + 1) // 2)
    wide = [index for index, cells in enumerate(filled) if len(cells) >= least]
    if not wide:
        return next((index for index, cells in enumerate(filled) if cells), 0)
    named = (index for index in wide if sum(is_name(cell) for cell in filled[index]) > len(filled[index]) / 2)
    # a table with a column per day has more dates than names in its header
    led_by_name = (index for index in wide if is_name(filled[index][0]))
    return next(named, next(led_by_name, wide[0]))


def is_name(cell: str) -> bool:
    """Whether a cell may be the name of a column: neither a number, nor a date, nor a remark."""
    return _NOT_A_NAME.fullmatch(cell) is None


def unique_names(header: Sequence[str | None]) -> list[str]:
    """Names for the columns of a header: stripped, `column_3` for a blank one, `price (2)` for a second `price`.

    >>> unique_names(["id", " price", "price", ""])
    ['id', 'price', 'price (2)', 'column_4']
    >>> unique_names(["price", "price", "price (2)"])
    ['price', 'price (3)', 'price (2)']
    """
    plain = [_NUL.sub("", cell or "").strip(_INVISIBLE) for cell in header]
    plain = [name or f"column_{place}" for place, name in enumerate(plain, start=1)]
    names: list[str] = []
    seen: Counter[str] = Counter()
    for name in plain:
        seen[name] += 1
        while seen[name] > 1 and f"{name} ({seen[name]})" in plain:
            seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names
