"""Looks at exports whose moments are numbers or read by no form, and at files that are not what they are called."""

import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from retail_brain.errors import DataError
from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.ingest.look.evidence import evidence
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import Row, load, moment, write
from tests.retail_brain.sources.workbooks import write_xlsx

GOODS = [(n, f"g{n % 3}", n % 4 + 1, 2.0 + n % 3) for n in range(36)]
"""Receipt, good, units and price of one."""


def seconds(n: int) -> int:
    at = moment(n)
    return at.hour * 3600 + at.minute * 60


@pytest.mark.parametrize(
    ("header", "clock"),
    [
        ("time", seconds),
        ("trans_time", lambda n: seconds(n) // 60),
        ("sale_time", lambda n: int(moment(n).strftime("%H%M"))),
        ("Time", lambda n: f"{seconds(n) / 86_400:.9f}"),
    ],
)
@pytest.mark.parametrize("day", ["%Y-%m-%d", "%d.%m.%Y", "%Y%m%d"])
def test_time_of_day_that_is_a_number_is_read(tmp_path: Path, header: str, clock: object, day: str) -> None:
    assert callable(clock)
    rows: list[Row] = [[n, moment(n).strftime(day), clock(n), "S", good, u, p] for n, good, u, p in GOODS]
    path = write(tmp_path / "sales.csv", ["receipt_no", "date", header, "store", "sku", "qty", "price"], rows)
    sold = {row["transaction_id"]: row["sold_at"] for row in load(tmp_path, path)}
    assert sold == {str(n): moment(n) for n in range(36)}


def test_serial_day_with_a_share_of_the_day_beside_it_on_several_sheets(tmp_path: Path) -> None:
    sheets: dict[str, list[list[str | int | float | None]]] = {}
    for n, good, units, price in GOODS:
        serial = (moment(n).date() - date(1899, 12, 30)).days
        sheet = sheets.setdefault(f"S{n % 2}", [["Ticket", "Shop", "Date", "Time", "SKU", "Units", "Unit price"]])
        sheet.append([f"T{n}", f"S{n % 2}", serial, seconds(n) / 86_400, good, units, price])
    (tmp_path / "in").mkdir()
    write_xlsx(tmp_path / "in" / "tickets.xlsx", sheets)
    sold = {row["transaction_id"]: row["sold_at"] for row in load(tmp_path, tmp_path / "in" / "tickets.xlsx")}
    assert sold == {f"T{n}": moment(n) for n in range(36)}


def test_numbers_of_days_ask_for_the_day_they_count_from(tmp_path: Path) -> None:
    rows: list[Row] = [[n, n % 20 + 1, seconds(n), "S", good, u, u * p] for n, good, u, p in GOODS]
    path = write(tmp_path / "panel.csv", ["basket_id", "day", "trans_time", "store", "upc", "qty", "spend"], rows)
    seen = look(str(path))
    assert seen.questions == ("'day' counts days, 1 to 20: write the day of number 0 in the place of YYYY-MM-DD",)
    line = '# sold_at = { columns = ["day", "trans_time"], format = "days since YYYY-MM-DD seconds" }'
    assert line in seen.mapping
    filled = seen.mapping.replace(line, line.removeprefix("# ").replace("YYYY-MM-DD", "2025-12-31"))
    (tmp_path / "filled.toml").write_text(filled, encoding="utf-8")
    ingest(str(tmp_path / "filled.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    first = open_lake(str(tmp_path / "lake")).scan("transactions").collect().sort("sold_at")["sold_at"][0]
    assert first == datetime(2026, 1, 1, *divmod(seconds(0) // 60, 60))


def test_dates_that_no_form_fits_are_named_with_their_column(tmp_path: Path) -> None:
    rows: list[Row] = [[n, f"week {n % 9} of 26", "S", good, u, p] for n, good, u, p in GOODS]
    header = ["transaction_id", "sold_at", "store_id", "product_id", "units", "unit_price"]
    seen = look(str(write(tmp_path / "transactions.csv", header, rows)))
    assert "transactions.csv: feeds transactions" in seen.lines
    (question,) = seen.questions
    assert question.startswith(
        "'sold_at' names the moment, but no form of dates fits its values, such as week 0 of 26,"
    )
    assert '# sold_at = { column = "sold_at", format = "FORM" }' in seen.mapping


def test_refusal_of_dates_that_no_form_fits_proposes_the_mapping(tmp_path: Path) -> None:
    rows: list[Row] = [[n, f"week {n % 9}", "S", good, u, p] for n, good, u, p in GOODS]
    write(tmp_path / "sales.csv", ["receipt_no", "date", "store", "sku", "qty", "price"], rows)
    assert "fill in and uncomment" in look(str(tmp_path)).mapping


def test_damaged_workbook_is_called_one(tmp_path: Path) -> None:
    path = tmp_path / "sales.xlsx"
    path.write_bytes(bytes(range(200, 256)) + bytes(600))
    with pytest.raises(DataError, match=r"sales\.xlsx is no workbook: it begins with the bytes c8 c9 ca cb") as caught:
        look(str(path))
    assert str(caught.value).endswith("as .xlsx or CSV.")
    write_xlsx(path, {"S": [["a", "b"], [1, 2]]})
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=r"whole workbook, without a password\.$"):
        look(str(path))


def test_table_of_text_that_is_called_a_workbook_is_read_in_its_encoding(tmp_path: Path) -> None:
    rows: list[Row] = [
        [n, moment(n).strftime("%Y.%m.%d"), f"{'上午' if moment(n).hour < 12 else '下午'}{moment(n):%I:%M:%S}", "朝阳",
         good, u, p]
        for n, good, u, p in GOODS
    ]  # fmt: skip
    header = ["单据号", "销售日期", "销售时间", "门店", "商品条码", "数量", "售价"]
    path = write(tmp_path / "流水.xls", header, rows, encoding="gb18030", mark="\t")
    sold = {row["transaction_id"]: row["sold_at"] for row in load(tmp_path, path)}
    assert sold == {str(n): moment(n) for n in range(36)}


def test_archive_of_files_of_one_table_is_looked_at(tmp_path: Path) -> None:
    parts = [
        write(tmp_path / f"p{part}.csv", ["receipt_no", "sold_at", "store", "sku", "qty", "price"],
              [[n, moment(n), "S", good, u, p] for n, good, u, p in GOODS if n % 2 == part])
        for part in range(2)
    ]  # fmt: skip
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / "sales.zip", "w") as archive:
        for part in parts:
            archive.write(part, part.name)
    assert len(load(tmp_path, tmp_path / "in" / "sales.zip")) == 36
    with zipfile.ZipFile(tmp_path / "in" / "sales.zip", "a") as archive:
        archive.writestr("stores.csv", "store_id,name\nS,Shop\n")
    seen = look(str(tmp_path / "in" / "sales.zip"))
    assert 'files = ["sales.zip/p0.csv", "sales.zip/p1.csv"]' in seen.mapping
    assert 'files = "sales.zip/stores.csv"' in seen.mapping
    assert len(load(tmp_path, tmp_path / "in" / "sales.zip")) == 36


def test_folder_without_data_says_which_endings_are_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no data file is there, such as \.parquet, \.csv, \.tsv, \.txt\.$"):
        look(str(tmp_path))


@pytest.mark.parametrize(
    ("header", "form"),
    [("Heure", "%Hh%M"), ("时间", "%H时%M分"), ("Hora", "%I:%M p. m."), ("Uhrzeit", "%H:%M:%S"), ("Zeit", "%H.%M")],
)
def test_time_of_day_with_letters_is_read(tmp_path: Path, header: str, form: str) -> None:
    def clock(n: int) -> str:
        at = moment(n)
        return at.strftime(form.replace("p.", "a.") if at.hour < 12 else form)

    rows: list[Row] = [[n, moment(n).strftime("%d/%m/%Y"), clock(n), "S", good, u, p] for n, good, u, p in GOODS]
    path = write(tmp_path / "sales.csv", ["receipt_no", "date", header, "store", "sku", "qty", "price"], rows)
    sold = {row["transaction_id"]: row["sold_at"] for row in load(tmp_path, path)}
    assert sold == {str(n): moment(n) for n in range(36)}


def test_texts_and_serial_days_in_one_column_are_read_by_both_forms(tmp_path: Path) -> None:
    def day(n: int, text: str) -> str:
        return str((moment(n).date() - date(1899, 12, 30)).days) if n % 2 else moment(n).strftime(text)

    header = ["单据编号", "单据日期", "仓库", "商品编码", "商品全名", "数量", "单价"]
    rows: list[Row] = []
    for n, good, u, p in GOODS:
        rows += [[n, day(n, "%Y/%m/%d"), "S", good, "Tea", u, p], ["", "", "", "小计", "", u, ""]]
    sold = {row["transaction_id"]: row["sold_at"] for row in load(tmp_path, write(tmp_path / "a.csv", header, rows))}
    assert sold == {str(n): datetime.combine(moment(n), datetime.min.time()) for n in range(36)}
    rows = [[n, day(n, "%d/%m/%Y"), "S", good, "Tea", u, p] for n, good, u, p in GOODS]
    (question,) = look(str(write(tmp_path / "b.csv", header, rows))).questions
    assert "turns those up to 12 round" in question


def test_serial_days_with_a_decimal_comma_below_totals_of_days(tmp_path: Path) -> None:
    rows: list[Row] = []
    for n, good, u, p in GOODS:
        serial = (moment(n) - datetime(1899, 12, 30)).total_seconds() / 86_400
        rows.append([n, f"{serial:.6f}".replace(".", ","), "Köln", good, f"{u},0", f"{u * p:.2f}".replace(".", ",")])
        rows.append([f"Summe {moment(n):%d.%m.%Y}", "", "", "", "", ""])
    header = ["Beleg", "Zeitpunkt", "Filiale", "Artikelnr", "Menge", "Betrag"]
    sold = load(tmp_path, write(tmp_path / "kasse.csv", header, rows, mark=";"))
    assert {row["transaction_id"]: (row["sold_at"], row["unit_price"]) for row in sold} == {
        str(n): (moment(n), p) for n, _, _, p in GOODS
    }


@pytest.mark.parametrize("form", ["{0.month}/{0.day}/{0.year}", "{0.day}.{0.month}.{0.year}"])
def test_columns_of_days_in_a_form_of_a_country(tmp_path: Path, form: str) -> None:
    days = [date(2026, 1, 9 + place) for place in range(8)]
    rows = [[store, code, name, *range(8), 28] for store in ("S1", "S2") for code, name in (("A-1", "Tea"),)]
    header = ["Store", "Item", "Description", *(form.format(day) for day in days), "Total"]
    sold = load(tmp_path, write(tmp_path / "units.csv", header, rows), "daily_sales")
    assert {(row["store_id"], row["date"], row["product_id"], row["units"]) for row in sold} == {
        (store, day, "A-1", place) for store in ("S1", "S2") for place, day in enumerate(days)
    }


def test_columns_of_days_that_two_forms_fit_ask(tmp_path: Path) -> None:
    header = ["Store", "Item", "Description", *(f"{day}/1/2026" for day in range(1, 8))]
    seen = look(str(write(tmp_path / "units.csv", header, [["S", f"A-{n}", "Tea", *range(7)] for n in range(4)])))
    assert len(seen.questions) == 1
    assert '# date = { format = "%d/%m/%Y" }\n# date = { format = "%m/%d/%Y" }' in seen.mapping


@pytest.mark.parametrize(
    ("ahead", "form", "example"), [(543, "%d/%m/{year}", "29/02/2567"), (-1911, "{year}/%m/%d", "113/02/29")]
)
def test_years_of_other_calendars_are_read_and_their_leap_days(
    tmp_path: Path, ahead: int, form: str, example: str
) -> None:
    days = [datetime(2024, 2, 20) + timedelta(days=n) for n in range(30)]
    texts = [day.strftime(form.format(year=day.year + ahead)) for day in days]
    assert example in texts
    rows = [[n, text, f"{9 + n % 9:02}:30", "A", "x", 1, 2] for n, text in enumerate(texts)]
    header = ["Receipt", "Date", "Time", "Store", "SKU", "Qty", "Price"]
    lines = load(tmp_path, write(tmp_path / "sales.csv", header, rows))
    assert [row["sold_at"] for row in lines] == [day.replace(hour=9 + n % 9, minute=30) for n, day in enumerate(days)]


@pytest.mark.parametrize("between", [" ", ", "])
@pytest.mark.parametrize("clock", ["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p"])
def test_a_blank_or_a_comma_stands_between_day_and_time(between: str, clock: str) -> None:
    form = f"%d %b %Y{between}{clock}"
    assert evidence(pl.Series([moment(n).strftime(form) for n in range(20)])).dates == (form,)


def test_numbers_of_shops_are_no_years(tmp_path: Path) -> None:
    rows = [[n, moment(n), f"{101 + n % 9}", "x", 1, 2] for n in range(30)]
    lines = load(tmp_path, write(tmp_path / "sales.csv", ["Receipt", "Date", "Store", "SKU", "Qty", "Price"], rows))
    assert lines[0]["store_id"] == "101"


@pytest.mark.parametrize(
    ("days", "forms"),
    [
        ([(2024, 4, day) for day in range(1, 28, 3)], ("%d/%m/%y %H:%M",)),
        ([(2012 + day // 4, 1 + day % 12, day) for day in range(1, 28)], ("%d/%m/%y %H:%M", "%y/%m/%d %H:%M")),
        ([(2024, 4, 5), (2024, 4, 6)], ("%d/%m/%y %H:%M", "%m/%d/%y %H:%M", "%y/%m/%d %H:%M")),
    ],
)
def test_short_year_at_either_end_is_told_by_days_that_lie_close_together(
    days: list[tuple[int, int, int]], forms: tuple[str, ...]
) -> None:
    texts = [f"{day}/{month}/{year % 100} 19:32" for year, month, day in days]
    seen = evidence(pl.Series(texts))
    assert set(seen.dates) == set(forms)
