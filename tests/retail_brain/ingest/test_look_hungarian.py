"""An export of a Hungarian web shop: rows that are no goods, a way of delivery, phones beside names, a newsletter."""

import tomllib
from pathlib import Path

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, moment, write

_STATES = ("Teljesítve", "Teljesítve", "Teljesítve", "Feldolgozás alatt", "Törölve")
_WAYS = ("GLS futár", "Foxpost", "Személyes átvétel")


def _export(folder: Path) -> Path:
    rows: list[Row] = []
    for n in range(90):
        person = n % 20
        head = [f"30-{n}", moment(n), _STATES[n % 5], f"Anna {person}", f"a{person}@x.hu", f"+3630448643{person:02}"]
        head += [_WAYS[n % 3]]
        goods = [[f"JTK-{(n + place) % 7}", f"Game {(n + place) % 7}", 1 + n % 2, 990] for place in range(1 + n % 3)]
        carriage = [["shipping-cost", "Szállítási költség", 1, 1290], ["handling-cost", "Kezelési költség", 1, 490]]
        rows += [[*head, *line, line[2] * line[3]] for line in [*goods, *carriage]]
    header = [
        "Megrendelés azonosító",
        "Dátum",
        "Állapot",
        "Vásárló neve",
        "E-mail cím",
        "Telefonszám",
        "Szállítási mód",
    ]
    header += ["Cikkszám", "Termék név", "Mennyiség", "Bruttó egységár", "Bruttó összesen"]
    write(folder / "tetelek.csv", header, rows, mark=";")
    people: list[Row] = [
        [7000 + n, f"a{n}@x.hu", f"Anna {n}", f"+3630448643{n:02}", moment(n), ("igen", "nem")[n % 2]]
        for n in range(20)
    ]
    names = ["Azonosító", "E-mail cím", "Név", "Telefonszám", "Regisztráció ideje", "Hírlevél feliratkozás"]
    return write(folder / "vasarlok.csv", names, people, mark=";").parent


def test_goods_people_and_states_of_a_hungarian_shop_are_read(tmp_path: Path) -> None:
    folder = _export(tmp_path / "x")
    tables = tomllib.loads(look(str(folder)).mapping)["tables"]
    sales = tables["transactions"]["columns"]
    assert sales["product_id"] == "Cikkszám"  # and no number of a phone
    assert sales["store_id"] == {"constant": "1"}  # a way of delivery is no shop
    consents = tables["consents"]["columns"]
    assert consents["granted"] == {"column": "Hírlevél feliratkozás", "true": ["igen"], "false": ["nem"]}
    assert consents["channel"] == {"constant": "email"}


def test_carriage_and_cancelled_orders_are_no_sales(tmp_path: Path) -> None:
    folder = _export(tmp_path / "x")
    (folder / "vasarlok.csv").unlink()
    rows = load(tmp_path, folder)
    assert len(rows) == sum(1 + n % 3 for n in range(90) if n % 5 != 4)
    assert {row["product_id"] for row in rows} == {f"JTK-{n}" for n in range(7)}
