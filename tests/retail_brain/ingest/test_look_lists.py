"""Lists of goods, people and shops beside sales: which of their columns is the id, told by the ids of the sales."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.ingest.look import look
from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.look.words import role_scores
from tests.retail_brain.ingest.test_look import Row, load, moment, write
from tests.retail_brain.sources.workbooks import write_xlsx

GOODS = [(11 + n, f"KA-{1000 + 11 * n}", f"Good {'abcdefgh'[n]}", 2.0 + 1.5 * n) for n in range(8)]
PEOPLE = [(1 + n, f"Person {'abcdefghijklmnopqrst'[n]}", f"p{n}@example.com") for n in range(20)]
SALE = ["Invoice no", "Date", "Location", "Code", "Quantity", "Price"]


def tables(place: Path) -> dict[str, Any]:
    return dict(tomllib.loads(look(str(place)).mapping)["tables"])


def sales(code: int) -> list[Row]:
    """Lines whose goods have the code in this place of GOODS."""
    return [[900 + n // 2, moment(n // 2), "North", GOODS[n % 8][code], 1 + n % 3, GOODS[n % 8][3]] for n in range(60)]


def test_list_named_as_ours_is_keyed_by_the_column_that_holds_the_ids_of_sales(tmp_path: Path) -> None:
    write(tmp_path / "in" / "sales_rows.csv", SALE, sales(1))
    write(tmp_path / "in" / "products.csv", ["Product ID", "Code", "Name", "Cost"], [(*row[:3], 0.5) for row in GOODS])
    listed = load(tmp_path, tmp_path / "in", "products")
    assert {row["product_id"] for row in listed} == {code for _, code, *_ in GOODS}
    assert {row["unit_cost"] for row in listed} == {0.5}, "what its names say of the list is read as well"
    seen = look(str(tmp_path / "in"))
    assert "  'Code' is the id, and not 'Product ID': it holds 100% of the ids of the sales" in seen.lines


def test_list_of_names_that_no_sale_has_is_no_list_of_goods(tmp_path: Path) -> None:
    write(tmp_path / "sales_rows.csv", [*SALE[:3], "Item no", *SALE[4:]], sales(0))
    write(tmp_path / "departments.csv", ["Id", "Name", "Is fast"], [[1, "Restaurant", "no"], [2, "Take away", "yes"]])
    seen = look(str(tmp_path))
    assert "products" not in tomllib.loads(seen.mapping)["tables"]
    assert any("none of the 8 goods that were sold is in it" in line for line in seen.lines)


def test_short_ids_in_sheets_of_a_workbook_are_linked_by_the_names_beside_them(tmp_path: Path) -> None:
    heads = [[500 + n, str(moment(n)), "Hill" if n % 3 else "Harbour", *PEOPLE[n % 20][:2], 1.0 + n] for n in range(60)]
    lines = [[500 + n // 2, *GOODS[n % 8][::2], 1 + n % 3, GOODS[n % 8][3]] for n in range(120)]
    path = write_xlsx(
        tmp_path / "till.xlsx",
        {
            "Heads": [["Receipt no", "Opened", "Store", "Client ID", "Client", "Paid"], *heads],
            "Rows": [["Receipt no", "Item ID", "Item", "Qty", "Price"], *lines],
            "G": [["Key", "Title", "List price"], *([key, name, price] for key, _, name, price in GOODS)],
            "P": [["Key", "Who", "E-mail"], *PEOPLE],
            "W": [["Key", "Title", "Street"], [1, "Hill", "Hill road 3"], [2, "Harbour", "Quay 1"]],
        },
    )
    found = tables(path)
    assert {table: found[table]["columns"][key] for table, key in (
        ("transactions", "product_id"), ("products", "product_id"), ("customers", "customer_id"), ("stores", "store_id")
    )} == {"transactions": "Item ID", "products": "Key", "customers": "Key", "stores": "Title"}  # fmt: skip
    assert (found["transactions"]["sheet"], found["transactions"]["join"][0]["sheet"]) == ("Rows", "Heads")
    assert {table: found[table]["sheet"] for table in ("products", "customers", "stores")} == {
        "products": "G", "customers": "P", "stores": "W"
    }  # fmt: skip


def test_midnights_of_a_spreadsheet_are_days_without_a_time() -> None:
    assert not evidence(pl.Series(["2026-04-06 00:00:00", "2026-04-07 00:00:00"])).has_time
    assert evidence(pl.Series(["2026-04-06 00:00:00", "2026-04-07 09:30:00"])).has_time


def test_field_of_a_nested_record_is_as_sure_as_its_own_name() -> None:
    assert role_scores("items/sellingPrice")["price"] > role_scores("items/price")["price"]


def test_what_stands_beside_the_person_in_one_record_is_no_shop(tmp_path: Path) -> None:
    people = [(f"{n}@x.org", ("Roe", "Day", "Lee")[n % 3]) for n in range(9)]
    rows = [[900 + n // 2, moment(n // 2), *people[n // 2 % 9], GOODS[n % 8][1], 1, 2.5] for n in range(120)]
    header = ["Order no", "Date", "client_email", "client_last", "SKU", "Quantity", "Price"]
    assert not look(str(write(tmp_path / "orders.csv", header, rows))).questions


def test_weeks_by_their_number_are_the_days_of_sales_and_of_the_stock_beside_them(tmp_path: Path) -> None:
    weeks = ("2025-W51", "2025-W52", "2026-W01", "2026-W02")
    rows = [[week, shop, 100145 + 100 * n, GOODS[n][2], 3 + n, (3 + n) * GOODS[n][3], 30 - n]
            for week in weeks for shop in ("North", "South") for n in range(8)]  # fmt: skip
    header = ["Week", "Store", "Article no.", "Article", "Units sold", "Sales value", "Stock"]
    place = write(tmp_path / "in" / "report.csv", header, rows)
    wanted = [date(2025, 12, 15), date(2025, 12, 22), date(2025, 12, 29), date(2026, 1, 5)]
    assert sorted({row["date"] for row in load(tmp_path, place, "daily_sales")}) == wanted  # type: ignore[type-var]
    assert tables(place)["inventory"]["columns"]["date"] == {"column": "Week", "format": "week"}


def test_lines_that_are_not_in_the_sums_of_their_heads_were_not_paid(tmp_path: Path) -> None:
    flags = [("yes" if n % 9 == 4 else "no", "yes" if n % 2 else "no") for n in range(120)]
    lines = [(500 + n // 2, GOODS[n % 8][0], 1 + n % 3, GOODS[n % 8][3], *flags[n]) for n in range(120)]
    sums = dict.fromkeys(range(500, 560), 0.0)
    for number, _, units, price, gift, _ in lines:
        sums[number] += units * price if gift == "no" else 0.0
    write(tmp_path / "in" / "tickets.csv", ["Ticket no", "Date", "Total"],
          [[receipt, moment(receipt - 500), total] for receipt, total in sums.items()])  # fmt: skip
    write(tmp_path / "in" / "rows.csv", ["Ticket no", "Item no", "Qty", "Price", "Comp", "Warm"], lines)
    paid = load(tmp_path, tmp_path / "in")
    assert sum(float(str(row["units"])) * float(str(row["unit_price"])) for row in paid) == sum(sums.values())
    assert len(paid) == sum(gift == "no" for *_, gift, _ in lines)
    said = look(str(tmp_path / "in")).lines
    assert any("rows whose 'Comp' is 'yes' are not in 'Total' of their heads" in line for line in said)


def test_goods_with_a_campaign_and_two_days_are_promotions(tmp_path: Path) -> None:
    days = [("13.03.2026", "22.03.2026"), ("23.03.2026", "29.03.2026")]
    rows = [[1201 + n % 2, f"Week {n % 2}", *GOODS[n][1:3], *days[n % 2][::-1], 2.5] for n in range(8)]
    header = ["Campaign ID", "Campaign", "SKU", "Product", "Last", "First", "Special price"]
    seen = look(str(write(tmp_path / "x.csv", header, rows)))
    table, goods = tomllib.loads(seen.mapping)["tables"].items()
    assert goods[1]["columns"] == {"product_id": "SKU", "name": "Product"}
    assert table == ("promotions", {"files": "x.csv", "columns": {
        "promotion_id": "Campaign ID", "product_id": "SKU", "valid_from": {"column": "First", "format": "%d.%m.%Y"},
        "unit_price": "Special price"}})  # fmt: skip
    assert '# valid_to = { column = "Last", format = "%d.%m.%Y", last_day = true }' in seen.mapping
    assert seen.questions == ("does a promotion hold on the day of 'Last' no more, as valid_to means?",)


def test_price_of_several_units_is_divided(tmp_path: Path) -> None:
    def rows(goods: int) -> list[Row]:
        prices = ((of, round(of * 0.8 * GOODS[goods][3], 2)) for of in (1, 1, 2, 1, 10))
        code = GOODS[goods][1]
        return [[moment(2 * n).date(), "North", code, 3 + n, of, price] for n, (of, price) in enumerate(prices)]

    lines = [row for goods in range(8) for row in rows(goods)]
    header = ["Date", "Store", "SKU", "Units", "Mult", "Price"]
    sold = load(tmp_path, write(tmp_path / "a" / "x.csv", header, lines), "daily_sales")
    prices = {str(good): price for _, good, _, price in GOODS}
    assert all(float(str(row["unit_price"])) <= prices[str(row["product_id"])] + 0.01 for row in sold)
    again = [[*row[:4], 1 + n % 3, GOODS[n // 5][3]] for n, row in enumerate(lines)]
    says = look(str(write(tmp_path / "x.csv", header, again)))
    assert "per" not in says.mapping, "the price is the same whatever it is of"
