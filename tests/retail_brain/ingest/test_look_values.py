"""Looks at files whose columns have names that say nothing: the values and the other files decide."""

import random
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.ingest.look.goods_by_values import is_barcode
from retail_brain.ingest.look.short_words import lengthened
from retail_brain.ingest.look.words import bare_name, role_scores
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import Row, load, write

SHOPS = ("Norvik", "Halden", "Brusk")


def barcode(number: int) -> str:
    digits = f"{590000000000 + 7 * number:012d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{(10 - total % 10) % 10}"


GOODS = [(barcode(n), f"Good number {n}", round(1.2 + 1.37 * n, 2)) for n in range(15)]
Line = tuple[int, datetime, str, str, tuple[str, str, float], int]


def lines() -> list[Line]:
    """Receipt, moment, shop, person, good and units of each line of 250 receipts."""

    def made() -> Iterator[Line]:
        dice, at = random.Random(5), datetime(2026, 3, 2, 8)
        for receipt in range(48_110, 48_360):
            at += timedelta(minutes=dice.randint(20, 90))
            at = at.replace(hour=8) + timedelta(days=1) if at.hour > 20 else at
            shop = dice.choice(SHOPS)
            person = f"K{7000 + dice.randrange(60)}" if dice.random() < 0.8 else ""
            for good in dice.sample(GOODS, dice.randint(1, 4)):
                yield receipt, at, shop, person, good, dice.choice((1, 1, 1, 2, 3))

    return list(made())


LINES = lines()
HEADS = {receipt: (at, shop, person) for receipt, at, shop, person, *_ in LINES}


