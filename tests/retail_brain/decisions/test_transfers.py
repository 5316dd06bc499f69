"""Transfers: from where goods lie to where they sell, within stock and picking capacity, never at a loss."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.decisions.transfers import TRANSFERS, StockValues, suggest_transfers


def make_giving(demand: np.ndarray, on_hand: list[float], worth: float = 4.0, hold: float = 0.1) -> StockValues:
    """Shops with this demand on each path (shop, path) and this stock."""
    held = np.array(on_hand)
    need = np.sort(demand - held[:, None], axis=1)
    ones = np.ones(len(held))
    return StockValues(need, worth * ones, hold * ones, held, 0 * ones)


def make_series(shops: int, products: int = 1) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "store_id": [f"S{k}" for k in range(shops)] * products,
            "product_id": np.repeat([f"P{k}" for k in range(products)], shops),
        }
    )


def test_goods_go_to_where_they_sell():
    giving = make_giving(np.array([[0.0] * 4, [3.0] * 4]), [5, 1])
    table = suggest_transfers(make_series(2), giving, np.full(2, 1.0))
    assert table.select("from_store_id", "to_store_id", "units").rows() == [("S0", "S1", 2.0)]
    assert table["expected_value"][0] == pytest.approx(2 * (4.0 + 0.1 - 1.0))
    assert dict(table.schema) == TRANSFERS


def test_nothing_moves_where_moving_costs_more_than_it_earns():
    giving = make_giving(np.array([[0.0] * 4, [3.0] * 4]), [5, 1])
    assert suggest_transfers(make_series(2), giving, np.full(2, 5.0)).height == 0


def test_a_shop_keeps_what_it_will_sell_itself():
    giving = make_giving(np.array([[5.0] * 4, [9.0] * 4]), [5, 0])
    assert suggest_transfers(make_series(2), giving, np.full(2, 0.5)).height == 0


def test_picking_capacity_goes_to_the_dearest_gains():
    demand = np.array([[0.0, 0.0], [2.0, 2.0], [0.0, 0.0], [2.0, 2.0]])
    giving = make_giving(demand, [3, 0, 3, 0])
    dear = StockValues(giving.need, np.array([4.0, 4.0, 9.0, 9.0]), giving.hold, giving.on_hand, giving.keep)
    table = suggest_transfers(make_series(2, 2), dear, np.full(4, 0.5), {"S0": 3.0})
    assert dict(table.select("product_id", "units").iter_rows()) == {"P1": 2.0, "P0": 1.0}


def total(giving: StockValues, moved: np.ndarray) -> float:
    short = np.maximum(giving.need - moved[:, None], 0).mean(axis=1)
    left = np.maximum(moved[:, None] - giving.need, 0).mean(axis=1)
    return float((-giving.worth * short - giving.hold * left).sum())


@given(seed=st.integers(0, 3000), cost=st.floats(0.05, 3), limit=st.one_of(st.none(), st.integers(0, 6)))
def test_transfers_pay_and_stay_within_stock(seed, cost, limit):
    rng = np.random.default_rng(seed)
    demand = rng.poisson(rng.uniform(0, 6, (4, 1)), (4, 30)).astype(float)
    giving = make_giving(demand, rng.integers(0, 9, 4).tolist())
    picking = None if limit is None else {f"S{k}": float(limit) for k in range(4)}
    table = suggest_transfers(make_series(4), giving, np.full(4, cost), picking)
    moved = np.zeros(4)
    for row in table.iter_rows(named=True):
        moved[int(row["from_store_id"][1])] -= row["units"]
        moved[int(row["to_store_id"][1])] += row["units"]
    assert (giving.on_hand + moved >= 0).all()
    if limit is not None:
        assert (table.group_by("from_store_id").agg(pl.col("units").sum())["units"] <= limit).all()
    gained = total(giving, moved) - total(giving, np.zeros(4)) - cost * table["units"].sum()
    assert gained == pytest.approx(table["expected_value"].sum(), abs=1e-6)
    assert (table["expected_value"] > 0).all()
    if limit is None:
        for giver in range(4):
            for taker in range(4):
                one = moved.copy()
                one[giver] -= 1
                one[taker] += 1
                if giver != taker and giving.on_hand[giver] + one[giver] >= 0:
                    assert total(giving, one) - cost <= total(giving, moved) + 1e-9, "no single move is left that pays"
