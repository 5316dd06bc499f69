"""Looks at exports of several files: what the files say of each other."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, moment, write
from tests.retail_brain.ingest.test_look_kinds import goods_sold_often

LINES = ["Bill No", "Billed At", "Branch", "Member No", "Item Code", "Qty", "Unit Price"]


def bills_and_what_came_back(folder: Path, returned: str) -> None:
    sold: list[Row] = [
        [n, moment(n), f"b{n % 2}", f"m{n % 9}", good, units, price] for n, good, units, price in goods_sold_often()
    ]
    back: list[Row] = [[f"R{row[0]}", moment(int(str(row[0])) + 36), *row[2:]] for row in sold[:30:5]]
    write(folder / "bills.csv", LINES, sold)
    write(folder / returned, LINES, back)


@pytest.mark.parametrize("name", ["retouren.csv", "Refunds May.csv", "退货单.csv"])
def test_file_of_returns_by_its_name_turns_the_sign(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    bills_and_what_came_back(folder, name)
    lines = load(tmp_path, folder)
    assert sum(float(str(row["units"])) < 0 for row in lines) == 6
    assert len(lines) == 42


def test_file_whose_lines_were_all_sold_before_is_asked_about(tmp_path: Path) -> None:
    bills_and_what_came_back(tmp_path, "more.csv")
    seen = look(str(tmp_path))
    assert any("more.csv" in question and "returns" in question for question in seen.questions)
    assert '# returns = { files = ["more.csv"] }' in seen.mapping
