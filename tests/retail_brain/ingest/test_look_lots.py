"""Stock by lot: rows of goods in a shop are added up, and the day up to which they are good is no day of a count."""

from pathlib import Path

import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import write


@pytest.mark.parametrize(
    "header",
    [
        ("Artigo", "Descrição", "Armazém", "Lote", "Validade", "Stock Atual"),
        ("Item code", "Item name", "Warehouse", "Batch", "Expiry date", "On hand"),
        ("Artikelnummer", "Bezeichnung", "Filiale", "Charge", "MHD", "Bestand"),
    ],
)
def test_lots_of_goods_in_a_shop_are_one_count(tmp_path: Path, header: tuple[str, ...]) -> None:
    rows = [
        [f"A{good}", f"Good {'abcdefgh'[good]}", shop, f"L{good}{lot}", f"{10 + lot}/0{lot + 1}/2028", 10 * lot + good]
        for good in range(8)
        for shop in ("North", "South")
        for lot in range(good % 3 + 1)
    ]
    place = write(tmp_path / "x" / "stock_2026-03-01.csv", header, rows, mark=";")
    sold = [["1", "2026-02-01 10:00:00", "North", "A1", "1", "2"]]
    write(tmp_path / "sold" / "transactions.csv", ["transaction_id", "sold_at", "store_id", "product_id", "units",
                                                   "unit_price"], sold)  # fmt: skip
    seen = look(str(place))
    assert not seen.questions, seen.questions
    (tmp_path / "x" / "m.toml").write_text(seen.mapping, encoding="utf-8")
    lake = str(tmp_path / "lake")
    ingest(str(tmp_path / "sold"), lake, Settings(), SILENT)
    ingest(str(tmp_path / "x" / "m.toml"), lake, Settings(), SILENT)
    stock = open_lake(lake).scan("inventory").collect()
    assert (stock.height, stock["on_hand"].sum()) == (16, sum(row[5] for row in rows))  # type: ignore[misc]
    assert {str(day)[:10] for day in stock["date"]} == {"2026-03-01"}
