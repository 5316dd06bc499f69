"""Receipts that each place numbers on its own, orders behind the numbers of their bookings, and money in cents."""

import json
from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import load, moment, write

GOODS = [("4711", "Tea", 3.0), ("4712", "Rice", 2.5), ("4713", "Soap", 1.2)]


def places(tmp_path: Path, name: str, *, own: bool) -> Path:
    """Receipts of two lines in turns of two places; each place numbers its own, or one counter numbers all."""
    rows = []
    for n in range(80):
        number = 1000 + (n // 2 if own else n)
        for code, title, price in (GOODS[n % 3], GOODS[(n + 1) % 3]):
            rows.append([("Bornova", "Urla")[n % 2], number, moment(n), code, title, n % 3 + 1, price])
    return write(tmp_path / "lines.csv", [name, "Receipt no", "Date", "Item code", "Item name", "Qty", "Price"], rows)


def test_the_place_in_which_receipts_have_numbers_of_their_own_is_asked_about_and_names_them(tmp_path: Path) -> None:
    seen = look(str(places(tmp_path, "Nokta", own=True)))
    (question,) = seen.questions
    assert "is 'Nokta' the shop (its values: Bornova, Urla)" in question
    assert 'transaction_id = { columns = ["Nokta", ' in seen.mapping


@pytest.mark.parametrize("name", ["Payment method", "Colour"])
def test_kinds_of_receipts_that_one_counter_numbers_are_no_places(tmp_path: Path, name: str) -> None:
    seen = look(str(places(tmp_path, name, own=False)))
    assert not seen.questions
    assert 'transaction_id = "Receipt no"' in seen.mapping


def test_stations_and_pharmacies_are_shops(tmp_path: Path) -> None:
    for name in ("İstasyon", "Apotheke"):
        assert len({line["store_id"] for line in load(tmp_path / name, places(tmp_path, name, own=True))}) == 2


def test_the_order_is_the_receipt_where_every_booking_has_a_number(tmp_path: Path) -> None:
    header = ["Mã giao dịch", "Ngày ghi nhận", "Mã đơn hàng", "Loại giao dịch", "SKU người bán", "Số lượng", "Số tiền"]
    rows = []
    for n in range(60):
        code, _, price = GOODS[n % 3]
        other, _, more = GOODS[(n + 1) % 3]
        at = f"{moment(n):%d/%m/%Y %H:%M}"
        for kind, sku, units, money in (
            ("Doanh thu bán hàng", code, 1, price),
            ("Doanh thu bán hàng", other, 2, more * 2),
            ("Phí cố định", code, "", -0.1),
            ("Phí thanh toán", "", "", -0.2),
        ):
            rows.append([f"TX{len(rows)}", at, f"D{n}", kind, sku, units, money])
        if n % 20 == 9:
            rows.append([f"TX{len(rows)}", at, "", "Rút tiền", "", "", -50])
    seen = look(str(write(tmp_path / "bookings.csv", header, rows)))
    assert """where = '''"Loại giao dịch" IN ('Doanh thu bán hàng')'''""" in seen.mapping
    lines = load(tmp_path, tmp_path / "bookings.csv")
    assert (len(lines), len({line["transaction_id"] for line in lines})) == (120, 60)


def test_money_in_cents_is_divided(tmp_path: Path) -> None:
    orders = [
        {
            "order_id": f"o{n}",
            "created_at": f"{moment(n):%Y-%m-%dT%H:%M:%S}",
            "lines": [{"sku": GOODS[n % 3][0], "qty": n % 2 + 1, "unit_price_cents": round(GOODS[n % 3][2] * 100)}],
        }
        for n in range(30)
    ]
    (tmp_path / "orders.ndjson").write_text("\n".join(map(json.dumps, orders)), encoding="utf-8")
    lines = load(tmp_path, tmp_path / "orders.ndjson")
    assert {(line["product_id"], line["unit_price"]) for line in lines} == {(code, price) for code, _, price in GOODS}


@pytest.mark.parametrize(("morning", "evening"), [("ص", "م"), ("SA", "CH"), ("ÖÖ", "ÖS"), ("π.μ.", "μ.μ.")])
def test_halves_of_the_day_behind_the_time(tmp_path: Path, morning: str, evening: str) -> None:
    rows = [
        [n, f"{moment(n):%d/%m/%Y %I:%M} {morning if moment(n).hour < 12 else evening}", *GOODS[n % 3][:2], 1, 2.5]
        for n in range(60)
    ]
    header = ["Receipt no", "Date", "Item code", "Item name", "Qty", "Price"]
    lines = load(tmp_path, write(tmp_path / "lines.csv", header, rows))
    assert {(line["transaction_id"], line["sold_at"]) for line in lines} == {
        (str(n), moment(n).replace(second=0)) for n in range(60)
    }
