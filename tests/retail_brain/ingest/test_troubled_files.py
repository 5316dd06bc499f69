"""Files as others were troubled by them, most from public issue trackers: what an ingest makes of each."""

import gzip
import io
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.errors import RetailBrainError
from retail_brain.ingest import ingest
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import DataSettings, Settings

HEADER = "transaction_id,sold_at,store_id,product_id,units,unit_price"
SETTINGS = Settings(data=DataSettings(max_quarantine_share=1.0))
GOOD = "1,2025-01-01 10:00:00,S1,tea,1,2.5"
"""A line without trouble."""


@dataclass(frozen=True)
class Trouble:
    """A file and what comes of it.

    Attributes:
        name: the trouble.
        content: of the file, or text of it.
        column: what is looked at of the last line that came in.
        value: of that column; None where the line is set aside or refused.
        reason: why rows are set aside, or a pattern of the refusal.
        reference: issue of a public tracker that reports the kind.
        file: its name.
        mapping: TOML of one column where a mapping is needed.
        lines: of the file.
        is_refused: whether nothing of it comes in.
    """

    name: str
    content: str | bytes
    column: str = "units"
    value: Any = None
    reason: str = ""
    reference: str = ""
    file: str = "transactions.csv"
    mapping: str = ""
    lines: int = 2
    is_refused: bool = False


def with_line(line: str, header: str = HEADER) -> str:
    """A file of a good line and another."""
    return f"{header}\n{GOOD}\n{line}\n"


