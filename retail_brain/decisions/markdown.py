"""Markdown of goods that will be left over: the price path that earns most before their last day.

The days until the last one are cut into phases; the price may fall at the start of a phase and never rises again.
Every allowed path of prices is played on the same sample paths of demand, each with an elasticity of its own drawn from
the estimate's uncertainty (demand at a price is on average what `/what_if` says of it), and the one with the best mean
is taken (a pre-announced markdown path: Gallego and van Ryzin 1994, Management Science 40; clearance in chains: Smith
and Achabal 1998, Management Science 44). With few steps and few changes the search over all paths is exact, and costs
series x paths x price paths operations.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations

import numpy as np
import numpy.typing as npt

from retail_brain.decisions.arrays import Days, Floats, Ints
from retail_brain.decisions.price_response import PriceResponse, demand_factor
from retail_brain.decisions.season_ahead import SeasonAhead

PHASES = 6
"""Phases that the days until the last one are cut into: a price that falls on any of six days loses little against any
day, and more phases multiply the paths. Chosen by judgement, not measured."""
_INTERVAL = (0.05, 0.95)
"""Quantiles of the paths between which nine of ten outcomes lie."""
_BLOCK_CELLS = 200_000
"""Series x paths played at once; bounds the memory of a block. Chosen by judgement, not measured."""
_LEAST_GAIN = 1e-6
"""Money by which a path must beat the one before it; less is arithmetic noise."""


@dataclass(frozen=True)
class MarkdownRule:
    """What a price may do.

    Attributes:
        steps: shares off the full price that are allowed, rising, each within (0, 1).
        most_changes: price changes until the last day.
        change_cost: money that one change of a price costs.
    """

    steps: tuple[float, ...]
    most_changes: int
    change_cost: float = 0.0

    def price_paths(self, phases: int) -> Iterator["PricePath"]:
        """Every allowed path, the full price throughout first."""
        for changes in range(self.most_changes + 1):
            for starts in combinations(range(phases), changes):
                for discounts in combinations(self.steps, changes):
                    yield PricePath(starts, discounts)


@dataclass(frozen=True)
class PricePath:
    """A falling price: from the start of phase `starts[k]` on, `discounts[k]` is off the full price."""

    starts: tuple[int, ...] = ()
    discounts: tuple[float, ...] = ()


FULL_PRICE = PricePath()
"""The path that changes nothing."""


@dataclass(frozen=True)
class Clearance:
    """Goods to clear, one element per series.

    Attributes:
        held: units that can be sold.
        demand: shape (series, paths, phases): units wanted at the full price in each phase.
        begins: shape (series, phases): first day of each phase.
        price: full price per unit, money; NaN where unknown.
        salvage: money that a unit left over after the last phase is worth.
    """

    held: Floats
    demand: npt.NDArray[np.float32]
    begins: Days
    price: Floats
    salvage: Floats

    def take(self, rows: Ints) -> "Clearance":
        """The goods of some series."""
        return replace(self, **{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    @classmethod
    def joined(cls, parts: Sequence["Clearance"]) -> "Clearance":
        """The goods of several shops one after another."""
        return cls(
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__}
        )

    @property
    def left_over(self) -> Floats:
        """Mean units left over at the full price."""
        left: Floats = np.maximum(self.held[:, None] - self.demand.sum(axis=2, dtype=np.float64), 0).mean(axis=1)
        return left


@dataclass(frozen=True)
class Markdown:
    """The best price path of every series, and what it brings over leaving the price as it is.

    Attributes:
        path: price path; FULL_PRICE where no other earns more, or price or elasticity are unknown.
        known: whether price and elasticity are known.
        value: mean money earned on top, after the cost of changes.
        units, units_low, units_high: units sold on top: mean, and the ends of the interval of nine in ten.
    """

    path: list[PricePath]
    known: npt.NDArray[np.bool_]
    value: Floats
    units: Floats
    units_low: Floats
    units_high: Floats

    @property
    def discount_now(self) -> Floats:
        """Share off the full price in the first phase: what a replay or a till charges now."""
        return np.array([path.discounts[0] if path.starts[:1] == (0,) else 0.0 for path in self.path])


def phases_of(
    units: npt.NDArray[np.float32],
    starts: Days,
    last_day: Days,
    phases: int = PHASES,
    ahead: SeasonAhead | None = None,
) -> tuple[npt.NDArray[np.float32], Days]:
    """Demand until the last day of each series by phase, shape (series, paths, phases), and the phases' first days.

    Phases are whole periods, as even as they can be. Beyond the forecast each path goes on at its mean rate,
    or as its season does.

    Args:
        units: demand, shape (series, paths, periods).
        starts: first day of each period, at least one.
        last_day: last day on which each series is sold.
        phases: number of phases.
        ahead: what seasons bring after the forecast; None: they bring nothing.
    """
    step = float(np.median(np.diff(starts).astype(np.float64))) if len(starts) > 1 else 1.0
    length = np.maximum(np.floor((last_day - starts[0]).astype(np.float64) / step) + 1, 0)
    edges = np.rint(length[:, None] * np.arange(phases + 1) / phases).astype(np.int64)
    series, paths, periods = units.shape
    total = np.zeros((series, paths, periods + 1), dtype=np.float32)
    np.cumsum(units, axis=2, out=total[:, :, 1:])
    inside = np.take_along_axis(total, np.minimum(edges, periods)[:, None, :], axis=2)
    season = SeasonAhead.none(series) if ahead is None else ahead
    beyond = season.beyond(units.mean(axis=2), np.maximum(edges - periods, 0))
    demand: npt.NDArray[np.float32] = np.diff(inside + beyond, axis=2).astype(np.float32)
    return demand, starts[0] + np.rint(edges[:, :-1] * step).astype("timedelta64[D]")


def best_markdown(
    goods: Clearance, response: PriceResponse, rule: MarkdownRule, *, in_force: Floats | None = None, seed: int = 0
) -> Markdown:
    """The price path of every series that earns most before its last day.

    The whole policy of markdowns, for the plan and for a replay alike: from what is held and wanted to the price of
    now (`Markdown.discount_now`) and of the days after. What a markdown sells is not ordered again.

    Args:
        goods: what is held and wanted.
        response: elasticity of each series.
        rule: allowed prices.
        in_force: share off the full price that is charged already, which never shrinks; None for none.
        seed: for the elasticities drawn.
    """
    count, paths = goods.demand.shape[:2]
    now = np.zeros(count) if in_force is None else in_force
    known = np.isfinite(goods.price) & np.isfinite(response.elasticity) & (goods.price > 0)
    done = Markdown([FULL_PRICE] * count, known, *(np.zeros(count) for _ in range(4)))
    rows = np.flatnonzero(known & (goods.held > 0))
    block = max(_BLOCK_CELLS // max(paths, 1), 1)
    for begin in range(0, len(rows), block):
        part = rows[begin : begin + block]
        known_of = response.take(part)
        game = _Game(goods.take(part), known_of.elasticity, known_of.drawn(paths, seed), now[part])
        _put(done, part, game, rule)
    return done


def _put(done: Markdown, rows: Ints, game: "_Game", rule: MarkdownRule) -> None:
    """Searches the best paths of a block of series and writes them into `done`."""
    allowed = list(rule.price_paths(game.goods.demand.shape[2]))
    best = game.play(FULL_PRICE)[0].mean(axis=1)
    full = best.copy()
    chosen = np.zeros(len(rows), dtype=np.int64)
    for number, path in enumerate(allowed[1:], start=1):
        value = game.play(path)[0].mean(axis=1) - rule.change_cost * len(path.starts)
        better = (value > best + _LEAST_GAIN) & (game.in_force < path.discounts[0])
        best, chosen = np.where(better, value, best), np.where(better, number, chosen)
    done.value[rows] = best - full
    for number in np.unique(chosen[chosen > 0]).tolist():
        same = np.flatnonzero(chosen == number)
        some = game.take(same)
        more = some.play(allowed[number])[1] - some.play(FULL_PRICE)[1]
        done.units[rows[same]] = more.mean(axis=1)
        done.units_low[rows[same]], done.units_high[rows[same]] = np.quantile(more, _INTERVAL, axis=1)
        for row in rows[same].tolist():
            done.path[row] = allowed[number]


@dataclass(frozen=True)
class _Game:
    """Goods with their elasticity, one drawn from its uncertainty per sample path, and the discount in force."""

    goods: Clearance
    estimate: Floats
    elasticity: Floats
    in_force: Floats
    _lifts: dict[float, Floats] = field(default_factory=dict)

    def take(self, rows: Ints) -> "_Game":
        return _Game(self.goods.take(rows), self.estimate[rows], self.elasticity[rows], self.in_force[rows])

    @cached_property
    def _until(self) -> Floats:
        """Units wanted at the full price before each phase and in all, shape (series, paths, phases + 1)."""
        demand = self.goods.demand
        until: Floats = np.zeros((*demand.shape[:2], demand.shape[2] + 1))
        np.cumsum(demand, axis=2, out=until[:, :, 1:])
        return until

    def lift(self, kept: Floats) -> Floats:
        """Factor on the demand of each path where a share `kept` of the full price is charged.

        The mean over the paths is that of the estimate, which `/what_if` answers with: a power is convex, and its mean
        over uncertain exponents would promise more than the estimate does. What is above 1 is scaled, not the factor
        itself, so that no path sells less at a lower price.
        """
        above = demand_factor(kept, np.ones(1), self.elasticity) - 1
        expected, mean = demand_factor(kept[:, 0], np.ones(1), self.estimate) - 1, above.mean(axis=1)
        lift: Floats = 1 + above * np.divide(expected, mean, out=np.ones_like(mean), where=mean > 0)[:, None]
        return lift

    def play(self, path: PricePath) -> tuple[Floats, Floats]:
        """Money earned and units sold on each sample path, shape (series, paths)."""
        goods = self.goods
        left = np.broadcast_to(goods.held[:, None], self.elasticity.shape)
        money = np.zeros(self.elasticity.shape)
        begins, ends = (0, *path.starts), (*path.starts, goods.demand.shape[2])
        for begin, end, discount in zip(begins, ends, (None, *path.discounts), strict=True):
            if begin == end:
                continue
            kept = 1 - (self.in_force[:, None] if discount is None else np.array([[discount]]))
            # a handful of discounts is played in a hundred paths: their powers are worked out once
            step = -1.0 if discount is None else discount
            if step not in self._lifts:
                self._lifts[step] = self.lift(kept)
            wanted = (self._until[:, :, end] - self._until[:, :, begin]) * self._lifts[step]
            sold = np.minimum(left, wanted)
            left = left - sold
            money += sold * (goods.price[:, None] * kept)
        return money + left * goods.salvage[:, None], goods.held[:, None] - left


def best_return(goods: Clearance, pays: Floats) -> tuple[Floats, Floats]:
    """Whole units to send back to the supplier now, and the mean money that earns over keeping them, per series.

    The next unit kept earns `price * P(demand >= it) + salvage * P(demand < it)`: what is kept is the newsvendor's
    quantile of the demand until the last day.

    Args:
        goods: what is held and wanted.
        pays: money that the supplier pays per unit; NaN where nothing can be sent back.
    """
    total = np.sort(goods.demand.sum(axis=2, dtype=np.float64), axis=1)
    price = np.nan_to_num(goods.price)
    possible = np.isfinite(pays) & (pays > goods.salvage) & (goods.held > 0)
    span = np.maximum(price - goods.salvage, 1e-9)
    level = np.where(possible, np.clip((price - np.nan_to_num(pays)) / span, 0, 1), 0)
    place = np.clip(np.ceil(level * total.shape[1]).astype(np.int64) - 1, 0, total.shape[1] - 1)
    keep = np.where(level > 0, np.take_along_axis(total, place[:, None], axis=1)[:, 0], 0.0)
    units = np.where(possible, np.floor(np.maximum(goods.held - np.ceil(keep), 0)), 0.0)
    kept = goods.held - units
    value = units * np.nan_to_num(pays) + _at_full_price(total, kept, price, goods.salvage)
    value -= _at_full_price(total, goods.held, price, goods.salvage)
    worth = value > _LEAST_GAIN
    return np.where(worth, units, 0.0), np.where(worth, value, 0.0)


def _at_full_price(total: Floats, held: Floats, price: Floats, salvage: Floats) -> Floats:
    sold = np.minimum(total, held[:, None]).mean(axis=1)
    earned: Floats = price * sold + salvage * (held - sold)
    return earned
