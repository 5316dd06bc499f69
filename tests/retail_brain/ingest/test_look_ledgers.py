"""Ledgers of stock: movements of which those called a sale count, added up by day, and goods that came in never do."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from retail_brain.errors import UsageError
from retail_brain.ingest.look import look
from retail_brain.sources.mapping import parse_mapping
from tests.retail_brain.ingest.test_look import Row, load, write

HEADER = ["Date", "SKU", "Product", "Movement", "Quantity"]


def movements(*kinds: tuple[str, int], signed: bool = True) -> list[Row]:
    """Two movements of each kind on 12 days, of two goods, in units of which those that leave have a minus."""
    return [
        [date(2026, 3, 1) + timedelta(day), f"G-{good}", f"good {good}", kind, units if signed else abs(units)]
        for day in range(12)
        for good in range(2)
        for kind, units in kinds
    ]


WORDS = [
    ("Sale", "Received", "Transfer", "Adjustment"),
    ("Sold", "Restock", "Damaged", "Recount"),
    ("销售出库", "采购入库", "调拨", "盘亏"),
    ("Verkauf", "Wareneingang", "Umlagerung", "Inventur"),
]


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("signed", [True, False])
def test_goods_that_came_in_are_not_sold(tmp_path: Path, words: tuple[str, ...], *, signed: bool) -> None:
    sale, came, moved, corrected = words
    rows = movements((sale, -2), (came, 30), (moved, -4), (corrected, -1), signed=signed)
    place = write(tmp_path / "movements.csv", HEADER, rows)
    assert not look(str(place)).questions
    sold = load(tmp_path, place, table="daily_sales")
    assert {row["units"] for row in sold} == {2}
    assert len(sold) == 24


def test_movements_of_a_day_are_added_up_less_what_came_back(tmp_path: Path) -> None:
    rows = movements(("Sale", -2), ("Sale", -3), ("Customer return", 1), ("Received", 40))
    place = write(tmp_path / "movements.csv", HEADER, rows)
    assert "add_up = true" in look(str(place)).mapping
    assert {row["units"] for row in load(tmp_path, place, table="daily_sales")} == {4}


def test_kinds_that_nobody_knows_are_asked_about(tmp_path: Path) -> None:
    place = write(tmp_path / "movements.csv", HEADER, movements(("Sale", -2), ("Received", 40), ("Zorp", -1)))
    seen = look(str(place))
    assert any("Zorp 24" in question for question in seen.questions)
    assert """# where = '''"Movement" IN ('Sale')'''\n# where = '''"Movement" IN ('Sale', 'Zorp')'''""" in seen.mapping


def test_returns_without_a_minus_are_asked_about(tmp_path: Path) -> None:
    rows = movements(("Sale", 2), ("Return", 1), ("Received", 40), signed=False)
    seen = look(str(write(tmp_path / "movements.csv", HEADER, rows)))
    assert any("'Return'" in question and "no minus" in question for question in seen.questions)


def test_a_balance_beside_the_change_is_no_unit_sold(tmp_path: Path) -> None:
    header = ["Date", "SKU", "Product", "Reason", "Quantity before", "Quantity change", "Quantity after"]
    rows = [[*row[:4], 50, row[4], 50 + int(str(row[4]))] for row in movements(("Sold", -2), ("Received", 30))]
    place = write(tmp_path / "movements.csv", header, rows)
    assert {row["units"] for row in load(tmp_path, place, table="daily_sales")} == {2}


def test_goods_received_with_money_are_asked_about(tmp_path: Path) -> None:
    header = ["Receipt", "Date", "SKU", "Product", "Type", "Quantity", "Price"]
    rows = [
        [f"D{n}", *row[:4], row[4], 5.0] for n, row in enumerate(movements(("Sale", 2), ("Received", 40), signed=False))
    ]
    seen = look(str(write(tmp_path / "movements.csv", header, rows)))
    assert any("may be no sales by 'Type' (Received 24)" in question for question in seen.questions)
    assert """# where = '''"Type" IS NULL OR "Type" NOT IN ('Received')'''\n# where = '''TRUE'''""" in seen.mapping


def test_only_sums_are_added_up(tmp_path: Path) -> None:
    place = write(tmp_path / "lines.csv", ["a"], [["x"]])
    (tmp_path / "m.toml").write_text(f'[tables.products]\nfiles = "{place.name}"\nadd_up = true\n', encoding="utf-8")
    with pytest.raises(UsageError, match="only daily_sales, category_sales and inventory are added up"):
        parse_mapping(tmp_path / "m.toml")


def test_what_can_be_sold_is_no_sale(tmp_path: Path) -> None:
    rows = [
        [*row, "SELLABLE" if n % 9 else "DAMAGED"]
        for n, row in enumerate(movements(("Receipts", 30), ("Shipments", -2), ("Transfers", -3)))
    ]
    seen = look(str(write(tmp_path / "ledger.csv", [*HEADER, "Disposition"], rows)))
    assert not seen.mapping
    assert any("Receipts 24, Shipments 24" in question for question in seen.questions)


def test_sales_of_both_signs_are_asked_about(tmp_path: Path) -> None:
    rows = movements(("Sale", -2), ("Sale", 3), ("Received", 30))
    seen = look(str(write(tmp_path / "ledger.csv", HEADER, rows)))
    assert not seen.mapping
    assert any("Sale 48, Received 24" in question for question in seen.questions)
