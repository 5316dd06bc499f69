"""What is on hand now, from counts of any age, and what is on its way."""

from datetime import date, timedelta

import polars as pl
import pytest

from features.demand.periods import Period, last_visible_day
from retail_brain.dataset import Dataset
from retail_brain.decisions.inputs import read_open_orders, read_stock, with_open_orders

AS_OF = date(2026, 2, 28)


def chain(age_days: int, on_hand: float, sold_a_day: float, on_order: float = 0.0) -> Dataset:
    """One product counted some days ago that sold so many a day ever since, and before."""
    days = [AS_OF - timedelta(days=ago) for ago in range(30)]
    sales = pl.DataFrame({"date": days, "store_id": "S", "product_id": "P", "units": sold_a_day})
    other = pl.DataFrame({"date": [AS_OF], "store_id": "S", "product_id": "Q", "units": [1.0]})
    counted = AS_OF - timedelta(days=age_days)
    stock = pl.DataFrame(
        {"date": [counted], "store_id": "S", "product_id": "P", "on_hand": [on_hand], "on_order": [on_order]}
    )
    return Dataset.from_frames({"daily_sales": pl.concat([sales, other]), "inventory": stock}, as_of=AS_OF)


def row_of(dataset: Dataset, **options: int) -> dict[str, object]:
    return read_stock(dataset, **options).row(0, named=True)


@pytest.mark.parametrize(
    ("age", "on_hand", "sold", "on_order", "left"),
    [
        (0, 40.0, 3.0, 0.0, (40.0, 0.0)),
        (5, 40.0, 3.0, 6.0, (40.0 - 15, 6.0)),
        (14, 40.0, 3.0, 10.0, (0.0, 10.0 - 2)),
        (14, 40.0, 3.0, 2.0, (0.0, 0.0)),
        (14, 40.0, 3.0, 1.0, (None, 0.0)),
        (1, 2.0, 3.0, 0.0, (None, 0.0)),
        (15, 40.0, 3.0, 10.0, (None, 10.0 - 5)),
        (29, 40.0, 0.0, 0.0, (40.0, 0.0)),
        (5, -2.0, 3.0, 20.0, (-2.0, 5.0)),
    ],
)
def test_what_was_sold_since_the_count_is_deducted(
    age: int, on_hand: float, sold: float, on_order: float, left: tuple[float | None, float]
) -> None:
    row = row_of(chain(age, on_hand, sold, on_order))
    assert (row["on_hand"], row["on_order"]) == left
    assert (row["counted_on_hand"], row["stock_age_days"], row["sold_since_count"]) == (on_hand, age, age * sold)


def test_the_age_from_which_a_count_says_nothing_is_a_setting() -> None:
    assert row_of(chain(5, 40.0, 3.0), most_age_days=4)["on_hand"] is None
    assert row_of(chain(20, 90.0, 3.0), most_age_days=20)["on_hand"] == 30


@pytest.mark.parametrize(("period", "counted"), [("week", date(2026, 3, 1)), ("month", date(2026, 2, 28))])
def test_the_count_at_the_end_of_the_last_period_is_known_by_default(period: Period, counted: date) -> None:
    first = date(2026, 2, 23) if period == "week" else date(2026, 2, 1)
    goods = {"store_id": "S", "product_id": "P"}
    sales = pl.DataFrame({"date": [first], "units": [9.0]} | goods)
    stock = pl.DataFrame({"date": [counted], "on_hand": [5.0]} | goods)
    lake = Dataset.from_frames({"daily_sales": sales, "inventory": stock})
    row = row_of(lake.at(last_visible_day(lake, period)))
    assert (row["on_hand"], row["stock_age_days"], row["sold_since_count"]) == (5.0, 0, 0.0)


def orders(**columns: object) -> pl.DataFrame:
    rows = {"store_id": "S", "product_id": "P", "due_on": [date(2026, 3, 2)], "units": [10.0]}
    return pl.DataFrame(rows | columns)


def known(frame: pl.DataFrame) -> Dataset:
    return Dataset.from_frames(
        {"daily_sales": chain(0, 1.0, 1.0).frames["daily_sales"], "open_orders": frame}, as_of=AS_OF
    )


def test_open_orders_are_summed_by_day_less_what_was_received() -> None:
    two = pl.concat([orders(received_units=[came]) for came in (4.0, None, 12.0)], how="vertical_relaxed")
    assert read_open_orders(known(two)).rows() == [("S", "P", date(2026, 3, 2), 16.0, 0, False)]
    closed = read_open_orders(known(orders(received_units=[10.0])))
    assert closed.is_empty()


def test_the_newest_file_tells_all_open_orders_and_later_ones_are_not_known() -> None:
    days = [AS_OF - timedelta(days=1), AS_OF, AS_OF + timedelta(days=1)]
    told = pl.concat([orders(date=[day], units=[float(place)]) for place, day in enumerate(days, start=1)])
    assert read_open_orders(known(told))["units"].to_list() == [2.0]
    assert read_open_orders(known(told), stores=["elsewhere"]).is_empty()


def test_open_orders_say_what_is_on_order_also_without_a_count() -> None:
    stock = read_stock(chain(0, 40.0, 3.0, on_order=99.0))
    due = pl.concat([orders(), orders(product_id="Q", units=[3.0])]).rename({"due_on": "arrives_on"})
    due = due.with_columns(is_lost=pl.lit(value=False))
    joined = with_open_orders(stock, due)
    assert joined.select("product_id", "on_hand", "on_order").rows() == [("P", 40.0, 10.0), ("Q", None, 3.0)]
    assert with_open_orders(stock, due.clear())["on_order"].to_list() == [99.0]
    lost = with_open_orders(stock, due.with_columns(is_lost=pl.lit(value=True)))
    assert lost["on_order"].to_list() == [0.0, 0.0], "what is lost is not on order, whatever the stock record says"


def test_an_order_too_long_overdue_is_lost() -> None:
    late = pl.concat([orders(due_on=[AS_OF - timedelta(days=days)], units=[float(days)]) for days in (28, 29)])
    assert read_open_orders(known(late)).select("units", "late_days", "is_lost").rows() == [
        (29.0, 29, True),
        (28.0, 28, False),
    ]
    assert read_open_orders(known(late), most_late_days=30)["is_lost"].to_list() == [False, False]
