"""Looks at exports of systems of further countries: money without cents, marked returns, titles, files of stock."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import Row, load, moment, write

PRICES = (1990, 2485, 3280, 645, 7135)


def tables(folder: Path) -> dict[str, Any]:
    return dict(tomllib.loads(look(str(folder)).mapping)["tables"])


def taxed(path: Path, header: Row, further: Row = (), *, mark: str = "") -> None:
    """Lines with a tax of a tenth that is within the amount, rounded to whole numbers."""

    def written(number: int) -> str:
        return f"{number:,}".replace(",", mark)

    rows: list[Row] = []
    for n in range(60):
        units, price = 1 + n % 3, PRICES[n % 5] + 10 * (n % 7)
        sums = [price, units * price, round(units * price / 11)]
        rows.append([n, moment(n), f"G{n % 5}", units, *map(written, sums), *further])
    write(path, header, rows, mark=";")


ENGLISH = ["Order No", "Date", "SKU", "Qty", "Price", "Amount", "Tax"]


@pytest.mark.parametrize(
    ("header", "further", "mark"),
    [
        (["売上ID", "売上日時", "商品コード", "数量", "単価", "金額", "消費税"], [], ""),
        (["영수증번호", "판매일시", "상품코드", "수량", "단가", "금액", "부가세"], [], ""),
        ([*ENGLISH, "Currency"], ["CLP"], ""),
        (ENGLISH, [], ","),
    ],
)
def test_whole_tax_is_not_asked_about_where_money_has_no_hundredths(
    tmp_path: Path, header: list[str], further: list[str], mark: str
) -> None:
    taxed(tmp_path / "x" / "sales.csv", header, further, mark=mark)
    lines = load(tmp_path, tmp_path / "x")
    assert {line["unit_price"] for line in lines if line["product_id"] == "G0"} == {1990.0 + 10 * n for n in range(7)}


@pytest.mark.parametrize("further", [[], ["EUR"]])
def test_whole_tax_may_be_in_hundredths_elsewhere(tmp_path: Path, further: list[str]) -> None:
    taxed(tmp_path / "sales.csv", [*ENGLISH, *["Currency"][: len(further)]], further)
    assert "hundredths = true" in look(str(tmp_path)).mapping


def _with_refunds() -> list[Row]:
    """Lines in hundredths with two rates of tax; receipts 31, 33 and 38 take back those before them."""
    rows: list[Row] = []
    for n in range(60):
        is_back = n in (31, 33, 38)
        of = n - is_back
        lines: list[Row] = []
        for good in [(of + 2 * line) % 5 for line in range(1 + of % 2)]:
            units, rate, off = (1 + of % 3) * (-1 if is_back else 1), (25, 15)[good % 2], 10 if of % 8 == 3 else 0
            whole = round(units * PRICES[good] * (1 - off / 100))
            lines.append(
                [f"G{good}", units, PRICES[good], rate, round(whole / (1 + rate / 100)), off, off // 10, whole]
            )
        back = ["true" if n in (30, 32, 37) else "false", f"k-{of:04x}" if is_back else ""]
        total = sum(int(str(line[-1])) for line in lines)
        rows += [[n, f"k-{n:04x}", moment(n), total, *line[:-1], "EUR", *back] for line in lines]
    return rows


def test_whole_tax_by_rates_on_lines_and_refunds_that_name_their_sales(tmp_path: Path) -> None:
    header = ["receiptNo", "receiptKey", "soldAt", "total", "itemCode", "qty", "unitPrice", "mvaSats", "netto"]
    header += ["discountPercent", "discountQty", "valuta", "returned", "returnOf"]
    rows = _with_refunds()
    write(tmp_path / "x" / "sales.csv", header, rows)
    lines: list[Any] = load(tmp_path, tmp_path / "x")
    assert len(lines) == len(rows)  # a sale that rows below 0 take back stays, as these do
    paid = sum(line["units"] * line["unit_price"] for line in lines)
    assert paid == pytest.approx(sum({row[0]: int(str(row[3])) for row in rows}.values()) / 100, abs=0.2)


DOCUMENTS = ["Tipo de Documento", "Número Documento", "Fecha", "SKU", "Cantidad", "Precio"]


def documents(folder: Path, rows: Sequence[Row]) -> Path:
    return write(folder / "x" / "ventas.csv", DOCUMENTS, rows, mark=";").parent


def test_each_kind_of_document_numbers_its_own(tmp_path: Path) -> None:
    rows: list[Row] = [["BOLETA", 400 + n, moment(n), f"A{n % 7}", 1, 500 + n % 7] for n in range(90)]
    rows += [["BOLETA", 400 + n, moment(n), f"B{n % 7}", 2, 700 + n % 7] for n in range(0, 90, 3)]
    rows += [["NOTA DE CREDITO", 403 + n, moment(20 + 5 * n), f"C{n % 3}", -1, 500] for n in range(9)]
    lines = load(tmp_path, documents(tmp_path, rows))
    assert len({line["transaction_id"] for line in lines}) == 99


def test_a_refund_under_the_number_of_its_sale_is_of_its_receipt(tmp_path: Path) -> None:
    rows: list[Row] = [["VENTA", 400 + n, moment(n), f"A{n % 7}", 1, 500 + n % 7] for n in range(90)]
    rows += [["DEVOLUCION", 400 + n, moment(n + 4), f"A{n % 7}", -1, 500 + n % 7] for n in range(9)]
    assert tables(documents(tmp_path, rows))["transactions"]["columns"]["transaction_id"] == "Número Documento"


def flagged(folder: Path, rows: Sequence[Row], mark: str = "İade") -> Path:
    header = ["Fiş Numarası", "Fiş Tarihi", mark, "Müşteri Kodu", "Ürün Kodu", "Miktar", "Birim Fiyat"]
    return write(folder / "x" / "satis.csv", header, rows, mark=";").parent


def sold(n: int, flag: str = "Hayır") -> Row:
    return [f"1-R-1-{n:05}", moment(n), flag, f"M{n % 23:03}", f"BYN-{n % 9}", 1 + n % 2, 300 + n % 9]


@pytest.mark.parametrize(
    ("mark", "yes", "no"),
    [("İade", "Evet", "Hayır"), ("Devolução", "S", "N"), ("返品", "1", "0"), ("Retour", "Oui", "Non")],
)
def test_marked_returns_with_numbers_of_their_own_are_taken_off(tmp_path: Path, mark: str, yes: str, no: str) -> None:
    back = [[f"1-R-9-{n:05}", moment(n + 30), yes, "", f"BYN-{n % 9}", 1, 300 + n % 9] for n in range(8)]
    lines: list[dict[str, Any]] = load(tmp_path, flagged(tmp_path, [*(sold(n, no) for n in range(90)), *back], mark))
    assert sum(line["units"] for line in lines) == sum(1 + n % 2 for n in range(90)) - 8


def test_marked_returns_of_people_who_bought_the_goods_before_are_taken_off(tmp_path: Path) -> None:
    back = [[f"1-R-1-{200 + n:05}", moment(n + 100), "Evet", *list(sold(n))[3:]] for n in range(8)]
    lines: list[dict[str, Any]] = load(tmp_path, flagged(tmp_path, [*map(sold, range(90)), *back]))
    assert sum(line["units"] < 0 for line in lines) == 8


def test_a_mark_on_the_sale_that_came_back_is_asked_about(tmp_path: Path) -> None:
    folder = flagged(tmp_path, [sold(n, "Evet" if n % 12 == 5 else "Hayır") for n in range(90)])
    question = next(one for one in look(str(folder)).questions if "İade" in one)
    assert 'returns = { column = "İade", values = ["Evet"] }' in question


STOCK = ["BLOZ", "Nazwa", "Nr serii", "Data ważności", "Ilość", "Cena zakupu"]


@pytest.mark.parametrize("title", ["Apteka, ul. Rynek 5, 32-700 Bochnia", "A, B, C, D", "A, B"])
def test_title_with_commas_does_not_divide_the_rows(tmp_path: Path, title: str) -> None:
    rows = [[f"{n}/26", moment(n), n % 2 + 1, f"040{n % 7}", f"{1 + n % 3},0", "29,99", "0,00"] for n in range(60)]
    header = ["Nr paragonu", "Data sprzedaży", "Stanowisko", "BLOZ", "Ilość", "Cena det.", "Rabat"]
    above = [[title], ["Zestawienie sprzedaży"]]
    write(tmp_path / "x" / "sprzedaz.csv", header, rows, mark=";", above=above)
    lines = load(tmp_path, tmp_path / "x")
    assert len(lines) == 60
    assert {line["store_id"] for line in lines} == {"1"}  # a place to sit at is no shop


def test_quantity_in_a_file_called_stock_is_what_is_there(tmp_path: Path) -> None:
    rows = [
        [f"040{n}", f"Lek {'abcdefgh'[n]}", f"S{n}{lot}", f"0{1 + lot}-11-2029", f"{n + lot},500", "8,87"]
        for n in range(8)
        for lot in range(1 + n % 3)
    ]
    place = tmp_path / "x"
    write(place / "stany_magazynowe_2026-02-28.csv", STOCK, rows, mark=";")
    lines = [[n, moment(n), f"040{n % 8}", 1, "9,99"] for n in range(40)]
    write(place / "sprzedaz.csv", ["Nr paragonu", "Data sprzedaży", "BLOZ", "Ilość", "Cena"], lines, mark=";")
    stock: list[dict[str, Any]] = load(tmp_path, place, "inventory")
    assert sum(row["on_hand"] for row in stock) == sum(n + lot + 0.5 for n in range(8) for lot in range(1 + n % 3))
    assert {str(row["date"])[:10] for row in stock} == {"2026-02-28"}


def test_tills_of_the_same_numbers_in_files_of_shops_are_no_shops(tmp_path: Path) -> None:
    header = ["영업일자", "포스번호", "영수증번호", "결제시각", "상품코드", "수량", "단가"]
    for place, shop in enumerate(("강남", "홍대")):
        rows = [
            [
                f"2026-01-{1 + n // 8:02}",
                f"0{n % 2 + 1}",
                f"{1 + n % 8 // 2:04}",
                f"{9 + n % 8}:1{place}:00",
                "0001",
                1,
                50,
            ]
            for n in range(80)
        ]
        write(tmp_path / "x" / f"매출_{shop}점.csv", header, rows)
    lines = load(tmp_path, tmp_path / "x")
    assert {line["store_id"] for line in lines} == {"강남", "홍대"}
    assert len({line["transaction_id"] for line in lines}) == 160


def test_goods_with_prices_stock_and_the_day_of_their_entry_are_a_list(tmp_path: Path) -> None:
    goods = [[f"41{n}", f"商品{n}", 2480 + n, 2728 + n, 1364, 4 + n, f"2024/0{1 + n % 8}/1{n % 9}"] for n in range(9)]
    header = ["商品ID", "商品名", "販売価格", "定価", "原価", "在庫数", "商品登録日"]
    write(tmp_path / "product_20260301.csv", header, goods)
    lines = [[n, moment(n), f"41{n % 9}", 1, 2480] for n in range(40)]
    write(tmp_path / "sales.csv", ["売上ID", "受注日", "商品ID", "数量", "単価"], lines)
    proposed = tables(tmp_path)
    assert proposed["products"]["files"] == proposed["inventory"]["files"] == "product_20260301.csv"
    assert "file_name" in proposed["inventory"]["columns"]["date"]


@pytest.mark.parametrize(
    ("column", "yes", "no"),
    [("メルマガ", "受信する", "受信しない"), ("뉴스레터", "수신", "수신거부"), ("광고 수신", "동의함", "동의안함")],
)
def test_answers_that_say_themselves_whether_somebody_wants_to_hear(
    tmp_path: Path, column: str, yes: str, no: str
) -> None:
    rows = [[f"70{n}", f"user{n}@example.jp", "2024/05/1" + str(n % 9), (yes, no)[n % 3 == 0]] for n in range(20)]
    write(tmp_path / "customer.csv", ["顧客ID", "メールアドレス", "登録日", column], rows)
    seen = look(str(tmp_path))
    assert f'granted = {{ column = "{column}", true = ["{yes}"], false = ["{no}"] }}' in seen.mapping
    assert [question for question in seen.questions if "since when" in question]


def test_stock_loads_beside_sales_that_were_loaded_before(tmp_path: Path) -> None:
    """A file of stock alone, whose name says so and whose goods stand once."""
    header = ["transaction_id", "sold_at", "store_id", "product_id", "units", "unit_price"]
    write(tmp_path / "s" / "transactions.csv", header, [["1", "2026-02-01 10:00:00", "1", "A1", "1", "2"]])
    rows = [[f"A{n}", f"Good {'abcdefgh'[n]}", n, "4.50"] for n in range(8)]
    write(tmp_path / "x" / "stock 2026-03-01.csv", ["Item code", "Item name", "Quantity", "Cost"], rows)
    mapping = tmp_path / "x" / "m.toml"
    mapping.write_text(look(str(tmp_path / "x")).mapping, encoding="utf-8")
    lake = str(tmp_path / "lake")
    ingest(str(tmp_path / "s"), lake, Settings(), SILENT)
    ingest(str(mapping), lake, Settings(), SILENT)
    assert open_lake(lake).scan("inventory").collect()["on_hand"].sum() == sum(range(8))
