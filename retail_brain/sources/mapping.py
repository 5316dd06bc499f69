"""Opens the dataset of a mapping: a TOML file with the source of each table and the names of its columns."""

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from retail_brain.errors import DataError, NotFoundError, UsageError
from retail_brain.sources.archives import archive_of
from retail_brain.sources.base import FILE_NAME, PER, FileOptions, RawTable, Source
from retail_brain.sources.column_names import find_column, plain_name
from retail_brain.sources.connectors import connect, connector_names, is_connector
from retail_brain.sources.files import data_files, read_files
from retail_brain.sources.heads import with_heads, without_heads
from retail_brain.sources.joins import joined_with
from retail_brain.sources.mapping_keys import ColumnMapping, DatasetMapping, FileKeys, TableMapping
from retail_brain.sources.shaping import first_filled, from_wide, joined, rows_where, with_blanks_filled, with_returns
from retail_brain.sources.shared_names import with_shared_names_closed
from retail_brain.sources.sql import query_database, query_files
from retail_brain.tables import TABLES

_OF_LINES = ("products", "stores", "customers")
"""Tables that an export without lists of its own may hold in the columns of its lines."""
_WITH_LINES = ("transactions", "daily_sales", "inventory")
"""Tables with a row for each line."""
_ADDED_UP = ("daily_sales", "category_sales", "inventory")
"""Tables whose rows of one key may be parts of a sum."""
_TYPES = {"text": pl.String, "number": pl.Float64, "integer": pl.Int64, "boolean": pl.Boolean}


def mapping_source(path: Path, scratch: Path) -> Source:
    """Opens the tables of a mapping. Paths in it are relative to its own folder.

    Raises:
        NotFoundError: the mapping or a file it names does not exist.
        UsageError: the mapping is not TOML, or has an unknown key, table, column, connector or condition.
        DataError: a source cannot be read or lacks a column that the mapping names.
        ExtensionError: a connector of another package cannot be imported, or breaks its protocol.
    """
    return mapped_tables(parse_mapping(path), path, scratch)


def mapped_tables(mapping: DatasetMapping, path: Path, scratch: Path) -> Source:
    """Opens the tables of a mapping that was read.

    Args:
        mapping: keys of the mapping.
        path: where the mapping lies; the paths in it are relative to that folder.
        scratch: folder for temporary files; it must outlive the source.

    Raises:
        NotFoundError: a file that it names does not exist.
        UsageError: it has an unknown connector or condition.
        DataError: a source cannot be read or lacks a column that the mapping names.
        ExtensionError: a connector of another package cannot be imported, or breaks its protocol.
    """
    warnings: list[str] = []
    lines = [mapping.tables[name] for name in _WITH_LINES if name in mapping.tables]
    tables = {name: _table(name, table, path, scratch, warnings, lines) for name, table in mapping.tables.items()}
    joined = [name for name, table in mapping.tables.items() if _has_joined_people(table)]
    tables = with_shared_names_closed(tables, joined, warnings)
    return Source(mapping.name or str(path.resolve()), tables, tuple(warnings))


def _has_joined_people(table: TableMapping) -> bool:
    return "customer_id" in table.columns and len(table.column("customer_id").columns or ()) > 1


def parse_mapping(path: Path) -> DatasetMapping:
    """Reads a mapping file.

    Raises:
        NotFoundError: it does not exist.
        UsageError: it is not TOML, or has an unknown key, table or column.
    """
    if not path.is_file():
        raise NotFoundError(f"there is no mapping {path}. Check the path.")
    try:
        mapping = DatasetMapping.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not a TOML file: {error}. Correct that line.") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
        raise UsageError(f"{path} is not a mapping: {wrong}. See docs/ingest.md for an example.") from error
    for name, table in mapping.tables.items():
        if name not in TABLES:
            raise UsageError(f"{path} maps the table {name!r}, which is not one of {', '.join(TABLES)}. Rename it.")
        if table.add_up and name not in _ADDED_UP:
            raise UsageError(
                f"{path} has `add_up` in {name}; only {', '.join(_ADDED_UP[:-1])} and {_ADDED_UP[-1]} are added up. "
                "Remove it."
            )
        unknown = [column for column in table.columns if column not in TABLES[name].types]
        if unknown and not TABLES[name].open_attributes:
            raise UsageError(
                f"{path} maps the columns {unknown} of {name}, which has {list(TABLES[name].types)}. Rename them."
            )
    return mapping


