"""Looks at exports of tills of several countries: encodings, words, frames and kinds of rows."""

import json
from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import load, moment, write

SOLD = [(n, f"g{n % 3}", n % 4 + 1, 200 + 50 * (n % 3)) for n in range(36)]
"""Receipt, good, units and price of one."""


def test_japanese_till_without_kana_in_its_rows_and_with_returns(tmp_path: Path) -> None:
    header = ["店舗コード", "取引番号", "取引区分", "営業日", "時刻", "商品コード", "商品名", "数量", "単価", "金額"]
    rows = [
        ["1", n, "返品" if n == 5 else "売上", f"{moment(n):%Y年%m月%d日}", f"{moment(n):%H:%M}", good, f"緑茶{good}",
         units, price, units * price]
        for n, good, units, price in SOLD
    ]  # fmt: skip
    lines = load(tmp_path, write(tmp_path / "uriage.csv", header, rows, encoding="cp932"))
    assert [row["units"] for row in lines] == [-units if n == 5 else units for n, _, units, _ in SOLD]
    assert [row["unit_price"] for row in lines] == [price for *_, price in SOLD]
    assert [row["sold_at"] for row in lines] == [moment(n) for n, *_ in SOLD]


def test_korean_till_is_read_in_its_encoding(tmp_path: Path) -> None:
    header = ["매장코드", "판매일자", "판매시간", "영수증번호", "상품코드", "상품명", "수량", "할인금액", "실판매금액"]
    rows = [
        ["1", moment(n).date(), f"{moment(n):%H:%M:%S}", n, good, f"녹차{good}", units, 0, units * price]
        for n, good, units, price in SOLD
    ]
    lines = load(tmp_path, write(tmp_path / "sales.csv", header, rows, encoding="cp949"))
    assert [row["unit_price"] for row in lines] == [price for *_, price in SOLD]


def test_russian_list_with_a_total_is_read_in_its_encoding(tmp_path: Path) -> None:
    header = ["Дата", "Номер чека", "Магазин", "Артикул", "Номенклатура", "Количество", "Цена", "Сумма", "Карта"]
    rows = [
        [f"{moment(n):%d.%m.%Y %H:%M:%S}", n, "Север", good, f"Чай {good}", f"{units},000", f"{price}\xa0000,50",
         f"{units * (price * 1000 + 0.5):.2f}".replace(".", ","), "K1"]
        for n, good, units, price in SOLD
    ]  # fmt: skip
    rows.append(["Итого", "", "", "", "", "90,000", "", "1,00", ""])
    lines = load(tmp_path, write(tmp_path / "sales.csv", header, rows, encoding="cp1251", mark="\t"))
    assert [(row["units"], row["unit_price"]) for row in lines] == [(u, p * 1000 + 0.5) for _, _, u, p in SOLD]
    assert {row["store_id"] for row in lines} == {"Север"}


@pytest.mark.parametrize(
    ("encoding", "header"),
    [
        ("cp1252", "Réf. article;Quantité;Libellé"),
        ("gb18030", "商品编码;销售数量;门店名称;小票号"),
    ],
)
def test_text_of_few_words_is_read_in_its_encoding(tmp_path: Path, encoding: str, header: str) -> None:
    place = tmp_path / "sales.csv"
    place.write_bytes(f"{header}\n1;2;3;4\n".encode(encoding))
    assert f'encoding "{encoding}"' in "\n".join(look(str(place)).lines)


def test_list_in_a_frame_with_a_header_per_page_and_a_total(tmp_path: Path) -> None:
    bar = "-" * 60
    head = "|Werk|Bonnr. |Material|Buch.dat.  |Uhrzeit |Menge|    Betrag|"
    drawn = [
        f"|{'101':<4}|{n:<7}|{good:<8}|{moment(n):%d.%m.%Y} |{moment(n):%H:%M:%S}|{units:>3}{'-' if n == 5 else ' '} "
        f"|{units * price:>6},00{'-' if n == 5 else ' '}|"
        for n, good, units, price in SOLD
    ]
    pages = [line for start in (0, 18) for line in (bar, head, bar, *drawn[start : start + 18])]
    total = f"|{'*':<4}|{'':<7}|{'':<8}|{'':<11}|{'':<8}|{'':<5}|  1.234,00|"
    place = tmp_path / "list.txt"
    place.write_text("\r\n".join(["01.02.2026  Liste  1", "", *pages, bar, total, bar]), encoding="utf-8")
    lines = load(tmp_path, place)
    assert [row["units"] for row in lines] == [-units if n == 5 else units for n, _, units, _ in SOLD]
    assert [row["unit_price"] for row in lines] == [price for *_, price in SOLD]


def test_refunds_beside_rows_without_goods_turn_their_units(tmp_path: Path) -> None:
    header = ["date/time", "type", "order id", "sku", "quantity", "product sales", "total"]
    rows = [
        [moment(n), "Refund" if n == 5 else "Order", f"112-{n}", good, units, units * price * (-1 if n == 5 else 1), 1]
        for n, good, units, price in SOLD
    ]
    rows.append([moment(1), "Transfer", "", "", "", 0, -99])
    lines = load(tmp_path, write(tmp_path / "report.csv", header, rows))
    assert [row["units"] for row in lines] == [-units if n == 5 else units for n, _, units, _ in SOLD]
    assert [row["unit_price"] for row in lines] == [price for *_, price in SOLD]


