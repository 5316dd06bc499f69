"""Opens files of any form that holds a table: CSV, workbooks, Parquet, JSON lines, and archives of them."""

import codecs
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from retail_brain.errors import DataError
from retail_brain.sources.archives import Unpacked, archive_of, is_archive, unpacked_by_path
from retail_brain.sources.base import FILE, FILE_NAME, MALFORMED, FileOptions, FileTable, RawTable, unreadable
from retail_brain.sources.dbf import DBF_ENDING, is_dbf, read_dbf
from retail_brain.sources.edifact import EDIFACT_ENDINGS, is_edifact, read_edifact
from retail_brain.sources.items_in_cells import with_items
from retail_brain.sources.nested import flat, in_lines, schema_in_order
from retail_brain.sources.sql_dumps import DUMP_ENDING, is_dump
from retail_brain.sources.text import read_text
from retail_brain.sources.unpacking import ARCHIVE, count_rows, unpack_gzip
from retail_brain.sources.workbook import read_workbook
from retail_brain.sources.xml_tables import read_xml

_TEXT = (".csv", ".tsv", ".txt", ".dat")
_JSON = (".jsonl", ".ndjson", ".json")
_XML = (".xml", ".xml.gz")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
ENDINGS = (
    ".parquet",
    *_TEXT,
    *_JSON,
    *(f"{ending}.gz" for ending in _TEXT + _JSON),
    *_WORKBOOKS,
    *_XML,
    ".zip",
    ".sql",
    *EDIFACT_ENDINGS,
    DBF_ENDING,
)
"""Endings of files that hold a table."""
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_START_BYTES = 4096
"""Bytes looked at for control codes: damaged and packed data holds one among a few dozen."""
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1a\x1b")
"""Codes that stand in no text; end of file and escape do in that of old tills."""


def stem(path: Path) -> str:
    """Name of a data file in lower case without its ending; blank for other files.

    >>> stem(Path("Transactions.CSV.gz")), stem(Path("notes.md"))
    ('transactions', '')
    """
    name = path.name.lower()
    # the longest ending first, so that .csv.gz is taken off whole
    return next((name.removesuffix(end) for end in sorted(ENDINGS, key=len, reverse=True) if name.endswith(end)), "")


