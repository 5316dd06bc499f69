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
