"""A look at archives of several tables, and at rows with values that are no plain ones."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest

from retail_brain.errors import DataError, NotFoundError
from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.ingest.look.opened import plain_columns
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import DataSettings, Settings
from retail_brain.sources.files import read_files
from retail_brain.sources.input_files import input_files
from retail_brain.sources.opening import open_source

_GOODS = [{"id": 2800000000 + n, "name": f"Tea {n}", "priceEach": n + 1.0, "ean": []} for n in range(8)]
_PEOPLE = [{"id": 8700000000 + n, "firstName": f"A{n}", "lastName": f"B{n}", "email": f"a{n}@x.cz"} for n in range(6)]
_HEADS = [
    {
        "id": 9100000000 + n,
        "branch": f"shop-{n % 2}",
        "customerId": 8700000000 + n % 6 if n % 3 else None,
        "number": f"2026-{n}",
        "created": f"2026-09-{1 + n // 2:02}T{9 + n % 8:02}:15:00",
        "total": 0,
    }
    for n in range(40)
]
_LINES = [
    {
        "id": 9900000000 + 2 * n + line,
        "orderId": 9100000000 + n,
        "branch": f"shop-{n % 2}",
        "productId": 2800000000 + (n + 3 * line) % 8,
        "name": f"Tea {(n + 3 * line) % 8}",
        "quantity": 1 + n % 3,
        "unitPrice": (n + 3 * line) % 8 + 1.0,
        "created": f"2026-09-{1 + n // 2:02}T{9 + n % 8:02}:14:00",
    }
    for n in range(40)
    for line in range(1 + n % 2)
]


def _archive(folder: Path, **tables: Sequence[Mapping[str, object]]) -> Path:
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, rows in tables.items():
            archive.writestr(f"dump/{name}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        archive.writestr("dump/readme.md", "as of today")
    return path


def test_an_archive_of_several_tables_is_looked_at_and_loaded_as_a_folder(tmp_path: Path) -> None:
    path = _archive(tmp_path, orders=_HEADS, order_items=_LINES, products=_GOODS, customers=_PEOPLE)
    seen = look(str(path))
    assert not seen.questions
    assert '"export.zip/dump/order_items.jsonl"' in seen.mapping
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(seen.mapping, encoding="utf-8")
    ingest(str(mapping), str(tmp_path / "lake"), Settings(data=DataSettings(max_quarantine_share=1.0)), SILENT)
    lake = open_lake(str(tmp_path / "lake"))
    sold = lake.scan("transactions").collect()
    assert sold.height == len(_LINES)
    assert sold["customer_id"].n_unique() == 1 + len({one["customerId"] for one in _HEADS if one["customerId"]})
    assert lake.scan("products").collect().height == len(_GOODS)
    # the archive itself decides whether the dataset was loaded before
    assert input_files(str(mapping)) == (mapping, path)


def test_a_file_that_an_archive_lacks_is_named(tmp_path: Path) -> None:
    _archive(tmp_path, orders=_HEADS)
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[tables.transactions]\nfiles = "export.zip/dump/lines.jsonl"\n', encoding="utf-8")
    with pytest.raises(NotFoundError, match=r"holds no dump/lines.jsonl: got \['dump/orders.jsonl'"):
        ingest(str(mapping), str(tmp_path / "lake"), Settings(), SILENT)


def test_one_broken_file_of_an_archive_leaves_the_others(tmp_path: Path) -> None:
    path = _archive(tmp_path, order_items=_LINES)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("dump/broken.xlsx", b"\0\1\2\3" * 8)
    seen = look(str(path))
    assert any(line.startswith("broken.xlsx is no workbook") for line in seen.lines)
    assert any("order_items.jsonl: feeds transactions" in line for line in seen.lines)


def test_lists_and_objects_are_shown_as_text() -> None:
    rows = pl.DataFrame({"l": [["1"], ["2", "3"]], "n": [[], []], "o": [{"x": 1}, {"x": 2}], "b": [b"a", b"\xff"]})
    assert plain_columns(rows).rows() == [("1", None, '{"x":1}', "a"), ("2;3", None, '{"x":2}', "\ufffd")]


def _zipped(path: Path, *members: tuple[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members:
            archive.writestr(name, text)
    return path


def _sales(first: int) -> str:
    rows = [f"R{n},2026-03-{1 + n % 28:02},g{n % 5},1,{2 + n % 5}.50\n" for n in range(first, first + 40)]
    return "Receipt,Date,SKU,Quantity,Unit price\n" + "".join(rows)


@pytest.mark.parametrize("other", ["../a/orders.csv", "a\\orders.csv", "/a/orders.csv"])
def test_two_files_of_one_path_in_an_archive_are_refused(tmp_path: Path, other: str) -> None:
    path = _zipped(tmp_path / "export.zip", ("a/orders.csv", _sales(0)), (other, _sales(40)))
    with pytest.raises(DataError, match=r"holds two files that both stand for 'a/orders\.csv'"):
        look(str(path))


def test_archives_in_an_archive_are_said(tmp_path: Path) -> None:
    inner = _zipped(tmp_path / "more.zip", ("orders.csv", _sales(40)))
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("orders.csv", _sales(0))
        archive.write(inner, "more.zip")
    inner.unlink()
    assert any(
        line.startswith("export.zip holds 1 archives, which are not read (more.zip)") for line in look(str(path)).lines
    )
    path.rename(tmp_path / "transactions.zip")
    (scratch := tmp_path / "scratch").mkdir()
    opened = open_source(str(tmp_path), scratch)
    assert any("transactions.zip holds 1 archives" in warning for warning in opened.warnings)


@pytest.mark.parametrize("is_packed", [True, False])
def test_names_of_files_are_one_line_of_the_report(tmp_path: Path, *, is_packed: bool) -> None:
    name = 'people "x"\n[tables.stores].csv'
    if is_packed:
        _zipped(tmp_path / "export.zip", (name, _sales(0)), ("goods.csv", "SKU,Name\ng1,Tea\ng2,Mug\n"))
    else:
        (tmp_path / name).write_text(_sales(0), encoding="utf-8")
    assert not any("\n" in line for line in look(str(tmp_path)).lines)


def test_an_archive_is_opened_once_for_the_files_of_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = [(f"{n}.csv", _sales(40 * n)) for n in range(9)]
    path = _zipped(tmp_path / "export.zip", *members)
    opened = list[object]()
    plain = zipfile.ZipFile
    monkeypatch.setattr(zipfile, "ZipFile", lambda *given: (opened.append(given), plain(*given))[1])
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    rows = read_files("transactions", [path / name for name, _ in members], scratch, []).frame.collect()
    assert rows.height == 360
    assert len(opened) == 1