def packed(name: str, content: bytes) -> bytes:
    """A ZIP archive of one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def in_parquet() -> bytes:
    buffer = io.BytesIO()
    pl.read_csv(with_line(GOOD).encode(), try_parse_dates=True).write_parquet(buffer)
    return buffer.getvalue()


NUMBER, TIME = "units: not a number", "sold_at: not a time like 2025-12-31 18:30:00"
SECOND = "2,2025-01-02,S1,tea,1,2.5"
TROUBLES = [
    Trouble("byte order mark before the header", b"\xef\xbb\xbf" + with_line(SECOND).encode(), value=1.0,
            reference="dbeaver/dbeaver#10994"),
    Trouble("1.299,99", "transaction_id;sold_at;store_id;product_id;units;unit_price\n1;2025-01-01;S1;tea;1;1.299,99\n",
            "unit_price", 1299.99, reference="pola-rs/polars#18797", lines=1,
            mapping='unit_price = { decimal = ",", thousands = "." }'),
    Trouble("semicolons and decimal commas", "transaction_id;sold_at;store_id;product_id;units;unit_price\n"
            "1;2025-01-01;S1;tea;1,5;2,5\n", "units", 1.5, reference="SheetJS/sheetjs#2239", lines=1,
            mapping='units = { decimal = "," }\nunit_price = { decimal = "," }'),
    Trouble("the same without a mapping", with_line('2,2025-01-01,S1,tea,"1,5",2.5'), reason=NUMBER),
    Trouble("NUL within an id", with_line("2,2025-01-01,S1,te\0a,1,2.5"), "product_id", "tea",
            reference="wireservice/csvkit#927"),
    Trouble("HTML called .xls", b"<html><table><tr><td>units</td></tr></table></html>",
            reason="is a web page.*save it as .xlsx", reference="python-excel/xlrd#350", file="transactions.xls",
            is_refused=True),
    Trouble("minus behind the number", with_line("2,2025-01-01,S1,tea,12-,2.5"), value=-12.0,
            reference="rustledger/rustledger#1473"),
    Trouble("minus sign of typography", with_line("2,2025-01-01,S1,tea,\u22123,2.5"), value=-3.0,
            reference="actualbudget/actual#6206"),
    Trouble("apostrophe before a minus", with_line("2,2025-01-01,S1,tea,'-3,2.5"), value=-3.0,
            reference="pretix/pretix#1394"),
    Trouble("currency sign before a minus", with_line("2,2025-01-01,S1,tea,1,$-42.55"),
            reason="unit_price: below 0", reference="quentinsf/icsv2ledger#83"),
    Trouble("barcode that begins with zero", with_line("2,2025-01-01,S1,012345678901,1,2.5"), "product_id",
            "012345678901", reference="jakob/TableTool#41"),
    Trouble("barcode in scientific notation", with_line("2,2025-01-01,S1,6.93217E+12,1,2.5"),
            reason="product_id: shortened by a spreadsheet", reference="bowenliang123/markdown-exporter#73"),
    Trouble("no-break space between thousands", with_line("2,2025-01-01,S1,tea,1,1\u00a0234.50"), "unit_price", 1234.5,
            reference="apache/ofbiz-framework#845"),
    Trouble("narrow no-break space between thousands", with_line("2,2025-01-01,S1,tea,1,1\u202f234.50"), "unit_price",
            1234.5, reference="adamwdraper/Numeral-js#695"),
    Trouble("every line but the header ends with a comma", f"{HEADER}\n{GOOD},\n{SECOND},\n", value=1.0,
            reference="pandas-dev/pandas#14124"),
    Trouble("every line ends with a comma", f"{HEADER},\n{GOOD},\n{SECOND},\n", value=1.0,
            reference="deephaven/deephaven-core#1800"),
    Trouble("quotes behind backslashes", with_line('2,2025-01-01,S1,"the \\"best\\" tea",1,2.5'), "product_id",
            'the "best" tea', reference="adaltas/node-csv#42"),
    Trouble("a field that ends in a backslash", with_line('2,2025-01-01,S1,"tea\\",1,2.5'), "product_id", "tea\\",
            reference="stevehansen/csv#35"),
    Trouble("times in UTC", f"{HEADER}\n2,2025-01-01 20:00:00,S1,tea,1,2.5\n", "sold_at", datetime(2025, 1, 2, 4),
            reference="Automattic/woocommerce-payments#8522", lines=1,
            mapping='sold_at = { time_zone = "Asia/Shanghai", source_time_zone = "UTC" }'),
    Trouble("days as 31.01.25", f"{HEADER}\n2,31.01.25,S1,tea,1,2.5\n", "sold_at", datetime(2025, 1, 31),
            reference="odoo/odoo#129101", lines=1, mapping='sold_at = { format = "%d.%m.%y" }'),
    Trouble("days as 1.2.2025", f"{HEADER}\n2,1.2.2025,S1,tea,1,2.5\n", "sold_at", datetime(2025, 2, 1),
            reference="odoo/odoo#111637", lines=1, mapping='sold_at = { format = "%d.%m.%Y" }'),
    Trouble("a control character that keeps zeros", with_line("2,2025-01-01,S1,\x1f030611,1,2.5"), "product_id",
            "030611", reference="hhurz/tableExport.jquery.plugin#103"),
    Trouble("blanks round every field", with_line("2 , 2025-01-01 , S1 , tea , 4 , 2.5 "), value=4.0,
            reference="JuliaData/CSV.jl#120"),
    Trouble("further blank columns", f"{HEADER},,\n{GOOD},,\n{SECOND},,\n", value=1.0,
            reference="votingworks/arlo#525"),
    Trouble("line feed within quotes", with_line('2,2025-01-01,S1,"green\ntea",4,2.5'), value=4.0),
    Trouble("blank lines between", f"{HEADER}\r\n{GOOD}\r\n\r\n\r\n{SECOND}\r\n", value=1.0),
    Trouble("two kinds of line ends", f"{HEADER}\n{GOOD}\r\n{SECOND}\n", value=1.0),
    Trouble("carriage returns alone", with_line(SECOND).replace("\n", "\r"), value=1.0),
    Trouble("rows of commas at the end", with_line(SECOND) + ",,,,,\n,,,,,\n", value=1.0),
    Trouble("a total at the end", with_line(SECOND) + "Total,,,,2,5.0\n", value=1.0),
    Trouble("the header once more", f"{HEADER}\n{GOOD}\n{HEADER}\n{SECOND}\n", value=1.0),
    Trouble("a remark above the header", "# exported 2025-01-03\n" + with_line(SECOND), value=1.0),
    Trouble("tabs in a .csv", with_line(SECOND).replace(",", "\t"), value=1.0),
    Trouble("gzip called .csv", gzip.compress(with_line(SECOND).encode()), value=1.0),
    Trouble("a ZIP archive", packed("transactions.csv", with_line(SECOND).encode()), value=1.0,
            file="transactions.zip"),
    Trouble("Parquet called .csv", in_parquet(), value=1.0),
    Trouble("half a Parquet file called .csv", in_parquet()[:200], reason="is not UTF-8", is_refused=True),
    Trouble("UTF-16 without a mark", with_line(SECOND).encode("utf-16-le"), value=1.0),
    Trouble("Windows' Western letters", with_line("2,2025-01-01,S1,café,1,2.5").encode("cp1252"),
            reason='encoding = "cp1252"', is_refused=True),
    Trouble("N/A for a number", with_line("2,2025-01-01,S1,tea,N/A,2.5"), reason=NUMBER),
    Trouble("24:00", with_line("2,2025-01-01 24:00,S1,tea,1,2.5"), reason=TIME),
    Trouble("day and month that may be either", with_line("2,01/02/25,S1,tea,1,2.5"), reason=TIME),
    Trouble("numbers of receipts as 2.0", with_line("2.0,2025-01-01,S1,tea,1,2.5"), "transaction_id", "2"),
    Trouble("a last line that was cut", with_line("2,2025-01-01,S1").rstrip("\n"), reason="units: missing"),
    Trouble("a letter without width", with_line("2,2025-01-01,S1,tea\u200b,1,2.5"), "product_id", "tea"),
    Trouble('="007"', with_line('2,2025-01-01,S1,"=""007""",1,2.5'), "product_id", "007"),
    Trouble("a percentage", with_line("2,2025-01-01,S1,tea,10%,2.5"), reason=NUMBER),
    Trouble("a fraction", with_line("2,2025-01-01,S1,tea,1/2,2.5"), reason=NUMBER),
    Trouble("a column twice", f"{HEADER},units\n{GOOD},9\n", reason=r"columns \['units'\] more than once",
            is_refused=True),
]  # fmt: skip