def tables(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(look(str(place)).mapping)["tables"]
    return found


def test_lines_of_receipts_are_known_by_their_values_alone(tmp_path: Path) -> None:
    rows = [[n, at, shop, person, good[0], good[1], units, f"{units * good[2]:.2f}"]
            for n, at, shop, person, good, units in LINES]  # fmt: skip
    place = write(tmp_path / "x.csv", ["vex", "tupo", "mirn", "olba", "drak", "sool", "haff", "quem"], rows)
    seen = look(str(place))
    sold = tomllib.loads(seen.mapping)["tables"]["transactions"]["columns"]
    assert {ours: sold[ours] for ours in ("transaction_id", "product_id", "sold_at", "units")} == {
        "transaction_id": "vex", "product_id": "drak", "sold_at": "tupo", "units": "haff"
    }  # fmt: skip
    assert sold["unit_price"] == {"column": "quem", "total": True}
    assert "store_id" not in sold, "which of two readings names the shop is asked"
    assert "customer_id" not in sold, "whether it is a person is asked"
    assert '# customer_id = { column = "olba" }' in seen.mapping
    assert {question[:19] for question in seen.questions} == {"is 'mirn' the shop ", "is 'olba' who bough"}
    assert "  'drak' is taken for the product: the same one costs much the same on every line" in seen.lines


def report_of_days(tmp_path: Path, name: str) -> Path:
    days: dict[tuple[date, str, tuple[str, str, float]], int] = {}
    for _, at, shop, _, good, units in LINES:
        days[at.date(), shop, good] = days.get((at.date(), shop, good), 0) + units
    rows = [[day, shop, good[1], units, f"{units * good[2]:.2f}"] for (day, shop, good), units in days.items()]
    return write(tmp_path / "x.csv", ["tupo", name, "sool", "haff", "quem"], rows)


def test_report_of_days_asks_whether_the_column_that_tells_its_rows_apart_is_the_shop(tmp_path: Path) -> None:
    seen = look(str(report_of_days(tmp_path, "mirn")))
    sold = tomllib.loads(seen.mapping)["tables"]["daily_sales"]["columns"]
    assert (sold.get("store_id"), sold["product_id"], sold["units"]) == (None, "sool", "haff")
    assert [question[:18] for question in seen.questions] == ["is 'mirn' the shop"]
    assert '# store_id = { column = "mirn" }\n# store_id = { constant = "1" }' in seen.mapping


@pytest.mark.parametrize("name", ["Size", "Variant", "Farbe", "尺码", "Batch", "Gebinde"])
def test_kinds_of_goods_in_a_report_of_days_are_no_shops(tmp_path: Path, name: str) -> None:
    seen = look(str(report_of_days(tmp_path, name)))
    assert f'store_id = "{name}"' not in seen.mapping
    assert f'store_id = {{ column = "{name}"' not in seen.mapping


@pytest.mark.parametrize("name", ["Table", "Served by", "Locker", "桌号", "olba"])
def test_what_receipts_have_again_and_again_is_no_customer_before_a_person_says_so(tmp_path: Path, name: str) -> None:
    rows = [[n, at, person, good[0], units, good[2]] for n, at, _, person, good, units in LINES if person]
    seen = look(str(write(tmp_path / "x.csv", ["Ticket no", "Time", name, "EAN", "Qty", "Price"], rows)))
    assert "customer_id" not in tomllib.loads(seen.mapping)["tables"]["transactions"]["columns"]
    assert any("who bought" in question for question in seen.questions) == (name == "olba")


def test_heads_lines_and_goods_are_joined_by_the_ids_that_they_share(tmp_path: Path) -> None:
    write(tmp_path / "one.csv", ["vex", "tupo", "olba"], [[n, at, person] for n, (at, _, person) in HEADS.items()])
    rows: list[Row] = [[n, place, good[0], units, f"{units * good[2]:.2f}"]
                       for place, (n, _, _, _, good, units) in enumerate(LINES)]  # fmt: skip
    write(tmp_path / "two.csv", ["wex", "lin", "drak", "haff", "quem"], rows)
    write(tmp_path / "three.csv", ["drok", "sool", "wub"], [[good[0], good[1], "tea"] for good in GOODS])
    mapping = look(str(tmp_path)).mapping
    found = tomllib.loads(mapping)["tables"]
    (join,) = found["transactions"]["join"]
    assert (found["transactions"]["files"], join["files"], join["on"]) == ("two.csv", "one.csv", {"wex": "vex"})
    assert '# customer_id = { column = "olba" }' in mapping
    assert found["products"]["columns"] == {"product_id": "drok", "name": "sool"}


def test_what_people_spent_on_days_is_sales_without_goods(tmp_path: Path) -> None:
    dice, first = random.Random(3), date(2025, 1, 1)
    rows = []
    for _ in range(400):
        count = dice.randint(1, 5)
        paid = f"{count * 12.5 + dice.random():.2f}"
        rows.append([f"{dice.randrange(120) + 1000}", first + timedelta(days=dice.randrange(300)), count, paid])
    sold = tables(write(tmp_path / "x.csv", ["customer_id", "date", "n_bits", "dollars"], rows))
    assert list(sold) == ["transactions"]
    columns = sold["transactions"]["columns"]
    assert (columns["product_id"], columns["units"]) == ({"constant": "all"}, "n_bits")
    assert columns["unit_price"] == {"column": "dollars", "total": True}


def test_units_less_what_came_back_and_money_less_a_discount_are_taken(tmp_path: Path) -> None:
    rows = []
    for place, (_, at, shop, _, good, units) in enumerate(LINES):
        back, gross = int(place % 9 == 0), units * good[2]
        off = round(0.1 * gross, 2) if place % 4 == 0 else 0.0
        rows.append([at, shop, good[0], units, back, units - back, f"{gross:.2f}", off,
                     f"{gross - off:.2f}"])  # fmt: skip
    header = ["Day", "Branch", "EAN", "Pieces", "Taken in again", "Left", "Amount", "Minus", "Rest"]
    sold = tables(write(tmp_path / "x.csv", header, rows))["transactions"]["columns"]
    assert sold["units"] == "Left"
    assert sold["unit_price"] == {"column": "Rest", "total": True}


def test_cost_and_profit_are_no_discount(tmp_path: Path) -> None:
    rows = [[at, shop, good[0], units, f"{units * good[2]:.2f}", f"{units * good[2] * 0.3:.2f}",
             f"{round(units * good[2], 2) - round(units * good[2] * 0.3, 2):.2f}"]
            for _, at, shop, _, good, units in LINES]  # fmt: skip
    header = ["Day", "Branch", "EAN", "Pieces", "Amount", "Ours", "Gone"]
    sold = tables(write(tmp_path / "x.csv", header, rows))["transactions"]["columns"]
    assert sold["unit_price"] == {"column": "Amount", "total": True}


def test_day_and_number_of_a_receipt_in_one_column(tmp_path: Path) -> None:
    numbers: dict[date, list[int]] = {}
    rows = []
    for n, at, shop, person, good, units in LINES:
        place = numbers.setdefault(at.date(), [])
        place += [] if n in place else [n]
        rows.append([f"{at:%Y/%m/%d} -{place.index(n) + 1}", shop, person, good[1], units, f"{units * good[2]:.2f}"])
    place = write(tmp_path / "x.csv", ["Day-No.", "Shop", "Member no", "Item name", "Qty", "Amount"], rows)
    sold = load(tmp_path, place)
    assert {row["sold_at"] for row in sold} == {datetime.combine(at, datetime.min.time()) for at in numbers}
    assert len({row["transaction_id"] for row in sold}) == len(HEADS)


def test_stock_without_a_day_takes_it_from_the_title_or_the_file_or_asks(tmp_path: Path) -> None:
    rows = [[good[0], shop, n, 3] for n, good in enumerate(GOODS) for shop in SHOPS]
    header = ["EAN", "Shop", "On hand", "On order"]
    title = [["Stock as of 2026-05-31"], []]
    days = [
        tables(write(tmp_path / "a" / "stock.csv", header, rows, above=title))["inventory"]["columns"]["date"],
        tables(write(tmp_path / "b" / "stock 28.05.2026.csv", header, rows))["inventory"]["columns"]["date"],
    ]
    assert days[0] == {"constant": "2026-05-31"}
    assert days[1]["format"] == "%d.%m.%Y"
    (question,) = look(str(write(tmp_path / "c" / "stock.csv", header, rows))).questions
    assert "of which day is the stock in stock.csv" in question


def test_file_of_returns_beside_sales_has_its_units_turned(tmp_path: Path) -> None:
    header = ["Number", "Time", "Shop", "Item", "Qty", "Price"]

    def told(numbers: range) -> list[list[object]]:
        return [[n, at, shop, good[0], units, good[2]] for n, at, shop, _, good, units in LINES if n in numbers]

    write(tmp_path / "shop" / "Retail sales.csv", header, told(range(48_110, 48_300)))
    write(tmp_path / "shop" / "Retail returns.csv", header, told(range(48_300, 48_360)))
    back = {str(n) for n, *_ in LINES if n >= 48_300}
    mapping = look(str(tmp_path / "shop")).mapping
    assert '# returns = { files = ["Retail returns.csv"] }' in mapping, "a name alone decides nothing"
    chosen = tmp_path / "shop" / "m.toml"
    chosen.write_text(mapping.replace("# returns = ", "returns = "), encoding="utf-8")
    ingest(str(chosen), str(tmp_path / "lake"), Settings(), SILENT)
    for row in open_lake(str(tmp_path / "lake")).scan("transactions").collect().iter_rows(named=True):
        assert (float(str(row["units"])) < 0) == (row["transaction_id"] in back)
        assert float(str(row["unit_price"])) > 0


@pytest.mark.parametrize("name", ["sales_feb_incl_returns", "sales_feb_net_of_returns", "sales_returning_customers",
                                  "sales_Retourstrasse"])  # fmt: skip
def test_word_of_returns_in_the_name_of_a_file_turns_nothing(tmp_path: Path, name: str) -> None:
    header = ["Number", "Time", "Shop", "Item", "Qty", "Price"]
    rows = [[n, at, shop, good[0], units, good[2]] for n, at, shop, _, good, units in LINES]
    write(tmp_path / "sales_january.csv", header, rows[:300])
    write(tmp_path / f"{name}.csv", header, rows[300:])
    seen = look(str(tmp_path))
    assert "returns" not in tomllib.loads(seen.mapping)["tables"]["transactions"]
    assert any(f"{name}.csv of returns" in question for question in seen.questions)


def test_list_of_people_with_a_yes_for_each_channel_is_customers_and_consents(tmp_path: Path) -> None:
    receipts = [[n, at, shop, person, good[0], units, good[2]] for n, at, shop, person, good, units in LINES]
    write(tmp_path / "shop" / "lines.csv", ["Ticket no", "Time", "Shop", "Member no", "EAN", "Qty", "Price"], receipts)
    people = [
        [f"K{7000 + n}", "Ann", "Ash", "12345", f"2025-01-{1 + n % 28:02d}", n % 2, n % 3 // 2] for n in range(60)
    ]
    header = ["Member no", "First name", "Last name", "Post code", "Created", "ALLOW_EMAIL", "ALLOW_SMS"]
    write(tmp_path / "shop" / "people.csv", header, people)
    found = tables(tmp_path / "shop")
    assert found["customers"]["columns"]["customer_id"] == "Member no"
    assert found["consents"]["wide"]["columns"] == "^ALLOW_(EMAIL|SMS)$"
    assert any("since when" in question for question in look(str(tmp_path / "shop")).questions)


def test_shortened_words_currencies_and_codes_are_read() -> None:
    assert [lengthened(name) for name in ("tkt_no", "qty_on_hnd", "loc_id", "all", "tax_id")] == [
        "ticket_no", "qty_on_hand", "location_id", "all", "tax_id"
    ]  # fmt: skip
    assert [bare_name(name) for name in ("Сумма, ₽", "Umsatz EUR", "Total €")] == ["сумма", "umsatz", "total"]
    assert role_scores("LOC_ID")["store"] == 1.0
    assert is_barcode(pl.Series([good[0] for good in GOODS]))
    assert not is_barcode(pl.Series([str(5900000000000 + n) for n in range(30)]))


def test_a_file_of_kinds_and_money_without_days_is_no_list_of_goods(tmp_path: Path) -> None:
    rows = [[n % 3, f"{n % 3} to {n % 3 + 1}", n % 3 + 0.25 + n / 1000, n % 2] for n in range(60)]
    assert not look(str(write(tmp_path / "x.csv", ["recency", "segment", "spend", "visit"], rows))).mapping


def test_weeks_as_columns_are_dated_by_their_mondays(tmp_path: Path) -> None:
    rows = [[shop, good[0], *range(n, n + 3)] for n, good in enumerate(GOODS) for shop in SHOPS]
    place = write(tmp_path / "x.csv", ["Shop", "EAN", "2026-W06", "2026-W07", "2026-W08"], rows)
    sold = load(tmp_path, place, "daily_sales")
    assert {str(row["date"]) for row in sold} == {"2026-02-02", "2026-02-09", "2026-02-16"}


def numbered_lines(tmp_path: Path, header: list[str], places: tuple[int, ...]) -> Path:
    """Lines whose number ends in the place of the line within its receipt."""
    count: dict[int, int] = {}
    rows: list[Row] = []
    for n, at, shop, person, good, units in LINES:
        count[n] = count.get(n, 0) + 1
        cells: Row = [f"F-{n}{count[n]:03d}", at.date(), shop, good[0], units, good[2], at, person or f"n{n}"]
        rows.append([cells[place] for place in places])
    return write(tmp_path / "x.csv", header, rows)


@pytest.mark.parametrize(
    ("moment", "place", "further"), [("Time", 6, []), ("Date", 1, ["Member no"])], ids=["time", "customer"]
)
def test_last_digits_of_a_number_that_count_lines_are_no_part_of_the_receipt(
    tmp_path: Path, moment: str, place: int, further: list[str]
) -> None:
    header = ["Document", moment, "Shop", "EAN", "Qty", "Price", *further]
    sold = load(tmp_path, numbered_lines(tmp_path, header, (0, place, 2, 3, 4, 5, *(7 for _ in further))))
    assert {row["transaction_id"] for row in sold} == {f"F-{n}" for n in HEADS}


@pytest.mark.parametrize("kind", ["lines", "one day", "days and shops", "days and shops, with customers"])
def test_last_digits_that_may_count_receipts_are_asked_about_and_kept(tmp_path: Path, kind: str) -> None:
    header = ["Receipt no", "Date", "Shop", "EAN", "Qty", "Price"]
    rows: list[Row] = []
    for number in range(1, 301):
        good, day = GOODS[number % 15], date(2026, 3, 1)
        rows.append([10_000 + number, day, "S01", good[0], 1, good[2]])
    if kind.startswith("days and shops"):
        rows = [
            [f"S{shop:02d}-{day:%Y%m%d}-{n:04d}", day, f"S{shop:02d}", GOODS[n % 15][0], 1, GOODS[n % 15][2], f"K{n}"]
            for day in (date(2026, 3, 1) + timedelta(days=past) for past in range(20))
            for shop in (1, 2)
            for n in range(1, 28 + day.day % 7)
        ]
        header += ["Member no"] if "customers" in kind else []
        rows = [row[: len(header)] for row in rows]
    place = (
        numbered_lines(tmp_path, header, (0, 1, 2, 3, 4, 5))
        if kind == "lines"
        else write(tmp_path / "x.csv", header, rows)
    )
    seen = look(str(place))
    assert tomllib.loads(seen.mapping)["tables"]["transactions"]["columns"]["transaction_id"] == "Receipt no"
    assert ["run from 1 on" in question for question in seen.questions] == ([] if "customers" in kind else [True])


def test_short_numbers_link_heads_and_lines_where_both_files_have_nearly_the_same(tmp_path: Path) -> None:
    heads: list[Row] = [[n - 47_900, at, shop] for n, (at, shop, _) in HEADS.items()]
    write(tmp_path / "heads.csv", ["Id", "Date", "Shop"], heads)
    rows: list[Row] = [[place + 1, n - 47_900, good[0], units, good[2]]
                       for place, (n, _, _, _, good, units) in enumerate(LINES)]  # fmt: skip
    write(tmp_path / "rows.csv", ["Id", "RefAg", "EAN", "Qty", "Price"], rows)
    (join,) = tables(tmp_path)["transactions"]["join"]
    assert join["on"] == {"RefAg": "Id"}


def test_days_with_events_are_a_calendar(tmp_path: Path) -> None:
    carnival = {17: ("Carnival", "Cultural")}
    rows = [[date(2026, 2, day), *carnival.get(day, ("", ""))] for day in range(1, 29)]
    place = write(tmp_path / "days.csv", ["date", "event_name_1", "event_type_1"], rows)
    found = tables(place)["calendar"]
    assert found["where"] == 'length("event_name_1") > 0'
    assert found["columns"] == {"date": "date", "event_name": "event_name_1", "event_type": "event_type_1"}


def test_a_series_of_many_things_by_day_without_names_is_no_list_of_shops(tmp_path: Path) -> None:
    rows = [[thing, date(2026, 1, 1 + day), (thing * day) % 7] for thing in range(90) for day in range(20)]
    assert not look(str(write(tmp_path / "x.csv", ["series", "day", "units"], rows))).mapping


def test_a_file_with_types_alone_is_looked_at(tmp_path: Path) -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(40)]
    pl.DataFrame({"day": days, "week": range(40), "temperature": [n / 2 for n in range(40)]}).write_parquet(
        tmp_path / "days.parquet"
    )
    assert not any("cannot be read" in line for line in look(str(tmp_path)).lines)
