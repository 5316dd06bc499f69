"""Folders with an XML file for each receipt, beside documents that cancel some of them."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import load

NAMESPACE = 'xmlns="http://www.portalfiscal.inf.br/nfe"'
GOODS = [("1001", "LEITE", "2.0000", "7.49"), ("4002", "SABAO", "1.0000", "22.50"), ("7001", "QUEIJO", "0.355", "59.9")]


def receipt(number: int) -> str:
    """A receipt of one to three lines, of one of two shops whose numbers run on their own, some to a known person."""
    lines = "".join(
        f'<det nItem="{n + 1}"><prod><cProd>{code}</cProd><xProd>{name}</xProd><qCom>{units}</qCom>'
        f"<vUnCom>{price}</vUnCom><vProd>{float(units) * float(price):.2f}</vProd></prod></det>"
        for n, (code, name, units, price) in enumerate(GOODS[: 1 + number % 3])
    )
    person = f"<dest><CPF>4733289665{number % 4}</CPF></dest>" if number % 3 == 0 else ""
    return (
        f'<?xml version="1.0"?><nfeProc {NAMESPACE}><NFe><infNFe><ide><nNF>{number // 2}</nNF>'
        f"<dhEmi>2026-09-{14 + number % 7}T12:29:21-03:00</dhEmi></ide>"
        f"<emit><CNPJ>1234567800019{number % 2}</CNPJ><xNome>MERCADO</xNome></emit>{person}{lines}</infNFe></NFe>"
        f"<protNFe><infProt><chNFe>41{number:06}</chNFe></infProt></protNFe></nfeProc>"
    )


def event(number: int, says: str) -> str:
    return (
        f'<?xml version="1.0"?><procEventoNFe {NAMESPACE}><evento><infEvento><chNFe>41{number:06}</chNFe>'
        f"<tpEvento>110111</tpEvento><descEvento>{says}</descEvento></infEvento></evento></procEventoNFe>"
    )


def written(folder: Path, says: str = "Cancelamento", cancelled: tuple[int, ...] = (4, 9)) -> Path:
    place = folder / "receipts"
    place.mkdir()
    for number in range(24):
        (place / f"41{number:06}-procNFCe.xml").write_text(receipt(number), encoding="utf-8")
    for number in cancelled:
        (place / f"41{number:06}-110111-procEvento.xml").write_text(event(number, says), encoding="utf-8")
    return place


@pytest.mark.parametrize("cancelled", [(4, 9), (5,)])
def test_a_file_per_receipt_is_one_table_without_the_cancelled_ones(tmp_path: Path, cancelled: tuple[int, ...]) -> None:
    place = written(tmp_path, cancelled=cancelled)
    sold = load(tmp_path, place)
    assert {row["transaction_id"] for row in sold} == {f"41{n:06}" for n in range(24) if n not in cancelled}
    assert len(sold) == sum(1 + n % 3 for n in range(24) if n not in cancelled)
    first = sold[0]
    assert (first["product_id"], first["units"], first["unit_price"]) == ("1001", 2.0, 7.49)
    assert (first["store_id"], first["customer_id"]) == ("12345678000190", "47332896650")
    seen = look(str(place))
    assert 'files = "*-procNFCe.xml"\nelement = "/nfeProc/NFe/infNFe/det"' in seen.mapping
    assert any("24 files are a document each, with one row per 'det'" in line for line in seen.lines)


def test_documents_about_receipts_that_do_not_say_what_they_do_are_asked_about(tmp_path: Path) -> None:
    seen = look(str(written(tmp_path, says="Carta")))
    assert any("2 documents name receipts that are among the sales" in one for one in seen.questions)


def test_files_of_many_receipts_are_no_documents(tmp_path: Path) -> None:
    for week in range(3):
        orders = "".join(
            f"<order><no>{week}-{n}</no><date>2026-0{1 + week}-1{n % 9}</date><sku>A{n % 4}</sku></order>"
            for n in range(80)
        )
        text = f"<orders><exported>2026-0{2 + week}-01</exported>{orders}</orders>"
        (tmp_path / f"week{week}.xml").write_text(text, encoding="utf-8")
    assert not any("are a document each" in line for line in look(str(tmp_path)).lines)
