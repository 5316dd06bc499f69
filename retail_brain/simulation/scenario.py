"""What a replay runs on: recorded demand, delays, shelf lives and costs; and the stock it moves."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from retail_brain.decisions.arrays import Bools, Floats, Ints

FOREVER = 10_000
"""Shelf life, in periods, of goods that keep."""


@dataclass(frozen=True)
class World:
    """Demand and rules of a replay; the first axis is the series, the second the period.

    Attributes:
        demand: units wanted, shape (series, periods).
        counted: where demand is known and costs count, same shape; elsewhere nothing is sold and nothing counts.
        lead: periods between the morning an order is placed and the morning it can be sold from.
        life: periods goods may be sold for, FOREVER where they keep.
        holding: money per unit held at the end of a period.
        short: money per unit wanted and not there.
        unit_cost: money per unit thrown away.
        order_cost: money per order line.
        fifo: whether the oldest goods are sold first; otherwise the newest.
        late: periods that each order comes later than `lead` (earlier where negative), shape (series, periods + 1) by
            the period before whose morning it is placed; None where suppliers are punctual.
    """

    demand: npt.NDArray[np.float64]
    counted: Bools
    lead: Ints
    life: Ints
    holding: Floats
    short: Floats
    unit_cost: Floats
    order_cost: Floats
    fifo: bool = True
    late: Ints | None = None

    def delay(self, period: int) -> Ints:
        """Periods of delay of the orders placed at the end of a period (-1: before the first)."""
        if self.late is None:
            return self.lead
        delay: Ints = np.maximum(self.lead + self.late[:, period + 1], 0)
        return delay

    @property
    def longest_delay(self) -> int:
        """The longest delay of any order."""
        late = 0 if self.late is None else int(self.late.max(initial=0))
        return int(self.lead.max(initial=0)) + max(late, 0)

    @property
    def periods(self) -> int:
        return int(self.demand.shape[1])

    @property
    def series(self) -> int:
        return int(self.demand.shape[0])


@dataclass(frozen=True)
class Opening:
    """Stock before the first period.

    Attributes:
        on_hand: units.
        due: units on order by the period in whose morning they arrive, shape (series, some periods).
        batches: units on hand that may be sold for so many more periods (index 0: one), shape (series, at least the
            longest life of goods that age); None takes all for fresh.
    """

    on_hand: Floats
    due: Floats
    batches: Floats | None = None


@dataclass
class Shelf:
    """Stock by remaining life, and what is on its way; changed in place as a replay goes on.

    Attributes:
        batches: shape (series, lives): units that may be sold for so many more periods (index 0: until tonight). With
            goods that all keep there is a single column.
        due: shape (series, most periods of delay): units arriving in the morning after so many periods.
        life: remaining life of fresh goods, as an index of `batches`.
        keeps: series whose goods do not age.
    """

    batches: Floats
    due: Floats
    life: Ints
    keeps: Bools = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    @classmethod
    def open(cls, world: World, opening: Opening) -> "Shelf":
        """The shelf before the first period."""
        keeps = world.life >= FOREVER
        aging = world.life[~keeps]
        lives = int(aging.max()) if aging.size else 1
        fresh = np.where(keeps, lives - 1, np.minimum(world.life, lives) - 1)
        batches = np.zeros((world.series, lives))
        batches[np.arange(world.series), fresh] = opening.on_hand
        if opening.batches is not None:
            batches[~keeps] = opening.batches[~keeps, :lives]
        due = np.zeros((world.series, max(world.longest_delay + 2, opening.due.shape[1] + 1)))
        due[:, : opening.due.shape[1]] = opening.due
        return cls(batches, due, fresh, keeps)

    @property
    def on_hand(self) -> Floats:
        """Units on the shelf."""
        total: Floats = self.batches.sum(axis=1)
        return total

    def receive(self) -> Floats:
        """Takes in what arrives this morning."""
        arrived = self.due[:, 0].copy()
        self.batches[np.arange(len(arrived)), self.life] += arrived
        self.due[:, :-1] = self.due[:, 1:]
        self.due[:, -1] = 0
        return arrived

    def sell(self, wanted: Floats, *, fifo: bool) -> Floats:
        """Takes what is wanted from the shelf, oldest or newest goods first, and says how much was there."""
        batches = self.batches if fifo else self.batches[:, ::-1]
        if batches.shape[1] == 1:
            sold = np.minimum(batches[:, 0], wanted)
            batches[:, 0] -= sold
            return sold
        before = np.cumsum(batches, axis=1) - batches
        taken = np.clip(wanted[:, None] - before, 0, batches)
        batches -= taken
        total: Floats = taken.sum(axis=1)
        return total

    def age(self) -> Floats:
        """Ends the period: throws away what has reached its date."""
        if self.keeps.all():
            return np.zeros(len(self.keeps))
        wasted = np.where(self.keeps, 0.0, self.batches[:, 0])
        kept = self.batches[self.keeps]
        self.batches[:, :-1] = self.batches[:, 1:]
        self.batches[:, -1] = 0
        self.batches[self.keeps] = kept
        return wasted

    def place(self, order: Floats, delay: Ints) -> None:
        """Puts an order on its way; with a delay of 0 it arrives tomorrow morning."""
        self.due[np.arange(len(order)), delay] += order
