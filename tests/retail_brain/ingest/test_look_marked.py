"""Rows that do not count, marked in columns of tills that nobody has seen: taken out and said, or asked about."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, moment, write
from tests.retail_brain.ingest.test_look_sums import HEAD, LINES

COUNT = len(LINES)


def transactions(folder: Path) -> dict[str, Any]:
    return dict(tomllib.loads(look(str(folder)).mapping)["tables"]["transactions"])


def orders(folder: Path, name: str, values: dict[int, object], *, rest: object = "") -> Path:
    """An export with a further column that has values on some lines."""
    rows = [
        [n, moment(n), good, units, price, values.get(place, rest)]
        for place, (n, _, good, price, units) in enumerate(LINES)
    ]
    return write(folder / "orders.csv", [*HEAD, "Price", name], rows)


@pytest.mark.parametrize(
    "name", ["Motivo de anulación", "Void reason", "Stornogrund", "Powód usunięcia", "İptal nedeni", "移除原因"]
)
def test_lines_with_a_reason_of_removal_do_not_count(tmp_path: Path, name: str) -> None:
    reasons: dict[int, object] = {4: "guest changed his mind", 9: "typed twice", 17: "guest changed his mind"}
    folder = orders(tmp_path / "x", name, reasons).parent
    assert any("3 rows" in line and "left out" in line for line in look(str(folder)).lines)
    assert len(load(tmp_path, folder)) == COUNT - len(reasons)


@pytest.mark.parametrize("nothing", ["-", "Nein", "无"])
def test_what_stands_for_no_reason_takes_nothing_out(tmp_path: Path, nothing: str) -> None:
    folder = orders(tmp_path / "x", "Stornogrund", {4: "Bruch"}, rest=nothing).parent
    assert len(load(tmp_path, folder)) == COUNT - 1


@pytest.mark.parametrize("name", ["Motif", "Return reason", "Причина"])
def test_a_reason_that_may_be_of_a_return_is_asked_about(tmp_path: Path, name: str) -> None:
    orders(tmp_path, name, {4: "colour", 9: "size"})
    seen = look(str(tmp_path))
    assert any("2 rows have something in" in question for question in seen.questions)
    assert seen.mapping.count("# where = ") == 2


@pytest.mark.parametrize("name", ["Reembolsado", "Is refunded", "已退款"])
def test_a_refunded_line_among_others_of_its_receipt_is_left_out(tmp_path: Path, name: str) -> None:
    folder = orders(tmp_path / "x", name, {4: "yes", 9: "yes"}, rest="no").parent
    assert any("2 rows" in line and "money was given back" in line for line in look(str(folder)).lines)
    assert len(load(tmp_path, folder)) == COUNT - 2


def test_a_refund_that_may_have_a_row_of_its_own_is_asked_about(tmp_path: Path) -> None:
    whole = {place: "yes" for place, (n, *_) in enumerate(LINES) if n in (5, 14)}
    for number, (name, marked) in enumerate((("Refund", {4: "yes", 9: "yes"}), ("Refunded", whole))):
        seen = look(str(orders(tmp_path / str(number), name, dict(marked), rest="no").parent))
        assert any(f"rows have something in '{name}'" in question for question in seen.questions)


def test_returns_beside_goods_taken_in_exchange_are_asked_about(tmp_path: Path) -> None:
    header = ["Bon", "Tag", "Kunde", "Artikelnummer", "Menge", "Preis", "Erstattet"]
    bought: list[Row] = [[n, moment(n), f"K{n % 12}", f"A-{n % 7}", 1, 5 + n % 7, "nein"] for n in range(60)]
    back: list[Row] = [[100 + n, moment(70 + n), *bought[n * 3][2:6], "ja"] for n in range(12)]
    other: list[Row] = [[100 + n, moment(70 + n), f"K{n * 3 % 12}", f"B-{n}", 1, 9, "nein"] for n in range(12)]
    for name, rows in (("one", [*bought, *back, other[0]]), ("all", [*bought, *back, *other])):
        seen = look(str(write(tmp_path / name / "verkauf.csv", header, rows)))
        assert any("12 rows have something in 'Erstattet'" in question for question in seen.questions)


def test_a_mark_of_returns_may_be_true_or_false_in_json(tmp_path: Path) -> None:
    rows = [
        {"receipt_no": f"{'R' if n > 30 else 'V'}-{n}", "time": f"{moment(n)}", "sku": f"A-{n % 5}", "qty": 1 + n % 3,
         "price": 5 + n % 5, "returned": n > 30}
        for n in range(40)
    ]  # fmt: skip
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "bills.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    lines = load(tmp_path, tmp_path / "x")
    assert sum(float(str(line["units"])) < 0 for line in lines) == 9
    assert len(lines) == len(rows)


def test_a_reason_of_discounts_is_not_asked_about(tmp_path: Path) -> None:
    rows = [[n, moment(n), good, units, price, n % 3, "regular" if n % 3 else ""] for n, _, good, price, units in LINES]
    write(tmp_path / "orders.csv", [*HEAD, "Net price", "Discount", "Reason"], rows)
    seen = look(str(tmp_path))
    assert "where" not in seen.mapping


@pytest.mark.parametrize(
    ("name", "closed"), [("售后状态", "售后关闭"), ("Refund status", "Cancelled"), ("Order status", "Refund declined")]
)
def test_a_claim_that_came_to_nothing_leaves_the_sale(tmp_path: Path, name: str, closed: str) -> None:
    folder = orders(
        tmp_path / "x", name, {4: closed, 9: closed}, rest="无售后" if name == "售后状态" else "Completed"
    ).parent
    assert any("came to nothing" in line for line in look(str(folder)).lines)
    assert len(load(tmp_path, folder)) == COUNT


@pytest.mark.parametrize("name", ["收货省份", "Recipient region", "Lieferbundesland", "Área de entrega"])
def test_where_the_goods_are_sent_is_no_shop(tmp_path: Path, name: str) -> None:
    rows = [[n, moment(n), good, units, price, "NSW"[n % 3]] for n, _, good, price, units in LINES]
    write(tmp_path / "orders.csv", [*HEAD, "Price", name], rows)
    assert transactions(tmp_path)["columns"]["store_id"] == {"constant": "1"}


def test_a_total_with_a_word_in_brackets_is_a_total(tmp_path: Path) -> None:
    orders(tmp_path, "Remark", {})
    with (tmp_path / "orders.csv").open("a", encoding="utf-8") as file:
        file.write("Итого (без удалений),,,61,,\n")
    assert any("total rows" in line for line in look(str(tmp_path)).lines)


@pytest.mark.parametrize("masked", ["z***e{}", "138****{:04}", "王*", "k**{}@mail.example"])
def test_masked_buyers_are_nobody_and_that_is_said(tmp_path: Path, masked: str) -> None:
    rows = [[n, moment(n), good, units, price, masked.format(n % 9)] for n, _, good, price, units in LINES]
    write(tmp_path / "orders.csv", [*HEAD, "Price", "Buyer"], rows)
    assert "customer_id" not in transactions(tmp_path)["columns"]
    seen = look(str(tmp_path))
    assert any("different people look alike" in line for line in seen.lines)
    assert any("is masked" in question for question in seen.questions)


def test_a_column_that_tells_masked_buyers_apart_is_taken(tmp_path: Path) -> None:
    rows = [[n, moment(n), good, units, price, "z***e", f"B{n % 9}"] for n, _, good, price, units in LINES]
    write(tmp_path / "orders.csv", [*HEAD, "Price", "Customer id", "Buyer code"], rows)
    assert transactions(tmp_path)["columns"]["customer_id"] == "Buyer code"


@pytest.mark.parametrize(("users", "name"), [(1, "UserId"), (3, "User"), (1, "Customer")])
def test_who_served_and_one_account_for_all_is_no_customer(tmp_path: Path, users: int, name: str) -> None:
    rows = [
        [n + more, moment(n + more), good, units, price, n % users + 1]
        for more in (0, 100)
        for n, _, good, price, units in LINES
    ]
    write(tmp_path / "orders.csv", [*HEAD, "Price", name], rows)
    assert "customer_id" not in transactions(tmp_path)["columns"]
    assert any(f"'{name}' (such as 1)" in line for line in look(str(tmp_path)).lines)


def test_returns_that_a_mark_may_tell_are_a_way_to_choose(tmp_path: Path) -> None:
    seen = look(str(orders(tmp_path / "x", "Reso", {4: "Sì", 9: "Sì", 17: "Sì"}, rest="No")))
    assert any("3 rows have something in 'Reso'" in question for question in seen.questions)
    assert (
        '# returns = { column = "Reso", values = [] }\n# returns = { column = "Reso", values = ["Sì"] }' in seen.mapping
    )
    assert "# where = '''TRUE'''" in seen.mapping
