"""Simulates an inventory period by period: goods arrive, are sold, age, and orders are placed for the next morning."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from retail_brain.decisions.arrays import Floats
from retail_brain.errors import ImpossibleError
from retail_brain.simulation.scenario import Environment, OpeningStock, Stock


class Policy(Protocol):
    """Order policy: decides orders from the stock at the end of a period."""

    def order(self, period: int, stock: Stock) -> Floats | None:
        """Units to order of each series after `period` has ended (-1: before the first); None orders nothing.

        The policy may use the stock on hand and on order, and nothing that happens after `period`.
        """


@dataclass(frozen=True)
class Outcome:
    """Results of a simulation: totals per series over the counted periods, and per period over the series.

    Attributes:
        demand, sold, lost, wasted, received, ordered: units per series.
        held: unit-periods per series (sum of the stock at the end of each period).
        lines: orders placed per series.
        opening, closing: units on hand before the first and after the last period, counted or not.
        moved: units received, sold and wasted per series over all periods, counted or not.
        per_period: name -> units of all series in each period: demand, sold, lost, wasted, held, ordered.
        blocks: name -> per series and block of `Environment.block` periods: units of demand, sold, wasted, and money
            of cost.
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

    def cost(self, environment: Environment) -> Floats:
        """Money per series: holding, shortage, waste and order lines."""
        total: Floats = (
            self.held * environment.holding
            + self.lost * environment.short
            + self.wasted * environment.unit_cost
            + self.lines * environment.order_cost
        )
        return total

    @property
    def fill_rate(self) -> float:
        """Share of the demand that was served; 1 without demand."""
        demand = float(self.demand.sum())
        return float(self.sold.sum()) / demand if demand > 0 else 1.0


_Cell = TypeVar("_Cell", np.float64, np.bool_)

_PER_PERIOD = ("demand", "sold", "lost", "wasted", "held", "ordered")


def simulate(environment: Environment, policy: Policy, opening: OpeningStock, *, count_from: int = 0) -> Outcome:
    """Simulates a policy.

    Args:
        environment: demand and rules.
        policy: asked before the first period and at the end of every one.
        opening: stock before the first period.
        count_from: periods before this one are simulated but not counted (warm-up).

    Raises:
        ImpossibleError: the policy ordered negative units or NaN.
    """
    stock = Stock.open(environment, opening)
    start = stock.on_hand
    book = _Book.open(environment)
    demand, counts = _by_period(np.where(environment.counted, environment.demand, 0.0)), _by_period(environment.counted)
    all_counted = bool(counts.all())
    # asked before the first period too, or the first review period would run on the opening stock alone
    _place(policy.order(-1, stock), stock, environment, -1)
    for period in range(environment.periods):
        demanded = demand[period]
        # the day's order: goods arrive, are sold, expire, and then the policy sees what is left, as a shop does
        received = stock.receive()
        sold = stock.sell(demanded, fifo=environment.fifo)
        wasted = stock.age()
        ordered = _place(policy.order(period, stock), stock, environment, period)
        now = {
            "demand": demanded,
            "sold": sold,
            "lost": demanded - sold,
            "wasted": wasted,
            "held": stock.on_hand,
            "ordered": ordered,
            "received": received,
            "lines": (ordered > 0).astype(np.float64),
        }
        for name in book.moved:
            book.moved[name] += now[name]
        if not all_counted:
            # after `moved` was added: the stock balance needs all periods, the results only the counted ones
            now = {name: units * counts[period] for name, units in now.items()}
        book.add(now, period, environment, counts=period >= count_from)
    blocks = {name: np.ascontiguousarray(table.T) for name, table in book.blocks.items()}
    return Outcome(
        **book.sums, opening=start, closing=stock.on_hand, moved=book.moved, per_period=book.daily, blocks=blocks
    )


def _by_period(table: npt.NDArray[_Cell]) -> npt.NDArray[_Cell]:
    """The transposed table, copied: the values of one period are then adjacent in memory, which the loop reads."""
    return np.ascontiguousarray(table.T)


@dataclass(frozen=True)
class _Book:
    """Running totals of a simulation; `blocks` have their periods first."""

    sums: dict[str, Floats]
    moved: dict[str, Floats]
    daily: dict[str, Floats]
    blocks: dict[str, Floats]

    @classmethod
    def open(cls, environment: Environment) -> "_Book":
        """Totals of zero."""
        blocks = -(-environment.periods // environment.block)
        return cls(
            sums={name: np.zeros(environment.series) for name in (*_PER_PERIOD, "received", "lines")},
            moved={name: np.zeros(environment.series) for name in ("received", "sold", "wasted")},
            daily={name: np.zeros(environment.periods) for name in _PER_PERIOD},
            blocks={name: np.zeros((blocks, environment.series)) for name in ("demand", "sold", "wasted", "cost")},
        )

    def add(self, now: dict[str, Floats], period: int, environment: Environment, *, counts: bool) -> None:
        """Adds a period's units and money; an uncounted period only to the totals per period."""
        for name, total in self.daily.items():
            total[period] = now[name].sum()
        if not counts:
            return
        for name in self.sums:
            self.sums[name] += now[name]
        block = period // environment.block
        for name in ("demand", "sold", "wasted"):
            self.blocks[name][block] += now[name]
        money = self.blocks["cost"][block]
        money += now["held"] * environment.holding
        money += now["lost"] * environment.short
        money += now["wasted"] * environment.unit_cost
        money += now["lines"] * environment.order_cost


def _place(order: Floats | None, stock: Stock, environment: Environment, period: int) -> Floats:
    """Checks an order and adds it to the stock on order."""
    if order is None:
        return np.zeros(environment.series)
    if (order < 0).any() or np.isnan(order).any():
        raise ImpossibleError("a policy ordered less than nothing, or no number. Correct the policy.")
    stock.place(order, environment.delay(period))
    return order
