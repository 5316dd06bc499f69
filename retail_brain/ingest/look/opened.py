"""Opens the files of a dataset for a look: sheets of a workbook, sections of a text and files of an archive apart."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from retail_brain.errors import DataError, RetailBrainError
from retail_brain.ingest.look.above_header import text_above
from retail_brain.ingest.look.draft import ITEMS, listed, quoted
from retail_brain.ingest.look.groups import group_columns
from retail_brain.ingest.look.lists_in_cells import column_of_items
from retail_brain.ingest.look.sheets_of_months import sheets_alike, sums_of_sheets
from retail_brain.ingest.look.summed_levels import levels_of
from retail_brain.sources.base import FileOptions, FileTable, stacked
from retail_brain.sources.dbf import DBF_ENDING
from retail_brain.sources.edifact import EDIFACT_ENDINGS
from retail_brain.sources.encoding import likely_encoding
from retail_brain.sources.files import is_named_xml, open_file, unpacked
from retail_brain.sources.unpacking import TOO_LARGE
from retail_brain.sources.workbook import ALL_SHEETS, sheet_names
from retail_brain.sources.xml_tables import element_names

SAMPLE_ROWS = 20_000
"""Rows of a file that are looked at: enough for days beyond 12, and read in a second. By judgement."""
_KNOWN_ENCODING = (
    ".parquet",
    ".jsonl",
    ".ndjson",
    ".json",
    ".jsonl.gz",
    ".ndjson.gz",
    ".json.gz",
    ".xml",
    ".xml.gz",
    *EDIFACT_ENDINGS,
    DBF_ENDING,
)
"""Endings of files that are no text, always in UTF-8, or that say their encoding."""

_NO_PLAIN = (pl.Null, pl.Binary, pl.Object)
"""Types, beside lists and objects, that are no plain values."""


@dataclass(frozen=True)
class Opened:
    """One table of a file, the keys that say in a mapping how it is read, and the text above its header."""

    path: Path
    table: FileTable
    keys: dict[str, str]
    title: str


def tables_of(path: Path, scratch: Path, lines: list[str], usual: str | None = None) -> list[Opened]:
    """The tables of a file: one, or one per sheet, section or file of an archive; none where it cannot be read.

    Args:
        path: of the file.
        scratch: folder for temporary files.
        lines: gets the reason where a file cannot be read.
        usual: encoding of the dataset, see `usual_encoding`.

    Raises:
        DataError: the files of the dataset are too large all together.
    """
    try:
        found = unpacked([path], scratch)
        lines += found.notes
        opened = found.copies
        if len(opened) > 1 and not _are_alike(opened.values(), scratch):
            return [
                one for inner, copy in opened.items() for one in _tables_of_copies(inner, [copy], scratch, lines, usual)
            ]
    except (RetailBrainError, pl.exceptions.PolarsError, OSError) as error:
        say_unread(path, error, lines)
        return []
    return _tables_of_copies(path, list(opened.values()), scratch, lines, usual)


def _are_alike(copies: Iterable[Path], scratch: Path) -> bool:
    """Whether the files of an archive have the same columns, and so are one table; others are those of a folder."""
    headers = set()
    for copy in copies:
        try:
            headers.add(tuple(open_file(copy, scratch, _options(copy)[0]).frame.collect_schema().names()))
        except (RetailBrainError, pl.exceptions.PolarsError, OSError):
            return False  # each is looked at by itself, which says why
    return len(headers) == 1


def _tables_of_copies(
    path: Path, copies: list[Path], scratch: Path, lines: list[str], usual: str | None
) -> list[Opened]:
    """What a file holds, or a file of an archive, which is looked at by its copy; or equal ones below each other."""
    try:
        opened = _opened(copies, scratch, usual)
        titles = [text_above(copies[0], scratch, table, keys) if len(copies) == 1 else "" for table, keys in opened]
        return [Opened(path, *one, title) for one, title in zip(opened, titles, strict=True)]
    except (RetailBrainError, pl.exceptions.PolarsError, OSError) as error:
        say_unread(path, error, lines, copies[0])
        return []


def say_unread(path: Path, error: Exception, lines: list[str], copy: Path | None = None) -> None:
    """Notes why a file is not read.

    Args:
        path: of the file.
        error: what the reader said.
        lines: gets a sentence.
        copy: of the file, which the error may name in its place.

    Raises:
        DataError: the files of the dataset are too large all together.
    """
    if isinstance(error, DataError) and error.details.get("problem") == TOO_LARGE:
        raise error
    says = (str(error).strip() or type(error).__name__).splitlines()[0].replace(str(copy or path), str(path))
    says = says.removeprefix(f"{path} ") if says.startswith(f"{path} ") else f"cannot be read: {says}"
    lines.append(f"{shown(path.name)} {says}")


def shown(name: str | Path) -> str:
    """A name of a file as a report shows it: in quotes where it has a code that cannot be printed, such as a new line.

    >>> shown("sales.csv"), chr(10) in shown("a" + chr(10))
    ('sales.csv', False)
    """
    text = str(name)
    return text if text.isprintable() else repr(text)


def _opened(paths: list[Path], scratch: Path, usual: str | None) -> list[tuple[FileTable, dict[str, str]]]:
    """The tables of a file, or of files with the same columns, and the keys that say in a mapping how each is read.

    Raises:
        DataError: it cannot be read.
    """
    largest = max(paths, key=lambda one: one.stat().st_size)
    if len(paths) == 1 and len(sheets := _sheets(largest)) > 1:
        return _sheets_of(largest, scratch, sheets)
    if len(paths) == 1 and is_named_xml(largest) and len(names := element_names(largest)) > 1:
        return [_element(largest, scratch, name) for name in names]
    options, keys = _options(largest, usual)
    options, keys = _with_groups(largest, scratch, options, keys)
    tables = [open_file(one, scratch, options) for one in paths]
    if len(paths) == 1 and tables[0].sections > 1:
        return [_section(largest, scratch, options, keys, number + 1) for number in range(tables[0].sections)]
    return [(stacked(tables), keys)]


def _section(
    path: Path, scratch: Path, options: FileOptions, keys: dict[str, str], number: int
) -> tuple[FileTable, dict[str, str]]:
    """One of the tables that stand below each other in a file, and the keys that say so."""
    return open_file(path, scratch, replace(options, section=number)), {**keys, "section": str(number)}


def _element(path: Path, scratch: Path, name: str) -> tuple[FileTable, dict[str, str]]:
    """One of the tables of an XML file, and the key that names it."""
    options, keys = _with_groups(path, scratch, FileOptions(element=name), {"element": quoted(name)})
    return open_file(path, scratch, options), keys


def _sheets(path: Path) -> list[str]:
    """Names of the sheets of a workbook; none of another file."""
    with path.open("rb") as file:
        start = file.read(4)
    return sheet_names(path) if start[:2] == b"PK" or start == b"\xd0\xcf\x11\xe0" else []


def _sheets_of(path: Path, scratch: Path, names: list[str]) -> list[tuple[FileTable, dict[str, str]]]:
    """Sheets with alike headers one below the other, others as tables of their own; those of one column are notes.

    A sheet that sums others by columns of their names is left out, which is said.
    """
    opened = {name: _with_groups(path, scratch, FileOptions(sheet=name), {}) for name in names}
    tables = {name: open_file(path, scratch, options) for name, (options, _) in opened.items()}
    headers = {name: tuple(table.frame.collect_schema().names()) for name, table in tables.items()}
    if len(set(headers.values())) == 1:
        return [(stacked(list(tables.values())), {"sheet": quoted(ALL_SHEETS), **opened[names[0]][1]})]
    headers = {name: header for name, header in headers.items() if len(header) > 1}
    sums = sums_of_sheets(headers)
    said = tuple(f"{path.name}, sheet {name}: sums the sheets {list(of)} and is left out" for name, of in sums.items())
    read_alike: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, header in headers.items():
        if name not in sums:
            read_alike.setdefault(str(opened[name][1]), {})[name] = header
    groups = [group for sheets in read_alike.values() for group in sheets_alike(sheets)]
    made = [
        (stacked([tables[name] for name in group]), {**_sheet_key(group), **opened[group[0]][1]}) for group in groups
    ]
    return [
        (replace(table, notes=(*table.notes, *said)) if not place else table, keys)
        for place, (table, keys) in enumerate(made)
    ]


def _sheet_key(names: list[str]) -> dict[str, str]:
    return {"sheet": quoted(names[0]) if len(names) == 1 else listed(names)}


def _with_groups(
    path: Path, scratch: Path, options: FileOptions, keys: dict[str, str]
) -> tuple[FileOptions, dict[str, str]]:
    """The options and keys, with columns for names in rows of their own, or a row per line where a cell has several."""
    table = open_file(path, scratch, options)
    sample = table.frame.head(SAMPLE_ROWS).collect()
    if levels := levels_of(sample):
        return replace(options, levels=levels), {**keys, "levels": listed(levels)}
    if not group_columns(sample):
        items = column_of_items(sample, path.stem)
        return (options, keys) if items is None else (replace(options, items=items), {**keys, ITEMS: quoted(items)})
    sheet = {"sheet": quoted(options.sheet)} if isinstance(options.sheet, str) else {}
    said = f"{path.stem} {options.sheet or ''} {text_above(path, scratch, table, {**keys, **sheet})}"
    names = group_columns(sample, said)
    return replace(options, group_rows=names), {**keys, "group_rows": listed(names)}


def is_of_text(path: Path) -> bool:
    """Whether a file is text whose encoding has to be guessed."""
    with path.open("rb") as file:
        start = file.read(4)
    is_book = start[:2] == b"PK" or start == b"\xd0\xcf\x11\xe0"
    return (
        not is_book and not path.name.lower().endswith(_KNOWN_ENCODING) and start[:2] not in (b"\xff\xfe", b"\xfe\xff")
    )


def _options(path: Path, usual: str | None = None) -> tuple[FileOptions, dict[str, str]]:
    """How the file is opened, and the keys that say so in a mapping."""
    encoding = likely_encoding(path, usual) if is_of_text(path) else None
    return (
        (FileOptions(), {})
        if encoding in (None, "utf-8")
        else (FileOptions(encoding=encoding), {"encoding": f'"{encoding}"'})
    )


def plain_columns(sample: pl.DataFrame) -> pl.DataFrame:
    """The rows with a text such as `a;b` for every list, and one for an object; other values that are not plain go."""
    return sample.with_columns(
        _plain(name, kind).alias(name) for name, kind in sample.schema.items() if kind in _NO_PLAIN or kind.is_nested()
    )


def _plain(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.List | pl.Array):
        inner = kind.inner if isinstance(kind.inner, pl.DataType) else kind.inner()
        if inner.is_nested() or inner in _NO_PLAIN:
            return pl.lit(None, dtype=pl.String)
        text = column.cast(pl.List(inner)).list.eval(pl.element().cast(pl.String)).list.join(";")
        return pl.when(text != "").then(text)
    if isinstance(kind, pl.Struct):
        return column.struct.json_encode()
    if kind == pl.Binary:  # text, as some programs write it into Parquet; other bytes show as marks
        return column.map_elements(lambda value: value.decode("utf-8", "replace"), return_dtype=pl.String)
    return pl.lit(None, dtype=pl.String)
