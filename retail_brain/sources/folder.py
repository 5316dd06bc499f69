"""Opens a dataset in a folder or under an object-store URI: one file, or one folder of files, per table."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import polars as pl

from retail_brain.errors import DataError, NotFoundError
from retail_brain.sources.base import RawTable, Source, unreadable
from retail_brain.sources.text import MALFORMED, read_text
from retail_brain.tables import TABLES

_ENDINGS = (".parquet", ".csv", ".csv.gz")


def folder_source(folder: Path, scratch: Path) -> Source:
    """Opens the tables of a folder: NAME.parquet, NAME.csv, NAME.csv.gz or NAME/ with such files, in any case.

    Raises:
        NotFoundError: there is no such folder.
        DataError: it has no table, two files stand for the same table, or a file cannot be read.
    """
    if not folder.is_dir():
        raise NotFoundError(
            f"there is no dataset folder {folder}. Wanted a folder with NAME.parquet or NAME.csv per table, a mapping "
            "ending in .toml, or one of the built-in names sample and complete-journey."
        )
    claims: dict[str, list[Path]] = {}
    warnings = []
    for path in sorted(folder.iterdir()):
        name = _table_name(path)
        if name in TABLES:
            claims.setdefault(name, []).append(path)
        elif path.name.endswith(_ENDINGS):
            warnings.append(f"{path.name} is not a canonical table and was ignored; tables are {', '.join(TABLES)}")
        elif path.is_file() and path.stem.lower() in TABLES:
            warnings.append(f"{path.name} was ignored: it is neither Parquet nor CSV")
    if not claims:
        raise DataError(
            f"no table was found in {folder}: got {sorted(p.name for p in folder.iterdir())[:12]}, wanted files such "
            f"as transactions.parquet or daily_sales.csv (tables: {', '.join(TABLES)}). Rename the files or write a "
            "mapping."
        )
    tables = {name: _read_claim(name, paths, scratch, warnings) for name, paths in claims.items()}
    return Source(str(folder.resolve()), tables, tuple(warnings))


def read_files(name: str, paths: Iterable[Path], scratch: Path, warnings: list[str], **options: str | None) -> RawTable:
    """Opens one table that is split over files, in the order given.

    Args:
        name: canonical name of the table.
        paths: at least one file.
        scratch: folder for temporary copies.
        warnings: remarks on the files are appended to it.
        options: `encoding` and `delimiter` of text files.

    Raises:
        DataError: a file cannot be read.
    """
    files = list(paths)
    frames, malformed = [], [pl.DataFrame(schema=MALFORMED)]
    for path in files:
        if path.suffix == ".parquet":
            frames.append(scan_parquet(str(path)))
            continue
        text = read_text(path, scratch, **options)
        frames.append(text.frame)
        malformed.append(text.malformed)
        warnings.extend([text.note] if text.note else [])
    origin = str(files[0]) if len(files) == 1 else f"{files[0].parent} ({len(files)} files)"
    # relaxed: one file of a table may well lack an optional column, or have none but empty values in it
    frame = frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal_relaxed")
    return RawTable(name, frame, origin, malformed=pl.concat(malformed))


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
                raise unreadable(place, error, "Check the URI and lake credentials (storage_options).") from error
            tables[name] = RawTable(name, frame, place)
            break
    if not tables:
        raise DataError(
            f"no table was found under {uri}: wanted objects such as {uri.rstrip('/')}/transactions.parquet."
        )
    return Source(uri, tables)


def _scan_remote_csv(place: str, *, storage_options: dict[str, str] | None) -> pl.LazyFrame:
    return pl.scan_csv(place, infer_schema=False, storage_options=storage_options)


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


def _table_name(path: Path) -> str:
    if path.is_dir():
        return path.name.lower() if any(data_files(path)) else ""
    for ending in (".parquet", ".csv.gz", ".csv"):
        if path.name.lower().endswith(ending):
            return path.name.lower().removesuffix(ending)
    return ""


def data_files(folder: Path) -> Iterator[Path]:
    """The Parquet and CSV files under a folder, in the order of their names."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name.lower().endswith(_ENDINGS))


def _read_claim(name: str, paths: list[Path], scratch: Path, warnings: list[str]) -> RawTable:
    if len(paths) > 1:
        raise DataError(
            f"table {name} is there more than once: {[path.name for path in paths]}. Keep one of them, or put all "
            f"files of the table into a folder {name}/."
        )
    path = paths[0]
    return read_files(name, data_files(path) if path.is_dir() else [path], scratch, warnings)
