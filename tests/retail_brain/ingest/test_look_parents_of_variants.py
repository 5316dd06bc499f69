"""Looks at lists of goods whose variants have the name and price of the row of their model."""

from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import Row, write

NAMES = ["id", "parent_id", "product_number", "stock", "name", "price", "image_url", "release_date", "created_at"]


def models(path: Path, parent: str) -> Path:
    """12 goods, of which each third has two variants: one with a price of its own, none with a name."""
    rows: list[Row] = []
    for n in range(12):
        made = f"2026-02-{n + 1:02} 11:02:33"
        rows.append([f"a{n:03}", None, f"SW{n}", 0 if n % 3 == 0 else n, f"Hat {n}", 10.0 + n, f"/{n}.jpg", made, made])
        for size in ("S", "M") if n % 3 == 0 else ():
            own = 99.5 if size == "M" else None
            row: Row = [f"a{n:03}{size}", f"a{n:03}", f"SW{n}.{size}", 4, None, own, None, None, made]
            rows.append(row)
    return write(path, [parent if name == "parent_id" else name for name in NAMES], rows)


@pytest.mark.parametrize("parent", ["parent_id", "Stammartikel"])
def test_variants_have_the_name_and_price_of_their_model(tmp_path: Path, parent: str) -> None:
    folder = tmp_path / "till"
    folder.mkdir()
    models(folder / "product_2026-10-02.csv", parent)
    sold: list[Row] = [[n // 2, f"2026-03-{n % 28 + 1:02} 10:00", f"a{n % 12:03}", 1, 2.5] for n in range(60)]
    write(folder / "sales.csv", ["Receipt No", "Sold at", "Item code", "Quantity", "Unit price"], sold)
    seen = look(str(folder))
    assert not seen.questions
    (folder / "m.toml").write_text(seen.mapping, encoding="utf-8")
    ingest(str(folder / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    goods = open_lake(str(tmp_path / "lake")).scan("products").collect()
    assert goods.height == 20
    variant = {size: goods.row(by_predicate=pl.col("product_id") == f"a003{size}", named=True) for size in "SM"}
    assert [variant[size]["name"] for size in "SM"] == ["Hat 3", "Hat 3"]
    assert [float(str(variant[size]["list_price"])) for size in "SM"] == [13.0, 99.5]
    stock = open_lake(str(tmp_path / "lake")).scan("inventory").collect()
    assert stock["on_hand"].sum() == sum(n for n in range(12) if n % 3) + 8 * 4
    assert set(stock["date"].cast(str)) == {"2026-10-02"}


def test_a_list_with_the_days_of_its_entries_has_no_sales(tmp_path: Path) -> None:
    seen = look(str(models(tmp_path / "product.csv", "parent_id")))
    assert "[tables.products]" in seen.mapping
    assert "[tables.transactions]" not in seen.mapping
