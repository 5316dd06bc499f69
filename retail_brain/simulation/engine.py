"""The replay itself: each period goods arrive, are sold, age, and orders are placed for the next morning."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from retail_brain.decisions.arrays import Bools, Floats
from retail_brain.errors import ImpossibleError
from retail_brain.simulation.world import Opening, Shelf, World


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
    sums = {name: np.zeros(world.series) for name in (*_PER_PERIOD, "received", "lines")}
    moved = {name: np.zeros(world.series) for name in ("received", "sold", "wasted")}
    daily = {name: np.zeros(world.periods) for name in _PER_PERIOD}
    blocks = {
        name: np.zeros((world.series, -(-world.periods // BLOCK))) for name in ("demand", "sold", "wasted", "cost")
    }
    _place(policy.order(-1, shelf), shelf, world, -1)
    for period in range(world.periods):
        counted = world.counted[:, period]
        wanted = np.where(counted, world.demand[:, period], 0.0)
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
        }
        for name, units in now.items():
            daily[name][period] = (units * counted).sum()
        for name, units in (("received", received), ("sold", sold), ("wasted", wasted)):
            moved[name] += units
        if period >= count_from:
            for name, units in (now | {"received": received, "lines": ordered > 0}).items():
                sums[name] += units * counted
            _add_block(blocks, period // BLOCK, now, world, counted)
    return Outcome(**sums, opening=start, closing=shelf.on_hand, moved=moved, per_period=daily, blocks=blocks)


def _add_block(blocks: dict[str, Floats], block: int, now: dict[str, Floats], world: World, counted: Bools) -> None:
    """Adds a period's units and money to its block."""
    money = now["held"] * world.holding + now["lost"] * world.short + now["wasted"] * world.unit_cost
    values = now | {"cost": money + (now["ordered"] > 0) * world.order_cost}
    for name, table in blocks.items():
        table[:, block] += values[name] * counted


def _place(order: Floats | None, shelf: Shelf, world: World, period: int) -> Floats:
    """Puts the order on its way."""
    if order is None:
        return np.zeros(world.series)
    if (order < 0).any() or np.isnan(order).any():
        raise ImpossibleError("a policy ordered less than nothing, or no number. Correct the policy.")
    shelf.place(order, world.delay(period))
    return order
