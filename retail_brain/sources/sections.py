"""Files of several tables below each other, each with a header line of its own: orders, then their lines."""

import csv
import itertools
from pathlib import Path

from retail_brain.errors import DataError
from retail_brain.sources.encoding import open_text
from retail_brain.sources.table_start import is_name

_MOST_LINES = 2_000_000
"""Lines that are looked through for a further header: some seconds."""
_LEAST_NAMES = 3
"""Names from which a line may be a header. By judgement: remarks below a table have fewer cells."""


def header_lines(source: Path, mark: str, skipped: int) -> list[int]:
    """Numbers of the header lines of a file of text, from 0; more than one where it holds several tables.

    A further header is a line of nothing but different names that begins with the same name as the first one and has
    others behind it, or stands below a blank line and above a line with a number.

    Args:
        source: the file, in UTF-8.
        mark: between its fields.
        skipped: lines above the first header.
    """
    found = [skipped]
    with open_text(source) as file:
        lines = itertools.islice(file, skipped, _MOST_LINES)
        first = next(lines, "")
        header = _cells(first, mark)
        start = first.split(mark, 1)[0]
        was_blank, perhaps = False, -1
        for number, line in enumerate(lines, start=skipped + 1):
            is_blank = not line.strip().strip(mark)
            if perhaps >= 0 and not is_blank and not _are_names(_cells(line, mark)):
                found.append(perhaps)
            perhaps = -1
            if not is_blank and (was_blank or (start and line.startswith(start))):
                cells = _cells(line, mark)
                if _are_names(cells) and cells != header and (was_blank or cells[0] == header[0]):
                    perhaps = number
            was_blank = is_blank
    return found


def one_section(source: Path, scratch: Path, section: int, starts: list[int]) -> Path:
    """A copy of the lines of one table of a file.

    Args:
        source: the file, in UTF-8.
        scratch: folder for the copy.
        section: number of the table, from 1.
        starts: lines of the headers.

    Raises:
        DataError: the file has fewer tables.
    """
    if section > len(starts):
        raise DataError(f"{source} has {len(starts)} header lines; wanted section {section}. Correct `section`.")
    end = starts[section] if section < len(starts) else None
    copy = scratch / f"{len(list(scratch.iterdir()))}-{source.name.removesuffix('.gz')}.{section}.csv"
    with open_text(source) as file, copy.open("w", encoding="utf-8", newline="") as to:
        to.writelines(itertools.islice(file, starts[section - 1], end))
    return copy


def _cells(line: str, mark: str) -> list[str]:
    cells = next(csv.reader([line], delimiter=mark), [])
    while cells and not cells[-1].strip():
        cells.pop()
    return [cell.strip() for cell in cells]


def _are_names(cells: list[str]) -> bool:
    return (
        len(cells) >= _LEAST_NAMES and len(set(cells)) == len(cells) and all(cell and is_name(cell) for cell in cells)
    )
