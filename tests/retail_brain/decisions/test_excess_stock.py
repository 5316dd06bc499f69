"""Goods that will be left over: by hand, beyond the forecast, and ranked by money."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from retail_brain.decisions.excess_stock import LEFTOVERS, advised, excess_need, excess_rows
from retail_brain.decisions.transfers import LEFT_OVER_UNITS
from retail_brain.outputs import DemandPaths

AS_OF = date(2025, 2, 28)
DAYS = pl.date_range(date(2025, 3, 1), date(2025, 3, 10), eager=True)


def make_paths(*rates: list[float]) -> DemandPaths:
    units = np.repeat(np.array(rates)[:, :, None], 10, axis=2).astype(np.float32)
    ids = pl.DataFrame({"store_id": ["s"] * len(rates), "product_id": [f"p{k}" for k in range(len(rates))]})
    return DemandPaths(ids, DAYS, units)


def facts(paths: DemandPaths, on_hand: float, sell_by: date | None, cost: float = 2.0) -> pl.DataFrame:
    return paths.series.with_columns(
        on_hand=pl.lit(on_hand),
        sell_by=pl.lit(sell_by, dtype=pl.Date),
        unit_cost=pl.lit(cost),
        sell_by_kind=pl.lit(None, dtype=pl.String),
    )


def excess(paths: DemandPaths, stock: pl.DataFrame, least_units: float = LEFT_OVER_UNITS) -> pl.DataFrame:
    """Rows of excess stock where nothing is ordered, moved or marked down."""
    left = np.maximum(-excess_need(paths, stock["on_hand"], stock["sell_by"]), 0)
    frame = stock.with_columns(
        left_over_units=pl.Series(left.mean(axis=1)), probability=pl.Series((left > 0).mean(axis=1))
    )
    return advised(excess_rows(frame, AS_OF, least_units))


def test_what_the_paths_do_not_sell_by_the_date_is_left_over():
    paths = make_paths([1.0, 3.0])
    row = excess(paths, facts(paths, 10.0, date(2025, 3, 4))).row(0, named=True)
    assert row["left_over_units"] == pytest.approx((6 + 0) / 2)
    assert (row["probability"], row["value_at_risk"]) == (0.5, 6.0)
    assert (
        row["reason"] == "10 on hand, about 3 will not sell by 4 March (expiry date). "
        "What a markdown would do is not known. Offer them to interested customers."
    )


def test_demand_goes_on_beyond_the_forecast():
    paths = make_paths([1.0, 1.0])
    row = excess(paths, facts(paths, 30.0, date(2025, 3, 20))).row(0, named=True)
    assert row["left_over_units"] == pytest.approx(30 - 20)


def test_goods_that_keep_and_goods_that_sell_are_not_listed():
    paths = make_paths([1.0, 1.0])
    assert excess(paths, facts(paths, 100.0, None)).height == 0
    assert excess(paths, facts(paths, 3.0, date(2025, 3, 5))).height == 0
    assert dict(excess(paths, facts(paths, 3.0, None)).schema) == LEFTOVERS


def test_what_goods_of_unknown_cost_put_at_risk_is_unknown_and_comes_last():
    paths = make_paths([1.0], [1.0], [1.0])
    stock = facts(paths, 10.0, date(2025, 3, 2)).with_columns(unit_cost=pl.Series([None, 2.0, 3.0]))
    rows = excess(paths, stock.with_columns(cost_basis=pl.Series([None, "recorded", "price"])))
    told = rows.select("product_id", "value_at_risk", "cost_basis").rows()
    assert told == [("p2", 24.0, "price"), ("p1", 16.0, "recorded"), ("p0", None, None)]
