"""States of orders as codes, which a table of a database with letters of its own before its name explains."""

from pathlib import Path

from retail_brain.ingest.look import look
from retail_brain.ingest.look.state_columns import plain_kind, says
from retail_brain.ingest.look.states import GIVEN_BACK
from tests.retail_brain.ingest.test_look import load, moment, write


def _dataset(place: Path, codes: list[int]) -> Path:
    orders = [[n, f"c{n % 7}", f"{5 + n % 4}.00", codes[n % len(codes)], moment(n)] for n in range(1, 61)]
    lines = [[n, n, f"P{n % 4}", f"Tea {n % 4}", 1 + n % 3, f"{2 + n % 4}.50"] for n in range(1, 61)]
    lines += [[n + 60, n, f"P{(n + 1) % 4}", f"Tea {(n + 1) % 4}", 1, f"{2 + (n + 1) % 4}.50"] for n in range(1, 61)]
    words = [[1, "Shipped"], [2, "Complete"], [3, "Cancelled"]]
    write(place / "xy_order.csv", ["order_id", "customer_id", "total", "order_status_id", "date_added"], orders)
    write(place / "xy_order_line.csv", ["line_id", "order_id", "product_id", "name", "quantity", "price"], lines)
    write(place / "xy_order_status.csv", ["order_status_id", "name"], words)
    return place


def test_words_of_a_table_with_a_prefix_decide_on_codes(tmp_path: Path) -> None:
    mapping = look(str(_dataset(tmp_path, [2, 2, 2, 1, 3]))).mapping
    assert "NOT IN ('Cancelled')" in mapping
    assert 'files = "xy_order_status.csv"' in mapping


def test_a_code_of_no_state_is_asked_about(tmp_path: Path) -> None:
    seen = look(str(_dataset(tmp_path, [2, 2, 2, 0, 3])))
    assert any("have one of ['0'] in 'order_status_id'" in question for question in seen.questions)
    assert '("xy_order_status name" IS NOT NULL) AND (' in seen.mapping


def test_a_credit_card_is_no_credit_note() -> None:
    assert not says(GIVEN_BACK, plain_kind("Πιστωτική κάρτα"))
    assert says(GIVEN_BACK, plain_kind("Πιστωτικό τιμολόγιο"))


def test_a_number_of_all_guests_is_nobody_where_their_addresses_stand_beside_the_orders(tmp_path: Path) -> None:
    place = _dataset(tmp_path, [2])
    people = [0 if n % 3 else 10 + n % 10 for n in range(1, 61)]
    orders = [[n, who, f"m{who or n}@x.org", "9.00", moment(n)] for n, who in enumerate(people, start=1)]
    write(place / "xy_order.csv", ["order_id", "customer_id", "email", "total", "date_added"], orders)
    assert 'customer_id = { column = "customer_id", blank = ["0"] }' in look(str(place)).mapping


def test_a_list_that_calls_its_codes_as_the_documents_do_explains_them(tmp_path: Path) -> None:
    kinds = ("RE", "GU", "AN")
    heads = [[f"B{n}", kinds[n % 10 - 8 if n % 10 > 8 else 0], f"{moment(n):%d.%m.%Y}", f"K{n % 7}"] for n in range(60)]
    heads[5][1] = "AN"
    lines = [[f"B{n}", f"A{(n + k) % 6}", k + 1, 2.5, 2.5 * (k + 1)] for n in range(60) for k in range(2)]
    write(tmp_path / "x" / "KOPF.csv", ["BelegNr", "BelegArt", "BelegDatum", "KundenNr"], heads)
    write(tmp_path / "x" / "POS.csv", ["BelegNr", "ArtikelNr", "Menge", "EPreis", "GPreis"], lines)
    write(tmp_path / "x" / "ARTEN.csv", ["BelegArt", "Text"],
          [["RE", "Rechnung"], ["GU", "Gutschrift"], ["AN", "Kostenvoranschlag"]])  # fmt: skip
    loaded = load(tmp_path, tmp_path / "x")
    assert len(loaded) == 59 * 2
    assert sum(float(str(line["units"])) < 0 for line in loaded) == 6 * 2


def test_lines_with_a_barcode_are_known_by_the_number_that_the_list_of_goods_has(tmp_path: Path) -> None:
    goods = [[n, f"Good {'abcdef'[n]}", "2.50"] for n in range(6)]
    sold = [[n, f"{moment(n):%Y-%m-%d %H:%M}", 4_000_000 + n % 6, n % 6, 1 + n % 2, "2.50"] for n in range(60)]
    write(tmp_path / "x" / "ITEMS.csv", ["ITEM_ID", "DESCRIPTION", "PRICE"], goods)
    write(tmp_path / "x" / "SALES.csv", ["TICKET_NO", "SOLD_AT", "BARCODE", "ART", "QTY", "PRICE"], sold)
    assert 'product_id = "ART"' in look(str(tmp_path / "x")).mapping
