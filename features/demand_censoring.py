"""Demand behind the sales of days on which stock ran out.

A day without stock says nothing: its weight is 0. A day on which stock ran out says that demand was at least what was
sold: its demand is the mean of a Poisson variable given that it is at least so large. The rate is read from the days
before it only, so that what a feature sees at a day never depends on later days.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc

from features.demand_arrays import Bools, Floats

IN_STOCK_ENOUGH = 0.25
MEMORY_SEASONS = 4


@dataclass(frozen=True)
class Recovered:
    """Demand with the periods that inform about it.

    Attributes:
        demand: shape (n, T), units.
        weight: shape (n, T), 1 where the period says something about demand.
        lost: shape (n, T), whether stock ran out in the period.
    """

    demand: Floats
    weight: Floats
    lost: Bools


def recover(sold: Floats, listed: Bools, in_stock: Floats, ran_out: Bools, was_out: Bools, season: int) -> Recovered:
    """Demand of a panel.

    Args:
        sold: shape (n, T), units sold.
        listed: whether the product was offered.
        in_stock: share of opening hours on the shelf, 1 where unknown.
        ran_out: the day ended without stock.
        was_out: and had begun without.
        season: periods of the short cycle, over which the rate is levelled.
    """
    partly = (in_stock < 1) & (in_stock >= IN_STOCK_ENOUGH)
    wholly = (in_stock < IN_STOCK_ENOUGH) | (ran_out & was_out & (sold <= 0))
    lost = listed & (partly | wholly | ran_out)
    weight = (listed & ~wholly).astype(np.float32)
    if not lost.any():
        return Recovered(sold, weight, lost)
    clean = (weight > 0) & ~lost
    rate = trailing_rate(sold, clean, season)
    demand = sold.copy()
    by_share = lost & partly & ~ran_out
    demand[by_share] = sold[by_share] / in_stock[by_share]
    cut = lost & ~wholly & ~by_share
    demand[cut] = np.maximum(sold[cut], mean_at_least(rate[cut], sold[cut]))
    demand[wholly & listed] = rate[wholly & listed]
    return Recovered(demand, weight, lost)


def trailing_rate(sold: Floats, clean: Bools, season: int) -> Floats:
    """Mean of the clean periods before each, exponentially weighted with a memory of `MEMORY_SEASONS` short cycles.

    Shape (n, T). Where no clean period came before, the mean sold so far.
    """
    keep = np.float64(1 - 1 / (MEMORY_SEASONS * min(season, 7)))
    total = np.zeros(sold.shape[0])
    weight = np.zeros(sold.shape[0])
    out = np.zeros(sold.shape, dtype=np.float32)
    for t in range(sold.shape[1]):
        out[:, t] = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)
        total = keep * total + np.where(clean[:, t], sold[:, t], 0.0)
        weight = keep * weight + clean[:, t]
    return out


def mean_at_least(rate: Floats, least: Floats) -> Floats:
    """Mean of a Poisson variable given that it is at least `least`.

    E[D | D >= k] = rate * P(D >= k - 1) / P(D >= k), with P(D >= k) = gammainc(k, rate) (DLMF 8.4.10).
    """
    rate64 = np.maximum(rate.astype(np.float64), 1e-9)
    whole = np.floor(least.astype(np.float64))
    above = np.where(whole >= 1, gammainc(np.maximum(whole, 1), rate64), 1.0)
    above_less = np.where(whole >= 2, gammainc(np.maximum(whole - 1, 1), rate64), 1.0)
    mean = np.divide(rate64 * above_less, above, out=whole.copy(), where=above > 1e-12)
    return np.where(above > 1e-12, np.maximum(mean, whole), whole).astype(np.float32)
