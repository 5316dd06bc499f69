"""Keys of a mapping for what tills print: numbers, moments, ids, amounts of lines, blanks below, wide tables."""

from datetime import date, datetime
from pathlib import Path

import pytest

from retail_brain.errors import DataError, UsageError
from retail_brain.ingest import IngestReport, ingest
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.sources.workbooks import write_xlsx

BASE = {
    "transaction_id": '"id"',
    "sold_at": '"when"',
    "store_id": '{ constant = "1" }',
    "product_id": '"item"',
    "units": '"qty"',
    "unit_price": '"price"',
}


def load(tmp_path: Path, text: str, keys: str = "", **columns: str) -> IngestReport:
    (tmp_path / "till.csv").write_text(text, encoding="utf-8")
    lines = "".join(f"{name} = {value}\n" for name, value in {**BASE, **columns}.items())
    (tmp_path / "m.toml").write_text(
        f'[tables.transactions]\nfiles = "till.csv"\n{keys}\n[tables.transactions.columns]\n{lines}', encoding="utf-8"
    )
    return ingest(str(tmp_path / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)


def column(tmp_path: Path, name: str, table: str = "transactions") -> list[object]:
    lake = open_lake(str(tmp_path / "lake"))
    frame = lake.scan(table).collect()
    return frame.sort(frame.columns[0])[name].to_list()


def till(**values: list[str]) -> str:
    """A till's lines; the columns that are not given hold plain values."""
    count = len(next(iter(values.values())))
    plain = {
        "id": [str(number) for number in range(count)],
        "item": ["tv"] * count,
        "qty": ["1"] * count,
        "when": [f"2026-01-{day + 1:02} 10:00" for day in range(count)],
        "price": ["3"] * count,
    }
    rows = {**plain, **values}
    lines = [
        ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells)
        for cells in zip(*rows.values(), strict=True)
    ]
    return ",".join(rows) + "\n" + "\n".join(lines) + "\n"


NUMBERS = {
    "currency signs": (["¥12", "12.50元", "￥3", "RMB 4", "5"], "", [12.0, 12.5, 3.0, 4.0, 5.0]),
    "a comma and a point": (["$1,299.00", "$5.00", "$1,234,567"], "", [1299.0, 5.0, 1234567.0]),
    "euro with decimal comma": (["0,90 €", "1.234,50 €", "1 234,50 €"], ', decimal = ","', [0.9, 1234.5, 1234.5]),
    "thousands named": (["1,234", "12,345.5", "7"], ', thousands = ","', [1234.0, 12345.5, 7.0]),
    "thousands of India": (["1,23,456", "12,34,567.5"], ', thousands = ","', [123456.0, 1234567.5]),
    "full width and 万": (["１２", "1.2万", "3 万元"], "", [12.0, 12000.0, 30000.0]),
    "blank groups": (["1 234.5", "1\u202f234", "1'234"], "", [1234.5, 1234.0, 1234.0]),
    "a unit of measure": (["2件", "3 件"], ', strip = ["件"]', [2.0, 3.0]),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_are_read_as_they_are_meant(tmp_path: Path, case: str) -> None:
    written, keys, read = NUMBERS[case]
    load(tmp_path, till(price=written), unit_price=f'{{ column = "price"{keys} }}')
    assert column(tmp_path, "unit_price") == read


def test_units_in_brackets_or_with_a_minus_behind_are_returns(tmp_path: Path) -> None:
    load(tmp_path, till(qty=["(3)", "2-", "−1"]))
    assert column(tmp_path, "units") == [-3.0, -2.0, -1.0]


def test_words_of_theirs_are_named_in_ours_and_others_stay(tmp_path: Path) -> None:
    load(
        tmp_path,
        till(way=["ZALO ", "web", "store"]),
        channel='{ column = "way", words = { Zalo = "app", Web = "online" } }',
    )
    assert column(tmp_path, "channel") == ["app", "online", "store"]


RETURNS = 'returns = { column = "kind", values = ["Refund"] }'


@pytest.mark.parametrize("price", ["-3.00", "3.00", "(3.00)", "€-3", "−3"])
def test_refund_with_a_minus_before_its_price_is_a_return_at_the_price_paid(tmp_path: Path, price: str) -> None:
    report = load(tmp_path, till(price=["3.00", price], kind=["Order", "Refund"]), RETURNS)
    assert report.tables["transactions"].quarantined == 0
    assert column(tmp_path, "units") == [1.0, -1.0]
    assert column(tmp_path, "unit_price") == [3.0, 3.0]


def test_all_rows_of_a_file_of_returns_are_returns(tmp_path: Path) -> None:
    load(tmp_path, till(qty=["1", "2"]), 'returns = { files = ["till.csv"] }')
    assert column(tmp_path, "units") == [-1.0, -2.0]


def test_returns_are_named_by_a_column_or_by_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="either `column` with `values` or `below_zero`, or `files`"):
        load(tmp_path, till(qty=["1"]), 'returns = { files = ["till.csv"], column = "kind", values = ["Refund"] }')


