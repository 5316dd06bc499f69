"""Files of all documents of a shop: sales among purchases, transfers, write-offs, opening balances and payments."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import load, moment, write

Words = tuple[str, ...]
"""Sale, its return, goods that came in, transfer, write-off, opening balance and payment."""


def journal(tmp_path: Path, header: Words, kinds: Words) -> Path:
    """Documents of a line each, half of them sales; payments name no goods."""
    rows = []
    for n in range(120):
        kind = 0 if n % 2 else n // 2 % 7
        goods = [f"A{n % 9}", n % 4 + 1, 2.5, (n % 4 + 1) * 2.5] if kind < 6 else ["", "", "", 20]
        rows.append([f"{moment(n):%Y-%m-%d %H:%M}", kinds[kind], f"D{n}", *goods])
    return write(tmp_path / "journal.csv", header, rows)


@pytest.mark.parametrize(
    ("header", "kinds"),
    [
        (("Datum", "Belegart", "Belegnummer", "Artikelnummer", "Menge", "Preis", "Betrag"),
         ("Verkauf", "Rückgabe", "Wareneingang", "Umlagerung", "Abschreibung", "Anfangsbestand", "Zahlung")),
        (("Date", "Type de document", "N° document", "Référence", "Quantité", "Prix", "Montant"),
         ("Vente", "Retour client", "Réception", "Transfert", "Mise au rebut", "Stock initial", "Règlement")),
        (("Дата", "Вид операции", "Номер документа", "Код", "Количество", "Цена", "Сумма"),
         ("Продажа", "Возврат", "Поступление", "Перемещение", "Списание", "Ввод остатков", "Оплата")),
        (("单据日期", "单据类型", "单据编号", "商品编码", "数量", "单价", "金额"),
         ("销售出库单", "销售退货单", "采购入库单", "调拨单", "报损单", "期初库存", "收款单")),
        (("伝票日付", "伝票区分", "伝票番号", "商品コード", "数量", "単価", "金額"),
         ("売上", "売上返品", "仕入", "移動", "廃棄", "繰越", "入金")),
    ],
)  # fmt: skip
def test_sales_and_their_returns_are_kept_alone(tmp_path: Path, header: Words, kinds: Words) -> None:
    lines = load(tmp_path, journal(tmp_path, header, kinds))
    assert len(lines) == 60 + 9 + 9
    assert sum(float(str(row["units"])) < 0 for row in lines) == 9


def test_kinds_that_nobody_knows_are_asked_about_beside_known_ones(tmp_path: Path) -> None:
    header = ("Data", "Typ dokumentu", "Numer dokumentu", "Kod towaru", "Ilość", "Cena", "Wartość")
    seen = look(str(journal(tmp_path, header, ("Paragon", "Zwrot", "PZ", "MM", "RW", "BO", "KP"))))
    (question,) = seen.questions
    assert "nobody knows (PZ 9, MM 9, RW 8, BO 8), beside ['Paragon']" in question
    assert """NOT IN ('PZ', 'MM', 'RW', 'BO'))'''""" in seen.mapping