def test_journal_of_a_till_keeps_its_items_that_are_not_void(tmp_path: Path) -> None:
    header = ["RecType", "StoreNo", "TransNo", "BusDate", "TransTime", "ItemCode", "Qty", "UnitRetail", "ExtAmt",
              "VoidFlag", "TenderAmt"]  # fmt: skip
    rows: list[list[object]] = []
    for n, good, units, price in SOLD:
        key = ["1", f"{n:04}", f"{moment(n):%Y%m%d}", f"{moment(n):%H%M%S}"]
        void = "Y" if n == 5 else "N"
        rows.append(["HDR", *key, "", "", "", "", "", ""])
        rows.append(["ITM", *key, good, units, price, units * price, void, ""])
        rows.append(["TND", *key, "", "", "", "", "", units * price])
    lines = load(tmp_path, write(tmp_path / "journal.csv", header, rows))
    assert [row["unit_price"] for row in lines] == [price for n, *_, price in SOLD if n != 5]


def test_nested_orders_are_loaded_line_by_line(tmp_path: Path) -> None:
    place = tmp_path / "orders.jsonl"
    orders = [
        {
            "id": n,
            "created_at": f"{moment(n):%Y-%m-%dT%H:%M:%S}+08:00",
            "location": {"id": "s1"},
            "customer": {"id": "c1"} if n % 2 else None,
            "total": 3 * units * price,
            "line_items": [
                {"sku": good, "name": "Tea", "quantity": units, "price": price},
                {"sku": "g9", "name": "Mug", "quantity": 2 * units, "price": price},
            ],
        }
        for n, good, units, price in SOLD
    ]
    place.write_text("\n".join(map(json.dumps, orders)), encoding="utf-8")
    lines = load(tmp_path, place)
    assert [row["units"] for row in lines] == [count for *_, units, _ in SOLD for count in (units, 2 * units)]
    assert [row["unit_price"] for row in lines] == [price for *_, price in SOLD for _ in range(2)]
    assert {row["sold_at"] for row in lines} == {moment(n) for n, *_ in SOLD}


def test_columns_per_month_are_dated_by_their_first_day(tmp_path: Path) -> None:
    header = ["Store", "SKU", "Product", "2024-11", "2024-12", "2025-01", "Total"]
    rows = [["S1", "A", "Tea", 3, "", 4, 7], ["S1", "B", "Mug", 1, 2, 5, 8]]
    days = load(tmp_path, write(tmp_path / "months.csv", header, rows), "daily_sales")
    found = {(str(row["date"]), row["product_id"]): row["units"] for row in days}
    assert found == {
        ("2024-11-01", "A"): 3, ("2025-01-01", "A"): 4,
        ("2024-11-01", "B"): 1, ("2024-12-01", "B"): 2, ("2025-01-01", "B"): 5,
    }  # fmt: skip
    assert any('set data.period to "month"' in line for line in look(str(tmp_path / "months.csv")).lines)


def priced(tmp_path: Path, until: str) -> Path:
    header = ["Artikelnr", "Preis", "Gültig ab", "Gültig bis"]
    rows = [
        row
        for good in ("A", "B")
        for row in ([good, "2,50", "01.01.2026", until], [good, "1.249,50", "15.03.2026", "01.01.2027"])
    ]
    return write(tmp_path / "Preisliste.csv", header, rows, mark=";")


def test_price_list_with_days_that_touch_is_prices(tmp_path: Path) -> None:
    seen = look(str(priced(tmp_path, "15.03.2026")))
    assert not seen.questions
    assert "prices: 4 rows looked at, 0 would be set aside" in seen.lines
    assert 'unit_price = { column = "Preis", decimal = "," }' in seen.mapping


def test_price_list_whose_days_follow_each_other_holds_on_the_last_day(tmp_path: Path) -> None:
    seen = look(str(priced(tmp_path, "14.03.2026")))
    assert not seen.questions
    assert 'valid_to = { column = "Gültig bis", format = "%d.%m.%Y", last_day = true }' in seen.mapping


def test_price_list_whose_days_say_nothing_of_the_last_day_is_asked_about(tmp_path: Path) -> None:
    seen = look(str(priced(tmp_path, "11.03.2026")))
    assert seen.questions == ("does a price hold on the day of 'Gültig bis' no more, as valid_to means?",)
    assert seen.mapping.count("# valid_to = ") == 2


def test_list_of_customers_has_no_goods_in_their_first_names(tmp_path: Path) -> None:
    header = ["Kundennr", "Vorname", "Nachname", "Ort", "Kunde seit"]
    rows = [[f"K{n}", "Anna", f"M{n}", "Ulm", f"{n % 28 + 1:02}.01.2024"] for n in range(40)]
    seen = look(str(write(tmp_path / "Kunden.csv", header, rows, mark=";")))
    assert "customers: 40 rows looked at, 0 would be set aside" in seen.lines
