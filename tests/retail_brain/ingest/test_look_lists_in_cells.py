"""Orders with all of their lines in one cell: a row per line where that is exact, and a question where it is not."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import Row, load, moment, write

Line = tuple[str, str, int, float]
GOODS = [("C-1", "Cap", 9.5), ("M-2", "Mug, blue", 3.0), ("T-3", "Tea", 4.25)]


def lines_of(order: int) -> list[Line]:
    picked = [GOODS[(order + n) % 3] for n in range(1 + order % 2)]
    return [(code, name, 1 + (order + n) % 3, price) for n, (code, name, price) in enumerate(picked)]


def orders(cell: Callable[[list[Line]], str], **counts: int) -> list[Row]:
    """40 orders of one or two goods: number, moment, buyer, goods, sum, and perhaps a count that is off by a number."""
    rows: list[Row] = []
    for order in range(40):
        lines = lines_of(order)
        total = sum(units * price for *_, units, price in lines)
        count = [sum(units for *_, units, _ in lines) + off for off in counts.values()]
        rows.append([f"#{order}", moment(order), f"u{order % 9}@x.org", cell(lines), f"{total:.2f}", *count])
    return rows


HEADER = ["Order", "Created at", "Email", "Items", "Total"]


def counted(lines: list[Line]) -> str:
    return "; ".join(f"{units} x {name}" for _, name, units, _ in lines)


def priced(lines: list[Line]) -> str:
    return ", ".join(f"{name} ({code}) x {units} @ ${price:.2f}" for code, name, units, price in lines)


def in_json(lines: list[Line]) -> str:
    return json.dumps([{"sku": c, "title": n, "qty": u, "price": p} for c, n, u, p in lines])


def in_pairs(lines: list[Line]) -> str:
    return ";".join(f"name:{n}|product_id:7|sku:{c}|quantity:{u}|total:{u * p:.2f}" for c, n, u, p in lines)


@pytest.mark.parametrize("cell", [priced, in_json, in_pairs])
def test_each_line_of_an_order_has_a_row(tmp_path: Path, cell: Callable[[list[Line]], str]) -> None:
    sold = load(tmp_path, write(tmp_path / "orders.csv", HEADER, orders(cell)))
    assert [(row["product_id"], row["units"], row["unit_price"]) for row in sold if row["transaction_id"] == "#1"] == [
        (code, units, price) for code, _, units, price in lines_of(1)
    ]
    assert len(sold) == 60


def test_goods_without_prices_are_sales_of_days(tmp_path: Path) -> None:
    place = write(tmp_path / "orders.csv", HEADER, orders(counted))
    seen = look(str(place))
    assert any("units of each day enough" in question for question in seen.questions)
    (tmp_path / "m.toml").write_text(seen.mapping, encoding="utf-8")
    ingest(str(tmp_path / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    sold = open_lake(str(tmp_path / "lake")).scan("daily_sales").collect()
    assert sold["units"].sum() == sum(units for order in range(40) for *_, units, _ in lines_of(order))
    assert sold["product_id"].n_unique() == 3


def test_a_cell_that_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    place = write(tmp_path / "orders.csv", HEADER, orders(priced))
    mapping = look(str(place)).mapping
    write(place, HEADER, [*orders(priced), ["#99", moment(99), "u1@x.org", "to be agreed", "5.00"]])
    (tmp_path / "m.toml").write_text(mapping, encoding="utf-8")
    report = ingest(str(tmp_path / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    assert any("1 different cells of 'Items' are not read, such as 'to be agreed'" in note for note in report.warnings)
    assert report.tables["transactions"].quarantined == 1


def test_counts_of_orders_decide(tmp_path: Path) -> None:
    agrees = write(tmp_path / "a" / "orders.csv", [*HEADER, "Total quantity"], orders(priced, right=0))
    differs = write(tmp_path / "b" / "orders.csv", [*HEADER, "Total quantity"], orders(priced, wrong=1))
    assert 'items = "Items"' in look(str(agrees)).mapping
    assert 'items = "Items"' not in look(str(differs)).mapping


def test_packs_on_lines_are_no_lists(tmp_path: Path) -> None:
    header = ["Order", "Created at", "Item", "Qty", "Price"]
    rows: list[Row] = [
        [f"#{order}", moment(order), f"2 x {name}; 1 x Bag", units, price]
        for order in range(40)
        for _, name, units, price in lines_of(order)
    ]
    assert "items =" not in look(str(write(tmp_path / "lines.csv", header, rows))).mapping


def test_lists_without_counts_are_asked_about(tmp_path: Path) -> None:
    rows = orders(lambda lines: "; ".join(name.replace(", ", " ") for _, name, *_ in lines))
    seen = look(str(write(tmp_path / "orders.csv", HEADER, rows)))
    assert any("20 rows have several goods in one cell of 'Items'" in question for question in seen.questions)


def test_a_number_of_many_people_is_nobodys(tmp_path: Path) -> None:
    header = ["Order", "Created at", "Customer ID", "Email", "SKU", "Qty", "Price"]
    rows: list[Row] = [
        [
            f"#{n}",
            moment(n),
            n % 2 * (100 + n % 10),
            f"{'c' if n % 2 else 'g'}{n % 10}@x.org",
            f"G{n % 3}",
            1,
            5.0 + n % 3,
        ]
        for n in range(60)
    ]
    sold = load(tmp_path, write(tmp_path / "orders.csv", header, rows))
    assert {row["customer_id"] for row in sold} == {None, "101", "103", "105", "107", "109"}


def test_goods_that_cannot_be_read_are_said_beside_sums_of_receipts(tmp_path: Path) -> None:
    rows = orders(lambda lines: " + ".join(f"{name} ({units} of {code})" for code, name, units, _ in lines) + " | box")
    seen = look(str(write(tmp_path / "orders.csv", HEADER, rows)))
    assert any("several goods in one cell of 'Items'" in question for question in seen.questions)


def test_goods_beside_sums_of_receipts_are_asked_about(tmp_path: Path) -> None:
    rows = orders(lambda lines: f"{len(lines)} things | " + " + ".join(f"{n} {u}" for _, n, u, _ in lines))
    rows = [[*row[:3], f"{row[3]} {place}", f"{5 + place * 1.5:.2f}"] for place, row in enumerate(rows)]
    seen = look(str(write(tmp_path / "orders.csv", ["Order", "Created at", "Email", "Order items", "Total"], rows)))
    assert any("hold all goods of a receipt" in question for question in seen.questions)
