"""Stock that is called so beside the sales: by its column, its file or its sheet, of the day and shop that they say."""

import re
import tomllib
from pathlib import Path
from typing import Any

from retail_brain.ingest.look import Look, look
from tests.retail_brain.ingest.test_look import moment

_GOODS = ["Brot", "Milch", "Käse", "Apfel", "Birne", "Wurst", "Senf", "Reis", "Honig", "Tee", "Kaffee", "Salz"]


def _written(folder: Path, files: dict[str, Any]) -> Path:
    folder.mkdir()
    for name, rows in files.items():
        text = "\n".join(";".join(map(str, row)) for row in rows)
        (folder / name).write_text(f"{text}\n", encoding="utf-8")
    return folder


def _sales(
    header: list[str], *, shops: tuple[str, ...] = (), code: str = "G{}", sizes: bool = False
) -> list[list[Any]]:
    """Lines of receipts: number, moment, goods, units and money, with the shop and the code of a size if wanted."""
    rows: list[list[Any]] = [header]
    for n in range(120):
        for k in {n % 12, (n * 5) % 12}:
            at = f"{moment(n):%Y-%m-%d %H:%M:%S}"
            goods = [f"M{k // 3}", f"80010{k:02}"] if sizes else [code.format(k)]
            shop = [shops[n % len(shops)]] if shops else []
            rows.append([4000 + n, at, *shop, *goods, 1 + n % 3, f"{(1 + n % 3) * (2.5 + k):.2f}"])
    return rows


def _stock(seen: Look) -> dict[str, Any]:
    tables: dict[str, Any] = tomllib.loads(seen.mapping)["tables"]
    assert "transactions" in tables or "daily_sales" in tables
    return dict(tables.get("inventory", {}))


def test_a_list_of_goods_by_name_is_stock_of_the_day_in_the_name_of_its_file(tmp_path: Path) -> None:
    sold = _sales(["Rcpt", "Sold at", "Item", "Qty", "Amount"])
    sold = [[*row[:2], _GOODS[int(row[2][1:])], *row[3:]] if row[2] != "Item" else row for row in sold]
    goods = [[name, "pc", 5 + k, 9 + k, 7 * k % 40, 5] for k, name in enumerate(_GOODS)]
    head = ["Item", "Unit", "Buying", "Selling", "Qty remaining", "Reorder at"]
    seen = look(str(_written(tmp_path / "x", {"till.csv": sold, "Goods 3 Mar 2026.csv": [head, *goods]})))
    columns = _stock(seen)["columns"]
    assert columns == {
        "product_id": "Item", "store_id": {"constant": "1"}, "on_hand": "Qty remaining",
        "date": {"file_name": columns["date"]["file_name"], "format": "%d %b %Y"},
    }  # fmt: skip
    assert re.findall(columns["date"]["file_name"], "Goods 3 Mar 2026.csv") == ["3 Mar 2026"]
    assert not seen.questions


def test_the_header_says_the_day_and_stock_names_goods_by_the_code_of_the_sales(tmp_path: Path) -> None:
    head = ["Scontrino", "Data", "Negozio", "Codice articolo", "Codice a barre", "Qta", "Totale"]
    sold = _sales(head, shops=("MI", "TO"), sizes=True)
    counts = [
        [shop, f"M{k // 3}", "SML"[k % 3], f"80010{k:02}", 3 * k % 17, 2, f"{3 * k % 17 * 2.5:.2f}"]
        for shop in ("MI", "TO")
        for k in range(12)
    ]
    named = ["Negozio", "Codice articolo", "Taglia", "Codice a barre", "Giacenza al 28/02/2026", "Scorta minima"]
    files = {"vendite.csv": sold, "magazzino.csv": [[*named, "Valore giacenza"], *counts]}
    seen = look(str(_written(tmp_path / "x", files)))
    columns = _stock(seen)["columns"]
    assert (columns["product_id"], columns["store_id"]) == ("Codice a barre", "Negozio")
    assert (columns["on_hand"], columns["date"]) == ("Giacenza al 28/02/2026", {"constant": "2026-02-28"})


