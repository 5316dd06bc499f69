"""Looks at stock by lots and states, with the day in the name of the file alone."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, write

NAMES = ["Warehouse code", "Item code", "Item name", "Lot", "State", "Quantity on hand", "Updated"]


def with_sales(folder: Path) -> Path:
    """A folder with sales, beside which stock is loaded."""
    folder.mkdir()
    sold: list[Row] = [[n // 2, f"2026-03-{n % 28 + 1:02} 10:00", f"G{n % 12:03}", 1, 2.5] for n in range(60)]
    write(folder / "sales.csv", ["Receipt No", "Sold at", "Item code", "Quantity", "Unit price"], sold)
    return folder


def lots(path: Path, state: str) -> list[Row]:
    """Stock of 3 places and 12 goods, some in two lots and a few in another state; all changed on other days."""
    rows: list[Row] = []
    for place in range(3):
        for good in range(12):
            changed = f"2026-03-{(place * 12 + good * 7) % 28 + 1:02}"
            rows.append([f"W{place}", f"G{good:03}", f"Tea {good}", f"L{good}", "usable", good * 3, changed])
            if good % 5 == place:
                rows.append([f"W{place}", f"G{good:03}", f"Tea {good}", f"M{good}", "usable", 4, "2026-03-02"])
            if good == 7:
                rows.append([f"W{place}", f"G{good:03}", f"Tea {good}", f"L{good}", state, 2, "2026-03-09"])
    write(path, NAMES, [*rows, ["Total", None, None, None, None, sum(int(str(row[5])) for row in rows), None]])
    return rows


def test_lots_are_parts_of_the_stock_of_the_day_of_their_file(tmp_path: Path) -> None:
    folder = with_sales(tmp_path / "till")
    rows = lots(folder / "stock_20260331.csv", "usable")
    stock = load(tmp_path, folder, "inventory")
    assert {str(row["date"]) for row in stock} == {"2026-03-31"}
    assert len(stock) == 36
    assert sum(float(str(row["on_hand"])) for row in stock) == sum(int(str(row[5])) for row in rows)


@pytest.mark.parametrize("state", ["Damaged", "待检", "gesperrt"])
def test_whether_stock_that_is_not_sold_counts_is_asked(tmp_path: Path, state: str) -> None:
    lots(tmp_path / "stock_20260331.csv", state)
    seen = look(str(tmp_path / "stock_20260331.csv"))
    assert [state in question for question in seen.questions] == [True]
    assert "[tables.products]" in seen.mapping


def test_levels_of_days_stay_of_the_days_of_their_rows(tmp_path: Path) -> None:
    rows: list[Row] = [
        [f"W{place}", f"G{good:03}", f"Tea {good}", "L", "usable", good * 3, f"2026-03-{day:02}"]
        for day in range(1, 9)
        for place in range(3)
        for good in range(12)
    ]
    folder = with_sales(tmp_path / "till")
    write(folder / "stock_20260331.csv", NAMES, rows)
    stock = load(tmp_path, folder, "inventory")
    assert len({row["date"] for row in stock}) == 8
