"""Orders with a line each in the columns `line_item_1`, `line_item_2` and so on: a row per line."""

from pathlib import Path

from retail_brain.ingest.look import look
from retail_brain.sources.base import FileOptions
from retail_brain.sources.files import open_file
from tests.retail_brain.ingest.test_look import Row, load, moment, write

_GOODS = [("C-1", "Cap, red", 9.5), ("M-2", "Mug", 3.0), ("T-3", "Tea", 4.25)]
_HEADER = ["order_id", "order_date", "email", "line_item_1", "line_item_2", "line_item_3"]


def _line(order: int, place: int) -> str:
    code, name, price = _GOODS[(order + place) % 3]
    units = 1 + (order + place) % 2
    return f"name:{name}|sku:{code}|quantity:{units}|total:{units * price:.2f}"


def _orders() -> list[Row]:
    rows: list[Row] = []
    for order in range(40):
        cells = [_line(order, place) if place <= order % 3 else "" for place in range(3)]
        rows.append([str(1000 + order), moment(order), f"u{order % 9}@x.org", *cells])
    return rows


def test_numbered_columns_hold_a_line_of_an_order_each(tmp_path: Path) -> None:
    export = write(tmp_path / "orders.csv", _HEADER, _orders())
    assert 'items = "line_item_*"' in look(str(export)).mapping
    sold = load(tmp_path, export)
    assert len(sold) == sum(1 + order % 3 for order in range(40))
    first = [(row["product_id"], row["units"], row["unit_price"]) for row in sold if row["transaction_id"] == "1001"]
    assert first == [("M-2", 2, 3.0), ("T-3", 1, 4.25)]


def test_numbered_columns_are_read_by_their_numbers_and_blanks_are_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("id,item_10,item_2,item_tax\n1,name:B|quantity:1,name:A|quantity:2,3\n2,,name:C|quantity:4,1\n")
    (tmp_path / "scratch").mkdir()
    found = open_file(path, tmp_path / "scratch", FileOptions(items="item_*")).frame.collect()
    assert found.select("id", "item_tax", "item_/name", "item_/quantity").rows() == [
        ("1", "3", "A", "2"),
        ("1", "3", "B", "1"),
        ("2", "1", "C", "4"),
    ]
