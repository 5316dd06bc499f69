"""Lines without a count: one unit each where receipts or goods prove it, and a question where they do not."""

from pathlib import Path

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, moment, write

HEADER = ["Order ID", "Order date", "Item ID", "Item name", "Item total"]
PRICES = (4.5, 3.25, 8.0)


def rows_of(receipts: int = 40, *, hidden: bool = False, twice: bool = True) -> list[Row]:
    """Receipts of two or three lines; goods come twice on every fourth, and rows may hide a count of two."""
    rows: list[Row] = []
    for n in range(receipts):
        picked = [n % 3, (n + 1) % 3] + ([n % 3] if twice and n % 4 == 0 else [])
        for place, good in enumerate(picked):
            times = 2 if hidden and (n + place) % 5 == 0 else 1
            rows.append([f"R{n}", moment(n), f"G-{good}", f"good {good}", PRICES[good] * times])
    return rows


def test_goods_that_come_twice_on_a_receipt_are_one_unit_each(tmp_path: Path) -> None:
    place = write(tmp_path / "lines.csv", HEADER, rows_of())
    assert any("every row is one: 20 rows have goods" in line for line in look(str(place)).lines)
    assert {row["units"] for row in load(tmp_path, place)} == {1}


def test_goods_at_twice_their_price_may_be_two(tmp_path: Path) -> None:
    seen = look(str(write(tmp_path / "lines.csv", HEADER, rows_of(hidden=True))))
    assert any("is every row one unit" in question for question in seen.questions)


def test_the_count_of_a_receipt_says_that_rows_are_units(tmp_path: Path) -> None:
    rows = rows_of(twice=False)
    counted = [[*row, 2] for row in rows]
    place = write(tmp_path / "lines.csv", [*HEADER, "Total quantity"], counted)
    assert {row["units"] for row in load(tmp_path, place)} == {1}


def test_a_number_of_lines_says_nothing(tmp_path: Path) -> None:
    rows = [[*row, 2] for row in rows_of(twice=False)]
    seen = look(str(write(tmp_path / "lines.csv", [*HEADER, "Number of lines"], rows)))
    assert any("is every row one unit" in question for question in seen.questions)


def test_goods_sold_by_measure_have_their_quantity_among_rows_of_one_unit(tmp_path: Path) -> None:
    lengths = {n: (1.5, 2, 3)[n % 3] for n in range(0, 40, 5)}
    cloth: list[Row] = [
        [f"R{n}", moment(n), "G-9", "ribbon", round(1.75 * long + 0.001, 2), long] for n, long in lengths.items()
    ]
    rows = [[*row, ""] for row in rows_of()]
    lines = load(tmp_path, write(tmp_path / "x" / "lines.csv", [*HEADER, "Measured quantity"], [*rows, *cloth]))
    measured = [line for line in lines if line["product_id"] == "G-9"]
    assert sum(float(str(line["units"])) for line in measured) == sum(lengths.values())
    assert {line["units"] for line in lines if line["product_id"] != "G-9"} == {1}
    marked = [[*row[:-1], 4 if row[-1] else ""] for row in [*rows, *cloth]]
    seen = look(str(write(tmp_path / "y" / "lines.csv", [*HEADER, "Counted quantity"], marked)))
    assert "Counted quantity" not in seen.mapping
