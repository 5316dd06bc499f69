"""The text above the header of a report, which may say its day or its shop."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from retail_brain.errors import RetailBrainError
from retail_brain.sources.base import FileOptions, FileTable
from retail_brain.sources.files import open_file

_SKIPPED = r"skip_lines = (\d+)"


def text_above(path: Path, scratch: Path, table: FileTable, keys: Mapping[str, str]) -> str:
    """The cells above the header of a file, with blanks between; blank where the header is the first line.

    Args:
        path: of the file.
        scratch: folder for temporary files.
        table: the file as it was opened.
        keys: how it was opened, in TOML.
    """
    said = [found for note in table.notes if (found := re.search(_SKIPPED, note))]
    lines = int(said[0][1]) if said else 0
    if not lines:
        return ""
    bare = {key: value.strip('"') for key, value in keys.items()}
    sheet = bare.get("sheet", "")
    if sheet.startswith("["):  # several below each other, of which the first says what they all are
        sheet = str(json.loads(sheet)[0])
    options = FileOptions(encoding=bare.get("encoding"), sheet=sheet or None, skip_lines=0)
    try:
        whole = open_file(path, scratch, options).frame.head(lines).collect()
    except (RetailBrainError, pl.exceptions.PolarsError, OSError):
        return ""  # what stands there is a help, and no more
    if set(whole.columns) >= set(table.frame.collect_schema().names()):
        return ""  # the lines above are blank
    cells = [*whole.columns, *(cell for row in whole.rows() for cell in row)]
    return " ".join(str(cell) for cell in cells if cell is not None)
