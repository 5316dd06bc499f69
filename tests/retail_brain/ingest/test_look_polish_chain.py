"""A look at the folder of a chain: orders to suppliers, terms of supply, shops, who looks after whom; one encoding."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.report import Look

ORDERS = (
    "Nr zamówienia;Sklep;Kod dostawcy;Kod kreskowy;Ilość zamówiona;Ilość dostarczona;Planowana data dostawy;Status\n"
    + "".join(
        f"ZAM/{n:04}/11/2026;0{n % 3 + 1};D0{n % 4 + 1};{5901234000000 + n % 7};{6 * n},000;0,000;{n + 1:02}.12.2026;"
        f"{'anulowane' if n == 3 else 'w realizacji'}\n"
        for n in range(1, 25)
    )
)
SUPPLIERS = "Kod dostawcy;Nazwa dostawcy;Minimum logistyczne\n" + "".join(
    f"D0{n};Hurtownia Świt {n};{n}00,00\n" for n in range(1, 5)
)
TERMS = "Sklep;Kod kreskowy;Kod dostawcy;Czas dostawy (dni);Cykl zamówień (dni);Opakowanie zbiorcze\n" + "".join(
    f"0{shop};{5901234000000 + n};D0{n % 4 + 1};{n % 3 + 2};7;6\n" for shop in (1, 2, 3) for n in range(7)
)
SHOPS = (
    "Kod sklepu;Nazwa sklepu;Województwo;Szerokość geogr.;Długość geogr.;Data otwarcia\n"
    "01;Apteka Rynek;małopolskie;50,0617;19,9373;02.03.2015\n02;Apteka Łódź;łódzkie;51,779;19,449;19.05.2016\n"
    "03;Drogeria Wrzeszcz;pomorskie;54,381;18,606;01.09.2017\n"
)
GUIDES = "Kod opiekuna;Imię i nazwisko;Sklep\nG1;Barbara Żuk;01\nG2;Marek Śliwa;01\nG3;Jolanta Łoś;02\n"
GOODS = "Kod kreskowy;Nazwa;Grupa;Podgrupa;Producent;Cena zakupu netto;Cena detaliczna\n" + "".join(
    f"{5901234000000 + n};Żółty żel łagodzący {n};Kosmetyki;Twarz;Ćwik;{n + 3},19;{n + 6},99\n" for n in range(7)
)


def _part(seen: Look, table: str) -> str:
    """The keys and columns of a table in the mapping."""
    return seen.mapping.partition(f"[tables.{table}]")[2].partition("\n\n[tables.")[2].partition("\n\n[tables.")[0]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Look:
    folder: Path = tmp_path_factory.mktemp("chain")
    texts = {
        "Zamowienia_do_dostawcow": ORDERS,
        "Dostawcy": SUPPLIERS,
        "Warunki_dostaw": TERMS,
        "Sklepy": SHOPS,
        "Opiekunowie": GUIDES,
        "Kartoteka_towarow": GOODS,
    }
    for name, text in texts.items():
        (folder / f"{name}.csv").write_bytes(text.encode("cp1250"))
    return look(str(folder))


def test_orders_to_suppliers_are_no_sales_and_suppliers_no_goods(seen: Look) -> None:
    assert "[tables.open_orders]" in seen.mapping
    assert "daily_sales" not in seen.mapping
    assert 'product_id = "Kod dostawcy"' not in seen.mapping
    assert 'received_units = { column = "Ilość dostarczona", decimal = "," }' in seen.mapping


def test_a_letter_or_two_are_read_in_the_encoding_of_the_other_files(seen: Look) -> None:
    assert 'encoding = "cp1252"' not in seen.mapping
    assert 'review_period_days = "Cykl zamówień (dni)"' in seen.mapping


def test_shops_have_names_and_places_and_their_people_are_no_shops(seen: Look) -> None:
    stores = _part(seen, "stores")
    assert '[tables.stores]\nfiles = "Sklepy.csv"' in seen.mapping
    assert 'name = "Nazwa sklepu"' in stores
    assert 'region = "Województwo"' in stores
    assert 'latitude = { column = "Szerokość geogr.", decimal = "," }' in stores
    guides = _part(seen, "guides")
    assert 'guide_id = "Kod opiekuna"' in guides


def test_goods_have_costs_subgroups_and_makers(seen: Look) -> None:
    goods = _part(seen, "products")
    assert 'subcategory = "Podgrupa"' in goods
    assert 'brand = "Producent"' in goods
    assert 'unit_cost = { column = "Cena zakupu netto", decimal = "," }' in goods


def test_rows_are_described_also_while_something_is_asked(tmp_path: Path) -> None:
    lines = "".join(f"r{n};0{n % 9 + 1}/0{n % 8 + 1}/2026;a{n % 5};{n % 3 + 1};{n % 5 + 1},50\n" for n in range(40))
    (tmp_path / "sales.csv").write_text(f"receipt;date;sku;qty;price\n{lines}", encoding="utf-8")
    asked = look(str(tmp_path))
    assert asked.questions
    assert any(line.startswith("Read by the first way") for line in asked.lines)
    assert any("rows looked at" in line for line in asked.lines)
