"""Parts of checked rows: which rows may be in several files, against all rows; and rows taken out of parts."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.dataset import conform
from retail_brain.ingest.parts import Parts
from retail_brain.ingest.repeated_rows import resolve_log
from retail_brain.lake.difference import ROW
from retail_brain.sources.base import FILE
from retail_brain.tables import TABLES

lines = st.tuples(
    st.integers(0, 3),  # file
    st.sampled_from("AB"),  # store
    st.integers(0, 5),  # minute
    st.sampled_from("12"),  # receipt
    st.sampled_from("xy"),  # product
    st.integers(1, 2),  # units
)


def framed(rows: list[tuple[int, str, int, str, str, int]]) -> pl.DataFrame:
    names = [FILE, "store_id", "minute", "transaction_id", "product_id", "units"]
    frame = pl.DataFrame(sorted(rows, key=lambda row: row[0]), schema=names, orient="row")
    moment = pl.lit(datetime(2025, 1, 1)) + pl.duration(minutes="minute")
    made = frame.with_columns(pl.col("units").cast(pl.Float64), sold_at=moment.cast(pl.Datetime("us")), unit_price=1.0)
    file = frame.select(pl.col(FILE).cast(pl.UInt32))
    return pl.concat([conform(made.lazy(), TABLES["transactions"]).collect(), file], how="horizontal")


def parts_of(frame: pl.DataFrame, folder: Path, height: int) -> Parts:
    parts = Parts(folder, [FILE], ("store_id", "sold_at"))
    for part in frame.iter_slices(height) if frame.height else [frame]:
        parts.add(part)
    return parts


@given(st.lists(lines, min_size=1, max_size=14), st.integers(1, 5))
def test_rows_near_another_file_settle_what_all_rows_settle(
    rows: list[tuple[int, str, int, str, str, int]], height: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        parts = parts_of(framed(rows), Path(folder), height)
        whole = parts.scan_whole()
        wanted = resolve_log(whole, "transactions")
        found = resolve_log(whole, "transactions", parts.scan_shared())
        assert sorted(found.dropped) == sorted(wanted.dropped)
        assert found.notes == wanted.notes
        parts.without(found.dropped)
        assert parts.scan().drop(ROW).collect().equals(wanted.rows.drop(ROW).collect())


def test_files_of_other_times_or_shops_share_no_row_and_none_is_looked_at(tmp_path: Path) -> None:
    rows = [(0, "A", 0, "1", "x", 1), (0, "A", 2, "1", "x", 1), (1, "A", 3, "1", "x", 1), (2, "B", 1, "1", "x", 1)]
    assert parts_of(framed(rows), tmp_path, 9).scan_shared().collect().height == 0


def test_rows_at_the_moment_in_which_one_file_ends_and_the_next_begins_are_looked_at(tmp_path: Path) -> None:
    rows = [(0, "A", 0, "1", "x", 1), (0, "A", 2, "1", "x", 1), (1, "A", 2, "1", "x", 1), (1, "A", 3, "1", "x", 1)]
    found = parts_of(framed(rows), tmp_path, 3).scan_shared().collect()
    assert found[ROW].to_list() == [1, 2]
    assert set(found["sold_at"]) == {datetime(2025, 1, 1) + timedelta(minutes=2)}


def test_only_parts_that_lose_rows_are_written_anew(tmp_path: Path) -> None:
    parts = parts_of(framed([(0, "A", minute, "1", "x", 1) for minute in range(6)]), tmp_path, 2)
    before = list(parts.paths)
    parts.without(pl.Series([4, 2, 3], dtype=pl.UInt32))
    assert [path == old for path, old in zip(parts.paths, before, strict=True)] == [True, False, False]
    assert parts.heights == [2, 0, 1]
    assert [row.minute for row in parts.scan().collect()["sold_at"]] == [0, 1, 5]