def _same_lines(table: TableMapping, lines: TableMapping) -> bool:
    """Whether a table is read from the file of the sales."""
    return table.files is not None and table.files == lines.files


def _named_alone(raw: RawTable, columns: Mapping[str, ColumnMapping]) -> RawTable:
    """The rows with the columns alone that the mapping names, each once: the others belong to the lines of sales."""
    schema = raw.frame.collect_schema()
    wanted = [find_column(theirs, schema) for ours, column in columns.items() for theirs in column.names(ours)]
    kept = list(dict.fromkeys(name for name in wanted if name is not None))
    return replace(raw, frame=raw.frame.select(kept).unique(maintain_order=True)) if kept else raw


def _table(
    name: str,
    table: TableMapping,
    path: Path,
    scratch: Path,
    warnings: list[str],
    lines: Sequence[TableMapping] = (),
) -> RawTable:
    raw = _raw_table(name, table, path, scratch, warnings)
    for join in table.join:
        other = read_files(name, mapped_files(path.parent, join.files), scratch, warnings, _opened_by(join, ()))
        raw = joined_with(raw, other, join.on, join.columns, optional=join.optional)
    columns = {ours: table.column(ours) for ours in table.columns}
    formats = {ours: column.text_format() for ours, column in columns.items()}
    headed = with_heads(raw, table.heads) if table.heads is not None else raw
    filled = with_blanks_filled(headed, table.fill_down, columns.get("transaction_id") or columns.get("order_id"))
    shaped = rows_where(without_heads(filled) if table.heads is not None else filled, table.where)
    if table.wide is not None:
        shaped = from_wide(shaped, table.wide, columns, warnings)
    if table.returns is not None:
        signed = ["units", "unit_price"] if columns["unit_price"].total else ["units"]
        plain = [] if columns["unit_price"].total else ["unit_price"]
        theirs = [[name for ours in group for name in columns[ours].names(ours)] for group in (signed, plain)]
        shaped = with_returns(shaped, table.returns, *theirs)
    if name in _OF_LINES and any(_same_lines(table, other) for other in lines):
        shaped = _named_alone(shaped, columns)
    moments = {ours for ours, kind in TABLES[name].types.items() if kind in (pl.Date, pl.Datetime)}
    frame = _renamed(shaped.frame, columns, raw.origin, moments)
    return replace(shaped, frame=frame, formats={**raw.formats, **formats}, adds_up=table.add_up)


def _raw_table(name: str, table: TableMapping, path: Path, scratch: Path, warnings: list[str]) -> RawTable:
    if table.sql is not None:
        if table.url is None:
            return RawTable(name, query_files(table.sql, path.parent.resolve(), scratch), f"query for {name}")
        if table.url.startswith("duckdb:///"):
            database = str(path.parent / table.url.removeprefix("duckdb:///"))
            return RawTable(name, query_files(table.sql, path.parent, scratch, database), f"query for {name}")
        return RawTable(name, query_database(table.sql, table.url, scratch), f"query for {name}")
    if table.source is not None:
        return _connected(name, table.source, path, scratch, warnings)
    assert table.files is not None
    files = mapped_files(path.parent, table.files)
    names = [name for ours in table.columns for name in table.column(ours).names(ours)]
    names += [per for ours in table.columns if (per := table.column(ours).per) is not None]
    options = _opened_by(table, names)
    named = any(table.column(ours).file_name is not None for ours in table.columns)
    named = named or (table.returns is not None and bool(table.returns.files))
    return read_files(name, files, scratch, warnings, replace(options, named=named, levels=table.levels))


def _opened_by(keys: FileKeys, names: Iterable[str]) -> FileOptions:
    """How files are opened; names of columns that the mapping looks for show where the header is."""
    expected = frozenset(map(plain_name, names))
    opened = FileOptions(keys.encoding, keys.delimiter, keys.skip_lines, keys.sheet, expected, keys.group_rows)
    return replace(opened, section=keys.section, items=keys.items, element=keys.element)


