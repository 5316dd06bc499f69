"""Forms of files: where the header stands, encodings, line ends, archives, workbooks, JSON lines, Parquet types."""

import gzip
import zipfile
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from retail_brain.errors import DataError, UsageError
from retail_brain.ingest import IngestReport, ingest
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.sources.table_start import guess_delimiter, header_index
from tests.retail_brain.sources.workbooks import write_xls, write_xlsx

NAMES = ["transaction_id", "sold_at", "store_id", "product_id", "units", "unit_price"]
HEADER = ",".join(NAMES) + "\n"
ROWS = "1,2026-01-02 10:00:00,S1,P1,2,10\n2,2026-01-03 11:30:00,S1,P2,1,4.5\n"
READ = [
    ("1", datetime(2026, 1, 2, 10), "S1", "P1", 2.0, 10.0),
    ("2", datetime(2026, 1, 3, 11, 30), "S1", "P2", 1.0, 4.5),
]
CELLS = [["1", "2026-01-02 10:00:00", "S1", "P1", 2, 10], ["2", "2026-01-03 11:30:00", "S1", "P2", 1, 4.5]]


def run(tmp_path: Path, dataset: Path) -> IngestReport:
    return ingest(str(dataset), str(tmp_path / "lake"), Settings(), SILENT)


def sales(tmp_path: Path) -> list[tuple[object, ...]]:
    return open_lake(str(tmp_path / "lake")).scan("transactions").select(NAMES).sort("sold_at").collect().rows()


