"""Takes the frame off lists that are drawn with bars and dashes, as SAP and consoles of databases print them."""

import csv
import itertools
import re
from collections.abc import Iterable
from pathlib import Path

from retail_brain.sources.encoding import open_text

_HEAD_LINES = 50
"""Lines in which a frame begins: above it stand a title, a day and selections."""
_DASHES = re.compile(r"[\s|+:=-]*[-=]{3,}[\s|+:=-]*")
_ROW = re.compile(r"\s*\|(.*)\|\s*")
PAGE_HEADS = "lines of the head of a page once more"
"""Why lines between the pages of a printed list are left out."""


def without_frame(source: Path, scratch: Path) -> tuple[Path, int]:
    """The file itself, or a copy without the bars round its rows and the dashed lines between them.

    A list is framed where a dashed line and at least two rows between bars stand in its first lines. Marks of quotes
    in its cells are inches and names, and are kept. A printed list begins anew on every page: the lines of its title
    are left out there, whatever numbers of pages they have, and so are the lines of its names below the first.

    Args:
        source: a file in UTF-8.
        scratch: folder for the copy.

    Returns:
        The file to read, and the number of lines of heads of pages that were left out.
    """
    with open_text(source) as file:
        head = [line.rstrip("\r\n") for line in itertools.islice(file, _HEAD_LINES)]
    rows = sum(_ROW.fullmatch(line) is not None for line in head)
    if rows < 2 or not any(_DASHES.fullmatch(line) for line in head):
        return source, 0
    copy = scratch / f"{len(list(scratch.iterdir()))}-{source.name}.unframed"
    repeated = 0
    above = _above(head)
    has_rows = False
    with open_text(source) as read, copy.open("w", encoding="utf-8", newline="") as write:
        cells = csv.writer(write, delimiter="|", lineterminator="\n")
        for line in read:
            plain = line.rstrip("\r\n")
            if _DASHES.fullmatch(plain):
                continue
            if (row := _ROW.fullmatch(plain)) is not None:
                has_rows = True
                # cells are padded: those of blanks alone are missing
                cells.writerow([cell.strip() for cell in row[1].split("|")])
            elif has_rows and plain.strip() and _without_digits(plain) in above:
                repeated += 1
            else:
                write.write(f"{plain}\n")
    return copy, repeated


def _above(head: Iterable[str]) -> set[str]:
    """The lines above the first row of a list, without their digits: those of days and pages."""
    lines = itertools.takewhile(lambda line: _ROW.fullmatch(line) is None, head)
    return {_without_digits(line) for line in lines if line.strip()}


def _without_digits(line: str) -> str:
    return " ".join(re.sub(r"\d+", "", line).split())