def data_files(folder: Path) -> Iterator[Path]:
    """The files under a folder that hold tables, in the order of their names."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and _is_data(path))


def read_files(
    name: str,
    paths: Iterable[Path],
    scratch: Path,
    warnings: list[str],
    options: FileOptions = FileOptions(),  # noqa: B008
) -> RawTable:
    """Opens one table that is split over files, in the order given.

    Args:
        name: canonical name of the table.
        paths: at least one file.
        scratch: folder for temporary copies.
        warnings: remarks on the files are appended to it.
        options: how they are read.

    Raises:
        UsageError: a sheet that was named is not there.
        DataError: a file cannot be read.
    """
    files = list(paths)
    opened, asked = unpacked(files, scratch), frozenset(files)
    warnings.extend(opened.notes)
    tables = [
        # the rows of a whole archive have its name
        _named(open_file(copy, scratch, options), file if file in asked else archive_of(file) or file, options)
        for file, copy in opened.copies.items()
    ]
    for table in tables:
        warnings.extend(table.notes)
    origin = str(files[0]) if len(files) == 1 else f"{files[0].parent} ({len(files)} files)"
    # relaxed: one file of a table may well lack an optional column, or have none but empty values in it
    frames = [table.frame for table in tables]
    if len(files) > 1:
        # rows that two exports share are known by it from equal rows of one
        frames = [frame.with_columns(pl.lit(i, dtype=pl.UInt32).alias(FILE)) for i, frame in enumerate(frames)]
    frame = frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal_relaxed")
    left_out = pl.concat([table.left_out for table in tables]).group_by("reason", maintain_order=True).sum()
    malformed = pl.concat([pl.DataFrame(schema=MALFORMED), *(table.malformed for table in tables)])
    return RawTable(name, frame, origin, left_out=left_out.lazy() if left_out.height else None, malformed=malformed)


def _named(table: FileTable, path: Path, options: FileOptions) -> FileTable:
    named = table.frame.with_columns(pl.lit(path.name).alias(FILE_NAME)) if options.named else table.frame
    return replace(table, frame=named)


def open_file(path: Path, scratch: Path, options: FileOptions = FileOptions()) -> FileTable:  # noqa: B008  # frozen
    """Opens one file that is no archive, with a row per line of an order where a column holds several.

    Raises:
        UsageError: a sheet that was named is not there.
        DataError: it cannot be read.
    """
    table = _opened(path, scratch, options)
    return table if options.items is None else with_items(table, options.items, str(path))


def _opened(path: Path, scratch: Path, options: FileOptions) -> FileTable:
    """Opens one file that is no archive; the first bytes tell a workbook, otherwise the ending tells the form.

    Raises:
        UsageError: a sheet that was named is not there.
        DataError: it cannot be read.
    """
    name = path.name.lower()
    if name.endswith(".parquet") or _is_parquet(path):
        frame = scan_parquet(str(path))
        count_rows(path, frame.select(pl.len()).collect().item(), sum(map(_width, frame.collect_schema().dtypes())))
        return FileTable(frame)
    with path.open("rb") as file:
        start = file.read(len(ARCHIVE))
    if start.startswith(_GZIP) and not name.endswith(".gz"):
        packed = scratch / f"{len(list(scratch.iterdir()))}-{path.name}.gz"
        packed.symlink_to(path.resolve())
        return _opened(packed, scratch, options)
    if start in (ARCHIVE, _OLD_WORKBOOK):
        # tills call their workbooks .csv, and the other way round
        if options.section is not None:
            raise DataError(f"{path} is a workbook, which has no sections: say `sheet` in the place of `section`.")
        return read_workbook(path, options)
    if name.removesuffix(".gz").endswith(_JSON):
        frame, notes = flat(_scan_json_lines(path, scratch), str(path))
        return FileTable(frame, notes=tuple(f"{path.name}: {note}" for note in notes))
    if (table := _of_other_forms(path, scratch, options)) is not None:
        return table
    if start.lstrip()[:1] == b"<":
        raise DataError(
            f"{path} is a web page, whatever its ending says; wanted CSV, a workbook, Parquet or JSON lines. Open it "
            "in a spreadsheet program and save it as .xlsx."
        )
    if name.endswith(_WORKBOOKS) and is_binary(path):
        raise DataError(
            f"{path} is no workbook: it begins with the bytes {start.hex(' ')}, wanted 50 4b 03 04 or d0 cf 11 e0. It "
            "is damaged, not whole, encrypted or older than Excel 97: export it again, as .xlsx or CSV."
        )
    return read_text(path, scratch, options)


def _of_other_forms(path: Path, scratch: Path, options: FileOptions) -> FileTable | None:
    """The table of a file of dBase, EDIFACT or XML; None for others."""
    if is_dbf(path):
        return read_dbf(path, options.encoding)
    if is_edifact(path):
        return read_edifact(path)
    return read_xml(path, scratch, options.element) if is_named_xml(path) else None


def scan_parquet(place: str, storage_options: Mapping[str, str] | None = None) -> pl.LazyFrame:
    """Scans a Parquet file after reading its schema.

    Raises:
        DataError: it is not a Parquet file or cannot be read.
    """
    try:
        frame = pl.scan_parquet(place, storage_options=dict(storage_options or {}) or None)
        frame.collect_schema()  # a scan alone opens nothing, and would fail far from here
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(place, error, "Check that it exists and is a whole Parquet file.") from error
    return frame


def _width(kind: pl.DataType) -> int:
    """Bytes of a value in memory; of text and lists those of its place."""
    narrow = {pl.Int8: 1, pl.UInt8: 1, pl.Boolean: 1, pl.Int16: 2, pl.UInt16: 2, pl.Int32: 4, pl.UInt32: 4}
    narrow |= {pl.Float32: 4, pl.Date: 4, pl.String: 16, pl.Binary: 16}
    return narrow.get(kind.base_type(), 8)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        if file.read(len(_PARQUET)) != _PARQUET:
            return False
        file.seek(-len(_PARQUET), os.SEEK_END)
        return file.read() == _PARQUET


def is_named_xml(path: Path) -> bool:
    """Whether a file is XML by its ending, or as it declares itself."""
    if path.name.lower().endswith(_XML):
        return True
    with path.open("rb") as file:
        return file.read(_START_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml")


def is_binary(path: Path) -> bool:
    """Whether the first bytes are those of no text: tills call tables of text .xls, and these are read."""
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    return any(byte in _CONTROLS for byte in start)


def _is_data(path: Path) -> bool:
    # spreadsheet programs leave ~$NAME beside a workbook that is open; a query is SQL as well
    is_table = path.suffix.lower() != DUMP_ENDING or is_dump(path) or not path.exists()
    return is_table and path.name.lower().endswith(ENDINGS) and not path.name.startswith((".", "~$"))


def unpacked(paths: Iterable[Path], scratch: Path) -> Unpacked:
    """Files to open by their paths: files themselves, or copies of some or all data files of zip archives.

    An archive is opened once for all of its files that follow each other.

    Raises:
        NotFoundError: an archive has no file of that name.
        DataError: it cannot be read, holds no data file, or is too large once it is unpacked; nothing is left of it.
    """
    copies: dict[Path, Path] = {}
    notes: list[str] = []
    for archive, group in itertools.groupby(paths, archive_of):
        if archive is not None:
            copies |= unpacked_by_path(archive, scratch, _is_data, list(group)).copies
            continue
        for path in group:
            whole = unpacked_by_path(path, scratch, _is_data) if is_archive(path) else Unpacked({path: path})
            copies |= whole.copies
            notes += whole.notes
    return Unpacked(copies, tuple(notes))


def _scan_json_lines(path: Path, scratch: Path) -> pl.LazyFrame:
    """Scans a file with one JSON object per line, or one document with a list of objects.

    Raises:
        DataError: it cannot be read.
    """
    try:
        source = path
        if path.suffix.lower() == ".gz":
            source = scratch / f"{len(list(scratch.iterdir()))}-{path.stem}"
            unpack_gzip(path, source)
        source = in_lines(source, scratch)
        # all lines decide the types: a column may be null in the first thousand
        schema = pl.scan_ndjson(source, infer_schema_length=None).collect_schema()
        return pl.scan_ndjson(source, schema=schema_in_order(source, schema))
    except (pl.exceptions.PolarsError, OSError, EOFError, ValueError) as error:
        raise unreadable(str(path), error, "Check that every line is one whole JSON object.") from error
