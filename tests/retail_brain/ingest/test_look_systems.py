"""Looks at tiny exports in the form of web shops, tills and invoices of several countries."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.word_parts import is_beside, paid_rank
from retail_brain.ingest.look.words import role_scores

RECEIPTS = 40


def _look(folder: Path, head: str, rows: list[str]) -> tuple[str, list[str]]:
    (folder / "export.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    seen = look(str(folder))
    return seen.mapping, list(seen.questions)


def test_tax_between_two_amounts_is_no_discount(tmp_path: Path) -> None:
    rows = []
    for number in range(RECEIPTS):
        for good, price in ((number % 5, 4.4 + number % 5), (5 + number % 3, 11.0 + number % 3)):
            units = 1 + (number + good) % 3
            gross = round(units * price, 2)
            net = round(gross / 1.1, 2)
            money = ";".join(f"{one:.2f}" for one in (price, net, gross - net, gross)).replace(".", ",")
            bill = f"{1 + number // 9:02d}.03.2026 1{number % 9}:05:00;2026/{number}"
            rows.append(f"{bill};A{good};Ware {good};{units};{money};{'Storniert' if number == 7 else ''}")
    head = "Datum;Rechnungsnummer;Artikelnummer;Produkt;Menge;Einzelpreis;Summe netto;USt;Summe brutto;Bemerkung"
    mapping, _ = _look(tmp_path, head, rows)
    assert "discount" not in mapping
    assert "NOT IN ('Storniert')" in mapping  # a remark on some rows alone is a state


def test_invoice_that_waits_for_its_payment_is_asked_about(tmp_path: Path) -> None:
    states = ("Paid", "Paid", "Paid", "Awaiting Payment", "Voided")
    rows = [
        f"INV-{number},{1 + number % 28:02d}/03/2026,c{number % 7}@shop.example,B{number % 4},{1 + number % 3},"
        f"{5 + number % 4},{(1 + number % 3) * (5 + number % 4)},{states[number % 5]}"
        for number in range(RECEIPTS)
    ]
    head = "InvoiceNumber,InvoiceDate,EmailAddress,InventoryItemCode,Quantity,UnitAmount,LineAmount,Status"
    mapping, questions = _look(tmp_path, head, rows)
    assert any("Awaiting Payment" in question for question in questions)
    assert "# where = '''\"Status\" IS NULL OR \"Status\" NOT IN ('Voided')'''" in mapping


def test_unknown_states_are_left_out_or_kept_each_on_its_own(tmp_path: Path) -> None:
    states = ("Completed", "Completed", "Completed", "Zorbed", "Quuxed")
    rows = [
        f"{number},{1 + number % 28:02d}/03/2026,B{number % 4},{1 + number % 3},{5 + number % 4},{states[number % 5]}"
        for number in range(RECEIPTS)
    ]
    mapping, _ = _look(tmp_path, "Order No,Order Date,SKU,Qty,Unit Price,Order Status", rows)
    assert mapping.count("# where = ") == 4


def test_another_name_of_the_customer_is_no_shop(tmp_path: Path) -> None:
    people = ("Bygg AB", "Anna", "Erik", "Norr", "Karin")
    rows = [
        f"{number};2026-03-{1 + number % 28:02d};{100 + number % 5};{people[number % 5]};"
        f"A{good};{1 + good % 3};{7 + good}"
        for number in range(RECEIPTS)
        for good in (number % 4, 4 + number % 3)
    ]
    mapping, questions = _look(tmp_path, "Fakturanr;Fakturadatum;Kundnr;Zz;Artikelnr;Antal;Pris", rows)
    assert 'customer_id = "Kundnr"' in mapping
    assert not any("the shop" in question for question in questions)


def test_words_for_unknown_customers_tell_who_bought(tmp_path: Path) -> None:
    people = ("Gupta", "Sharma", "Cash", "Verma", "Jain")
    rows = []
    for number in range(RECEIPTS):
        first = f"{1 + number % 28:02d}-04-2026,S/{number},{people[number % 5]}"
        goods = (number % 4, 4 + number % 3)
        rows += [f"{first if at == 0 else ',,'},Good {g},{1 + g % 3},{7 + g}" for at, g in enumerate(goods)]
    mapping, questions = _look(tmp_path, "Date,Vch/Bill No,Particulars,Item Details,Qty,Price", rows)
    assert 'fill_down = ["Vch/Bill No", "Date", "Particulars"]' in mapping
    assert any("Particulars" in question for question in questions)


def test_commas_of_korean_files_part_thousands(tmp_path: Path) -> None:
    rows = [
        f"2026-03-{1 + number % 28:02d},{number},G{number % 4},{1 + number % 3},"
        f'"{(1 + number % 3) * (2 + number % 4)},000"'
        for number in range(RECEIPTS)
    ]
    mapping, questions = _look(tmp_path, "영업일자,영수증번호,상품코드,수량,실매출액", rows)
    assert 'thousands = ","' in mapping
    assert not questions


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Pret unitar fara TVA", "price"),
        ("Precio sin IVA", "price"),
        ("Cena bez DPH", "price"),
        ("KDV Hariç Tutar", "amount"),
        ("Сумма с НДС", "amount"),
        ("Beløb inkl. moms", "amount"),
        ("Bestelnummer", "receipt"),
        ("Evrak No", "receipt"),
        ("SĐT khách hàng", "customer"),
        ("Kundnamn", "customer"),
        ("Geschäftspartner", "customer"),
        ("取引先コード", "customer"),
        ("Personal", "guide"),
    ],
)
def test_names_of_columns_in_further_languages(name: str, role: str) -> None:
    scores = role_scores(name)
    assert max(scores, key=lambda one: scores[one], default="") == role


def test_tax_alone_is_beside_goods_and_a_price_without_it_is_not() -> None:
    assert is_beside("heraf_moms")
    assert not is_beside("pret_unitar_fara_tva")
    assert paid_rank("precio_sin_iva") < paid_rank("precio_con_iva")
