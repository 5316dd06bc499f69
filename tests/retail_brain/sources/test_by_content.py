"""Texts without an ending, or with an unknown one, and in code pages of DOS, are told by what stands in them."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from retail_brain.sources.by_content import tables_by_content
from retail_brain.sources.encoding_guess import guess_encoding

ROWS = [f"R{n};2026-09-0{1 + n % 7};Kuitti {n};Ähtärin pähkinä;{n + 1};{n + 2}.50" for n in range(12)]
SALES = "\r\n".join(["Kuitti;Day;Receipt;Product;Units;Amount", *ROWS, ""])


def _fixed() -> str:
    head = f"{'Tuote':<20}{'Ryhmä':<12}{'Määrä':>8}{'Myynti':>10}"
    rows = [f"{'Lohivoileipä ' + 'abcdefgh'[n]:<20}{'Myymälä':<12}{n:>8}{n * 2:>7},50" for n in range(8)]
    return "\r\n".join(["Kahvila Ähtäri Oy", "", head, "-" * 50, *rows, ""])


@pytest.mark.parametrize("name", ["MYYNTI.LST", "myynti", "sales.2026"])
@pytest.mark.parametrize("text", [SALES, _fixed()])
def test_a_table_is_told_by_its_lines(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_bytes(text.encode("cp850"))
    assert [path.name for path in tables_by_content(tmp_path)] == [name]
    seen = look(str(tmp_path))
    assert any(line.startswith(f"{name}: feeds") for line in seen.lines)
    assert '  encoding "cp850"' in seen.lines


def test_other_texts_and_bytes_are_none(tmp_path: Path) -> None:
    remarks = [
        "Sales of a shop.",
        "Units are pieces, or kilograms.",
        "Asked for in May.",
        "See below",
        "A",
        "Returns too",
    ]
    (tmp_path / "README").write_text("\n".join(remarks))
    (tmp_path / "mapping.toml").write_text(SALES)
    (tmp_path / "sales.csv").write_text(SALES)
    (tmp_path / ".hidden").write_text(SALES)
    (tmp_path / "logo").write_bytes(b"\x89PNG\r\n\x1a\n\0" + SALES.encode())
    assert list(tables_by_content(tmp_path)) == []


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Määrä;Ryhmä;Leipä;Lohivoileipä;Hämeenkatu;Myymälä;Åbo;Öljy;Pöytä", "cp850"),
        ("Référence;Désignation;Quantité;Crème brûlée", "cp850"),
        ("Sprzedaż;Ilość;Świeży chleb żytni;Masło śmietankowe;ćwiartka", "cp852"),
        ("Наименование;Молоко пастеризованное;Хлеб ржаной;Щётка для обуви, чёрная", "cp866"),
        ("Наименование;Молоко пастеризованное;Хлеб ржаной;Щётка для обуви, чёрная", "cp1251"),
        ("Größe;Straße;Müller", "cp1252"),
        ("“quoted” – it’s €5, ‘other’ … she’s “fine”", "cp1252"),
        ("Tea ‘Earl Grey’ – 5 € don’t", "cp1252"),
        ("Sprzedaż;Ilość;Świeży chleb żytni;Masło śmietankowe", "cp1250"),
    ],
)
def test_code_pages_of_dos_are_told_from_those_of_windows(text: str, encoding: str) -> None:
    assert guess_encoding(text.encode(encoding)) == encoding
