"""State of an inventory simulation: demand, delays, shelf lives and costs, and the stock by remaining life."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from retail_brain.decisions.arrays import Bools, Floats, Ints

NON_PERISHABLE = 10_000
"""Shelf life, in periods, that stands for non-perishable goods."""


@dataclass(frozen=True)
class Environment:
    """Demand, lead times and costs of a simulation; the first axis is the series, the second the period.

    Attributes:
        demand: units demanded, shape (series, periods).
        counted: where demand is known, same shape; elsewhere nothing is sold and no cost is counted.
        lead: periods between the morning an order is placed and the morning it can be sold from, one per series; or
            shape (series, periods + 1), by the period before whose morning it is placed.
        life: shelf life in periods, NON_PERISHABLE where goods do not expire.
        holding: money per unit held at the end of a period.
        short: money per unit of lost sales.
        unit_cost: money per wasted unit.
        order_cost: money per order line.
        fifo: whether the oldest goods are sold first; otherwise the newest.
        late: periods that each order comes later than `lead` (earlier where negative), shape (series, periods + 1) by
            the period before whose morning it is placed; None where suppliers are punctual.
        block: periods of a block of the bootstrap over time.
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
    block: int = 7

    def delay(self, period: int) -> Ints:
        """Periods of delay of the orders placed at the end of a period (-1: before the first)."""
        lead: Ints = self.lead[:, period + 1] if self.lead.ndim == 2 else self.lead
        if self.late is None:
            return lead
        # a supplier may be early, but goods cannot arrive before they are ordered
        delay: Ints = np.maximum(lead + self.late[:, period + 1], 0)
        return delay

    @property
    def longest_delay(self) -> int:
        """The longest delay of any order."""
        late = 0 if self.late is None else int(self.late.max(initial=0))
        return int(self.lead.max(initial=0)) + max(late, 0)

    @property
    def periods(self) -> int:
        """Number of periods."""
        return int(self.demand.shape[1])

    @property
    def series(self) -> int:
        """Number of series."""
        return int(self.demand.shape[0])


@dataclass(frozen=True)
class OpeningStock:
    """Stock before the first period.

    Attributes:
        on_hand: units.
        due: units on order by the period in whose morning they arrive, shape (series, some periods).
        batches: units on hand by remaining life (index 0: one period), shape (series, at least the longest life of
            perishable goods); None takes all for fresh.
    """

    on_hand: Floats
    due: Floats
    batches: Floats | None = None


@dataclass
class Stock:
    """Stock on hand by remaining life, and on order; changed in place by a simulation.

    Attributes:
        batches: units by remaining life, shape (series, lives); index 0 expires tonight. A single column where all
            goods are non-perishable.
        due: units on order by periods until they arrive in the morning, shape (series, longest delay).
        life: remaining life of fresh goods, as an index of `batches`.
        keeps: series of non-perishable goods.
    """

    batches: Floats
    due: Floats
    life: Ints
    keeps: Bools = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    @classmethod
    def open(cls, environment: Environment, opening: OpeningStock) -> "Stock":
        """The stock before the first period."""
        keeps = environment.life >= NON_PERISHABLE
        aging = environment.life[~keeps]
        lives = int(aging.max()) if aging.size else 1
        # non-perishable goods share the last column, so that a mixed table needs no second one
        fresh = np.where(keeps, lives - 1, np.minimum(environment.life, lives) - 1)
        batches = np.zeros((environment.series, lives))
        batches[np.arange(environment.series), fresh] = opening.on_hand
        if opening.batches is not None:
            batches[~keeps] = opening.batches[~keeps, :lives]
        due = np.zeros((environment.series, max(environment.longest_delay + 2, opening.due.shape[1] + 1)))
        due[:, : opening.due.shape[1]] = opening.due
        return cls(batches, due, fresh, keeps)

    @property
    def on_hand(self) -> Floats:
        """Units on hand."""
        total: Floats = self.batches.sum(axis=1)
        return total

    def receive(self) -> Floats:
        """Adds the units that arrive this morning; returns them."""
        # a copy, because the columns move in place just below
        arrived = self.due[:, 0].copy()
        self.batches[np.arange(len(arrived)), self.life] += arrived
        self.due[:, :-1] = self.due[:, 1:]
        self.due[:, -1] = 0
        return arrived

    def sell(self, demanded: Floats, *, fifo: bool) -> Floats:
        """Removes demanded units from the stock, oldest (FIFO) or newest goods first; returns the units sold."""
        # a reversed view: what is taken from it is taken from the stock itself
        batches = self.batches if fifo else self.batches[:, ::-1]
        if batches.shape[1] == 1:  # all goods are non-perishable: there is no order of ages
            sold = np.minimum(batches[:, 0], demanded)
            batches[:, 0] -= sold
            return sold
        # each age gives what the ages before it could not, without a loop over ages
        before = np.cumsum(batches, axis=1) - batches
        taken = np.clip(demanded[:, None] - before, 0, batches)
        batches -= taken
        total: Floats = taken.sum(axis=1)
        return total

    def age(self) -> Floats:
        """Ends the period: removes expired goods and returns their units."""
        if self.keeps.all():
            return np.zeros(len(self.keeps))
        wasted = np.where(self.keeps, 0.0, self.batches[:, 0])
        # non-perishable goods are in the last column and must not move with the others
        non_perishable = self.batches[self.keeps]
        self.batches[:, :-1] = self.batches[:, 1:]
        self.batches[:, -1] = 0
        self.batches[self.keeps] = non_perishable
        return wasted

    def place(self, order: Floats, delay: Ints) -> None:
        """Adds an order to the units on order; with a delay of 0 it arrives tomorrow morning."""
        self.due[np.arange(len(order)), delay] += order
