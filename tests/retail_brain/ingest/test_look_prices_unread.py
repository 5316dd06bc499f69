"""Price lists with several prices of a good, of which no name says that it is the one of the shop."""

from pathlib import Path

from retail_brain.ingest.look import look


def test_prices_that_are_not_read_are_named(tmp_path: Path) -> None:
    lines = ["Kod;Nazwa;Waga kg;Hurtowa 1 brutto;Detaliczna brutto"]
    lines += [f"FA-{n:04};Farba {n};{n % 9},5;{20 + n},{n * 7 % 100:02};{30 + n},{n * 3 % 100:02}" for n in range(60)]
    path = tmp_path / "Cennik.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    seen = look(str(path))
    assert "[tables.products]" in seen.mapping
    assert any("['Hurtowa 1 brutto', 'Detaliczna brutto'] may be prices and are not read" in one for one in seen.lines)


def test_the_goods_of_a_slovenian_price_list_are_fed_beside_its_prices(tmp_path: Path) -> None:
    lines = ["NAZIV;EAN;CENIK;CENA Z DDV;VELJA OD;VELJA DO"]
    for n in range(60):
        ends = ";30.06.2026" if n % 5 == 0 else ";"
        lines.append(f"Izdelek {n};38300040{n:05};MPC;{20 + n},{n * 7 % 100:02};01.01.2026{ends}")
        if ends != ";":
            lines.append(f"Izdelek {n};38300040{n:05};MPC;{25 + n},{n * 7 % 100:02};01.07.2026;")
    path = tmp_path / "cenik.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    mapping = look(str(path)).mapping
    assert "[tables.prices]" in mapping
    assert '[tables.products.columns]\nproduct_id = "EAN"\nname = "NAZIV"' in mapping
