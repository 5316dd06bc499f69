"""Conformance tests of order policies: subclass `OrderPolicyConformance` in your own tests and run pytest."""

from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from retail_brain.decisions.order_plan import Plan
from retail_brain.decisions.order_policies import policy_names
from retail_brain.decisions.replenishment import plan_orders, suggest_orders
from retail_brain.outputs import DemandPaths
from retail_brain.settings import ReplenishmentSettings

_SERIES = 12
"""Series that a check plays a policy on."""
_AS_OF = date(2025, 2, 28)


class OrderPolicyConformance:
    """What a plan relies on. Overwrite `name`: the policy as an installed package declares it, or a built-in one."""

    name: str = ""

    def plan(self, on_hand: float = 3.0, case_pack: float = 4.0) -> Plan:
        """A plan of twelve series, from slow to fast, under the policy."""
        paths, terms, stock = small_plan_inputs(on_hand, case_pack)
        return plan_orders(paths, terms, stock, _AS_OF, settings=ReplenishmentSettings(policy=self.name))

    def test_can_be_chosen_in_the_settings(self) -> None:
        assert self.name in policy_names()

    def test_orders_are_whole_packs_and_never_negative(self) -> None:
        for case_pack in (1.0, 4.0):
            quantity = self.plan(case_pack=case_pack).quantity
            assert quantity.shape == (_SERIES,)
            assert (quantity >= 0).all()
            assert (quantity % case_pack == 0).all()

    def test_something_is_ordered_when_the_shelves_are_empty(self) -> None:
        assert self.plan(on_hand=0.0).quantity.sum() > 0

    def test_more_stock_never_raises_an_order(self) -> None:
        orders = np.stack([self.plan(on_hand=on_hand).quantity for on_hand in (0.0, 1.0, 2.0, 5.0, 10.0, 40.0, 400.0)])
        rises = np.diff(orders, axis=0) > 0
        assert not rises.any(), f"orders by stock (rows: rising stock) rise somewhere:\n{orders}"

    def test_the_same_inputs_give_the_same_orders(self) -> None:
        assert np.array_equal(self.plan().quantity, self.plan().quantity)

    def test_inputs_are_left_as_they_are(self) -> None:
        paths, terms, stock = small_plan_inputs(3.0, 4.0)
        before = paths.units.copy(), terms.clone(), stock.clone()
        plan = plan_orders(paths, terms, stock, _AS_OF, settings=ReplenishmentSettings(policy=self.name))
        usual = plan_orders(paths, terms, stock, _AS_OF)
        assert np.array_equal(paths.units, before[0])
        assert terms.equals(before[1])
        assert stock.equals(before[2])
        for part in ("terms", "cycle", "required", "money"):
            assert _equal(getattr(plan, part), getattr(usual, part)), f"the policy changed its input {part}"

    def test_every_row_has_a_reason_in_both_languages(self) -> None:
        paths, terms, stock = small_plan_inputs(3.0, 4.0)
        rows = suggest_orders(paths, terms, stock, _AS_OF, settings=ReplenishmentSettings(policy=self.name))
        assert rows["reason"].str.len_chars().min() > 0  # type: ignore[operator]  # a number, for there are rows
        assert rows["reason_zh"].str.len_chars().min() > 0  # type: ignore[operator]


def small_plan_inputs(on_hand: float, case_pack: float) -> tuple[DemandPaths, pl.DataFrame, pl.DataFrame]:
    """Sample paths, supply terms and stock of twelve series, the same at every call.

    Args:
        on_hand: units in stock of each.
        case_pack: units per pack of each.
    """
    random = np.random.default_rng(7)
    rates = np.linspace(0.2, 12, _SERIES)[:, None, None]
    units = random.poisson(rates, (_SERIES, 60, 14)).astype(np.float32)
    ids = pl.DataFrame({"store_id": ["s"] * _SERIES, "product_id": [f"p{place:02d}" for place in range(_SERIES)]})
    days = pl.date_range(_AS_OF + timedelta(days=1), _AS_OF + timedelta(days=14), eager=True)
    asked = {"lead_time_days": 1.0, "review_period_days": 3.0, "unit_price": 5.0, "unit_cost": 3.0}
    terms = ids.with_columns(
        **{name: pl.lit(value) for name, value in asked.items()},
        holding_cost_per_day=pl.lit(0.05),
        case_pack=pl.lit(case_pack),
    )
    stock = ids.with_columns(on_hand=pl.lit(on_hand), on_order=pl.lit(1.0))
    return DemandPaths(ids, days, units), terms, stock


def _equal(one: Any, other: Any) -> bool:
    if is_dataclass(one):
        return all(_equal(getattr(one, part.name), getattr(other, part.name)) for part in fields(one))
    if isinstance(one, np.ndarray):
        kind = one.dtype.kind == "f"
        return np.array_equal(one, other, equal_nan=kind)
    return bool(one.equals(other)) if isinstance(one, pl.Series) else bool(one == other)