def test_what_was_sold_since_goods_were_entered_is_no_sale(tmp_path: Path) -> None:
    sold = _sales(["주문번호", "주문일시", "상품코드", "수량", "결제금액"])
    goods = [[f"G{k}", n, "판매중", 1000 * k + 900, 7 * k % 40, 90 + k, f"2025-{1 + k:02}-11 10:00:00"]
             for k, n in enumerate(_GOODS)]  # fmt: skip
    head = ["상품코드", "상품명", "판매상태", "판매가", "현재고 재고", "누적판매수량", "등록일시"]
    seen = look(str(_written(tmp_path / "x", {"주문.csv": sold, "상품_20260228.csv": [head, *goods]})))
    assert _stock(seen)["columns"]["on_hand"] == "현재고 재고"
    assert tomllib.loads(seen.mapping)["tables"]["products"]["columns"]["name"] == "상품명"
    assert not any("feed transactions" in question for question in seen.questions)


def test_a_list_with_the_days_of_its_entries_is_a_list_of_goods_and_stock(tmp_path: Path) -> None:
    sold = _sales(["Bonnummer", "Datum", "Artikelnr", "Aantal", "Bedrag"])
    goods = [[f"G{k}", n, 2 + k, 4 + k, 7 * k % 40, 5, f"2024-0{1 + k % 9}-11"] for k, n in enumerate(_GOODS)]
    head = ["Artikelnr", "Omschrijving", "Inkoopprijs", "Verkoopprijs", "Technische voorraad", "Minimum voorraad"]
    files = {"bonnen.csv": sold, "artikelen 28-2-2026.csv": [[*head, "Aangemaakt op"], *goods]}
    tables = tomllib.loads(look(str(_written(tmp_path / "x", files))).mapping)["tables"]
    assert tables["products"]["columns"]["unit_cost"] == "Inkoopprijs"
    assert tables["products"]["columns"]["list_price"] == "Verkoopprijs"
    assert tables["inventory"]["columns"]["date"]["format"] == "%d-%m-%Y"


def test_a_table_called_stock_with_days_holds_levels(tmp_path: Path) -> None:
    sold = _sales(["nr_paragonu", "data", "sklep_id", "produkt_id", "ilosc", "wartosc"], shops=("1", "2"), code="{}")
    levels = [
        [f"2026-02-{day:02}", shop, k, (k + day) % 9] for day in range(1, 6) for shop in (1, 2) for k in range(12)
    ]
    files = {
        "fakt_sprzedaz.csv": sold,
        "fakt_stan_magazynu.csv": [["data", "sklep_id", "produkt_id", "ilosc"], *levels],
    }
    columns = _stock(look(str(_written(tmp_path / "x", files))))["columns"]
    assert columns == {"store_id": "sklep_id", "product_id": "produkt_id", "date": "data", "on_hand": "ilosc"}


def test_stock_of_no_day_and_no_shop_is_asked_about_and_of_the_shop_of_the_sales(tmp_path: Path) -> None:
    sold = _sales(["Bon-Nr", "Datum", "Filiale", "Artikelnummer", "Menge", "Gesamt"], shops=("Hafen",))
    goods = [[f"G{k}", name, 7 * k % 40, 5] for k, name in enumerate(_GOODS)]
    head = ["Artikelnummer", "Bezeichnung", "Restbestand", "Mindestbestand"]
    seen = look(str(_written(tmp_path / "x", {"bons.csv": sold, "Lagerliste.csv": [head, *goods]})))
    assert _stock(seen)["columns"]["store_id"] == {"constant": "Hafen"}
    assert [question for question in seen.questions if "of which day is the stock in Lagerliste.csv" in question]
    several = _sales(["Bon-Nr", "Datum", "Filiale", "Artikelnummer", "Menge", "Gesamt"], shops=("Hafen", "Markt"))
    asked = look(str(_written(tmp_path / "z", {"bons.csv": several, "Bestand 2026-03-05.csv": [head, *goods]})))
    assert [question for question in asked.questions if "of which shop is the stock in Bestand" in question]
    assert '# store_id = { constant = "Markt" }' in asked.mapping
    bons = {f"Bons {shop}.csv": [[*row[:2], *row[3:]] for row in several] for shop in ("Hafen", "Markt")}
    asked = look(str(_written(tmp_path / "n", {**bons, "Bestand 2026-03-05.csv": [head, *goods]})))
    assert [question for question in asked.questions if "Sales name 2 (Hafen, Markt)" in question]
    other = look(str(_written(tmp_path / "y", {"bons.csv": sold, "Artikel.csv": [head, *goods]})))
    assert not _stock(other)  # a list of goods that no name calls stock is none that anybody waits for
    assert not other.questions


