"""Evaluates past orders in hindsight: units sold, lost and left over in the order cycle, and their money."""

from dataclasses import dataclass

import numpy as np

from retail_brain.decisions.arrays import Bools, Floats, Ints
from retail_brain.decisions.supply_terms import Terms


@dataclass(frozen=True)
class Cycles:
    """Completed order cycles, one element per order.

    Attributes:
        demand: shape (orders, days), units demanded on each day from the first on.
        on_hand: units at the start, 0 or more.
        on_order: units already on their way then; they arrive half-way to the order, as in the plan.
        arrival: day in whose morning the order arrived.
        end: day in whose morning the following order could arrive; the cycle ends before it.
    """

    demand: Floats
    on_hand: Floats
    on_order: Floats
    arrival: Ints
    end: Ints


@dataclass(frozen=True)
class Outcome:
    """Result of each order between its arrival and the following one, one element per order.

    Attributes:
        sold, lost: units.
        left: units on hand at the end.
        money: margin of what was sold, less stock-out, holding and write-off cost.
    """

    sold: Floats
    lost: Floats
    left: Floats
    money: Floats


def outcome(cycles: Cycles, quantity: Floats, terms: Terms) -> Outcome:
    """Simulates each cycle once with the ordered `quantity` (units); unmet demand is lost.

    Goods whose shelf life is shorter than the cycle and that are left at its end count as written off at cost.
    """
    stock, sold, lost, stock_days = np.maximum(cycles.on_hand, 0), *(np.zeros(len(quantity)) for _ in range(3))
    due = cycles.arrival // 2
    for day in range(cycles.demand.shape[1]):
        stock = stock + np.where(due == day, cycles.on_order, 0.0) + np.where(cycles.arrival == day, quantity, 0.0)
        served = np.minimum(stock, cycles.demand[:, day])
        missed = cycles.demand[:, day] - served
        running: Bools = day < cycles.end
        counted = running & (day >= cycles.arrival)
        stock = np.where(running, stock - served, stock)
        sold, lost = sold + np.where(counted, served, 0.0), lost + np.where(counted, missed, 0.0)
        stock_days = stock_days + np.where(counted, stock, 0.0)
    wasted = np.where(terms.shelf_life_days <= cycles.end - cycles.arrival, stock, 0.0)
    money = terms.margin * sold - terms.stockout * lost - terms.holding * stock_days - terms.cost_guess * wasted
    return Outcome(sold, lost, stock, money)
