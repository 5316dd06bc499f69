"""Reports in a language that no word list knows, with the place of a line beside its till."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look

_GOODS = (("4740013011", "Jõhvikatee", 4.2), ("4740015001", "Kruus", 11.9), ("4740012001", "Kohv", 8.49))


def _written(folder: Path, place: str) -> Path:
    """Receipts of three lines, of which each may be of another till of its place."""
    lines = [f"Kuupäev;Kellaaeg;Dokumendi nr;{place};Kassa;Klient;Toote kood;Toote nimetus;Kogus;Hind;Summa"]
    for n in range(90):
        shop = ("Viru Keskus", "Lõunakeskus")[n % 2]
        for line, (code, name, price) in enumerate(_GOODS):
            units = 1 + (n + line) % 3
            till = f"{shop} {1 + (n // 3 + line) % 2}"
            lines.append(
                f"{1 + n // 4:02}.09.2026;{9 + n % 4 * 2}:{n % 60:02};{100483 + n};{shop};{till};"
                f"Klient {n % 7};{code};{name};{units};{price:.2f};{units * price:.2f}"
            )
    path = folder / "myyk.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("place", ["Ladu", "Xoqq"])
def test_lines_of_several_tills_are_one_receipt_of_their_place(tmp_path: Path, place: str) -> None:
    seen = look(str(_written(tmp_path, place)))
    assert 'transaction_id = "Dokumendi nr"' in seen.mapping
    is_asked = any("each 'Kassa' is of one" in question for question in seen.questions)
    assert is_asked == (place != "Ladu")
    assert (f'store_id = {{ column = "{place}" }}' if is_asked else f'store_id = "{place}"') in seen.mapping
