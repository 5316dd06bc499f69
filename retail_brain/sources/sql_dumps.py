"""Reads dumps of databases: the rows of INSERT statements and of COPY blocks, a CSV file for each table.

Nothing of a dump is run. MySQL, MariaDB, PostgreSQL, SQLite and SQL Server write such files.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from retail_brain.errors import DataError
from retail_brain.sources.base import unreadable
from retail_brain.sources.unpacking import check_in_memory

DUMP_ENDING: Final = ".sql"
_START_BYTES = 4 << 20
"""Bytes of a file in which a dump has its first row: definitions of tables alone take less. By judgement."""
_NAME = r'(?:[\w$]+|`[^`]+`|"[^"]+"|\[[^\]]+\])'
_PLACE = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_ROWS = re.compile(
    rf"^[ \t]*(?:INSERT|REPLACE)\s+(?:IGNORE\s+)?(?:INTO\s+)?(?P<table>{_PLACE})\s*(?:\((?P<names>[^()']*)\))?\s*"
    rf"VALUES\s*(?=\()|^COPY\s+(?P<copied>{_PLACE})\s*(?:\((?P<fields>[^()']*)\))?\s+FROM\s+stdin[^\n;]*;[ \t]*\n"
    rf"|^[ \t]*CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<made>{_PLACE})\s*\((?P<body>.*?)\n\s*\)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_HAS_ROWS = re.compile(
    rb"^[ \t]*(?:(?:INSERT|REPLACE)\s[^;]{0,4000}?VALUES\s*\(|COPY\s[^;]+FROM\s+stdin)", re.IGNORECASE | re.MULTILINE
)
_COLUMN = re.compile(
    rf"^\s*(?!(?:PRIMARY|UNIQUE|KEY|CONSTRAINT|INDEX|FOREIGN|CHECK|FULLTEXT)\b)({_NAME})\s", re.IGNORECASE
)
_QUOTED = {False: r"'((?:[^']|'')*)'", True: r"'((?:[^'\\]|''|\\.)*)'"}
"""A text in quotes; True where a backslash stands before marks, as MySQL writes it."""
_IS_MYSQL = re.compile(r"`|MySQL|MariaDB", re.IGNORECASE)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "0": "", "b": "", "Z": ""}
"""Letters behind a backslash that stand for another sign."""
_NO_NAME = r"[^\w. $-]"
_WORD_MARKS = '`"[] \t\r\n'


def is_dump(path: Path) -> bool:
    """Whether a file is a dump of a database with rows: other SQL, such as a query, is none."""
    if path.suffix.lower() != DUMP_ENDING or not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        start = start.decode("utf-16", "replace").encode()
    return _HAS_ROWS.search(start) is not None


def tables_of_dump(path: Path, folder: Path) -> dict[str, Path]:
    """Writes a CSV file for each table of a dump that has rows.

    Args:
        path: of the dump.
        folder: for the files.

    Returns:
        Name of each table, with `.csv`, and its file, in the order of the dump.

    Raises:
        DataError: it cannot be read, is too large, or has rows that are none.
    """
    text = _text_of(path)
    defined: dict[str, list[str]] = {}
    found: dict[str, list[list[str | None]]] = {}
    headers: dict[str, list[str]] = {}
    literal = _literal(has_backslashes=bool(_IS_MYSQL.search(text[:_START_BYTES])))
    position = 0
    while match := _ROWS.search(text, position):
        position = match.end()
        if match["made"]:
            defined[_bare(match["made"])] = [
                _bare(one[1]) for line in match["body"].splitlines() if (one := _COLUMN.match(line))
            ]
            continue
        table = _bare(match["table"] or match["copied"])
        named = [_bare(name) for name in (match["names"] or match["fields"] or "").split(",") if name.strip()]
        if match["copied"]:
            rows, position = _copied(text, position)
        else:
            rows, position = _inserted(path, text, position, literal)
        columns = named or defined.get(table) or [f"column_{place + 1}" for place in range(len(rows[0]) if rows else 0)]
        if headers.setdefault(table, columns) != columns or any(len(row) != len(columns) for row in rows):
            line = text.count("\n", 0, match.start()) + 1
            raise DataError(
                f"{path} line {line}: rows of {table} do not have its columns; wanted {headers[table]}. Export the "
                "table by itself, as CSV."
            )
        found.setdefault(table, []).extend(rows)
    filled = [(table, rows) for table, rows in found.items() if rows]
    return {
        # the file by its number: a name of a table may lead out of the folder
        f"{re.sub(_NO_NAME, '_', table)}.csv": _written(folder / f"{place:04}.csv", headers[table], rows)
        for place, (table, rows) in enumerate(filled)
    }


def _text_of(path: Path) -> str:
    """The text of a dump: in UTF-16 by its mark, or in UTF-8."""
    check_in_memory(path, path.stat().st_size)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(str(path), error, "Check that it can be read.") from error
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace").replace("\r\n", "\n")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not in UTF-8: {error}. Export it in UTF-8.") from error


def _literal(*, has_backslashes: bool) -> re.Pattern[str]:
    """One value and the sign behind it: a text, a text with its type, or a plain word."""
    quoted = _QUOTED[has_backslashes]
    text = rf"(?:[NEBX]|_\w+\s+)?{quoted}(?:::[\w ]+)?"
    cast = rf"(?:CAST|CONVERT)\s*\(\s*(?:\w+,\s*)?(?:[NEBX]?{quoted}|(-?[\w.]+))[^()]*(?:\([^()]*\)[^()]*)?\)"
    return re.compile(rf"\s*(?:{text}|{cast}|([^,()']*(?:\([^()']*\))?))\s*([,)])", re.IGNORECASE)


def _inserted(path: Path, text: str, position: int, literal: re.Pattern[str]) -> tuple[list[list[str | None]], int]:
    """The rows of an INSERT, each in brackets, and where the statement ends."""
    rows: list[list[str | None]] = []
    begins, between = re.compile(r"\s*\("), re.compile(r"\s*,\s*(?=\()")
    while start := begins.match(text, position):
        position, row = start.end(), []
        while True:
            match = literal.match(text, position)
            if match is None:
                line = text.count("\n", 0, position) + 1
                raise DataError(
                    f"{path} line {line}: a value cannot be read: got {text[position : position + 40]!r}. Export the "
                    "table by itself, as CSV."
                )
            row.append(_value(match))
            position = match.end()
            if match[5] == ")":
                break
        rows.append(row)
        further = between.match(text, position)
        if further is None:
            break
        position = further.end()
    return rows, position


def _value(match: re.Match[str]) -> str | None:
    quoted = match[1] if match[1] is not None else match[2]
    if quoted is not None:
        plain = quoted.replace("''", "'")
        return re.sub(r"\\(.)", lambda one: _ESCAPED.get(one[1], one[1]), plain, flags=re.DOTALL)
    word = (match[3] or match[4] or "").strip()
    return None if word.upper() == "NULL" else word


def _copied(text: str, position: int) -> tuple[list[list[str | None]], int]:
    """The rows of a COPY block, with tabs between, and where it ends."""
    end = text.find("\n\\.", position - 1)
    block = text[position : max(end, position)] if end >= 0 else text[position:]
    rows = [[None if cell == "\\N" else cell for cell in line.split("\t")] for line in block.split("\n") if line]
    return rows, end + 3 if end >= 0 else len(text)


def _bare(name: str) -> str:
    """The last part of a name without its quotes: `shop`.`orders` is orders."""
    return re.split(rf"\.(?={_NAME}$)", name.strip())[-1].strip(_WORD_MARKS)


def _written(path: Path, header: Sequence[str], rows: Sequence[Sequence[str | None]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(_cells(rows))
    return path


def _cells(rows: Sequence[Sequence[str | None]]) -> Iterator[list[str]]:
    return (["" if cell is None else cell for cell in row] for row in rows)
