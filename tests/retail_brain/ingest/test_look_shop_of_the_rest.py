"""Reports of days whose rows name a shop in part: the others are of the web shop, or sum the shops."""

from pathlib import Path

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, write

_HEADER = ["Datum", "Filiale", "Artikelnummer", "Bezeichnung", "Menge", "Umsatz"]


def _sold(day: int, shop: str, good: int) -> Row:
    units = 1 + (day * 3 + good * 2 + len(shop)) % 5
    return [f"2026-03-{day:02}", shop, f"A-{good}", f"Ware {good}", units, f"{units * (4.5 + good):.2f}"]


def test_rows_without_a_shop_are_of_the_web_shop(tmp_path: Path) -> None:
    rows = [_sold(day, shop, good) for day in range(1, 21) for shop in ("", "Mitte", "Nordbad") for good in range(3)]
    lines = load(tmp_path, write(tmp_path / "tage.csv", _HEADER, rows), "daily_sales")
    assert {line["store_id"] for line in lines} == {"online", "Mitte", "Nordbad"}
    assert sum(float(str(line["units"])) for line in lines) == sum(int(str(row[4])) for row in rows)


def test_rows_without_a_shop_that_sum_the_shops_are_left_out(tmp_path: Path) -> None:
    rows: list[Row] = []
    for day in range(1, 21):
        for good in range(3):
            shops = [_sold(day, shop, good) for shop in ("Mitte", "Nordbad", "West")]
            units = sum(int(str(row[4])) for row in shops)
            rows += [*shops, [*shops[0][:1], "", *shops[0][2:4], units, f"{units * (4.5 + good):.2f}"]]
    path = write(tmp_path / "tage.csv", _HEADER, rows)
    lines = load(tmp_path, path, "daily_sales")
    assert {line["store_id"] for line in lines} == {"Mitte", "Nordbad", "West"}
    assert len(lines) == 20 * 3 * 3
    assert any("left out" in line for line in look(str(path)).lines)


def test_rows_without_a_shop_that_may_sum_the_only_one_are_asked_about(tmp_path: Path) -> None:
    rows = [_sold(day, "Hafen", good) for day in range(1, 21) for good in range(3)]
    sums: list[Row] = [[row[0], "", *row[2:]] for row in rows]
    by_day = sorted([*rows, *sums], key=lambda row: (row[0], row[2]))
    for name, ordered in (("after", [*rows, *sums]), ("before", [*sums, *rows]), ("beside", by_day)):
        seen = look(str(write(tmp_path / name / "tage.csv", _HEADER, ordered)))
        assert any("do they sum the shops" in question for question in seen.questions)
        assert 'store_id = { column = "Filiale", default = "online" }' in seen.mapping


def test_rows_without_a_shop_are_of_the_web_shop_in_any_order(tmp_path: Path) -> None:
    shops = ("Mitte", "", "Nordbad")
    rows = [_sold(day, shop, good) for day in range(1, 21) for good in range(3) for shop in shops]
    for place, ordered in enumerate((rows, rows[::-1], sorted(rows, key=lambda row: str(row[1])))):
        seen = look(str(write(tmp_path / str(place) / "tage.csv", _HEADER, ordered)))
        assert not seen.questions
        assert 'store_id = { column = "Filiale", default = "online" }' in seen.mapping
