"""What was paid, what was no sale and who is nobody, told by values: sums of receipts, rates of tax, states."""

import tomllib
from pathlib import Path
from typing import Any

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, moment, write

GOODS = [(f"g{n}", 2.0 + 1.5 * n) for n in range(5)]
LINES = [(n, line, *GOODS[(n + line * 2) % 5], (n + line) % 3 + 1) for n in range(30) for line in range(n % 3 + 1)]
"""Receipt, line, product, price and units."""
HEAD = ["Order No", "Date", "SKU", "Qty"]


def transactions(folder: Path) -> dict[str, Any]:
    return dict(tomllib.loads(look(str(folder)).mapping)["tables"]["transactions"])


def sums(of_line: Any) -> dict[int, float]:
    totals: dict[int, float] = {}
    for n, line, _, price, units in LINES:
        totals[n] = round(totals.get(n, 0.0) + of_line(n, line, price, units), 2)
    return totals


def test_column_of_no_known_name_that_makes_the_sums_of_orders_is_the_price(tmp_path: Path) -> None:
    totals = sums(lambda _n, _l, price, units: price * units)
    rows = [[n, moment(n), good, units, price, totals[n]] for n, _, good, price, units in LINES]
    lines = load(tmp_path, write(tmp_path / "orders.csv", [*HEAD, "Item cost", "Order subtotal"], rows))
    assert [row["unit_price"] for row in lines] == [price for *_, price, _ in LINES]


def test_sums_of_orders_show_that_a_discount_is_still_to_be_taken_off(tmp_path: Path) -> None:
    def off(n: int, line: int) -> float:
        return 0.5 * ((n + line) % 4)

    totals = sums(lambda n, line, price, units: price * units - off(n, line))
    rows = [
        [n, moment(n), good, units, price + n % 7, off(n, line), round(totals[n] + sum_of_extra(n), 2)]
        for n, line, good, price, units in LINES
    ]
    lines = load(tmp_path, write(tmp_path / "o.csv", [*HEAD, "Price", "Discount amount", "Order subtotal"], rows))
    wanted = [price + n % 7 - off(n, line) / units for n, line, _, price, units in LINES]
    assert [round(float(str(row["unit_price"])), 6) for row in lines] == [round(price, 6) for price in wanted]


def sum_of_extra(n: int) -> float:
    return float(sum(units * (n % 7) for m, *_, units in LINES if m == n))


def test_discount_of_the_whole_order_is_of_no_line(tmp_path: Path) -> None:
    rows = [
        [n, moment(n), good, units, price, (3.5 + n % 5) if line == 0 else ""] for n, line, good, price, units in LINES
    ]
    write(tmp_path / "orders.csv", [*HEAD, "Price", "Discount"], rows)
    assert "discount" not in transactions(tmp_path)["columns"]
    assert any("discounts of whole receipts" in line for line in look(str(tmp_path)).lines)


def test_amount_with_tax_is_what_was_paid(tmp_path: Path) -> None:
    rate = {good: 1.06 if n % 2 else 1.21 for n, (good, _) in enumerate(GOODS)}
    rows = [
        [n, moment(n), good, units, price, round(price * units * rate[good], 2)] for n, _, good, price, units in LINES
    ]
    lines = load(tmp_path, write(tmp_path / "orders.csv", [*HEAD, "Unit price", "Amount"], rows))
    paid = [round(price * units * rate[good], 2) for _, _, good, price, units in LINES]
    assert [round(float(str(row["unit_price"])) * float(str(row["units"])), 2) for row in lines] == paid


def test_amount_after_two_discounts_is_what_was_paid(tmp_path: Path) -> None:
    rows = [
        [n, moment(n), good, units, price, price * units, 0.3 * (n % 3), 0.2 * (n % 2),
         round(price * units - 0.3 * (n % 3) - 0.2 * (n % 2), 2)]
        for n, _, good, price, units in LINES
    ]  # fmt: skip
    header = [*HEAD, "Price", "Sales amount", "Discount", "Platform discount", "Billed"]
    write(tmp_path / "orders.csv", header, rows)
    assert transactions(tmp_path)["columns"]["unit_price"] == {"column": "Billed", "total": True}


def test_state_on_the_first_line_alone_holds_for_the_receipt_and_quoted_blanks_are_blanks(tmp_path: Path) -> None:
    text = '"Order No","Date","Qty","SKU","Price","Order status","Cancelled at"\n'
    for n, line, good, price, units in LINES:
        state = ("Cancelled" if n % 10 == 3 else "Closed") if line == 0 else ""
        since = "2026-03-01 10:00:00" if line == 0 and n == 4 else ""
        text += f'"{n}","{moment(n) if line == 0 else ""}","{units}","{good}","{price}","{state}","{since}"\n'
    (tmp_path / "orders.csv").write_text(text, encoding="utf-8")
    kept = [n for n, *_ in LINES if n % 10 != 3 and n != 4]
    assert [row["transaction_id"] for row in load(tmp_path, tmp_path / "orders.csv")] == [str(n) for n in kept]


