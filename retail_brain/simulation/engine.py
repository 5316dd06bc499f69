"""The replay itself: each period goods arrive, are sold, age, and orders are placed for the next morning."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from retail_brain.decisions.arrays import Floats
from retail_brain.errors import ImpossibleError
from retail_brain.simulation.scenario import Opening, Shelf, World


class Policy(Protocol):
    """Decides orders from what is known at the end of a period."""

    def order(self, period: int, shelf: Shelf) -> Floats | None:
        """Units to order of each series after `period` has ended (-1: before the first); None orders nothing.

        The policy may look at the stock and what is on its way, and at nothing that happens after `period`.
        """


@dataclass(frozen=True)
class Outcome:
    """What a replay came to: totals per series over the counted periods, and per period over the series.

    Attributes:
        demand, sold, lost, wasted, received, ordered: units per series.
        held: unit-periods per series (sum of the stock at the end of each period).
        lines: orders placed per series.
        opening, closing: units on hand before the first and after the last period, counted or not.
        moved: units received, sold and wasted per series over all periods, counted or not.
        per_period: name -> units of all series in each period: demand, sold, lost, wasted, held, ordered.
        blocks: name -> per series and block of BLOCK periods: units of demand, sold, wasted, and money of cost.
    """

    demand: Floats
    sold: Floats
    lost: Floats
    wasted: Floats
    received: Floats
    ordered: Floats
    held: Floats
    lines: Floats
    opening: Floats
    closing: Floats
    moved: dict[str, Floats]
    per_period: dict[str, Floats]
    blocks: dict[str, Floats]

    def cost(self, world: World) -> Floats:
        """Money per series: holding, shortage, waste and order lines."""
        total: Floats = (
            self.held * world.holding
            + self.lost * world.short
            + self.wasted * world.unit_cost
            + self.lines * world.order_cost
        )
        return total

    @property
    def fill_rate(self) -> float:
        """Share of the demand that was served; 1 without demand."""
        wanted = float(self.demand.sum())
        return float(self.sold.sum()) / wanted if wanted > 0 else 1.0


BLOCK = 7
"""Periods that are told apart when an interval over time is made."""

_Cell = TypeVar("_Cell", np.float64, np.bool_)

_PER_PERIOD = ("demand", "sold", "lost", "wasted", "held", "ordered")


def simulate(world: World, policy: Policy, opening: Opening, *, count_from: int = 0) -> Outcome:
    """Replays a policy.

    Args:
        world: demand and rules.
        policy: asked before the first period and at the end of every one.
        opening: stock before the first period.
        count_from: periods before this one are played but not counted.

    Raises:
        ImpossibleError: the policy ordered less than nothing.
    """
    shelf = Shelf.open(world, opening)
    start = shelf.on_hand
    book = _Book.open(world)
    demand, counts = _by_period(np.where(world.counted, world.demand, 0.0)), _by_period(world.counted)
    everything = bool(counts.all())
    _place(policy.order(-1, shelf), shelf, world, -1)
    for period in range(world.periods):
        wanted = demand[period]
        received = shelf.receive()
        sold = shelf.sell(wanted, fifo=world.fifo)
        wasted = shelf.age()
        ordered = _place(policy.order(period, shelf), shelf, world, period)
        now = {
            "demand": wanted,
            "sold": sold,
            "lost": wanted - sold,
            "wasted": wasted,
            "held": shelf.on_hand,
            "ordered": ordered,
            "received": received,
            "lines": (ordered > 0).astype(np.float64),
        }
        for name in book.moved:
            book.moved[name] += now[name]
        if not everything:
            now = {name: units * counts[period] for name, units in now.items()}
        book.add(now, period, world, counts=period >= count_from)
    blocks = {name: np.ascontiguousarray(table.T) for name, table in book.blocks.items()}
    return Outcome(
        **book.sums, opening=start, closing=shelf.on_hand, moved=book.moved, per_period=book.daily, blocks=blocks
    )


def _by_period(table: npt.NDArray[_Cell]) -> npt.NDArray[_Cell]:
    """A table with its periods first, so that one period lies together."""
    return np.ascontiguousarray(table.T)


@dataclass(frozen=True)
class _Book:
    """What a replay adds up as it goes on; `blocks` have their periods first."""

    sums: dict[str, Floats]
    moved: dict[str, Floats]
    daily: dict[str, Floats]
    blocks: dict[str, Floats]

    @classmethod
    def open(cls, world: World) -> "_Book":
        """Nothing yet."""
        weeks = -(-world.periods // BLOCK)
        return cls(
            sums={name: np.zeros(world.series) for name in (*_PER_PERIOD, "received", "lines")},
            moved={name: np.zeros(world.series) for name in ("received", "sold", "wasted")},
            daily={name: np.zeros(world.periods) for name in _PER_PERIOD},
            blocks={name: np.zeros((weeks, world.series)) for name in ("demand", "sold", "wasted", "cost")},
        )

    def add(self, now: dict[str, Floats], period: int, world: World, *, counts: bool) -> None:
        """Adds a period's units and money; only to the periods' own totals where it is not to count."""
        for name, total in self.daily.items():
            total[period] = now[name].sum()
        if not counts:
            return
        for name in self.sums:
            self.sums[name] += now[name]
        block = period // BLOCK
        for name in ("demand", "sold", "wasted"):
            self.blocks[name][block] += now[name]
        money = self.blocks["cost"][block]
        money += now["held"] * world.holding
        money += now["lost"] * world.short
        money += now["wasted"] * world.unit_cost
        money += now["lines"] * world.order_cost


def _place(order: Floats | None, shelf: Shelf, world: World, period: int) -> Floats:
    """Puts the order on its way."""
    if order is None:
        return np.zeros(world.series)
    if (order < 0).any() or np.isnan(order).any():
        raise ImpossibleError("a policy ordered less than nothing, or no number. Correct the policy.")
    shelf.place(order, world.delay(period))
    return order
