"""Evaluates past orders in hindsight: units sold, lost and left over in the order cycle, and their money."""

from dataclasses import dataclass

import numpy as np

from retail_brain.decisions.arrays import Bools, Floats, Ints
from retail_brain.decisions.supply_terms import Terms


@dataclass(frozen=True)
class Cycles:
    """Completed order cycles, one element per order.

    Attributes:
        demand: shape (orders, periods), units demanded in each period (a day, mostly) from the first on.
        on_hand: units at the start, 0 or more.
        due: shape (orders, periods or fewer), units already on their way, by the period in whose morning they arrive.
        arrival: period in whose morning the order arrived.
        end: period in whose morning the following order could arrive; the cycle ends before it.
        period_days: days of a period.
    """

    demand: Floats
    on_hand: Floats
    due: Floats
    arrival: Ints
    end: Ints
    period_days: float = 1.0


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
    stock, sold, lost, held = np.maximum(cycles.on_hand, 0), *(np.zeros(len(quantity)) for _ in range(3))
    for period in range(cycles.demand.shape[1]):
        running: Bools = period < cycles.end
        coming = cycles.due[:, period] if period < cycles.due.shape[1] else 0.0
        stock = stock + np.where(running, coming, 0.0) + np.where(cycles.arrival == period, quantity, 0.0)
        served = np.minimum(stock, cycles.demand[:, period])
        missed = cycles.demand[:, period] - served
        counted = running & (period >= cycles.arrival)
        stock = np.where(running, stock - served, stock)
        sold, lost = sold + np.where(counted, served, 0.0), lost + np.where(counted, missed, 0.0)
        held = held + np.where(counted, stock, 0.0)
    length = cycles.period_days
    wasted = np.where(terms.shelf_life_days <= (cycles.end - cycles.arrival) * length, stock, 0.0)
    money = terms.margin * sold - terms.stockout * lost - terms.holding * length * held - terms.cost_guess * wasted
    return Outcome(sold, lost, stock, money)
