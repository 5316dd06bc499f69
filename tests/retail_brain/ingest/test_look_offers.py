"""Lists of goods with a price for some days: goods, promotions and stock, and never sales."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from tests.retail_brain.ingest.test_look import Row, moment, write

NAMES = {
    "en": ["SKU", "Title", "Price", "Quantity", "Sale price", "Sale start date", "Sale end date"],
    "de": ["Artikelnummer", "Bezeichnung", "Preis", "Menge", "Aktionspreis", "Aktion Beginn", "Aktion Ende"],
    "es": ["SKU", "Nombre", "Precio normal", "Inventario", "Precio rebajado", "Día en que empieza el precio rebajado",
           "Día en que termina el precio rebajado"],
    "zh": ["商品编码", "商品名称", "单价", "库存数量", "促销价", "促销开始日期", "促销结束日期"],
}  # fmt: skip


def offers(lowered: int = 5, end: str = "2026-11-{:02}T23:59:59", count: int = 12) -> list[Row]:
    """Goods of which the first have a lower price for some days; all but one have stock."""
    rows: list[Row] = []
    for n in range(count):
        days = [f"{8 + n}.49", f"2026-11-{2 + n:02}T00:00:00", end.format(12 + n)] if n < lowered else ["", "", ""]
        rows.append([f"G-{n:03}", f"good number {n}", f"{10 + n}.99", n if n < count - 1 else "", *days])
    return rows


def tables(seen: Any) -> dict[str, Any]:
    made: dict[str, Any] = tomllib.loads(seen.mapping)["tables"]
    return made


@pytest.mark.parametrize("language", NAMES)
def test_goods_with_a_lower_price_for_some_days_are_goods_promotions_and_stock(tmp_path: Path, language: str) -> None:
    header = NAMES[language]
    seen = look(str(write(tmp_path / "x-2026-11-14-08-00.csv", header, offers())))
    made = tables(seen)
    assert not seen.questions
    assert made.keys() == {"products", "promotions", "inventory"}
    assert made["products"]["columns"] | {"list_price": header[2]} == made["products"]["columns"]
    assert made["promotions"]["columns"]["unit_price"] == header[4]
    assert made["promotions"]["columns"]["valid_to"] == {"column": header[6], "last_day": True}
    assert made["inventory"]["columns"]["on_hand"] == header[3]
    assert f"  5 rows have {header[4]!r} from {header[5]!r} to {header[6]!r}: promotions" in seen.lines
    assert f"  1 rows have no {header[3]!r}: they are no stock and are left out" in seen.lines


def test_the_day_after_the_last_is_written(tmp_path: Path) -> None:
    write(tmp_path / "in" / "x-2026-11-14.csv", NAMES["en"], offers())
    write(tmp_path / "in" / "sold.csv", ["Receipt no", "Date", "SKU", "Qty", "Price"],
          [[n, moment(n), f"G-{n % 3:03}", 1 + n % 2, 10.99] for n in range(40)])  # fmt: skip
    seen = look(str(tmp_path / "in"))
    assert not seen.questions, seen.questions
    (tmp_path / "in" / "m.toml").write_text(seen.mapping, encoding="utf-8")
    ingest(str(tmp_path / "in" / "m.toml"), str(tmp_path / "lake"), Settings(), SILENT)
    rows = open_lake(str(tmp_path / "lake")).scan("promotions").sort("product_id").collect().to_dicts()
    assert [(row["valid_from"], row["valid_to"], row["unit_price"]) for row in rows][:2] == [
        (date(2026, 11, 2), date(2026, 11, 13), 8.49), (date(2026, 11, 3), date(2026, 11, 14), 9.49)]  # fmt: skip
    stock = open_lake(str(tmp_path / "lake")).scan("inventory").collect()
    assert (len(stock), stock["date"].unique().to_list()) == (11, [date(2026, 11, 14)])


def test_days_without_a_time_may_be_the_last_or_the_one_after_it(tmp_path: Path) -> None:
    seen = look(str(write(tmp_path / "x-2026-11-14.csv", NAMES["en"], offers(end="2026-11-{:02}"))))
    assert seen.questions == ("does a promotion hold on the day of 'Sale end date' no more, as valid_to means?",)
    assert seen.mapping.count("# valid_to = ") == 2


def test_sums_of_goods_over_some_days_are_no_offers(tmp_path: Path) -> None:
    header = ["From", "To", "SKU", "Title", "Quantity", "Amount", "Discount"]
    rows = [["2026-11-02", "2026-11-08", f"G{n}", f"good {n}", 3 + n, 30.5 + n, 1.5] for n in range(12)]
    assert "promotions" not in look(str(write(tmp_path / "x.csv", header, rows))).mapping


@pytest.mark.parametrize(
    ("name", "day"),
    [("export-12-11-2026-1794470400123", "%d-%m-%Y"), ("export-11-12-2026-1794470400123", "%m-%d-%Y"),
     ("export-5-11-2026-1793870400", "%d-%m-%Y"), ("export-12-11-2026", ""), ("export-12-11-2026-1704470400", ""),
     ("export-1794470400123", "")],
)  # fmt: skip
def test_day_in_the_name_of_a_file_is_proved_by_the_instant_beside_it(tmp_path: Path, name: str, day: str) -> None:
    made = look(str(write(tmp_path / f"{name}.csv", NAMES["en"], offers())))
    assert made.mapping.count('# date = { constant = "YYYY-MM-DD" }') == (not day)
    assert tables(made)["inventory"]["columns"].get("date", {}).get("format", "") == day


def test_beside_sales_stock_without_a_day_is_said_and_not_asked(tmp_path: Path) -> None:
    write(tmp_path / "list.csv", NAMES["en"], offers())
    write(tmp_path / "sold.csv", ["Receipt no", "Date", "SKU", "Qty", "Price"],
          [[n, moment(n), f"G-{n % 3:03}", 1 + n % 2, 10.99] for n in range(40)])  # fmt: skip
    seen = look(str(tmp_path))
    assert not seen.questions
    assert "inventory" not in tables(seen)
    assert (
        "  its stock has no day and is not read: put a day such as 2026-11-14 into the name of the file" in seen.lines
    )


def price_list(further: list[Row]) -> list[Row]:
    rows: list[Row] = [["", f"A{n}", f"article {n}", "", 1, 20 + n, "01-01-2026", "31-08-2026"] for n in range(8)]
    rows += [["", f"A{n}", f"article {n}", "", 1, 21 + n, "01-09-2026", ""] for n in range(8)]
    return rows + further


PRICES = ["Klantgroep", "Artikelnr.", "Omschrijving", "Valuta", "Minimumaantal", "Prijs", "Begindatum", "Einddatum"]


def test_prices_for_some_buyers_or_in_another_money_are_left_out_of_those_of_the_shelf(tmp_path: Path) -> None:
    further: list[Row] = [["K7", "A1", "article 1", "", 1, 9, "01-09-2026", ""],
                          ["", "A2", "article 2", "USD", 1, 9, "01-09-2026", ""],
                          ["", "A3", "article 3", "", 10, 9, "01-09-2026", ""]]  # fmt: skip
    seen = look(str(write(tmp_path / "x.txt", PRICES, price_list(further), mark="\t")))
    assert not seen.questions
    assert tables(seen).keys() == {"prices", "products"}
    assert "prices: 16 rows looked at, 0 would be set aside" in seen.lines
    assert any("16 of 19 rows have none of ['Klantgroep', 'Valuta', 'Minimumaantal']" in line for line in seen.lines)


def test_a_further_list_of_many_goods_may_be_that_of_the_shelf(tmp_path: Path) -> None:
    further: list[Row] = [["SHOP", f"A{n}", f"article {n}", "", 1, 30 + n, "01-09-2026", ""] for n in range(8)]
    seen = look(str(write(tmp_path / "x.txt", PRICES, price_list(further), mark="\t")))
    assert ["which are the prices of the shelf" in question for question in seen.questions] == [True]
    assert """# where = '''"Klantgroep" IN ('SHOP')'''""" in seen.mapping


