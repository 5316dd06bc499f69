"""Reports whose first column holds shops, receipts and goods, with the sum of each level on its row."""

from pathlib import Path

import pytest

from retail_brain.errors import RetailBrainError
from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import Row, load, write
from tests.retail_brain.sources.workbooks import Cell, write_xlsx

_GOODS = (("Tea", "pc", 30.0), ("Bread", "pc", 12.5), ("Cheese", "kg", 99.9), ("Jam", "pc", 21.0))
_SHOPS = ("Shop No. 1 (North)", "Shop No. 2 (South)")
Line = tuple[str, str, float, float]


def _receipts(shop: int) -> dict[str, list[Line]]:
    """Receipt -> its lines: name, unit, quantity, money; one gives goods back."""
    receipts = {}
    for number in range(9):
        lines = []
        for place in range(1 + number % 3):
            name, unit, price = _GOODS[(number + place + shop) % 4]
            count = (0.5 + number / 8 if unit == "kg" else 1 + place) * (-1 if number == 5 else 1)
            lines.append((name, unit, count, round(count * price, 2)))
        receipts[f"Receipt AB{shop}-{100 + number} of {1 + number:02}.09.2026 {9 + number}:07:11"] = lines
    return receipts


def _sum(lines: list[Line]) -> list[float]:
    return [round(sum(line[place] for line in lines), 3) for place in (2, 3)]  # type: ignore[misc]


def _outline(*, units: bool, sums: bool = True) -> list[list[Cell]]:
    """Rows of shops, their receipts and lines, with or without a column of units of measure, and sums."""
    rows: list[list[Cell]] = []
    everything: list[Line] = []
    blank: list[Cell] = [None] if units else []
    for number, shop in enumerate(_SHOPS):
        receipts = _receipts(number)
        all_of_shop = [line for lines in receipts.values() for line in lines]
        everything += all_of_shop
        rows.append([shop, *blank, *(_sum(all_of_shop) if sums else [None, None])])
        for receipt, lines in receipts.items():
            rows.append([receipt, *blank, *(_sum(lines) if sums else [None, None])])
            rows += [[line[0], *([line[1]] if units else []), line[2], line[3]] for line in lines]
    return [*rows, ["Total", *blank, *_sum(everything)]]


def _expected() -> tuple[int, float, float]:
    lines = [line for shop in range(2) for some in _receipts(shop).values() for line in some]
    return len(lines), *_sum(lines)  # type: ignore[return-value]


def _check(rows: list[dict[str, object]]) -> None:
    count, units, money = _expected()
    assert len(rows) == count
    assert sum(row["units"] for row in rows) == pytest.approx(units)  # type: ignore[misc]
    assert sum(row["units"] * row["unit_price"] for row in rows) == pytest.approx(money, abs=0.05)  # type: ignore[operator]
    assert len({row["transaction_id"] for row in rows}) == 18
    assert {row["store_id"] for row in rows} == set(_SHOPS)
    assert {row["product_id"] for row in rows} == {"Tea", "Bread", "Cheese", "Jam"}
    assert {str(row["sold_at"])[:16] for row in rows} >= {"2026-09-01 09:07", "2026-09-09 17:07"}


@pytest.mark.parametrize("sums", [True, False])
def test_three_lines_of_names_say_the_levels(tmp_path: Path, sums: bool) -> None:
    head: list[list[Cell]] = [
        ["Sales", None, None, None],
        [None, None, None, None],
        ["Shop", None, "Quantity", "Amount"],
        ["Receipt", None, None, None],
        ["Item", "Unit", None, None],
    ]
    write_xlsx(tmp_path / "x.xlsx", {"Sheet1": [*head, *_outline(units=True, sums=sums)]})
    _check(load(tmp_path, tmp_path / "x.xlsx"))
    assert any("rows that sum a level" in line for line in look(str(tmp_path / "x.xlsx")).lines)


def test_lines_of_names_without_a_column_of_units(tmp_path: Path) -> None:
    rows: list[Row] = [["Receipt", "", ""], ["Item", "", ""], *_outline(units=False)]
    _check(load(tmp_path, write(tmp_path / "x.csv", ["Shop", "Quantity", "Amount"], rows, mark=";")))


