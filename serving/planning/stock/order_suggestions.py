"""Suggests orders for a chain from forecasts, supply terms and stock: the orders of its one plan."""

import numpy as np
import polars as pl

from retail_brain.decisions.order_budgets import apply_budget, apply_limits
from retail_brain.decisions.suggestion_rows import ADDED
from retail_brain.outputs import SUGGESTIONS
from serving.planning.stock.chain_plan import plan_chain
from serving.planning.stock.limits_file import PRICES, capacity_limits, line_facts, price_rows, read_limits
from serving.planning.stock.plan_request import PlanRequest


def suggest(request: PlanRequest, *, budget: float | None = None) -> pl.DataFrame:
    """One row per store x product: the columns of `suggestions` and of `replenishment.ADDED`.

    Args:
        request: what to order for, and how.
        budget: money that all orders together may cost; None for no limit.

    Raises:
        MissingTableError: no sales table is there.
        NotFoundError: none of the named stores and products has a forecast.
        UsageError: the budget is negative.
    """
    plan = plan_chain(request)
    if budget is not None and plan.parts:
        return apply_budget(plan.orders, budget, plan.as_of, plan.currency)
    return plan.suggestions()


def suggest_within(request: PlanRequest, limits: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of `suggest` under several limits at once, and the shadow price of each limit (`limits_file.PRICES`).

    Args:
        request: what to order for, and how.
        limits: rows of a limits file, see `limits_file.read_limits`.

    Raises:
        DataError: the limits cannot be used.
        NotFoundError: none of the named stores and products has a forecast.
    """
    rows = read_limits(limits)
    plan = plan_chain(request)
    if not plan.parts:
        return pl.DataFrame(schema=SUGGESTIONS | ADDED), pl.DataFrame(schema=PRICES)
    orders = plan.orders
    facts = line_facts(request.dataset, plan.series)
    per_unit = {
        "money": np.concatenate([part.terms.cost_guess for part, _ in orders]),
        "packs": np.concatenate([1 / part.terms.case_pack for part, _ in orders]),
    }
    scarce = capacity_limits(rows, facts, per_unit, plan.stock)
    table, shared = apply_limits(orders, [limit for limit, _ in scarce], plan.as_of, plan.currency)
    return table, price_rows(scarce, shared, plan.currency)
