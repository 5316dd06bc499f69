"""Names of columns in the languages that exports come in: each is found in the role that it plays."""

import re

import pytest

from retail_brain.ingest.look.word_parts import part_scores
from retail_brain.ingest.look.words import role_scores
from retail_brain.ingest.look.words_of_parts import WORDS
from retail_brain.ingest.look.words_of_states import CANCELLED, GIVEN_BACK, NOBODY, NOT_GOODS, NOT_PAID

ROLES = ("receipt", "moment", "store", "product", "product_name", "units", "price", "amount", "discount", "customer")
NAMES = {
    "en": "Order number|Sale date|Store|SKU|Product name|Quantity|Unit price|Line total|Discount|Customer ID",
    "zh-Hans": "订单编号|下单时间|门店名称|商品编码|商品名称|数量|单价|实付金额|优惠金额|会员卡号",
    "zh-Hant": "訂單編號|訂單時間|門市|商品編號|商品名稱|數量|單價|金額|折扣|會員編號",
    "ja": "伝票番号|売上日時|店舗名|商品コード|商品名|数量|単価|金額|値引額|会員番号",
    "ko": "주문번호|판매일시|매장명|상품코드|상품명|수량|단가|판매금액|할인금액|회원번호",
    "de": "Bestellnummer|Bestelldatum|Filiale|Artikelnummer|Artikelbezeichnung|"
          "Menge|Einzelpreis|Gesamtbetrag|Rabatt|Kundennummer",
    "fr": "Numéro de commande|Date de vente|Magasin|Code article|Désignation|"
          "Quantité|Prix unitaire|Montant|Remise|Code client",
    "es": "Número de pedido|Fecha de venta|Sucursal|Código de artículo|Descripción|"
          "Cantidad|Precio unitario|Importe|Descuento|Código cliente",
    "pt": "Número do pedido|Data da venda|Loja|Código do produto|Nome do produto|"
          "Quantidade|Preço unitário|Valor total|Desconto|Cliente",
    "it": "Numero ordine|Data vendita|Negozio|Codice articolo|Descrizione articolo|"
          "Quantità|Prezzo|Importo|Sconto|Codice cliente",
    "nl": "Bonnummer|Verkoopdatum|Filiaal|Artikelnummer|Omschrijving|Aantal|Prijs|Bedrag|Korting|Klantnummer",
    "pl": "Numer zamówienia|Data sprzedaży|Sklep|Kod towaru|Nazwa towaru|Ilość|Cena|Wartość|Rabat|Klient",
    "ru": "Номер заказа|Дата продажи|Магазин|Код товара|Наименование товара|Количество|Цена|Сумма|Скидка|Покупатель",
    "uk": "Номер замовлення|Дата продажу|Магазин|Код товару|Назва товару|Кількість|Ціна|Сума|Знижка|Покупець",
    "tr": "Sipariş Numarası|Satış Tarihi|Mağaza|Ürün Kodu|Ürün Adı|Adet|Birim Fiyatı|Tutar|İndirim|Müşteri No",
    "vi": "Mã hóa đơn|Thời gian|Chi nhánh|Mã hàng|Tên hàng|Số lượng|Đơn giá|Thành tiền|Giảm giá|Mã khách hàng",
    "id": "Nomor Pesanan|Tanggal|Cabang|Kode Barang|Nama Barang|Jumlah|Harga|Total Harga|Diskon|Pelanggan",
    "th": "เลขที่ใบเสร็จ|วันที่|สาขา|รหัสสินค้า|ชื่อสินค้า|จำนวน|ราคา|ยอดรวม|ส่วนลด|ลูกค้า",
    "sv": "Ordernummer|Datum|Butik|Artikelnummer|Benämning|Antal|Pris|Belopp|Rabatt|Kundnummer",
    "da": "Ordrenummer|Dato|Butik|Varenummer|Varenavn|Antal|Pris|Beløb|Rabat|Kunde",
    "no": "Kvitteringsnummer|Dato|Butikk|Varenummer|Varenavn|Antall|Pris|Beløp|Rabatt|Kunde",
    "fi": "Kuittinumero|Päivämäärä|Myymälä|Tuotenumero|Tuotenimi|Määrä|Hinta|Summa|Alennus|Asiakasnumero",
    "cs": "Číslo objednávky|Datum prodeje|Prodejna|Kód zboží|Název zboží|Množství|Cena|Celkem|Sleva|Zákazník",
    "hu": "Rendelésszám|Dátum|Üzlet|Cikkszám|Megnevezés|Mennyiség|Egységár|Összeg|Kedvezmény|Vevő",
    "ro": "Număr comandă|Data|Magazin|Cod produs|Denumire produs|Cantitate|Preț|Valoare|Reducere|Client",
    "el": "Αριθμός παραγγελίας|Ημερομηνία|Κατάστημα|Κωδικός είδους|Περιγραφή|Ποσότητα|Τιμή|Αξία|Έκπτωση|Πελάτης",
    "ar": "رقم الطلب|التاريخ|الفرع|رمز الصنف|اسم الصنف|الكمية|السعر|المبلغ|الخصم|العميل",
}  # fmt: skip
"""Language -> a name for each of the roles."""


