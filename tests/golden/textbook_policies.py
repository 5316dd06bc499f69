"""Textbook inventory formulas, element by element over arrays, as oracles of the path-based decisions.

Numbers of equations are those of Snyder & Shen, *Fundamentals of Supply Chain Theory*, 2nd ed. (2019).
"""

from collections.abc import Callable

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import poisson

from retail_brain.decisions.arrays import Floats


def economic_order_quantity(fixed_cost: Floats, holding_cost: Floats, demand_rate: Floats) -> tuple[Floats, Floats]:
    """Order quantity Q* [units] and cost per time unit [money], eq. (3.4)-(3.5).

    Args:
        fixed_cost: money per order [K].
        holding_cost: money per unit and time unit [h].
        demand_rate: units per time unit [lambda].
    """
    return np.sqrt(2 * fixed_cost * demand_rate / holding_cost), np.sqrt(2 * fixed_cost * demand_rate * holding_cost)


def economic_order_quantity_backorders(
    fixed_cost: Floats, holding_cost: Floats, stockout_cost: Floats, demand_rate: Floats
) -> tuple[Floats, Floats, Floats]:
    """Order quantity [units], share of demand backordered and cost per time unit [money], eq. (3.27)-(3.29).

    Args:
        fixed_cost: money per order [K].
        holding_cost: money per unit and time unit [h].
        stockout_cost: money per unit backordered and time unit [p].
        demand_rate: units per time unit [lambda].
    """
    total = holding_cost + stockout_cost
    quantity = np.sqrt(2 * fixed_cost * demand_rate * total / (holding_cost * stockout_cost))
    cost = np.sqrt(2 * fixed_cost * demand_rate * holding_cost * stockout_cost / total)
    return quantity, holding_cost / total, cost


def base_stock_normal(
    holding_cost: Floats, stockout_cost: Floats, demand_mean: Floats, demand_sd: Floats, lead_time: float = 0
) -> tuple[Floats, Floats]:
    """Base-stock level [units] and expected cost per period [money] under normal demand, eq. (4.24), (4.30), (4.41).

    With `lead_time` 0 this is the newsvendor.

    Args:
        holding_cost: money per unit left at the end of a period [h].
        stockout_cost: money per unit short at the end of a period [p].
        demand_mean: units per period [mu].
        demand_sd: units per period [sigma].
        lead_time: periods [L]; the level covers L + 1.
    """
    z = ndtri(stockout_cost / (stockout_cost + holding_cost))
    sigma = demand_sd * np.sqrt(lead_time + 1)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return demand_mean * (lead_time + 1) + z * sigma, (holding_cost + stockout_cost) * density * sigma


def newsvendor_discrete(
    holding_cost: float, stockout_cost: float, demand: Floats, probability: Floats
) -> tuple[float, float]:
    """Base-stock level [units] and expected cost [money] of the least S with F(S) >= p / (p + h)."""
    order = np.argsort(demand)
    values, chances = demand[order], probability[order]
    ratio = stockout_cost / (stockout_cost + holding_cost)
    level = float(values[min(int(np.searchsorted(np.cumsum(chances), ratio - 1e-12)), len(values) - 1)])
    return level, _mismatch(level, holding_cost, stockout_cost, values, chances)


def newsvendor_poisson(holding_cost: float, stockout_cost: float, demand_mean: float) -> tuple[float, float]:
    """Base-stock level [units] and expected cost [money] under Poisson demand, eq. (4.35)."""
    return newsvendor_discrete(holding_cost, stockout_cost, *_poisson_table(demand_mean))


def reorder_power_approximation(
    holding_cost: Floats, stockout_cost: Floats, fixed_cost: Floats, demand_mean: Floats, demand_sd: Floats
) -> tuple[Floats, Floats]:
    """Reorder point s and order-up-to level S [units] by the power approximation (Ehrhardt & Mosier 1984).

    As in the book, without the paper's cap for lots that are small beside the demand.

    Args:
        holding_cost: money per unit and period [h].
        stockout_cost: money per unit short and period [p].
        fixed_cost: money per order [K].
        demand_mean: units over lead time and review [mu].
        demand_sd: units over lead time and review [sigma].
    """
    spread = (1 + demand_sd**2 / demand_mean**2) ** 0.116
    lot = 1.30 * demand_mean**0.494 * (fixed_cost / holding_cost) ** 0.506 * spread
    z = np.sqrt(lot * holding_cost / (demand_sd * stockout_cost))
    low = 0.973 * demand_mean + demand_sd * (0.183 / z + 1.063 - 2.192 * z)
    return low, low + lot


def reorder_exact_poisson(
    holding_cost: float, stockout_cost: float, fixed_cost: float, demand_mean: float
) -> tuple[int, int, float]:
    """Optimal s, S [units] and cost per period [money] under Poisson demand (Zheng & Federgruen 1991)."""
    values, chances = _poisson_table(demand_mean)

    def mismatch(level: int) -> float:
        return _mismatch(level, holding_cost, stockout_cost, values, chances)

    def cost(low: int, high: int) -> float:
        return _cycle_cost(low, high, fixed_cost, mismatch, chances)

    high = int(newsvendor_poisson(holding_cost, stockout_cost, demand_mean)[0])
    low = high - 1
    while cost(low, high) > mismatch(low):
        low -= 1
    best, trial = cost(low, high), high + 1
    while mismatch(trial) <= best:
        if cost(low, trial) < best:
            high = trial
            while cost(low, high) <= mismatch(low + 1):
                low += 1
            best = cost(low, high)
        trial += 1
    return low, high, best


def normal_loss(level: Floats, mean: Floats, sd: Floats) -> Floats:
    """Expected units short `E[(D - level)+]` of normal demand, eq. (C.31)."""
    z = (level - mean) / sd
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    short: Floats = sd * density - sd * z * ndtr(-z)
    return short


def _poisson_table(mean: float) -> tuple[Floats, Floats]:
    """Values and chances of Poisson demand far enough out for twelve digits."""
    values = np.arange(int(poisson.isf(1e-15, mean)) + 2, dtype=np.float64)
    return values, np.asarray(poisson.pmf(values, mean), dtype=np.float64)


def _mismatch(level: float, holding_cost: float, stockout_cost: float, values: Floats, chances: Floats) -> float:
    left = np.maximum(level - values, 0) @ chances
    short = np.maximum(values - level, 0) @ chances
    return float(holding_cost * left + stockout_cost * short)


def _cycle_cost(low: int, high: int, fixed_cost: float, mismatch: Callable[[int], float], chances: Floats) -> float:
    """Cost per period of an (s,S) policy by its renewal equation, eq. (4.76)."""
    visits = np.zeros(high - low)
    visits[0] = 1 / (1 - chances[0])
    for level in range(1, high - low):
        reach = min(level, len(chances) - 1)
        visits[level] = chances[1 : reach + 1] @ visits[level - 1 :: -1][:reach] / (1 - chances[0])
    spent = fixed_cost + sum(float(visits[used]) * mismatch(high - used) for used in range(high - low))
    return float(spent / visits.sum())
