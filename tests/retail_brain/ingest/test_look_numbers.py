"""Looks at exports whose columns of numbers have names that say nothing, and whose receipts are numbered anew."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import load, moment, write

SOLD = [(n, f"g{n % 3}", n % 4 + 1, 200 + 50 * (n % 3)) for n in range(40)]
"""Receipt, good, units and price of one."""


def test_columns_that_make_each_other_are_units_price_discount_and_what_was_paid(tmp_path: Path) -> None:
    header = ["Receipt", "Date", "SKU", "foo", "bar", "baz", "qux", "quux"]
    rows = [
        [n, moment(n), good, price * units, units, units * price - 10 * (n % 2), 10 * (n % 2), price]
        for n, good, units, price in SOLD
    ]
    lines = load(tmp_path, write(tmp_path / "sales.csv", header, rows))
    assert [row["units"] for row in lines] == [units for *_, units, _ in SOLD]
    assert [row["unit_price"] for row in lines] == [price - 10 * (n % 2) / units for n, _, units, price in SOLD]
    assert [row["discount"] for row in lines] == [10 * (n % 2) for n, *_ in SOLD]


def test_chance_of_a_few_lines_is_no_relation(tmp_path: Path) -> None:
    rows = [[n, moment(n), good, 2 if n == 5 else 1, 7, 14 if n == 5 else 9 + n] for n, good, *_ in SOLD]
    seen = look(str(write(tmp_path / "sales.csv", ["Receipt", "Date", "SKU", "foo", "bar", "baz"], rows)))
    assert "units" not in seen.mapping


def test_amount_after_a_discount_with_a_minus_was_paid(tmp_path: Path) -> None:
    header = ["Line Item Date", "Order ID", "Item ID", "Item Name", "Qty", "Item Revenue", "Discounts", "Total Revenue"]
    rows = [
        [f"{moment(n):%d-%b-%Y %I:%M %p} {'EST' if n < 20 else 'EDT'}", n, good, f"Tea {good}", units, units * price,
         -10 * (n % 2), units * price - 10 * (n % 2)]
        for n, good, units, price in SOLD
    ]  # fmt: skip
    lines = load(tmp_path, write(tmp_path / "lines.csv", header, rows))
    assert [row["unit_price"] for row in lines] == [price - 10 * (n % 2) / units for n, _, units, price in SOLD]
    assert [row["discount"] for row in lines] == [10 * (n % 2) for n, *_ in SOLD]
    assert [row["sold_at"] for row in lines] == [moment(n) for n, *_ in SOLD]  # the clock on the wall, in both zones


def journal(number: int) -> datetime:
    """Ten receipts a day, five in each of two shops at two tills."""
    return datetime(2026, 2, 3, 9) + timedelta(days=number // 20, minutes=number % 20)


def test_numbers_that_begin_anew_each_day_and_till_are_joined_with_these(tmp_path: Path) -> None:
    header = ["Store No", "Till No", "Receipt No", "Date", "Time", "SKU", "Qty", "Price"]
    rows = [
        [f"s{n % 2}", n // 2 % 2, n % 20 // 4, journal(n).date(), f"{journal(n):%H:%M}", good, 1, 2]
        for n in range(200)
        for good in ("a", "b")
    ]
    lines = load(tmp_path, write(tmp_path / "journal.txt", header, rows, mark="\t"))
    receipts = {str(row["transaction_id"]) for row in lines}
    assert len(receipts) == 200
    assert "s0-0-2026-02-03-0" in receipts


def test_numbers_of_a_chain_stay_as_they_are_though_a_refund_has_that_of_its_sale(tmp_path: Path) -> None:
    rows = [["s1", "1", n if n != 30 else 3, moment(n), good, units, price] for n, good, units, price in SOLD]
    header = ["Store No", "Till No", "Receipt No", "Date", "SKU", "Qty", "Price"]
    assert 'transaction_id = "Receipt No"' in look(str(write(tmp_path / "sales.csv", header, rows))).mapping


@pytest.mark.parametrize("name", ["Pos", "POS no"])
def test_a_number_of_the_line_is_no_till(tmp_path: Path, name: str) -> None:
    rows = [["s1", n, line, moment(n), good, 1, 2] for n in range(40) for line, good in enumerate("abc", start=1)]
    header = ["Store No", "Receipt No", name, "Date", "SKU", "Qty", "Price"]
    assert 'transaction_id = "Receipt No"' in look(str(write(tmp_path / "sales.csv", header, rows))).mapping


def test_codes_of_kinds_of_sale_are_asked_about_where_nothing_is_below_zero(tmp_path: Path) -> None:
    header = ["flow_no", "oper_date", "item_no", "sale_qnty", "sale_price", "sale_money", "sell_way"]
    rows = [[n, moment(n), good, units, price, units * price, "B" if n == 5 else "A"] for n, good, units, price in SOLD]
    place = write(tmp_path / "saleflow.csv", header, rows)
    (question,) = look(str(place)).questions
    assert 'returns = { column = "sell_way", values = ["B"] }' in question
    rows[0][3] = -1
    assert not look(str(write(place, header, rows))).questions


@pytest.mark.parametrize(("header", "amount"), [("Price after Discount", 7), ("Total w/ Discount", 14)])
def test_names_of_what_was_paid(tmp_path: Path, header: str, amount: int) -> None:
    rows = [[n, moment(n), good, 2, amount] for n, good, *_ in SOLD]
    lines = load(tmp_path, write(tmp_path / "sales.csv", ["Receipt", "Date", "SKU", "Qty", header], rows))
    assert lines[5]["unit_price"] == 7.0


@pytest.mark.parametrize("sign", ["Rp ", "₫", "RM", "S/ ", "₺"])
def test_amounts_in_further_currencies(tmp_path: Path, sign: str) -> None:
    rows = [[n, moment(n), good, 2, f"{sign}{n or 900}{'.000' if n else ''}"] for n, good, *_ in SOLD]
    lines = load(tmp_path, write(tmp_path / "sales.csv", ["Receipt", "Date", "SKU", "Qty", "Net Sales"], rows))
    assert [row["unit_price"] for row in lines][:3] == [450.0, 500.0, 1000.0]


def test_goods_several_times_a_day_without_receipts_are_lines_and_not_totals(tmp_path: Path) -> None:
    rows = [[moment(n % 5).date(), "s1", good, units, price] for n, good, units, price in SOLD]
    seen = look(str(write(tmp_path / "sales.csv", ["Date", "Store", "SKU", "Qty", "Price"], rows)))
    assert "[tables.transactions]" in seen.mapping
    assert [question for question in seen.questions if "receipts" in question]


def test_a_file_without_names_is_told_to_get_some(tmp_path: Path) -> None:
    place = tmp_path / "slsrpt.dat"
    place.write_text("".join(f"4016632;20260203{n:06};401663{n % 3};{n % 2 + 1};12,90;EUR\n" for n in range(30)))
    seen = look(str(place))
    assert not seen.mapping
    assert any("write a line of names above the rows" in line for line in seen.lines)


def test_numbers_of_lines_are_no_goods_and_parts_of_telephone_numbers_no_people(tmp_path: Path) -> None:
    header = ["Receipt", "Date", "Item No", "Article code", "Item name", "Qty", "Price"]
    header += ["Buyer phone 1", "Buyer phone 2", "Buyer phone 3", "Buyer e-mail"]
    rows: list[list[object]] = []
    for n in range(40):
        who = n % 9
        for line in range(1 + n % 3):
            good = (n + 2 * line) % 5
            rows.append([n, moment(n), 1 + line, f"g{good}", f"Tea {good}", 1 + n % 2, 200 + 50 * good,
                         f"0{who % 3}0", 4100 + who // 2, 7301 + who // 3, f"w{who}@example.org"])  # fmt: skip
    lines = load(tmp_path, write(tmp_path / "x" / "sales.csv", header, rows).parent)
    assert {row["product_id"] for row in lines} == {f"g{good}" for good in range(5)}
    assert {row["customer_id"] for row in lines} == {f"w{who}@example.org" for who in range(9)}
