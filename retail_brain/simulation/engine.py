"""Simulates an inventory period by period: goods arrive, are sold, age, and orders are placed for the next morning."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from retail_brain.decisions.arrays import Floats
from retail_brain.errors import ImpossibleError
from retail_brain.simulation.scenario import Environment, Moves, OpeningStock, Stock


@dataclass(frozen=True)
class Markdown:
    """Lower prices in the next period, one element per series.

    Attributes:
        cut: money per unit below the usual price; 0 where the price stays.
        demand: factor on the demand at the usual price, 1 or more.
        changes: money that changing prices costs once; None for nothing.
    """

    cut: Floats
    demand: Floats
    changes: Floats | None = None


@dataclass(frozen=True)
class Decision:
    """What a policy decides at the end of a period: moved units leave first, then orders are placed.

    Attributes:
        order: units to order of each series; None orders nothing.
        moves: units moved between shops.
        restock: units that each source shop orders on its supplier.
        markdown: prices of the next period.
    """

    order: Floats | None = None
    moves: Moves | None = None
    restock: Floats | None = None
    markdown: Markdown | None = None


class Policy(Protocol):
    """Order policy: decides orders, and perhaps more, from the stock at the end of a period."""

    def order(self, period: int, stock: Stock) -> Floats | Decision | None:
        """Units to order of each series after `period` has ended (-1: before the first), or all that is decided.

        None orders nothing. The policy may use the stock on hand and what is expected of the units on order
        (`Stock.expected`), and nothing that happens after `period`.
        """


@dataclass(frozen=True)
class Outcome:
    """Results of a simulation: totals per series over the counted periods, and per period over the series.

    Attributes:
        demand, sold, lost, wasted, received, ordered: units per series; demand at usual prices, and sales to it.
        held: unit-periods per series (sum of the stock at the end of each period).
        lines: orders placed per series.
        refused: units per series that a warehouse did not have.
        moved_in, moved_out: units per series moved between shops.
        moving: money per series (that gives) for moving them.
        extra: units per series sold beyond the demand at usual prices.
        given_up: money per series that lower prices cost on what would have sold anyway and for being changed, less
            what extra units earned.
        opening, closing: units on hand before the first and after the last period, counted or not.
        moved: units received, sold, extra, wasted, moved_in and moved_out per series over all periods, counted or not;
            units moved in may still be on their way.
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
    refused: Floats
    moved_in: Floats
    moved_out: Floats
    moving: Floats
    extra: Floats
    given_up: Floats
    opening: Floats
    closing: Floats
    moved: dict[str, Floats]
    per_period: dict[str, Floats]
    blocks: dict[str, Floats]

    def cost(self, environment: Environment) -> Floats:
        """Money per series: holding, shortage, waste, order lines, moving and lower prices."""
        total: Floats = (
            self.held * environment.holding
            + self.lost * environment.short
            + self.wasted * environment.unit_cost
            + self.lines * environment.order_cost
            + self.moving
            + self.given_up
        )
        return total

    @property
    def fill_rate(self) -> float:
        """Share of the demand that was served; 1 without demand."""
        demand = float(self.demand.sum())
        return float(self.sold.sum()) / demand if demand > 0 else 1.0


_Cell = TypeVar("_Cell", np.float64, np.bool_)

