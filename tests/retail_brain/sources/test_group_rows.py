"""Names of shops, days and goods in rows of their own become columns of the lines below them."""

from pathlib import Path

import pytest

from retail_brain.sources.base import FileOptions
from retail_brain.sources.files import open_file
from tests.retail_brain.sources.workbooks import write_xlsx

Rows = list[tuple[str | None, ...]]


def read(tmp_path: Path, text: str, *names: str) -> tuple[Rows, dict[str, int]]:
    place = tmp_path / "report.csv"
    place.write_text(text, encoding="utf-8")
    (tmp_path / "scratch").mkdir()
    table = open_file(place, tmp_path / "scratch", FileOptions(group_rows=names))
    return table.frame.collect().rows(), dict(table.left_out.rows())


def test_the_name_above_the_lines_is_a_column_and_its_row_is_counted(tmp_path: Path) -> None:
    text = "Item,Qty,Money\nNorth,,\ntea,1,2\nTotal for North,1,2\nSouth,,\ntea,3,6\n"
    rows, left_out = read(tmp_path, text, "store")
    assert rows == [("North", "tea", "1", "2"), ("South", "tea", "3", "6")]
    assert left_out == {"total rows": 1, "rows that name a group": 2}


def test_of_rows_below_each_other_the_last_names_the_deepest_level(tmp_path: Path) -> None:
    text = "Item,Qty,Money\nNorth,,\nHot,,\ntea,1,2\nCold,,\nice,2,2\nSouth,,\nHot,,\ntea,3,6\n"
    rows, _ = read(tmp_path, text, "store", "category")
    assert [row[:3] for row in rows] == [("North", "Hot", "tea"), ("North", "Cold", "ice"), ("South", "Hot", "tea")]


def test_labels_say_which_column_a_value_is_of(tmp_path: Path) -> None:
    text = "Item;Qty;Money\nShop: North   Day: 12.01.2026;;\ntea;1;2\nDay: 13.01.2026;;\ntea;3;6\n"
    rows, _ = read(tmp_path, text, "Shop", "Day")
    assert [row[:2] for row in rows] == [("North", "12.01.2026"), ("North", "13.01.2026")]


def test_a_row_that_numbers_pages_names_nothing(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, "Item,Qty,Money\nNorth,,\ntea,1,2\nPage 2 of 3,,\ntea,3,6\n", "store")
    assert [row[0] for row in rows] == ["North", "North"]


@pytest.mark.parametrize("total", ["Total for North", "Итого по North", "Total 12-ene-2026"])
def test_totals_of_groups_are_left_out(tmp_path: Path, total: str) -> None:
    rows, _ = read(tmp_path, f"Item,Code,Qty,Money,Note\ntea,a,1,2,x\n{total},,1,2,\n")
    assert rows == [("tea", "a", "1", "2", "x")]


def test_a_sheet_has_them_too(tmp_path: Path) -> None:
    place = write_xlsx(tmp_path / "report.xlsx", {"Sales": [["Item", "Qty", "Money"], ["North"], ["tea", 1, 2]]})
    (tmp_path / "scratch").mkdir()
    table = open_file(place, tmp_path / "scratch", FileOptions(group_rows=("store",)))
    assert table.frame.collect().row(0)[:2] == ("North", "tea")
