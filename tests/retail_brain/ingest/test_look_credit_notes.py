"""Invoices with credit notes whose money alone is below 0, and with lines that name no goods but carriage."""

from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest.look import look
from retail_brain.sources.base import RawTable
from retail_brain.sources.mapping_keys import ReturnsMapping
from retail_brain.sources.shaping import with_returns
from tests.retail_brain.ingest.test_look import Row, load, moment, write

HEADER = ["Invoice No", "Created at", "Product code", "Product", "Remark", "Qty", "Price", "Line amount"]


def invoices(back: str = "Tea") -> list[Row]:
    """40 invoices of two lines and perhaps carriage, and 4 documents with 2 units whose money is below 0."""
    rows: list[Row] = []
    for n in range(40):
        for code, label, price in (("T-1", "Tea", 4.5), ("M-2", "Mug", 8.0)):
            rows.append([f"FA{n}", moment(n), code, label, "", 1 + n % 3, price, (1 + n % 3) * price])
        rows += [[f"FA{n}", moment(n), "", "", "Frais de port", 1, 6.9, 6.9]] if n % 4 == 0 else []
    rows += [[f"AV{n}", moment(40 + n), "T-1" if back == "Tea" else "Z-9", back, "", 2, -4.5, -9.0] for n in range(4)]
    return rows


def test_credit_notes_of_goods_that_were_sold_are_returns(tmp_path: Path) -> None:
    place = write(tmp_path / "invoices.csv", HEADER, invoices())
    sold = load(tmp_path, place)
    back = [row for row in sold if str(row["transaction_id"]).startswith("AV")]
    assert [(row["units"], row["unit_price"]) for row in back] == [(-2, 4.5)] * 4
    assert len(sold) == 84


def test_lines_that_name_nothing_but_carriage_are_left_out(tmp_path: Path) -> None:
    seen = look(str(write(tmp_path / "invoices.csv", HEADER, invoices())))
    assert any("10 rows name no goods but one of ['Frais de port'] in 'Remark'" in line for line in seen.lines)


def test_discounts_below_0_are_no_returns(tmp_path: Path) -> None:
    assert "below_zero" not in look(str(write(tmp_path / "invoices.csv", HEADER, invoices("Rebate")))).mapping


def test_codes_of_kinds_that_the_header_explains_tell_services_from_goods(tmp_path: Path) -> None:
    header = [*HEADER, "Line type (0=product, 1=service)"]
    rows = [[*row[:4], "", *row[5:], int(row[2] == "")] for row in invoices()]
    seen = look(str(write(tmp_path / "invoices.csv", header, rows)))
    assert """'''"Line type (0=product, 1=service)" IN ('0')'''""" in seen.mapping


@pytest.mark.parametrize("text", ["-9.00", "−9,00 €", "€ -9.00", "(9.00)", "9.00-"])
def test_a_sum_below_0_is_a_return_however_it_is_written(text: str) -> None:
    frame = pl.LazyFrame({"Qty": ["2", "2", "2"], "Amount": [text, "9.00", "-0.00"]})
    way = ReturnsMapping(column="Amount", below_zero=True)
    turned = with_returns(RawTable("transactions", frame, "test"), way, ["Qty", "Amount"]).frame.collect()
    assert turned["Qty"].to_list() == ["-2", "2", "2"]
    assert turned["Amount"][0].startswith("-")


def test_rows_that_sum_up_the_lines_of_an_order_are_left_out(tmp_path: Path) -> None:
    header = ["Order Number", "Sale Date", "Buyer Username", "Item Number", "Item Title", "Quantity", "Sold For"]
    rows: list[Row] = []
    for n in range(40):
        day = f"{moment(n):%Y-%m-%d}"
        lines: list[list[object]] = [["T-1", "Tea", 1 + n % 3, "4.50"], ["M-2", "Mug", 2, "8.00"]][: 1 + n % 2]
        if len(lines) > 1:
            rows.append([f"O{n}", day, f"u{n % 9}", "", "", 3 + n % 3, ""])
        rows += [[f"O{n}", "" if len(lines) > 1 else day, f"u{n % 9}", *line] for line in lines]
    sold = load(tmp_path, write(tmp_path / "orders.csv", header, rows))
    assert len(sold) == 60
    assert {row["units"] for row in sold if row["product_id"] == "M-2"} == {2}


def test_the_day_of_lines_on_rows_of_another_kind_is_filled_down(tmp_path: Path) -> None:
    header = ["Type", "OrderId", "OrderDate", "BuyerLogin", "ProductCode", "Name", "Quantity", "UnitPrice"]
    rows: list[Row] = []
    for n in range(40):
        rows.append(["order", f"A{n}", moment(n), f"user{n % 9}", "", "", "", ""])
        rows += [["lineItem", f"A{n}", "", "", f"G-{m}", f"good {m}", 1 + m, 5.0 + m] for m in range(1 + n % 3)]
    sold = load(tmp_path, write(tmp_path / "orders.csv", header, rows))
    assert len(sold) == sum(1 + n % 3 for n in range(40))
    assert (sold[0]["sold_at"], sold[0]["customer_id"]) == (moment(0), "user0")


def test_money_that_never_counts_units_is_no_sale(tmp_path: Path) -> None:
    header = [
        "order-id",
        "amount-type",
        "amount-description",
        "amount",
        "posted-date-time",
        "sku",
        "quantity-purchased",
    ]
    rows: list[Row] = []
    for n in range(40):
        day, code, units = f"{moment(n):%d.%m.%Y %H:%M:%S} UTC", f"G-{n % 3}", 1 + n % 2
        money = [("ItemPrice", "Principal", 5.0 * units, units), ("ItemPrice", "Tax", 0.4 * units, "")]
        money += [("ItemFees", "Commission", -0.8 * units, ""), ("ItemFees", "Handling", -3.2, "")]
        rows += [[f"113-{n}", kind, what, f"{sum_:.2f}", day, code, count] for kind, what, sum_, count in money]
    sold = load(tmp_path, write(tmp_path / "settlement.csv", header, rows))
    assert len(sold) == 40
    assert {row["unit_price"] for row in sold} == {5.0}
    assert sold[1]["sold_at"] == moment(1).replace(second=0)
