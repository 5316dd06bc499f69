"""Registers with heads among their lines, sheets of months, and reports with further kinds of rows beside sales."""

from pathlib import Path

import polars as pl
import pytest

from retail_brain.errors import DataError, UsageError
from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import DataSettings, Settings
from retail_brain.sources.mapping import mapping_source
from tests.retail_brain.sources.workbooks import write_xlsx

_GOODS = {"Green tea": 4, "Oolong": 7, "Kettle": 31, "Cups": 12, "Sugar": 3}
_PEOPLE = ("Anand Stores", "Cash", "Hotel Lotus", "Mira Traders")


def _ingested(folder: Path, mapping: str) -> pl.DataFrame:
    (folder / "m.toml").write_text(mapping, encoding="utf-8")
    ingest(str(folder / "m.toml"), str(folder / "lake"), Settings(data=DataSettings(max_quarantine_share=1.0)), SILENT)
    return open_lake(str(folder / "lake")).scan("transactions").collect()


def _lines(number: int) -> list[tuple[str, int, int]]:
    """Goods, units and price of the lines of a receipt."""
    names = list(_GOODS)
    chosen = [names[(number + 2 * line) % len(names)] for line in range(1 + number % 3)]
    return [(name, 1 + (number + place) % 4, _GOODS[name]) for place, name in enumerate(chosen)]


def _register(title: str) -> list[str]:
    rows = [title, "", "Date,Particulars,Kind,Voucher no,Quantity,Rate,Value,Whole"]
    for number in range(40):
        who, lines = _PEOPLE[number % len(_PEOPLE)], _lines(number)
        money = sum(units * price for _, units, price in lines)
        rows.append(f"2026-08-{1 + number // 3:02},{who},Bill,A/{200 + number},,,{money},{money + 2}")
        rows += [f",{name},,,{units},{price},{units * price}," for name, units, price in lines]
        if number % 13 == 5:
            rows.append(f"2026-08-{1 + number // 3:02},(cancelled),Bill,A/{900 + number},,,,")
    return rows


def test_heads_of_receipts_give_their_lines_who_bought(tmp_path: Path) -> None:
    (tmp_path / "register.csv").write_text("\n".join(_register("Bills of August")) + "\n", encoding="utf-8")
    seen = look(str(tmp_path / "register.csv"))
    assert not seen.questions
    assert any("43 rows with 'Voucher no' begin a receipt" in line for line in seen.lines)
    sold = _ingested(tmp_path, seen.mapping)
    wanted = [line for number in range(40) for line in _lines(number)]
    assert sold.height == len(wanted)
    assert sold["transaction_id"].n_unique() == 40
    assert sorted(sold["customer_id"].drop_nulls().unique()) == sorted(set(_PEOPLE) - {"Cash"})
    assert sold["customer_id"].null_count() == sum(len(_lines(number)) for number in range(1, 40, 4))
    assert (sold["units"] * sold["unit_price"]).sum() == pytest.approx(sum(units * each for _, units, each in wanted))


def _journal(receipts: range, kind: str, series: str) -> list[str]:
    """A register whose heads sum the units and the money of their lines, with decimal commas."""
    rows = ["Belegdatum;Bezeichnung;Belegart;Belegnummer;Menge;Einzelpreis;Netto;Brutto"]
    for number in receipts:
        who, lines = _PEOPLE[number % len(_PEOPLE)], _lines(number)
        count, money = sum(units for _, units, _ in lines), sum(units * price for _, units, price in lines)
        whole = f"{money * 1.19:.2f}".replace(".", ",")
        day = f"{1 + number // 3:02}.08.2026"
        rows.append(f"{day};{who};{kind};{series}-{200 + number};{count};;{money},00;{whole}")
        rows += [f";{name};;;{units};{price},00;{units * price},00;" for name, units, price in lines]
    return rows


def test_heads_may_sum_their_lines_and_what_came_back_has_a_file_of_its_own(tmp_path: Path) -> None:
    for stem, receipts, kind, series in (("Ausgang", range(40), "Rechnung", "R"), ("Gut", range(3), "Gutschrift", "G")):
        text = "\n".join(_journal(receipts, kind, series)) + "\n"
        (tmp_path / f"{stem}.csv").write_text(text, encoding="utf-8")
    seen = look(str(tmp_path))
    assert not seen.questions
    assert 'returns = { column = "Belegart", values = ["Gutschrift"] }' in seen.mapping
    assert any("files are of one 'Belegart' each" in line for line in seen.lines)
    assert "file_name" not in seen.mapping  # files of kinds, and of no shops
    sold = _ingested(tmp_path, seen.mapping)
    wanted = [line for number in range(40) for line in _lines(number)]
    back = [line for number in range(3) for line in _lines(number)]
    assert (sold.height, sold["transaction_id"].n_unique()) == (len(wanted) + len(back), 43)
    assert sold["units"].sum() == sum(units for _, units, _ in wanted) - sum(units for _, units, _ in back)
    assert set(sold["product_id"].unique()) == set(_GOODS)
    assert set(sold["customer_id"].drop_nulls().unique()) == set(_PEOPLE) - {"Cash"}


