"""Computes the required order on each demand path: stock projected with lost sales, then the need of the cycle.

Projecting the stock to the arrival with lost sales, and ordering against what is projected rather than against the
inventory position, is asymptotically optimal when unmet demand is lost (van Jaarsveld & Arts, arXiv 2101.07519).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import numpy.typing as npt

from retail_brain.decisions.arrays import Floats, Ints
from retail_brain.decisions.expiry import NON_PERISHABLE, Aging, ExpirySimulation
from retail_brain.decisions.receipts_on_order import Receipts

_BLOCK_CELLS = 200_000
"""Series x paths projected at once; bounds the memory of a block. Chosen by judgement, not measured."""
_USUAL_PERIODS = 56
"""Periods for which `_BLOCK_CELLS` was set; longer horizons take smaller blocks."""


@dataclass(frozen=True)
class RequiredOrders:
    """Required order on each demand path, and the means of the projection behind it.

    Attributes:
        need: shape (series, paths), sorted within each row: units that the order must bring for the path to see no
            stock-out before the following order arrives. Negative where stock would remain. Units lost within
            the cycle with an order of q are exactly `max(need - q, 0)`.
        lost_before: mean units lost before the order can arrive, whatever is ordered.
        demand: mean units demanded until the following order arrives.
        cycle_demand: mean units demanded from the arrival until the following one.
        projected: mean units on hand when the order arrives, lost sales and waste taken into account.
        sold_before_expiry: shape (series, paths), sorted within each row: units of the order sold before they expire.
            Units expired with an order of q are `max(q - sold_before_expiry, 0)`. Infinite for non-perishable goods; a
            single column where all are.
        lost_after: mean units lost, whatever is ordered, because the order expires before the following one arrives.
        level_share: deviation of the need over that of `need`, one per series, if every path had the mean stock of
            `projected` when the order arrives; 1 at most.
    """

    need: Floats
    lost_before: Floats
    demand: Floats
    cycle_demand: Floats
    projected: Floats
    sold_before_expiry: Floats
    level_share: Floats
    lost_after: Floats

    def take(self, rows: Ints) -> "RequiredOrders":
        """The required orders of some series."""
        return RequiredOrders(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    def narrow(self) -> "RequiredOrders":
        """The same in single precision, for those that many stores keep: units up to 16 million stay exact."""
        return replace(self, need=_single(self.need), sold_before_expiry=_single(self.sold_before_expiry))

    def spread(self, factor: Floats) -> "RequiredOrders":
        """The required orders with every path's need further from the mean need by a factor, one per series.

        Forecasts whose futures differ too little from each other (or too much) are put right by it; 1 changes nothing.
        """
        if np.all(factor == 1):
            return self
        return replace(
            self, need=_spread(self.need, factor), sold_before_expiry=_spread(self.sold_before_expiry, factor)
        )

    def on_mean_stock(self, weight: Floats) -> "RequiredOrders":
        """The required orders with the paths nearer to one stock, their mean, at the arrival.

        Args:
            weight: one per series, from 0 (each path has its own stock) to 1 (all have the mean of `projected`).
        """
        return self.spread(self.level_share**weight)

    def expired(self, order: Floats) -> Floats:
        """Mean units of the order that expire unsold."""
        mean: Floats = np.maximum(order[:, None] - np.maximum(self.sold_before_expiry, 0), 0).mean(axis=1)
        return mean

    def lost_in_cycle(self, order: Floats) -> Floats:
        """Mean units lost between the arrival and the following one with an order of `order` units."""
        lost: Floats = np.maximum(self.need - order[:, None], 0).mean(axis=1)
        return lost

    def expected_lost(self, order: Floats) -> Floats:
        """Mean units lost until the following order arrives with an order of `order` units; no more than are wanted."""
        lost = self.lost_before + self.lost_in_cycle(order) + self.lost_after
        return np.clip(lost, 0, np.maximum(self.demand, 0))

    def left_over(self, order: Floats) -> Floats:
        """Mean units of the order that the cycle does not need."""
        idle: Floats = (order[:, None] - np.clip(self.need, 0, order[:, None])).mean(axis=1)
        return idle

    def in_stock_probability(self, order: Floats) -> Floats:
        """Share of paths without a stock-out in the cycle."""
        # single precision tells fractions of units apart to a ten millionth
        share: Floats = (self.need <= order[:, None] * (1 + 1e-6) + 1e-9).mean(axis=1)
        return share

    def quantile(self, probability: Floats) -> Floats:
        """The least order (may be negative) that meets the need on at least this share of the paths.

        Args:
            probability: shares in (0, 1), one per series.
        """
        paths = self.need.shape[1]
        # 1e-9: a level of 0.95 of 100 paths is path 95, whatever the last digit of the product.
        rank = np.clip(np.ceil(probability * paths - 1e-9).astype(np.int64) - 1, 0, paths - 1)
        picked: Floats = np.take_along_axis(self.need, rank[:, None], axis=1)[:, 0]
        return picked


def blocks(rows: int, paths: int, periods: int) -> Iterator[slice]:
    """Slices of series small enough for the working arrays to stay in the processor's cache."""
    size = max(1, int(_BLOCK_CELLS / max(paths, 1) * min(1, _USUAL_PERIODS / max(periods, 1))))
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def project(
    units: npt.NDArray[np.float32],
    on_hand: Floats,
    receipts: Receipts,
    arrival: Ints,
    next_arrival: Ints,
    *,
    aging: Aging | None = None,
    season: int = 7,
) -> RequiredOrders:
    """Projects the stock of every series on each path and computes the required orders.

    Args:
        units: demand, shape (series, paths, periods); where the following order arrives later, it goes on by repeating
            its last season.
        on_hand: units at the start, one per series, not negative.
        receipts: units already on order, over at least as many periods as the following order needs to arrive; those of
            goods that expire all have a day.
        arrival: period in whose morning the order arrives, shape (series, paths or 1).
        next_arrival: the same for the following order.
        aging: expiry of the goods; None where all are non-perishable.
        season: periods to repeat.
    """
    rows, paths, _ = units.shape
    soon = np.zeros(rows, dtype=np.bool_) if aging is None else aging.within(units.shape[2])
    if aging is not None and soon.any() and not soon.all():
        return _project_apart(units, on_hand, receipts, arrival, next_arrival, aging=aging, season=season)
    parts = []
    for part in blocks(rows, paths, receipts.dated.shape[1]):
        last = int(next_arrival[part].max())
        block = _project_block(
            extend(units[part] if soon.any() else units[part, :, :last], last, season),
            on_hand[part],
            receipts.take(part),
            arrival=arrival[part],
            next_arrival=next_arrival[part],
            aging=aging.take(part) if aging is not None and soon.any() else None,
        )
        if aging is not None and not soon.any():
            position = on_hand[part] + receipts.take(part).total
            block = _with_dates_beyond(block, units[part], position, arrival[part] + aging.life[part, None])
        parts.append(block)
    if not parts:
        empty, none = np.zeros(0), np.zeros((0, paths))
        return RequiredOrders(none, empty, empty, empty, empty, none, empty, empty)
    return RequiredOrders(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in RequiredOrders.__dataclass_fields__)
    )


