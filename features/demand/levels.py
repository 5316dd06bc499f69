"""Computes the level of each series: its mean of late, shrunk step by step to longer and wider means.

Demand of a period is about Poisson, so what a stretch of periods says of a rate is told by the purchases in it, not by
its length: two weeks without a sale refute a rate of three a day and say little of one in two hundred days. Each
step is the posterior mean of a gamma-Poisson model (as `training.demand.slow_movers`): category, product in the chain,
the series over a long window, the series of late.
"""

import numpy as np

from features.demand.arrays import Doubles
from features.demand.peer_groups import PanelPeers
from features.demand.periods import Rhythm
from features.demand.window_sums import Windows

_PRIOR_PURCHASES = 0.5
"""Purchases that each wider mean counts as. Chosen by judgement, not measured."""
_PRIOR_SHARE_OF_TRUST = 0.25
"""Share of `Rhythm.trust` that it counts as beside them: days of one series differ by more than chance. Chosen by
judgement, not measured."""
_LEAST_RATE = 1e-4
"""Purchases a period: the smallest level, so that logarithms and ratios are finite."""


def peer_rate(peers: PanelPeers, rhythm: Rhythm, origin: int) -> Doubles:
    """Purchases a period expected of each series from its peer groups alone, shape (n,)."""
    now = origin + 1
    of, of_category = peers.product.of, peers.store_category.of
    own_mean, factor = peers.category_means(now - rhythm.level, now)
    windows = peers.product.windows
    rate = own_mean[of_category]
    for begin in (now - rhythm.windows[-1], now - rhythm.level):
        sold = (windows.total(begin, now)[of] * factor[of_category], windows.weight(begin, now)[of])
        rate = _shrunk(*sold, rate, rhythm)
    return rate


def series_rate(windows: Windows, peers: Doubles, rhythm: Rhythm, origin: int) -> Doubles:
    """Level of each series, purchases a period, shape (n,).

    Args:
        windows: purchases and periods of each series.
        peers: expected of each from its peers (`peer_rate`).
        rhythm: lengths of windows.
        origin: the last visible period.
    """
    now, rate = origin + 1, peers
    for begin in (now - rhythm.windows[-1], now - rhythm.level):
        rate = _shrunk(windows.total(begin, now), windows.weight(begin, now), rate, rhythm)
    return np.maximum(rate, _LEAST_RATE)


def _shrunk(total: Doubles, weight: Doubles, prior: Doubles, rhythm: Rhythm) -> Doubles:
    prior = np.maximum(prior, _LEAST_RATE)
    trust = _PRIOR_PURCHASES / prior + _PRIOR_SHARE_OF_TRUST * rhythm.trust
    rate: Doubles = (total + trust * prior) / (weight + trust)
    return rate
