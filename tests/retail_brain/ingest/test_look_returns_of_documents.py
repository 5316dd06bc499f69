"""Looks at exports that keep returns in a file of their own with other columns, which name the receipt of the sale."""

from pathlib import Path

import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import Row, write

HEADER = ["Chi nhánh", "Mã hóa đơn", "Thời gian", "Mã trả hàng", "Trạng thái", "Mã hàng"]
HEADER += ["Số lượng", "Giá bán", "Thành tiền"]
BACK = ["Chi nhánh", "Mã trả hàng", "Mã hóa đơn", "Thời gian", "Trạng thái", "Mã hàng", "Số lượng", "Thành tiền"]


def till(folder: Path, first: int = 0) -> None:
    """Sixty lines that were sold, and six that came back; `first` is added to the receipts that these name."""
    rows: list[Row] = []
    for n in range(60):
        units, price = 1 + n % 3, 1000 * (n % 7 + 2)
        day = f"2026-09-{n // 4 + 1:02d} {8 + n % 9:02d}:05:00"
        rows.append([f"Quận {n % 2}", f"HD{n:04d}", day, "", "Hoàn thành", f"G{n % 7}", units, price, units * price])
    write(folder / "HoaDon.csv", HEADER, rows)
    came: list[Row] = []
    for n in range(6):
        sale = n * 5
        day = f"2026-09-{n + 10:02d} 20:05:00"
        goods = [f"G{sale % 7}", 1, 1000 * (sale % 7 + 2)]
        came.append([f"Quận {n % 2}", f"TH{n:04d}", f"HD{sale + first:04d}", day, "Đã trả", *goods])
    write(folder / "TraHang.csv", BACK, came)


def test_returns_with_other_columns_are_read_with_the_sales(tmp_path: Path) -> None:
    till(tmp_path)
    (tmp_path / "m.toml").write_text(look(str(tmp_path)).mapping, encoding="utf-8")
    ingest(str(tmp_path / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    lines = open_lake(str(tmp_path / "lake")).scan("transactions").collect()
    assert lines.height == 66
    back = lines.filter(lines["units"] < 0)
    assert set(back["transaction_id"]) == {f"TH{n:04d}" for n in range(6)}
    assert back["units"].sum() == -6
    assert (lines["units"] * lines["unit_price"]).sum() == pytest.approx(
        sum((1 + n % 3) * 1000 * (n % 7 + 2) for n in range(60)) - sum(1000 * (n * 5 % 7 + 2) for n in range(6))
    )


def test_a_file_whose_receipts_were_not_sold_is_asked_about(tmp_path: Path) -> None:
    till(tmp_path, first=5000)
    seen = look(str(tmp_path))
    assert "returns" not in seen.mapping
    assert any("TraHang.csv" in question for question in seen.questions)
