"""How a line goes on, by hand: two futures, one order, and what other quantities would mean."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from retail_brain.decisions.replenishment import plan_orders
from retail_brain.outputs import DemandPaths
from retail_brain.settings import ReplenishmentSettings
from serving.planning.stock.line_outlook import ARRIVALS, OUTLOOK, arrivals, line_outlook
from serving.planning.stock.settled_plan import SettledPlan, StorePart

AS_OF = date(2025, 2, 28)
DAYS = [AS_OF + timedelta(days=day) for day in range(1, 15)]


def settled(on_hand: list[float | None]) -> SettledPlan:
    """Two futures of one unit and of three a day; orders arrive after 2 days, every 5 days, in packs of 4."""
    ids = [f"P{number}" for number in range(len(on_hand))]
    series = pl.DataFrame({"store_id": ["S1"] * len(ids), "product_id": ids})
    units = np.empty((len(ids), 2, len(DAYS)), dtype=np.float32)
    units[:, 0], units[:, 1] = 1, 3
    terms = series.with_columns(lead_time_days=2.0, review_period_days=5.0, case_pack=4.0, service_level=0.9)
    stock = series.with_columns(on_hand=pl.Series(on_hand, dtype=pl.Float64))
    settings = ReplenishmentSettings(policy="service_level")
    plan = plan_orders(DemandPaths(series, pl.Series(DAYS), units), terms, stock, AS_OF, settings=settings)
    moved = series.with_columns(moved_in=pl.Series([2.0] + [None] * (len(ids) - 1)), moved_out=pl.lit(0.0))
    none = pl.DataFrame()
    return SettledPlan(AS_OF, [StorePart(moved, plan, None)], none, none, none)


def test_the_stock_of_a_line_goes_on_as_its_plan_says() -> None:
    plan = settled([10.0])
    row = line_outlook(plan).row(0, named=True)
    cycle = plan.parts[0].plan.cycle
    # before the order arrives on the morning of the third day, 2 or 6 of 10 are sold
    assert (row["on_hand"], row["stock_before"], row["moved_in"]) == (10.0, (8 + 4) / 2, 2.0)
    assert row["arrives_on"] == date(2025, 3, 3)
    assert row["next_arrives_on"] == cycle.next_arrives_on[0].astype(object)
    # until the next one, 5 or 15 more are: 3 left of 8, or 11 missing of 4
    order = row["order_quantity"]
    assert order == 12.0
    assert row["least_mean"] == pytest.approx((3 + order + max(-11 + order, 0)) / 2)
    assert (row["least_low"], row["least_high"]) == (max(-11 + order, 0), 3 + order)


def test_the_choices_rise_hold_the_plan_s_own_and_agree_with_it() -> None:
    row = line_outlook(settled([10.0])).row(0, named=True)
    quantities, chances = row["quantities"], row["chances"]
    assert quantities == sorted(quantities)
    assert quantities[0] == 0
    assert row["order_quantity"] in quantities
    assert all(quantity % 4 == 0 for quantity in quantities)
    by_quantity = dict(zip(quantities, zip(chances, row["lost_units"], row["values"], strict=True), strict=True))
    assert by_quantity[0.0] == (0.5, 5.5, 0.0)
    assert by_quantity[12.0][:2] == (1.0, 0.0)
    assert all(later >= earlier for earlier, later in pairwise(chances))
    assert all(later >= earlier for earlier, later in pairwise(row["stock_costs"]))


def test_lines_of_unknown_stock_have_no_outlook() -> None:
    found = line_outlook(settled([10.0, None, 500.0]))
    assert found.schema == OUTLOOK
    assert found["product_id"].to_list() == ["P0", "P2"]
    idle = found.row(1, named=True)
    assert (idle["order_quantity"], idle["chances"][0], idle["lost_units"][0]) == (0.0, 1.0, 0.0)
    assert line_outlook(SettledPlan(AS_OF, [], *(pl.DataFrame() for _ in range(3)))).schema == OUTLOOK


def test_arrivals_are_those_of_the_lines_of_the_plan() -> None:
    due = pl.DataFrame(
        {"store_id": ["S1", "S1", "S9"], "product_id": ["P0", "P0", "P0"], "late_days": [0, 0, 0]}
    ).with_columns(arrives_on=pl.Series([DAYS[0], DAYS[3], DAYS[0]]), units=pl.Series([4.0, 8.0, 1.0]))
    plan = settled([10.0])
    part = plan.parts[0]
    known = StorePart(part.series.with_columns(cycle_days=pl.lit(5.0)), part.plan, None)
    found = arrivals(due, SettledPlan(AS_OF, [known], *(pl.DataFrame() for _ in range(3))))
    assert found.schema == ARRIVALS
    assert found.select("arrives_on", "units").rows() == [(DAYS[0], 4.0), (DAYS[3], 8.0)]
