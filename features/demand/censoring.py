"""Recovers demand censored by stockouts (unconstrained demand), period by period.

A day without stock has weight 0, and its demand is what was to be expected. On a day on which stock
ran out the demand after that moment is missing: what was to be expected of the rest of the day is added, or, where the
moment is not known, the mean of a Poisson variable given that it is at least what was sold. What was to be expected is
the series' own rate of the days before times how that day went for the rest of its store. So what a feature sees at a
day never depends on later days.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc

from features.demand.arrays import Bools, Doubles, Floats, Ints, ratio

IN_STOCK_ENOUGH = 0.25
"""Share of the day in stock; below it what sold says nothing of demand. Chosen by judgement, not measured."""
_MEMORY_SEASONS = 3
"""Short cycles over which a store's day is remembered. Chosen by judgement, not measured."""
TRUST_DAYS = 2.0
"""Days of the past that the day itself counts against (a gamma prior). Chosen by judgement, not measured."""
STORE_TRUST_UNITS = 3.0
"""Units of the usual day that a store's own day counts against. Chosen by judgement, not measured."""
_DAY_LIMITS = (0.2, 8.0)
"""Times the usual that a store's day may be. Chosen by judgement, not measured."""


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

    @classmethod
    def in_stock(cls, sold: Floats, listed: Bools) -> "Recovered":
        """Demand where stock never ran out: what was sold."""
        return cls(sold, listed.astype(np.float32), np.zeros(listed.shape, dtype=bool, order="F"))


def recover(
    sold: Floats, listed: Bools, in_stock: Floats, ran_out: Bools, was_out: Bools, stores: Ints, season: int
) -> Recovered:
    """Demand of a panel.

    Args:
        sold: shape (n, T), units sold.
        listed: whether the product was offered.
        in_stock: share of the day's demand that came while it was on the shelf (of the opening hours, where no more is
            known), 1 where unknown.
        ran_out: the day ended without stock, all of it sold.
        was_out: the day ended without stock and had begun without.
        stores: shape (n,), number of each series' store; series of a store stand together.
        season: periods of the short cycle, over which the rate is levelled.
    """
    partly = (in_stock < 1) & ((in_stock >= IN_STOCK_ENOUGH) | (sold > 0))
    wholly = ((in_stock < IN_STOCK_ENOUGH) & ~partly) | (was_out & (sold <= 0))
    lost = listed & (partly | wholly | ran_out)
    weight = (listed & ~wholly & (in_stock >= IN_STOCK_ENOUGH)).astype(np.float32)
    if not lost.any():
        return Recovered(sold, weight, lost)
    share = np.where(wholly, np.float32(0), np.where(partly, in_stock, np.float32(1)))
    at_least = lost & ~wholly & ~partly
    return Recovered(recovered_demand(sold, listed, share, at_least, stores, season), weight, lost)


def recovered_demand(sold: Floats, listed: Bools, share: Floats, at_least: Bools, stores: Ints, season: int) -> Floats:
    """Demand period by period, each from the rate of the periods before it, shape (n, T).

    Units of a series are Poisson with its rate times a factor of its store and day; the rate is units per unit of that
    factor over earlier days, exponentially weighted with a memory of `_MEMORY_SEASONS` short cycles. What was sold on
    the day itself counts as much as `TRUST_DAYS` days of the past (a gamma prior). Days on which stock ran out enter
    with what was recovered, since leaving them out would leave out the busy days.

    Args:
        sold: units sold.
        listed: periods in which the series was offered.
        share: share of the period's demand that came while there was stock.
        at_least: periods in which demand was at least what was sold, at an unknown share.
        stores: number of each series' store.
        season: periods of the short cycle.
    """
    keep = 1 - 1 / (_MEMORY_SEASONS * min(season, 7))
    total, weight = np.zeros(sold.shape[0]), np.zeros(sold.shape[0])
    out = sold.copy()
    first = np.flatnonzero(np.diff(stores, prepend=stores[0] - 1))
    of_store = np.repeat(np.arange(first.size), np.diff(first, append=stores.size))
    whole = listed & (share >= 1) & ~at_least
    # periods in order: the rate of a period may only use earlier ones, or features would see the future
    for t in range(sold.shape[1]):
        rate = ratio(total, weight, otherwise=0.0)
        day = _day_factors(sold[:, t], rate, whole[:, t] & (weight > 0), first)[of_store]
        cut, open_share = listed[:, t] & (share[:, t] < 1), share[:, t].astype(np.float64)
        units = sold[:, t].astype(np.float64)
        if cut.any():
            expected = (TRUST_DAYS * rate + units) / (TRUST_DAYS + open_share * day) * day
            out[cut, t] = (units + expected * (1 - open_share))[cut]
        rows = at_least[:, t]
        if rows.any():
            out[rows, t] = mean_at_least((rate * day)[rows].astype(np.float32), sold[rows, t])
        informative = listed[:, t] & (open_share > 0)
        total = keep * total + np.where(informative, out[:, t], 0.0)
        weight = keep * weight + np.where(informative, day, 0.0)
    return out


def _day_factors(sold: Floats, rate: Doubles, counts: Bools, first: Ints) -> Doubles:
    """By what factor a day went better for each store than its series' rates say, shrunk to 1."""
    units = np.add.reduceat(np.where(counts, sold, 0.0), first)
    expected = np.add.reduceat(np.where(counts, rate, 0.0), first)
    return np.clip((units + STORE_TRUST_UNITS) / (expected + STORE_TRUST_UNITS), *_DAY_LIMITS)


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
