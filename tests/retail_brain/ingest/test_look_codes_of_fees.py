"""Lines that are carriage and payment by their codes, people under `Name`, limits of stock, groups and notes."""

import tomllib
from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.not_goods import nobody_of
from retail_brain.ingest.look.words import role_scores
from tests.retail_brain.ingest.test_look import Row, load, moment, write
from tests.retail_brain.sources.workbooks import Cell, write_xlsx

_GOODS = (("HON-1", "Honey", 120.0), ("WAX-2", "Candle", 95.5), ("TEA-3", "Tea", 49.9), ("JAM-4", "Jam", 60.0))


def _orders(folder: Path, carriage: str, payment: str, *, units: int = 1) -> Path:
    """Orders of one to three goods, each with a line of carriage and one of a payment, whose names say nothing."""
    rows: list[Row] = []
    for number in range(40):
        head = [f"2026{number:04}", moment(number), f"u{number % 9}@x.org", f"Town {number % 3}"]
        for place in range(1 + number % 3):
            code, name, price = _GOODS[(number + place) % 4]
            rows.append([*head, name, code, 1 + place, price])
        rows.append([*head, ("Parcel shop", "Our van")[number % 2], f"{carriage}{1 + number % 2}", units, 79.0])
        rows.append([*head, ("By card", "On delivery")[number % 2], f"{payment}{1 + number % 2}", 1, 0.0])
    header = ["code", "date", "email", "billCity", "itemName", "itemCode", "quantity", "itemUnitPriceWithVat"]
    return write(folder / "orders.csv", header, rows, mark=";")


@pytest.mark.parametrize(
    ("carriage", "payment"),
    [("SHIPPING", "BILLING"), ("VERSAND-", "ZAHLUNG-"), ("doprava_", "platba_"), ("运费", "手续费")],
)
def test_lines_of_carriage_and_payment_are_known_by_their_codes(tmp_path: Path, carriage: str, payment: str) -> None:
    rows = load(tmp_path, _orders(tmp_path / "x", carriage, payment))
    assert len(rows) == sum(1 + number % 3 for number in range(40))
    assert {row["product_id"] for row in rows} == {code for code, *_ in _GOODS}
    assert {row["store_id"] for row in rows} == {"1"}  # where the bill goes is no shop


@pytest.mark.parametrize(("code", "units"), [("SHIP-A", 1), ("SHIPPING", 2), ("MODEL", 1)])
def test_goods_whose_codes_only_look_so_stay(tmp_path: Path, code: str, units: int) -> None:
    seen = look(str(_orders(tmp_path / "x", code, "PLATE", units=units)))
    assert "are carriage and ways to pay" not in "\n".join(seen.lines)


@pytest.mark.parametrize("form", ["C{} {}", "{} : {}", "{1} (C{0})"])
def test_a_name_that_all_goods_of_a_receipt_share_is_the_customer(tmp_path: Path, form: str) -> None:
    people = ("Ann Lee", "Bo Chen", "Cy Diaz", "Di Ernst", "Walk-In Customer")
    rows: list[Row] = []
    for number in range(60):
        person = form.format(1000 + number % 5, people[number % 5])
        for place in range(1 + number % 3):
            code, name, price = _GOODS[(number + place) % 4]
            rows.append([moment(number), f"CS{number}", person, ("North", "South")[number % 2], code, name, 1, price])
    header = ["Date", "Document Number", "Name", "Location", "Item", "Description", "Quantity", "Item Rate"]
    sold = load(tmp_path, write(tmp_path / "x" / "sales.csv", header, rows))
    assert len({row["customer_id"] for row in sold if row["customer_id"]}) == 4
    assert sum(row["customer_id"] is None for row in sold) == sum(1 + n % 3 for n in range(60) if n % 5 == 4)


@pytest.mark.parametrize("who", ["C1000 Walk-In Customer", "12 - Laufkunde", "散客", "Cash Sale (C7)", "K-3: Guest"])
def test_nobody_has_a_number(who: str) -> None:
    assert nobody_of(pl.Series([who, "C1001 Ann Guest", "Cash Lee"])) == [who]


