"""Tables with a column per size, and reports that name shop and day on first rows alone."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, write

DAYS, SHOPS = ("04/05/2026", "05/05/2026", "16/05/2026"), ("North", "South", "West")
GOODS = [("K1", "Red", 20.0), ("K1", "Blue", 20.0), ("K7", "Red", 35.5)]


def cells(shop: int, day: int, good: int) -> list[int]:
    """Pieces of four sizes; 0 is none, and some came back."""
    return [(shop + day * 2 + good * 3 + size * 5) % 4 - (size == 3 and day == 1) for size in range(4)]


def matrix(*, blanks: bool) -> list[Row]:
    rows: list[Row] = []
    for shop, place in enumerate(SHOPS):
        for day, date in enumerate(DAYS):
            for good, (code, colour, price) in enumerate(GOODS):
                pieces = cells(shop, day, good)
                first, of_day = not blanks or day + good == 0, not blanks or good == 0
                total = sum(pieces)
                shown = [piece or "" for piece in pieces]
                rows.append(
                    [place if first else "", date if of_day else "", code, colour, *shown, total, total * price]
                )
    return rows


SOLD = {
    (place, code, colour, size): sum(cells(shop, day, good)[number] for day in range(3))
    for shop, place in enumerate(SHOPS)
    for good, (code, colour, _) in enumerate(GOODS)
    for number, size in enumerate(("S", "M", "L", "XL"))
}
"""Shop, code, colour and size -> pieces of all days."""


@pytest.mark.parametrize(
    "header",
    [
        "Shop,Date,Style No,Colour,S,M,L,XL,Units,Sales",
        "Filiale,Datum,Artikel-Nr,Farbe,36,38,40,42,Menge,Umsatz",
        "门店,销售日期,货号,颜色,160,165,170,175,销售数量,销售金额",
    ],
)
@pytest.mark.parametrize("blanks", [False, True])
def test_cells_of_sizes_are_variants_of_goods_and_count_once(tmp_path: Path, header: str, *, blanks: bool) -> None:
    names = header.split(",")
    sizes = dict(zip(names[4:8], ("S", "M", "L", "XL"), strict=True))
    sold: dict[tuple[str, ...], float] = {}
    money = 0.0
    for row in load(tmp_path, write(tmp_path / "m.csv", names, matrix(blanks=blanks)), "daily_sales"):
        code, colour, size = str(row["product_id"]).split("-")
        key = (str(row["store_id"]), code, colour, sizes[size])
        sold[key] = sold.get(key, 0.0) + float(str(row["units"]))
        money += float(str(row["units"])) * float(str(row["unit_price"] or 0.0))
    assert {key: units for key, units in sold.items() if units} == {key: units for key, units in SOLD.items() if units}
    assert money == pytest.approx(sum(float(str(row[-1])) for row in matrix(blanks=False)))


def test_stock_by_size_asks_for_its_day_alone(tmp_path: Path) -> None:
    rows: list[Row] = [
        [code, colour, *cells(0, 0, n), sum(cells(0, 0, n))] for n, (code, colour, _) in enumerate(GOODS)
    ]
    seen = look(str(write(tmp_path / "stock.csv", ["款号", "颜色", "S", "M", "L", "XL", "库存"], rows)))
    (table,) = tomllib.loads(seen.mapping)["tables"].items()
    assert table[0] == "inventory"
    wide: dict[str, Any] = table[1]["wide"]
    assert wide == {"names": "size", "values": "on_hand", "columns": "^(?:S|M|L|XL)$"}
    assert [question[:24] for question in seen.questions] == ["of which day is the stoc"]


def test_columns_of_hours_are_no_sizes(tmp_path: Path) -> None:
    rows: list[Row] = [[date, "North", code, *cells(0, 1, n)] for date in DAYS for n, (code, *_) in enumerate(GOODS)]
    says = look(str(write(tmp_path / "hours.csv", ["Date", "Shop", "SKU", "9", "10", "11", "12"], rows)))
    assert '"size"' not in says.mapping


def test_goods_of_stock_are_a_list_of_goods_in_thai(tmp_path: Path) -> None:
    header = ["รหัสสินค้า", "ชื่อสินค้า", "สาขา", "คงเหลือ", "ต้นทุนเฉลี่ย", "หมวดหมู่"]
    rows: list[Row] = [
        [f"K{n}", f"ของ {n}", shop, n + len(shop), 2.5 + n, "อาหาร"] for n in range(9) for shop in ("ก", "ขข")
    ]
    above: list[Row] = [["ยอดสินค้า"], ["ณ วันที่ 30/04/2569"], []]
    path = write(tmp_path / "stock.csv", header, rows, above=above)
    tables = tomllib.loads(look(str(path)).mapping)["tables"]
    assert tables["inventory"]["columns"]["date"] == {"constant": "2026-04-30"}
    assert tables["products"]["columns"] == {
        "product_id": "รหัสสินค้า", "name": "ชื่อสินค้า", "category": "หมวดหมู่", "unit_cost": "ต้นทุนเฉลี่ย"
    }  # fmt: skip
