"""Who bought beside the accounts of nobody, fields behind the letters of a table, shops and stock by places."""

import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.columns import columns_of
from retail_brain.ingest.look.contacts_of_shops import without_contacts_of_shops
from retail_brain.ingest.look.not_goods import nobody_of
from tests.retail_brain.ingest.test_look import load, write
from tests.retail_brain.ingest.test_look_sums import LINES

FIRMS = ["Hotel Alpenblick", "Café Rösti", "Praxis Dr. Noll", "Kita Sonne", "Bäckerei Lutz"]
"""Names of accounts beside the one of nobody."""


def tables(folder: Path) -> Any:
    return tomllib.loads(look(str(folder)).mapping)["tables"]


def day(number: int) -> str:
    return f"{1 + number % 28:02d}.03.2026"


def test_account_is_of_nobody_where_the_title_beside_it_says_so(tmp_path: Path) -> None:
    head = ["Belegnr", "Datum", "Filiale", "Debitor", "Debitor Bezeichnung", "Artikelnr", "Menge", "Einzelpreis"]
    for place, name in enumerate(["LAUFKUNDSCHAFT", "-"]):  # a dash says but that the name is not known
        rows: list[list[object]] = []
        for n, _, good, price, units in LINES:
            firm = n % 10
            titled = [f"D{1000 + firm}", FIRMS[firm]] if firm < len(FIRMS) else ["D9999", name]
            rows.append([f"R{n:05d}", day(n), "Mitte", *titled, good, units, price])
        folder = tmp_path / str(place)
        write(folder / "belege.csv", head, rows)
        column = tables(folder)["transactions"]["columns"]["customer_id"]
        assert column == ({"column": "Debitor", "blank": ["D9999"]} if not place else "Debitor"), name
    known = sum(n % 10 < len(FIRMS) for n, *_ in LINES)
    assert sum(row["customer_id"] is not None for row in load(tmp_path, tmp_path / "0")) == known


def test_words_for_nobody_in_capitals_of_turkish_and_in_codes_with_the_number_of_a_shop() -> None:
    values = pl.Series(["PEŞİN MÜŞTERİ", "Kasa Müşterisi", "LAUFKUNDE03", "07-WALKIN", "02COMPTOIR", "COMPTOIR SUD"])
    assert nobody_of(values) == values.head(5).to_list()


def test_name_of_who_bought_beside_goods_with_a_name_of_their_own(tmp_path: Path) -> None:
    people = ["K17 Ada Berg", "K20 Leo Falk", "K23 Mia Holm", "K31 Eva Strand", "9 Walk-in", "K44 Ivo Lund"]
    rows = [
        [day(n), f"V{n}", people[n % 6], f"Shop {n % 2}", good, f"{good.title()} Deluxe", units, price]
        for n, _, good, price, units in LINES
    ]
    head = ["Datum", "Voucher number", "Name", "Site", "Item", "Description", "Quantity", "Unit price"]
    write(tmp_path / "Sales lines.csv", head, rows)
    stock = [
        [good, f"{good.title()} Deluxe", f"Shop {shop}", 3 + shop * n, n]
        for n, good in enumerate(sorted({good for _, _, good, *_ in LINES}))
        for shop in range(2)
    ]
    write(
        tmp_path / "Stock per site 2026-03-31.csv",
        ["Item", "Description", "Site", "Site On Hand", "Site On Order"],
        stock,
    )
    found = tables(tmp_path)
    assert found["transactions"]["columns"]["customer_id"] == {"column": "Name", "blank": ["9 Walk-in"]}
    assert found["transactions"]["columns"]["store_id"] == "Site"
    columns = found["inventory"]["columns"]
    assert (columns["on_hand"], columns["on_order"], columns["store_id"]) == ("Site On Hand", "Site On Order", "Site")


def test_shops_are_shops_whatever_list_of_prices_they_sell_by() -> None:
    rows = pl.DataFrame({
        "Tienda": ["1", "2", "3"],
        "Nombre": ["Centro", "Norte", "Sur"],
        "Teléfono": ["91 555 0101", "91 555 0102", "91 555 0103"],
        "Nivel precio": ["1", "1", "2"],
    })  # fmt: skip
    for name in ("Nivel precio", "Price list", "Lista de precios"):
        found = without_contacts_of_shops(columns_of(rows.rename({"Nivel precio": name}), "tiendas"))
        assert (found.roles["store"], found.roles.get("customer")) == ("Tienda", None), name
    people = columns_of(rows.rename({"Nombre": "Apellido"}), "tiendas")
    assert without_contacts_of_shops(people).roles.get("customer") == people.roles.get("customer")


SAGE = "DO_Piece DO_Date DE_No CT_Num AR_Ref DL_Design DL_Qte DL_PrixUnitaire DL_MontantTTC"
PROTHEUS = "D2_DOC D2_EMISSAO D2_FILIAL D2_CLIENTE D2_COD D2_DESCRI D2_QUANT D2_PRCVEN D2_TOTAL"


@pytest.mark.parametrize(("names", "decimal"), [(SAGE, ","), (PROTHEUS, ".")])
def test_fields_behind_the_letters_of_a_table(tmp_path: Path, names: str, decimal: str) -> None:
    head = names.split()
    rows = [
        [
            f"T{n:05d}", f"{1 + n % 28:02d}/03/2026", f"0{1 + n % 3}", "02COMPTOIR" if n % 2 else f"C{n % 7:04d}",
            f"A{good}", good.title(), units,
            *(f"{money:.2f}".replace(".", decimal) for money in (price, price * units)),
        ]
        for n, _, good, price, units in LINES
    ]  # fmt: skip
    write(tmp_path / "export.csv", head, rows)
    lines = load(tmp_path, tmp_path)
    assert len(lines) == len(LINES)
    assert [row["unit_price"] for row in lines] == pytest.approx([price for *_, price, _ in LINES])
    found = tables(tmp_path)["transactions"]["columns"]
    assert found["customer_id"] == {"column": head[3], "blank": ["02COMPTOIR"]}
    assert (found["transaction_id"], found["product_id"], found["units"]) == (head[0], head[4], head[6])