def test_limits_of_stock_are_no_shops_and_measures_none(tmp_path: Path) -> None:
    goods: list[Row] = [
        [100 + n, f"Item {n}", "UN" if n % 3 else "KG", f"{9 + n},90", f"{n - 1},00", "0,00", "0,00"] for n in range(30)
    ]
    names = ["ID", "Descrição", "Unidade", "Preço", "Estoque", "Estoque máximo", "Estoque mínimo"]
    write(tmp_path / "x" / "produtos_2026-09-14.csv", names, goods, mark=";")
    lines: list[Row] = [
        [f"R{n}", moment(n), 100 + n % 30, f"Item {n % 30}", "1,00", f"{9 + n % 30},90", ("Loja 1", "Loja 2")[n % 2]]
        for n in range(80)
    ]
    head = ["N° do Pedido", "Data", "ID produto", "Descrição", "Quantidade", "Valor unitário", "Loja"]
    write(tmp_path / "x" / "pedidos.csv", head, lines, mark=";")
    seen = look(str(tmp_path / "x"))
    tables = tomllib.loads(seen.mapping)["tables"]
    assert tables["inventory"]["columns"]["on_hand"] == {"column": "Estoque", "decimal": ","}
    assert "wide" not in tables["inventory"]
    assert "store_id" not in tables["inventory"]["columns"], "of which of two shops is asked"
    assert any("of which shop is the stock" in question for question in seen.questions)
    assert '# store_id = { constant = "Loja 2" }' in seen.mapping
    assert tables["prices"]["columns"]["unit_price"] == {"column": "Preço", "decimal": ","}
    assert "file_name" in tables["prices"]["columns"]["valid_from"]


def test_a_sheet_of_groups_is_no_list_of_goods_and_numbers_are_no_seconds(tmp_path: Path) -> None:
    features = ["Feature", "Value", "Feature", "Value"]
    goods: list[list[Cell]] = [
        [f"SG-{n}", f"Seed {n}", 20 + n, [None, 0, 5, 7, 12, 40][n % 6], 101 + n % 4, f"Group {n % 4}", 1700000001 + n,
         "10%" if n % 5 == 0 else None, "Pack", "1 g", "State", "New"]
        for n in range(48)
    ]  # fmt: skip
    names = [
        "Код_товару",
        "Назва_позиції",
        "Ціна",
        "Кількість",
        "Номер_групи",
        "Назва_групи",
        "Ідентифікатор",
        "Знижка",
    ]
    groups: list[list[Cell]] = [[101 + n, f"Group {n}", 88410221 + n] for n in range(4)]
    sheets: dict[str, list[list[Cell]]] = {
        "Products": [[*names, *features], *goods],
        "Groups": [["Номер_групи", "Назва_групи", "Ідентифікатор_групи"], *groups],
    }
    (tmp_path / "x").mkdir()
    seen = look(str(write_xlsx(tmp_path / "x" / "export.xlsx", sheets)))
    tables = tomllib.loads(seen.mapping)["tables"]
    assert "transactions" not in tables
    assert tables["products"]["columns"]["product_id"] == "Код_товару"
    assert tables["products"]["sheet"] == "Products"
    assert any("'Кількість'" in question and "stock" in question for question in seen.questions)
    assert tables["prices"]["columns"]["unit_price"] == "Ціна"
    assert any("which is not taken off their price" in line for line in seen.lines)


@pytest.mark.parametrize(
    "name",
    ["用户备注", "买家留言", "Customer Note", "Kundennotiz", "客户等级", "Customer Group", "Note client", "고객메모"],
)
def test_what_is_said_about_people_tells_nobody_apart(name: str) -> None:
    assert "customer" not in role_scores(name)


@pytest.mark.parametrize("name", ["Customer Name", "Kundennummer", "会员卡号", "Customer Email", "Buyer"])
def test_who_they_are_still_does(name: str) -> None:
    assert "customer" in role_scores(name)
