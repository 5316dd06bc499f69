"""Invoices whose lines have their amount in a column of debit or of credit, beside discounts and cancelled ones."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, moment, write

HEADER = ["InvoiceNo", "InvoiceStatus", "InvoiceType", "SystemEntryDate", "ProductCode", "ProductDescription"]
HEADER += ["Quantity", "UnitPrice", "CreditAmount", "DebitAmount", "SettlementAmount"]
GOODS = [("C-1", "Caneta", 1.3902), ("M-2", "Memorial", 16.6981), ("T-3", "Puzzle", 12.1951)]


def lines(*, kind_of_return: str = "NC") -> list[Row]:
    """60 lines on 40 invoices, 5 credit notes with units and amounts without a minus, and few discounts."""
    rows: list[Row] = []
    for n in range(40):
        for code, name, price in GOODS[: 1 + n % 2]:
            units = 1 + n % 3
            paid = round(price * units, 2)
            rows.append(
                [f"FS {n}", "N", "FS", moment(n), code, name, units, price, paid, "", 0.15 if n % 9 == 0 else 0.0]
            )
    for n in range(5):
        code, name, price = GOODS[n % 3]
        paid = round(price, 2)
        rows.append([f"NC {n}", "N", kind_of_return, moment(40 + n), code, name, 1, price, "", paid, 0.0])
    return rows


def test_each_line_has_its_amount_on_one_side_and_the_rarer_side_came_back(tmp_path: Path) -> None:
    sold = load(tmp_path, write(tmp_path / "invoices.csv", HEADER, lines()))
    back = [row for row in sold if str(row["transaction_id"]).startswith("NC")]
    assert [row["units"] for row in back] == [-1] * 5
    assert [row["unit_price"] for row in back] == [1.39, 16.7, 12.2, 1.39, 16.7]
    assert len(sold) == 65
    assert sold[0]["unit_price"] == 1.39  # what is 0 nearly always is a discount, and no money that was paid


def test_returns_that_no_column_names_are_asked_about(tmp_path: Path) -> None:
    seen = look(str(write(tmp_path / "invoices.csv", HEADER, lines(kind_of_return="FS"))))
    assert any("5 rows have 'DebitAmount' in the place of 'CreditAmount'" in one for one in seen.questions)


def test_an_amount_that_is_nothing_on_most_lines_is_not_what_was_paid(tmp_path: Path) -> None:
    header = [name for name in HEADER if name not in ("CreditAmount", "DebitAmount")]
    rows = [[*row[:8], row[10]] for row in lines() if row[2] == "FS"]
    seen = look(str(write(tmp_path / "invoices.csv", header, rows)))
    assert 'column = "SettlementAmount", total' not in seen.mapping
    assert 'unit_price = "UnitPrice"' in seen.mapping
    assert any("'SettlementAmount' is 0 on most lines with a price" in line for line in seen.lines)


@pytest.mark.parametrize("code", ["A", "S"])
def test_a_rare_code_of_the_state_of_an_invoice_is_asked_about(tmp_path: Path, code: str) -> None:
    rows = [[row[0], code if 10 <= n < 13 else "N", *row[2:]] for n, row in enumerate(lines())]
    seen = look(str(write(tmp_path / "invoices.csv", HEADER, rows)))
    assert any(f"3 rows have one of ['{code}'] in 'InvoiceStatus'" in one for one in seen.questions)
