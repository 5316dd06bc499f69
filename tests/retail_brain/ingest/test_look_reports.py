"""Looks at reports with names in rows of their own, and at files that several keys join."""

from datetime import date
from pathlib import Path

import polars as pl

from retail_brain.ingest.look import look
from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.look.groups import group_columns
from tests.retail_brain.ingest.test_look import Row, load, moment, write


def days_of_shops() -> list[Row]:
    rows: list[Row] = []
    for shop in ("North", "South"):
        rows.append([shop, "", "", "", ""])
        rows += [[date(2026, 1, 10 + n), f"g{n % 3}", f"Tea {n % 3}", n + 1, 2.5 * (n + 1)] for n in range(9)]
        rows.append([f"Total for {shop}", "", "", 45, 112.5])
    return rows


def test_shops_in_rows_of_their_own_are_the_shops_of_their_lines(tmp_path: Path) -> None:
    place = write(tmp_path / "report.csv", ["Date", "Code", "Description", "Qty", "Amount"], days_of_shops())
    seen = look(str(place))
    assert 'group_rows = ["store"]' in seen.mapping
    assert not seen.questions
    sold = load(tmp_path, place, table="daily_sales")
    assert len(sold) == 18
    assert {row["store_id"] for row in sold} == {"North", "South"}
    assert sum(float(str(row["units"])) for row in sold) == 90


def test_goods_in_rows_of_their_own_where_lines_have_none(tmp_path: Path) -> None:
    rows: list[Row] = []
    for good in ("Green tea", "Oat milk"):
        rows.append([good, "", "", "", ""])
        rows += [["", moment(n).date(), f"R{n}", 1 + n % 2, 3.0 * (1 + n % 2)] for n in range(12)]
        rows.append([f"Total for {good}", "", "", 18, 54.0])
    sold = load(tmp_path, write(tmp_path / "goods.csv", ["", "Date", "Receipt No", "Qty", "Amount"], rows))
    assert len(sold) == 24
    assert {(row["product_id"], row["unit_price"]) for row in sold} == {("Green tea", 3.0), ("Oat milk", 3.0)}


def test_labels_of_groups_name_shop_and_day(tmp_path: Path) -> None:
    rows: list[Row] = []
    for day in (12, 13):
        rows.append([f"Filiale: Nord   Datum: {day}.01.2026", "", "", "", ""])
        rows += [[f"{day}{n}", f"{9 + n}:15", f"g{n % 3}", 1 + n % 2, "2.50"] for n in range(8)]
    place = write(tmp_path / "journal.csv", ["Bon", "Uhrzeit", "Artikel-Nr.", "Menge", "E-Preis"], rows)
    sold = load(tmp_path, place)
    assert len(sold) == 16
    assert {str(row["sold_at"])[:10] for row in sold} == {"2026-01-12", "2026-01-13"}
    assert {row["store_id"] for row in sold} == {"Nord"}


def test_groups_whose_goods_come_in_one_of_them_alone_are_categories() -> None:
    lines = [["Hot", None, None], ["t1", "5", "9"], ["t1", "6", "9"], ["Cold", None, None], ["i1", "2", "4"]]
    columns = ["SKU", "Qty", "Amount"]
    assert group_columns(pl.DataFrame(lines, columns, orient="row")) == ("category",)
    shops = [["Hot", None, None], ["t1", "5", "9"], ["Cold", None, None], ["t1", "2", "4"]]
    assert group_columns(pl.DataFrame(shops, columns, orient="row")) == ("store",)


def test_a_table_without_such_rows_has_no_groups() -> None:
    lines = pl.DataFrame(
        [["t1", "5", "9"], ["t2", None, None], ["t3", "2", "4"]], ["SKU", "Qty", "Amount"], orient="row"
    )
    assert group_columns(lines) == ()


def numbered_anew() -> tuple[list[Row], list[Row]]:
    """Heads and lines of two branches that both number from 1."""
    heads: list[Row] = []
    lines: list[Row] = []
    for branch in ("01", "02"):
        for n in range(1, 13):
            at = moment(n + (20 if branch == "02" else 0))
            heads.append([branch, n, at.strftime("%Y%m%d"), at.strftime("%H%M%S"), f"c{n}"])
            lines += [[branch, n, line, f"g{line}", line, "2.50"] for line in (1, 2)]
    return heads, lines


def test_numbers_that_begin_anew_are_joined_with_the_branch(tmp_path: Path) -> None:
    heads, lines = numbered_anew()
    place = tmp_path / "erp"
    write(place / "DOCHEAD.csv", ["BRANCH", "DOCNO", "DOCDATE", "DOCTIME", "CUSTNO"], heads)
    write(place / "DOCLINE.csv", ["BRANCH", "DOCNO", "LINENO", "ITEMNO", "QTY", "UNITPRICE"], lines)
    seen = look(str(place))
    assert not seen.questions
    assert 'on = { "DOCNO" = "DOCNO", "BRANCH" = "BRANCH" }' in seen.mapping
    sold = load(tmp_path, place)
    assert len(sold) == 48
    assert len({row["transaction_id"] for row in sold}) == 24
    assert {row["sold_at"] for row in sold if row["store_id"] == "02" and row["customer_id"] == "c3"} == {moment(23)}


def test_a_third_file_about_the_orders_names_the_person(tmp_path: Path) -> None:
    place = tmp_path / "till"
    ids = [f"0000-{n:04}" for n in range(16)]
    write(place / "receipts.csv", ["ID", "DATENEW"], [[one, moment(n)] for n, one in enumerate(ids)])
    write(place / "tickets.csv", ["ID", "TICKETID", "CUSTOMER"], [[one, n, f"c{n % 4}"] for n, one in enumerate(ids)])
    lines: list[Row] = [[one, line, f"g{line}", 1, 2.5 + line] for one in ids for line in (0, 1)]
    write(place / "ticketlines.csv", ["TICKET", "LINE", "PRODUCT", "UNITS", "PRICE"], lines)
    sold = load(tmp_path, place)
    assert len(sold) == 32
    assert {row["customer_id"] for row in sold} == {"c0", "c1", "c2", "c3"}
    assert {row["sold_at"] for row in sold} == {moment(n) for n in range(16)}


def test_six_digits_are_read_where_their_days_lie_together() -> None:
    january = pl.Series([f"2601{day}" for day in range(12, 22)])
    assert evidence(january).dates == ("%y%m%d",)
    assert evidence(january).proof == "its days lie within 9 days"
    assert evidence(pl.Series([f"{day}0126" for day in range(12, 22)])).dates == ("%d%m%y",)
    assert set(evidence(pl.Series(["100809", "110908"])).dates) == {"%y%m%d", "%d%m%y", "%m%d%y"}


def test_a_code_that_goes_with_one_name_of_goods_is_theirs(tmp_path: Path) -> None:
    rows: list[Row] = [[moment(n), f"R{n}", f"g{n % 3}", f"Tea {n % 3}", 1 + n % 2, 3.0] for n in range(24)]
    header = ["Date", "Receipt No", "Code", "Description", "Qty", "Price"]
    sold = load(tmp_path, write(tmp_path / "list.csv", header, rows))
    assert {row["product_id"] for row in sold} == {"g0", "g1", "g2"}
