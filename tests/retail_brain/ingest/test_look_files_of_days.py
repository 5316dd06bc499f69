"""Looks at exports with a file a day, whose rows do not say the day."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, write


def reports(folder: Path, names: list[str], *, grown: str = "") -> None:
    """A report by goods a day; two kinds of tea have one name, and a quoted total stands below."""
    folder.mkdir()
    for day, name in enumerate(names):
        rows = [["Tea", "green", 4 + day, 2.5 * (4 + day)], ["Tea", "black", 3, 6.0], ["Cake", grown, 2, 9.0 + day]]
        lines = [",".join(f'"{cell}"' for cell in row) for row in rows]
        total = f'"Total","","{9 + day}","{sum(float(str(row[3])) for row in rows)}"'
        text = "\n".join(['"Item","Kind","Quantity","Net sales"', *lines, total, ""])
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "form",
    [
        "sales_202605{:02}-202605{:02}.csv",
        "Sales {:02}-05-2026.csv",
        "sales {} May 2026.csv",
        "sales_2026_05_{:02}.csv",
    ],
)
def test_reports_of_a_day_each_are_totals_of_the_days_in_their_names(tmp_path: Path, form: str) -> None:
    reports(tmp_path / "till", [form.format(day, day) for day in (11, 12, 14)])
    lines = load(tmp_path, tmp_path / "till", "daily_sales")
    assert sorted({str(row["date"]) for row in lines}) == ["2026-05-11", "2026-05-12", "2026-05-14"]
    assert {row["product_id"] for row in lines} == {"Tea-green", "Tea-black", "Cake"}
    assert len(lines) == 9
    assert sum(float(str(row["units"])) for row in lines) == 30


def test_names_whose_days_have_two_readings_or_a_period_are_no_days(tmp_path: Path) -> None:
    reports(tmp_path / "open", ["sales 01-02-2026.csv", "sales 03-02-2026.csv"])
    assert "daily_sales" not in look(str(tmp_path / "open")).mapping
    reports(tmp_path / "month", ["sales_20260501-20260531.csv", "sales_20260601-20260630.csv"])
    assert "daily_sales" not in look(str(tmp_path / "month")).mapping


def test_goods_that_no_column_tells_apart_are_added_up(tmp_path: Path) -> None:
    folder = tmp_path / "till"
    folder.mkdir()
    for day in (1, 2):
        rows: list[Row] = [["Tea", 2, 5.0], ["Tea", 1, 2.5], ["Cake", day, 4.0 * day]]
        write(folder / f"item sales 2026-05-0{day}.csv", ["Item", "Quantity", "Net sales"], rows)
    lines = load(tmp_path, folder, "daily_sales")
    assert sorted(float(str(row["units"])) for row in lines) == [1, 2, 3, 3]


@pytest.mark.parametrize("form", ["journal_{}.csv", "journal {}.csv"])
def test_receipts_with_a_time_have_the_day_of_their_file(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "till"
    folder.mkdir()
    for day in (13, 14, 15):
        rows: list[Row] = [
            [n // 2 + 1, f"{9 + n // 4:02}:{n // 2 * 3:02}", f"g{n % 5}", n % 3 + 1, 2.5 + n % 5] for n in range(24)
        ]
        named = f"202605{day}" if "_" in form else f"{day}.05.2026"
        write(folder / form.format(named), ["Receipt No", "Time", "Item Code", "Qty", "Unit Price"], rows)
    lines = load(tmp_path, folder)
    assert len(lines) == 72
    assert len({row["transaction_id"] for row in lines}) == 36
    assert {str(row["sold_at"])[:10] for row in lines} == {"2026-05-13", "2026-05-14", "2026-05-15"}
    assert {str(row["sold_at"])[11:16] for row in lines} >= {"09:00", "14:33"}