_PER_PERIOD = ("demand", "sold", "lost", "wasted", "held", "ordered")
_BALANCE = ("received", "sold", "extra", "wasted", "moved_in", "moved_out")
_SUMS = (*_PER_PERIOD, "received", "lines", "refused", "moved_in", "moved_out", "moving", "extra", "given_up")


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
    acts, markdown = _act(policy, stock, environment, -1)
    book.begin(acts, counts=count_from <= 0)
    carried = np.zeros(environment.series)
    for period in range(environment.periods):
        demanded = demand[period]
        # the day's order: goods arrive, are sold, expire, and then the policy sees what is left, as a shop does
        received = stock.receive()
        sold = stock.sell(demanded, fifo=environment.fifo)
        now = {"demand": demanded, "sold": sold, "lost": demanded - sold, "received": received}
        if markdown is not None:
            now |= _extra_sales(stock, environment, markdown, now, carried)
        now["wasted"] = stock.age()
        now["held"] = stock.held
        acts, markdown = _act(policy, stock, environment, period)
        now |= acts
        # before what is not counted is masked: the stock balance needs all periods, the results only the counted ones
        book.balance(now)
        if not all_counted:
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
            sums={name: np.zeros(environment.series) for name in _SUMS},
            moved={name: np.zeros(environment.series) for name in _BALANCE},
            daily={name: np.zeros(environment.periods) for name in _PER_PERIOD},
            blocks={name: np.zeros((blocks, environment.series)) for name in ("demand", "sold", "wasted", "cost")},
        )

    def begin(self, acts: dict[str, Floats], *, counts: bool) -> None:
        """Adds what was done before the first period: moves count for it, orders are of the time before."""
        self.balance(acts)
        if not counts:
            return
        for name in acts.keys() & {"moved_in", "moved_out", "moving"}:
            self.sums[name] += acts[name]
        # a replay of no period has no block that the moves could be told in
        self.blocks["cost"][:1] += acts.get("moving", 0.0)

    def balance(self, now: dict[str, Floats]) -> None:
        """Adds what came to the stock and left it."""
        for name in self.moved.keys() & now.keys():
            self.moved[name] += now[name]

    def add(self, now: dict[str, Floats], period: int, environment: Environment, *, counts: bool) -> None:
        """Adds a period's units and money; an uncounted period only to the totals per period."""
        for name, total in self.daily.items():
            total[period] = now[name].sum()
        if not counts:
            return
        for name in self.sums.keys() & now.keys():
            self.sums[name] += now[name]
        block = period // environment.block
        for name in ("demand", "sold", "wasted"):
            self.blocks[name][block] += now[name]
        money = self.blocks["cost"][block]
        money += now["held"] * environment.holding
        money += now["lost"] * environment.short
        money += now["wasted"] * environment.unit_cost
        money += now["lines"] * environment.order_cost
        for name in now.keys() & {"moving", "given_up"}:
            money += now[name]


def _act(
    policy: Policy, stock: Stock, environment: Environment, period: int
) -> tuple[dict[str, Floats], Markdown | None]:
    """Carries out what a policy decides at the end of a period: units and money per series, and the next prices."""
    decided = policy.order(period, stock)
    decision = decided if isinstance(decided, Decision) else Decision(decided)
    acts = {} if decision.moves is None else _moved(decision.moves, stock, environment)
    if stock.sources is not None:
        stock.sources.receive(period)
    order, granted = decision.order, np.zeros(environment.series)
    if order is not None:
        if (order < 0).any() or np.isnan(order).any():
            raise ImpossibleError("a policy ordered less than nothing, or no number. Correct the policy.")
        granted = order if stock.sources is None else stock.sources.grant(order)
        stock.place(granted, environment.delay(period), environment.agreed(period))
        acts["refused"] = order - granted
    if stock.sources is not None and decision.restock is not None:
        stock.sources.restock(decision.restock, period)
    acts |= {"ordered": granted, "lines": (granted > 0).astype(np.float64)}
    return acts, decision.markdown


def _moved(moves: Moves, stock: Stock, environment: Environment) -> dict[str, Floats]:
    """Moves units between shops: units in and out, and the money that it costs the shops that give."""
    if (moves.units < 0).any() or (
        np.bincount(moves.giving, moves.units, len(stock.life)) > stock.on_hand + 1e-6
    ).any():
        raise ImpossibleError("a policy moved more than a shop has, or less than nothing. Correct the policy.")
    stock.move(moves, environment.move_delay)
    money = moves.units * environment.move_cost + (moves.units > 0) * environment.move_line_cost
    series = len(stock.life)
    return {
        name: np.bincount(rows, weights, series).astype(np.float64)
        for name, rows, weights in (
            ("moved_out", moves.giving, moves.units),
            ("moved_in", moves.taking, moves.units),
            ("moving", moves.giving, money),
        )
    }


def _extra_sales(
    stock: Stock, environment: Environment, markdown: Markdown, now: dict[str, Floats], carried: Floats
) -> dict[str, Floats]:
    """Sales beyond the demand at usual prices, in whole units: fractions are carried to the next period.

    A unit that sells only because of the lower price earns what is left of the margin; one that would have sold anyway
    costs the cut.
    """
    if environment.margin is None:
        raise ImpossibleError("prices were lowered in a simulation that knows no margins. Give Environment.margin.")
    carried += now["demand"] * (markdown.demand - 1)
    wanted = np.floor(carried + 1e-9)
    carried -= wanted
    extra = stock.sell(wanted, fifo=environment.fifo)
    given_up = markdown.cut * now["sold"] - (environment.margin - markdown.cut) * extra
    if markdown.changes is not None:
        given_up = given_up + markdown.changes
    return {"extra": extra, "given_up": given_up}
