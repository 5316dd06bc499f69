"""Discounts in per cent, as a share and as the part that was paid, told from discounts in money by the numbers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import load, moment, write

HEADER = ["Receipt", "Sold at", "SKU", "Qty", "Price"]
OFF = [0, 0, 10, 0, 15, 0, 0, 25]
"""Per cent that lines have off, in turn."""


def till(
    tmp_path: Path, discount: str, written: Callable[[float], object], total: str = "", usual: str = "same"
) -> Path:
    """Lines whose discount is written in some way; `usual`: what the price is on lines with a discount."""
    rows = []
    for n in range(80):
        units, price, off = n % 3 + 1, 4.0 + 2 * (n % 5), OFF[n % 8]
        shown = {"same": price, "lower": round(price * (1 - off / 100), 2), "moving": 40 + price + n / 10}[usual]
        row = [f"R{n}", f"{moment(n):%Y-%m-%d %H:%M:%S}", f"g{n % 5}", units, shown, written(off)]
        rows.append([*row, f"{units * price * (1 - off / 100):.2f}"] if total else row)
    return write(tmp_path / "sales.csv", [*HEADER, discount, *([total] if total else [])], rows)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Discount", lambda off: off),
        ("Discount", lambda off: off / 100),
        ("Rabatt %", lambda off: f"{off},0 %".replace(",", ".")),
        ("折扣率", lambda off: 100 - off),
        ("折扣", lambda off: (100 - off) / 10),
        ("值折扣", lambda off: (100 - off) / 100),
    ],
)
def test_rate_is_proved_by_the_line_total(tmp_path: Path, name: str, written: Callable[[float], object]) -> None:
    lines = load(tmp_path, till(tmp_path, name, written, "Total"))
    for n, row in enumerate(sorted(lines, key=lambda row: int(str(row["transaction_id"])[1:]))):
        price, off = 4.0 + 2 * (n % 5), OFF[n % 8]
        assert row["unit_price"] == pytest.approx(price * (1 - off / 100), abs=0.01)
        assert float(str(row["discount"] or 0)) == pytest.approx(price * off / 100 * (n % 3 + 1), abs=0.05)


def test_discount_in_money_stays_money(tmp_path: Path) -> None:
    rows = [
        [f"R{n}", f"{moment(n):%Y-%m-%d %H:%M:%S}", f"g{n % 5}", n % 3 + 1, 40, OFF[n % 8],
         (n % 3 + 1) * 40 - OFF[n % 8]]
        for n in range(80)
    ]  # fmt: skip
    lines = load(tmp_path, write(tmp_path / "sales.csv", [*HEADER, "Discount", "Total"], rows))
    assert sum(float(str(row["discount"])) for row in lines) == sum(OFF) * 10


def test_price_without_a_total_is_before_or_after_a_rate_by_what_goods_usually_cost(tmp_path: Path) -> None:
    for usual, folder in (("same", tmp_path / "before"), ("lower", tmp_path / "after")):
        lines = load(folder, till(folder, "Disc %", lambda off: off, usual=usual))
        assert sum(float(str(row["unit_price"])) for row in lines) == pytest.approx(
            sum((4.0 + 2 * (n % 5)) * (1 - OFF[n % 8] / 100) for n in range(80)), abs=0.5
        )


def test_rate_that_nothing_proves_is_asked_about_with_both_readings(tmp_path: Path) -> None:
    seen = look(str(till(tmp_path, "Discount", lambda off: off, usual="moving")))
    assert any("is 'Discount' money, or per cent?" in question for question in seen.questions)
    assert '# discount = { column = "Discount" }' in seen.mapping
    assert '# discount = { column = "Discount", rate = "percent" }' in seen.mapping
    assert '# unit_price = { column = "Price", before_discount = true }' in seen.mapping


@pytest.mark.parametrize(
    ("name", "off", "rate"),
    [("折扣率", [1, 1, 0.85, 1, 0.9], "share_paid"), ("折扣率", [100, 100, 85, 100, 90], "percent_paid"),
     ("折扣", [10, 10, 8.5, 10, 9], "tenths_paid"), ("折扣率", [0, 0, 15, 0, 10], "percent"),
     ("Discount rate", [1, 1, 0.85, 1, 0.9], "share_paid"), ("Discount rate", [0, 0, 0.15, 0, 0.1], "share")],
)  # fmt: skip
def test_usual_value_of_a_rate_says_whether_it_was_paid_or_taken_off(
    tmp_path: Path, name: str, off: list[float], rate: str
) -> None:
    shown = {n: off[n % 5] for n in range(80)}
    rows = [[f"R{n}", f"{moment(n):%Y-%m-%d}", f"g{n % 7}", 1, 40 + n / 10, shown[n]] for n in range(80)]
    seen = look(str(write(tmp_path / "sales.csv", [*HEADER, name], rows)))
    assert f'discount = {{ column = "{name}", rate = "{rate}" }}' in seen.mapping


@pytest.mark.parametrize(
    ("name", "off", "readings"),
    [("折扣率", [85, 90, "", 80, ""], ["percent_paid", "percent"]),
     ("折扣率", [0.85, 0.9, "", 0.5, ""], ["share_paid", "share"]),
     ("折扣", [8.5, 9, "", 8, ""], ["tenths_paid", "percent", ""])],
)  # fmt: skip
def test_rate_that_was_paid_or_taken_off_is_asked_about(
    tmp_path: Path, name: str, off: list[object], readings: list[str]
) -> None:
    rows = [[f"R{n}", f"{moment(n):%Y-%m-%d}", f"g{n % 7}", 1, 40 + n / 10, off[n % 5]] for n in range(80)]
    seen = look(str(write(tmp_path / "sales.csv", [*HEADER, name], rows)))
    assert any(f"is '{name}' " in question for question in seen.questions)
    for rate in readings:
        written = f', rate = "{rate}"' if rate else ""
        assert f'# discount = {{ column = "{name}"{written} }}' in seen.mapping


def test_money_beside_its_rate_is_the_discount(tmp_path: Path) -> None:
    rows = [
        [
            f"R{n}",
            f"{moment(n):%Y-%m-%d}",
            f"g{n % 7}",
            1,
            40 + n / 10,
            [10, 8.5][n % 2],
            [0, round(6 + n / 9, 2)][n % 2],
        ]
        for n in range(80)
    ]
    seen = look(str(write(tmp_path / "sales.csv", [*HEADER, "折扣", "折扣额"], rows)))
    assert 'discount = { column = "折扣额"' in seen.mapping or 'discount = "折扣额"' in seen.mapping


def test_discount_on_all_lines_of_a_receipt_is_no_rate_unasked(tmp_path: Path) -> None:
    off = [0, 5, 0, 10, 0, 15]
    rows = [
        [f"R{n // 3}", f"{moment(n // 3):%Y-%m-%d}", f"g{n % 5}", 1, 2.0 + 3 * (n % 5), off[n // 3 % 6]]
        for n in range(180)
    ]
    seen = look(str(write(tmp_path / "sales.csv", [*HEADER, "Discount"], rows)))
    assert any("money of the whole receipt" in question for question in seen.questions)
    assert '# discount = { column = "Discount", rate = "percent" }' in seen.mapping
    assert '\n# unit_price = { column = "Price" }' in seen.mapping


def test_discount_above_the_price_is_asked_about(tmp_path: Path) -> None:
    off = [0, 10, 0, 20, 0, 25]
    rows = [[f"R{n}", f"{moment(n):%Y-%m-%d}", f"g{n % 5}", 1, 2.0 + 3 * (n % 5), off[n % 6]] for n in range(180)]
    seen = look(str(write(tmp_path / "sales.csv", [*HEADER, "Discount"], rows)))
    assert any("is 'Discount' money, or per cent?" in question for question in seen.questions)


def test_numbers_of_rows_prove_no_rate(tmp_path: Path) -> None:
    rows = []
    for n in range(80):
        units, off = n % 3 + 1, [0, 0, 50, 0, 100][n % 5]
        line = [f"R{n}", f"{moment(n):%Y-%m-%d}", f"g{n % 7}", units, 900 + n, off, off * units]
        rows.append([45000 + n, *line, (900 + n - off) * units, n % 4 + 1])
    header = ["Sequence", *HEADER, "単品値引", "単価値引き計", "値引き後計", "Items"]
    seen = look(str(write(tmp_path / "sales.csv", header, rows)))
    assert "rate" not in seen.mapping


def test_what_is_invoiced_is_after_the_one_discount_of_two_that_explains_it(tmp_path: Path) -> None:
    rows = []
    for n in range(80):
        units, price, off = n % 3 + 1, 40.0 + 20 * (n % 5), OFF[n % 8]
        total = units * price
        seller = round(total * off / 100, 2)
        rows.append([f"R{n}", f"{moment(n):%Y-%m-%d %H:%M:%S}", f"g{n % 5}", units, price, f"c{n % 6}", total,
                     20 if n % 7 == 0 else 0, seller, total - seller])  # fmt: skip
    header = [*HEADER, "Customer", "Total", "Platform discount", "Seller discount", "Invoiced price"]
    lines = load(tmp_path, write(tmp_path / "orders.csv", header, rows))
    paid = sum(float(str(row["units"])) * float(str(row["unit_price"])) for row in lines)
    assert paid == pytest.approx(sum(float(str(row[-1])) for row in rows))


def test_small_numbers_beside_large_prices_are_not_taken_for_money_by_rounding(tmp_path: Path) -> None:
    rows = [
        [f"R{n}", f"{moment(n):%Y-%m-%d %H:%M:%S}", f"g{n % 5}", n % 3 + 1, 40_000 + 9_000 * (n % 5), OFF[n % 8]]
        for n in range(80)
    ]
    seen = look(str(write(tmp_path / "sales.csv", [*HEADER, "Discount"], rows)))
    assert any("money, or per cent" in question for question in seen.questions)


def test_an_amount_that_is_a_small_part_of_the_price_was_not_paid(tmp_path: Path) -> None:
    rows = [
        [f"R{n}", f"{moment(n):%Y-%m-%d %H:%M:%S}", f"g{n % 5}", n % 3 + 1, 40 + n % 5, (n % 3 + 1) * (n % 4)]
        for n in range(80)
    ]
    lines = load(tmp_path, write(tmp_path / "sales.csv", [*HEADER, "Settlement amount"], rows))
    assert [row["unit_price"] for row in lines] == [40.0 + n % 5 for n in range(80)]