def _project_apart(
    units: npt.NDArray[np.float32],
    on_hand: Floats,
    receipts: Receipts,
    arrival: Ints,
    next_arrival: Ints,
    *,
    aging: Aging,
    season: int,
) -> RequiredOrders:
    """Projects goods that expire within the forecast separately: the others need no ages and only their own cycle."""
    rows, paths, _ = units.shape
    soon = aging.within(units.shape[2])
    out: dict[str, Floats] = {}
    for which in (soon, ~soon):
        chosen = np.flatnonzero(which)
        part = project(
            units[chosen],
            on_hand[chosen],
            receipts.take(chosen),
            arrival[chosen],
            next_arrival[chosen],
            aging=aging.take(chosen),
            season=season,
        )
        for name in RequiredOrders.__dataclass_fields__:
            values = getattr(part, name)
            target = out.setdefault(name, np.empty((rows, paths) if values.ndim == 2 else rows))
            target[chosen] = values
    return RequiredOrders(**out)


def _with_dates_beyond(
    required: RequiredOrders, units: npt.NDArray[np.float32], position: Floats, date: Ints
) -> RequiredOrders:
    """Required orders of goods that expire beyond the forecast: until then they sell at each path's mean rate."""
    perishable = np.flatnonzero(date[:, 0] < NON_PERISHABLE)
    if not len(perishable):
        return required
    sold_before_expiry = np.full(required.need.shape, np.inf)
    sold_before_expiry[perishable] = (
        np.sort(units[perishable].mean(axis=2, dtype=np.float64) * date[perishable], axis=1)
        - position[perishable, None]
    )
    return replace(required, sold_before_expiry=sold_before_expiry)


