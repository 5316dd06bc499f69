"""Reads CSV files as tables of text; finds header, delimiter and malformed lines before Polars reads them.

Every column is read as text, so an id keeps its leading zeros; ingest turns text into the canonical types.
"""

import csv
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from retail_brain.errors import DataError
from retail_brain.sources.base import LEFT_OUT, MALFORMED, FileOptions, FileTable, unreadable
from retail_brain.sources.encoding import in_utf8, open_text
from retail_brain.sources.fixed_width import without_blanks
from retail_brain.sources.framed import PAGE_HEADS, without_frame
from retail_brain.sources.group_rows import with_group_columns
from retail_brain.sources.levels import with_levels
from retail_brain.sources.pages import without_pages
from retail_brain.sources.rows_left_out import without_odd_rows
from retail_brain.sources.sections import header_lines, one_section
from retail_brain.sources.table_start import DELIMITERS, HEAD_LINES, guess_delimiter, header_index, unique_names


class _UnlikeHeaderError(ValueError):
    """Polars and the standard library divide the line of names into unlike numbers of fields."""


def read_text(path: Path, scratch: Path, options: FileOptions = FileOptions()) -> FileTable:  # noqa: B008  # frozen
    """Opens a CSV file (or .csv.gz) as a lazy frame of text.

    Args:
        path: the file.
        scratch: folder for a copy in UTF-8 where the file is in another form or has malformed lines.
        options: encoding, delimiter and lines above the header; None in them means found out.

    Raises:
        DataError: the file is empty, not in its encoding, has no usable header or cannot be read.
    """
    try:
        source, pages = without_pages(in_utf8(path, scratch, options.encoding), scratch)
        source, page_heads = without_frame(source, scratch)
        page_heads += pages
        if options.delimiter is None:
            source = without_blanks(source, scratch)
        # names of a later table must not be looked for above it
        mark, skipped = _start(path, source, replace(options, expected=frozenset()) if options.section else options)
        starts = header_lines(source, mark, skipped)
        if options.section is not None:
            source, skipped = one_section(source, scratch, options.section, starts), 0
        header = next(_records(source, mark, skipped))
        malformed = pl.DataFrame(schema=MALFORMED)
        try:
            rows, left_out = _read(source, mark, skipped, header)
        except (pl.exceptions.ComputeError, _UnlikeHeaderError) as error:
            # Polars has no error class of its own for ragged lines
            if isinstance(error, pl.exceptions.ComputeError) and "more fields" not in str(error):
                raise
            source, malformed = _set_aside_ragged(source, scratch, mark, skipped, len(header))
            rows, left_out = _read(source, mark, 0, header)
    except (OSError, EOFError, csv.Error, pl.exceptions.PolarsError, _UnlikeHeaderError) as error:
        raise unreadable(str(path), error, "Check that the file exists and is a whole CSV file.") from error
    if page_heads:
        left_out = pl.concat([left_out, pl.DataFrame([(PAGE_HEADS, page_heads)], schema=LEFT_OUT, orient="row")])
    rows, left_out = with_group_columns(rows, options.group_rows, left_out)
    rows, left_out = with_levels(rows, options.levels, left_out)
    return FileTable(rows, malformed, left_out, tuple(_notes(path, mark, skipped, options)), len(starts))


def _start(path: Path, source: Path, options: FileOptions) -> tuple[str, int]:
    """Delimiter, and number of lines above the header.

    Raises:
        DataError: there is no line with names.
    """
    with open_text(source) as file:
        lines = list(itertools.islice(file, (options.skip_lines or 0) + HEAD_LINES))
    named = _separator_line(lines[0]) if lines else None
    skipped = options.skip_lines if options.skip_lines is not None else 1 if named else 0
    if not any(line.strip() for line in lines[skipped:]):
        raise DataError(f"{path} is empty: wanted a header line with column names. Write it again or remove it.")
    mark = options.delimiter or named or guess_delimiter(lines[skipped:])
    if options.skip_lines is None:
        # a line of the file, not a record: only names stand above the first quoted line feed
        rows = [next(csv.reader([line], delimiter=mark), []) for line in lines[skipped:]]
        skipped += header_index(rows, options.expected)
    # Polars passes over blank lines, and so must whoever counts names
    skipped += next(number for number, line in enumerate(lines[skipped:]) if line.strip())
    return mark, skipped


def _separator_line(line: str) -> str | None:
    """The mark of a first line `sep=;`, which spreadsheets write and read."""
    plain = line.strip("\ufeff\r\n\"'")
    return plain[4] if plain[:4].lower() == "sep=" and len(plain) == 5 and plain[4] in DELIMITERS else None


def _notes(path: Path, mark: str, skipped: int, options: FileOptions) -> Iterator[str]:
    if mark != "," and options.delimiter is None:
        yield f"{path.name}: fields are divided by {mark!r}"
    if skipped and options.skip_lines is None:
        yield f"{path.name}: line {skipped + 1} is read as the header (in a mapping: skip_lines = {skipped})"


def _records(path: Path, delimiter: str, skipped: int) -> Iterator[list[str]]:
    with open_text(path) as file:
        yield from csv.reader(itertools.islice(file, skipped, None), delimiter=delimiter)


def _read(path: Path, mark: str, skipped: int, header: list[str]) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """The rows, and what was taken out of them; parses the file once."""
    # without glob: a file name may have brackets or a star
    frame = pl.scan_csv(path, separator=mark, infer_schema=False, glob=False, skip_lines=skipped)
    present = frame.collect_schema().names()
    if len(present) != len(header):
        raise _UnlikeHeaderError(f"its line of names has {len(header)} or {len(present)} fields, by its quotes")
    return without_odd_rows(frame.rename(dict(zip(present, unique_names(header), strict=True))), header)


def _set_aside_ragged(
    source: Path, scratch: Path, delimiter: str, skipped: int, fields: int
) -> tuple[Path, pl.DataFrame]:
    """Copies the file without the lines that have too many fields, and returns those lines apart.

    Blank fields beyond the header are no fault: some tills end every line with the delimiter.
    """
    copy = scratch / f"{len(list(scratch.iterdir()))}-{source.name.removesuffix('.gz')}.even.csv"
    reasons, lines = [], []
    with copy.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        for record in _records(source, delimiter, skipped):
            if not any(cell.strip() for cell in record[fields:]):
                writer.writerow(record[:fields])
            else:
                reasons.append(f"line has {len(record)} fields, the header has {fields}")
                lines.append(delimiter.join(record))
    return copy, pl.DataFrame({"reason": reasons, "line": lines}, schema=MALFORMED)
