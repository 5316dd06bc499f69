"""Reports whose goods, customers or shops stand in a heading above their lines, as accounting programs write them."""

from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import Look, look
from retail_brain.ingest.look.words_of_groups import kind_of_report
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import DataSettings, Settings

_GOODS = ("Lavender Soap", "Oat Bar", "Rye Loaf")
_PEOPLE = ("Ann Moss", "Bo Quist", "Walk-in Sales")
_DAYS = 12


def _line(number: int, goods: str, buyer: str) -> dict[str, str]:
    """A line of receipt `number`, whose units and price follow from it."""
    units, price = 1 + number % 4, 3 + _GOODS.index(goods)
    return {
        "Date": f"{7 + number % 2:02}/{13 + number % _DAYS:02}/2026",
        "Transaction type": "Sales Receipt",
        "Num": str(3000 + number),
        "Customer full name": buyer,
        "Item": goods,
        "Memo/Description": goods if number % 2 else "",
        "Qty": str(units),
        "Sales price": f"{price}.00",
        "Amount": f"{units * price}.00",
    }


def _report(title: str, by: str, total: str) -> str:
    """A report with headings of a column in the place of that column, which is indented, and a total behind each."""
    lines = [_line(number, _GOODS[number % 3], _PEOPLE[number // 3 % 3]) for number in range(36)]
    names = [name for name in lines[0] if name != by and not (by == "Customer full name" and name[0] == "M")]
    names = [name for name in names if name != "Item" or by != "Item"]
    rows = [f"Moss & Co,{',' * (len(names) - 1)}", f"{title},{',' * (len(names) - 1)}"] if title else []
    rows.append("," + ",".join(names))
    for group in sorted({line[by] for line in lines}):
        rows.append(group + "," * len(names))
        members = [line for line in lines if line[by] == group]
        rows += ["," + ",".join(line[name] for name in names) for line in members]
        sums = {name: str(sum(float(line[name]) for line in members)) for name in ("Qty", "Amount")}
        rows.append(",".join([total.format(group), *(sums.get(name, "") for name in names)]))
    return "\n".join([*rows, "TOTAL" + "," * len(names)]) + "\n"


def _loaded(folder: Path, text: str, *, asks: bool = False) -> pl.DataFrame:
    (folder / "report.csv").write_text(text, encoding="utf-8")
    seen = look(str(folder / "report.csv"))
    assert bool(seen.questions) is asks
    (folder / "m.toml").write_text(seen.mapping, encoding="utf-8")
    ingest(str(folder / "m.toml"), str(folder / "lake"), Settings(data=DataSettings(max_quarantine_share=1.0)), SILENT)
    return open_lake(str(folder / "lake")).scan("transactions").collect()


@pytest.mark.parametrize("total", ["Total for {}", "Total {}", "{} Total"])
@pytest.mark.parametrize(
    ("title", "by"),
    [("Sales by Product/Service Detail", "Item"), ("", "Item"), ("Sales by Customer Detail", "Customer full name")],
)
def test_headings_are_what_the_report_is_sorted_by(tmp_path: Path, title: str, by: str, total: str) -> None:
    sold = _loaded(tmp_path, _report(title, by, total))
    assert sold.height == 36
    assert sorted(sold["product_id"].unique()) == sorted(_GOODS)
    assert sold["transaction_id"].n_unique() == 36
    assert sorted(sold["customer_id"].drop_nulls().unique()) == ["Ann Moss", "Bo Quist"]
    assert sold["store_id"].unique().to_list() == ["1"]
    assert (sold["units"] * sold["unit_price"]).sum() == sum((1 + n % 4) * (3 + n % 3) for n in range(36))


def _in_two_levels(title: str) -> str:
    """Twelve receipts of three goods each, whose lines stand below the category and the name of each of the goods."""
    rows = [title + "," * 7, ",Date,Num,Customer,Memo/Description,Qty,Sales price,Amount"]
    for category, goods in (("Care", _GOODS[:1]), ("Food", _GOODS[1:])):
        rows.append(category + "," * 7)
        for name in goods:
            price = 3 + _GOODS.index(name)
            rows.append(f"   {name}" + "," * 7)
            rows += [
                f",07/{13 + n:02}/2026,{3000 + n},{_PEOPLE[n % 2]},{name},{1 + n % 4},{price},{price * (1 + n % 4)}"
                for n in range(12)
            ]
            rows.append(f"   Total for {name},,,,,30,,{30 * price}")
        rows.append(f"Total for {category},,,,,30,,90")
    return "\n".join([*rows, "TOTAL,,,,,90,,360"]) + "\n"


@pytest.mark.parametrize("title", ["Sales by Product/Service Detail", "Sales"])
def test_categories_above_names_of_goods_are_no_shops_and_split_no_receipt(tmp_path: Path, title: str) -> None:
    sold = _loaded(tmp_path, _in_two_levels(title))
    assert sold.height == 36
    assert sold["transaction_id"].n_unique() == 12
    assert sold["store_id"].unique().to_list() == ["1"]
    assert sorted(sold["product_id"].unique()) == sorted(_GOODS)


def test_headings_of_shops_above_lines_with_goods_stay_shops(tmp_path: Path) -> None:
    text = _report("", "Customer full name", "Total for {}").replace("Ann Moss", "North").replace("Bo Quist", "South")
    assert sorted(_loaded(tmp_path, text, asks=True)["store_id"].unique()) == ["North", "South", "Walk-in Sales"]


def test_kinds_of_reports() -> None:
    assert kind_of_report("Ventas por cliente") == "customer"
    assert kind_of_report("Umsatz nach Filiale") == "store"
    assert kind_of_report("按商品销售明细") == "product"
    assert kind_of_report("Sales by Item and by Customer") == ""
    assert kind_of_report("Baby Products") == ""


def _by_heading(folder: Path, headings: tuple[str, ...], *, has_goods: bool) -> Look:
    rows = ["Name,Date,Invoice No,Qty,Amount" + ",Item" * has_goods]
    for place, heading in enumerate(headings):
        rows.append(heading + ",,,," + "," * has_goods)
        for number in range(5):
            goods = f",{_GOODS[(place + number) % 3]}" if has_goods else ""
            rows.append(
                f",2026-03-{1 + place:02} 10:0{number},K{place}{number},{1 + number % 3},{3 + number}.50{goods}"
            )
    (folder / "list.csv").write_text("\n".join([*rows, ""]), encoding="utf-8")
    return look(str(folder / "list.csv"))


@pytest.mark.parametrize("has_goods", [True, False])
@pytest.mark.parametrize(
    "headings", [("Moss Ltd", "Quist & Co", "Hill Inc."), ("北方有限公司", "南湖公司"), ("PT Maju", "CV Abadi")]
)
def test_headings_that_are_companies_are_customers_and_asked_about(
    tmp_path: Path, headings: tuple[str, ...], has_goods: bool
) -> None:
    seen = _by_heading(tmp_path, headings, has_goods=has_goods)
    assert 'customer_id = "customer"' in seen.mapping
    assert 'store_id = { constant = "1" }' in seen.mapping
    assert any(headings[0] in question and "customers" in question for question in seen.questions)


@pytest.mark.parametrize(("headings", "is_asked"), [(("Ann Moss", "Bo Quist"), True), (("North Shop", "South"), False)])
def test_headings_that_say_nothing_are_asked_about(tmp_path: Path, headings: tuple[str, ...], is_asked: bool) -> None:
    seen = _by_heading(tmp_path, headings, has_goods=True)
    assert 'store_id = "store"' in seen.mapping
    assert any("are read as stores" in question for question in seen.questions) is is_asked


@pytest.mark.parametrize("is_of_shops", [False, True])
def test_headings_above_headings_are_shops_where_groups_below_come_again(tmp_path: Path, *, is_of_shops: bool) -> None:
    lines = ["Date,Type,Num,Customer,Description,Qty,Price,Amount"]
    for outer in range(3):
        lines.append(f"{['Kits', 'Needles', 'Yarn'][outer]},,,,,,,")
        for inner in range(3):
            good = 3 * outer + inner
            lines.append(f"Group {inner if is_of_shops else good},,,,,,,")
            for n in range(12):
                units, number = 1 + n % 3, 100 * outer + n if is_of_shops else n
                lines.append(
                    f"09/{n + 10}/2026,Invoice,{number},P{n % 5},Text of {good},{units},{good + 4},{units * (good + 4)}"
                )
    path = tmp_path / "report.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    seen = look(str(path))
    assert f'group_rows = ["{"store" if is_of_shops else "group"}", "category"]' in seen.mapping
    assert ('store_id = "store"' in seen.mapping) == is_of_shops
