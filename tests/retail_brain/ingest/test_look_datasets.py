"""Looks at whole exports: which table each file feeds, where files say of each other what their columns are."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import Row, moment, write


def sold(
    tmp_path: Path, header: Sequence[str] = ("Receipt No", "Date", "Shop", "SKU", "Card", "Qty", "Net Price")
) -> None:
    rows: list[Row] = [
        [n, moment(n).strftime("%Y-%m-%d %H:%M"), "AB"[n % 2], f"g{n % 3}", f"c{n % 9}", n % 2 + 1, 2.0 + n % 3]
        for n in range(36)
    ]
    write(tmp_path / "sales.csv", list(header), rows)


def tables(tmp_path: Path) -> dict[str, Any]:
    """The proposed mapping, by table."""
    found: dict[str, Any] = tomllib.loads(look(str(tmp_path)).mapping)["tables"]
    return found


def test_list_of_goods_with_a_launch_date_is_a_catalogue_and_no_sales(tmp_path: Path) -> None:
    sold(tmp_path)
    header = ["SKU", "Description", "Category", "Cost", "Full price", "Launch date"]
    goods: list[Row] = [[f"g{n}", f"Coat {n}", "Coats", 9, 19, f"{15 + n}/02/2026"] for n in range(3)]
    write(tmp_path / "goods.csv", header, goods)
    found = tables(tmp_path)
    assert set(found) == {"transactions", "products"}
    assert found["products"]["columns"]["launched_on"] == {"column": "Launch date", "format": "%d/%m/%Y"}


def test_list_of_shops_is_no_list_of_goods(tmp_path: Path) -> None:
    sold(tmp_path)
    write(
        tmp_path / "shops.csv",
        ["Shop", "Name", "Region", "Country"],
        [["A", "First", "N", "IT"], ["B", "Second", "S", "IT"]],
    )
    columns = {"store_id": "Shop", "name": "Name", "region": "Region", "country": "Country"}
    assert tables(tmp_path)["stores"]["columns"] == columns


def test_answers_of_customers_are_consents(tmp_path: Path) -> None:
    sold(tmp_path)
    write(tmp_path / "club.csv", ["Card", "Channel", "Opt in", "Changed"],
          [[f"c{n}", "email", "yes" if n % 2 else "no", "2026-01-03 10:00"] for n in range(9)])  # fmt: skip
    columns = tables(tmp_path)["consents"]["columns"]
    assert columns == {"customer_id": "Card", "channel": "Channel", "granted": "Opt in", "changed_at": "Changed"}


def test_answers_without_a_channel_are_asked_about(tmp_path: Path) -> None:
    write(
        tmp_path / "club.csv",
        ["Kundenkarte", "Einwilligung", "Datum"],
        [[f"c{n}", "ja", f"{n + 13}.02.2026"] for n in range(9)],
    )
    seen = look(str(tmp_path))
    assert any("channel" in question for question in seen.questions)
    assert tomllib.loads(seen.mapping)["tables"]["consents"]["columns"]["channel"] == {"constant": "any"}


@pytest.mark.parametrize("header", ["Werbung erlaubt", "Accepts Marketing", "是否接收短信", "Do not contact"])
def test_a_permission_among_facts_of_customers_is_asked_about(tmp_path: Path, header: str) -> None:
    sold(tmp_path)
    write(tmp_path / "members.csv", ["Card", "Gender", header], [[f"c{n}", "fm"[n % 2], ["yes", "no"][n % 2]]
                                                                 for n in range(9)])  # fmt: skip
    seen = look(str(tmp_path))
    assert any(repr(header) in question and "consents" in question for question in seen.questions)


def test_listings_and_terms_of_supply_are_told_from_goods(tmp_path: Path) -> None:
    sold(tmp_path)
    pairs = [[shop, f"g{n}"] for shop in "AB" for n in range(3)]
    write(
        tmp_path / "range.csv",
        ["Shop", "SKU", "From", "Until"],
        [[*pair, "15/02/2026", "17/03/2026"] for pair in pairs],
    )
    write(tmp_path / "terms.csv", ["Shop", "SKU", "Lead time days"], [[*pair, 3] for pair in pairs])
    found = tables(tmp_path)
    assert found["assortment"]["columns"]["listed_until"] == {"column": "Until", "format": "%d/%m/%Y"}
    assert found["supply"]["columns"]["lead_time_days"] == "Lead time days"
    assert any("two orders" in question for question in look(str(tmp_path)).questions)


def test_code_that_nobody_knows_is_the_one_that_the_catalogue_has_once(tmp_path: Path) -> None:
    sold(tmp_path, ["Bonnummer", "Datum", "Filiale", "PZN", "Kundenkarte", "Menge", "Einzelpreis"])
    goods: list[Row] = [[f"g{n}", f"Salbe {n}", "Haut", 4.5] for n in range(3)]
    write(tmp_path / "artikel.csv", ["PZN", "Bezeichnung", "Warengruppe", "EK"], goods)
    found = tables(tmp_path)
    assert found["transactions"]["columns"]["product_id"] == found["products"]["columns"]["product_id"] == "PZN"
    assert found["products"]["columns"]["unit_cost"] == "EK"


@pytest.mark.parametrize(("header", "kind"), [("Order status", "asked"), ("Receipt type", "return")])
def test_refunded_order_is_asked_about_and_refund_of_a_receipt_is_a_return(
    tmp_path: Path, header: str, kind: str
) -> None:
    rows: list[Row] = [
        [n, moment(n).strftime("%Y-%m-%d %H:%M"), "A", f"g{n % 3}", n % 2 + 1, 2.0 + n % 3,
         ("Refunded" if "status" in header else "Refund") if n == 7 else "Done"]
        for n in range(36)
    ]  # fmt: skip
    write(tmp_path / "sales.csv", ["Order No", "Date", "Shop", "SKU", "Qty", "Net Price", header], rows)
    seen = look(str(tmp_path))
    assert any("sold net" in question for question in seen.questions) == (kind == "asked")
    assert ("# where = " in seen.mapping) == (kind == "asked")
    assert ("returns" in tables(tmp_path)["transactions"]) == (kind == "return")


def test_folder_in_the_canonical_form_is_recognised_whole(tmp_path: Path) -> None:
    chain = tmp_path / "chain"
    chain.mkdir()
    sold(chain, ["transaction_id", "sold_at", "store_id", "product_id", "customer_id", "units", "unit_price"])
    (chain / "sales.csv").rename(chain / "transactions.csv")
    terms = ["store_id", "product_id", "lead_time_days", "review_period_days", "case_pack"]
    write(chain / "supply.csv", terms, [["A", "g1", 2, 3, 6]])
    write(chain / "stores.csv", ["store_id", "name", "region", "opened_on"], [["A", "First", "N", "2025-01-01"]])
    seen = look(str(chain))
    found = tomllib.loads(seen.mapping)["tables"]
    assert list(found["supply"]["columns"]) == terms
    assert set(found) == {"transactions", "supply", "stores"}
    assert any("['opened_on'] are no columns of stores" in line for line in seen.lines)
    (chain / "m.toml").write_text(seen.mapping, encoding="utf-8")
    ingest(str(chain / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    assert open_lake(str(tmp_path / "lake")).scan("supply").collect()["case_pack"].to_list() == [6.0]


def test_several_currencies_are_asked_about(tmp_path: Path) -> None:
    rows: list[Row] = [
        [n, moment(n).strftime("%Y-%m-%d %H:%M"), "A", f"g{n % 3}", n % 2 + 1, 2.0 + n % 3, "PLN" if n < 3 else "EUR"]
        for n in range(36)
    ]
    header = ["Order No", "Date", "Shop", "SKU", "Qty", "Net Price", "Currency"]
    write(tmp_path / "sales.csv", header, rows)
    (question,) = look(str(tmp_path)).questions
    assert "EUR 33, PLN 3" in question
    assert "'EUR'" in question
    write(tmp_path / "sales.csv", header, [[*row[:-1], "EUR"] for row in rows])
    assert look(str(tmp_path)).questions == ()


def test_list_of_members_of_one_shop_each_is_no_list_of_shops(tmp_path: Path) -> None:
    header = ["会员卡号", "姓名", "入会日期", "常去门店"]
    write(tmp_path / "会员.csv", header, [["V1", "王", "2025-03-01", "M1"], ["V2", "李", "2025-04-01", "M2"]])
    columns = {"customer_id": "会员卡号", "joined_on": "入会日期", "home_store_id": "常去门店"}
    assert tables(tmp_path) == {"customers": {"files": "会员.csv", "columns": columns}}


def days(tmp_path: Path, name: str, texts: Sequence[str]) -> None:
    header = ["Receipt No", "Date", "Shop", "SKU", "Qty", "Net Price"]
    rows: list[Row] = [[f"{name}{n}", text, "A", f"g{n % 3}", 1, 2.0] for n, text in enumerate(texts)]
    write(tmp_path / f"{name}.csv", header, rows)


def test_file_of_first_days_is_read_as_another_of_the_same_columns_says(tmp_path: Path) -> None:
    days(tmp_path, "january", ["01/02/2026", "02/02/2026", "03/02/2026", "04/02/2026"])
    days(tmp_path, "february", ["13/02/2026", "14/02/2026"])
    assert tables(tmp_path)["transactions"]["columns"]["sold_at"] == {"column": "Date", "format": "%d/%m/%Y"}


def test_files_that_are_certain_of_different_orders_are_asked_about(tmp_path: Path) -> None:
    days(tmp_path, "east", ["13/02/2026", "14/02/2026", "02/03/2026"])
    days(tmp_path, "west", ["02/13/2026", "02/14/2026"])
    found = look(str(tmp_path))
    assert found.questions == ("'Date' has two readings, such as 13/02/2026, 02/13/2026",)
    assert "sold_at" not in tomllib.loads(found.mapping)["tables"]["transactions"]["columns"]


def test_the_doubt_of_one_of_several_files_is_asked_about_for_all(tmp_path: Path) -> None:
    days(tmp_path, "east", ["03/04/2026 10:00"])
    days(tmp_path, "west", ["2026-03-13 10:00", "2026-03-14 9:00"])
    found = look(str(tmp_path))
    assert [question for question in found.questions if "two readings, such as 03/04/2026" in question]
    assert "sold_at" not in tomllib.loads(found.mapping)["tables"]["transactions"]["columns"]
    assert 'format = ["%m/%d/%Y %H:%M", "%Y-%m-%d %H:%M"]' in found.mapping


def test_files_that_are_certain_of_their_forms_are_read_by_all_of_these(tmp_path: Path) -> None:
    days(tmp_path, "east", ["13/02/2026", "14/02/2026"])
    days(tmp_path, "north", ["03/02/2026 10:00"])
    days(tmp_path, "west", ["2026-02-13", "2026-02-14"])
    (tmp_path / "m.toml").write_text(look(str(tmp_path)).mapping, encoding="utf-8")
    ingest(str(tmp_path / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    sold_at = open_lake(str(tmp_path / "lake")).scan("transactions").collect()["sold_at"]
    assert sorted(sold_at.dt.strftime("%m-%d").to_list()) == ["02-03", "02-13", "02-13", "02-14", "02-14"]


def test_forms_that_cannot_be_listed_are_asked_about(tmp_path: Path) -> None:
    days(tmp_path, "east", ["1771000000", "1771100000", "1771200000"])
    days(tmp_path, "west", ["2026-02-13", "2026-02-14"])
    assert [question for question in look(str(tmp_path)).questions if "other forms" in question]


def stock(tmp_path: Path, units: str = "2,000") -> None:
    """A file of stock that leaves open how its dates and units are written."""
    rows: list[Row] = [[shop, f"g{n}", "03/04/2026", units] for n in range(3) for shop in "AB"]
    write(tmp_path / "stock.csv", ["Shop", "SKU", "Stock date", "On hand"], rows)


def european(tmp_path: Path, date_format: str = "%d/%m/%Y") -> None:
    """Sales whose dates go beyond the 12th and whose prices have a decimal comma."""
    header = ["Receipt No", "Date", "Shop", "SKU", "Card", "Qty", "Net Price"]
    days = [moment(n).replace(day=n % 28 + 1).strftime(date_format) for n in range(36)]
    rows: list[Row] = [[n, days[n], "AB"[n % 2], f"g{n % 3}", f"c{n % 9}", n % 2 + 1, f"{2 + n % 3},50"]
                       for n in range(36)]  # fmt: skip
    write(tmp_path / "sales.csv", header, rows)


def test_a_file_that_is_certain_decides_what_another_leaves_open_and_it_is_said(tmp_path: Path) -> None:
    stock(tmp_path)
    assert len(look(str(tmp_path)).questions) == 2, "alone, both stand open"
    european(tmp_path)
    found = look(str(tmp_path))
    assert not found.questions
    columns = tomllib.loads(found.mapping)["tables"]["inventory"]["columns"]
    assert columns["date"] == {"column": "Stock date", "format": "%d/%m/%Y"}
    assert columns["on_hand"] == {"column": "On hand", "decimal": ","}
    said = "\n".join(found.lines)
    assert "'Stock date' is read with the day first, as 'Date' of sales.csv has it" in said
    assert "'On hand' is read with a decimal comma, as 'Net Price' of sales.csv has it" in said


def test_another_separator_or_a_contradiction_decides_nothing(tmp_path: Path) -> None:
    stock(tmp_path, "2.5")
    european(tmp_path, "%d-%m-%Y")
    (question,) = look(str(tmp_path)).questions
    assert "Stock date" in question


@pytest.mark.parametrize("header", ["Date of birth", "Birthday", "生日", "Geburtsdatum"])
def test_birthdays_of_customers_are_no_day_of_joining(tmp_path: Path, header: str) -> None:
    sold(tmp_path)
    write(tmp_path / "members.csv", ["Card", "Gender", header], [[f"c{n}", "fm"[n % 2], f"{1960 + 8 * n}-0{1 + n}-2{n}"]
                                                                 for n in range(9)])  # fmt: skip
    assert tables(tmp_path)["customers"]["columns"] == {"customer_id": "Card", "birth_date": header}
    mapping = tmp_path / "proposed.toml"
    mapping.write_text(look(str(tmp_path)).mapping, "utf-8")
    ingest(str(mapping), str(tmp_path / "lake"), Settings(), SILENT)
    kept = open_lake(str(tmp_path / "lake")).scan("customers").collect().sort("customer_id")
    assert str(kept["birth_date"][1]) == "1968-02-21"


def test_birthdays_in_another_form_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    sold(tmp_path)
    write(tmp_path / "members.csv", ["Card", "Gender", "Birthday"], [[f"c{n}", "fm"[n % 2], f"2{n}/0{1 + n}/19{60 + n}"]
                                                                     for n in range(9)])  # fmt: skip
    assert tables(tmp_path)["customers"]["columns"] == {"customer_id": "Card"}
    assert "'Birthday' has birthdays, which are read as year-month-day alone" in "\n".join(look(str(tmp_path)).lines)


def test_lines_of_sales_are_the_list_of_goods_where_there_is_no_other(tmp_path: Path) -> None:
    header = ["Receipt No", "Date", "Shop", "SKU", "Description", "Category", "Brand", "Card", "Qty", "Net Price"]
    rows: list[Row] = [
        [n, moment(n).strftime("%Y-%m-%d %H:%M"), "AB"[n % 2], f"g{n % 3}", f"Coat {n % 3}", "Coats", f"b{n}",
         f"c{n % 9}", n % 2 + 1, 2.0 + n % 3]
        for n in range(36)
    ]  # fmt: skip
    write(tmp_path / "sales.csv", header, rows)
    found = tables(tmp_path)["products"]
    assert found["files"] == "sales.csv"
    assert found["columns"] == {"product_id": "SKU", "name": "Description", "category": "Category"}, "brands differ"
    mapping = tmp_path / "proposed.toml"
    mapping.write_text(look(str(tmp_path)).mapping, "utf-8")
    ingest(str(mapping), str(tmp_path / "lake"), Settings(), SILENT)
    goods = open_lake(str(tmp_path / "lake")).scan("products").select("product_id", "name").collect()
    assert sorted(goods.rows()) == [("g0", "Coat 0"), ("g1", "Coat 1"), ("g2", "Coat 2")]


def test_lines_of_sales_are_no_list_of_goods_beside_a_catalogue(tmp_path: Path) -> None:
    sold(tmp_path, ("Receipt No", "Date", "Shop", "SKU", "Description", "Qty", "Net Price"))
    write(
        tmp_path / "goods.csv", ["SKU", "Description", "Category"], [[f"g{n}", f"Coat {n}", "Coats"] for n in range(3)]
    )
    assert tables(tmp_path)["products"]["files"] == "goods.csv"


@pytest.mark.parametrize("kinds", [("view", "cart", "purchase"), ("pageview", "addtocart", "transaction")])
def test_a_journal_of_views_and_purchases_is_events_and_no_sales(tmp_path: Path, kinds: Sequence[str]) -> None:
    header = ["event_time", "event_type", "product_id", "price", "user_id", "user_session"]
    rows = [[f"{moment(n)} UTC", kinds[n % 3], f"g{n % 5}", 2.5, f"c{n % 9}", f"s{n // 3}"] for n in range(36)]
    seen = look(str(write(tmp_path / "2026-Feb.csv", header, rows)))
    found = tomllib.loads(seen.mapping)["tables"]
    assert set(found) == {"events"}
    assert found["events"]["columns"] == {
        "occurred_at": "event_time", "event_type": "event_type", "product_id": "product_id", "customer_id": "user_id",
        "session_id": "user_session",
    }  # fmt: skip
    (question,) = seen.questions
    assert f"""where = '''"event_type" IN ('{kinds[2]}')'''""" in question
