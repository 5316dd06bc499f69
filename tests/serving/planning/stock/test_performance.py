"""How stores do, worked by hand: windows of four weeks, last year, costs that are unknown, and lost sales."""

from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from serving.planning.stock.performance import doubtful_stock, planned, stock_now, store_performance, weekly_sales

DAY = date(2026, 2, 28)


def sold(*rows: tuple[int, str, str, float, float | None]) -> Dataset:
    """Sales by age in days, store, product, units and price."""
    names = {
        "date": pl.Date,
        "store_id": pl.String,
        "product_id": pl.String,
        "units": pl.Float64,
        "unit_price": pl.Float64,
    }
    lines = [(DAY - timedelta(days=age), *rest) for age, *rest in rows]
    return Dataset.from_frames({"daily_sales": pl.DataFrame(lines, schema=names, orient="row")})


TERMS = pl.DataFrame(
    {"store_id": ["S1", "S1"], "product_id": ["tea", "milk"], "unit_cost": [2.0, None], "unit_price": [5.0, 1.0]},
    schema={"store_id": pl.String, "product_id": pl.String, "unit_cost": pl.Float64, "unit_price": pl.Float64},
)


def window(made: pl.DataFrame, name: str) -> dict[str, Any]:
    return made.filter(window=name).row(0, named=True)


def test_windows_are_four_weeks_and_the_same_weekdays_a_year_ago() -> None:
    rows = [(0, "S1", "tea", 2.0, 5.0), (27, "S1", "tea", 1.0, 5.0), (28, "S1", "tea", 4.0, 5.0)]
    rows += [(364, "S1", "tea", 3.0, 4.0), (391, "S1", "tea", 1.0, 4.0), (392, "S1", "tea", 9.0, 4.0)]
    made = store_performance(sold(*rows), DAY, TERMS, None)
    assert {name: window(made, name)["sales"] for name in ("now", "before", "last_year")} == {
        "now": 15.0,
        "before": 20.0,
        "last_year": 16.0,
    }
    assert window(made, "now")["lost_units"] is None, "nobody knows when stock ran out"


def test_money_paid_back_on_a_day_without_sales_is_taken_off() -> None:
    at = [datetime.combine(DAY - timedelta(days=age), time(12)) for age in (3, 1, 1)]
    lines = {"transaction_id": ["a", "b", "c"], "sold_at": at, "store_id": ["S1"] * 3}
    lines |= {"product_id": ["tea", "tea", "milk"], "units": [3.0, -1.0, 2.0], "unit_price": [5.0, 5.0, 1.0]}
    dataset = Dataset.from_frames({"transactions": pl.DataFrame(lines)})
    now = window(store_performance(dataset, DAY, TERMS, None), "now")
    assert (now["sales"], now["units"], now["unpriced_units"]) == (12.0, 4.0, 0.0)
    assert (now["margin"], now["costed_sales"], now["goods_cost"]) == (6.0, 10.0, 4.0)
    assert weekly_sales(dataset, DAY).rows() == [("S1", "now", 0, 12.0)]


def test_a_margin_is_that_of_goods_whose_price_and_cost_are_known() -> None:
    rows = [(1, "S1", "tea", 2.0, 5.0), (1, "S1", "milk", 10.0, 1.0), (2, "S1", "tea", 3.0, None)]
    now = window(store_performance(sold(*rows), DAY, TERMS, None), "now")
    assert (now["sales"], now["units"], now["unpriced_units"]) == (20.0, 15.0, 3.0)
    assert (now["margin"], now["costed_sales"], now["goods_cost"]) == (6.0, 10.0, 4.0)
    unknown = window(store_performance(sold((1, "S1", "milk", 1.0, 1.0)), DAY, TERMS, None), "now")
    assert (unknown["margin"], unknown["goods_cost"]) == (None, None)
    unpriced = window(store_performance(sold((1, "S1", "tea", 2.0, None)), DAY, TERMS, None), "now")
    assert (unpriced["sales"], unpriced["units"], unpriced["unpriced_units"]) == (None, 2.0, 2.0)


def test_lost_sales_are_priced_and_none_where_stock_never_ran_out() -> None:
    hidden = {"date": [DAY, DAY - timedelta(days=364)], "store_id": ["S1"] * 2, "product_id": ["tea"] * 2}
    lost = pl.DataFrame(hidden | {"sold": [1.0, 5.0], "demand": [3.0, 4.0], "is_masked": [False] * 2})
    rows = [(0, "S1", "tea", 1.0, 5.0), (364, "S1", "tea", 1.0, 5.0), (0, "S2", "tea", 1.0, 5.0)]
    made = store_performance(sold(*rows), DAY, TERMS, lost).filter(window="now").sort("store_id")
    assert made["lost_units"].to_list() == [2.0, 0.0]
    assert made["lost_sales"].to_list() == [10.0, 0.0]
    short = store_performance(sold(*rows), DAY, TERMS, lost, DAY - timedelta(days=390))
    assert window(short, "last_year")["lost_units"] is None, "a history that begins within the window tells half of it"
    assert window(short, "now")["lost_units"] is not None


