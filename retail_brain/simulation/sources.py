"""Stock of the warehouses that a simulation's orders are placed on, and how it is shared out when it is too little."""

from dataclasses import dataclass

import numpy as np

from retail_brain.decisions.arrays import ROUNDING, Floats, Ints
from retail_brain.errors import ImpossibleError


@dataclass(frozen=True)
class SourceStock:
    """Stock of source shops over a simulation, one element per source shop x product.

    Attributes:
        of: number of the source of each series; -1 for suppliers without a limit.
        opening: units there before the first period.
        arrivals: units that come there in time for the orders before each period, whatever is ordered, shape
            (sources, periods + 1).
        pack: units per pack of each series.
        delay: periods from the order of a source on its supplier to its arrival, shape (sources, periods + 1), by the
            period before which it is placed; None where sources are not ordered for.
    """

    of: Ints
    opening: Floats
    arrivals: Floats
    pack: Floats
    delay: Ints | None = None


@dataclass
class SourceShelf:
    """Stock of source shops at one moment; changed in place by a simulation.

    Attributes:
        stock: the sources.
        units: units there now, one element per source.
        due: units on order by periods until they can be given, shape (sources, longest delay).
    """

    stock: SourceStock
    units: Floats
    due: Floats

    @classmethod
    def open(cls, stock: SourceStock) -> "SourceShelf":
        """The stock before the first period."""
        longest = 0 if stock.delay is None else int(stock.delay.max(initial=0))
        return cls(stock, stock.opening.copy(), np.zeros((len(stock.opening), longest + 2)))

    @property
    def available(self) -> Floats:
        """Units that the source of each series has; infinite for suppliers without a limit."""
        return np.where(self.stock.of < 0, np.inf, np.append(self.units, 0.0)[self.stock.of])

    def receive(self, period: int) -> None:
        """Adds what came in time for the orders placed at the end of a period (-1: before the first)."""
        self.units += self.stock.arrivals[:, period + 1] + self.due[:, 0]
        self.due[:, :-1] = self.due[:, 1:]
        self.due[:, -1] = 0

    @property
    def on_order(self) -> Floats:
        """Units on their way to each source."""
        later: Floats = self.due.sum(axis=1)
        return later

    def restock(self, order: Floats, period: int) -> None:
        """Adds orders of the sources on their suppliers, placed at the end of a period (-1: before the first).

        Raises:
            ImpossibleError: the simulation has no delays of the sources, or an order is negative.
        """
        if self.stock.delay is None or (order < 0).any():
            raise ImpossibleError("a policy ordered for warehouses without lead times, or less than nothing.")
        # what arrives in a morning can be given out with the orders of that evening
        self.due[np.arange(len(order)), self.stock.delay[:, period + 1]] += order

    def grant(self, order: Floats) -> Floats:
        """Takes orders from their sources; returns what is given: whole packs, in proportion where there is too little.

        Packs left over by rounding go to the largest remainders.
        """
        of, pack = self.stock.of, self.stock.pack
        placed = np.flatnonzero((of >= 0) & (order > 0))
        wanted = np.bincount(of[placed], weights=order[placed], minlength=len(self.units))
        given = order.copy()
        for source in np.flatnonzero(wanted > self.units + ROUNDING):
            rows = placed[of[placed] == source]
            exact = order[rows] * max(self.units[source], 0.0) / wanted[source] / pack[rows]
            packs = np.floor(exact + ROUNDING)
            while True:
                left = max(self.units[source], 0.0) - float((packs * pack[rows]).sum())
                fits = (pack[rows] <= left + ROUNDING) & ((packs + 1) * pack[rows] <= order[rows] + ROUNDING)
                if not fits.any():
                    break
                packs[np.argmax(np.where(fits, exact - packs, -np.inf))] += 1
            given[rows] = packs * pack[rows]
        self.units -= np.bincount(of[placed], weights=given[placed], minlength=len(self.units))
        return given