def test_heads_of_orders_to_suppliers_name_no_customers(tmp_path: Path) -> None:
    rows = [row.replace("Bill,", "Purchase,") for row in _register("Purchase register")]
    (tmp_path / "bought.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert "heads" not in look(str(tmp_path / "bought.csv")).mapping


@pytest.mark.parametrize(
    ("heads", "said"),
    [
        ('{ column = "No", named = { "who" = "What" } }', "no columns ['No', 'What']"),
        ('{ column = "number", named = { "item" = "item" } }', "columns ['item'] already"),
    ],
)
def test_heads_that_a_source_cannot_have_are_refused(tmp_path: Path, heads: str, said: str) -> None:
    (tmp_path / "a.csv").write_text("number,item,qty\n1,Ann,\n,Tea,2\n", encoding="utf-8")
    mapping = f'[tables.transactions]\nfiles = "a.csv"\nheads = {heads}\n[tables.transactions.columns]\nunits = "qty"\n'
    (tmp_path / "m.toml").write_text(mapping, encoding="utf-8")
    with pytest.raises(DataError, match=said.replace("[", r"\[").replace("]", r"\]")):
        mapping_source(tmp_path / "m.toml", tmp_path)


def _month(month: int, *further: str) -> list[list[str | int]]:
    rows: list[list[str | int]] = [["Datum", "Bon-Nr.", "Artikel", "Anzahl", "Preis", "Betrag", *further]]
    for number in range(20):
        for name, units, price in _lines(number):
            day = f"{1 + number:02}.{month:02}.2026"
            rows.append([day, f"{month}{number:03}", name, units, price, units * price, *("x" for _ in further)])
    return rows


def _book(folder: Path, second: list[list[str | int]]) -> Path:
    pivot: list[list[str | int]] = [["Artikel", "August", "September", "Summe"]]
    pivot += [[name, 1, 2, 3] for name in _GOODS]
    return write_xlsx(folder / "sold.xlsx", {"Alle": pivot, "August": _month(8), "September": second})


def test_sheets_of_months_are_one_table_and_their_pivot_is_none(tmp_path: Path) -> None:
    seen = look(str(_book(tmp_path, _month(9, "Farbe"))))
    assert not seen.questions
    assert any("sheet Alle: sums the sheets ['August', 'September'] and is left out" in line for line in seen.lines)
    assert 'sheet = ["August", "September"]' in seen.mapping
    sold = _ingested(tmp_path, seen.mapping)
    assert sold.height == 2 * sum(len(_lines(number)) for number in range(20))
    assert sold["transaction_id"].n_unique() == 40


def test_sheets_that_call_their_goods_by_other_names_are_tables_of_their_own(tmp_path: Path) -> None:
    other = _month(9)
    other[0] = ["Datum", "Bon-Nr.", "Produkt", "Anzahl", "Preis", "Betrag"]
    seen = look(str(_book(tmp_path, other)))
    assert any("with other columns" in question for question in seen.questions)


def test_a_sheet_of_several_that_is_not_there_is_refused(tmp_path: Path) -> None:
    _book(tmp_path, _month(9))
    mapping = '[tables.transactions]\nfiles = "sold.xlsx"\nsheet = ["August", "Oktober"]\n'
    (tmp_path / "m.toml").write_text(mapping + '[tables.transactions.columns]\nunits = "Anzahl"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="no sheet 'Oktober'"):
        mapping_source(tmp_path / "m.toml", tmp_path)


def _with_carriage(folder: Path) -> Path:
    """Lines of orders of one each, their carriage, and returns that have the number of their sale."""
    rows = ["day,shop,kind,item,qty,price,olba"]
    for number in range(60):
        name = list(_GOODS)[number % len(_GOODS)]
        day, shop = f"2026-07-{1 + number // 4:02}", ("North", "South")[number % 2]
        rows.append(f"{day},{shop},Carriage,{name},0,0,R{7 * number + 1000}.5")
        rows.append(f"{day},{shop},Sale,{name},1,{_GOODS[name]},R{7 * number + 1000}.5")
        if number % 6 == 0:
            rows.append(f"2026-07-{20 + number // 6:02},{shop},Refund,{name},1,{_GOODS[name]},R{7 * number + 1000}.5")
    (folder / "rows.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder / "rows.csv"


def test_rows_that_count_nothing_go_and_returns_show_the_number_of_receipts(tmp_path: Path) -> None:
    seen = look(str(_with_carriage(tmp_path)))
    assert any("['Carriage'] name or count no goods" in line for line in seen.lines)
    assert [question for question in seen.questions if "'olba' the number of the receipt" in question]
    chosen = seen.mapping.replace('# transaction_id = { column = "olba" }', 'transaction_id = "olba"')
    sold = _ingested(tmp_path, chosen)
    assert (sold.height, sold["transaction_id"].n_unique(), sold["units"].sum()) == (70, 60, 50)


def test_levels_to_reorder_and_weights_in_names_leave_a_list_of_goods_one(tmp_path: Path) -> None:
    rows = ["ItemCode,Name,Kind of stock,Maximum,ReorderQuantity,DefaultLocation,Status"]
    rows += [f"T-{place},{name} {place + 2}00g,Stock,60,24,North,Active" for place, name in enumerate(_GOODS)]
    (tmp_path / "goods.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    seen = look(str(tmp_path / "goods.csv"))
    assert "[tables.products]" in seen.mapping
    assert 'product_id = "ItemCode"\nname = "Name"' in seen.mapping
