"""Accidents in sales: slips that are taken back, tests and bulk sales, by hand on small series."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from features.demand.accidents import BULK, REVERSAL, REVERSED, SCHEMA, AccidentRules, find_accidents
from features.demand.history import read_history
from retail_brain.dataset import Dataset
from retail_brain.settings import DemandSettings, Settings

RULES = AccidentRules(10.0, 14)
USUAL = [2.0, 3.0, 1.0, 2.0, 4.0, 2.0, 1.0, 3.0, 2.0, 2.0] * 4


def _found(
    *series: list[float], plans: Sequence[tuple[int, int, int]] = (), product: str = "AB"
) -> list[tuple[Any, ...]]:
    rows = [(s, t, units) for s, values in enumerate(series) for t, units in enumerate(values) if units]
    sales = pl.DataFrame(rows, schema={"s": pl.UInt32, "t": pl.Int32, "units": pl.Float64}, orient="row")
    spans = pl.DataFrame(list(plans), schema={"s": pl.UInt32, "begin": pl.Int32, "end": pl.Int32}, orient="row")
    found = find_accidents(sales, pl.Series(list(product[: len(series)])), spans, RULES)
    assert found.schema == SCHEMA
    return found.rows()


def _with(changes: dict[int, float]) -> list[float]:
    return [changes.get(day, units) for day, units in enumerate(USUAL)]


def test_usual_days_hold_no_accident() -> None:
    assert _found(USUAL, _with({7: -3.0})) == []


def test_one_bulk_sale_counts_as_a_high_day() -> None:
    assert _found(_with({20: 600.0})) == [(0, 20, 600.0, 4.0, BULK)]


def test_a_slip_taken_back_the_next_day_is_netted_on_its_own_day() -> None:
    assert _found(_with({20: 502.0, 21: -497.0})) == [(0, 20, 502.0, 5.0, REVERSED), (0, 21, -497.0, 0.0, REVERSAL)]


def test_a_reversal_takes_from_the_newest_day_that_sold_as_much_within_the_days_allowed() -> None:
    assert [row[1] for row in _found(_with({5: 60.0, 18: 60.0, 21: -60.0}))] == [18, 21]
    assert [row[4] for row in _found(_with({5: 502.0, 21: -497.0}))] == [BULK]


def test_a_test_of_the_till_on_a_good_that_never_sold_leaves_nothing() -> None:
    assert _found([0.0] * 5 + [1.0, -1.0]) == [(0, 5, 1.0, 0.0, REVERSED), (0, 6, -1.0, 0.0, REVERSAL)]


def test_a_return_of_goods_that_sell_rarely_in_each_shop_is_a_customers() -> None:
    # a size of a garment: three days of sale in this shop, forty in another
    assert _found([1.0, 0, 0, 1.0, 0, -1.0, 1.0], USUAL, product="AA") == []
    assert _found([1.0, 0, 0, 90.0, 0, -90.0, 1.0], USUAL, product="AA") == [
        (0, 3, 90.0, 0.0, REVERSED),
        (0, 5, -90.0, 0.0, REVERSAL),
    ]


def test_a_bulk_sale_in_a_promotion_or_in_two_stores_at_once_or_of_custom_is_none() -> None:
    assert _found(_with({20: 600.0}), plans=[(0, 18, 22)]) == []
    assert _found(_with({20: 600.0}), _with({20: 500.0}), product="AA") == []
    assert _found(_with({10: 600.0, 20: 600.0, 30: 600.0})) == []


def test_lumpy_goods_and_goods_with_few_sales_keep_their_sales() -> None:
    assert _found([12.0, 0, 0, 12.0, 0, 24.0, 0, 12.0, 0, 0, 12.0, 12.0, 36.0]) == []
    assert _found([1.0, 0, 1.0, 600.0]) == []


def test_no_rules_no_accidents() -> None:
    sales = pl.DataFrame({"s": [0], "t": [0], "units": [5.0]})
    assert find_accidents(sales, pl.Series(["A"]), pl.DataFrame(), AccidentRules(0.0, 14)).is_empty()


@pytest.fixture
def with_a_slip(small_chain: Callable[..., Any]) -> dict[str, pl.DataFrame]:
    """The small chain, with 5000 units of P01 in S0 that are taken back on the next day."""
    tables: dict[str, pl.DataFrame] = small_chain()
    day = tables["daily_sales"]["date"].max() - timedelta(days=20)
    slip = pl.DataFrame({"date": [day, day + timedelta(days=1)], "units": [5000.0, -5000.0]})
    rows = slip.select("date", pl.lit("S0").alias("store_id"), pl.lit("P01").alias("product_id"), "units")
    sold = pl.concat([tables["daily_sales"], rows]).group_by("date", "store_id", "product_id", maintain_order=True)
    return tables | {"daily_sales": sold.agg(pl.col("units").sum())}


def test_a_history_without_its_accidents_is_that_of_a_chain_that_had_none(
    with_a_slip: dict[str, pl.DataFrame], small_chain: Callable[..., Any], dataset_of: Callable[..., Dataset]
) -> None:
    clean, slipped = (
        read_history(dataset_of(tables), Settings(), 14, in_own_units=True) for tables in (small_chain(), with_a_slip)
    )
    assert slipped.accidents["reason"].to_list() == [REVERSED, REVERSAL]
    assert clean.totals is not None
    assert slipped.totals is not None
    order = ["store_id", "category", "t"]
    one, two = (
        totals.collect().sort(order).group_by("store_id").agg(pl.sum("units"))
        for totals in (
            clean.totals,
            slipped.totals,
        )
    )
    assert two.sort("store_id")["units"].to_list() == pytest.approx(one.sort("store_id")["units"].to_list(), abs=20)
    units = slipped.sales.group_by("s").agg(pl.sum("units")).sort("s")["units"].to_list()
    assert units == pytest.approx(clean.sales.group_by("s").agg(pl.sum("units")).sort("s")["units"].to_list(), abs=10)


def test_models_of_older_formats_read_accidents_as_they_did(
    with_a_slip: dict[str, pl.DataFrame], dataset_of: Callable[..., Dataset]
) -> None:
    history = read_history(dataset_of(with_a_slip), Settings(), 14)
    assert history.accidents.is_empty()
    assert history.sales["units"].max() >= 5000
    off = Settings(demand=DemandSettings(accident_times=0))
    assert read_history(dataset_of(with_a_slip), off, 14, in_own_units=True).accidents.is_empty()
