"""Looks at exports of several files: what the files say of each other."""

from pathlib import Path

import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import Row, load, moment, write
from tests.retail_brain.ingest.test_look_kinds import goods_sold_often

LINES = ["Bill No", "Billed At", "Branch", "Member No", "Item Code", "Qty", "Unit Price"]


def bills_and_what_came_back(folder: Path, returned: str) -> None:
    sold: list[Row] = [
        [n, moment(n), f"b{n % 2}", f"m{n % 9}", good, units, price] for n, good, units, price in goods_sold_often()
    ]
    back: list[Row] = [[f"R{row[0]}", moment(int(str(row[0])) + 36), *row[2:]] for row in sold[:30:5]]
    write(folder / "bills.csv", LINES, sold)
    write(folder / returned, LINES, back)


@pytest.mark.parametrize("name", ["retouren.csv", "Refunds May.csv", "退货单.csv"])
def test_file_of_returns_by_its_name_turns_the_sign(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    bills_and_what_came_back(folder, name)
    lines = load(tmp_path, folder)
    assert sum(float(str(row["units"])) < 0 for row in lines) == 6
    assert len(lines) == 42


def test_file_whose_lines_were_all_sold_before_is_asked_about(tmp_path: Path) -> None:
    bills_and_what_came_back(tmp_path, "more.csv")
    seen = look(str(tmp_path))
    assert any("more.csv" in question and "returns" in question for question in seen.questions)
    assert '# returns = { files = ["more.csv"] }' in seen.mapping


def with_people(folder: Path, answers: list[str], yes: str, no: str) -> None:
    bills_and_what_came_back(folder, "refunds.csv")
    header = ["Member No", "First Name", "Postcode", "Birthday", "Joined", *answers]
    people: list[Row] = [
        [f"m{n}", f"Ada {n}", 8000 + n, "1990-01-02", f"2025-03-{n + 10}", *[(yes, no)[(n + k) % 2] for k in range(2)]]
        for n in range(9)
    ]
    write(folder / "members.csv", header, [row[: len(header)] for row in people])


@pytest.mark.parametrize(("answers", "yes"), [(["ALLOW_EMAIL", "ALLOW_SMS"], "1"), (["Opt-out SMS"], "nein")])
def test_answers_beside_people_are_a_table_to_paste(tmp_path: Path, answers: list[str], yes: str) -> None:
    with_people(tmp_path, answers, yes, {"1": "0", "nein": "ja"}[yes])
    seen = look(str(tmp_path))
    assert [question for question in seen.questions if "since when" in question]
    mapping = seen.mapping.replace('# changed_at = "Joined"', 'changed_at = "Joined"')
    mapping = mapping.replace('# changed_at = { column = "Joined" }', 'changed_at = "Joined"')
    (tmp_path / "m.toml").write_text(mapping, encoding="utf-8")
    ingest(str(tmp_path / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    consents = open_lake(str(tmp_path / "lake")).scan("consents").collect()
    assert consents.height == 9 * len(answers)
    assert set(consents["channel"]) == {"email", "sms"} if len(answers) == 2 else {"sms"}
    assert consents.filter(consents["granted"]).height == (9 if len(answers) == 2 else 5)


def test_answers_that_are_no_yes_and_no_are_asked_about(tmp_path: Path) -> None:
    with_people(tmp_path, ["Newsletter"], "weekly", "sometimes")
    assert any("'Newsletter' may hold" in question for question in look(str(tmp_path)).questions)


def test_list_of_shops_is_known_by_the_shops_of_the_sales(tmp_path: Path) -> None:
    bills_and_what_came_back(tmp_path, "refunds.csv")
    write(
        tmp_path / "places.csv",
        ["Key", "Name", "Town"],
        [["b0", "North", "Ulm"], ["b1", "South", "Ulm"], ["b2", "Old Hall", "Bonn"]],
    )
    shops = load(tmp_path, tmp_path, "stores")
    assert [(row["store_id"], row["name"]) for row in shops] == [("b0", "North"), ("b1", "South"), ("b2", "Old Hall")]


def test_files_that_no_glob_tells_apart_are_listed(tmp_path: Path) -> None:
    with_people(tmp_path, [], "", "")
    lines = load(tmp_path, tmp_path)
    assert 'files = ["bills.csv", "refunds.csv"]' in look(str(tmp_path)).mapping
    assert len(lines) == 42


@pytest.mark.parametrize("named", ["Stock on hand", "Kolumna 7"])
def test_stock_beside_the_sales_of_a_day_is_a_table_of_its_own(tmp_path: Path, named: str) -> None:
    rows: list[Row] = []
    for shop in ("N", "S"):
        for good in range(3):
            left = 60
            for day in range(12):
                sold, came = (day + good) % 4 + 1, 15 if day % 5 == 4 else 0
                left += came - sold
                rows.append([f"2026-03-{day + 1:02}", shop, f"g{good}", sold, came, left])
    header = ["Date", "Store", "SKU", "Units Sold", "Units In", named]
    stock = load(tmp_path, write(tmp_path / "days.csv", header, rows), "inventory")
    assert len(stock) == len(rows)
    assert sum(float(str(row["on_hand"])) for row in stock) == sum(float(str(row[5])) for row in rows)


def test_sales_without_days_are_of_the_day_in_the_names_of_their_files(tmp_path: Path) -> None:
    folder = tmp_path / "till"
    folder.mkdir()
    for day in range(1, 4):
        rows: list[Row] = [[shop, f"g{n}", n + 1, (n + 1) * (2 + n)] for shop in "AB" for n in range(4)]
        write(folder / f"umsatz_2026-05-0{day}.csv", ["Filiale", "Artikelnummer", "Menge", "Umsatz"], rows)
    lines = load(tmp_path, folder, "daily_sales")
    assert {str(row["date"]) for row in lines} == {"2026-05-01", "2026-05-02", "2026-05-03"}
    assert len(lines) == 24


def test_sales_without_days_are_of_the_day_above_their_header(tmp_path: Path) -> None:
    rows = "".join(f"g{n},Tea {n},{n + 1},{(n + 1) * 2.5}\n" for n in range(9))
    title = "Item sales of 05/17/2026,,,\n,,,\n"
    (tmp_path / "items.csv").write_text(f"{title}Item Code,Item Name,Qty,Net Sales\n{rows}", encoding="utf-8")
    assert {str(row["date"]) for row in load(tmp_path, tmp_path / "items.csv", "daily_sales")} == {"2026-05-17"}
    (tmp_path / "more.csv").write_text(
        f"{title.replace('17', '18')}Item Code,Item Name,Qty,Net Sales\n{rows}", encoding="utf-8"
    )
    assert any("above the header" in question for question in look(str(tmp_path)).questions)


def test_stock_of_a_day_is_no_sale(tmp_path: Path) -> None:
    write(
        tmp_path / "bestand_2026-05-01.csv", ["Artikelnummer", "Menge", "Wert"], [[f"g{n}", n, n * 2] for n in range(9)]
    )
    assert "daily_sales" not in look(str(tmp_path)).mapping
