"""Looks at exports whose rows are of several kinds: goods and what stands beside them, what takes sales back."""

from pathlib import Path

from tests.retail_brain.ingest.test_look import Row, load, moment, write
from tests.retail_brain.ingest.test_look_kinds import goods_sold_often

HEADER = ["Bill No", "Billed At", "Row Kind", "Item Code", "Item Name", "Qty", "Unit Price", "Line Total"]


def test_rows_without_a_code_are_no_goods_where_they_count_nothing_or_say_so(tmp_path: Path) -> None:
    rows: list[Row] = []
    for n, good, units, price in goods_sold_often():
        at = moment(n)
        rows.append([n, at, "Article", good, f"name of {good}", units, price, units * price])
        rows.append([n, at, "Sum", "", "all above", "", "", units * price])
        rows += [[n, at, "Carriage Shipping", "", f"van {n}", 1, 5, 5]] if n % 3 == 0 else []
    lines = load(tmp_path, write(tmp_path / "bills.csv", HEADER, rows))
    assert len(lines) == 36
    assert {row["product_id"] for row in lines} == {"g0", "g1", "g2"}


def test_goods_that_are_keyed_in_by_hand_have_no_code_and_stay(tmp_path: Path) -> None:
    rows: list[Row] = []
    for n, good, units, price in goods_sold_often():
        at = moment(n)
        rows.append([n, at, "Article", good, f"name of {good}", units, price, units * price])
        rows += [[n, at, "By hand", "", "honey", 2, 4, 8]] if n % 6 == 0 else []
    assert len(load(tmp_path, write(tmp_path / "bills.csv", HEADER, rows))) == 42


def test_rows_that_cancel_others_by_units_below_zero_stay_beside_them(tmp_path: Path) -> None:
    rows: list[Row] = []
    for n, good, units, price in goods_sold_often():
        rows.append([n, moment(n), "invoice", good, good, f"{units},00", f"{price:.0f},00", f"{units * price:.0f},00"])
        if n % 9 == 0:
            back = [f"-{units},00", f"{price:.0f},00", f"-{units * price:.0f},00"]
            rows.append([100 + n, moment(n), "cancelled invoice", good, good, *back])
    lines = load(tmp_path, write(tmp_path / "bills.csv", HEADER, rows, mark=";"))
    assert len(lines) == 40
    sold = sum(units for n, _, units, _ in goods_sold_often() if n % 9)
    assert sum(float(str(row["units"])) for row in lines) == sold


def test_share_that_is_taken_off_is_no_sum_of_money(tmp_path: Path) -> None:
    header = ["Bill No", "Billed At", "Warehouse Name", "Item Code", "Qty", "Price", "Discount", "Discount Amount",
              "Item Total"]  # fmt: skip
    rows: list[Row] = []
    for n, good, units, price in goods_sold_often():
        off = n % 3 * 10
        less = units * price * off / 100
        rows.append([n, moment(n), f"Hall {n % 2}", good, units, price, f"{off}.00%", less, units * price - less])
    lines = load(tmp_path, write(tmp_path / "bills.csv", header, rows))
    assert {row["store_id"] for row in lines} == {"Hall 0", "Hall 1"}
    paid = sum(float(str(row["units"])) * float(str(row["unit_price"])) for row in lines)
    wanted = sum(units * price * (1 - n % 3 / 10) for n, _, units, price in goods_sold_often())
    assert abs(paid - wanted) < 0.05
