"""Kinds of documents that are no sales, and states whose words nobody knows."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, moment, write
from tests.retail_brain.ingest.test_look_marked import COUNT, transactions
from tests.retail_brain.ingest.test_look_sums import HEAD, LINES


def kinds(folder: Path, name: str, usual: str, *others: str) -> Path:
    """An export with a column of kinds; the others are on the receipts from 1 on, one each."""
    rows = [
        [n, moment(n), good, units, price, others[n - 1] if 0 < n <= len(others) else usual]
        for n, _, good, price, units in LINES
    ]
    return write(folder / "orders.csv", [*HEAD, "Price", name], rows).parent


def lines_of(*receipts: int) -> int:
    return sum(n in receipts for n, *_ in LINES)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Document type", ["Sale", "Purchase", "Stock count", "Loss and damage"]),
        ("Document type", ["Sale", "Purchase Invoice", "Purchase receipt", "Goods receipt"]),
        ("Document type", ["Invoice", "Supplier invoice", "Goods received", "Receipt of goods"]),
        ("Belegart", ["Rechnung", "Einkaufsrechnung", "Eingangsrechnung", "Lieferantenrechnung"]),
        ("Tipo de documento", ["Factura", "Factura de compra", "Factura proveedor", "Compra"]),
        ("Belegart", ["Verkauf", "Angebot", "Wareneingang", "Umlagerung"]),
        ("Тип документа", ["Продажа", "Закупка", "Списание", "Перемещение"]),
        ("单据类型", ["销售出库", "采购入库", "报损单", "调拨单"]),
    ],
)
def test_kinds_of_documents_that_are_no_sales_are_left_out(tmp_path: Path, name: str, words: list[str]) -> None:
    folder = kinds(tmp_path / "x", name, *words)
    assert any(f"{lines_of(1, 2, 3)} rows are no sales to people" in line for line in look(str(folder)).lines)
    assert len(load(tmp_path, folder)) == COUNT - lines_of(1, 2, 3)


def test_a_refund_beside_them_is_turned_and_a_return_to_a_supplier_is_none(tmp_path: Path) -> None:
    kinds(tmp_path, "Document type", "Sale", "Refund", "Stock return")
    made = transactions(tmp_path)
    assert made["returns"] == {"column": "Document type", "values": ["Refund"]}
    assert "'Stock return'" in made["where"]


@pytest.mark.parametrize(("name", "usual", "odd"), [("Type", "Counter", "Transfer"), ("Art", "Laden", "Test")])
def test_a_kind_that_may_be_no_sale_is_asked_about(tmp_path: Path, name: str, usual: str, odd: str) -> None:
    seen = look(str(kinds(tmp_path, name, usual, odd)))
    assert any("may be no sales" in question for question in seen.questions)
    assert seen.mapping.count("# where = ") == 2


@pytest.mark.parametrize(
    ("name", "odd"), [("Status", "Ghosted"), ("Bestellstatus", "Verschollen"), ("状态", "挂起异常")]
)
def test_a_state_that_nobody_knows_is_asked_about(tmp_path: Path, name: str, odd: str) -> None:
    seen = look(str(kinds(tmp_path, name, "Zq", odd, odd)))
    assert any(f"{odd} {lines_of(1, 2)}" in question for question in seen.questions)


@pytest.mark.parametrize("name", ["Delivery status", "Versandstatus"])
def test_states_of_dispatch_and_known_words_are_not_asked_about(tmp_path: Path, name: str) -> None:
    assert len(load(tmp_path / "a", kinds(tmp_path / "a" / "x", name, "Zq", "Ghosted"))) == COUNT
    assert (
        len(load(tmp_path / "b", kinds(tmp_path / "b" / "x", "Status", "Completed", "Shipped", "Processing"))) == COUNT
    )


def test_what_a_legend_says_of_a_state_is_read(tmp_path: Path) -> None:
    seen = look(str(kinds(tmp_path, "Status (1: shipped, 2: vanished)", "1", "2", "2")))
    assert any("that nobody knows" in question for question in seen.questions)
    rows: list[Row] = [
        [n, moment(n), good, units, price, 2 if n == 4 else 1, "Cancelled" if n == 4 else "Fine"]
        for n, _, good, price, units in LINES
    ]
    header = [*HEAD, "Price", "Status (1: shipped, 2: cancelled)", "Remark"]
    write(tmp_path / "two" / "orders.csv", header, rows)
    made = transactions(tmp_path / "two")  # nothing is asked about a code that the legend explains
    assert "NOT IN ('2')" in made["where"]
    assert '"Remark"' not in made["where"]


@pytest.mark.parametrize(
    ("name", "sale", "odd"),
    [
        ("Sale type", "Sale", "Fire sale"),
        ("Sale type", "Sale", "Primo order"),
        ("Sale type", "Sale", "Sale of damaged goods"),
        ("Rodzaj", "Sprzedaż", "Likwidacja"),
        ("Art", "Verkauf", "Sonderangebot"),
        ("Type de vente", "Vente", "Réception"),
        ("Tipo de venta", "Venta", "Venta en oferta"),
        ("Vorgangsart", "Verkauf", "Verkauf Wareneingang"),
    ],
)
def test_kinds_with_a_word_of_a_sale_or_with_two_meanings_are_asked_about(
    tmp_path: Path, name: str, sale: str, odd: str
) -> None:
    seen = look(str(kinds(tmp_path, name, sale, odd)))
    (question,) = seen.questions
    assert f"{odd} {lines_of(1)}" in question
    assert f"""# where = '''"{name}" IS NULL OR "{name}" NOT IN ('{odd}')'''""" in seen.mapping
    assert "# where = '''TRUE'''" in seen.mapping


@pytest.mark.parametrize(
    ("name", "usual", "odd"),
    [
        ("Type de vente", "Vente", "Démarque"),
        ("Sale type", "Online", "Reception"),
        ("販売種別", "販売", "クロスセル"),
        ("Вид", "Продажа", "Сметана"),
    ],
)
def test_markdowns_front_desks_and_parts_of_other_words_are_sales(
    tmp_path: Path, name: str, usual: str, odd: str
) -> None:
    seen = look(str(kinds(tmp_path, name, usual, odd, "Phone")))
    assert not any("no sales" in line for line in seen.lines)
    assert odd not in seen.mapping


@pytest.mark.parametrize(
    ("name", "sale", "odd"),
    [
        ("Type", "Vente", "Démarque inconnue"),
        ("Document type", "Sale", "Sales quote"),
        ("Belegart", "Rechnung", "Proforma-Rechnung"),
        ("Type de pièce", "Vente", "Réception de marchandises"),
        ("Belge türü", "Satış", "Fire"),
    ],
)
def test_plain_words_of_no_sale_are_left_out_unasked(tmp_path: Path, name: str, sale: str, odd: str) -> None:
    assert len(load(tmp_path, kinds(tmp_path / "x", name, sale, odd))) == COUNT - lines_of(1)
