"""Looks at invented files of weights and whole prices, in which a mark before three digits is of either kind."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look

ROWS = 60
ALL_IN_THREES = ("1.250", "2.175", "1.040", "3.500", "1.875")
INDONESIAN = "Tanggal,Nomor Struk,Nama Barang,{},Harga"
MALAY = "Tarikh,Nombor Resit,Nama Barang,{},Harga"


def _look(folder: Path, head: str, counts: tuple[str, ...], prices: tuple[str, ...]) -> tuple[str, list[str]]:
    rows = [
        f"2026-03-{1 + number // 20:02d} {8 + number % 9:02d}:{number % 60:02d},K{number}Q,Good {'abcde'[number % 5]}"
        f',"{counts[number % len(counts)]}","{prices[number % 5]}"'
        for number in range(ROWS)
    ]
    (folder / "export.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    seen = look(str(folder))
    return seen.mapping, list(seen.questions)


WHOLE = ("15000", "22000", "8500", "31000", "12500")
POINTS = ("15.000", "22.000", "8.500", "31.000", "12.500")
COMMAS = ("15,000", "22,000", "8,500", "31,000", "12,500")
CENTS = ("15.50", "22.90", "8.25", "31.00", "12.75")
COMMA_CENTS = tuple(one.replace(".", ",") for one in CENTS)
COMMA_THREES = tuple(one.replace(".", ",") for one in ALL_IN_THREES)
PLAIN, COMMA = 'units = "{}"\n', 'units = {{ column = "{}", decimal = "," }}\n'


@pytest.mark.parametrize(
    ("head", "name", "counts", "prices", "wanted"),
    [
        (INDONESIAN, "Jumlah (kg)", ALL_IN_THREES, WHOLE, PLAIN),
        (INDONESIAN, "Jumlah (kg)", COMMA_THREES, WHOLE, COMMA),
        (INDONESIAN, "Jumlah (kg)", COMMA_THREES, POINTS, COMMA),
        (INDONESIAN, "Jumlah", COMMA_THREES, POINTS, COMMA),
        (INDONESIAN, "Jumlah", ALL_IN_THREES, COMMAS, PLAIN),
        (MALAY, "Jumlah (kg)", ALL_IN_THREES, WHOLE, PLAIN),
        (MALAY, "Jumlah (kg)", ALL_IN_THREES, CENTS, PLAIN),
        ("Date,Receipt No,Item Name,{},Price", "Qty (kg)", ("2", "1.250", "3.175", "1.100"), CENTS, PLAIN),
        ("Datum,Bonnummer,Artikelname,{},Preis", "Menge (kg)", COMMA_THREES, COMMA_CENTS, COMMA),
    ],
)
def test_weights_of_three_decimals_are_no_thousands(
    tmp_path: Path, head: str, name: str, counts: tuple[str, ...], prices: tuple[str, ...], wanted: str
) -> None:
    mapping, questions = _look(tmp_path, head.format(name), counts, prices)
    assert "\n" + wanted.format(name) in mapping
    assert not [question for question in questions if name in question]


@pytest.mark.parametrize(
    ("head", "name", "counts", "prices"),
    [
        (INDONESIAN, "Jumlah", ALL_IN_THREES, WHOLE),
        (INDONESIAN, "Jumlah", COMMA_THREES, WHOLE),
        (INDONESIAN, "Jumlah (kg)", ALL_IN_THREES, POINTS),
        (INDONESIAN, "Jumlah (kg)", COMMA_THREES, COMMAS),
        (INDONESIAN, "Jumlah (kg)", ("2", "1.250", "3.500", "1.100"), WHOLE),
        (MALAY, "Jumlah", COMMA_THREES, WHOLE),
        ("Datum,Bonnummer,Artikelname,{},Preis", "Menge (kg)", ALL_IN_THREES, COMMA_CENTS),
    ],
)
def test_units_with_three_digits_behind_a_mark_of_either_kind_are_asked_about(
    tmp_path: Path, head: str, name: str, counts: tuple[str, ...], prices: tuple[str, ...]
) -> None:
    mapping, questions = _look(tmp_path, head.format(name), counts, prices)
    assert any(f"{name!r} has two readings" in question for question in questions)
    readings = [line for line in mapping.splitlines() if line.lstrip("# ").startswith("units =")]
    assert len(readings) == 2


@pytest.mark.parametrize(("prices", "key"), [(POINTS, 'decimal = ","'), (COMMAS, 'thousands = ","')])
@pytest.mark.parametrize("clock", ["08.45", "13.05"])
def test_times_of_day_with_points_are_no_decimals(
    tmp_path: Path, prices: tuple[str, ...], key: str, clock: str
) -> None:
    rows = [
        f"2026-03-{1 + number // 20:02d},{clock[:3]}{number % 60:02d},K{number}Q,Barang {'abcde'[number % 5]}"
        f',{1 + number % 3},"{prices[number % 5]}"'
        for number in range(ROWS)
    ]
    text = "\n".join(["Tanggal,Jam,Nomor Struk,Nama Barang,Jumlah,Harga", *rows, ""])
    (tmp_path / "export.csv").write_text(text, encoding="utf-8")
    assert f'unit_price = {{ column = "Harga", {key} }}' in look(str(tmp_path)).mapping


def test_thousands_of_pieces_beside_small_ones_stay_thousands(tmp_path: Path) -> None:
    mapping, _ = _look(tmp_path, INDONESIAN.format("Jumlah"), ("980", "1.500", "12.800", "40"), POINTS)
    assert 'units = { column = "Jumlah", decimal = "," }' in mapping


def test_a_price_per_weight_is_money(tmp_path: Path) -> None:
    head = INDONESIAN.format("Jumlah (kg)").replace("Harga", "Harga (per kg)")
    mapping, _ = _look(tmp_path, head, COMMA_THREES, POINTS)
    assert 'units = { column = "Jumlah (kg)", decimal = "," }' in mapping
    assert 'unit_price = { column = "Harga (per kg)", decimal = "," }' in mapping
