"""Goods that date out: when stock and orders reach their dates, and how much is sold before."""

from dataclasses import dataclass

import numpy as np

from retail_brain.decisions.arrays import Bools, Floats, Ints

KEEPS = 1_000_000
"""Periods that goods without a date may be sold for."""


@dataclass(frozen=True)
class Aging:
    """How goods date out.

    Attributes:
        gone: shape (series, periods): units on hand or on order whose last period that is, if nobody buys them.
        life: periods that newly arrived goods may be sold for, one per series; KEEPS or more where they keep.
        newest_first: whether customers take the newest goods first (LIFO) rather than the oldest (FIFO).
    """

    gone: Floats
    life: Ints
    newest_first: bool = False

    def take(self, rows: Ints | slice) -> "Aging":
        """The same of some series."""
        return Aging(self.gone[rows], self.life[rows], self.newest_first)

    def within(self, periods: int) -> Bools:
        """Series of which something dates out within so many periods."""
        ages = self.life < KEEPS
        soon: Bools = ages & (self.gone.any(axis=1) | (self.life <= periods) | self.newest_first)
        return soon


class Dates:
    """What dates out as a projection goes from period to period.

    Oldest first, the stock can never exceed what has not reached its date. Newest first, whatever was there before the
    order waits behind it and reaches its date unsold. What its own cycle leaves of the order waits behind the orders
    after it in turn; as those fill the shelf up to the same level, a unit is sold once any cycle of its life wants as
    many: `outlast` is the largest of them.
    """

    def __init__(self, aging: Aging, on_hand: Floats, receipts: Floats, paths: int) -> None:
        self._aging, self._receipts = aging, receipts
        self._alive = on_hand[:, None] + np.cumsum(receipts - aging.gone, axis=1)
        self._older = np.zeros((len(on_hand), paths))
        keeps = (aging.life >= KEEPS)[:, None]
        start = 0.0 if aging.newest_first else np.inf
        self._sold = np.where(keeps, np.inf, np.full((len(on_hand), paths), start))
        self._wanted = np.zeros((len(on_hand), paths))

    def pass_over(self, period: int, stock: Floats, wanted: Floats, arrival: Ints, next_arrival: Ints) -> Floats:
        """The stock after the evening's waste; negative after the arrival, by what the order must bring."""
        if not self._aging.newest_first:
            stock = np.minimum(stock, self._alive[:, period, None])
            last = arrival + self._aging.life[:, None] - 1 == period
            self._sold = np.where(last, -stock, self._sold)
            return stock
        arrived = arrival <= period
        here = np.where(arrival == period, stock + wanted, self._older + self._receipts[:, period, None])
        older = np.where(arrived, here, np.maximum(stock, 0.0))
        waste = np.minimum(older, self._aging.gone[:, period, None])
        self._older = older - waste
        again = (period - arrival) % np.maximum(next_arrival - arrival, 1) == 0
        lives = arrived & (period < arrival + self._aging.life[:, None])
        self._wanted = np.where(again, 0.0, self._wanted) + np.where(lives, wanted, 0.0)
        self._sold = np.maximum(self._sold, self._wanted)
        return stock - waste

    def outlast(self, stock: Floats, by_period: Floats, arrival: Ints) -> Floats:
        """Units of the order sold before their date, sorted by path; beyond the last period at the path's mean rate."""
        later = arrival + self._aging.life[:, None] - len(by_period)
        longer = (later > 0) & (later < KEEPS // 2) & (not self._aging.newest_first)
        sold: Floats = np.where(longer, -stock + by_period.mean(axis=0) * later, self._sold)
        sold.sort(axis=1)
        return sold
