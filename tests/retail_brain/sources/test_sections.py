"""Files of several tables below each other: each has a header line of its own, and is read alone."""

from datetime import datetime
from pathlib import Path

import pytest

from retail_brain.errors import DataError
from retail_brain.ingest.look import look
from retail_brain.sources.base import FileOptions
from retail_brain.sources.files import open_file
from tests.retail_brain.ingest.test_look import load, moment
from tests.retail_brain.sources.workbooks import write_xlsx

ORDERS = [(n, moment(n), f"p{n % 7}", "CANCELLED" if n % 9 == 4 else "SENT") for n in range(36)]
LINES = [
    (n, f"g{(n + line) % 5}", (n + line) % 3 + 1, 2.5 + (n + line) % 5) for n in range(36) for line in range(n % 3 + 1)
]


def write(path: Path, between: str = "") -> Path:
    """Orders, and below them their lines; `between` stands above the second header."""
    orders = [f"order,{n},{at:%Y-%m-%dT%H:%M:%S.120Z},{who},{state}" for n, at, who, state in ORDERS]
    lines = [f"line,{n},{good},{units},{price}" for n, good, units, price in LINES]
    heads = ("Kind,OrderId,OrderDate,BuyerId,State", "Kind,OrderId,SKU,Quantity,Price")
    path.write_text(
        "\n".join([heads[0], *orders, *([between] if between else []), heads[1], *lines, ""]), encoding="utf-8"
    )
    return path


@pytest.mark.parametrize("between", ["", "\n", ",,,,"])
def test_orders_and_their_lines_in_one_file_are_joined(tmp_path: Path, between: str) -> None:
    sold = load(tmp_path, write(tmp_path / "orders.csv", between.strip("\n") if between != "\n" else "\n"))
    kept = {n: at for n, at, _, state in ORDERS if state == "SENT"}
    assert len(sold) == sum(n in kept for n, *_ in LINES)
    assert sum(float(str(row["units"])) for row in sold) == sum(units for n, _, units, _ in LINES if n in kept)
    assert {row["transaction_id"] for row in sold} == {str(n) for n in kept}
    assert {row["customer_id"] for row in sold} == {f"p{n}" for n in range(7)}
    at = next(row["sold_at"] for row in sold if row["transaction_id"] == "0")
    assert isinstance(at, datetime)
    assert at.replace(microsecond=0) == kept[0]


def test_sections_are_counted_and_read_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "orders.csv")
    assert open_file(path, tmp_path).sections == 2
    second = open_file(path, tmp_path, FileOptions(section=2)).frame.collect()
    assert (second.columns[2], second.height) == ("SKU", len(LINES))
    with pytest.raises(DataError, match="2 header lines; wanted section 3"):
        open_file(path, tmp_path, FileOptions(section=3))


def test_header_once_more_and_remarks_below_are_no_sections(tmp_path: Path) -> None:
    rows = [f"{n},g{n % 3},{n % 4 + 1},2.50,2026-01-{n % 28 + 1:02} 10:00" for n in range(30)]
    head = "Receipt No,SKU,Qty,Price,Date"
    path = tmp_path / "till.csv"
    path.write_text("\n".join([head, *rows[:15], head, *rows[15:], "", "Printed by,Anna,Lee,,", ""]), encoding="utf-8")
    assert open_file(path, tmp_path).sections == 1
    assert "section" not in look(str(path)).mapping


def test_workbook_has_sheets_and_no_sections(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", {"S": [["SKU", "Qty"], ["a", 1]]})
    with pytest.raises(DataError, match="has no sections"):
        open_file(tmp_path / "a.xlsx", tmp_path, FileOptions(section=1))


def test_a_row_whose_first_word_is_that_of_the_header_is_no_header(tmp_path: Path) -> None:
    path = tmp_path / "shops.csv"
    path.write_text("Shop,City,Manager,Note\nShop East,Bonn,Bob,new\nShop West,,Eve,old\n", encoding="utf-8")
    assert open_file(path, tmp_path).sections == 1
    assert open_file(path, tmp_path).frame.collect().height == 2
