"""Reads tables of dBase, FoxPro and Clipper (`.dbf`), which tills and older programs keep their data in.

No library for it is among those that are needed; the form is small: a head with the fields, then rows of a fixed width.
"""

import struct
from pathlib import Path
from typing import Final

import polars as pl

from retail_brain.errors import DataError
from retail_brain.sources.base import LEFT_OUT, FileTable
from retail_brain.sources.encoding_guess import guess_encoding
from retail_brain.sources.unpacking import check_in_memory

DBF_ENDING: Final = ".dbf"
_HEAD: Final = struct.Struct("<B3xIHH17xB2x")
"""Version, rows, bytes of the head, bytes of a row, code of the encoding."""
_FIELD: Final = 32
"""Bytes of a field's description."""
_LAST_FIELD: Final = b"\r"
_DELETED: Final = ord("*")
_ENCODINGS: Final = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x57: "cp1252", 0x64: "cp852", 0x65: "cp866", 0x66: "cp865",
    0x6A: "cp737", 0x6B: "cp857", 0x26: "cp866", 0x4D: "gb18030", 0x4E: "cp949", 0x4F: "big5", 0x50: "cp874",
    0x7B: "cp932", 0x78: "big5", 0x79: "cp949", 0x7A: "gb18030", 0x7C: "cp874", 0x7D: "cp1255", 0x7E: "cp1256",
    0xC8: "cp1250", 0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253", 0xCC: "cp1257",
}  # fmt: skip
"""Code in the head -> encoding; files without one are guessed."""
_TEXTS: Final = "CNFDL"
"""Types of fields that are written as text: text, numbers, days and yes or no."""
_JULIAN_UNIX: Final = 2_440_588
"""Julian day of 1970-01-01."""
_DAY_MS: Final = 86_400_000
"""Milliseconds of a day, in which fields of moments count."""
_MONEY: Final = 10_000
"""Parts of one in a field of money."""


def is_dbf(path: Path) -> bool:
    """Whether a file is a table of dBase by its ending."""
    return path.name.lower().endswith(DBF_ENDING)


def read_dbf(path: Path, encoding: str | None = None) -> FileTable:
    """The rows as text, days as year-month-day; rows that are marked as deleted are counted and left out.

    Args:
        path: the file.
        encoding: of its texts; None for what its head says, or else a guess.

    Raises:
        DataError: it is too large, no such table, cut short, or not in its encoding.
    """
    check_in_memory(path, path.stat().st_size)
    content = path.read_bytes()
    fields, rows, start, width, code = _head(path, content)
    if len(content) < start + rows * width:
        raise DataError(f"{path} is cut short: its head says {rows:,} rows of {width} bytes. Copy it again, whole.")
    lines = [content[start + n * width : start + (n + 1) * width] for n in range(rows)]
    kept = [line for line in lines if line[0] != _DELETED]
    known = encoding or _ENCODINGS.get(code) or guess_encoding(b"\n".join(kept[:5_000])) or "cp1252"
    columns: dict[str, list[str | None]] = {}
    notes = []
    place = 1
    try:
        for raw, kind, length in fields:
            name = raw.decode(known).strip()
            if kind in _TEXTS or kind in "ITYB":
                columns[name] = [_value(line[place : place + length], kind, known) for line in kept]
            else:
                notes.append(f"{path.name}: {name} is a field of type {kind}, whose values stand in another file")
            place += length
    except (UnicodeError, LookupError) as error:
        raise DataError(f"{path} is not in the encoding {known!r}: {error}. Name the right one.") from error
    taken = [("rows that are marked as deleted", len(lines) - len(kept))] if len(kept) < len(lines) else []
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String())).lazy()
    return FileTable(frame, notes=tuple(notes), left_out=pl.DataFrame(taken, schema=LEFT_OUT, orient="row"))


def _head(path: Path, content: bytes) -> tuple[list[tuple[bytes, str, int]], int, int, int, int]:
    """Fields (name, type, bytes), number of rows, where they begin, their bytes, and the code of the encoding."""
    fields = []
    if len(content) > _HEAD.size:
        _, rows, start, width, code = _HEAD.unpack_from(content)
        for place in range(_FIELD, start, _FIELD):
            field = content[place : place + _FIELD]
            if len(field) < _FIELD or field[:1] == _LAST_FIELD:
                break
            kind = chr(field[11])
            # the byte of decimals is that of more than 255 letters in texts
            fields.append((field[:11].partition(b"\0")[0], kind, field[16] + (field[17] << 8 if kind == "C" else 0)))
        if fields and 1 + sum(length for *_, length in fields) == width:
            return fields, rows, start, width, code
    raise DataError(f"{path} is no table of dBase: its head does not add up. Export it as CSV, or copy it again.")


def _value(raw: bytes, kind: str, encoding: str) -> str | None:
    if kind in "IY" or (kind in "TB" and len(raw) == 8):
        return _binary(raw, kind)
    text = raw.decode(encoding).strip(" \0")
    if kind == "D" and len(text) == 8:
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    # rows of stars are numbers that were too wide
    return None if not text or (kind in "NF" and not text.strip("*")) or text == "?" else text


def _binary(raw: bytes, kind: str) -> str | None:
    if kind == "I":
        return str(struct.unpack("<i", raw)[0])
    if kind == "B":
        return str(struct.unpack("<d", raw)[0])
    if kind == "Y":
        return str(struct.unpack("<q", raw)[0] / _MONEY)
    day, clock = struct.unpack("<ii", raw)
    moment = pl.Series([(day - _JULIAN_UNIX) * _DAY_MS + clock]).cast(pl.Datetime("ms"))
    return str(moment.dt.strftime("%Y-%m-%d %H:%M:%S")[0]) if day else None
