"""Computes the marginal value of each further pack of an order, and the packs that a budget buys."""

from dataclasses import dataclass

import numpy as np

from retail_brain.decisions.arrays import ROUNDING, Floats, Ints
from retail_brain.decisions.required_orders import RequiredOrders
from retail_brain.decisions.supply_terms import Terms
from retail_brain.decisions.targets import Economics

_MOST_STEPS = 64
"""Steps of an order's value curve; larger orders are valued in packs of packs. Chosen by judgement, not measured."""
_CHUNK_CELLS = 4_000_000
"""Cells (series x paths) valued at once: about 32 MB for each array of them."""


@dataclass(frozen=True)
class Steps:
    """Wanted orders cut into steps, each worth less per unit of money than the one before it within its series.

    Attributes:
        series: index of the series.
        units: units that the step adds.
        value: money that the step is expected to earn over not ordering it.
        cost: money that the step costs to buy.
    """

    series: Ints
    units: Floats
    value: Floats
    cost: Floats

    @property
    def density(self) -> Floats:
        """Value per unit of money."""
        return self.value / np.maximum(self.cost, 1e-12)


def order_steps(orders: Floats, required: RequiredOrders, terms: Terms, money: Economics) -> Steps:
    """Cuts each order into steps: one pack each, more where there would be over 64, first the minimum order.

    The value of the k-th unit is `short * P(need >= k) - over * P(need < k) - waste * P(sold_before_expiry < k)`, which
    falls with k: packs can be taken greedily.
    """
    packs = np.rint(orders / terms.case_pack)
    group = np.maximum(np.ceil(packs / _MOST_STEPS), 1)
    first = np.minimum(np.maximum(np.ceil(terms.min_order / terms.case_pack - ROUNDING), group), packs)
    count = np.where(packs > 0, 1 + np.ceil((packs - first) / group), 0).astype(np.int64)
    series = np.repeat(np.arange(len(orders)), count)
    step = np.arange(len(series)) - np.repeat(np.cumsum(count) - count, count)
    upto = np.minimum(first[series] + step * group[series], packs[series]) * terms.case_pack[series]
    opens = step == 0
    gain = _gains(required, money, series, upto)
    # what np.roll brings into the first step of a series belongs to another series
    before = np.where(opens, 0.0, np.roll(gain, 1))
    units = upto - np.where(opens, 0.0, np.roll(upto, 1))
    return Steps(series, units, gain - before, units * terms.cost_guess[series])


def _gains(required: RequiredOrders, money: Economics, series: Ints, units: Floats) -> Floats:
    """Expected gain (money) of ordering `units` of each of `series` over ordering nothing."""
    out = np.empty(len(series))
    size = max(1, _CHUNK_CELLS // max(required.need.shape[1], 1))
    for start in range(0, len(series), size):
        part = slice(start, start + size)
        rows = series[part]
        sold = np.clip(required.need[rows], 0, units[part, None]).mean(axis=1)
        expired = np.maximum(units[part, None] - np.maximum(required.sold_before_expiry[rows], 0), 0).mean(axis=1)
        out[part] = money.short[rows] * sold - money.over[rows] * (units[part] - sold) - money.waste[rows] * expired
    return out


def spend(steps: Steps, budget: float, series: int) -> Floats:
    """Units per series that a budget buys: greedily the steps worth most per unit of money.

    Optimal but for the last step that no longer fits: dear steps are passed over for cheaper ones, and a series is
    closed once one of its steps does not fit (later ones are never dearer). Steps that the targets ask for at a loss
    come last.
    """
    order = np.lexsort((np.arange(len(steps.series)), -steps.density))
    bought = np.zeros(series)
    closed = np.zeros(series, dtype=np.bool_)
    left = budget
    # Each round buys the longest affordable prefix at once; a loop over single steps would be slow for a whole chain.
    while len(order):
        cost = steps.cost[order]
        reached = np.cumsum(cost)
        fitting = int(np.searchsorted(reached, left * (1 + 1e-12), side="right"))
        taken = order[:fitting]
        np.add.at(bought, steps.series[taken], steps.units[taken])
        left -= float(reached[fitting - 1]) if fitting else 0.0
        if fitting == len(order):
            break
        remaining = order[fitting:]
        closed[steps.series[remaining[steps.cost[remaining] > left]]] = True
        order = remaining[~closed[steps.series[remaining]]]
    return bought
