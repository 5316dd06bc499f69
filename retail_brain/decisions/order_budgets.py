"""Cuts an order plan to budgets and limits over several goods: the packs that earn most for the money stay."""

import math
from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from retail_brain.currency import UNNAMED, Currency
from retail_brain.decisions.allocation import Limit, allocate
from retail_brain.decisions.arrays import Floats, Ints
from retail_brain.decisions.joint_limits import CapacityLimit, SharedOrders, share_out
from retail_brain.decisions.marginal_value import Steps, order_steps, spend
from retail_brain.decisions.order_plan import Plan
from retail_brain.decisions.suggestion_rows import suggestion_rows
from retail_brain.errors import UsageError


def apply_budget(
    plans: Sequence[tuple[Plan, pl.DataFrame]], budget: float, as_of: date, currency: Currency = UNNAMED
) -> pl.DataFrame:
    """Rows of all plans (with their series) under one budget, in the order of the plans.

    Packs are bought by expected value per unit of money; see `marginal_value`. Reasons write money as in `currency`.

    Raises:
        UsageError: the budget is negative or not a number.
    """
    if math.isnan(budget) or budget < 0:
        raise UsageError(f"budget {budget} cannot be spent; wanted an amount of money of 0 or more.")
    joined, offsets = _joined_steps(plans)
    bought, price = _buy(joined, budget, int(offsets[-1]))
    rows = []
    for (plan, series), start in zip(plans, offsets, strict=False):
        quantity = bought[start : start + series.height]
        rows.append(suggestion_rows(plan, series, as_of, quantity=quantity, price=price, currency=currency))
    return pl.concat(rows)


def apply_limits(
    plans: Sequence[tuple[Plan, pl.DataFrame]],
    limits: Sequence[CapacityLimit],
    as_of: date,
    currency: Currency = UNNAMED,
) -> tuple[pl.DataFrame, SharedOrders]:
    """Rows of all plans (with their series) under several limits, in the order of the plans, and the allocation.

    Args:
        plans: decisions with their series; series are numbered through in this order.
        limits: capacities, by number of the series.
        as_of: last visible day.
        currency: how the reasons write money.
    """
    joined, offsets = _joined_steps(plans)
    shared = share_out(joined, limits, int(offsets[-1]))
    names = pl.Series([limit.name for limit in limits], dtype=pl.String)
    rows = []
    for (plan, series), start in zip(plans, offsets, strict=False):
        rows_of_plan = slice(start, start + series.height)
        cut_by = shared.cut_by[rows_of_plan]
        named = names.gather(pl.Series(cut_by).replace(-1, None)) if len(names) else None
        # -1 (no limit) picks the zero at the end
        price = np.where(cut_by >= 0, np.append(shared.prices, 0.0)[cut_by], 0.0)
        cut = suggestion_rows(
            plan, series, as_of, quantity=shared.units[rows_of_plan], price=price, limit=named, currency=currency
        )
        rows.append(cut)
    return pl.concat(rows), shared


def _joined_steps(plans: Sequence[tuple[Plan, pl.DataFrame]]) -> tuple[Steps, Ints]:
    """The steps of all plans with their series numbered through, and the first number of each plan."""
    steps = [order_steps(plan.quantity, plan.required, plan.terms, plan.money) for plan, _ in plans]
    offsets = np.cumsum([0, *(len(plan.quantity) for plan, _ in plans)])
    joined = Steps(
        np.concatenate([part.series + offset for part, offset in zip(steps, offsets, strict=False)]),
        np.concatenate([part.units for part in steps]),
        np.concatenate([part.value for part in steps]),
        np.concatenate([part.cost for part in steps]),
    )
    return joined, offsets


def _buy(steps: Steps, budget: float, series: int) -> tuple[Floats, float]:
    """Units per series that the budget buys, and what one more unit of money would earn.

    First what earns most; money left after everything that earns goes to what targets ask for at a loss.
    """
    best = allocate(steps, [Limit("budget", budget, steps.cost)], series)
    # A series whose profitable step did not fit gets no later one at a loss: its steps are bought in their order.
    left = budget - float(steps.cost[best.taken].sum())
    waiting = np.zeros(series, dtype=np.bool_)
    waiting[steps.series[(steps.value > 0) & ~best.taken]] = True
    remaining = ~best.taken & ~waiting[steps.series]
    losing = Steps(steps.series[remaining], steps.units[remaining], steps.value[remaining], steps.cost[remaining])
    return best.units + spend(losing, left, series), best.prices["budget"]
