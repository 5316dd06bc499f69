"""Lists of goods that say names again in another language, and lists whose only days are those of their entries."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, moment, write

HEADER = ["sku", "locale", "name", "price", "weight", "qty", "created_at", "updated_at", "image"]


def goods(language: str = "", *, price: object = "", count: int = 12) -> list[Row]:
    """Goods in the first language, and three of them in French with a price or none."""
    rows: list[Row] = [
        [f"G-{n}", language, f"good {n}", 5.0 + n, 0.5, 3 * n, moment(n % 3), moment(90), f"{n}.jpg"]
        for n in range(count)
    ]
    return rows + [[f"G-{n}", "fr_CA", f"bien {n}", price and 5.0 + n, "", "", "", "", ""] for n in range(3)]


@pytest.mark.parametrize("language", ["", "en_CA"])
@pytest.mark.parametrize("price", ["", True])
def test_names_in_another_language_are_no_goods(tmp_path: Path, language: str, price: object) -> None:
    seen = look(str(write(tmp_path / "catalog_20260930.csv", HEADER, goods(language, price=price))))
    assert not seen.questions
    assert "products: 12 rows looked at, 0 would be set aside" in seen.lines
    assert any("3 rows say in another language" in line for line in seen.lines)


def test_rows_with_other_prices_in_another_language_stay(tmp_path: Path) -> None:
    rows = goods()
    rows[-1] = [*rows[-1][:3], 99.0, *rows[-1][4:]]
    seen = look(str(write(tmp_path / "catalog_20260930.csv", HEADER, rows)))
    assert not any("another language" in line for line in seen.lines)


def test_goods_of_one_language_alone_stay(tmp_path: Path) -> None:
    rows = [*goods(), ["G-99", "fr_CA", "bien 99", "", "", "", "", "", ""]]
    seen = look(str(write(tmp_path / "catalog_20260930.csv", HEADER, rows)))
    assert not any("another language" in line for line in seen.lines)


def test_counts_beside_days_of_entries_are_stock(tmp_path: Path) -> None:
    seen = look(str(write(tmp_path / "catalog_20260930.csv", HEADER, goods())))
    assert 'on_hand = "qty"' in seen.mapping
    assert "inventory: 12 rows looked at, 0 would be set aside" in seen.lines
    assert "[tables.prices]" in seen.mapping
    assert "daily_sales" not in seen.mapping


def test_goods_sold_once_each_are_sales(tmp_path: Path) -> None:
    header = ["sku", "name", "price", "qty", "created_at"]
    rows = [[f"G-{n}", f"good {n}", 5.0 + n, 1 + n % 3, moment(n)] for n in range(12)]
    assert "on_hand" not in look(str(write(tmp_path / "sold.csv", header, rows))).mapping
