"""When stock ran out: by what the day began with, and by the hour of its last receipt."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from features.demand.history import read_history
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings

FIRST = date(2025, 3, 1)
DAYS = 60


def _tables(*, hours: bool = True) -> dict[str, pl.DataFrame]:
    """A shop that sells ten units of A a day, one in each hour from 9; on the last day stock of two goods ran out."""
    lines = []
    for day in range(DAYS):
        for hour in range(9, 19):
            sold_out = day == DAYS - 1 and hour >= 12
            at = datetime.combine(FIRST + timedelta(days=day), datetime.min.time())
            at += timedelta(hours=hour, minutes=5) if hours else timedelta()
            if not sold_out:
                lines.append((f"{day}-{hour}", at, "S", "A", 1.0, 2.0))
            if hour == 10:
                lines.append((f"{day}-{hour}b", at, "S", "B", 1.0, 2.0))
    last, before = FIRST + timedelta(days=DAYS - 1), FIRST + timedelta(days=DAYS - 2)
    counts = [(before, "S", "A", 3.0), (last, "S", "A", 0.0), (before, "S", "B", 5.0), (last, "S", "B", 0.0)]
    return {
        "transactions": pl.DataFrame(
            lines,
            schema=["transaction_id", "sold_at", "store_id", "product_id", "units", "unit_price"],
            orient="row",
        ),
        "inventory": pl.DataFrame(counts, schema=["date", "store_id", "product_id", "on_hand"], orient="row"),
    }


def _last_day(tables: dict[str, pl.DataFrame]) -> dict[str, dict[str, object]]:
    dataset = Dataset.from_frames(tables)
    history = read_history(dataset.at(dataset.last_day()), Settings(), 0)
    rows = history.sales.filter(pl.col("t") == DAYS - 1).join(history.series.select("s", "product_id"), on="s")
    return {row["product_id"]: row for row in rows.iter_rows(named=True)}


def test_the_last_receipt_says_what_share_of_the_day_had_come() -> None:
    row = _last_day(_tables())["A"]
    assert row["ran_out"]
    assert row["in_stock"] == pytest.approx(0.31, abs=0.04), "3 of 10 hours, half of the last quarter"


def test_a_day_that_did_not_sell_what_it_began_with_was_not_sold_out() -> None:
    row = _last_day(_tables())["B"]
    assert not row["ran_out"]
    assert not row["was_out"]
    assert row["in_stock"] is None


def test_receipts_without_hours_say_nothing_about_when() -> None:
    row = _last_day(_tables(hours=False))["A"]
    assert row["ran_out"]
    assert row["in_stock"] is None


def test_daily_sales_say_that_it_ran_out_but_not_when() -> None:
    tables = _tables()
    sold = tables.pop("transactions").group_by(pl.col("sold_at").dt.date().alias("date"), "store_id", "product_id")
    tables["daily_sales"] = sold.agg(pl.col("units").sum())
    row = _last_day(tables)["A"]
    assert row["ran_out"]
    assert row["in_stock"] is None


def test_a_shelf_that_was_empty_all_day_is_marked_so() -> None:
    tables = _tables()
    empty = [(FIRST + timedelta(days=day), "S", "B", 0.0) for day in (29, 30)]
    tables["inventory"] = pl.concat(
        [tables["inventory"], pl.DataFrame(empty, schema=["date", "store_id", "product_id", "on_hand"], orient="row")]
    )
    dataset = Dataset.from_frames(
        tables | {"transactions": tables["transactions"].filter(pl.col("transaction_id") != "30-10b")}
    )
    history = read_history(dataset.at(dataset.last_day()), Settings(), 0)
    number = history.series.filter(pl.col("product_id") == "B")["s"][0]
    found = history.sales.filter(pl.col("s") == number, pl.col("t").is_in([29, 30])).select("t", "units", "was_out")
    assert found.rows() == [(29, 1.0, False), (30, 0.0, True)]
