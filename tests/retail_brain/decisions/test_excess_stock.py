"""Goods that will be left over: by hand, beyond the forecast, and ranked by money."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from retail_brain.decisions.excess_stock import LEFTOVERS, advised, excess_need, excess_rows, sellable
from retail_brain.decisions.transfers import LEFT_OVER_UNITS
from retail_brain.errors import ImpossibleError
from retail_brain.outputs import DemandPaths
from serving.planning.stock.stock_network import goods_to_clear

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
        "What a markdown would do is not known. What telling interested customers would earn is not known."
    )


def test_of_a_listing_that_ended_long_ago_its_own_day_is_said():
    frame = pl.DataFrame({"store_id": ["s", "s"], "product_id": ["old", "new"], "on_hand": [9.0, 5.0]}).with_columns(
        sell_by=AS_OF, sell_by_kind=pl.lit("listing"), unit_cost=2.0, left_over_units="on_hand", probability=1.0
    )
    ended = pl.DataFrame({"store_id": ["s"], "product_id": ["old"], "ended_on": [date(2024, 10, 31)]})
    old, new = excess_rows(frame, AS_OF, ended=ended).rows(named=True)
    assert old["sell_by"] == date(2024, 10, 31)
    assert old["reason"] == "9 on hand, about 9 will not sell: end of listing was 31 October."
    assert old["reason_zh"] == "现有9件，已于10月31日下架，预计约9件卖不完。"
    assert new["reason"] == "5 on hand, about 5 will not sell by 28 February (end of listing)."


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


def waste_rows(on_hand: float, left: float, waste: float) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "store_id": "s", "product_id": "p", "on_hand": on_hand, "left_over_units": left, "waste_units": waste,
            "probability": 1.0, "sell_by": date(2025, 3, 4), "sell_by_kind": "date", "unit_cost": 2.0,
        }
    )  # fmt: skip
    return advised(excess_rows(frame, AS_OF))


def test_goods_past_their_date_are_waste_beside_what_may_still_be_sold():
    row = waste_rows(10.0, 3.0, 4.0).row(0, named=True)
    assert (row["on_hand"], row["left_over_units"], row["waste_units"], row["value_at_risk"]) == (14, 7, 4, 14)
    assert row["action"] == "keep"
    assert row["reason"].startswith(
        "14 on hand, about 3 will not sell by 4 March (expiry date). Past their date by counts"
    )
    assert "现有14件中有4件已过期" in row["reason_zh"]
    assert sellable(waste_rows(10.0, 3.0, 4.0))["left_over_units"].to_list() == [3.0]


@pytest.mark.parametrize("left", [0.0, 0.4])
def test_goods_that_are_all_past_their_date_are_offered_to_nobody(left):
    rows = waste_rows(left, left, 4.0)
    row = rows.row(0, named=True)
    assert (row["left_over_units"], row["waste_units"], row["action"]) == (4.0, 4.0, "waste")
    assert row["reason"] == (
        f"Past their date by counts and sales: 4 of {left + 4:g} on hand. Take them off the shelf and write them off."
    )
    assert sellable(rows).is_empty()
    assert goods_to_clear_or_none(rows) is None
    assert waste_rows(9.0, 0.0, 0.0).is_empty()


def goods_to_clear_or_none(rows: pl.DataFrame) -> list[str] | None:
    """Goods that people are looked for; None where nothing is left to sell."""
    try:
        return goods_to_clear(rows, None)
    except ImpossibleError:
        return None
