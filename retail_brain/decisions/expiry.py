"""Simulates expiry: when stock and orders expire along each demand path, and how many units sell before."""

from dataclasses import dataclass

import numpy as np

from retail_brain.decisions.arrays import Bools, Floats, Ints

NON_PERISHABLE = 1_000_000
"""Periods that goods without an expiry date may be sold for."""


@dataclass(frozen=True)
class Aging:
    """Expiry of the stock on hand and on order, and the shelf life of new goods.

    Attributes:
        expiring: shape (series, periods): units on hand or on order that expire after that period, if nobody buys them.
        life: periods that newly arrived goods may be sold for, one per series; at least NON_PERISHABLE without an
            expiry date.
        newest_first: whether customers take the newest goods first (LIFO) rather than the oldest (FIFO).
    """

    expiring: Floats
    life: Ints
    newest_first: bool = False

    def take(self, rows: Ints | slice) -> "Aging":
        """The expiry of some series."""
        return Aging(self.expiring[rows], self.life[rows], self.newest_first)

    def within(self, periods: int) -> Bools:
        """Series of which something expires within so many periods."""
        perishable = self.life < NON_PERISHABLE
        soon: Bools = perishable & (self.expiring.any(axis=1) | (self.life <= periods) | self.newest_first)
        return soon


class ExpirySimulation:
    """Expiry within a stock projection, advanced period by period.

    Oldest first, the stock can never exceed what has not reached its date. Newest first, whatever was there before the
    order waits behind it and reaches its date unsold. What its own cycle leaves of the order waits behind the orders
    after it in turn; as those fill the shelf up to the same level, a unit is sold once any cycle of its life wants as
    many: `sold_before_expiry` is the largest of them.
    """

    def __init__(self, aging: Aging, on_hand: Floats, receipts: Floats, paths: int) -> None:
        self._aging, self._receipts = aging, receipts
        self._alive = on_hand[:, None] + np.cumsum(receipts - aging.expiring, axis=1)
        self._older = np.zeros((len(on_hand), paths))
        # Infinity: goods without an expiry date never limit the order. FIFO starts there too, until its last period.
        keeps = (aging.life >= NON_PERISHABLE)[:, None]
        start = 0.0 if aging.newest_first else np.inf
        self._sold = np.where(keeps, np.inf, np.full((len(on_hand), paths), start))
        self._wanted = np.zeros((len(on_hand), paths))

    def end_period(self, period: int, stock: Floats, demand: Floats, arrival: Ints, next_arrival: Ints) -> Floats:
        """The stock after the period's waste; negative after the arrival, by what the order must bring.

        Args:
            period: index of the period that ends.
            stock: units at its end before waste, shape (series, paths).
            demand: units demanded in it, shape (series, paths).
            arrival: period in whose morning the order arrives, shape (series, paths or 1).
            next_arrival: the same for the following order.
        """
        if not self._aging.newest_first:
            stock = np.minimum(stock, self._alive[:, period, None])
            last = arrival + self._aging.life[:, None] - 1 == period
            self._sold = np.where(last, -stock, self._sold)
            return stock
        arrived = arrival <= period
        after_arrival = np.where(arrival == period, stock + demand, self._older + self._receipts[:, period, None])
        older = np.where(arrived, after_arrival, np.maximum(stock, 0.0))
        waste = np.minimum(older, self._aging.expiring[:, period, None])
        self._older = older - waste
        # The demand of a cycle is counted from zero again with every following order.
        again = (period - arrival) % np.maximum(next_arrival - arrival, 1) == 0
        lives = arrived & (period < arrival + self._aging.life[:, None])
        self._wanted = np.where(again, 0.0, self._wanted) + np.where(lives, demand, 0.0)
        self._sold = np.maximum(self._sold, self._wanted)
        return stock - waste

    def others(self, period: int, left: Floats) -> Floats:
        """Units that lie there in a period's morning beside the order, shape (series, paths).

        Args:
            period: index of the period.
            left: what was left of them in the evening before.
        """
        # what was alive and not sold cannot outlive its own dates
        alive: Floats = np.minimum(left + self._receipts[:, period, None], np.maximum(self._at_dawn(period), 0.0))
        return alive

    def _at_dawn(self, period: int) -> Floats:
        """Units of stock and receipts that have not reached their date before a period, if nothing is sold."""
        at_dusk: Floats = self._alive[:, period, None] + self._aging.expiring[:, period, None]
        return at_dusk

    def sold_before_expiry(self, stock: Floats, by_period: Floats, arrival: Ints) -> Floats:
        """Units of the order sold before they expire, sorted within each series.

        Beyond the last period each path sells at its mean rate.
        """
        later = arrival + self._aging.life[:, None] - len(by_period)
        longer = (later > 0) & (later < NON_PERISHABLE // 2) & (not self._aging.newest_first)
        sold: Floats = np.where(longer, -stock + by_period.mean(axis=0) * later, self._sold)
        sold.sort(axis=1)
        return sold
