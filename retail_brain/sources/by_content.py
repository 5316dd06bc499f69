"""Finds texts of tables whose name has no ending, or one that says nothing, such as `SALES.LST` of a till."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from retail_brain.sources.files import is_binary, stem
from retail_brain.sources.fixed_width import is_fixed_width
from retail_brain.sources.table_start import DELIMITERS

_NO_DATA = (
    ".toml",
    ".md",
    ".rst",
    ".html",
    ".htm",
    ".css",
    ".js",
    ".py",
    ".sh",
    ".yaml",
    ".yml",
    ".ini",
    ".log",
    ".sql",
)
"""Endings of texts that are no tables, whatever stands in them."""
_START_BYTES = 1 << 16
"""Bytes looked at: 64 kB."""
_LEAST_LINES = 5
"""Lines below which a text of unknown ending is no table. By judgement."""
_ALIKE = 0.5
"""Share of lines with the same number of a mark from which it divides the fields. By judgement."""


def tables_by_content(folder: Path) -> Iterator[Path]:
    """The texts under a folder that are no data file by their name, and whose lines have columns."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and _is_table(path))


def _is_table(path: Path) -> bool:
    name = path.name.lower()
    if stem(path) or name.startswith((".", "~$")) or name.endswith(_NO_DATA) or is_binary(path):
        return False
    with path.open("rb") as file:
        # whatever the encoding, marks and blanks are those of ASCII
        lines = file.read(_START_BYTES).decode("latin-1").replace("\f", "").splitlines()
    filled = [line for line in lines if line.strip()]
    return len(filled) >= _LEAST_LINES and (_is_divided(filled) or is_fixed_width(lines))


def _is_divided(lines: Sequence[str]) -> bool:
    counts = (Counter(line.count(mark) for line in lines) for mark in DELIMITERS)
    return any(
        max((rows for fields, rows in count.items() if fields > 1), default=0) > _ALIKE * len(lines) for count in counts
    )