@pytest.mark.parametrize("amount", ["-6.00", "6.00", "(6.00)"])
def test_refunded_amount_of_a_line_is_divided_by_its_units(tmp_path: Path, amount: str) -> None:
    text = till(price=["6.00", amount], qty=["2", "2"], kind=["Order", "Refund"])
    load(tmp_path, text, RETURNS, unit_price='{ column = "price", total = true }')
    assert column(tmp_path, "units") == [2.0, -2.0]
    assert column(tmp_path, "unit_price") == [3.0, 3.0]


@pytest.mark.parametrize(
    ("values", "remedy"),
    [
        ({"price": ["-3"] * 12}, "`returns`"),
        ({"price": ["1,5"] * 12}, "`decimal`"),
        ({"when": ["1/2/26"] * 12}, "`format`"),
    ],
)
def test_refusal_names_the_key_that_reads_the_rows(tmp_path: Path, values: dict[str, list[str]], remedy: str) -> None:
    with pytest.raises(DataError, match=remedy) as refused:
        load(tmp_path, till(**values))
    others = {"`returns`", "`decimal`", "`format`"} - {remedy}
    assert not any(other in str(refused.value) for other in others)


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("1,234", ""),  # a thousand and more, or one and a bit
        ("1.5", ', decimal = ","'),  # the point is in no place for thousands
        ("12,34", ', thousands = ","'),
        ("2件", ""),
        ("0x10", ""),
        ("1,234,5", ""),
    ],
)
def test_number_that_two_readings_fit_is_set_aside(tmp_path: Path, written: str, keys: str) -> None:
    report = load(tmp_path, till(price=["3", "4", written]), unit_price=f'{{ column = "price"{keys} }}')
    assert report.tables["transactions"].reasons == {"unit_price: not a number": 1}


def test_amounts_in_two_currencies_are_not_mixed(tmp_path: Path) -> None:
    report = load(tmp_path, till(price=["1", "2", "3", "4", "$5", "€6"]))
    assert report.tables["transactions"].reasons == {"unit_price: not a number": 2}


