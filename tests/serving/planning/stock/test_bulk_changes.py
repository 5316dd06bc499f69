"""Quantities of many lines at once, worked by hand and against the limits of single lines."""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.decisions.quantity_limits import QuantityLimits
from serving.planning.stock.bulk_changes import Change, changed_quantity, difference


def lines(*rows: tuple[float, float | None, float | None]) -> pl.DataFrame:
    names = ("quantity", "case_pack", "min_order_quantity")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64), orient="row")


def changed(change: Change, *rows: tuple[float, float | None, float | None]) -> list[float]:
    return lines(*rows).select(new=changed_quantity(change))["new"].to_list()


def test_a_share_is_rounded_to_whole_packs_as_asked() -> None:
    row = (24.0, 12.0, 0.0)
    assert changed(Change(percent=10, packs="nearest"), row) == [24.0]  # 26.4
    assert changed(Change(percent=10, packs="up"), row) == [36.0]
    assert changed(Change(percent=-10, packs="down"), row) == [12.0]  # 21.6
    assert changed(Change(percent=10, packs=None), row) == [pytest.approx(26.4)]
    assert changed(Change(percent=-100), row) == [0.0]


def test_a_rounding_error_makes_no_pack_more() -> None:
    assert changed(Change(percent=10, packs="up"), (30.0, 1.1, 0.0)) == [pytest.approx(33.0)]
    assert changed(Change(percent=0, packs="down"), (0.3, 0.1, 0.0)) == [pytest.approx(0.3)]


def test_what_is_left_to_order_reaches_the_minimum_in_whole_packs() -> None:
    assert changed(Change(percent=-50), (24.0, 6.0, 20.0)) == [24.0]
    assert changed(Change(quantity=0), (24.0, 6.0, 20.0)) == [0.0]
    assert changed(Change(quantity=7), (24.0, None, None)) == [7.0]


@given(st.integers(0, 500), st.integers(1, 24), st.integers(0, 60), st.integers(-100, 300))
def test_whole_packs_are_beyond_neither_pack_nor_minimum(quantity: int, pack: int, least: int, percent: int) -> None:
    for packs in ("nearest", "up", "down"):
        (new,) = changed(Change(percent=float(percent), packs=packs), (float(quantity), float(pack), float(least)))
        codes = {one.code for one in QuantityLimits(float(pack), float(least), math.inf, math.inf).beyond(new)}
        assert codes == set(), (packs, new)


def test_the_difference_sums_units_and_known_costs() -> None:
    frame = pl.DataFrame({"quantity": [10.0, 5.0], "new_quantity": [12.0, 0.0], "unit_cost": [2.0, None]})
    assert difference(frame) == {
        "lines": 2,
        "units": 15.0,
        "units_after": 12.0,
        "cost": 20.0,
        "cost_after": 24.0,
        "unknown_cost": 1,
    }
    nothing = difference(frame.with_columns(unit_cost=pl.lit(None, pl.Float64)))
    assert (nothing["cost"], nothing["cost_after"], nothing["unknown_cost"]) == (None, None, 2)