def _connected(name: str, dataset: str, path: Path, scratch: Path, warnings: list[str]) -> RawTable:
    """A table of a connector's dataset.

    Raises:
        UsageError: no connector has the name.
        DataError: the dataset lacks the table.
    """
    if not is_connector(dataset):
        raise UsageError(
            f"{path} takes {name} from the source {dataset!r}; wanted NAME or NAME://ADDRESS of one of the connectors "
            f"{list(connector_names())}. Correct it, or install the package that has the connector."
        )
    source = connect(dataset, scratch)
    if name not in source.tables:
        raise DataError(
            f"{path} takes {name} from the source {dataset!r}, which has {sorted(source.tables)}. Leave the table out "
            "of the mapping or take it from elsewhere."
        )
    warnings.extend(source.warnings)
    return source.tables[name]


def mapped_files(folder: Path, pattern: str | Sequence[str]) -> list[Path]:
    """The files that a path, folder or glob stands for, or several of them, in the order of their names.

    A path may lead into a zip archive, as into a folder; whether that has such a file is seen when it is opened.

    Raises:
        NotFoundError: there is none for one of them.
    """
    if not isinstance(pattern, str):
        return sorted({file for one in pattern for file in mapped_files(folder, one)})
    exact = folder / pattern
    if exact.is_dir():
        files = list(data_files(exact))
    elif exact.is_file() or archive_of(exact) is not None:
        files = [exact]
    else:
        # pathlib refuses absolute patterns in glob, so these start from the root of their drive
        root = Path(exact.anchor) if Path(pattern).is_absolute() else folder
        files = sorted(root.glob(str(exact.relative_to(root))))
    if not files:
        raise NotFoundError(f"the mapping's files {pattern!r} match nothing in {folder}. Check the path or glob.")
    return files


def _renamed(
    frame: pl.LazyFrame, columns: dict[str, ColumnMapping], origin: str, moments: Collection[str]
) -> pl.LazyFrame:
    """Gives the mapped columns their canonical names; other columns keep theirs.

    Raises:
        DataError: the frame lacks a column that the mapping names.
    """
    schema = frame.collect_schema()
    wanted = {theirs: find_column(theirs, schema) for ours, c in columns.items() for theirs in c.names(ours)}
    per = next((column.per for column in columns.values() if column.per is not None), None)
    wanted |= {per: find_column(per, schema)} if per is not None else {}
    missing = sorted(theirs for theirs, found in wanted.items() if found is None)
    if missing:
        raise DataError(
            f"{origin} has no columns {missing} that the mapping names; got {schema.names()}. Correct the names."
        )
    found = {theirs: name for theirs, name in wanted.items() if name is not None}
    made = [
        _made(mapping, [found[theirs] for theirs in mapping.names(ours)], schema, is_moment=ours in moments).alias(ours)
        for ours, mapping in columns.items()
    ]
    made += [pl.col(found[per]).alias(PER)] if per is not None else []
    used = {*found.values(), *columns, FILE_NAME}
    return frame.select(*made, *(name for name in schema.names() if name not in used))


def _made(mapping: ColumnMapping, theirs: list[str], schema: pl.Schema, *, is_moment: bool) -> pl.Expr:
    if mapping.constant is not None:
        return pl.lit(mapping.constant)
    if mapping.file_name is not None:
        of_file = pl.col(FILE_NAME).str.extract(mapping.file_name, 1)
        if not theirs:
            return of_file
        rest = _made(mapping.model_copy(update={"file_name": None}), theirs, schema, is_moment=is_moment)
        return pl.concat_str(of_file, rest.cast(pl.String), separator=mapping.join or "-")
    if mapping.columns:
        return joined(theirs, schema, mapping.join, is_moment=is_moment, blank=mapping.default)
    column = first_filled(theirs, schema) if mapping.first_of else pl.col(theirs[0])
    if mapping.pattern is not None:
        column = column.cast(pl.String).str.strip_chars().str.extract(mapping.pattern, 1)
    if mapping.blank:
        text = column.cast(pl.String).str.strip_chars()
        column = pl.when(~text.is_in(mapping.blank)).then(column)
    if mapping.default is not None:
        filled = first_filled(theirs, schema)
        known = pl.when(~filled.str.strip_chars().is_in(mapping.blank)).then(filled) if mapping.blank else filled
        column = known.fill_null(pl.lit(mapping.default))
    if mapping.words:
        text = column.cast(pl.String)
        ours = text.str.strip_chars().str.to_lowercase()
        said = {theirs.strip().lower(): word for theirs, word in mapping.words.items()}
        column = pl.coalesce(ours.replace_strict(said, default=None, return_dtype=pl.String), text)
    return column if mapping.type is None else column.cast(_TYPES[mapping.type], strict=False)
