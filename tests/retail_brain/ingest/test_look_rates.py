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
