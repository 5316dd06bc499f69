"""State of an inventory simulation: demand, delays, shelf lives and costs, and the stock by remaining life."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from retail_brain.decisions.arrays import Bools, Floats, Ints
from retail_brain.simulation.sources import SourceShelf, SourceStock

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
        sources: stock of the warehouses that orders are placed on; None where all have enough.
        move_cost, move_line_cost: money per unit and per line moved between shops.
        move_delay: periods between the evening on which goods are moved and the morning they can be sold from.
        margin: money that a unit sold at its usual price earns; only markdowns ask for it.
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
    sources: SourceStock | None = None
    move_cost: float = 0.0
    move_line_cost: float = 0.0
    move_delay: int = 0
    margin: Floats | None = None

    def agreed(self, period: int) -> Ints:
        """Periods of delay that are agreed for orders placed at the end of a period (-1: before the first)."""
        lead: Ints = self.lead[:, period + 1] if self.lead.ndim == 2 else self.lead
        return lead

    def delay(self, period: int) -> Ints:
        """Periods of delay of the orders placed at the end of a period (-1: before the first)."""
        lead = self.agreed(period)
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


@dataclass(frozen=True)
class Moves:
    """Units moved between shops, one element per line.

    Attributes:
        giving, taking: series that give and receive, of the same product.
        units: units.
    """

    giving: Ints
    taking: Ints
    units: Floats


@dataclass
class Stock:
    """Stock on hand by remaining life, and on order; changed in place by a simulation.

    Attributes:
        batches: units by remaining life, shape (series, lives); index 0 expires tonight. A single column where all
            goods are non-perishable.
        due: units on order by periods until they arrive in the morning, shape (series, longest delay).
        life: remaining life of fresh goods, as an index of `batches`.
        keeps: series of non-perishable goods.
        sources: stock of the warehouses that orders are placed on; None where all have enough.
        moving: units on their way between shops, shaped as `batches`, by periods until they arrive in the morning.
    """

    batches: Floats
    due: Floats
    life: Ints
    keeps: Bools = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    sources: SourceShelf | None = None
    moving: list[Floats | None] = field(default_factory=list)
    _late: list[tuple[Floats, Ints, Ints]] = field(default_factory=list)

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
        longest = max(environment.longest_delay + 1, environment.move_delay, opening.due.shape[1])
        due = np.zeros((environment.series, longest + 1))
        due[:, : opening.due.shape[1]] = opening.due
        sources = None if environment.sources is None else SourceShelf.open(environment.sources)
        return cls(batches, due, fresh, keeps, sources)

    @property
    def on_hand(self) -> Floats:
        """Units on hand."""
        total: Floats = self.batches.sum(axis=1)
        return total

    @property
    def held(self) -> Floats:
        """Units on hand, or on their way to a shop from another."""
        total = self.on_hand
        for batches in self.moving:
            if batches is not None:
                total = total + batches.sum(axis=1)
        return total

    @property
    def expected(self) -> Floats:
        """Units on order and on their way, as `due`, by the periods that are agreed: nobody knows what will be late.

        Overdue orders are expected in the next morning.
        """
        expected = self.due.copy()
        rows = np.arange(len(expected))
        for units, agreed, actual in self._late:
            np.add.at(expected, (rows, np.maximum(actual, 0)), -units)
            np.add.at(expected, (rows, np.maximum(agreed, 0)), units)
        for delay, batches in enumerate(self.moving):
            if batches is not None:
                expected[:, delay] += batches.sum(axis=1)
        return expected

    def receive(self) -> Floats:
        """Adds the units that arrive this morning, moved ones too; returns those that were ordered."""
        # a copy, because the columns move in place just below
        arrived = self.due[:, 0].copy()
        self.batches[np.arange(len(arrived)), self.life] += arrived
        self.due[:, :-1] = self.due[:, 1:]
        self.due[:, -1] = 0
        ahead = [(np.where(actual > 0, units, 0.0), agreed - 1, actual - 1) for units, agreed, actual in self._late]
        self._late = [order for order in ahead if order[0].any()]
        if self.moving:
            coming = self.moving.pop(0)
            if coming is not None:
                self.batches += coming
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
        """Ends the period: removes expired goods, on their way too, and returns their units."""
        if self.keeps.all():
            return np.zeros(len(self.keeps))
        wasted = self._aged(self.batches)
        for batches in self.moving:
            if batches is not None:
                wasted = wasted + self._aged(batches)
        return wasted

    def _aged(self, batches: Floats) -> Floats:
        """Moves batches one period on in place; returns what has expired."""
        wasted = np.where(self.keeps, 0.0, batches[:, 0])
        # non-perishable goods are in the last column and must not move with the others
        non_perishable = batches[self.keeps]
        batches[:, :-1] = batches[:, 1:]
        batches[:, -1] = 0
        batches[self.keeps] = non_perishable
        return wasted

    def place(self, order: Floats, delay: Ints, agreed: Ints | None = None) -> None:
        """Adds an order to the units on order; with a delay of 0 it arrives tomorrow morning.

        Args:
            order: units.
            delay: periods until it arrives.
            agreed: periods until it is expected; None as `delay`.
        """
        self.due[np.arange(len(order)), delay] += order
        if agreed is not None and (order[agreed != delay] > 0).any():
            self._late.append((np.where(agreed != delay, order, 0.0), agreed, delay))

    def move(self, moves: Moves, delay: int) -> None:
        """Takes the oldest goods from the shops that give; they keep their age and arrive after `delay` periods."""
        self.moving += [None] * (delay + 1 - len(self.moving))
        coming = self.moving[delay]
        if coming is None:
            coming = self.moving[delay] = np.zeros(self.batches.shape)
        for giving, taking, units in zip(moves.giving, moves.taking, moves.units, strict=True):
            row = self.batches[giving]
            taken = np.clip(units - (np.cumsum(row) - row), 0, row)
            self.batches[giving] = row - taken
            coming[taking] += taken