def test_stock_is_worth_its_known_cost_and_below_zero_nothing() -> None:
    stock = pl.DataFrame({"store_id": ["S1"] * 3, "product_id": ["tea", "milk", "salt"], "on_hand": [4.0, 6.0, -2.0]})
    assert stock_now(stock, TERMS).row(0) == ("S1", pytest.approx(8.0), 10.0, 6.0, None, None, None)
    less = stock.with_columns(pl.col("on_hand") / 2)
    assert stock_now(stock, TERMS, less).row(0)[:5] == ("S1", pytest.approx(8.0), 10.0, 6.0, pytest.approx(4.0))
    # a shop that is closed now still had stock then
    assert stock_now(stock.clear(), TERMS, less).row(0)[:5] == ("S1", None, None, None, pytest.approx(4.0))
    assert stock_now(stock.with_columns(on_hand=pl.lit(None, pl.Float64)), TERMS).height == 0


def test_stock_of_closed_shops_delisted_goods_and_old_counts_is_told_apart() -> None:
    lines = [("S1", "tea", 4.0, 0), ("S1", "milk", 6.0, 0), ("S2", "tea", 5.0, 0), ("S3", "tea", 7.0, 92)]
    lines += [("S3", "salt", 1.0, 91), ("D1", "tea", 9.0, 0), ("S2", "salt", 0.0, 0)]
    stock = pl.DataFrame(lines, schema=["store_id", "product_id", "on_hand", "stock_age_days"], orient="row")
    terms = stock.select("store_id", "product_id").with_columns(
        unit_cost=pl.when(pl.col("product_id") != "milk").then(2.0)
    )
    # S2 sold until four weeks ago; nothing was ever sold in the warehouse D1, which is not closed
    dataset = sold((0, "S1", "tea", 1.0, 5.0), (28, "S2", "tea", 1.0, 5.0), (27, "S3", "tea", 1.0, 5.0))
    gone = pl.DataFrame({"store_id": ["S1"], "product_id": ["milk"]})
    doubtful = doubtful_stock(dataset, stock, gone, DAY)
    made = stock_now(stock, terms, None, doubtful).sort("store_id")
    assert made.select("store_id", "stock_value", "doubtful_stock_value", "doubtful_stock_lines").rows() == [
        ("D1", 18.0, 0.0, 0.0),
        ("S1", 8.0, None, 1.0),  # nobody knows what the milk cost
        ("S2", 10.0, 10.0, 1.0),
        ("S3", 16.0, 14.0, 1.0),
    ]


def test_weeks_end_on_the_last_day_and_stand_beside_those_of_last_year() -> None:
    rows = [
        (0, "S1", "tea", 1.0, 5.0),
        (6, "S1", "tea", 1.0, 5.0),
        (7, "S1", "tea", 2.0, 5.0),
        (91, "S1", "tea", 9.0, 5.0),
    ]
    made = weekly_sales(sold(*rows, (365, "S1", "tea", 3.0, 5.0)), DAY)
    assert made.rows() == [("S1", "last_year", 0, 15.0), ("S1", "now", 0, 10.0), ("S1", "now", 1, 10.0)]


def test_a_week_whose_sales_have_no_price_is_unknown() -> None:
    made = weekly_sales(sold((0, "S1", "tea", 1.0, None), (7, "S1", "tea", 2.0, 5.0)), DAY)
    assert made.rows() == [("S1", "now", 0, None), ("S1", "now", 1, 10.0)]


def plans(*rows: tuple[str, int, int, float, float | None]) -> Dataset:
    """Plans by store, age of the first and last day, sales and margin."""
    lines = [
        (store, DAY - timedelta(days=first), DAY - timedelta(days=last - 1), sales, margin)
        for store, first, last, sales, margin in rows
    ]
    names = ["store_id", "valid_from", "valid_to", "sales", "margin"]
    return Dataset.from_frames({"sales_plans": pl.DataFrame(lines, schema=names, orient="row")})


def test_a_plan_counts_evenly_for_its_days_and_only_where_it_covers_each_once() -> None:
    # 20 of 40 planned days lie in the four weeks, then 8 days of their own
    made = planned(plans(("S1", 47, 8, 400.0, 40.0), ("S1", 7, 0, 80.0, None), ("S2", 27, 0, 280.0, 28.0)), DAY)
    assert made.rows() == [("S1", 280.0, None), ("S2", 280.0, 28.0)]
    gap = planned(plans(("S1", 27, 1, 100.0, None)), DAY)
    twice = planned(plans(("S1", 27, 0, 100.0, None), ("S1", 3, 0, 9.0, None)), DAY)
    assert (gap["sales_plan"].to_list(), twice["sales_plan"].to_list()) == ([None], [None])
    assert planned(plans(("S1", 90, 60, 100.0, None)), DAY).is_empty()
    assert planned(Dataset.from_frames({}), DAY).is_empty()
