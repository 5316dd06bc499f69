"""Every reader that people use filters the lake's files: they hold plain or large strings, no string views."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.lake import write_table
from retail_brain.lake.difference import ROW
from retail_brain.tables import TABLES

ROWS = pl.DataFrame(
    {
        "transaction_id": ["1", "2", "3"],
        "sold_at": [datetime(2025, 1, day) for day in (1, 2, 3)],
        "store_id": ["甲", "乙", "甲"],
        "product_id": "a product whose id is longer than twelve bytes",
        "units": 1.0,
        "unit_price": 2.0,
    }
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Files of a table that was created, appended to and written anew."""
    lake = str(tmp_path_factory.mktemp("lake"))
    types = TABLES["transactions"].types
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in types.items() if name not in ROWS.columns]
    rows = ROWS.with_columns(absent).select(list(types))
    for part in (rows.head(1), rows.head(2), rows):
        write_table(lake, "transactions", part.with_row_index(ROW).lazy())
    return [str(path) for path in (Path(lake) / "transactions").glob("*.parquet")]


def _pyarrow(files: list[str]) -> int:
    parquet = pytest.importorskip("pyarrow.parquet")
    return int(parquet.ParquetDataset(files, filters=[("store_id", "=", "甲")]).read().num_rows)


def _pandas(files: list[str]) -> int:
    pandas = pytest.importorskip("pandas")
    return len(pandas.read_parquet(files, filters=[("store_id", "=", "甲")]))


def _duckdb(files: list[str]) -> int:
    duckdb: Any = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        found = connection.execute("SELECT count(*) FROM read_parquet(?) WHERE store_id = '甲'", [files])
        return int(found.fetchone()[0])


def _polars(files: list[str]) -> int:
    return pl.scan_parquet(files).filter(pl.col("store_id") == "甲").collect().height


def _daft(files: list[str]) -> int:
    daft: Any = pytest.importorskip("daft")  # no dependency of the tests: read where it is installed
    return int(daft.read_parquet(files).where(daft.col("store_id") == "甲").count_rows())


def _spark(files: list[str]) -> int:
    sql: Any = pytest.importorskip("pyspark.sql")  # the same, and it needs Java
    session = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        return int(session.read.parquet(*files).where("store_id = '甲'").count())
    finally:
        gateway = session.sparkContext._gateway
        session.stop()
        gateway.shutdown()
        gateway.proc.stdin.close()  # Java ends with its input
        gateway.proc.wait()


@pytest.mark.parametrize("read", [_pyarrow, _pandas, _duckdb, _polars, _daft, _spark])
def test_a_reader_filters_by_shop(files: list[str], read: Callable[[list[str]], int]) -> None:
    assert read(files) == 2


def test_no_file_holds_string_views(files: list[str]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert len(files) == 3
    assert not [field for path in files for field in parquet.read_schema(path) if "view" in str(field.type)]