@pytest.mark.parametrize(
    ("role", "name"),
    [(role, name) for names in NAMES.values() for role, name in zip(ROLES, names.split("|"), strict=True)],
)
def test_name_of_a_column_is_found_in_its_role(role: str, name: str) -> None:
    scores = role_scores(name)
    assert max(scores, key=lambda one: scores[one], default="") == role, scores


@pytest.mark.parametrize("kind", ["goods_code", "email", "phone", "units", "price", "discount"])
def test_every_word_of_a_kind_alone_makes_its_role(kind: str) -> None:
    role = {"goods_code": "product", "email": "customer", "phone": "customer"}.get(kind, kind)
    plain = [word for words in WORDS[kind].values() for word in words.split() if re.fullmatch(r"\w+", word)]
    assert plain
    assert [word for word in plain if role not in part_scores(word)] == []


@pytest.mark.parametrize(
    "text",
    ["cancelled", "voided", "storniert", "geannuleerd", "annulée", "anulado", "cancelado", "annullato", "anulowane",
     "zrušeno", "отменён", "скасовано", "anulată", "törölt", "ακυρώθηκε", "iptal edildi", "avbruten", "annulleret",
     "peruttu", "đã hủy", "dibatalkan", "ยกเลิกแล้ว", "ملغي", "בוטל", "已取消", "交易关闭", "キャンセル", "취소"],
)  # fmt: skip
def test_state_of_an_order_that_was_no_sale_is_known(text: str) -> None:
    assert re.search(CANCELLED, text)
    assert not re.search(GIVEN_BACK, text)


@pytest.mark.parametrize(
    "text",
    ["refunded", "returned", "credit note", "gutschrift", "rückerstattet", "retour", "remboursé", "devuelto",
     "devolvido",
     "rimborsato", "zwrot", "vráceno", "возврат", "повернення", "returnat", "visszáru", "επιστροφή", "iade edildi",
     "återköp", "refunderet", "palautus", "trả hàng", "pengembalian", "คืนสินค้า", "مرتجع", "החזר", "已退款",
     "返品", "반품"],
)  # fmt: skip
def test_goods_that_came_back_are_known(text: str) -> None:
    assert re.search(GIVEN_BACK, text)
    assert not re.search(CANCELLED, text)


@pytest.mark.parametrize("text", ["completed", "paid", "retail", "delivered", "abgeschlossen", "terminé", "entregado"])
def test_state_of_a_sale_is_none_of_them(text: str) -> None:
    assert not re.search(f"{CANCELLED}|{GIVEN_BACK}|{NOT_PAID}", text)


@pytest.mark.parametrize(
    "text", ["tips", "trinkgeld", "versandkosten", "gift card", "pfand", "运费", "送料", "доставка"]
)
def test_row_that_is_no_goods_is_known(text: str) -> None:
    assert re.fullmatch(NOT_GOODS, text)


@pytest.mark.parametrize(
    "text", ["walk-in", "cash sale", "laufkunde", "consumidor final", "散客", "розничный покупатель"]
)
def test_customer_that_is_nobody_is_known(text: str) -> None:
    assert re.fullmatch(NOBODY, text)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("J.cena", "price"),
        ("S DPH", "amount"),
        ("Bez DPH", "amount"),
        ("Excl. VAT", "amount"),
        ("inkl. MwSt", "amount"),
        ("Сумма", "amount"),
        ("item-promotion-discount", "discount"),
    ],
)
def test_short_names_of_money(name: str, role: str) -> None:
    assert max(role_scores(name), key=lambda one: role_scores(name)[one]) == role


def test_the_code_of_a_line_is_no_code_of_goods() -> None:
    assert "product" not in role_scores("order-item-code")


def test_the_number_of_a_product_is_its_code_and_a_number_of_products_is_none() -> None:
    for name in ("Nr produktu", "No Artikel", "Nr. Artikel", "Nr artikelen", "Numero artikel"):
        assert "product" in role_scores(name), name
    for name in (
        "num_items",
        "No of items",
        "Anzahl Artikel",
        "liczba_produktow",
        "Número de artículos",
        "nb_produits",
    ):
        assert not {"product", "product_name"} & role_scores(name).keys(), name
