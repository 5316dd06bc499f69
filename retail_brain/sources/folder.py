"""Opens a dataset in a folder or under an object-store URI: one file, or one folder of files, per table."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from retail_brain.addresses import shown_address
from retail_brain.errors import DataError, NotFoundError
from retail_brain.sources.base import FILE, FileOptions, RawTable, Source, unreadable
from retail_brain.sources.column_names import with_canonical_names
from retail_brain.sources.files import data_files, read_files, stem
from retail_brain.tables import TABLES


def folder_source(folder: Path, scratch: Path) -> Source:
    """Opens the tables of a folder: NAME.csv, NAME.xlsx, NAME.parquet ... or NAME/ with such files, in any case.

    Raises:
        NotFoundError: there is no such folder.
        DataError: it has no table, two files stand for the same table, or a file cannot be read.
    """
    if folder.is_file():
        raise DataError(
            f"{folder} is a file; wanted a folder with a file per table, or a mapping that says which table it feeds.",
            {"missing": []},
        )
    if not folder.is_dir():
        raise NotFoundError(
            f"there is no dataset folder {folder}. Wanted a folder with a file per table such as NAME.csv, a mapping "
            "ending in .toml, or one of the built-in names sample and complete-journey."
        )
    claims: dict[str, list[Path]] = {}
    warnings = []
    for path in sorted(folder.iterdir()):
        name = _table_name(path)
        if name in TABLES:
            claims.setdefault(name, []).append(path)
        elif stem(path):
            warnings.append(f"{path.name} is not a canonical table and was ignored; tables are {', '.join(TABLES)}")
        elif path.is_file() and path.stem.lower() in TABLES:
            warnings.append(f"{path.name} was ignored: it is neither CSV, a workbook, Parquet nor JSON lines")
    if not claims:
        raise DataError(
            f"no table was found in {folder}: got {sorted(p.name for p in folder.iterdir())[:12]}, wanted files such "
            f"as transactions.parquet or daily_sales.csv (tables: {', '.join(TABLES)}). Rename the files or write a "
            "mapping.",
            {"missing": []},
        )
    tables = {name: _read_claim(name, paths, scratch, warnings) for name, paths in claims.items()}
    return Source(str(folder.resolve()), tables, tuple(warnings))


def remote_source(uri: str, storage_options: Mapping[str, str] | None = None) -> Source:
    """Opens the tables under an object-store URI: NAME.parquet or NAME.csv.

    Raises:
        DataError: no table is there, or the store cannot be read.
    """
    tables = {}
    for name in TABLES:
        for ending, scan in ((".parquet", pl.scan_parquet), (".csv", _scan_remote_csv)):
            place = f"{uri.rstrip('/')}/{name}{ending}"
            try:
                frame = scan(place, storage_options=dict(storage_options or {}) or None)
                frame.collect_schema()
            except FileNotFoundError:
                continue
            except (pl.exceptions.PolarsError, OSError) as error:
                raise unreadable(
                    shown_address(place), error, "Check the URI and lake credentials (storage_options)."
                ) from error
            shown = shown_address(place)
            tables[name] = RawTable(name, with_canonical_names(frame, TABLES[name], shown), shown)
            break
    if not tables:
        raise DataError(
            f"no table was found under {shown_address(uri)}: wanted objects such as transactions.parquet there."
        )
    return Source(shown_address(uri), tables)


def _scan_remote_csv(place: str, *, storage_options: dict[str, str] | None) -> pl.LazyFrame:
    return pl.scan_csv(place, infer_schema=False, storage_options=storage_options)


def _table_name(path: Path) -> str:
    if path.is_dir():
        return path.name.lower() if any(data_files(path)) else ""
    return stem(path)


def _read_claim(name: str, paths: list[Path], scratch: Path, warnings: list[str]) -> RawTable:
    if len(paths) > 1:
        raise DataError(
            f"table {name} is there more than once: {[path.name for path in paths]}. Keep one of them, or put all "
            f"files of the table into a folder {name}/."
        )
    path = paths[0]
    options = FileOptions(expected=frozenset(TABLES[name].types))
    raw = read_files(name, data_files(path) if path.is_dir() else [path], scratch, warnings, options)
    frame = with_canonical_names(raw.frame, TABLES[name], raw.origin)
    others = [column for column in frame.collect_schema().names() if column not in (*TABLES[name].types, FILE)]
    if others and not TABLES[name].open_attributes:
        warnings.append(f"{path.name}: {others} are no columns of {name} and are not taken over")
    return replace(raw, frame=frame)