def source_of(trouble: Trouble, folder: Path) -> str:
    """Writes the file; returns what is ingested: its folder, or its mapping."""
    export = folder / "export"
    export.mkdir()
    content = trouble.content if isinstance(trouble.content, bytes) else trouble.content.encode()
    (export / trouble.file).write_bytes(content)
    if not trouble.mapping:
        return str(export)
    toml = folder / "map.toml"
    toml.write_text(
        f'[tables.transactions]\nfiles = "export/{trouble.file}"\n[tables.transactions.columns]\n{trouble.mapping}\n'
    )
    return str(toml)


@pytest.mark.parametrize("trouble", [one for one in TROUBLES if not one.is_refused], ids=lambda one: one.name)
def test_what_comes_of_a_troubled_file(trouble: Trouble, tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    report = ingest(source_of(trouble, tmp_path), lake, SETTINGS, SILENT)
    rows = open_lake(lake).scan("transactions").collect().sort("transaction_id")
    reasons = list(report.tables["transactions"].reasons)
    if trouble.value is None:
        assert [reason.startswith(trouble.reason) for reason in reasons].count(True) == 1
        assert rows.height == trouble.lines - 1
    else:
        assert reasons == []
        assert rows.height == trouble.lines
        assert rows[trouble.column].to_list()[-1] == trouble.value


@pytest.mark.parametrize("trouble", [one for one in TROUBLES if one.is_refused], ids=lambda one: one.name)
def test_what_is_refused_says_why(trouble: Trouble, tmp_path: Path) -> None:
    with pytest.raises(RetailBrainError, match=trouble.reason):
        ingest(source_of(trouble, tmp_path), str(tmp_path / "lake"), SETTINGS, SILENT)
    assert not (tmp_path / "lake").exists()


def test_as_many_as_were_promised() -> None:
    assert len(TROUBLES) >= 40
    assert len({trouble.reference for trouble in TROUBLES if trouble.reference}) >= 20
