"""The lake against a loop, against other writers and against kill -9."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.dataset import conform
from retail_brain.errors import NotFoundError
from retail_brain.ingest import ingest
from retail_brain.lake import describe_lake, open_lake, write_table
from retail_brain.lake import difference as difference_module
from retail_brain.lake.difference import ROW, difference, duplicated_keys
from retail_brain.lake.layout import Layout
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.tables import TABLES


def stores(*names: tuple[str, str]) -> pl.LazyFrame:
    frame = pl.LazyFrame({"store_id": [name for name, _ in names], "name": [text for _, text in names]})
    return conform(frame, TABLES["stores"]).with_row_index(ROW)


def lines(*receipts: str, day: int = 1) -> pl.LazyFrame:
    frame = pl.LazyFrame({"transaction_id": list(receipts)}).with_columns(
        sold_at=pl.lit(datetime(2025, 1, day)), store_id=pl.lit("A"), product_id=pl.lit("x"), units=1.0, unit_price=2.0
    )
    return conform(frame, TABLES["transactions"]).with_row_index(ROW)


def test_each_write_that_brings_something_is_one_version(tmp_path: Path) -> None:
    lake = str(tmp_path)
    assert write_table(lake, "transactions", lines("1", "2")).version == 0
    assert write_table(lake, "transactions", lines("1", "2")).version == 0
    written = write_table(lake, "transactions", lines("2", "3"))
    assert (written.version, written.new, written.unchanged) == (1, 1, 1)
    assert len(DeltaTable(str(tmp_path / "transactions")).history()) == 2


def test_pinned_version_stays_readable(tmp_path: Path) -> None:
    lake = str(tmp_path)
    write_table(lake, "stores", stores(("A", "old")))
    then = open_lake(lake).versions
    write_table(lake, "stores", stores(("A", "new"), ("B", "further")))
    assert open_lake(lake).scan("stores").collect().height == 2
    assert open_lake(lake, versions=then).scan("stores").collect()["name"].to_list() == ["old"]
    with pytest.raises(NotFoundError, match="no version 9"):
        open_lake(lake, versions={"stores": 9})


def test_lake_that_is_not_there_is_explained(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="Run `retail-brain ingest"):
        open_lake(str(tmp_path / "nowhere"))


def test_lake_is_described_with_its_days(tmp_path: Path) -> None:
    write_table(str(tmp_path), "transactions", lines("1", day=3))
    (info,) = describe_lake(str(tmp_path))
    assert (info.name, info.rows, info.version) == ("transactions", 1, 0)
    assert (info.first_day, info.last_day) == (date(2025, 1, 3), date(2025, 1, 3))


def test_no_store_named_means_every_store_and_is_a_key_of_its_own(tmp_path: Path) -> None:
    def prices(price: float) -> pl.LazyFrame:
        frame = pl.LazyFrame(
            {
                "store_id": [None, "A"],
                "product_id": ["x", "x"],
                "valid_from": [date(2025, 1, 1)] * 2,
                "unit_price": price,
            }
        )
        return conform(frame, TABLES["prices"]).with_row_index(ROW)

    write_table(str(tmp_path), "prices", prices(1.0))
    assert write_table(str(tmp_path), "prices", prices(2.0)).changed == 2
    assert open_lake(str(tmp_path)).scan("prices").collect()["unit_price"].to_list() == [2.0, 2.0]


rows = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([None, 1, 2])), max_size=12)


def framed(values: list[tuple[str, int | None]]) -> pl.LazyFrame:
    return pl.LazyFrame(values, schema={"k": pl.String, "v": pl.Int64}, orient="row")


@given(rows, rows)
def test_log_difference_is_the_difference_of_multisets(
    incoming: list[tuple[str, int | None]], stored: list[tuple[str, int | None]]
) -> None:
    found = difference(framed(incoming).with_row_index(ROW), framed(stored), Layout())
    assert Counter(incoming[row] for row in found.new) == Counter(incoming) - Counter(stored)
    assert found.unchanged == len(incoming) - found.new.len()


@given(rows, rows)
def test_state_difference_is_that_of_a_loop_in_any_number_of_slices(
    incoming: list[tuple[str, int | None]], stored: list[tuple[str, int | None]]
) -> None:
    left, right = list(dict(incoming).items()), dict(stored)
    whole = difference_module.SLICE_ROWS
    difference_module.SLICE_ROWS = 2
    try:
        found = difference(framed(left).with_row_index(ROW), framed(list(right.items())), Layout(key=("k",)))
    finally:
        difference_module.SLICE_ROWS = whole
    assert {left[row] for row in found.new} == {(k, v) for k, v in left if k not in right}
    assert {left[row] for row in found.changed} == {(k, v) for k, v in left if k in right and right[k] != v}


@given(rows)
def test_all_but_the_last_of_a_key_are_duplicates(values: list[tuple[str, int | None]]) -> None:
    last = {key: row for row, (key, _) in enumerate(values)}
    found = duplicated_keys(framed(values).with_row_index(ROW), ("k",))
    assert set(found) == set(range(len(values))) - set(last.values())


def test_writers_at_once_add_each_row_once(tmp_path: Path) -> None:
    lake = str(tmp_path)
    shared = [str(number) for number in range(50)]
    own = [[*shared, *(f"{writer}-{number}" for number in range(20))] for writer in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda receipts: write_table(lake, "transactions", lines(*receipts)), own))
    held = open_lake(lake).scan("transactions").collect()["transaction_id"].to_list()
    assert Counter(held) == Counter({receipt for receipts in own for receipt in receipts})


def dataset_of_many_rows(folder: Path) -> int:
    folder.mkdir()
    rows = 400_000
    pl.select(
        transaction_id=pl.int_range(rows).cast(pl.String),
        sold_at=pl.datetime(2025, 1, 1) + pl.duration(minutes=pl.int_range(rows)),
        store_id=pl.lit("A"),
        product_id=(pl.int_range(rows) % 500).cast(pl.String),
        units=pl.lit(1.0),
        unit_price=pl.lit(2.0),
    ).write_parquet(folder / "transactions.parquet")
    pl.select(product_id=pl.int_range(500).cast(pl.String), name=pl.lit("n")).write_csv(folder / "products.csv")
    return rows


COMMAND = """
import sys
from retail_brain.ingest import ingest
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
ingest(sys.argv[1], sys.argv[2], Settings(), SILENT)
"""


def start_ingest(folder: Path, lake: Path) -> "subprocess.Popen[bytes]":
    surroundings = {**os.environ, "POLARS_MAX_THREADS": "2", "TMPDIR": str(lake.parent)}
    return subprocess.Popen([sys.executable, "-c", COMMAND, str(folder), str(lake)], env=surroundings)


def wait_for(moment: str, lake: Path, process: "subprocess.Popen[bytes]") -> None:
    """Until a file appears that tells how far the ingest has come."""
    patterns = {
        "read": "retail-brain-ingest-*/staged-transactions/*.parquet",
        "first table": "lake/products/_delta_log/*.json",
        "data before commit": "lake/transactions/*.parquet",
    }
    while process.poll() is None and not any(lake.parent.glob(patterns[moment])):
        time.sleep(0.002)


@pytest.mark.parametrize("moment", ["read", "first table", "data before commit"])
def test_killed_ingest_loses_nothing_and_a_rerun_completes_it(tmp_path: Path, moment: str) -> None:
    lake = tmp_path / "lake"
    expected = dataset_of_many_rows(tmp_path / "chain")
    process = start_ingest(tmp_path / "chain", lake)
    wait_for(moment, lake, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if any(lake.glob("*/_delta_log/*.json")):
        for name, frame in open_lake(str(lake)).frames.items():
            assert frame.collect().height == {"transactions": expected, "products": 500}[name]
    ingest(str(tmp_path / "chain"), str(lake), Settings(), SILENT)
    after = open_lake(str(lake))
    assert after.scan("transactions").collect()["transaction_id"].n_unique() == expected
    assert after.scan("transactions").collect().height == expected
    assert after.versions == {"products": 0, "transactions": 0}
