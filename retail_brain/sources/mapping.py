"""Opens the dataset of a mapping: a TOML file with the source of each table and the names of its columns."""

import tomllib
from pathlib import Path
from typing import Any, Literal, Self

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from retail_brain.errors import DataError, NotFoundError, UsageError
from retail_brain.sources.base import ColumnFormat, FileOptions, RawTable, Source
from retail_brain.sources.column_names import find_column, plain_name
from retail_brain.sources.connectors import connect, connector_names, is_connector
from retail_brain.sources.files import data_files, read_files
from retail_brain.sources.sql import query_database, query_files
from retail_brain.tables import TABLES

_TYPES = {"text": pl.String, "number": pl.Float64, "integer": pl.Int64, "boolean": pl.Boolean}


class ColumnMapping(BaseModel):
    """Source of one canonical column, and its text format."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str | None = None
    constant: str | int | float | bool | None = None
    format: str | None = None
    decimal: Literal[".", ","] = "."
    time_zone: str | None = None
    separator: str | None = None
    type: Literal["text", "number", "integer", "boolean"] | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.column is not None and self.constant is not None:
            raise ValueError("give `column` or `constant`, not both")
        return self


class TableMapping(BaseModel):
    """Source of one table: exactly one of `files`, `sql` and `source`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: str | None = None
    source: str | None = None
    sql: str | None = None
    url: str | None = None
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    skip_lines: int | None = Field(default=None, ge=0)
    sheet: str | None = None
    where: str | None = None
    columns: dict[str, str | ColumnMapping] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(origin is not None for origin in (self.files, self.sql, self.source)) != 1:
            raise ValueError("give either `files` or `sql`, or `source`")
        if self.url is not None and self.sql is None:
            raise ValueError("`url` goes with `sql`")
        return self


class DatasetMapping(BaseModel):
    """A mapping file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = None
    tables: dict[str, TableMapping] = Field(min_length=1)


def mapping_source(path: Path, scratch: Path) -> Source:
    """Opens the tables of a mapping. Paths in it are relative to its own folder.

    Raises:
        NotFoundError: the mapping or a file it names does not exist.
        UsageError: the mapping is not TOML, or has an unknown key, table, column, connector or condition.
        DataError: a source cannot be read or lacks a column that the mapping names.
        ExtensionError: a connector of another package cannot be imported, or breaks its protocol.
    """
    mapping = parse_mapping(path)
    warnings: list[str] = []
    tables = {name: _table(name, table, path, scratch, warnings) for name, table in mapping.tables.items()}
    return Source(mapping.name or str(path.resolve()), tables, tuple(warnings))


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
        unknown = [column for column in table.columns if column not in TABLES[name].types]
        if unknown and not TABLES[name].open_attributes:
            raise UsageError(
                f"{path} maps the columns {unknown} of {name}, which has {list(TABLES[name].types)}. Rename them."
            )
    return mapping


def _table(name: str, table: TableMapping, path: Path, scratch: Path, warnings: list[str]) -> RawTable:
    raw = _raw_table(name, table, path, scratch, warnings)
    columns = {
        ours: ColumnMapping(column=theirs) if isinstance(theirs, str) else theirs
        for ours, theirs in table.columns.items()
    }
    formats = {
        ours: ColumnFormat(column.format, column.decimal, column.time_zone, column.separator)
        for ours, column in columns.items()
    }
    frame = raw.frame if table.where is None else _filtered(raw, table.where)
    return RawTable(
        name,
        _renamed(frame, columns, raw.origin),
        raw.origin,
        {**raw.formats, **formats},
        left_out=raw.left_out,
        malformed=raw.malformed,
        connector=raw.connector,
    )


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
    files = _files(path.parent, table.files)
    options = FileOptions(table.encoding, table.delimiter, table.skip_lines, table.sheet, _expected(table))
    return read_files(name, files, scratch, warnings, options)


def _expected(table: TableMapping) -> frozenset[str]:
    """The names that the mapping looks for, plainly written."""
    named = {
        ours: theirs if isinstance(theirs, str) else theirs.column or ours for ours, theirs in table.columns.items()
    }
    return frozenset(plain_name(name) for name in named.values())


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


def _files(folder: Path, pattern: str) -> list[Path]:
    """The files that a path, folder or glob stands for, in the order of their names.

    Raises:
        NotFoundError: there is none.
    """
    exact = folder / pattern
    if exact.is_dir():
        files = list(data_files(exact))
    elif exact.is_file():
        files = [exact]
    else:
        # pathlib refuses absolute patterns in glob, so these start from the root of their drive
        root = Path(exact.anchor) if Path(pattern).is_absolute() else folder
        files = sorted(root.glob(str(exact.relative_to(root))))
    if not files:
        raise NotFoundError(f"the mapping's files {pattern!r} match nothing in {folder}. Check the path or glob.")
    return files


def _filtered(raw: RawTable, condition: str) -> pl.LazyFrame:
    try:
        return raw.frame.filter(pl.sql_expr(condition))
    except pl.exceptions.PolarsError as error:
        raise UsageError(f"the condition where = {condition!r} cannot be read: {error}. Write it in SQL.") from error


def _renamed(frame: pl.LazyFrame, columns: dict[str, ColumnMapping], origin: str) -> pl.LazyFrame:
    """Renames the mapped columns to their canonical names; other columns keep theirs.

    Raises:
        DataError: the frame lacks a column that the mapping names.
    """
    present = frame.collect_schema().names()
    wanted = {ours: c.column or ours for ours, c in columns.items() if c.constant is None}
    renames = {ours: found for ours, theirs in wanted.items() if (found := find_column(theirs, present))}
    missing = sorted(set(wanted.values()) - {wanted[ours] for ours in renames})
    if missing:
        raise DataError(f"{origin} has no columns {missing} that the mapping names; got {present}. Correct the names.")
    used = set(renames.values()) | set(columns)
    renamed: list[Any] = [_cast(pl.col(theirs), columns[ours]).alias(ours) for ours, theirs in renames.items()]
    constants = [pl.lit(c.constant).alias(ours) for ours, c in columns.items() if c.constant is not None]
    return frame.select(*renamed, *constants, *[name for name in present if name not in used])


def _cast(column: pl.Expr, mapping: ColumnMapping) -> pl.Expr:
    return column if mapping.type is None else column.cast(_TYPES[mapping.type], strict=False)
