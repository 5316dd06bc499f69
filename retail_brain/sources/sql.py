"""Reads tables by SQL: SQLAlchemy for databases, DuckDB for files and DuckDB's own databases.

The result goes through Parquet files in a scratch folder, a batch at a time, so that a query runs once and its result
is never in memory as a whole.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from retail_brain.addresses import named_address, shown_database
from retail_brain.errors import DataError, UsageError
from retail_brain.extras import check_installed

_BATCH_ROWS = 200_000
"""Rows fetched at once; bounds the memory of a query. Chosen by judgement, not measured."""


def query_files(query: str, folder: Path, scratch: Path, database: str = ":memory:") -> pl.LazyFrame:
    """Runs a DuckDB query and returns its rows.

    Args:
        query: a SELECT; file names in it are looked up in `folder`.
        folder: folder of the mapping.
        scratch: folder for the result.
        database: a DuckDB database file, opened read-only, or `:memory:` for none.

    Raises:
        DataError: the query fails.
        UsageError: DuckDB is not installed.
    """
    check_installed("duckdb", "sql", "a query over files or a DuckDB database")
    import duckdb  # noqa: PLC0415  # of the extra `sql`

    target = _fresh(scratch) / "rows.parquet"
    try:
        with duckdb.connect(database, read_only=database != ":memory:") as connection:
            connection.execute("SET file_search_path = $folder", {"folder": str(folder)})
            connection.sql(query).write_parquet(str(target))
    except (duckdb.Error, AttributeError) as error:  # a statement without rows, such as an INSERT, gives None
        raise _failed(query, "DuckDB", error) from error
    return pl.scan_parquet(target)


def query_database(query: str, url: str, scratch: Path) -> pl.LazyFrame:
    """Runs a query in a database and returns its rows.

    Args:
        query: a SELECT in the database's own SQL.
        url: SQLAlchemy URL, or `env:NAME` for the URL in an environment variable.
        scratch: folder for the result.

    Raises:
        UsageError: the URL cannot be used or its driver is not installed.
        DataError: the database cannot be reached or refuses the query.
    """
    place = _parsed(url)
    folder = _fresh(scratch)
    try:
        with _connected(place) as connection:
            batches = pl.read_database(
                text(query), connection, iter_batches=True, batch_size=_BATCH_ROWS, infer_schema_length=None
            )
            for number, batch in enumerate(batches):
                batch.write_parquet(folder / f"{number:06}.parquet")
    except SQLAlchemyError as error:
        raise _failed(query, shown_database(place), error) from error
    # relaxed: a batch whose values are all null has another type than the others
    parts = [pl.scan_parquet(path) for path in sorted(folder.glob("*.parquet"))]
    return pl.concat(parts, how="diagonal_relaxed") if parts else pl.LazyFrame()


@contextmanager
def _connected(place: URL) -> Iterator[Connection]:
    try:
        engine = create_engine(place)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise UsageError(
            f"the database {place.drivername} needs a driver that is not installed ({error}). Install it, for example "
            "`pip install 'retail-brain[postgresql]'` and a URL that begins with postgresql+psycopg://."
        ) from error
    try:
        with engine.connect().execution_options(stream_results=True, max_row_buffer=_BATCH_ROWS) as connection:
            yield connection
    finally:
        engine.dispose()


def _parsed(url: str) -> URL:
    """The URL, read from the environment where it is `env:NAME`.

    Raises:
        UsageError: it is not a URL or the variable is not set.
    """
    value = named_address(url, "the database's SQLAlchemy URL")
    try:
        return make_url(value)
    except (ArgumentError, ValueError):  # of a port that is no number; not chained: it repeats the address
        raise UsageError(
            "the database's URL cannot be read; wanted one like postgresql+psycopg://user:password@host/database "
            "or sqlite:///file.db, with signs such as @ : / in a password written as %40 %3A %2F."
        ) from None


def _fresh(scratch: Path) -> Path:
    folder = scratch / f"query-{len(list(scratch.glob('query-*')))}"
    folder.mkdir()
    return folder


def _failed(query: str, place: str, error: Exception) -> DataError:
    first = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return DataError(
        f"the query {' '.join(query.split())[:120]!r} failed in {place}: {first}. Try it in the database's own client."
    )
