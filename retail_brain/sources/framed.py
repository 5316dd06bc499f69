"""Takes the frame off lists that are drawn with bars and dashes, as SAP and consoles of databases print them."""

import itertools
import re
from pathlib import Path

from retail_brain.sources.encoding import open_text

_HEAD_LINES = 50
"""Lines in which a frame begins: above it stand a title, a day and selections."""
_DASHES = re.compile(r"[\s|+-]*-{3,}[\s|+-]*")
_ROW = re.compile(r"\s*\|(.*)\|\s*")


def without_frame(source: Path, scratch: Path) -> Path:
    """The file itself, or a copy without the bars round its rows and the dashed lines between them.

    A list is framed where a dashed line and at least two rows between bars stand in its first lines.

    Args:
        source: a file in UTF-8.
        scratch: folder for the copy.
    """
    with open_text(source) as file:
        head = list(itertools.islice(file, _HEAD_LINES))
    rows = sum(_ROW.fullmatch(line.rstrip("\r\n")) is not None for line in head)
    if rows < 2 or not any(_DASHES.fullmatch(line.rstrip("\r\n")) for line in head):
        return source
    copy = scratch / f"{len(list(scratch.iterdir()))}-{source.name}.unframed"
    with open_text(source) as read, copy.open("w", encoding="utf-8", newline="\n") as write:
        for line in read:
            plain = line.rstrip("\r\n")
            if not _DASHES.fullmatch(plain):
                row = _ROW.fullmatch(plain)
                # cells are padded: those of blanks alone are missing
                write.write("|".join(cell.strip() for cell in row[1].split("|")) + "\n" if row else f"{plain}\n")
    return copy
