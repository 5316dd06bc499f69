"""People who share a name are told apart by what stands beside it, unless that is of documents or of firms' staff."""

import tomllib
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.ingest.look import look
from retail_brain.ingest.look.words_of_roles import are_ways
from tests.retail_brain.ingest.test_look import load, moment, write
from tests.retail_brain.ingest.test_look_sums import HEAD, LINES

NAMES = ["Ada Berg", "Leo Falk", "Mia Holm", "Ada Berg", "Ivo Lund", "Leo Falk", "Eva Strand"]
"""Names of people by their number; two are of two people."""


def customer(folder: Path) -> Any:
    return tomllib.loads(look(str(folder)).mapping)["tables"]["transactions"]["columns"].get("customer_id")


def test_codes_of_people_go_before_names_that_several_share(tmp_path: Path) -> None:
    rows: list[list[object]] = []
    for n, _, good, price, units in LINES:
        person = n % 21  # two thirds of the numbers are of nobody
        known = person < len(NAMES)
        rows.append([n, moment(n), good, units, price, NAMES[person] if known else "Perakende Müşteri"])
        rows[-1] += [f"M-{person:03d}" if known else ""]
    write(tmp_path / "a" / "x.csv", [*HEAD, "Price", "Müşteri", "Müşteri Kodu"], rows)
    lines = load(tmp_path, tmp_path / "a")
    wanted = [f"M-{n % 21:03d}" if n % 21 < len(NAMES) else None for n, *_ in LINES]
    assert [row["customer_id"] for row in lines] == wanted
    assert any("are of several people by 'Müşteri Kodu'" in line for line in look(str(tmp_path / "a")).lines)


def test_telephone_that_guests_have_too_goes_before_the_number_of_members(tmp_path: Path) -> None:
    rows = [
        [n, moment(n), good, units, price, NAMES[n % 7], f"m{n % 7}" if n % 7 < 4 else "", f"090-1111-000{n % 7}"]
        for n, _, good, price, units in LINES
    ]
    write(tmp_path / "x.csv", [*HEAD, "Price", "Покупатель", "Код клиента", "Телефон клиента"], rows)
    assert customer(tmp_path) is None, "a person who changed the telephone looks the same: it asks"
    (question,) = (one for one in look(str(tmp_path)).questions if "'Телефон клиента'" in one)
    assert "'Покупатель'" in question
    for way in ('# customer_id = { column = "Телефон клиента" }', '# customer_id = { column = "Покупатель" }'):
        assert way in look(str(tmp_path)).mapping


def test_names_stay_where_another_file_knows_people_by_them(tmp_path: Path) -> None:
    rows = [
        [n, moment(n), good, units, price, NAMES[n % 7], f"p{n % 7}@mail.example"] for n, _, good, price, units in LINES
    ]
    write(tmp_path / "sales.csv", [*HEAD, "Price", "Kunde", "Kunde E-Mail"], rows)
    refused = [[name, "nein", "2026-01-01"] for name in NAMES[:3]]
    write(tmp_path / "refusals.csv", ["Kunde", "Newsletter", "Datum"], refused)
    assert customer(tmp_path) == "Kunde"
    assert not any("Ada Berg" in line and "several people" in line for line in look(str(tmp_path)).lines)


def test_names_stay_beside_numbers_of_documents_and_where_nobody_shares_one(tmp_path: Path) -> None:
    for place, (names, beside) in enumerate([
        (NAMES, lambda n: f"ref{n}"),  # another on every receipt
        (NAMES[:3], lambda n: f"c{n % 3}" if n % 2 else ""),  # one for each name
        ([f"{name} GmbH" for name in NAMES], lambda n: f"c{n % 7}"),  # firms, whose buyers have addresses
    ]):  # fmt: skip
        folder = tmp_path / str(place)
        rows = [
            [n, moment(n), good, units, price, names[n % len(names)], beside(n)] for n, _, good, price, units in LINES
        ]
        write(folder / "x.csv", [*HEAD, "Price", "Customer", "Customer phone"], rows)
        assert customer(folder) == "Customer", place


def test_the_way_an_order_came_is_no_shop(tmp_path: Path) -> None:
    values = [("スマホ", "PC"), ("iOS", "Android"), ("Web", "Phone House Mitte")]
    rows = [[n, moment(n), good, units, price, *(ways[n % 2] for ways in values)] for n, _, good, price, units in LINES]
    write(tmp_path / "x.csv", [*HEAD, "Price", "受注経路", "zqa"], [row[:-1] for row in rows])
    assert not look(str(tmp_path)).questions
    write(tmp_path / "x.csv", [*HEAD, "Price", "Ursprung", "zqb"], [[*row[:-3], *row[-2:]] for row in rows])
    assert ["is 'zqb' the shop" in question for question in look(str(tmp_path)).questions] == [True]
    assert not are_ways(pl.Series(["Phone House Mitte", "Phone House Nord"]))


def test_counts_beside_the_stock_of_goods_are_no_days(tmp_path: Path) -> None:
    sales = [[n, moment(n), good, units, price] for n, _, good, price, units in LINES]
    for count in (lambda _: 0, lambda n: 3 * n):
        goods = [[f"g{n}", f"Good {n}", 2.0 + 1.5 * n, 8 + n, count(n)] for n in range(5)]
        write(tmp_path / "x" / "sales.csv", [*HEAD, "Price"], sales)
        write(tmp_path / "x" / "products.csv", ["SKU", "Name", "Price", "Stock", "Day cover"], goods)
        seen = look(str(tmp_path / "x"))
        assert not seen.questions
        assert "[tables.products]" in seen.mapping
        assert "[tables.inventory]" not in seen.mapping