def test_sums_alone_tell_the_levels_where_one_name_stands_above_them(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", ["Item", "Quantity", "Amount"], _outline(units=False))
    assert 'levels = ["store", "receipt", "Item"]' in look(str(path)).mapping
    _check(load(tmp_path, path))


@pytest.mark.parametrize("first", ["Row Labels", "Названия строк"])
def test_a_pivot_table_of_days_below_goods(tmp_path: Path, first: str) -> None:
    rows: list[Row] = []
    for number, (name, _, price) in enumerate(_GOODS):
        days = [(f"2026-09-{day:02}", day % 4 + 1 + number) for day in range(1, 9)]
        whole = sum(count for _, count in days)
        rows.append([name, whole, round(whole * price, 2)])
        rows += [[day, count, round(count * price, 2)] for day, count in days]
    sold = load(tmp_path, write(tmp_path / "x.csv", [first, "Sum of Quantity", "Sum of Amount"], rows), "daily_sales")
    assert len(sold) == 32
    assert {row["product_id"] for row in sold} == {name for name, *_ in _GOODS}
    assert sum(row["units"] for row in sold) == 8 * 2.5 * 4 + 8 * 6  # type: ignore[misc]


def test_levels_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "x.csv", ["Item", "Quantity", "Amount"], [["Tea", "1", "3"], ["Jam", "2", "5"]])
    (tmp_path / "m.toml").write_text(
        '[tables.daily_sales]\nfiles = "x.csv"\nlevels = ["store", "Item"]\n[tables.daily_sales.columns]\n'
        'product_id = "Item"\nstore_id = "store"\nunits = "Quantity"\ndate = { constant = "2026-01-01" }\n'
    )
    with pytest.raises(RetailBrainError, match="have no 2 levels"):
        ingest(str(tmp_path / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)


def test_a_plain_list_is_no_outline(tmp_path: Path) -> None:
    rows = [[f"Item {number}", number, 2 * number] for number in range(1, 30)]
    assert "levels" not in look(str(write(tmp_path / "x.csv", ["Item", "Quantity", "Price"], rows))).mapping


def test_levels_in_columns_of_their_own(tmp_path: Path) -> None:
    rows = []
    for name, *numbers in _outline(units=False):
        depth = 0 if str(name).startswith(("Shop", "Total")) else 1 if str(name).startswith("Receipt") else 2
        rows.append([*(name if place == depth else None for place in range(3)), *numbers])
    head: list[Cell] = ["Shop", "Receipt", "Item", "Quantity", "Amount"]
    _check(load(tmp_path, write_xlsx(tmp_path / "x.xlsx", {"Sheet1": [head, *rows]})))


@pytest.mark.parametrize("name", ["Shop / Receipt / Item", "Shop > Receipt > Item"])
def test_lines_may_be_numbered_and_one_name_say_the_levels(tmp_path: Path, name: str) -> None:
    rows: list[list[Cell]] = [["No.", name, "Quantity", "Amount"]]
    for text, *numbers in _outline(units=False):
        is_line = not str(text).startswith(("Shop", "Total", "Receipt"))
        rows.append([len(rows) if is_line else None, text, *numbers])
    path = write_xlsx(tmp_path / "x.xlsx", {"Sheet1": rows})
    assert 'levels = ["Shop", "Receipt", "Item"]' in look(str(path)).mapping
    _check(load(tmp_path, path))


def test_the_last_stock_of_a_statement_is_the_stock(tmp_path: Path) -> None:
    head: list[list[Cell]] = [
        ["Stock statement 01.09.2026 - 30.09.2026", None, None, None, None],
        ["Склад", None, "Начальный остаток", "Расход", "Конечный остаток"],
        ["Номенклатура", "Ед. изм.", None, None, None],
    ]
    for place in range(2):
        lines: list[list[Cell]] = [[f"Item {n}", "pc", 20 + n, n + place, 20 - place] for n in range(9)]
        sums = [sum(line[column] for line in lines) for column in (2, 3, 4)]  # type: ignore[misc]
        head += [[f"Store {place}", None, *sums], *lines]
    seen = look(str(write_xlsx(tmp_path / "x.xlsx", {"TDSheet": head})))
    assert 'on_hand = "Конечный остаток"' in seen.mapping
    assert 'date = { constant = "2026-09-30" }' in seen.mapping
    assert any("inventory: 18 rows looked at, 0 would be set aside" in line for line in seen.lines)


def test_a_list_grouped_by_place_whose_lines_name_the_place_themselves(tmp_path: Path) -> None:
    rows: list[Row] = []
    for number, place in enumerate(("North/Stock", "South/Stock")):
        counts = [7 + 3 * item + number for item in range(5)]
        rows.append([f"{place} (5)", "", sum(counts), sum(4 * count for count in counts)])
        rows += [[place, f"[A-{item}] Tea {item}", count, 4 * count] for item, count in enumerate(counts)]
    path = write(tmp_path / "stock.csv", ["Emplacement", "Produit", "Quantité en stock", "Valeur"], rows)
    mapping = look(str(path)).mapping
    assert 'store_id = "store"' in mapping
    assert 'product_id = "Produit"' in mapping
    assert 'levels = ["level 1", "store"]' in mapping
