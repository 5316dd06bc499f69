"""Looks at exports in many languages and encodings: columns are known by their names, and letters are read."""

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import load, moment, write

SOLD = [(n, f"g{n % 3}", n % 4 + 1, 200 + 50 * (n % 3), f"k{n % 7}") for n in range(36)]
"""Receipt, good, units, price of one and customer."""
LANGUAGES = {
    "Taiwan": (
        "訂單編號,訂單時間,門市名稱,商品編號,商品名稱,數量,單價,小計,訂單狀態,會員編號",
        "big5",
        "已完成,已取消",
    ),
    "Turkish": (
        "Sipariş No,Sipariş Tarihi,Şube,Barkod,Ürün Adı,Adet,Birim Fiyatı,Tutar,Sipariş Statüsü,Müşteri Kodu",
        "cp1254",
        "Teslim Edildi,İptal Edildi",
    ),
    "Vietnamese": (
        "Mã hóa đơn,Thời gian,Chi nhánh,Mã hàng,Tên hàng,Số lượng,Đơn giá,Thành tiền,Trạng thái,Mã khách hàng",
        "utf-8",
        "Hoàn thành,Đã hủy",
    ),
    "Portuguese": (
        "Nº pedido,Data do pedido,Loja,Código (SKU),Descrição,Quantidade,Valor unitário,Valor total,Situação,CPF",
        "cp1252",
        "Atendido,Cancelado",
    ),
    "Polish": (
        "Nr zamówienia,Data sprzedaży,Sklep,Kod towaru,Towar,Ilość,Cena brutto,Wartość,Stan realizacji,Nr klienta",
        "cp1250",
        "Zrealizowane,Anulowane",
    ),
    "Japanese": (
        "注文番号,注文日時,店舗名,商品管理番号,商品名,個数,商品単価,商品合計金額,管理ステータス,会員ID",
        "cp932",
        "発送済,キャンセル",
    ),
    "Korean": (
        "주문번호,결제일,매장명,상품번호,상품명,수량,상품가격,상품별 총 주문금액,주문상태,구매자ID",
        "cp949",
        "구매확정,취소완료",
    ),
    "Greek": (
        "Αριθμός παραστατικού,Ημερομηνία,Κατάστημα,Κωδικός,Περιγραφή,Ποσότητα,Τιμή μονάδας,Αξία,Κατάσταση,Πελάτης",
        "cp1253",
        "Ολοκληρωμένη,Ακυρωμένη",
    ),
    "Indonesian": (
        "No Struk,Tanggal,Toko,Kode Barang,Nama Barang,Jumlah,Harga Satuan,Total Harga,Status,Pelanggan",
        "utf-8",
        "Selesai,Dibatalkan",
    ),
}
"""Language -> header in one order, encoding, states of an order that was done and of one that was not."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_export_is_read_in_its_language_and_encoding(tmp_path: Path, language: str) -> None:
    header, encoding, states = LANGUAGES[language]
    done, not_done = states.split(",")
    rows = [
        [n, moment(n), "ab"[n % 2], good, f"Tea {good}", units, price, units * price, not_done if n == 5 else done, who]
        for n, good, units, price, who in SOLD
    ]
    lines = load(tmp_path, write(tmp_path / "export.csv", header.split(","), rows, encoding=encoding))
    assert [
        (row["transaction_id"], row["sold_at"], row["store_id"], row["product_id"], row["units"], row["unit_price"],
         row["customer_id"])
        for row in lines
    ] == [
        (str(n), moment(n), "ab"[n % 2], good, units, price, who) for n, good, units, price, who in SOLD if n != 5
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1252", ["Größe;Straße", "Quantité;Libellé", "Número;Descrição;Situação", "Kød;Mængde;Beløb"]),
        ("cp1250", ["Numer zamówienia;Ilość;Wartość", "Mennyiség;Vevő;űr", "Číslo dokladu;Množství;Částka"]),
        ("cp1254", ["Sipariş Numarası;Ürün Adı"]),
        ("cp1253", ["Ημερομηνία;Αριθμός απόδειξης;Κατάστημα;Ποσότητα", "ΗΜΕΡΟΜΗΝΙΑ;ΥΠΟΚΑΤΑΣΤΗΜΑ;ΦΕΤΑ ΠΟΠ;ΑΞΙΑ;ΚΩΔ"]),
        ("cp1251", ["Дата;Номер чека;Магазин;Артикул;Количество", "ДАТА;НОМЕР ЧЕКА;МАГАЗИН;АРТИКУЛ;КОЛИЧЕСТВО"]),
        ("koi8-r", ["Дата;Номер чека;Магазин;Артикул;Количество"]),
        ("cp1256", ["التاريخ;رقم الفاتورة;الفرع;اسم الصنف;الكمية;سعر الوحدة;خصم"]),
        ("cp874", ["วันที่;เลขที่ใบเสร็จ;สาขา;จำนวน;ราคา"]),
        ("cp1255", ["תאריך;מספר קבלה;סניף;שם פריט;כמות"]),
        ("gb18030", ["商品编码;销售数量", "苹果;1"]),
    ],
)
def test_letters_tell_the_encoding(tmp_path: Path, encoding: str, words: Sequence[str]) -> None:
    for number, text in enumerate(words):
        place = tmp_path / f"{number}.csv"
        place.write_bytes(f"{text}\n1;2\n".encode(encoding))
        assert f'encoding "{encoding}"' in "\n".join(look(str(place)).lines), text


def test_points_before_three_digits_are_thousands_where_small_numbers_have_none(tmp_path: Path) -> None:
    prices = {"g0": "$120", "g1": "$1.500", "g2": "$12.800"}
    rows = [[n, moment(n), good, 1, prices[good], ""] for n, good, *_ in SOLD]
    rows[0][-1] = "$1.250"  # alone it might be 1.25
    lines = load(tmp_path, write(tmp_path / "ventas.csv", ["Boleta", "Fecha", "SKU", "Cantidad", "Precio", "X"], rows))
    assert {row["product_id"]: row["unit_price"] for row in lines} == {"g0": 120.0, "g1": 1500.0, "g2": 12800.0}


def test_weights_with_three_decimals_are_no_thousands(tmp_path: Path) -> None:
    rows = [[n, moment(n), good, f"{units}.250", price] for n, good, units, price, _ in SOLD]
    lines = load(tmp_path, write(tmp_path / "sales.csv", ["Receipt", "Date", "SKU", "Qty", "Price"], rows))
    assert {row["units"] for row in lines} == {1.25, 2.25, 3.25, 4.25}


def test_stock_keeps_what_is_on_order_and_customers_their_guide(tmp_path: Path) -> None:
    header = ["Snapshot Date", "Location", "SKU", "On Hand", "Available", "On Order"]
    write(tmp_path / "stock.csv", header, [["2026-02-03", "a", f"g{n}", n, n, 12] for n in range(9)])
    orders = [[n, f"o{who}", f"u{who}", "a", moment(n), good, units, price] for n, good, units, price, who in SOLD]
    write(tmp_path / "orders.csv",
          ["order_no", "openid", "unionid", "shop_id", "pay_time", "sku_id", "num", "unit_price"], orders)  # fmt: skip
    members = [[f"M{n}", f"uk{n}", "2025-01-02", "G1"] for n in range(7)]
    write(tmp_path / "members.csv", ["member_no", "unionid", "register_time", "guide_id"], members)
    found = tomllib.loads(look(str(tmp_path)).mapping)["tables"]
    assert found["inventory"]["columns"]["on_order"] == "On Order"
    assert found["customers"]["columns"]["guide_id"] == "guide_id"
    # both files know the people by it; the number of the member stands in one alone
    assert found["customers"]["columns"]["customer_id"] == found["transactions"]["columns"]["customer_id"] == "unionid"


def test_money_that_is_zero_on_every_line_was_not_paid(tmp_path: Path) -> None:
    header = ["Order number", "Date", "SKU", "Qty", "Price", "Net amount", "Contact email"]
    rows = [[n, moment(n), good, units, price, "0.00", f"{who}@x.org"] for n, good, units, price, who in SOLD]
    lines = load(tmp_path, write(tmp_path / "orders.csv", header, rows))
    assert [row["unit_price"] for row in lines] == [price for _, _, _, price, _ in SOLD]
    assert lines[3]["customer_id"] == "k3@x.org"


def test_shortened_greek_names_in_cp1253_are_known(tmp_path: Path) -> None:
    names = "Ημ/νία;Παραστατικό;Κωδ.Πελάτη;Κωδ.Είδους;Περιγραφή;Ποσότητα;Τιμή;Καθ.Αξία;ΦΠΑ;Συν.Αξία"
    goods = ["ΦΕΤΑ ΠΟΠ", "ΜΕΛΙ ΘΥΜΑΡΙΣΙΟ", "ΟΥΖΟ 700ML", "ΕΛΑΙΟΛΑΔΟ"]
    rows = []
    for n in range(40):
        units, price = 1 + n % 3, 5 + n % 4
        net = f"{units * price * 0.9:.2f}".replace(".", ",")
        rows.append(
            f"{1 + n % 28}/7/2026;ΑΛΠ-{n:06};30.{n % 7:05};01.{n % 4:04};{goods[n % 4]};{units};{price},00;{net};0,1;9"
        )
    path = tmp_path / "ΠΩΛΗΣΕΙΣ.csv"
    path.write_bytes("\n".join([names, *rows, ""]).encode("cp1253"))
    mapping = look(str(path)).mapping
    assert 'encoding = "cp1253"' in mapping
    assert 'product_id = "Κωδ.Είδους"' in mapping
    assert 'customer_id = "Κωδ.Πελάτη"' in mapping
    assert 'unit_price = { column = "Καθ.Αξία", decimal = ",", total = true }' in mapping


def test_pages_of_stock_of_an_api_are_one_table(tmp_path: Path) -> None:
    for page in range(3):
        goods = [
            {"cDescricao": f"Tomada {page}{n // 2}", "nCodProd": 2_400_100_000 + 317 * (page * 8 + n // 2),
             "codigo_local_estoque": 2410001 + n % 2, "fisico": n, "reservado": n % 2, "nSaldo": n - n % 2,
             "nPrecoUnitario": 5.5 + n}
            for n in range(8)
        ]  # fmt: skip
        content = {"nPagina": page, "nTotPaginas": 3, "dDataPosicao": "30/09/2026", "produtos": goods}
        (tmp_path / f"Estoque_{page}.json").write_text(json.dumps(content), encoding="utf-8")
    mapping = look(str(tmp_path)).mapping
    assert '[tables.inventory]\nfiles = "*.json"' in mapping
    assert 'on_hand = "fisico"' in mapping
