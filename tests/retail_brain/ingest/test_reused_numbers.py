"""Receipt numbers that begin anew are counted and said, and joined by the mapping that a look proposes."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest import ingest, reused_numbers
from retail_brain.ingest.look import look
from retail_brain.ingest.reused_numbers import reused_numbers_note
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import write

Line = tuple[str, str, int, float]
"""Receipt number, shop, day of January, units."""
ANEW: list[Line] = [("1", "S1", 1, 1), ("1", "S1", 2, 2), ("1", "S2", 2, 1), ("2", "S1", 1, 1), ("2", "S2", 1, 1),
                    ("3", "S1", 1, 1)]  # fmt: skip


def lines(rows: list[Line]) -> pl.LazyFrame:
    columns = ["transaction_id", "store_id", "day", "units"]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    return frame.select("transaction_id", "store_id", "units", sold_at=pl.datetime(2026, 1, "day", 9)).lazy()


def test_numbers_of_several_days_and_shops_are_counted() -> None:
    (note,) = reused_numbers_note(lines(ANEW), len(ANEW))
    assert note.startswith("2 of 3 receipt numbers have sales on several days (1) or in several shops (2)")
    assert 'columns = ["store_id", "date", "transaction_id"]' in note


def test_a_refund_under_the_number_of_its_sale_is_no_second_receipt() -> None:
    assert reused_numbers_note(lines([("1", "S1", 1, 1), ("1", "S1", 5, -1), ("2", "S1", 2, 1)]), 3) == []


def test_of_many_lines_the_first_are_looked_at_and_the_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reused_numbers, "LOOKED_AT", 100)
    rows = [(str(number), "S1", day, 1.0) for number in range(500) for day in (1, 2)]
    (note,) = reused_numbers_note(lines(rows), len(rows))
    assert note.startswith("in the first 100 lines, 50 of 50 receipt numbers")


def test_files_named_as_the_table_are_told_of_it_and_get_a_mapping_that_keeps_baskets_apart(tmp_path: Path) -> None:
    rows = [[number, datetime(2026, 1, day, 9, int(number)), shop, f"P{line}", units, 2]
            for number, shop, day, units in ANEW * 4 for line in range(2)]  # fmt: skip
    header = ["transaction_id", "sold_at", "store_id", "product_id", "units", "unit_price"]
    place = write(tmp_path / "chain" / "transactions.csv", header, rows)
    report = ingest(str(place.parent), str(tmp_path / "plain"), Settings(), SILENT)
    assert any(note.startswith("2 of 3 receipt numbers") for note in report.tables["transactions"].notes)
    seen = look(str(place.parent))
    assert any("begins anew" in line for line in seen.lines)
    assert not any("without a mapping" in line for line in seen.lines)
    (place.parent / "proposed.toml").write_text(seen.mapping, encoding="utf-8")
    ingest(str(place.parent / "proposed.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    stored = open_lake(str(tmp_path / "lake")).scan("transactions").collect()
    assert stored["transaction_id"].n_unique() == stored.select("store_id", "sold_at").n_unique() == len(ANEW)
