"""Meets agreed service levels as a whole: as few units lost as product by product, where each costs least to serve.

A level that a product agreed on may cost more in waste than it will ever earn, while another product is served more for
next to nothing. What a lost unit must be worth for the levels together to be met is the price of the constraint
(Lagrange multiplier): the orders are those of most profit with every lost unit that much dearer (Everett 1963,
Operations Research 11; marginal analysis of spare parts by Sherbrooke 2004, chapter 2).
"""

from dataclasses import dataclass

import numpy as np

from retail_brain.decisions.arrays import Floats
from retail_brain.decisions.required_orders import RequiredOrders

_HALVINGS = 60
"""Halvings of the range of prices at most; `_NEAR` usually ends them sooner."""
_NEAR = 1e-4
"""Relative width of the range of prices at which it is narrow enough: orders differ by few steps within it."""


@dataclass(frozen=True)
class Steps:
    """The next unit's price along each series' sorted required orders, shape (series, paths).

    Attributes:
        need: required orders, sorted within each row.
        price: money per unit of demand that going beyond a required order costs more than it earns; never falls.
    """

    need: Floats
    price: Floats

    @classmethod
    def of(cls, required: RequiredOrders, short: Floats, over: Floats, waste: Floats) -> "Steps":
        """The steps of every series.

        Beyond the need of a share `p` of the paths the next unit is wanted with the chance `1 - p`, left over with `p`,
        and expires with the chance that fewer are sold before their date.

        Args:
            required: required orders on each path.
            short: money that a lost unit costs, one element per series, as in `targets.Economics`.
            over: the same of a unit left over.
            waste: the same of a unit that expires.
        """
        need, sold = required.need, required.sold_before_expiry
        paths = need.shape[1]
        enough = np.arange(1, paths + 1) / paths
        expired = np.zeros(need.shape)
        for row in np.flatnonzero(np.isfinite(sold[:, 0])).tolist():
            expired[row] = np.searchsorted(sold[row], need[row], side="right") / paths
        cost = over[:, None] * enough + waste[:, None] * expired
        # the need of the last path is beyond what any other wants: no price pays for more
        wanted = np.maximum(1 - enough, 0.0)
        price = np.full(need.shape, np.inf)
        np.divide(cost, wanted[None, :], out=price, where=wanted[None, :] > 0)
        return cls(need, np.maximum.accumulate(price - short[:, None], axis=1))

    def order(self, price: float) -> Floats:
        """The most profitable order of every series where a lost unit costs `price` more, before lots."""
        first = (self.price > price).argmax(axis=1)
        order: Floats = np.take_along_axis(self.need, first[:, None], axis=1)[:, 0]
        return order


def shared_price(steps: Steps, required: RequiredOrders, order: Floats, days: Floats) -> float:
    """The least price of a lost unit, money, at which no more units a day are lost than with given orders; 0 or more.

    Args:
        steps: of the series that share.
        required: their required orders on each path.
        order: the orders that say how much is to be served, one per series.
        days: length of each series' order cycle, days; less than one counts as one.
    """
    days = np.maximum(days, 1)
    allowed = float((required.lost_in_cycle(np.maximum(order, 0)) / days).sum())
    if _lost(steps, required, 0.0, days) <= allowed:
        return 0.0
    finite = steps.price[np.isfinite(steps.price)]
    low, high = 0.0, float(finite.max(initial=0.0)) + 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _lost(steps, required, middle, days) > allowed:
            low = middle
        else:
            high = middle
        if high - low < _NEAR * high:
            break
    # the price of the last step that has to be taken
    return max(float(steps.price[steps.price <= high].max()), 0.0)


def _lost(steps: Steps, required: RequiredOrders, price: float, days: Floats) -> float:
    return float((required.lost_in_cycle(np.maximum(steps.order(price), 0)) / days).sum())
