"""What payments beside the lines of sales say: who bought, and which rows came back."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from retail_brain.ingest.look import Look, look
from tests.retail_brain.ingest.test_look import Row, load, moment, write

LINES = ["row_no", "flow_id", "flow_no", "branch_no", "item_no", "sale_price", "sale_qnty", "sale_money", "sell_way",
         "oper_date"]  # fmt: skip
PAID = ["flow_no", "flow_id", "branch_no", "pay_way", "sell_way", "vip_no", "pay_amount", "oper_date"]
RECEIPTS = 40
BACK = (7, 19, 28, 35)
"""Receipts of goods that came back."""
TWICE = 3
"""Every so many receipts are paid in two ways."""


def number(receipt: int) -> str:
    return f"0001{receipt:06}"


def person(receipt: int) -> str:
    return f"88{receipt * 7 % 9:04}" if receipt * receipt % 7 in (1, 2) else ""


def lines() -> list[Row]:
    found: list[Row] = []
    for receipt in range(RECEIPTS):
        way = "B" if receipt in BACK else "A"
        for place in range(1 + receipt % 3):
            kind = receipt * receipt % 11 + place
            price, units, good = 2.35 + kind * 1.17, 1 + receipt * place % 3, f"22{kind:03}"
            found.append([5001 + len(found), place + 1, number(receipt), "0001", good, round(price, 2), units,
                          round(price * units, 2), way, moment(receipt)])  # fmt: skip
    return found


def payments(people: dict[tuple[int, int], str] | None = None) -> list[Row]:
    """Payments of the receipts, some of them in two parts; `people` names others in a part of a receipt."""
    found: list[Row] = []
    for receipt in range(RECEIPTS):
        total = sum(float(str(row[7])) for row in lines() if row[2] == number(receipt))
        parts = [total] if receipt % TWICE else [2.0, total - 2.0]
        for place, part in enumerate(parts):
            sign, way = (-1, "B") if receipt in BACK else (1, "A")
            who = (people or {}).get((receipt, place), person(receipt))
            found.append([number(receipt), place + 1, "0001", "CASH", way, who, round(sign * part, 2), moment(receipt)])
    return found


def folder(tmp_path: Path, paid: list[Row]) -> Path:
    write(tmp_path / "x" / "saleflow.csv", LINES, lines())
    return write(tmp_path / "x" / "payflow.csv", PAID, paid).parent


def sales(seen: Look) -> dict[str, Any]:
    return dict(tomllib.loads(seen.mapping)["tables"]["transactions"])


def test_payments_say_who_bought_and_what_came_back(tmp_path: Path) -> None:
    rows = load(tmp_path, folder(tmp_path, payments()))
    assert len(rows) == len(lines())  # a receipt that was paid in two ways doubles no line
    assert {(row["transaction_id"], row["customer_id"]) for row in rows} == {
        (number(receipt), person(receipt) or None) for receipt in range(RECEIPTS)
    }
    back = {row["transaction_id"] for row in rows if float(str(row["units"])) < 0}
    assert back == {number(receipt) for receipt in BACK}


def test_payments_in_a_file_per_month_are_joined_from_all_of_them(tmp_path: Path) -> None:
    paid = payments()
    write(tmp_path / "x" / "pay_1.csv", PAID, paid[:25])
    write(tmp_path / "x" / "pay_2.csv", PAID, paid[25:])
    write(tmp_path / "x" / "saleflow.csv", LINES, lines())
    (join,) = sales(look(str(tmp_path / "x")))["join"]
    assert join["files"] == "pay_*.csv"
    people = {row["customer_id"] for row in load(tmp_path, tmp_path / "x")}
    assert people == {person(receipt) or None for receipt in range(RECEIPTS)}


@pytest.mark.parametrize("others", [{(0, 1): "889999"}, {(6, 0): "880001", (6, 1): "880002"}])
def test_receipts_of_which_another_payment_names_somebody_else_get_no_person(
    tmp_path: Path, others: dict[tuple[int, int], str]
) -> None:
    made = sales(look(str(folder(tmp_path, payments(others)))))
    assert "customer_id" not in made["columns"]
    assert made["returns"] == {"column": "sell_way", "values": ["B"]}


def test_payments_of_other_days_are_of_other_receipts(tmp_path: Path) -> None:
    paid = [[*row[:-1], moment(2 * place + 30)] for place, row in enumerate(payments())]
    made = sales(look(str(folder(tmp_path, paid))))
    assert "join" not in made
    assert "returns" not in made


def test_a_number_of_lines_leaves_the_receipt_to_the_next_column_that_is_called_so(tmp_path: Path) -> None:
    path = write(tmp_path / "flow.csv", LINES, [row for _ in range(6) for row in lines()])
    assert sales(look(str(path)))["columns"]["transaction_id"] == "flow_no"


def test_receipts_counted_through_a_day_keep_their_number_beside_that_of_the_day(tmp_path: Path) -> None:
    rows = [[1 + n % 6, f"Z{n // 6:04}", moment(n), "0001", f"22{n * n % 11:03}", 2.5, 1] for n in range(90)]
    header = ["receipt_no", "closing_document_no", "sold_at", "store", "sku", "price", "qty"]
    made = sales(look(str(write(tmp_path / "sales.csv", header, rows))))
    assert "receipt_no" in str(made["columns"]["transaction_id"])
