"""Orders to suppliers: open orders, and never sales."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, moment, write

NAMES = {
    "en": ["PO number", "Supplier", "Order date", "Expected date", "Ship to", "Status", "Item no", "Description",
           "Qty ordered", "Qty received", "Unit cost"],
    "odoo": ["Order Reference", "Vendor", "Order Deadline", "Expected Arrival", "Deliver To", "Status",
             "Order Lines/Product/Internal Reference", "Order Lines/Description", "Order Lines/Quantity",
             "Order Lines/Received Qty", "Order Lines/Unit Price"],
    "de": ["Bestellnummer", "Lieferant", "Bestelldatum", "Lieferdatum", "Lieferort", "Status", "Artikelnummer",
           "Bezeichnung", "Menge", "Gelieferte Menge", "Preis"],
    "zh": ["采购单号", "供应商", "采购日期", "预计到货日期", "收货仓", "状态", "商品编码", "商品名称", "采购数量",
           "已收数量", "采购单价"],
}  # fmt: skip


def orders(first_lines_alone: bool = False) -> list[Row]:
    """Eight orders of three lines to two suppliers; one was cancelled, and one never placed."""
    rows: list[Row] = []
    for n in range(8):
        state = {2: "Cancelled", 5: "RFQ"}.get(n, "Confirmed")
        due = (moment(n) + timedelta(days=9)).date()
        head = [f"P{n:03}", f"Company {'AB'[n % 2]}", moment(n).date(), due, f"Shop {n % 2}: Receipts", state]
        for line in range(3):
            shown = head if line == 0 or not first_lines_alone else [""] * len(head)
            rows.append([*shown, f"G{line}", f"good {line}", 10 + line, 5 * (n % 3), 2.5 + line])
    return rows


def proposed(path: Path) -> dict[str, Any]:
    made: dict[str, Any] = tomllib.loads(look(str(path)).mapping)["tables"]
    return made


@pytest.mark.parametrize("language", NAMES)
def test_purchases_feed_open_orders(tmp_path: Path, language: str) -> None:
    header = NAMES[language]
    seen = look(str(write(tmp_path / "x.csv", header, orders())))
    (name, table), *others = tomllib.loads(seen.mapping)["tables"].items()
    assert (name, others, seen.questions) == ("open_orders", [], ())
    assert table["columns"] == {
        "store_id": {"column": header[4], "pattern": "^(.+): Receipts$"}, "product_id": header[6], "due_on": header[3],
        "units": header[8], "received_units": header[9], "order_id": header[0]}  # fmt: skip
    assert table["where"] == f"(\"{header[5]}\" IS NULL OR \"{header[5]}\" NOT IN ('Cancelled', 'RFQ'))"
    assert "open_orders: 18 rows looked at, 0 would be set aside" in seen.lines


def test_what_stands_on_the_first_line_of_an_order_is_filled_down_within_it(tmp_path: Path) -> None:
    rows = orders(first_lines_alone=True)
    rows[9] = [*rows[9][:3], "", *rows[9][4:]]  # an order without a day, which gets none of another
    path = write(tmp_path / "x.csv", NAMES["en"], rows)
    table = proposed(path)["open_orders"]
    assert table["fill_down"] == ["PO number", "Ship to", "Expected date", "Status"]
    assert "open_orders: 18 rows looked at, 3 would be set aside" in look(str(path)).lines


def test_purchases_without_a_day_of_arrival_are_no_sales_either(tmp_path: Path) -> None:
    keep = [0, 1, 2, 4, 5, 6, 7, 8, 9, 10]
    rows = [[row[place] for place in keep] for row in orders()]
    seen = look(str(write(tmp_path / "x.csv", [NAMES["en"][place] for place in keep], rows)))
    assert not seen.mapping
    said = "these are purchases from suppliers and no sales; without day of arrival they feed no table"
    assert f"  {said}" in seen.lines


@pytest.mark.parametrize("further", [("Customer no", "C{}"), ("On hand", "{}")])
def test_sales_with_a_supplier_and_ledgers_of_stock_are_no_purchases(tmp_path: Path, further: tuple[str, str]) -> None:
    name, value = further
    header = ["Receipt no", "Date", "Item no", "Supplier", "Qty", "Qty received", "Price", name]
    rows = [[n, moment(n), f"G{n % 4}", "Company A", 1 + n % 3, 1, 2.5, value.format(n % 7)] for n in range(40)]
    assert "open_orders" not in look(str(write(tmp_path / "x.csv", header, rows))).mapping


@pytest.mark.parametrize("name", ["Noch zu liefern", "Outstanding Qty", "未交数量"])
def test_units_that_have_still_to_come_are_what_is_on_order(tmp_path: Path, name: str) -> None:
    header = [*NAMES["de"][:9], name, "Preis"]
    table = proposed(write(tmp_path / "x.csv", header, orders()))["open_orders"]
    assert table["columns"]["units"] == name
    assert "received_units" not in table["columns"]


def test_goods_that_came_in_from_suppliers_are_no_sales(tmp_path: Path) -> None:
    header = ["Receiving ID", "Date", "Supplier", "Item", "Quantity received", "Cost"]
    rows = [[f"R{n // 2}", moment(n).date(), "Company A", f"good {n % 5}", 5 + n, 2.5] for n in range(30)]
    seen = look(str(write(tmp_path / "Receivings.csv", header, rows)))
    assert not seen.mapping
    assert any("purchases from suppliers and no sales" in line for line in seen.lines)


def test_units_that_have_still_to_come_are_not_lessened_by_what_came_in(tmp_path: Path) -> None:
    lines = ["Bestelnr.;Status;Besteldatum;Crediteur;Magazijn;Artikel;Besteld;Ontvangen;Openstaand;Leverdatum"]
    for n in range(40):
        ordered, came = 12 * (1 + n % 4), 6 * (n % 3)
        lines.append(
            f"26{n // 2:06};Open;{1 + n % 28:02}-08-2026;60012;{1 + n % 2};POT-{n % 7};{ordered};{came};"
            f"{ordered - came};{1 + n % 28:02}-09-2026"
        )
    path = tmp_path / "bestellingen.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    mapping = look(str(path)).mapping
    assert "[tables.open_orders]" in mapping
    assert "[tables.transactions]" not in mapping
    assert 'units = "Openstaand"' in mapping
    assert "received_units" not in mapping
