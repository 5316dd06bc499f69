"""States of orders that are new, under way or open; joined words; numbers of which few have a comma; lists of stock."""

import tomllib
from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.evidence import evidence
from tests.retail_brain.ingest.test_look import Row, load, moment, write
from tests.retail_brain.ingest.test_look_marked import COUNT
from tests.retail_brain.ingest.test_look_no_sales import kinds, lines_of
from tests.retail_brain.ingest.test_look_sums import HEAD, LINES


@pytest.mark.parametrize(
    ("name", "usual", "words"),
    [
        ("Order status", "Shipped", ["Unshipped", "Packed", "In transit", "New"]),
        ("Bestellstatus", "Geliefert", ["Unterwegs", "Verpackt", "Neu"]),
        ("Estado", "Entregado", ["En camino", "Preparado", "Nuevo"]),
        ("Sipariş Durumu", "Teslim Edildi", ["Taşıma Durumunda", "Yeni", "Hazır"]),
        ("Stav", "Doručeno", ["Na cestě", "Připraveno", "Nová"]),
        ("Статус", "Доставлен", ["В пути", "Собран", "Новый"]),
        ("订单状态", "已完成", ["运输中", "已打包", "新订单"]),
    ],
)
def test_orders_under_way_are_sold_and_not_asked_about(tmp_path: Path, name: str, usual: str, words: list[str]) -> None:
    folder = kinds(tmp_path / "x", name, usual, *words)
    assert not look(str(folder)).questions
    assert len(load(tmp_path, folder)) == COUNT


@pytest.mark.parametrize(("beside", "is_asked"), [("Payment status", False), ("Payment method", True)])
def test_an_open_order_is_sold_where_another_column_says_whether_it_was_paid(
    tmp_path: Path, beside: str, is_asked: bool
) -> None:
    rows = [
        [n, moment(n), good, units, price, "Open" if n in (1, 2) else "Closed", "Paid" if n % 2 else "Settled"]
        for n, _, good, price, units in LINES
    ]
    write(tmp_path / "orders.csv", [*HEAD, "Price", "Order status", beside], rows)
    questions = look(str(tmp_path)).questions
    assert any(f"Open {lines_of(1, 2)}" in question for question in questions) is is_asked
    assert bool(questions) is is_asked


def test_a_state_of_payment_that_is_open_is_asked_about(tmp_path: Path) -> None:
    assert look(str(kinds(tmp_path, "Payment status", "Paid", "Open", "In transit"))).questions


@pytest.mark.parametrize("odd", ["AVTraining", "AVBelegabbruch", "AVTransfer"])
def test_joined_words_are_read_one_by_one(tmp_path: Path, odd: str) -> None:
    folder = kinds(tmp_path / "x", "BON_TYP", "Beleg", odd)
    assert len(load(tmp_path, folder)) == COUNT - lines_of(1)


def test_few_numbers_with_a_comma_among_whole_ones_are_numbers() -> None:
    whole = [str(n) for n in range(40)]
    assert [form.decimal for form in evidence(pl.Series([*whole, "115,03"])).numbers] == [","]
    assert len(evidence(pl.Series([*whole, "1,115"])).numbers) == 2
    assert [form.decimal for form in evidence(pl.Series([*whole, "broken"])).numbers] == []
    assert [form.decimal for form in evidence(pl.Series([*(f"{n}.50" for n in range(40)), "3,5"])).numbers] == ["."]


def test_stock_by_warehouse_lists_the_shops_and_keeps_parts_of_units(tmp_path: Path) -> None:
    rows: list[Row] = [
        [f"A-{n:03}", f"Towar {n}", shop, "115,03" if n == 7 and shop == "MAG" else -4 if n == 1 else n]
        for shop in ("MAG", "SKL")
        for n in range(20)
    ]
    above = [["Stan na dzień: 31.10.2026"], []]
    seen = look(str(write(tmp_path / "stany.csv", ["Symbol", "Nazwa", "Magazyn", "Stan"], rows, mark=";", above=above)))
    made = tomllib.loads(seen.mapping)["tables"]
    assert made["stores"]["columns"] == {"store_id": "Magazyn"}
    assert made["inventory"]["columns"]["on_hand"] == {"column": "Stan", "decimal": ","}
    for table, count in (("inventory", 40), ("stores", 2), ("products", 20)):
        assert f"{table}: {count} rows looked at, 0 would be set aside" in seen.lines


@pytest.mark.parametrize("first", [0, 500])
def test_lines_and_heads_with_moments_are_joined_by_till_where_numbers_begin_anew(tmp_path: Path, first: int) -> None:
    folder, closed = tmp_path / "x", "2026-10-05T20:15:00"
    tills = {"KASSE-1": 0, "KASSE-2": first}
    heads: list[Row] = [
        [till, closed, add + n, moment(n).isoformat(), "AVTraining" if n == 3 else "Beleg", till]
        for till, add in tills.items()
        for n in range(12)
    ]
    lines: list[Row] = [
        [till, closed, add + n, line, f"Ware {(n + line) % 7}", f"40{(n + line) % 7:011}", "1,000", f"{2 + line},95"]
        for till, add in tills.items()
        for n in range(12)
        for line in (1, 2)
    ]
    taxes = [[*row[:4], 1, "0,47"] for row in lines]
    at = ["Z_KASSE_ID", "Z_ERSTELLUNG", "BON_ID"]
    write(folder / "lines.csv", [*at, "POS_ZEILE", "ARTIKELTEXT", "GTIN", "MENGE", "STK_BR"], lines, mark=";")
    write(folder / "lines_vat.csv", [*at, "POS_ZEILE", "UST_SCHLUESSEL", "POS_UST"], taxes, mark=";")
    write(folder / "transactions.csv", [*at, "BON_START", "BON_TYP", "TERMINAL_ID"], heads, mark=";")
    rows = load(tmp_path, folder)
    assert len(rows) == len(lines) - 4
    assert len({row["transaction_id"] for row in rows}) == len(heads) - 2
    assert {row["sold_at"] for row in rows} == {moment(n) for n in range(12) if n != 3}