def test_open_state_of_a_payment_is_asked_about_with_both_readings(tmp_path: Path) -> None:
    rows = [[n, moment(n), good, units, price, "pending" if n == 3 else "paid"] for n, _, good, price, units in LINES]
    write(tmp_path / "orders.csv", [*HEAD, "Price", "Payment status"], rows)
    seen = look(str(tmp_path))
    assert any("on account" in question for question in seen.questions)
    assert seen.mapping.count("# where = ") == 2


def test_voided_rows_are_left_out_and_rows_that_take_others_back_stay(tmp_path: Path) -> None:
    rows = [[n, moment(n), good, units, price, int(n == 5)] for n, _, good, price, units in LINES]
    write(tmp_path / "a" / "orders.csv", [*HEAD, "Price", "取消区分"], rows)
    assert "取消区分" in transactions(tmp_path / "a")["where"]
    back = [*rows, *([n, when, good, -units, price, 1] for n, when, good, units, price, flag in rows if flag)]
    back = [[*row[:5], int(float(str(row[3])) < 0)] for row in back]
    write(tmp_path / "b" / "orders.csv", [*HEAD, "Price", "Storno"], back)
    assert "where" not in transactions(tmp_path / "b")


def test_order_that_came_back_with_no_units_left_is_left_out(tmp_path: Path) -> None:
    rows = [
        [n, moment(n), good, 0 if n == 7 else units, price, "Rückerstattet" if n == 7 else "Fertig"]
        for n, _, good, price, units in LINES
    ]
    write(tmp_path / "orders.csv", [*HEAD, "Price", "Bestellstatus"], rows)
    assert not look(str(tmp_path)).questions
    assert "Rückerstattet" in transactions(tmp_path)["where"]


def test_tips_are_no_goods_and_the_walk_in_customer_is_nobody(tmp_path: Path) -> None:
    rows = [
        [n, moment(n), good, f"Tea {good}", units, price, "Walk-in" if n % 2 else f"K{n}"]
        for n, _, good, price, units in LINES
    ] + [[1, moment(1), "T", "[TIPS] Tips", 1, 2.0, "Walk-in"]]
    header = ["Order No", "Date", "SKU", "Product name", "Qty", "Price", "Customer"]
    lines = load(tmp_path, write(tmp_path / "orders.csv", header, rows))
    assert len(lines) == len(LINES)
    assert {row["customer_id"] for row in lines} == {None, *(f"K{n}" for n in range(0, 30, 2))}


def test_receipts_without_a_shop_are_of_the_web_shop(tmp_path: Path) -> None:
    rows = [[n, moment(n), good, units, price, "North" if n % 2 else ""] for n, _, good, price, units in LINES]
    lines = load(tmp_path, write(tmp_path / "orders.csv", [*HEAD, "Price", "Location"], rows))
    assert {row["store_id"] for row in lines} == {"North", "online"}


def test_list_of_heads_beside_their_lines_adds_nothing_and_asks_nothing(tmp_path: Path) -> None:
    rows = [[n, moment(n), good, units, price, f"K{n}"] for n, _, good, price, units in LINES]
    totals = sums(lambda _n, _l, price, units: price * units)
    write(tmp_path / "items.csv", [*HEAD, "Price", "Customer"], rows)
    heads = [[n, moment(n), f"g{n % 5}", total, f"K{n}"] for n, total in totals.items()]
    write(tmp_path / "orders.csv", ["Order No", "Date", "SKU", "Order amount", "Customer"], heads)
    seen = look(str(tmp_path))
    assert not seen.questions
    assert 'files = "items.csv"' in seen.mapping


def test_list_of_goods_is_known_by_the_values_that_sales_have(tmp_path: Path) -> None:
    rows = [[n, moment(n), good, units, price] for n, _, good, price, units in LINES]
    write(tmp_path / "orders.csv", ["Order No", "Date", "Lineitem sku", "Qty", "Price"], rows)
    goods = [[f"40112233{n}", f"Tea {n}", good, price] for n, (good, price) in enumerate(GOODS)]
    write(tmp_path / "products.csv", ["Barcode", "Product name", "Our number", "List price"], goods)
    assert tomllib.loads(look(str(tmp_path)).mapping)["tables"]["products"]["columns"]["product_id"] == "Our number"


def test_stock_with_a_column_per_shop_is_found_beside_the_list_of_goods(tmp_path: Path) -> None:
    rows = [[n, moment(n), good, units, price] for n, _, good, price, units in LINES]
    write(tmp_path / "orders.csv", [*HEAD, "Price"], rows)
    goods = [[good, f"Tea {good}", price, n, 5 + n] for n, (good, price) in enumerate(GOODS)]
    write(tmp_path / "goods.csv", ["sku", "name", "retail_price", "inventory_North", "inventory_South"], goods)
    seen = look(str(tmp_path))
    assert any("of which day is the stock" in question for question in seen.questions)
    assert r'wide = { names = "store_id", values = "on_hand", columns = "^inventory_(.+)$" }' in seen.mapping


