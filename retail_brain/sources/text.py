"""Reads CSV files as tables of text; detects encoding, delimiter and malformed lines before Polars reads them.

Every column is read as text, so an id keeps its leading zeros; ingest turns text into the canonical types.
"""

import codecs
import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import polars as pl

from retail_brain.errors import DataError
from retail_brain.sources.base import unreadable

_DELIMITERS = ",;\t|"
MALFORMED = {"reason": pl.String, "line": pl.String}
_CHUNK_BYTES = 1 << 20
"""Bytes decoded at once: 1 MB."""
_GUESSES = ("gb18030", "big5", "cp1252")


@dataclass(frozen=True)
class TextFile:
    """A CSV file that was opened.

    Attributes:
        frame: all columns as text; empty fields are nulls.
        malformed: columns `reason` and `line`: lines with more fields than the header.
        note: remark on the format for the user; empty for a plain file.
    """

    frame: pl.LazyFrame
    malformed: pl.DataFrame
    note: str = ""


def read_text(path: Path, scratch: Path, encoding: str | None = None, delimiter: str | None = None) -> TextFile:
    """Opens a CSV file (or .csv.gz) as a lazy frame of text.

    Args:
        path: the file.
        scratch: folder for a copy in UTF-8 where the file is in another encoding or has malformed lines.
        encoding: of the file; None means UTF-8, with or without a byte order mark.
        delimiter: between fields; None detects it from the header.

    Raises:
        DataError: the file is empty, not in its encoding, has no usable header or cannot be read.
    """
    try:
        source = _in_utf8(path, scratch, encoding)
        with _open(source) as file:
            header = file.readline()
        if not header.strip():
            raise DataError(f"{path} is empty: wanted a header line with column names. Write it again or remove it.")
        mark = delimiter or _guess_delimiter(header)
        names = _column_names(path, source, mark)
        frame = _lazy(source, mark)
        if _is_ragged(frame):
            copy, malformed = _set_aside_ragged(source, scratch, mark, len(names))
            frame = _lazy(copy, mark)
        else:
            malformed = pl.DataFrame(schema=MALFORMED)
    except (OSError, EOFError, csv.Error, pl.exceptions.PolarsError) as error:
        raise unreadable(str(path), error, "Check that the file exists and is a whole CSV file.") from error
    note = "" if mark == "," else f"{path.name}: fields are divided by {mark!r}"
    return TextFile(frame.rename(dict(zip(frame.collect_schema().names(), names, strict=True))), malformed, note)


def _open(path: Path, encoding: str = "utf-8-sig") -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _in_utf8(path: Path, scratch: Path, encoding: str | None) -> Path:
    """The file itself when it is UTF-8, otherwise a copy of it in UTF-8.

    Raises:
        DataError: it is not in the encoding named.
    """
    if encoding is None:
        problem = _first_wrong_byte(path, "utf-8")
        if problem is None:
            return path
        likely = "utf-16" if _starts_as_utf16(path) else None
        likely = likely or next((guess for guess in _GUESSES if _first_wrong_byte(path, guess) is None), None)
        advice = f'say encoding = "{likely}"' if likely else "name its encoding"
        raise DataError(
            f"{path} is not UTF-8 ({problem}). Save it as UTF-8, or {advice} for it in a mapping."
            + (" It looks like GBK or GB18030." if likely == "gb18030" else "")
        )
    copy = scratch / f"{path.name.removesuffix('.gz')}.utf8"
    try:
        with _open(path, encoding) as read, copy.open("w", encoding="utf-8", newline="") as write:
            while chunk := read.read(_CHUNK_BYTES):
                write.write(chunk.removeprefix("\ufeff"))
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError(f"{path} is not in the encoding {encoding!r}: {error}. Name the right one.") from error
    return copy


def _first_wrong_byte(path: Path, encoding: str) -> str | None:
    """Position and reason of the first byte that is not of the encoding; None where all are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    place = 0
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK_BYTES)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return f"byte {place + error.start}: {error.reason}"
            if not chunk:
                return None
            place += len(chunk)


def _starts_as_utf16(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _guess_delimiter(header: str) -> str:
    """The most frequent delimiter of the header outside quotes.

    >>> _guess_delimiter('store_id;product_id;"name, brand"')
    ';'
    """
    outside = "".join(header.split('"')[::2])
    counts = Counter(character for character in outside if character in _DELIMITERS)
    return max(_DELIMITERS, key=lambda mark: counts[mark]) if counts else ","


def _column_names(path: Path, source: Path, delimiter: str) -> list[str]:
    """Column names of the header.

    Raises:
        DataError: two columns have the same name.
    """
    names = [name.strip() for name in next(_records(source, delimiter))]
    duplicates = [name for name, count in Counter(names).items() if count > 1]
    if duplicates:
        raise DataError(
            f"{path} has the columns {duplicates} more than once; got {names}. Rename or remove one of each pair."
        )
    return names


def _records(path: Path, delimiter: str) -> Iterator[list[str]]:
    with _open(path) as file:
        yield from csv.reader(file, delimiter=delimiter)


def _lazy(path: Path, delimiter: str) -> pl.LazyFrame:
    # without glob: a file name may have brackets or a star
    return pl.scan_csv(path, separator=delimiter, infer_schema=False, glob=False)


def _is_ragged(frame: pl.LazyFrame) -> bool:
    """Whether some line has more fields than the header; parses the file once.

    Raises:
        ComputeError: it cannot be parsed for another reason.
    """
    try:
        frame.select(pl.all().count()).collect(engine="streaming")
    except pl.exceptions.ComputeError as error:
        # Polars has no error class of its own for ragged lines
        if "more fields" not in str(error):
            raise
        return True
    return False


def _set_aside_ragged(source: Path, scratch: Path, delimiter: str, fields: int) -> tuple[Path, pl.DataFrame]:
    """Copies the file without the lines that have too many fields, and returns those lines apart."""
    copy = scratch / f"{source.name.removesuffix('.gz')}.even.csv"
    reasons, lines = [], []
    with copy.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        for record in _records(source, delimiter):
            if len(record) <= fields:
                writer.writerow(record)
            else:
                reasons.append(f"line has {len(record)} fields, the header has {fields}")
                lines.append(delimiter.join(record))
    return copy, pl.DataFrame({"reason": reasons, "line": lines}, schema=MALFORMED)