@pytest.mark.parametrize(
    "header",
    [["Code article", "Libellé", "Prix normal", "Prix promo", "Date début", "Date fin"],
     ["Item no", "Title", "Normal price", "Offer price", "Valid from", "Valid to"],
     ["商品编码", "商品名称", "原价", "促销价", "开始日期", "结束日期"]],
)  # fmt: skip
@pytest.mark.parametrize("campaign", ["", "Campaign ID"])
def test_lower_prices_of_goods_that_come_again_are_promotions(tmp_path: Path, header: list[str], campaign: str) -> None:
    rows: list[Row] = []
    for n in range(14):
        days = [f"2026-03-{n // 7 * 10 + day:02}" for day in (1, 8)]
        rows.append(
            [f"A{n % 7}", f"Art {n % 7}", f"{n + 5}.50", f"{n + 3}.50", *days, *([70 + n // 7] * bool(campaign))]
        )
    path = write(tmp_path / "x.csv", [*header, *([campaign] * bool(campaign))], rows)
    made = tables(look(str(path)))
    assert made.keys() == {"promotions", "products"}
    columns = made["promotions"]["columns"]
    assert (columns["unit_price"], columns["valid_from"]) == (header[3], header[4])
    assert columns["promotion_id"] == (campaign or {"columns": header[4:], "join": "/"})


def test_prices_for_levels_of_customers_are_prices_and_no_sales(tmp_path: Path) -> None:
    header = ["商品编码", "商品名称", "客户等级", "单价", "生效日期", "失效日期"]
    rows = [[f"P{n % 7}", f"品{n % 7}", "VIP" if n > 6 else "", 3.5 + n, "2026-01-01", "2026-06-30"] for n in range(14)]
    seen = look(str(write(tmp_path / "x.csv", header, rows)))
    assert seen.mapping.startswith("[tables.prices]")
    assert len(seen.questions) == 2


def test_barcodes_that_some_goods_of_a_feed_lack_are_no_key(tmp_path: Path) -> None:
    rows: list[Row] = [
        [f"KL1-{n}", f"Jacket, size {n}", f"{90 + n}.00 PLN", "KL1", "" if n % 4 == 0 else str(5902642224000 + n)]
        for n in range(20)
    ]
    seen = look(str(write(tmp_path / "feed.csv", ["id", "title", "price", "item_group_id", "gtin"], rows)))
    goods = tables(seen)["products"]["columns"]
    assert (goods["product_id"], goods["name"]) == ("id", "title")
    assert "products: 20 rows looked at, 0 would be set aside" in seen.lines