def test_columns_that_make_a_total_are_shops_and_the_day_is_in_the_name_of_the_file(tmp_path: Path) -> None:
    goods = [[f"40112233{n}", f"Tea {n}", 3 * n + 8, n, n + 3, n + 5] for n in range(8)]
    place = write(tmp_path / "stock" / "report_2026_01_31.csv",
                  ["Barcode", "Product name", "All", "Kazan", "Omsk", "Tula"], goods)  # fmt: skip
    stock = tomllib.loads(look(str(place)).mapping)["tables"]["inventory"]
    assert stock["wide"]["columns"] == "^(?:Kazan|Omsk|Tula)$"
    sold: list[Row] = [[n, moment(n), "Omsk", f"40112233{n}", 1, 2] for n in range(8)]
    header = ["transaction_id", "sold_at", "store_id", "product_id", "units", "unit_price"]
    load(tmp_path, write(tmp_path / "transactions.csv", header, sold))
    rows = load(tmp_path, place, "inventory")
    assert len(rows) == 24
    assert {str(row["date"]) for row in rows} == {"2026-01-31"}


def test_files_of_the_same_days_are_of_the_shops_in_their_names(tmp_path: Path) -> None:
    for place, shop in enumerate(("Alba", "Bergen")):
        rows = [[moment(n).date(), f"g{n % 5}", n % 4 + place + 1, 3.5 * (n % 4 + place + 1)] for n in range(40)]
        write(tmp_path / "sales" / f"daily_{shop}.csv", ["Date", "SKU", "Qty", "Amount"], rows)
    table = next(iter(tomllib.loads(look(str(tmp_path / "sales")).mapping)["tables"].values()))
    assert table["columns"]["store_id"] == {"file_name": r"^daily_(.+)\.csv$"}


def test_names_of_people_are_no_goods(tmp_path: Path) -> None:
    rows = [[f"K{n}", "Ann", f"Lee{n}", f"a{n}@example.org"] for n in range(12)]
    write(tmp_path / "people.csv", ["customer_code", "first_name", "last_name", "email"], rows)
    assert list(tomllib.loads(look(str(tmp_path)).mapping)["tables"]) == ["customers", "identities"]


def test_column_of_no_known_name_whose_lines_stand_together_numbers_the_receipts(tmp_path: Path) -> None:
    rows = [[f"QX{n}", moment(n), good, units, price] for n, _, good, price, units in LINES]
    lines = load(tmp_path, write(tmp_path / "orders.csv", ["Vgn", "Date", "SKU", "Qty", "Price"], rows))
    assert [row["transaction_id"] for row in lines] == [f"QX{n}" for n, *_ in LINES]


def test_comma_before_three_digits_beside_small_whole_numbers_is_of_thousands(tmp_path: Path) -> None:
    rows = [[n, moment(n), good, units, f"{int(price * 300) * units:,}"] for n, _, good, price, units in LINES]
    lines = load(tmp_path, write(tmp_path / "orders.csv", [*HEAD, "Amount"], rows))
    assert [row["unit_price"] for row in lines] == [int(price * 300) for *_, price, _ in LINES]


def test_columns_of_numbered_days_are_dated_by_the_calendar_or_asked_about(tmp_path: Path) -> None:
    days = [f"d_{n}" for n in range(40, 50)]
    rows = [[f"g{n}", "North", *((n + day) % 4 for day in range(10))] for n in range(12)]
    write(tmp_path / "x" / "sales.csv", ["item_id", "store_id", *days], rows)
    seen = look(str(tmp_path / "x"))
    assert any("numbers of days" in question for question in seen.questions)
    assert 'format = "days since YYYY-MM-DD"' in seen.mapping
    calendar = [[f"2026-03-{n - 39:02}", f"d_{n}"] for n in range(40, 50)]
    write(tmp_path / "x" / "calendar.csv", ["date", "d"], calendar)
    lines = load(tmp_path, tmp_path / "x", "daily_sales")
    assert sorted({str(row["date"]) for row in lines}) == [day for day, _ in calendar]
    assert sum(float(str(row["units"])) for row in lines) == sum(sum(int(str(n)) for n in row[2:]) for row in rows)


def test_rows_of_a_file_named_as_its_table_are_no_sums(tmp_path: Path) -> None:
    head = ["store_id", "product_id", "source_store_id", "lead_time_days", "review_period_days", "case_pack"]
    shops = [[shop, f"P{n}", "W", 5, 7, 6] for shop in ("A", "B", "C") for n in range(20)]
    warehouse = [["W", f"P{n}", "", 10, 7, 12] for n in range(20)]
    write(tmp_path / "chain" / "supply.csv", head, [*shops, *warehouse])
    seen = look(str(tmp_path / "chain"))
    assert "sums" not in str(seen)
    assert "where" not in tomllib.loads(seen.mapping)["tables"]["supply"]
