"""Rows that come more than once: overlapping files count once, corrections replace, tills are added up."""

import re
from collections import Counter
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.errors import DataError
from retail_brain.ingest.repeated_rows import resolve_log
from retail_brain.lake.difference import ROW
from retail_brain.sources.base import FILE

HEADER = "transaction_id,sold_at,store_id,product_id,customer_id,units,unit_price\n"
DAYS = "date,store_id,product_id,units"


def export(chain: Any, name: str, *lines: str) -> None:
    (chain.folder / "transactions").mkdir(exist_ok=True)
    chain.write(f"transactions/{name}.csv", HEADER + "".join(line + "\n" for line in lines))


def sold(chain: Any) -> list[tuple[object, ...]]:
    return sorted((row["transaction_id"], row["product_id"], row["units"]) for row in chain.rows("transactions"))


def test_lines_that_two_exports_share_count_once_and_repeats_of_one_stay(chain: Any) -> None:
    twice = "2,2025-01-02,A,x,,1,1"
    export(chain, "a", "1,2025-01-01,A,x,,1,1", twice, twice)
    export(chain, "b", twice, twice, "3,2025-01-03,A,x,,1,1")
    whole = chain.ingest()
    assert not [note for note in whole.warnings if FILE in note]
    report = whole.tables["transactions"]
    assert (report.read, report.new, report.quarantined) == (6, 4, 0)
    assert report.notes[0] == "2 lines are in more than one file; counted once"
    assert sold(chain) == [("1", "x", 1.0), ("2", "x", 1.0), ("2", "x", 1.0), ("3", "x", 1.0)]
    assert chain.ingest().changed_anything is False


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=6), min_size=1, max_size=4))
def test_each_line_counts_as_often_as_the_file_that_has_it_most_often(files: list[list[str]]) -> None:
    rows = [(name, number) for number, names in enumerate(files) for name in names]
    frame = pl.DataFrame(rows, schema={"event_type": pl.String, FILE: pl.UInt32}, orient="row").with_row_index(ROW)
    kept = resolve_log(frame.lazy(), "events").rows.collect()["event_type"].to_list()
    most: Counter[str] = Counter()
    for names in files:
        most |= Counter(names)
    assert Counter(kept) == most


def test_a_receipt_corrected_in_a_later_file_is_taken_from_there(chain: Any) -> None:
    export(chain, "a", "1,2025-01-01,A,x,,1,1", "1,2025-01-01,A,y,,1,1", "2,2025-01-02,A,x,,1,1")
    export(chain, "b", "1,2025-01-01,A,x,,9,1", "1,2025-01-01,A,y,,1,1")
    report = chain.ingest().tables["transactions"]
    assert "1 receipts come corrected in a later file, which counts" in report.notes
    assert sold(chain) == [("1", "x", 9.0), ("1", "y", 1.0), ("2", "x", 1.0)]


def test_a_receipt_that_is_cut_over_two_files_is_whole(chain: Any) -> None:
    export(chain, "a", "1,2025-01-01,A,x,,1,1")
    export(chain, "b", "1,2025-01-01,A,y,,1,1")
    chain.ingest()
    assert sold(chain) == [("1", "x", 1.0), ("1", "y", 1.0)]


def test_a_corrected_export_replaces_receipts_and_counts_the_change(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1", "1,2025-01-01,A,y,,1,1", "2,2025-01-01,A,x,,1,1", "3,2025-01-05,A,x,,1,1")
    chain.ingest()
    chain.sell("1,2025-01-01,A,x,,9,1", "1,2025-01-01,A,y,,1,1", "2,2025-01-01,A,x,,1,1")
    report = chain.ingest().tables["transactions"]
    assert (report.corrected, report.clashes, report.new, report.removed) == (1, 0, 0, 0)
    assert sold(chain) == [("1", "x", 9.0), ("1", "y", 1.0), ("2", "x", 1.0), ("3", "x", 1.0)]
    assert chain.ingest().changed_anything is False
    everything = chain.ingest(replace=True).tables["transactions"]
    assert (everything.removed, sold(chain)[-1]) == (1, ("2", "x", 1.0))


def test_corrected_receipts_may_be_kept_beside_the_old_ones(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1")
    chain.ingest()
    chain.sell("1,2025-01-01,A,x,,9,1")
    report = chain.ingest(corrected_receipts="keep").tables["transactions"]
    assert (report.corrected, report.clashes) == (0, 1)
    assert sold(chain) == [("1", "x", 1.0), ("1", "x", 9.0)]


def test_a_further_part_of_a_receipt_is_added_and_noticed(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1")
    chain.ingest()
    chain.sell("1,2025-01-01,A,y,,1,1")
    report = chain.ingest().tables["transactions"]
    assert (report.corrected, report.clashes) == (0, 1)
    assert sold(chain) == [("1", "x", 1.0), ("1", "y", 1.0)]


def test_days_of_several_tills_are_added_up(chain: Any) -> None:
    rows = ["2025-01-01,A,x,5,2,T1", "2025-01-01,A,x,5,4,T2", "2025-01-02,A,x,1,2,T1"]
    chain.write("daily_sales.csv", f"{DAYS},unit_price,Till\n" + "\n".join(rows) + "\n")
    report = chain.ingest().tables["daily_sales"]
    found = [
        (row["units"], row["unit_price"]) for row in sorted(chain.rows("daily_sales"), key=lambda row: row["date"])
    ]
    assert found == [(10.0, (5 * 2 + 5 * 4) / 10), (1.0, 2.0)]
    assert report.notes == ("2 rows of 1 keys differ by Till; their units are added up",)


def test_other_units_of_one_day_that_nothing_tells_apart_are_refused(chain: Any) -> None:
    chain.write("daily_sales.csv", f"{DAYS}\n2025-01-01,A,x,5\n2025-01-01,A,x,3\n")
    wanted = re.escape("1 keys (date, store_id, product_id) more than once with other content, such as date=2025-01-01")
    with pytest.raises(DataError, match=wanted):
        chain.ingest()


def test_equal_days_count_once_and_a_later_file_replaces_with_the_old_row_shown(chain: Any) -> None:
    (chain.folder / "daily_sales").mkdir()
    chain.write("daily_sales/a.csv", f"{DAYS}\n2025-01-01,A,x,5\n2025-01-02,A,x,5\n")
    chain.write("daily_sales/b.csv", f"{DAYS}\n2025-01-01,A,x,5\n2025-01-02,A,x,7\n")
    report = chain.ingest().tables["daily_sales"]
    assert report.notes == ("1 rows come again with the same content; counted once",)
    assert chain.bad("daily_sales").select("units", "reasons").rows() == [
        ("5.0", "date, store_id, product_id: the same key comes again later")
    ]
    assert sorted(row["units"] for row in chain.rows("daily_sales")) == [5.0, 7.0]
