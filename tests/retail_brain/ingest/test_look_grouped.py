"""Reports whose shop, day and receipt stand on the first row of their group alone, with sums between the groups."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import DataSettings, Settings

_SHOPS, _DAYS, _RECEIPTS = ("Kallio", "Töölö"), 6, 3


def _report(total: str, *, anew: bool) -> tuple[str, int]:
    """Lines of a report, and how many of them are sales; receipts are numbered anew in every shop where `anew`."""
    rows, sold, number = ["Shop,Day,Receipt no,SKU,Product,Quantity,Amount"], 0, 100
    for place, shop in enumerate(_SHOPS):
        number = 100 if anew else number
        first_of_shop = shop
        for day in range(_DAYS):
            first_of_day = f"2026-09-{day + 1 + place:02}"
            day_units, day_money = 0, 0
            for receipt in range(_RECEIPTS):
                number += 1
                first = str(number)
                for line in range(1 + (day + receipt + place) % 3):
                    units, price = 1 + (line + day) % 3, 3 + (day + receipt + 2 * line) % 5
                    goods = f"G{price},Tea {price}"
                    rows.append(f"{first_of_shop},{first_of_day},{first},{goods},{units},{units * price}")
                    first_of_shop = first_of_day = first = ""
                    day_units, day_money, sold = day_units + units, day_money + units * price, sold + 1
            rows.append(f",2026-09-{day + 1 + place:02} {total},,,,{day_units},{day_money}")
    return "\n".join(rows) + "\n", sold


def _loaded(folder: Path, text: str) -> pl.DataFrame:
    folder.mkdir(exist_ok=True)
    (folder / "report.csv").write_text(text, encoding="utf-8")
    seen = look(str(folder / "report.csv"))
    assert not seen.questions
    (folder / "m.toml").write_text(seen.mapping, encoding="utf-8")
    ingest(str(folder / "m.toml"), str(folder / "lake"), Settings(data=DataSettings(max_quarantine_share=1.0)), SILENT)
    return open_lake(str(folder / "lake")).scan("transactions").collect()


@pytest.mark.parametrize("total", ["total", "yhteensä", "összesen"])
@pytest.mark.parametrize("anew", [False, True])
def test_shop_day_and_receipt_of_groups_are_filled_down(tmp_path: Path, total: str, *, anew: bool) -> None:
    text, lines = _report(total, anew=anew)
    sold = _loaded(tmp_path, text)
    assert sold.height == lines
    assert sold["transaction_id"].n_unique() == len(_SHOPS) * _DAYS * _RECEIPTS
    assert sorted(sold["store_id"].unique()) == sorted(_SHOPS)
    assert sold["sold_at"].dt.date().n_unique() == _DAYS + 1
    assert sold.group_by("transaction_id").agg(pl.col("sold_at").n_unique())["sold_at"].max() == 1


def _orders(named: str, shown: Callable[[int], tuple[str, str]], count: int = 60) -> str:
    """Orders of three lines each, whose number stands on the first; `shown` are the day and the shop (or customer)."""
    rows = [f"Order number,Order date,{named},SKU,Quantity,Unit price"]
    for n in range(count):
        day, other = shown(n)
        rows += [f"{5000 + n},{day},{other},P{n % 7},1,2.5", f",,,P{n % 5 + 10},2,3.5", f",,,P{n % 3 + 20},1,4.5"]
    return "\n".join(rows) + "\n"


def _timed(n: int) -> tuple[str, str]:
    """A time for all orders but one, and something on every second order."""
    moment = f"2026-03-{1 + n // 3:02} {9 + n % 3}:{n % 60:02}:00" if n != 17 else ""
    return moment, ("north", "south", "west")[n // 2 % 3] if n % 2 == 0 else ""


@pytest.mark.parametrize("named", ["Customer ID", "Shop"])
def test_orders_without_a_customer_shop_or_time_do_not_get_those_of_the_order_above(tmp_path: Path, named: str) -> None:
    sold = _loaded(tmp_path, _orders(named, _timed))
    assert sold.height == 59 * 3  # the lines of the order without a time are set aside
    if named == "Shop":
        assert sold.filter(pl.col("store_id") == "online").height == 29 * 3
    else:
        assert sold["customer_id"].null_count() == 29 * 3


def test_customers_of_grouped_receipts_are_of_their_own_receipt(tmp_path: Path) -> None:
    def shown(n: int) -> tuple[str, str]:
        return f"2026-03-{1 + n // 4:02}" if n % 4 == 0 else "", f"c{n % 9}" if n % 8 in (0, 3, 5) else ""

    sold = _loaded(tmp_path, _orders("Customer ID", shown))
    assert sold.height == 180
    assert sold["sold_at"].dt.date().n_unique() == 15
    known = sum(n % 8 in (0, 3, 5) for n in range(60))
    assert sold.filter(pl.col("customer_id").is_not_null())["transaction_id"].n_unique() == known


def test_customers_on_the_first_receipt_of_a_day_are_not_filled(tmp_path: Path) -> None:
    def shown(n: int) -> tuple[str, str]:
        return (f"2026-03-{1 + n // 4:02}", f"c{n // 4 % 9}") if n % 4 == 0 else ("", "")

    (tmp_path / "orders.csv").write_text(_orders("Customer ID", shown), encoding="utf-8")
    seen = look(str(tmp_path / "orders.csv"))
    assert 'fill_down = ["Order date", "Order number"' in seen.mapping
    sold = _loaded(tmp_path / "x", _orders("Customer ID", shown))
    assert sold["customer_id"].null_count() >= 45 * 3


def test_days_of_few_receipts_are_filled_where_no_days_lie_between(tmp_path: Path) -> None:
    def shown(n: int) -> tuple[str, str]:
        return (f"2026-03-{1 + n * 2 // 3 % 28:02}", "") if n % 3 != 1 else ("", "")

    sold = _loaded(tmp_path, _orders("Remark", shown, 42))
    assert sold.height == 42 * 3
    assert sold["sold_at"].dt.date().n_unique() == 28


@pytest.mark.parametrize("every", [1.5, 4])
def test_days_of_few_receipts_and_shops_named_again_are_asked_about(tmp_path: Path, every: float) -> None:
    firsts = {int(day * every) for day in range(60)}

    def shown(n: int) -> tuple[str, str]:
        day = len([first for first in firsts if first <= n])
        shop = ("north", "south")[day // 2 % 2] if day % 2 or every < 2 else ""
        date = n if every < 2 else day  # days between for each receipt, or none
        return (f"2026-{3 + date // 28:02}-{1 + date % 28:02}", shop) if n in firsts else ("", "")

    named = "Shop" if every > 2 else "Remark"
    (tmp_path / "orders.csv").write_text(_orders(named, shown), encoding="utf-8")
    seen = look(str(tmp_path / "orders.csv"))
    assert any("its own receipt alone" in question for question in seen.questions)
    shop = '"Shop", ' if every > 2 else ""
    assert f'# fill_down = [{shop}"Order date", "Order number"]' in seen.mapping
    assert f'# fill_down = ["Order number", {shop}"Order date"]' in seen.mapping
    assert 'transaction_id = { columns = ["Order number"] }' in seen.mapping
    for reading, rows in (("first", 180), ("second", len([n for n in firsts if n < 60]) * 3)):
        folder = tmp_path / reading
        folder.mkdir()
        lines = seen.mapping.splitlines()
        options = [line for line in lines if line.startswith("# fill_down = ")]
        text = seen.mapping.replace(options[reading == "second"], options[reading == "second"][2:])
        (folder / "orders.csv").write_text(_orders(named, shown), encoding="utf-8")
        (folder / "m.toml").write_text(text, encoding="utf-8")
        settings = Settings(data=DataSettings(max_quarantine_share=1.0))
        ingest(str(folder / "m.toml"), str(folder / "lake"), settings, SILENT)
        assert open_lake(str(folder / "lake")).scan("transactions").collect().height == rows


@pytest.mark.parametrize(("named", "every"), [("Kontakt", 1), ("Kontakt", 7), ("Olba", 1), ("Olba", 7), ("Shop", 7)])
def test_what_stands_on_some_days_that_go_on_is_not_filled_unasked(tmp_path: Path, named: str, every: int) -> None:
    def shown(n: int) -> tuple[str, str]:
        said = f"{named[0]}{n // 4 // every % 4}" if n // 4 % every == 0 else ""
        return (f"2026-03-{1 + n // 4:02}", said) if n % 4 == 0 else ("", "")

    (tmp_path / "orders.csv").write_text(_orders(named, shown, 100), encoding="utf-8")
    seen = look(str(tmp_path / "orders.csv"))
    assert not any(line.startswith(f'fill_down = ["{named}", "Order date"') for line in seen.mapping.splitlines())
