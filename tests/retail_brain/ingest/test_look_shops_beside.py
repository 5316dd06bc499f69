"""Sales of days by shop with lists beside them: of shops with telephones, of offers, and of stock."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.words import role_scores
from tests.retail_brain.ingest.test_look import Row, load, write

SHOPS = ("101", "102", "107")
GOODS = 9


def tables(folder: Path) -> dict[str, Any]:
    return dict(tomllib.loads(look(str(folder)).mapping)["tables"])


def days_of_sales() -> list[Row]:
    """Sales of goods by day and shop, one row for each, without receipts; profit stands beside the turnover."""
    return [
        [shop, f"Sted {shop}", f"{day:02}.03.2026", 2100 + good, f"Vare {good}", 1 + (day + good) % 4,
         f"{(1 + (day + good) % 4) * (20 + good)},00", f"{(1 + (day + good) % 4) * (20 + good) * 4 // 5},{good}0",
         f"{(1 + (day + good) % 4) * (7 + good % 3)},50"]
        for shop in SHOPS for day in range(1, 25) for good in range(GOODS) if (day + good) % 3
    ]  # fmt: skip


def norwegian(folder: Path) -> Path:
    header = ["Butikknr", "Butikknavn", "Dato", "Varenr", "Varetekst", "Antall solgt", "Omsetning inkl. mva",
              "Omsetning ekskl. mva", "Bruttofortjeneste"]  # fmt: skip
    write(folder / "salg.csv", header, days_of_sales(), mark=";")
    shops = [[shop, f"Sted {shop}", f"Gate {shop}", f"37 52 4{place} 7{place}"] for place, shop in enumerate(SHOPS)]
    write(folder / "Butikkliste.csv", ["Butikknr", "Butikknavn", "Adresse", "Telefon"], shops, mark=";")
    goods = [[2100 + good, f"Vare {good}", "Hage" if good % 2 else "Hus", f"{20 + good},00"] for good in range(GOODS)]
    write(folder / "Vareregister.csv", ["Varenr", "Varetekst", "Varegruppe", "Utsalgspris"], goods, mark=";")
    counted = [[shop, 2100 + good, 3 + (good * 7) % 11, 0, "12,50"] for shop in SHOPS for good in range(GOODS)]
    header = ["Butikknr", "Varenr", "Beholdning", "I bestilling", "Kostpris"]
    write(folder / "Lagerbeholdning 24.03.2026.csv", header, counted, mark=";")
    offers = [[f"K{good}", 2100 + good, f"Vare {good}", f"0{good}.03.2026", f"1{good}.03.2026", f"{20 + good},00",
               f"{18 + good},00"] for good in range(1, 6)]  # fmt: skip
    header = ["Kampanjenr", "Varenr", "Varetekst", "Fra dato", "Til dato", "Førpris", "Kampanjepris"]
    return write(folder / "Kampanjer.csv", header, offers, mark=";").parent


def test_a_row_per_day_shop_and_good_without_receipts_is_of_daily_sales(tmp_path: Path) -> None:
    found = tables(norwegian(tmp_path))
    assert "transactions" not in found
    columns = found["daily_sales"]["columns"]
    assert (columns["store_id"], columns["units"]) == ("Butikknr", "Antall solgt")
    assert columns["unit_price"]["column"] == "Omsetning inkl. mva"
    assert found["stores"]["columns"]["store_id"] == "Butikknr"
    assert "customers" not in found
    assert "identities" not in found  # the telephones are those of shops
    assert found["inventory"]["columns"]["on_hand"] == "Beholdning"
    assert found["inventory"]["columns"]["on_order"] == "I bestilling"


def test_offers_whose_goods_a_list_has_add_no_goods_and_are_not_asked_about(tmp_path: Path) -> None:
    seen = look(str(norwegian(tmp_path)))
    assert not [question for question in seen.questions if "feed products" in question]
    assert "promotions" in tomllib.loads(seen.mapping)["tables"]


@pytest.mark.parametrize(
    "header",
    [
        ["branch_no", "branch_name", "branch_man", "address", "branch_tel"],
        ["Store ID", "Store name", "Manager", "Street", "Phone"],
        ["Filiale", "Bezeichnung", "Leitung", "Straße", "Telefon"],
        ["门店编号", "门店名称", "店长", "地址", "电话"],
    ],
)
def test_the_telephone_of_a_shop_is_no_customer(tmp_path: Path, header: list[str]) -> None:
    rows = [[f"000{n}", f"Place {n}", "Wang" if n % 2 else "Li", f"Road {n}", f"0571-8888000{n}"] for n in range(1, 5)]
    found = tables(write(tmp_path / "list.csv", header, rows).parent)
    assert list(found) == ["stores"]
    assert found["stores"]["columns"]["store_id"] == header[0]


def test_people_with_a_shop_of_their_own_stay_people(tmp_path: Path) -> None:
    header = ["Store", "Phone", "First name", "Last name", "Birthday"]
    rows = [[f"S{n}", f"0571-8888000{n}", "Ann", f"Li{n}", f"1990-02-0{n}"] for n in range(1, 5)]
    assert "stores" not in tables(write(tmp_path / "people.csv", header, rows).parent)


@pytest.mark.parametrize(
    ("file", "name", "code", "count", "total"),
    [
        ("Stock 2026-03-31", "Product name", "SKU", "Qty - {}", "Total"),
        ("Bestand 2026-03-31", "Bezeichnung", "Artikelnummer", "Menge: {}", "Gesamt"),
        ("المخزون 2026-03-31", "اسم المنتج", "رمز المنتج", "الكمية - {}", "إجمالي الكمية"),
    ],
)
def test_quantities_per_shop_are_stock_in_a_file_that_says_so(
    tmp_path: Path, file: str, name: str, code: str, count: str, total: str
) -> None:
    shops = ("North", "Mill Lane", "Harbour")
    rows = [[f"Tea {n}", 600100 + n, n + 2, 3 * n + 1, 40 - n, 43 + 3 * n] for n in range(12)]
    write(tmp_path / "x" / f"{file}.csv", [name, code, *(count.format(shop) for shop in shops), total], rows)
    sold = [
        [
            f"INV-{n // 2}",
            f"2026-03-{1 + n // 2 % 28:02} 10:{n // 2:02}",
            shops[n // 2 % 3],
            600100 + n % 12,
            1 + n % 3,
            "9.50",
        ]
        for n in range(60)
    ]
    write(tmp_path / "x" / "sales.csv", ["receipt", "time", "store", "product", "units", "price"], sold)
    stock = load(tmp_path, tmp_path / "x", "inventory")
    assert {str(row["store_id"]) for row in stock} == set(shops)
    assert sum(float(str(row["on_hand"])) for row in stock) == sum(int(str(row[-1])) for row in rows)


def test_quantities_per_shop_may_have_been_sold_where_no_word_says_stock(tmp_path: Path) -> None:
    rows = [[f"Tea {n}", 600100 + n, n + 2, 3 * n + 1] for n in range(12)]
    path = write(tmp_path / "list.csv", ["Product name", "SKU", "Qty - North", "Qty - South"], rows)
    assert "[tables.inventory]" not in look(str(path)).mapping


def test_profit_is_no_money_that_was_paid() -> None:
    for name in ("Bruttofortjeneste", "Bruttogewinn", "Nettowinst"):
        assert "amount" not in role_scores(name), name
    assert "amount" in role_scores("Bruttoumsatz")
