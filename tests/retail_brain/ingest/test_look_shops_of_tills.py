"""Reports in a language that no word list knows, with the place of a line beside its till."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look

_GOODS = (("4740013011", "Jõhvikatee", 4.2), ("4740015001", "Kruus", 11.9), ("4740012001", "Kohv", 8.49))


def _written(folder: Path, place: str, kassa: str = "Kassa", *, is_called: bool = False) -> Path:
    """Receipts of three lines, of which each may be of another till of its place; tills may be called by it."""
    lines = [f"Kuupäev;Kellaaeg;Dokumendi nr;{place};{kassa};Klient;Toote kood;Toote nimetus;Kogus;Hind;Summa"]
    for n in range(90):
        shop = ("Viru Keskus", "Lõunakeskus")[n % 2]
        for line, (code, name, price) in enumerate(_GOODS):
            units = 1 + (n + line) % 3
            number = 1 + (n // 3 + line) % 2
            till = f"{shop} {number}" if is_called else f"K{number + 2 * (n % 2)}"
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


@pytest.mark.parametrize(("place", "till", "is_asked"), [("Xoqq", "Kassa", False), ("Linn", "Terminal", True)])
def test_tills_that_are_called_by_what_groups_them_are_of_that_shop(
    tmp_path: Path, place: str, till: str, is_asked: bool
) -> None:
    seen = look(str(_written(tmp_path, place, till, is_called=True)))
    assert any(f"each '{till}' is of one" in question for question in seen.questions) == is_asked
    assert (f'store_id = "{place}"' in seen.mapping) != is_asked
