"""Demand behind the sales of days on which stock ran out.

A day without stock says nothing: its weight is 0. A day on which stock ran out says that demand was at least what was
sold: its demand is the mean of a Poisson variable given that it is at least so large. The rate is read from the days
before it only, so that what a feature sees at a day never depends on later days.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc

from features.demand_arrays import Bools, Floats, ratio

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
    by_share = lost & partly & ~ran_out
    least = sold.copy()
    least[by_share] = sold[by_share] / in_stock[by_share]
    return Recovered(
        recovered_demand(least, weight > 0, lost & ~wholly & ~by_share, listed & wholly, season), weight, lost
    )


def recovered_demand(sold: Floats, known: Bools, cut: Bools, masked: Bools, season: int) -> Floats:
    """Demand period by period, each from the rate of the periods before it, shape (n, T).

    The rate is the mean of earlier demand, exponentially weighted with a memory of `MEMORY_SEASONS` short cycles; days
    on which stock ran out enter with what was recovered, since leaving them out would leave out the busy days.

    Args:
        sold: units sold.
        known: periods that tell something about demand.
        cut: of these, periods in which demand was at least what was sold.
        masked: periods that tell nothing; their demand is the rate.
        season: periods of the short cycle.
    """
    keep = 1 - 1 / (MEMORY_SEASONS * min(season, 7))
    total, weight = np.zeros(sold.shape[0]), np.zeros(sold.shape[0])
    out = sold.copy()
    for t in range(sold.shape[1]):
        rate = ratio(total, weight, otherwise=0.0).astype(np.float32)
        rows = cut[:, t]
        if rows.any():
            out[rows, t] = np.maximum(sold[rows, t], mean_at_least(rate[rows], sold[rows, t]))
        out[masked[:, t], t] = rate[masked[:, t]]
        total = keep * total + np.where(known[:, t], out[:, t], 0.0)
        weight = keep * weight + known[:, t]
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
