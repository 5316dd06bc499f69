"""Looks at exports with a file per shop."""

import tomllib
from pathlib import Path
from typing import Any

from retail_brain.ingest import ingest
from retail_brain.ingest.look import Look, look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import Row, write

HEADER = ["订单号", "时间", "商品", "数量", "金额"]


def bills(folder: Path, name: str, first: int = 1, day: str = "2026-11-%02d 10:00") -> None:
    rows: list[Row] = [[first + n, day % (n % 9 + 1), ("苹果", "梨")[n % 2], 1 + n % 3, 5 + n] for n in range(9)]
    write(folder / name, HEADER, rows)


def transactions(seen: Look) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(seen.mapping)["tables"]["transactions"]
    return table


def test_receipts_that_every_shop_numbers_from_1_on_stay_apart(tmp_path: Path) -> None:
    bills(tmp_path, "北店_sales.csv")
    bills(tmp_path, "南店_sales.csv")
    write(tmp_path / "consent.csv", ["会员", "渠道", "同意", "日期"], [["a1", "短信", "否", "2026-11-02"]])
    (tmp_path / "m.toml").write_text(look(str(tmp_path)).mapping, encoding="utf-8")
    ingest(str(tmp_path / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    lines = open_lake(str(tmp_path / "lake")).scan("transactions").collect()
    assert lines.height == 18
    assert lines["transaction_id"].n_unique() == 18
    assert {"北-1", "南-1"} <= set(lines["transaction_id"])


def test_receipts_with_numbers_of_the_chain_keep_them(tmp_path: Path) -> None:
    bills(tmp_path, "北店.csv")
    bills(tmp_path, "南店.csv", first=100)
    columns = transactions(look(str(tmp_path)))["columns"]
    assert columns["transaction_id"] == "订单号"
    assert columns["store_id"] == {"file_name": "^(.+)店\\.csv$"}


def test_files_of_which_some_share_days_are_asked_about(tmp_path: Path) -> None:
    for name in ("north.csv", "south.csv"):
        bills(tmp_path, name)
    bills(tmp_path, "east.csv", first=50, day="2026-06-%02d 10:00")
    seen = look(str(tmp_path))
    assert "store_id" not in transactions(seen)["columns"]
    assert [question for question in seen.questions if "shops in their names" in question]


def test_files_of_a_table_are_named_so_that_no_other_file_is_read(tmp_path: Path) -> None:
    for name in ("sales-1.csv", "sales-2.CSV", "sales-3.txt"):
        bills(tmp_path, name, first=int(name[6]) * 100, day=f"2026-0{name[6]}-%02d 10:00")
    assert transactions(look(str(tmp_path)))["files"] == ["*.CSV", "*.csv", "*.txt"]
    (tmp_path / "broken.csv").write_bytes(b"\x00\x01\x02" * 9)
    assert transactions(look(str(tmp_path)))["files"] == ["sales-*.CSV", "sales-*.csv", "sales-*.txt"]
    (tmp_path / "sales-x.csv").write_bytes(b"\x00\x01\x02" * 9)
    assert transactions(look(str(tmp_path)))["files"] == ["sales-1.csv", "sales-2.CSV", "sales-3.txt"]


def test_a_shop_called_by_a_word_of_returns_sells(tmp_path: Path) -> None:
    for name in ("Filiale", "Vorgang"):  # without a role the column may be of shops or of kinds
        for kind, first in (("Altstadt", 100), ("Retoure und mehr", 300), ("Hafen", 500)):
            rows: list[Row] = [
                [first + n, f"2026-11-{n % 9 + 1:02} 10:00", f"G-{n % 4}", 1 + n % 3, 5 + n % 4, kind]
                for n in range(18)
            ]
            header = ["Bon", "Zeit", "Artikelnummer", "Menge", "Preis", name]
            write(tmp_path / name / f"kasse_{first}.csv", header, rows)
        seen = look(str(tmp_path / name))
        assert any("returns (then " in question for question in seen.questions) == (name == "Vorgang")
        assert "returns" not in transactions(seen)
