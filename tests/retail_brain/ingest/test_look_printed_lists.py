"""Lists that ERP systems print with bars and dashes: pages, inches, minus signs behind numbers, storage places."""

import itertools
from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import DataSettings, Settings

_RULE = "-" * 78
_SALE = "transaction_id,sold_at,store_id,product_id,units,unit_price\n1,2020-01-01 10:00:00,1000-0001,500100,1,1\n"
_GOODS = ('Rohr 1"', 'Rohr 2½" lang', "Dübel 8 mm", "Leim", "Nagel 5x60", "Zange", "Winkel", "Seil", "Kette", "Haken")


def _pages(lines: int, names: str) -> str:
    """A list of ten goods in two plants with two storage places each, on pages of so many lines with heads."""
    rows = []
    for number, plant, place in itertools.product(range(10), ("1000", "1010"), ("0001", "0002")):
        count = f"{1200 + number}" if number == 3 else f"{number}-" if number in (4, 7) else str(number + 7)
        count = f"{count[0]}.{count[1:]}" if len(count) == 4 and "-" not in count else count
        rows.append(f"|{500100 + number}|{_GOODS[number]:<18}|{plant}|{place}|ST |{count:>14}|{number * 3},50 |")
    text = []
    pages = [rows[start : start + lines] for start in range(0, len(rows), lines)]
    for page, some in enumerate(pages, start=1):
        text += [f"07.09.2026          Bestand je Material          {page}", "", _RULE, names, _RULE, *some, _RULE]
    return "\n".join(text) + "\n"


def _stock(folder: Path, text: str) -> tuple[pl.DataFrame, list[str]]:
    """Stock as it is ingested by what the look proposes, and what the look says."""
    place = folder / "list"
    place.mkdir()
    (place / "LIST_20260907.txt").write_bytes(text.encode("cp1252"))
    seen = look(str(place))
    (place / "m.toml").write_text(seen.mapping, encoding="utf-8")
    (folder / "sold").mkdir()
    (folder / "sold" / "transactions.csv").write_text(_SALE, encoding="utf-8")
    lake, settings = str(folder / "lake"), Settings(data=DataSettings(max_quarantine_share=1.0))
    ingest(str(folder / "sold"), lake, settings, SILENT)
    ingest(str(place / "m.toml"), lake, settings, SILENT)
    return open_lake(lake).scan("inventory").collect(), [*seen.lines, *seen.questions]


@pytest.mark.parametrize("lines", [15, 100])
def test_a_printed_list_is_read_over_its_pages(tmp_path: Path, lines: int) -> None:
    names = "|Material|Materialkurztext  |Werk|LOrt|BME|Frei verwendbar|Wert frei verw.|"
    stock, said = _stock(tmp_path, _pages(lines, names))
    assert stock.height == 40
    assert stock["store_id"].n_unique() == 4  # storage places of two plants
    wanted = 4 * (1203 - 4 - 7 + sum(number + 7 for number in range(10) if number not in (3, 4, 7)))
    assert stock["on_hand"].sum() == wanted
    assert any("'LOrt'" in one and "places of their own" in one for one in said)
    assert any("head of a page" in one for one in said) == (lines == 15)
