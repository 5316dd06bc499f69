"""Lists of goods with figures in a column per shop, and stock whose counts stand beside words."""

from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import DataSettings, Settings

_SALE = "transaction_id,sold_at,store_id,product_id,units,unit_price\n1,2020-01-01 10:00:00,North,1001,1,1\n"
_SHOPS = ("North", "High Street")


def _loaded(folder: Path, text: str, *, ending: str = "csv") -> dict[str, pl.DataFrame]:
    """The lake after an ingest of what the look proposes, with the day that it asks for."""
    place = folder / "list"
    place.mkdir()
    (place / f"items.{ending}").write_text(text, encoding="utf-8")
    seen = look(str(place))
    mapping = seen.mapping.replace("# date", "date").replace("# valid_from", "valid_from")
    (place / "m.toml").write_text(mapping.replace("YYYY-MM-DD", "2026-05-01"), encoding="utf-8")
    (folder / "sold").mkdir()
    (folder / "sold" / "transactions.csv").write_text(_SALE, encoding="utf-8")
    lake, settings = str(folder / "lake"), Settings(data=DataSettings(max_quarantine_share=1.0))
    ingest(str(folder / "sold"), lake, settings, SILENT)
    report = ingest(str(place / "m.toml"), lake, settings, SILENT)
    return {name: open_lake(lake).scan(name).collect() for name in report.tables}


def _list(stock: str, price: str, further: str = "") -> str:
    """A list of twelve goods, three of them variants of one; stock and prices of two shops, some not tracked."""
    names = ["Handle", "SKU", "Name", "Category", "Cost", *([further] if further else [])]
    for shop in _SHOPS:
        names += [form.replace("{}", shop) for form in (stock, price) if form]
    rows = [",".join(names)]
    for number in range(12):
        is_variant = number in (4, 5)
        cells = [f"h{min(number, 3) if is_variant else number}", str(1001 + number)]
        cells += ["", ""] if is_variant else [f"Tea {number}", "Hot" if number % 2 else "Cold"]
        cells += [f"{number + 1}.50", *(["3"] if further else [])]
        for place in range(2):
            counted = "" if number == 7 else str(20 + number * (place + 1) - 25 * (number == 2))
            cells += [counted, *([f"{2 * number + place + 3}.00"] if price else [])]
        rows.append(",".join(cells))
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("stock", "price"),
    [
        ("In stock [{}]", "Price [{}]"),
        ("Current Quantity {}", "Price {}"),
        ("{}: Stock", "{}: Price"),
        ("Bestand ({})", "Preis ({})"),
        ("库存【{}】", "售价【{}】"),
        ("{} (Stock)", "{} (Retail price)"),
    ],
)
def test_figures_of_shops_are_stock_prices_and_shops(tmp_path: Path, stock: str, price: str) -> None:
    tables = _loaded(tmp_path, _list(stock, price))
    assert tables["products"].height == 12
    assert "list_price" not in tables["products"].columns or tables["products"]["list_price"].null_count() == 12
    assert (tables["inventory"].height, tables["inventory"]["on_hand"].sum()) == (22, 20 * 22 + 3 * (66 - 7) - 50)
    assert sorted(tables["inventory"]["store_id"].unique()) == sorted(_SHOPS)
    assert tables["prices"].height == 24
    prices = tables["prices"].filter(pl.col("store_id") == "North").sort("product_id")["unit_price"].to_list()
    assert sorted(prices) == [2 * number + 3 for number in range(12)]
    assert {"North", "High Street"} <= set(tables["stores"]["store_id"])


@pytest.mark.parametrize(
    "names",
    [
        "Price [Retail],Price [Wholesale]",
        "Price (EUR),Price (USD)",
        "Stock (min),Stock (max)",
        "Stock level,Stock value",
        "Stock S,Stock M,Stock XXL",
        "Bestand (rot),Bestand (blau)",
        "库存【红色】,库存【黑色】",
        "Stock Jan,Stock Feb",
        "Остаток [янв],Остаток [фев]",
        "Price [Members],Price [Staff],Discount [Members],Discount [Staff]",
        "Price (Gold),Price (Silver),Stock (Gold),Stock (Silver)",
        "售价【会员】,售价【批发】,库存【会员】,库存【批发】",
        "Price [Ann],Price [Bo],Discount [Ann],Discount [Bo]",
    ],
)
def test_prices_of_buyers_moneys_levels_sizes_colours_and_months_are_of_no_shops(tmp_path: Path, names: str) -> None:
    places = range(names.count(",") + 1)
    cells = [",".join(str(number * (place + 1) + 3) for place in places) for number in range(12)]
    rows = [f"{1001 + number},Tea {number},Hot,{cells[number]}" for number in range(12)]
    (tmp_path / "items.csv").write_text(f"SKU,Name,Category,{names}\n" + "\n".join(rows) + "\n", encoding="utf-8")
    mapping = look(str(tmp_path)).mapping
    assert "[tables.products]" in mapping
    assert "wide" not in mapping
    assert "[tables.prices]" not in mapping


def test_variants_below_their_model_have_its_name_and_category(tmp_path: Path) -> None:
    goods = _loaded(tmp_path, _list("In stock [{}]", "Price [{}]"))["products"].sort("product_id")
    assert goods["name"].to_list()[3:7] == ["Tea 3", "Tea 3", "Tea 3", "Tea 6"]
    assert goods["category"].to_list()[3:7] == ["Hot", "Hot", "Hot", "Cold"]


@pytest.mark.parametrize("word", ["not stocked", "N/A", "untracked", "—"])
def test_words_among_counts_are_no_stock(tmp_path: Path, word: str) -> None:
    rows = ["Handle,Title,SKU,Location,Incoming,Available,On hand (current)"]
    for number in range(12):
        for place, shop in enumerate(_SHOPS):
            counts = [word] * 3 if number in (2, 5) and place else ["0", str(number), str(number + place)]
            code = "" if number == 11 else str(1001 + number)
            title = "Gift Card Holder" if number == 11 else f"Tea {number}"
            rows.append(",".join([f"h{number}", title, code, shop, *counts]))
    stock = _loaded(tmp_path, "\n".join(rows) + "\n")["inventory"]
    assert stock.height == 22
    assert stock["on_hand"].sum() == 66 + 66 + 12 - (2 + 1 + 5 + 1)
    assert "Gift Card Holder" in set(stock["product_id"])


@pytest.mark.parametrize(
    "shops", [("Marina", "Julian Street", "Augusta"), ("W1", "W2"), ("Online", "Shop"), ("101", "102")]
)
def test_names_that_only_begin_like_months_are_shops(tmp_path: Path, shops: tuple[str, ...]) -> None:
    rows = [
        f"{1001 + number},Tea {number}," + ",".join(str(number % (3 + place)) for place in range(len(shops)))
        for number in range(12)
    ]
    head = "SKU,Name," + ",".join(f"Stock [{shop}]" for shop in shops)
    (tmp_path / "items.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    assert "[tables.inventory]" in look(str(tmp_path)).mapping


def test_numbers_that_may_be_sizes_are_asked_about(tmp_path: Path) -> None:
    rows = [f"{1001 + number},Shoe {number},{number % 4},{number % 5},{number % 3}" for number in range(12)]
    (tmp_path / "items.csv").write_text("SKU,Name,Stock 38,Stock 39,Stock 40\n" + "\n".join(rows) + "\n")
    assert any("38, 39, 40 shops" in question for question in look(str(tmp_path)).questions)
