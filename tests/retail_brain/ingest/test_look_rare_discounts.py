"""Receipts with sums, few of which have a discount on one of their lines."""

from pathlib import Path

from tests.retail_brain.ingest.test_look import Row, load, moment, write

HEADER = ["Receipt no", "Time", "Product code", "Product", "Quantity", "Unit price", "Discount", "Receipt total"]
GOODS = [("C-1", "Cap", 9.5), ("M-2", "Mug", 3.0), ("T-3", "Tea", 4.25)]


def test_a_discount_of_few_lines_is_taken_off_where_the_sums_of_receipts_say_so(tmp_path: Path) -> None:
    rows: list[Row] = []
    for n in range(60):
        lines = [(*good, 1 + (n + place) % 3, (n + 3) / 40 if n % 10 == 7 and place == n % 3 else None)
                 for place, good in enumerate(GOODS)]  # fmt: skip
        total = sum(price * units - (off or 0) for _, _, price, units, off in lines)
        rows += [[f"R{n}", moment(n), code, name, units, price, off or "", round(total, 2)]
                 for code, name, price, units, off in lines]  # fmt: skip
    sold = load(tmp_path, write(tmp_path / "sales.csv", HEADER, rows))
    paid = sum(float(str(row["unit_price"])) * float(str(row["units"])) for row in sold)
    listed = sum(float(str(row[4])) * float(str(row[5])) for row in rows)
    assert round(listed - paid, 2) == sum((n + 3) / 40 for n in range(7, 60, 10))