def test_lists_of_goods_in_a_file_per_shop_are_stock_of_these(tmp_path: Path) -> None:
    sold = _sales(["N° ticket", "Date", "Magasin", "Référence", "Quantité", "Total TTC"], shops=("Lille", "Nantes"))
    goods = [[f"G{k}", name, f"{k + 2}.50", 7 * k % 40] for k, name in enumerate(_GOODS)]
    head = ["Référence", "Désignation", "Prix TTC", "En stock"]
    lists = {f"Stock {shop} 2026-02-28.csv": [head, *goods] for shop in ("Lille", "Nantes")}
    seen = look(str(_written(tmp_path / "x", {"ventes.csv": sold, **lists})))
    tables = tomllib.loads(seen.mapping)["tables"]
    for table in ("inventory", "prices"):
        assert tables[table]["files"] == "Stock *.csv"
        assert tables[table]["columns"]["store_id"] == {"file_name": r"^Stock\ (.+)\ 2026\-02\-28\.csv$"}
    assert not seen.questions


def test_sold_and_left_of_each_day_are_sales(tmp_path: Path) -> None:
    rows = [[name, 1 + k % 5, f"{(1 + k % 5) * (k + 2.5):.2f}", 9 + k] for k, name in enumerate(_GOODS)]
    files = {f"Z 2026-02-0{day}.csv": [["Item", "Qty sold", "Amount", "Stock left"], *rows] for day in (1, 2, 3)}
    seen = look(str(_written(tmp_path / "x", files)))
    assert tomllib.loads(seen.mapping)["tables"]["daily_sales"]["columns"]["units"] == "Qty sold"


def test_sales_and_stock_of_pharmacies_in_pieces_with_tax(tmp_path: Path) -> None:
    shops, days = ("U Lva", "Galerie"), [f"2026-02-{day:02}" for day in range(2, 20)]
    sold = [
        [shop, day, name, 1 + (k + n) % 4, f"{(1 + (k + n) % 4) * (k + 3.5):.2f}"]
        for shop in shops
        for n, day in enumerate(days)
        for k, name in enumerate(_GOODS)
        if (k + n) % 3
    ]
    stock = [[shop, name, 5 * k % 33, f"{5 * k % 33 * 2.5:.2f}", "2026-02-20"] for shop in shops
             for k, name in enumerate(_GOODS)]  # fmt: skip
    files = {
        "a.csv": [["Lekáreň", "Dátum", "Názov", "Predané ks", "Tržba s DPH"], *sold],
        "b.csv": [["Lekáreň", "Názov", "Zásoba ks", "Zásoba v NC", "Dátum stavu"], *stock],
    }
    tables = tomllib.loads(look(str(_written(tmp_path / "x", files))).mapping)["tables"]
    assert tables["daily_sales"]["columns"]["store_id"] == "Lekáreň"
    assert tables["daily_sales"]["columns"]["units"] == "Predané ks"
    assert tables["inventory"]["columns"]["on_hand"] == "Zásoba ks"
    assert tables["inventory"]["columns"]["date"] == "Dátum stavu"


def test_sold_and_left_in_a_file_per_day_are_sales_and_stock(tmp_path: Path) -> None:
    def rows(day: int) -> list[list[Any]]:
        return [[f"0{day}.02.2026", shop, f"G{k}", name, (k + day) % 4, f"{(k + day) % 4 * (k + 2.5):.2f}", 30 + k]
                for shop in ("Hafen", "Markt") for k, name in enumerate(_GOODS)]  # fmt: skip

    head = ["Datum", "Filiale", "Artikelnummer", "Bezeichnung", "Verkaufte Menge", "Umsatz", "Endbestand"]
    seen = look(str(_written(tmp_path / "x", {f"Tag {day}.csv": [head, *rows(day)] for day in (3, 4)})))
    tables = tomllib.loads(seen.mapping)["tables"]
    assert tables["daily_sales"]["columns"]["units"] == "Verkaufte Menge"
    assert tables["inventory"]["columns"]["on_hand"] == "Endbestand"
    assert tables["inventory"]["files"] == tables["daily_sales"]["files"] == "*.csv"
    assert not seen.questions
    head[4] = "Abg. Stk"  # money of what nobody knows the units of
    seen = look(str(_written(tmp_path / "z", {"Tag 3.csv": [head, *rows(3)]})))
    assert "no column holds units" in seen.questions[0]
    head[4:6] = ["Reservierte Menge", "Mindestbestand"]
    seen = look(str(_written(tmp_path / "y", {"Liste.csv": [head, *rows(3)]})))
    assert tomllib.loads(seen.mapping)["tables"].keys() == {"inventory", "products", "stores"}
