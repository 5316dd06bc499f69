"""What heads of receipts say of their lines: which do not count, and what was paid for them."""

import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.columns import columns_of
from retail_brain.ingest.look.draft import Proposal, toml_of
from retail_brain.ingest.look.joined_files import ask_for_whole_rows
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.sources.base import FileTable
from tests.retail_brain.ingest.test_look import Row, load, moment, write
from tests.retail_brain.ingest.test_look_sums import HEAD, LINES

VOID = (3, 8, 21)
"""Receipts that their heads call void."""
RATE = 1.19


def transactions(folder: Path) -> dict[str, Any]:
    return dict(tomllib.loads(look(str(folder)).mapping)["tables"]["transactions"])


def net(n: int, price: float, units: int) -> float:
    return round(price * units * (1 - 0.05 * (n % 3)), 2)


def two_files(folder: Path, name: str, void: str) -> Path:
    """Heads with a mark, and lines with a rate of discount, no discount in money, and amounts before and with tax."""
    lines = [
        [f"R{n:05}", good, f"Tea {good}", units, price, 5 * (n % 3), net(n, price, units),
         round(net(n, price, units) * RATE, 2)]
        for n, _, good, price, units in LINES
    ]  # fmt: skip
    sums: dict[str, float] = {}
    for number, *_, paid in lines:
        sums[str(number)] = sums.get(str(number), 0.0) + float(str(paid))
    heads = [
        [number, moment(n).date(), f"C{n % 7}", round(sums[number], 2), void if n in VOID else ""]
        for n, number in enumerate(sums)
    ]
    write(folder / "heads.csv", ["Beleg", "Datum", "Kunde", "Brutto gesamt", name], heads)
    header = ["Beleg", "Code", "Text", "Menge", "E.Preis", "Rabatt %", "ohne MwSt", "mit MwSt"]
    return write(folder / "lines.csv", header, lines).parent


@pytest.mark.parametrize(
    ("name", "void"), [("Storno", "X"), ("Annulé", "✓"), ("作废标志", "是"), ("Grund der Löschung", "vertippt")]
)
def test_a_mark_of_the_head_takes_its_lines_out(tmp_path: Path, name: str, void: str) -> None:
    rows = load(tmp_path, two_files(tmp_path / "x", name, void))
    assert len(rows) == sum(n not in VOID for n, *_ in LINES)


def test_the_amount_that_adds_up_to_the_sum_of_the_head_is_what_was_paid(tmp_path: Path) -> None:
    folder = two_files(tmp_path, "Bemerkung", "")
    assert any("adds up to 'Brutto gesamt' of the heads" in line for line in look(str(folder)).lines)
    assert transactions(folder)["columns"]["unit_price"] == {"column": "mit MwSt", "total": True}


def test_nothing_is_asked_about_a_price_that_gives_way_to_the_one_that_adds_up(tmp_path: Path) -> None:
    paid = [round(price * units + (n * 7 + line) % 5 * 0.37, 2) for n, line, _, price, units in LINES]
    sums: dict[int, float] = {}
    for (n, *_), money in zip(LINES, paid, strict=True):
        sums[n] = sums.get(n, 0.0) + money
    lines: list[Row] = [
        [n, good, units, round(price + n * 0.13, 2), 0.4 if (n + place) % 3 == 1 else 0, money]
        for place, ((n, _, good, price, units), money) in enumerate(zip(LINES, paid, strict=True))
    ]
    write(tmp_path / "heads.csv", ["Receipt", "Date", "Total"], [[n, moment(n), round(sums[n], 2)] for n in sums])
    write(tmp_path / "lines.csv", ["Receipt", "SKU", "Qty", "Price", "Discount", "Zq"], lines)
    seen = look(str(tmp_path))
    assert transactions(tmp_path)["columns"]["unit_price"] == {"column": "Zq", "total": True}
    assert not [said for said in (*seen.questions, *seen.lines) if "to be taken off" in said or "is before" in said]
    assert not seen.questions


def test_heads_with_sums_and_blanks_are_asked_about() -> None:
    made = Proposal()
    frame = pl.DataFrame({"No": ["1"]})
    keys = {"where": "'''(\"No\" <> '')'''", "fill_down": '["Day"]'}
    table = FileTable(frame.lazy())
    ask_for_whole_rows(made, LookedAt(Path("heads.csv"), table, keys, frame, columns_of(frame), Proposal()))
    assert "sums" in made.questions[0]
    assert '["Day"]' in made.questions[0]
    ask_for_whole_rows(made, LookedAt(Path("heads.csv"), table, {}, frame, columns_of(frame), Proposal()))
    assert len(made.questions) == 1


def test_columns_to_fill_of_the_file_and_of_its_receipts_are_filled() -> None:
    made = Proposal("transactions", {"fill_down": '["No", "Day"]'})
    assert 'fill_down = ["Day", "Shop", "No"]' in toml_of("a.csv", made, {"fill_down": '["Day", "Shop"]'})


def test_a_coupon_of_few_receipts_is_of_no_line(tmp_path: Path) -> None:
    sums: dict[int, float] = {}
    for n, _, _, price, units in LINES:
        sums[n] = sums.get(n, 0.0) + price * units
    off = {5: 2.0, 14: 2.0, 23: 2.0}
    rows = [
        [n, moment(n), good, units, price, sums[n], 3, off.get(n, 0), sums[n] + 3 - off.get(n, 0)]
        for n, _, good, price, units in LINES
    ]
    write(tmp_path / "orders.csv", [*HEAD, "Price", "Goods", "Postage", "Coupon discount", "To pay"], rows)
    columns = transactions(tmp_path)["columns"]
    assert (columns["unit_price"], "discount" in columns) == ("Price", False)


def test_words_of_a_list_of_kinds_tell_refunds_and_purchases_from_sales(tmp_path: Path) -> None:
    folder, kind = tmp_path / "x", {3: 7, 8: 9, 21: 8}  # a purchase, a refund and a loss
    totals: dict[int, float] = {}
    for n, _, _, price, units in LINES:
        totals[n] = totals.get(n, 0.0) + price * units
    heads = [[400 + n, n % 2 + 1, moment(n), totals[n], kind.get(n, 6), n % 3 + 1] for n in totals]
    write(folder / "Bill.csv", ["Id", "UserId", "Date", "Total", "BillTypeId", "WarehouseId"], heads)
    lines = [
        [90_000 + place, 400 + n, int(good[1:]) + 1, units, price, price * units]
        for place, (n, _, good, price, units) in enumerate(LINES)
    ]
    write(folder / "BillLine.csv", ["Id", "BillId", "ProductId", "Quantity", "Price", "Total"], lines)
    write(folder / "BillType.csv", ["Id", "Name"], [[6, "Sales"], [7, "Purchase"], [8, "Loss"], [9, "Refund"]])
    write(folder / "Product.csv", ["Id", "Name", "Cost"], [[n + 1, f"Tea {n}", 1.5] for n in range(5)])
    write(folder / "Warehouse.csv", ["Id", "Name"], [[1, "North"], [2, "South"], [3, "East"]])
    rows = load(tmp_path, folder)
    assert len(rows) == sum(n not in (3, 21) for n, *_ in LINES)
    assert {float(str(row["units"])) < 0 for row in rows if row["transaction_id"] == "408"} == {True}
    assert all(row["customer_id"] is None for row in rows)
    assert {row["store_id"] for row in rows} == {"1", "2", "3"}
