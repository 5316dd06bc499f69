"""Looks at exports of Greek and Hebrew programs: documents, tills of files of shops, and stock of shops in columns."""

import tomllib
from pathlib import Path
from typing import Any

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, write


def tables(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(look(str(folder)).mapping)["tables"]
    return found


def test_greek_documents_are_receipts_and_stock_of_shops_stands_in_columns(tmp_path: Path) -> None:
    shops = ("Κέντρο", "Γλυφάδα")
    sold: list[Row] = [
        [f"2026-04-{n // 4 + 1:02d}", f"ΑΛΠ-{n // 2:06d}", shops[n // 2 % 2], f"0100{n % 7}", 1 + n % 3, 9]
        for n in range(60)
    ]
    header = ["Ημ/νία", "Παραστατικό", "Υποκατάστημα", "Κωδικός είδους", "Ποσότητα", "Αξία"]
    write(tmp_path / "πωλήσεις.csv", header, sold)
    goods: list[Row] = [[f"0100{n}", f"Κρέμα {'αβγδεζη'[n]}", 9.5, n, 7 - n] for n in range(7)]
    names = ["Κωδικός", "Περιγραφή", "Τιμή λιανικής", "Υπόλοιπο Κέντρο", "Υπόλοιπο Γλυφάδα"]
    write(tmp_path / "Υπόλοιπα ειδών 30-04-2026.csv", names, goods)
    found = tables(tmp_path)
    assert found["transactions"]["columns"]["transaction_id"] == "Παραστατικό"
    assert found["inventory"]["wide"]["columns"] == "^Υπόλοιπο (.+)$"
    assert found["inventory"]["columns"]["date"]["format"] == "%d-%m-%Y"


def test_a_hebrew_till_is_no_shop_where_files_are_of_shops(tmp_path: Path) -> None:
    header = ["קופה", "מספר חשבונית", "תאריך", "שעה", "מספר כרטיס מועדון", "ברקוד", "כמות", "מחיר יחידה"]
    rows: list[Row] = []
    for n in range(80):
        card = 900000 + n // 6 if n // 2 % 3 == 0 else ""
        sold = [f"72900{n % 9}", 1 + n % 3, 5]
        till = n // 2 % 2
        rows.append([1 + till, 3001 + n // 4, f"2026-09-{n // 4 + 1:02d}", f"{8 + till:02d}:05", card, *sold])
    for shop in (101, 102):
        write(tmp_path / f"יומן_סניף_{shop}.csv", header, rows)
    columns = tables(tmp_path)["transactions"]["columns"]
    assert "file_name" in columns["store_id"]
    assert "קופה" in columns["transaction_id"]["columns"]
    assert columns["transaction_id"]["file_name"] == columns["store_id"]["file_name"]
    assert columns["customer_id"] == "מספר כרטיס מועדון"
    assert not [question for question in look(str(tmp_path)).questions if "the shop" in question]


def test_the_bare_code_of_a_file_of_clients_is_of_people(tmp_path: Path) -> None:
    header = ["NR_IESIRE", "COD", "DATA", "GESTIUNE", "COD_ART", "CANTITATE", "PRET"]
    sold: list[Row] = [
        [n // 2 % 20, f"000{n // 2 % 5:02d}", f"2026-06-{n // 3 + 1:02d}", f"0{n // 2 % 2}", f"A{n % 7}", 1, 5]
        for n in range(60)
    ]
    write(tmp_path / "IE_01-06-2026.csv", header, sold)
    people: list[Row] = [[f"000{n:02d}", f"POPESCU {n}", f"Str. Horea {n}"] for n in range(5)]
    write(tmp_path / "CLI_01-07-2026.csv", ["COD", "DENUMIRE", "ADRESA"], people)
    goods: list[Row] = [[f"A{n}", f"Cablu {'abcdefg'[n]}", 5] for n in range(7)]
    write(tmp_path / "ART_01-07-2026.csv", ["COD", "DENUMIRE", "PRET_VANZ"], goods)
    found = tables(tmp_path)
    assert found["customers"]["columns"]["customer_id"] == found["transactions"]["columns"]["customer_id"] == "COD"
    assert found["transactions"]["columns"]["product_id"] == "COD_ART"
    assert found["products"]["files"] == "ART_01-07-2026.csv"


def test_a_list_of_prices_with_the_day_of_their_change_is_of_goods(tmp_path: Path) -> None:
    header = ["PriceUpdateDate", "ItemCode", "ItemName", "Quantity", "ItemPrice", "ItemStatus"]
    rows: list[Row] = [
        [f"2026-05-{n + 1:02d} 06:2{n % 7}", f"72900{n:02d}", f"לחם {n}", "1.00", 7 + n, 1] for n in range(20)
    ]
    write(tmp_path / "PriceFull-101.csv", header, rows)
    found = tables(tmp_path)
    assert found.keys() == {"products"}
    assert found["products"]["columns"]["product_id"] == "ItemCode"