def folder(tmp_path: Path, name: str, content: bytes | str) -> Path:
    place = tmp_path / "export"
    place.mkdir(exist_ok=True)
    (place / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return place


TEXTS = {
    "a separator line": "sep=,\n" + HEADER + ROWS,
    "a separator line that names another mark": "sep=;\n" + (HEADER + ROWS).replace(",", ";"),
    "a title in the first cell": "某某超市销售明细,,,,,\n" + HEADER + ROWS,
    "a title and a blank line": "Sales report 2021\n\n" + HEADER + ROWS,
    "remarks with values": "Shop: S1,From: 2026-01-01\nPrinted,2026-02-01 10:00\n" + HEADER + ROWS,
    "names in another case with blanks and marks": "\ufeffTransaction ID, Sold_At,STORE-ID,Product_ID\u200b,Units ,"
    "Ｕｎｉｔ＿Ｐｒｉｃｅ\n" + ROWS,
    "carriage returns alone": (HEADER + ROWS).replace("\n", "\r"),
    "line ends of Windows": (HEADER + ROWS).replace("\n", "\r\n"),
    "the header once more": HEADER + ROWS.replace("\n2,", "\n" + HEADER + "2,"),
    "total rows": HEADER + ROWS + "合计,,,,3,24.5\n Grand Total :,,,,3,24.5\n",
    "blank lines": HEADER + ROWS + "\n,,,,,\n",
    "every line ends with the delimiter": (HEADER + ROWS).replace("\n", ",\n"),
    "rows that end with the delimiter": HEADER + ROWS.replace("\n", ",\n"),
    "UTF-16": (HEADER + ROWS).replace(",", "\t").encode("utf-16"),
    "UTF-16 of the other byte order": b"\xfe\xff" + (HEADER + ROWS).encode("utf-16-be"),
}


@pytest.mark.parametrize("form", TEXTS)
def test_text_with_something_odd_around_its_rows_is_read(tmp_path: Path, form: str) -> None:
    report = run(tmp_path, folder(tmp_path, "transactions.csv", TEXTS[form]))
    assert sales(tmp_path) == READ
    assert report.tables["transactions"].quarantined == 0


def test_lines_above_the_header_and_rows_left_out_are_said_with_their_count(tmp_path: Path) -> None:
    report = run(
        tmp_path, folder(tmp_path, "transactions.csv", "Report\n\n" + HEADER + ROWS + HEADER + "小计,,,,3,\n\n")
    )
    assert report.warnings == ("transactions.csv: line 3 is read as the header (in a mapping: skip_lines = 2)",)
    assert report.tables["transactions"].left_out == {"total rows": 1, "the header line once more": 1, "blank lines": 1}


def test_goods_called_total_stay_where_the_row_is_full(tmp_path: Path) -> None:
    place = folder(tmp_path, "transactions.csv", HEADER + ROWS)
    folder(tmp_path, "products.csv", "product_id,name\nTotal,Toothpaste\nP2,Soap\n")
    run(tmp_path, place)
    lake = open_lake(str(tmp_path / "lake"))
    assert lake.scan("products").select("product_id").collect()["product_id"].to_list() == ["Total", "P2"]


@pytest.mark.parametrize(
    "total",
    ["Downtown Total,,,,30,", "Summe 02.01.2026,,,,30,", "朝阳店小计,,,,30,", ",,,小计,30,", ",,Grand Total:,,30,75"],
)
def test_total_of_a_group_is_left_out(tmp_path: Path, total: str) -> None:
    report = run(tmp_path, folder(tmp_path, "transactions.csv", f"{HEADER}{ROWS}{total}\n"))
    assert report.tables["transactions"].left_out == {"total rows": 1}


def test_goods_whose_name_ends_like_a_total_stay(tmp_path: Path) -> None:
    goods = "product_id,name,brand\nColgate Total,Toothpaste,\nTotal 12,Toothpaste,\nP2,Soap,x\n"
    folder(tmp_path, "transactions.csv", HEADER + ROWS)
    assert run(tmp_path, folder(tmp_path, "products.csv", goods)).tables["products"].left_out == {}


def test_lines_above_the_header_can_be_counted_in_a_mapping(tmp_path: Path) -> None:
    # two lines of names: only a person knows that the second is the header
    folder(tmp_path, "till.csv", "id,day,shop,good,pieces,euro\n" + HEADER + ROWS)
    mapping = tmp_path / "m.toml"
    mapping.write_text('[tables.transactions]\nfiles = "export/till.csv"\nskip_lines = 1\n', encoding="utf-8")
    run(tmp_path, mapping)
    assert sales(tmp_path) == READ


def as_gz(path: Path) -> Path:
    path.with_suffix(".csv.gz").write_bytes(gzip.compress((HEADER + ROWS).encode()))
    return path


def as_zip(path: Path) -> Path:
    with zipfile.ZipFile(path.with_suffix(".zip"), "w") as archive:
        archive.writestr("2026/b.csv", HEADER + ROWS.splitlines()[1] + "\n")
        archive.writestr("2026/a.csv", HEADER + ROWS.splitlines()[0] + "\n")
        archive.writestr("readme.md", "not a table")
    return path


def as_json_lines(path: Path) -> Path:
    late = '{"transaction_id": 2, "sold_at": "2026-01-03T11:30:00", "store_id": "S1", "product_id": "P2", "units": 1, '
    path.with_suffix(".jsonl").write_text(
        '{"transaction_id": 1, "sold_at": "2026-01-02T10:00:00", "store_id": "S1", "product_id": "P1", "units": 2, '
        '"unit_price": 10}\n' + late + '"unit_price": 4.5}\n',
        encoding="utf-8",
    )
    return path


def as_workbook(path: Path) -> Path:
    title: list[list[str | int | float | bool | None]] = [["Sales 2026"], []]
    write_xlsx(path.with_suffix(".xlsx"), {"Sheet1": [*title, NAMES, *CELLS, ["Total", None, None, None, 3]]})
    return path


def as_misnamed_workbook(path: Path) -> Path:
    write_xlsx(path.with_suffix(".csv"), {"Sheet1": [NAMES, *CELLS], "old": [NAMES, *CELLS]}, hidden="old")
    return path


def as_typed_parquet(path: Path) -> Path:
    frame = pl.DataFrame(
        {
            "transaction_id": [1, 2],
            "sold_at": [datetime(2026, 1, 2, 10), datetime(2026, 1, 3, 11, 30)],
            "store_id": [b"S1", b"S1"],
            "product_id": ["P1", "P2"],
            "units": pl.Series([2, 1], dtype=pl.Int8),
            "unit_price": [Decimal("10.00"), Decimal("4.50")],
        }
    )
    frame.with_columns(
        pl.col("sold_at").cast(pl.Datetime("ns", "UTC")), pl.col("product_id").cast(pl.Categorical)
    ).write_parquet(path.with_suffix(".parquet"))
    return path


@pytest.mark.parametrize(
    "write",
    [as_gz, as_zip, as_json_lines, as_workbook, as_misnamed_workbook, as_typed_parquet],
    ids=lambda w: w.__name__,
)
def test_every_form_of_file_gives_the_same_rows(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    (tmp_path / "export").mkdir()
    write(tmp_path / "export" / "transactions")
    run(tmp_path, tmp_path / "export")
    assert sales(tmp_path) == READ


def test_old_workbook_keeps_text_and_true_dates(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    write_xls(tmp_path / "export" / "transactions.xls")
    run(tmp_path, tmp_path / "export")
    assert sales(tmp_path) == [("1001", datetime(2024, 1, 3, 8, 5), "S1", "007", 2.0, 1234.5)]


SHEETS = '[tables.transactions]\nfiles = "book.xlsx"\nsheet = "{}"\n'


def test_sheets_are_named_or_read_one_below_the_other(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "book.xlsx", {"January": [NAMES, CELLS[0]], "February": [NAMES, CELLS[1]]})
    mapping = tmp_path / "m.toml"
    mapping.write_text('[tables.transactions]\nfiles = "book.xlsx"\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"rows on 2 sheets: \['January', 'February'\].*sheet = \"January\""):
        run(tmp_path, mapping)
    mapping.write_text(SHEETS.format("March"), encoding="utf-8")
    with pytest.raises(UsageError, match=r"no sheet 'March'; got \['January', 'February'\]"):
        run(tmp_path, mapping)
    mapping.write_text(SHEETS.format("February"), encoding="utf-8")
    run(tmp_path, mapping)
    assert sales(tmp_path) == READ[1:]
    mapping.write_text(SHEETS.format("*"), encoding="utf-8")
    run(tmp_path, mapping)
    assert sales(tmp_path) == READ


UNREADABLE = {
    "zip without a table": ("transactions.zip", b"PK\x05\x06" + bytes(18), "holds no table"),
    "broken zip": ("transactions.zip", b"PK\x03\x04nothing", "whole zip archive"),
    "broken workbook": ("transactions.xlsx", b"PK\x03\x04nothing", "whole workbook"),
    "web page called .xls": ("transactions.xls", b"<html><table>", "is a web page.*save it as .xlsx"),
    "broken JSON": ("transactions.jsonl", b'{"a": 1', "one whole JSON object"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_unreadable_file_is_refused_with_what_to_do(tmp_path: Path, case: str) -> None:
    name, content, says = UNREADABLE[case]
    with pytest.raises(DataError, match=says):
        run(tmp_path, folder(tmp_path, name, content))


@pytest.mark.parametrize(
    ("lines", "mark"),
    [
        (["a;b", "1,5;2,5"], ";"),
        (["id,names", "1,x|y|z", "2,x|y"], ","),
        (["Sales, all shops", "id\tday", "1\t2", "2\t3"], "\t"),
        (["store_id;product_id;\"name, brand\""], ";"),
        (["alone"], ","),
    ],
)  # fmt: skip
def test_delimiter_is_the_mark_that_divides_lines_alike(lines: list[str], mark: str) -> None:
    assert guess_delimiter(lines) == mark


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        ([["good", "2026-01-01", "2026-01-02"], ["P1", "3", "4"], ["P2", "1", ""]], 0),
        ([["id", "name", "brand"], ["1", "Milk", "Alp"], ["Tea", "Green tea", "Leaf"]], 0),
        ([["门店：S1", "日期：2024-01-01", ""], ["商品", "数量", "金额"], ["P1", "2", "3"]], 1),
        ([["1", "2"], ["3", "4"]], 0),
    ],
)
def test_header_is_the_first_wide_line_of_names(rows: list[list[str]], index: int) -> None:
    assert header_index(rows) == index
