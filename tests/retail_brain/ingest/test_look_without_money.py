"""Files whose units or stock stand without their money: ledgers of stock, sales by day."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, write


def movements(kinds: list[str]) -> list[Row]:
    """Movements of three goods on 12 days; the first kind brings in, the others take out."""
    rows: list[Row] = []
    for n in range(36):
        kind = kinds[n % len(kinds)]
        rows.append([date(2026, 3, 1) + timedelta(n // 3), f"G-{n % 3}", kind, 9 if kind == kinds[0] else -1 - n % 2])
    return rows


@pytest.mark.parametrize(
    "header", [["Date", "SKU", "Event type", "Quantity"], ["日期", "商品编码", "单据类型", "数量"]]
)
def test_movements_of_stock_without_prices_are_no_sales(tmp_path: Path, header: list[str]) -> None:
    kinds = (
        ["Received", "Shipped", "Transfer", "Adjustment"] if header[0] == "Date" else ["入库", "出库", "调拨", "盘点"]
    )
    seen = look(str(write(tmp_path / "ledger.csv", header, movements(kinds))))
    assert not seen.mapping
    assert any("movements of stock" in question and kinds[2] in question for question in seen.questions)


def test_movements_of_which_one_kind_is_a_sale_are_read_as_before(tmp_path: Path) -> None:
    header = ["Date", "SKU", "Event type", "Quantity"]
    seen = look(str(write(tmp_path / "ledger.csv", header, movements(["Purchase", "Sale", "Transfer"]))))
    assert "[tables.daily_sales]" in seen.mapping


def test_sales_by_day_and_variant_are_daily_sales(tmp_path: Path) -> None:
    header = ["Day", "Product title", "Product variant title", "Product variant SKU", "Net items sold", "Net sales"]
    rows: list[Row] = []
    for n in range(12):
        for size, price in ((200, 10.0), (400, 18.0)):
            rows.append([date(2026, 3, 1) + timedelta(n), "Candle", f"{size} g", f"C-{size}", n % 4, n % 4 * price])
    rows[0] = [*rows[0][:5], -2.5]
    place = write(tmp_path / "Sales by variant.csv", header, rows)
    assert any("1 rows have 0 units and -2.50 of money" in line for line in look(str(place)).lines)
    sold = load(tmp_path, place, table="daily_sales")
    assert {row["product_id"] for row in sold} == {"C-200", "C-400"}
    assert {row["unit_price"] for row in sold if row["units"]} == {10.0, 18.0}


def goods(*counts: str) -> tuple[list[str], list[Row]]:
    """A list of 12 goods with a price, which one lacks, and counts."""
    rows: list[Row] = [
        [f"G-{n:03}", f"good number {n}", f"{10 + n}.99" if n else "", *(n * 3 + m for m in range(len(counts)))]
        for n in range(12)
    ]
    return ["SKU", "Title", "Price", *counts], rows


def test_counts_of_a_list_of_goods_may_be_its_stock(tmp_path: Path) -> None:
    seen = look(
        str(write(tmp_path / "list.csv", *goods("Warehouse quantity", "Sellable quantity", "Inbound quantity")))
    )
    assert "[tables.products]" in seen.mapping
    assert (
        '# on_hand = { column = "Warehouse quantity" }\n# on_hand = { column = "Sellable quantity" }\n' in seen.mapping
    )
    assert '# date = { constant = "YYYY-MM-DD" }' in seen.mapping
    assert '# valid_from = { constant = "YYYY-MM-DD" }\nunit_price = "Price"' in seen.mapping
    assert """[tables.prices]\nfiles = "list.csv"\nwhere = '''length("Price") > 0'''""" in seen.mapping
    assert len(seen.questions) == 3


@pytest.mark.parametrize("count", ["Pack quantity", "Min stock quantity", "Out of stock qty", "Quantity per box"])
def test_counts_that_are_no_stock_are_not_asked_about(tmp_path: Path, count: str) -> None:
    seen = look(str(write(tmp_path / "list.csv", *goods(count))))
    assert not seen.questions
    assert "inventory" not in seen.mapping


def test_beside_sales_such_counts_are_not_asked_about(tmp_path: Path) -> None:
    write(tmp_path / "list.csv", *goods("Warehouse quantity"))
    header = ["Receipt", "Sold at", "SKU", "Qty", "Price"]
    rows = [[f"R{n}", f"2026-03-0{1 + n % 5} 10:{n:02}:00", f"G-{n % 12:03}", 1 + n % 2, 10.99] for n in range(40)]
    write(tmp_path / "sales.csv", header, rows)
    seen = look(str(tmp_path))
    assert not seen.questions
    assert "[tables.prices]" not in seen.mapping