def _project_block(
    units: npt.NDArray[np.float32],
    on_hand: Floats,
    receipts: Receipts,
    *,
    arrival: Ints,
    next_arrival: Ints,
    aging: Aging | None,
) -> RequiredOrders:
    rows, paths, periods = units.shape
    # Periods first: the loop below then reads contiguous memory.
    by_period = np.ascontiguousarray(np.moveaxis(units, 2, 0), dtype=np.float64)
    until = next_arrival if aging is None else np.minimum(next_arrival, arrival + aging.life[:, None])
    stock = np.repeat(on_hand[:, None], paths, axis=1)
    dates = None if aging is None else ExpirySimulation(aging, on_hand, receipts.dated, paths)
    need = np.full((rows, paths), -np.inf)
    lost, projected = np.zeros((rows, paths)), np.zeros((rows, paths))
    demand, cycle = np.zeros(rows), np.zeros(rows)
    unserved, others = np.zeros((rows, paths)), np.zeros((rows, paths))
    last = int(next_arrival.max(initial=0)) if aging is None else periods
    for period in range(min(periods, last)):
        period_demand = by_period[period]
        arrived = arrival <= period
        counted = until > period
        stock = stock + receipts.at(period)
        projected = np.where(arrival == period, stock, projected)
        stock = stock - period_demand
        # Before the arrival unmet demand is lost and stock is floored at zero; after it, the deficit is what the order
        # must bring.
        missing = np.where(arrived, 0.0, np.maximum(-stock, 0.0))
        lost += missing
        stock += missing
        need = np.where(arrived & counted, np.maximum(need, -stock), need)
        demand += np.where(next_arrival > period, period_demand, 0.0).mean(axis=1)
        cycle += np.where(arrived & counted, period_demand, 0.0).mean(axis=1)
        if dates is not None:
            # the order has expired, and only what else is on order may serve until the following one
            gap = arrived & ~counted & (next_arrival > period)
            others = np.where(gap, dates.others(period, others) - period_demand, 0.0)
            unserved += np.maximum(-others, 0.0)
            others = np.maximum(others, 0.0)
            stock = dates.end_period(period, stock, period_demand, arrival, next_arrival)
    level_share = _level_share(need, projected)
    need.sort(axis=1)
    sold_before_expiry = (
        np.full((rows, 1), np.inf) if dates is None else dates.sold_before_expiry(stock, by_period, arrival)
    )
    means = lost.mean(axis=1), demand, cycle, projected.mean(axis=1)
    return RequiredOrders(need, *means, sold_before_expiry, level_share, unserved.mean(axis=1))


def _level_share(need: Floats, projected: Floats) -> Floats:
    """Deviation of the need beside a stock that all paths have in common, over that of the need, at most 1."""
    finite = np.isfinite(need)
    whole = np.where(finite, need, 0.0)
    deviation, alone = whole.std(axis=1), np.where(finite, need + projected, 0.0).std(axis=1)
    share: Floats = np.divide(np.minimum(alone, deviation), deviation, out=np.ones(len(need)), where=deviation > 0)
    return share


def _single(values: Floats) -> Floats:
    """The values in single precision; whatever is worked out of them is double again."""
    return cast("Floats", values.astype(np.float32))


def _spread(values: Floats, factor: Floats) -> Floats:
    """Values stretched about the mean of their row; rows that are not finite stay."""
    finite = np.isfinite(values).all(axis=1, keepdims=True)
    values_or_zero = np.where(finite, values, 0.0)
    mean = values_or_zero.mean(axis=1, keepdims=True)
    return np.where(finite, mean + factor[:, None] * (values_or_zero - mean), values)


def extend(units: npt.NDArray[np.float32], periods: int, season: int = 7) -> npt.NDArray[np.float32]:
    """Paths continued to `periods` by repeating their last season (or all there is), for goods with long lead times."""
    have = units.shape[2]
    if have >= periods:
        return units
    season = min(season, have)
    tail = have - season + np.arange(periods - have) % season
    return np.concatenate([units, units[:, :, tail]], axis=2)
