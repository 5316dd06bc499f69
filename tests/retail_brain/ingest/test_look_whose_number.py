"""Files of sales beside lists of shops, people and goods: whose number each is, and what was done on each line."""

import tomllib
from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.columns import columns_of
from retail_brain.ingest.look.words import role_scores
from tests.retail_brain.ingest.test_look import load, moment, write
from tests.retail_brain.ingest.test_look_sums import LINES

GOODS = tuple(f"A{n:03}" for n in range(7))
SHOPS = ("552081317000766", "552081317001434", "552081317002211")


def chain(folder: Path, number: str, midnight: str = "00:00:00") -> Path:
    """Lines of three shops with sales, returns and purchases in words, and a list of the shops."""
    head = [number, "no_ticket", "date_ticket", "heure", "code_vendeur", "code_client", "libelle_operation"]
    rows = []
    for n in range(80):
        day = f"{moment(n):%d/%m/%Y} {midnight}".strip()
        kind = "Achat fournisseur" if n == 30 else "Retour client" if n in (11, 45) else "Vente de marchandises"
        for line in range(1 + n % 3):
            place = (n + 2 * line) % 7
            shared = [SHOPS[n % 3], 5000 + n, day, f"{moment(n):%H:%M}", f"V{(n * 5) % 4}", f"C{n % 23:03}", kind]
            units = 1 + (n + line) % 2
            price = 12.5 + 3 * place
            rows.append([*shared, GOODS[place], units, price, f"{units * price:.2f}"])
    write(folder / "lignes.csv", [*head, "code_article", "quantite", "prix_unitaire", "montant"], rows, mark=";")
    list_head = [number, "enseigne", "ville", "telephone"]
    shops = [[shop, f"Boutique {n}", ("Lyon", "Dijon")[n % 2], f"038000100{n}"] for n, shop in enumerate(SHOPS)]
    write(folder / "lieux.csv", list_head, shops, mark=";")
    people = [[f"C{n:03}", f"Personne {'ABCDEFGH'[n % 8]}{n}", f"p{n}@exemple.fr"] for n in range(23)]
    write(folder / "clients.csv", ["code_client", "nom_client", "email"], people, mark=";")
    return folder


def test_number_of_the_shop_that_a_list_has_is_no_customer_and_no_seller_is_the_shop(tmp_path: Path) -> None:
    folder = chain(tmp_path / "x", "siret_magasin")
    tables = tomllib.loads(look(str(folder)).mapping)["tables"]
    assert {name: one["files"] for name, one in tables.items() if name in ("stores", "customers")} == {
        "stores": "lieux.csv",
        "customers": "clients.csv",
    }
    lines = load(tmp_path, folder)
    assert {line["store_id"] for line in lines} == set(SHOPS)
    assert sum(float(str(line["units"])) < 0 for line in lines) == sum(1 + n % 3 for n in (11, 45))
    assert len(lines) == sum(1 + n % 3 for n in range(80) if n != 30)
    assert min(str(line["sold_at"]) for line in lines) == "2026-01-02 09:00:00"
    assert len({line["customer_id"] for line in lines}) == 23


@pytest.mark.parametrize("form", ["%m/%d/%Y 12:00:00 AM", "%Y/%m/%d 上午 12:00:00", "%Y-%m-%dT00:00:00", "%d.%m.%Y"])
def test_midnight_behind_a_day_makes_way_for_the_time_of_day(tmp_path: Path, form: str) -> None:
    rows = [[n, f"{moment(n):{form}}", f"{moment(n):%H%M}", good, units, price] for n, _, good, price, units in LINES]
    head = ["Order No", "Date", "Time", "SKU", "Qty", "Price"]
    lines = load(tmp_path, write(tmp_path / "x" / "orders.csv", head, rows))
    assert sorted({line["sold_at"] for line in lines}, key=str) == sorted({moment(n) for n, *_ in LINES})


def test_tax_numbers_are_of_the_seller_or_of_who_bought() -> None:
    for name in (
        "CNPJ da loja",
        "emitente_cnpj",
        "RUT emisor",
        "NIP sprzedawcy",
        "ИНН продавца",
        "销方税号",
        "Store VAT ID",
    ):
        assert role_scores(name).keys() == {"store"}, name
    assert role_scores("cnpj").keys() == role_scores("CNPJ do cliente").keys() == {"customer"}
    assert "store" not in role_scores("NIP nabywcy")
    assert role_scores("BusinessUnitID").keys() == role_scores("OPERATINGUNITNUMBER").keys() == {"store"}
    assert not role_scores("Unit")


def test_a_text_on_most_goods_names_none_of_them() -> None:
    rows = pl.DataFrame(
        {
            "SKU": [good for _, _, good, *_ in LINES],
            "Qty": [str(units) for *_, units in LINES],
            "Price": [f"{price:.2f}" for *_, price, _ in LINES],
            "Description": ["Sale of goods" if n % 9 else "Goods returned" for n, *_ in LINES],
            "Item": [f"Ware {good}" for _, _, good, *_ in LINES],
        }
    )
    assert columns_of(rows).roles["product_name"] == "Item"
    assert "product_name" not in columns_of(rows.drop("Item")).roles
    sizes = pl.DataFrame(
        {"SKU": [f"S{n % 12}" for n in range(60)], "Qty": ["1", "2", "3"] * 20, "Price": ["9.50"] * 60}
    )
    named = sizes.with_columns(
        pl.when(pl.col("SKU") == "S3").then(pl.lit("Cap")).otherwise(pl.lit("Shirt")).alias("Name")
    )
    assert columns_of(named).roles["product_name"] == "Name"