MOMENTS = {
    "day first with hyphens": (["27-04-2015", "06-01-2015"], 'format = "%d-%m-%Y"', ["2015-04-27", "2015-01-06"]),
    "offset after a blank": (["2026-02-20 23:30:00 +0500"], "", ["2026-02-20 23:30"]),
    "offset after a blank, in a zone": (
        ["2026-02-20 23:30:00 +0500", "2026-02-20T18:30:00Z", "2026-02-20 18:30:00 UTC"],
        'time_zone = "Asia/Karachi"',
        ["2026-02-20 23:30"] * 3,
    ),
    "offset in the format": (
        ["20/02/2026 23:30:00 +0500"],
        'format = "%d/%m/%Y %H:%M:%S %z", time_zone = "UTC"',
        ["2026-02-20 18:30"],
    ),
    "zone with summer time": (
        ["2026-01-10T12:00:00Z", "2026-07-10T12:00:00Z"],
        'time_zone = "America/New_York"',
        ["2026-01-10 07:00", "2026-07-10 08:00"],
    ),
    "local times of another zone": (
        ["2026-01-10 12:00:00", "2026-07-10 12:00:00"],
        'source_time_zone = "America/New_York", time_zone = "America/Los_Angeles"',
        ["2026-01-10 09:00", "2026-07-10 09:00"],
    ),
    "serial days": (["45384.34789351852", "45385.5"], 'format = "excel"', ["2024-04-02 08:20:58", "2024-04-03 12:00"]),
    "seconds since 1970": (
        ["1704240300"], 'format = "unix", time_zone = "Asia/Shanghai"', ["2024-01-03 08:05"],
    ),
    "milliseconds since 1970": (
        ["1704240300000"], 'format = "unix_ms", time_zone = "Asia/Shanghai"', ["2024-01-03 08:05"],
    ),
    "halves of the day in Chinese": (
        ["2024-01-03 上午 8:05", "2024-01-03 下午 8:05:09"], "", ["2024-01-03 08:05", "2024-01-03 20:05:09"],
    ),
    "halves of the day in American": (
        ["1/3/2024 8:05 PM", "12/31/2024 12:05 AM"],
        'format = "%m/%d/%Y %I:%M %p"',
        ["2024-01-03 20:05", "2024-12-31 00:05"],
    ),
    "Chinese days": (
        ["2024年1月3日", "2024年01月03日 08:05", "２０２４-０１-０３"],
        "",
        ["2024-01-03", "2024-01-03 08:05", "2024-01-03"],
    ),
    "the end of a day": (["2024-01-03 24:00:00"], 'format = "%Y-%m-%d %H:%M:%S"', ["2024-01-03 23:59:59"]),
    "several formats": (
        ["03.01.2024 08:05", "04.01.24"], 'format = ["%d.%m.%Y %H:%M", "%d.%m.%y"]', ["2024-01-03 08:05", "2024-01-04"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MOMENTS)
def test_moments_are_read_as_they_are_meant(tmp_path: Path, case: str) -> None:
    written, keys, read = MOMENTS[case]
    load(tmp_path, till(when=written), sold_at=f'{{ column = "when"{", " if keys else ""}{keys} }}')
    assert column(tmp_path, "sold_at") == [datetime.fromisoformat(moment) for moment in read]


@pytest.mark.parametrize(
    "written", ["03/04/2024", "45294", "2024-02-30", "1704240300", "2024-01-03 24:00:00", "24-01-03"]
)
def test_moment_that_two_readings_fit_is_set_aside(tmp_path: Path, written: str) -> None:
    report = load(tmp_path, till(when=["2024-01-01", "2024-01-02 10:00", written]))
    assert report.tables["transactions"].quarantined == 1


def test_date_and_time_in_two_columns_are_joined(tmp_path: Path) -> None:
    text = "id,item,qty,d,t,price\n1,tv,1,2021-01-02,08:38:11,3\n2,tv,1,2021-01-02 00:00:00,9:05,4\n"
    load(tmp_path, text, sold_at='{ columns = ["d", "t"] }')
    assert column(tmp_path, "sold_at") == [datetime(2021, 1, 2, 8, 38, 11), datetime(2021, 1, 2, 9, 5)]


def test_sales_at_midnight_alone_are_remarked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []

    class Listening(type(SILENT)):  # type: ignore[misc]  # the class of a silent progress
        def say(self, text: str) -> None:
            said.append(text)

    load(tmp_path, till(when=["2021-01-02", "2021-01-03"]))
    ingest(str(tmp_path / "m.toml"), str(tmp_path / "other"), Settings(), Listening())
    assert any("every sold_at is midnight" in line and 'columns = ["DATE", "TIME"]' in line for line in said)
    said.clear()
    load(tmp_path, till(when=["2021-01-02", "2021-01-03 08:00"]))
    ingest(str(tmp_path / "m.toml"), str(tmp_path / "third"), Settings(), Listening())
    assert not any("midnight" in line for line in said)


def test_ids_lose_what_spreadsheets_put_round_them(tmp_path: Path) -> None:
    load(tmp_path, till(item=['="007"', "'008", "\ufeffＰ１\u200b", " 9 "]))
    assert column(tmp_path, "product_id") == ["007", "008", "P1", "9"]


def test_ids_are_filled_up_or_freed_of_zeros(tmp_path: Path) -> None:
    text = till(item=["7", "1234567", "A1"]).replace("id,", "id,", 1)
    load(tmp_path, text, product_id='{ column = "item", pad = 5 }', store_id='{ constant = "1" }')
    assert column(tmp_path, "product_id") == ["00007", "1234567", "A1"]
    load(
        tmp_path,
        till(item=["007", "000", "A01"], id=["x1", "x2", "x3"]),
        product_id='{ column = "item", strip_zeros = true }',
    )
    assert column(tmp_path, "product_id")[-3:] == ["7", "0", "A01"]


def test_id_of_a_receipt_is_joined_and_goods_without_a_code_have_a_name(tmp_path: Path) -> None:
    text = "day,till,no,code,name,qty,when,price\n2026-01-01,2,17,,Mug,1,2026-01-01 10:00,3\n"
    text += "2026-01-01,2,18,C1,Cup,1,2026-01-01 11:00,3\n"
    load(
        tmp_path,
        text,
        transaction_id='{ columns = ["day", "till", "no"] }',
        product_id='{ first_of = ["code", "name"] }',
    )
    assert column(tmp_path, "transaction_id") == ["2026-01-01-2-17", "2026-01-01-2-18"]
    assert column(tmp_path, "product_id") == ["Mug", "C1"]


@pytest.mark.parametrize(
    ("keys", "prices"),
    [
        ("total = true", [4.5, 4.5, 5.0]),
        ("total = true, before_discount = true", [4.5, (9 - 2) / 2, (20 - 4) / 4]),
        ("before_discount = true", [9.0, 9 - 2 / 2, 20 - 4 / 4]),
    ],
)
def test_price_of_a_unit_comes_from_the_line(tmp_path: Path, keys: str, prices: list[float]) -> None:
    signed = ["9", "-9", "20"] if "total" in keys else ["9", "9", "20"]
    text = till(qty=["2", "-2", "4"], price=signed, off=["0", "2", "-4"])
    load(tmp_path, text, unit_price=f'{{ column = "price", {keys} }}', discount='"off"')
    assert column(tmp_path, "unit_price") == prices


def test_line_without_units_or_against_their_sign_has_no_price(tmp_path: Path) -> None:
    text = till(qty=["1", "1", "1", "0", "2"], price=["9", "9", "9", "9", "-9"])
    report = load(tmp_path, text, unit_price='{ column = "price", total = true }')
    assert report.tables["transactions"].reasons == {"unit_price: infinite": 1, "unit_price: below 0": 1}


def test_flags_have_words_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "shops.csv").write_text("store_id,web\nA,网店\nB,门店\n", encoding="utf-8")
    (tmp_path / "till.csv").write_text(till(qty=["1"]), encoding="utf-8")
    lines = "".join(f"{name} = {value}\n" for name, value in BASE.items())
    (tmp_path / "m.toml").write_text(
        '[tables.stores]\nfiles = "shops.csv"\n[tables.stores.columns]\n'
        'is_online = { column = "web", true = ["网店"], false = ["门店"] }\n'
        f'[tables.transactions]\nfiles = "till.csv"\n[tables.transactions.columns]\n{lines}',
        encoding="utf-8",
    )
    ingest(str(tmp_path / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    assert column(tmp_path, "is_online", "stores") == [True, False]


def test_blanks_below_the_first_row_of_a_receipt_are_filled_within_it(tmp_path: Path) -> None:
    text = "id,when,who,item,qty,price\n#1,2026-01-01 10:00,ann,a,1,3\n#1,,,b,1,3\n"
    text += "#2,2026-01-02 10:00,,c,1,3\n#2,,,d,1,3\n"
    load(tmp_path, text, 'fill_down = ["when", "who"]', customer_id='"who"')
    assert column(tmp_path, "customer_id") == ["ann", "ann", None, None]
    assert column(tmp_path, "sold_at") == [datetime(2026, 1, 1, 10)] * 2 + [datetime(2026, 1, 2, 10)] * 2


def test_receipt_number_itself_is_filled_down(tmp_path: Path) -> None:
    text = "id,when,item,qty,price\n1,2026-01-01 10:00,a,1,3\n,,b,1,3\n2,2026-01-02 10:00,c,1,3\n"
    load(tmp_path, text, 'fill_down = ["id", "when"]')
    assert column(tmp_path, "transaction_id") == ["1", "1", "2"]


RECEIPTS = """till,no,when,who,item,qty,price
1,7,2026-01-01 10:00,ann,a,1,3
{till},{no},,,b,1,3
1,8,2026-01-02 10:00,,c,1,3
2,7,2026-01-03 10:00,,d,1,3
"""


@pytest.mark.parametrize("blank", [[], ["till"], ["till", "no"]])
def test_a_receipt_of_several_columns_gets_no_value_of_another(tmp_path: Path, blank: list[str]) -> None:
    text = RECEIPTS.format(**{name: "" if name in blank else value for name, value in {"till": 1, "no": 7}.items()})
    names = ", ".join(f'"{name}"' for name in (*blank, "when", "who"))
    load(tmp_path, text, f"fill_down = [{names}]", transaction_id='{ columns = ["till", "no"] }', customer_id='"who"')
    assert column(tmp_path, "transaction_id") == ["1-7", "1-7", "1-8", "2-7"]
    assert column(tmp_path, "customer_id") == ["ann", "ann", None, None]


def test_rows_of_a_report_take_day_and_shop_of_the_rows_above(tmp_path: Path) -> None:
    text = "shop,day,item,qty,price\nA,2026-01-01,a,1,3\n,,b,1,3\n,2026-01-02,c,1,3\nB,2026-01-03,d,1,3\n"
    keys = {"transaction_id": '{ columns = ["day"] }', "sold_at": '"day"', "store_id": '"shop"'}
    load(tmp_path, text, 'fill_down = ["shop", "day"]', **keys)
    assert column(tmp_path, "store_id") == ["A", "A", "A", "B"]


def test_goods_on_several_rows_of_a_day_and_shop_are_those_of_the_rows_above(tmp_path: Path) -> None:
    text = "shop,day,item,qty,price\nA,2026-01-01,a,1,3\nA,,,1,3\nA,,b,1,3\nA,,,1,3\n"
    keys = {"transaction_id": '{ columns = ["day", "shop"] }', "sold_at": '"day"', "store_id": '"shop"'}
    load(tmp_path, text, 'fill_down = ["day", "item"]', **keys)
    assert column(tmp_path, "product_id") == ["a", "a", "b", "b"]


def test_price_of_several_units_is_divided_by_their_column(tmp_path: Path) -> None:
    text = till(price=["3,00", "5,00", "7,50"], of=["1", "2", "3"])
    load(tmp_path, text, unit_price='{ column = "price", decimal = ",", per = "of" }')
    assert column(tmp_path, "unit_price") == [3.0, 2.5, 2.5]


def test_price_of_no_units_is_set_aside(tmp_path: Path) -> None:
    report = load(
        tmp_path, till(price=["3", "5", "4"], of=["1", "0", "2"]), unit_price='{ column = "price", per = "of" }'
    )
    assert column(tmp_path, "unit_price") == [3.0, 2.0]
    assert report.tables["transactions"].quarantined == 1


def test_amounts_are_not_divided_twice(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`per` goes with `unit_price` alone"):
        load(tmp_path, till(of=["1"]), unit_price='{ column = "price", total = true, per = "of" }')


def test_rows_that_a_condition_takes_out_are_counted(tmp_path: Path) -> None:
    text = till(when=["2026-01-01"] * 3, state=["paid", "void", ""])
    report = load(tmp_path, text, "where = \"state = 'paid'\"")
    assert report.tables["transactions"].left_out == {"not state = 'paid'": 2}
    assert column(tmp_path, "transaction_id") == ["0"]


WIDE = """
[tables.daily_sales]
files = "{file}"
wide = {{ names = "{names}", values = "units" }}

[tables.daily_sales.columns]
{columns}
"""


def test_column_per_day_becomes_a_row_per_day_without_totals(tmp_path: Path) -> None:
    write_xlsx(
        tmp_path / "wide.xlsx",
        {
            "S": [
                ["门店", "商品编码", "2024-01-03", "2024年1月4日", "合计"],
                ["S1", "P1", 3, None, 3],
                ["S1", "P2", 1, 2, 3],
                ["合计", None, 4, 2, 6],
            ]
        },
    )
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        WIDE.format(file="wide.xlsx", names="date", columns='store_id = "门店"\nproduct_id = "商品编码"'),
        encoding="utf-8",
    )
    report = ingest(str(mapping), str(tmp_path / "lake"), Settings(), SILENT)
    rows = open_lake(str(tmp_path / "lake")).scan("daily_sales").select("date", "product_id", "units").collect().rows()
    assert sorted(rows) == [(date(2024, 1, 3), "P1", 3.0), (date(2024, 1, 3), "P2", 1.0), (date(2024, 1, 4), "P2", 2.0)]
    assert report.warnings[0].endswith("the columns ['合计'] are no date and are not read")


def test_column_per_store_becomes_a_row_per_store(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text("day,item,S1,S2,Total\n2024-01-03,P1,3,,3\n", encoding="utf-8")
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        WIDE.format(file="wide.csv", names="store_id", columns='date = "day"\nproduct_id = "item"'), encoding="utf-8"
    )
    ingest(str(mapping), str(tmp_path / "lake"), Settings(), SILENT)
    rows = open_lake(str(tmp_path / "lake")).scan("daily_sales").select("store_id", "units").collect().rows()
    assert rows == [("S1", 3.0)]


WRONG = {
    'sold_at = { column = "when", format = "unix" }': "give the shops' `time_zone`",
    'sold_at = { column = "when", time_zone = "Peking" }': "no time zone 'Peking'",
    'units = { column = "qty", columns = ["a"] }': "give one of",
    'units = { column = "qty", decimal = ",", thousands = "," }': "are the same mark",
    'unit_price = { column = "price", before_discount = true }': "needs the column `discount`",
}


@pytest.mark.parametrize("line", WRONG)
def test_keys_that_contradict_each_other_are_refused(tmp_path: Path, line: str) -> None:
    name, _, value = line.partition(" = ")
    with pytest.raises(UsageError, match=WRONG[line]):
        load(tmp_path, till(qty=["1"]), **{name: value})


def test_goods_are_read_out_of_the_lines_of_sales(tmp_path: Path) -> None:
    products = '[tables.products]\nfiles = "till.csv"\ncolumns = { product_id = "item", name = "text" }\n'
    text = till(item=["tv", "tv", "hat", "tv"], text=["Set", "Set", "Hat", "Set"])
    (tmp_path / "till.csv").write_text(text, encoding="utf-8")
    lines = "".join(f"{name} = {value}\n" for name, value in BASE.items())
    mapping = f'[tables.transactions]\nfiles = "till.csv"\n[tables.transactions.columns]\n{lines}{products}'
    (tmp_path / "m.toml").write_text(mapping, encoding="utf-8")
    report = ingest(str(tmp_path / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    assert report.tables["products"].quarantined == 0
    goods = open_lake(str(tmp_path / "lake")).scan("products").collect()
    assert sorted(goods.select("product_id", "name").rows()) == [("hat", "Hat"), ("tv", "Set")]
    assert not {"qty", "when", "price", "id"} & set(goods.columns)
