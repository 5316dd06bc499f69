"""Data files that a commit takes over as they are: the same table as one that the Delta library writes itself."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake

from retail_brain.dataset import conform
from retail_brain.lake import Incoming, open_lake, write_table
from retail_brain.lake.data_files import LONGEST_STATISTIC, write_data_file
from retail_brain.lake.difference import ROW
from retail_brain.tables import TABLES


def sales(first: int, count: int, day: int = 1) -> pl.DataFrame:
    numbers = range(first, first + count)
    frame = pl.DataFrame(
        {
            "transaction_id": [f"R{number:03}" for number in numbers],
            "sold_at": [datetime(2025, 1, day) + timedelta(seconds=number) for number in numbers],
            "store_id": [f"S{number % 3}" for number in numbers],
            "product_id": [f"{number % 7}" for number in numbers],
            "customer_id": [None if number % 2 else f"C{number}" for number in numbers],
            "units": [-1.0 if number % 5 else 2.5 for number in numbers],
            "unit_price": 1.5,
        }
    )
    return conform(frame.lazy(), TABLES["transactions"]).collect()


def write(lake: Path, scratch: Path, *parts: pl.DataFrame, **how: Any) -> Any:
    """The parts as files, taken over by one write."""
    scratch.mkdir(exist_ok=True)
    files = []
    for part in parts:
        files.append(scratch / f"{len(list(scratch.iterdir()))}.parquet")
        write_data_file(part, files[-1])
    rows = pl.concat(parts).lazy().with_row_index(ROW)
    return write_table(str(lake), "transactions", Incoming(rows, tuple(files)), **how)


def held(lake: Path) -> list[tuple[object, ...]]:
    return open_lake(str(lake)).scan("transactions").collect().rows()


def described(lake: Path) -> list[dict[str, Any]]:
    actions = pl.DataFrame(DeltaTable(str(lake / "transactions")).get_add_actions(flatten=True))
    return actions.drop("path", "size_bytes", "modification_time").to_dicts()


def test_log_describes_the_files_as_the_delta_library_does(tmp_path: Path) -> None:
    rows = sales(0, 20)
    write(tmp_path / "ours", tmp_path / "scratch", rows)
    write_table(str(tmp_path / "theirs"), "transactions", rows.lazy().with_row_index(ROW))
    assert described(tmp_path / "ours") == described(tmp_path / "theirs")
    ours, theirs = (DeltaTable(str(tmp_path / lake / "transactions")) for lake in ("ours", "theirs"))
    assert ours.schema().to_json() == theirs.schema().to_json()
    assert ours.protocol() == theirs.protocol()
    assert ours.metadata().configuration == theirs.metadata().configuration
    assert held(tmp_path / "ours") == sorted(held(tmp_path / "theirs")) == rows.rows()


def test_several_files_are_one_version_and_empty_ones_are_left_out(tmp_path: Path) -> None:
    parts = [sales(0, 3), sales(0, 0), sales(3, 4)]
    written = write(tmp_path / "lake", tmp_path / "scratch", *parts)
    assert (written.version, written.new) == (0, 7)
    assert [file["num_records"] for file in described(tmp_path / "lake")] == [3, 4]
    assert held(tmp_path / "lake") == pl.concat(parts).rows()


def test_new_rows_are_appended_by_their_file_and_known_ones_are_not_added_again(tmp_path: Path) -> None:
    lake, scratch = tmp_path / "lake", tmp_path / "scratch"
    write(lake, scratch, sales(0, 5))
    assert write(lake, scratch, sales(5, 5, day=2)).new == 5
    written = write(lake, scratch, sales(5, 8, day=2))
    assert (written.version, written.new, written.unchanged) == (2, 3, 5)
    assert sorted(held(lake)) == sorted([*sales(0, 5).rows(), *sales(5, 8, day=2).rows()])
    assert write(lake, scratch, sales(5, 8, day=2)).version == 2


def test_a_replacement_is_taken_over_whole(tmp_path: Path) -> None:
    lake, scratch = tmp_path / "lake", tmp_path / "scratch"
    write(lake, scratch, sales(0, 5))
    written = write(lake, scratch, sales(3, 5), replace=True)
    assert (written.version, written.new, written.unchanged, written.removed) == (1, 3, 2, 3)
    assert held(lake) == sales(3, 5).rows()
    assert (
        open_lake(str(lake), versions={"transactions": 0}).scan("transactions").collect().rows() == sales(0, 5).rows()
    )


def test_files_that_lack_a_column_of_the_table_are_not_taken_over(tmp_path: Path) -> None:
    lake, scratch = str(tmp_path / "lake"), tmp_path / "file.parquet"
    first = pl.DataFrame({"customer_id": ["a"], "joined_on": [None], "club": ["gold"]}).cast({"joined_on": pl.Date})
    write_table(lake, "customers", conform(first.lazy(), TABLES["customers"]).with_row_index(ROW))
    second = conform(pl.LazyFrame({"customer_id": ["b"]}), TABLES["customers"]).collect()
    write_data_file(second, scratch)
    write_table(lake, "customers", Incoming(second.lazy().with_row_index(ROW), (scratch,)))
    found = open_lake(lake).scan("customers").sort("customer_id").collect()
    assert found.select("customer_id", "club").rows() == [("a", "gold"), ("b", None)]


@pytest.mark.parametrize("replace", [False, True])
def test_a_column_that_a_table_of_an_older_version_lacks_is_added_to_it(tmp_path: Path, *, replace: bool) -> None:
    lake, scratch = str(tmp_path / "lake"), tmp_path / "file.parquet"

    def contact(customer: str, attribution: str | None) -> pl.DataFrame:
        values = {"campaign_id": "c", "customer_id": customer, "contacted_at": datetime(2025, 1, 1)}
        frame = pl.LazyFrame(values | {"is_holdout": False, "attribution_id": attribution})
        return conform(frame, TABLES["contacts"]).collect()

    write_deltalake(f"{lake}/contacts", contact("old", None).drop("attribution_id").to_arrow())
    new = contact("new", "a1")
    write_data_file(new, scratch)
    write_table(lake, "contacts", Incoming(new.lazy().with_row_index(ROW), (scratch,)), replace=replace)
    found = open_lake(lake).scan("contacts").select("customer_id", "attribution_id").collect()
    assert sorted(found.rows()) == [("new", "a1"), *([] if replace else [("old", None)])]


@pytest.mark.parametrize("text", ["x" * (LONGEST_STATISTIC + 1), "é"])
def test_statistics_never_hide_a_row(tmp_path: Path, text: str) -> None:
    rows = sales(0, 3).with_columns(transaction_id=pl.lit(text))
    write(tmp_path / "lake", tmp_path / "scratch", rows)
    found = open_lake(str(tmp_path / "lake")).scan("transactions").filter(pl.col("transaction_id") == text)
    assert found.collect().height == 3
    table = DeltaTable(str(tmp_path / "lake" / "transactions"))
    assert table.to_pyarrow_table(filters=[("transaction_id", "=", text)]).num_rows == 3
