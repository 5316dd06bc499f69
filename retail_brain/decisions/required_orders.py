"""What every sample path asks of the next order: projected inventory with lost sales, then the need of the cycle.

Projecting the stock to the arrival with lost sales, and ordering against what is projected rather than against the
inventory position, is asymptotically optimal when unmet demand is lost (van Jaarsveld & Arts, arXiv 2101.07519).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from retail_brain.decisions.arrays import Bools, Floats, Ints
from retail_brain.decisions.expiry import KEEPS, Aging, Dates

_BLOCK_CELLS = 200_000
"""Series x paths projected at once; bounds the memory of a block. Chosen by judgement, not measured."""
_USUAL_PERIODS = 56
"""Periods for which `_BLOCK_CELLS` was set; longer horizons take smaller blocks."""


@dataclass(frozen=True)
class Needs:
    """What the next order must do, read off the paths.

    Attributes:
        need: shape (series, paths), sorted within each row: units that the order must bring for the path to see no
            stock-out before the following order arrives. Negative where stock would be left over. Units lost within
            the cycle with an order of q are exactly `max(need - q, 0)`.
        lost_before: mean units lost before the order can arrive, whatever is ordered.
        demand: mean units wanted until the following order arrives.
        cycle_demand: mean units wanted from the arrival until the following one.
        projected: mean units on hand when the order arrives, lost sales and waste taken into account.
        outlast: shape (series, paths), sorted within each row: units of the order that are sold before their date.
            Units dated out with an order of q are `max(q - outlast, 0)`. Infinite where goods keep; a single column
            where all do.
    """

    need: Floats
    lost_before: Floats
    demand: Floats
    cycle_demand: Floats
    projected: Floats
    outlast: Floats

    def spread(self, factor: Floats) -> "Needs":
        """The same with every path's need further from the mean need by a factor, one per series.

        Forecasts whose futures differ too little from each other (or too much) are put right by it; 1 changes nothing.
        """
        if np.all(factor == 1):
            return self
        return replace(self, need=_spread(self.need, factor), outlast=_spread(self.outlast, factor))

    def dated(self, order: Floats) -> Floats:
        """Mean units of the order that reach their date unsold."""
        mean: Floats = np.maximum(order[:, None] - np.maximum(self.outlast, 0), 0).mean(axis=1)
        return mean

    def lost_in_cycle(self, order: Floats) -> Floats:
        """Mean units lost between the arrival and the following one with an order of so many units."""
        lost: Floats = np.maximum(self.need - order[:, None], 0).mean(axis=1)
        return lost

    def left_over(self, order: Floats) -> Floats:
        """Mean units of the order that the cycle does not need."""
        idle: Floats = (order[:, None] - np.clip(self.need, 0, order[:, None])).mean(axis=1)
        return idle

    def in_stock_probability(self, order: Floats) -> Floats:
        """Share of paths without a stock-out in the cycle."""
        share: Floats = (self.need <= order[:, None] + 1e-9).mean(axis=1)
        return share

    def quantile(self, probability: Floats) -> Floats:
        """The least order (may be negative) that meets the need on at least this share of the paths."""
        paths = self.need.shape[1]
        rank = np.clip(np.ceil(probability * paths - 1e-9).astype(np.int64) - 1, 0, paths - 1)
        picked: Floats = np.take_along_axis(self.need, rank[:, None], axis=1)[:, 0]
        return picked


def normal_scores(paths: int, seed: int) -> Floats:
    """Standard normal draws in random order, one per path, evenly spread so that their mean is exactly 0."""
    scores: Floats = ndtri((np.arange(paths) + 0.5) / paths)
    return np.random.default_rng(seed).permutation(scores)


def spread_arrival(arrival: Ints, lead_sd_periods: Floats, paths: int, seed: int) -> Ints:
    """Index of the arrival on each path, shape (series, paths), or (series, 1) where no lead time is uncertain."""
    if not np.any(lead_sd_periods > 0):
        return arrival[:, None]
    late = lead_sd_periods[:, None] * normal_scores(paths, seed)[None, :]
    return np.maximum(np.rint(arrival[:, None] + late), 0).astype(np.int64)


def blocks(rows: int, paths: int, periods: int) -> Iterator[slice]:
    """Slices of series small enough for the working arrays to stay in the processor's cache."""
    size = max(1, int(_BLOCK_CELLS / max(paths, 1) * min(1, _USUAL_PERIODS / max(periods, 1))))
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def project(
    units: npt.NDArray[np.float32],
    on_hand: Floats,
    receipts: Floats,
    arrival: Ints,
    next_arrival: Ints,
    *,
    aging: Aging | None = None,
    season: int = 7,
) -> Needs:
    """Needs of every series.

    Args:
        units: demand, shape (series, paths, periods); where the following order arrives later, it goes on by repeating
            its last season.
        on_hand: units at the start, one per series, not negative.
        receipts: units already on order by the period in whose morning they arrive, shape (series, at least as many
            periods as the following order needs to arrive).
        arrival: period in whose morning the order arrives, shape (series, paths or 1).
        next_arrival: the same for the following order.
        aging: how goods date out; None where all keep.
        season: periods to repeat.
    """
    rows, paths, _ = units.shape
    soon = np.zeros(rows, dtype=np.bool_) if aging is None else aging.within(units.shape[2])
    if soon.any() and not soon.all():
        return _project_apart(
            units, on_hand, receipts, soon, arrival=arrival, next_arrival=next_arrival, aging=aging, season=season
        )
    parts = []
    for part in blocks(rows, paths, receipts.shape[1]):
        last = int(next_arrival[part].max())
        block = _project_block(
            extend(units[part] if soon.any() else units[part, :, :last], last, season),
            on_hand[part],
            receipts[part],
            arrival=arrival[part],
            next_arrival=next_arrival[part],
            aging=aging.take(part) if aging is not None and soon.any() else None,
        )
        if aging is not None and not soon.any():
            held = on_hand[part] + receipts[part].sum(axis=1)
            block = _with_dates_beyond(block, units[part], held, arrival[part] + aging.life[part, None])
        parts.append(block)
    if not parts:
        empty, none = np.zeros(0), np.zeros((0, paths))
        return Needs(none, empty, empty, empty, empty, none)
    return Needs(*(np.concatenate([getattr(part, name) for part in parts]) for name in Needs.__dataclass_fields__))


def _project_apart(
    units: npt.NDArray[np.float32],
    on_hand: Floats,
    receipts: Floats,
    soon: Bools,
    *,
    arrival: Ints,
    next_arrival: Ints,
    aging: Aging | None,
    season: int,
) -> Needs:
    """Goods that date out within the forecast apart from the others, which need no ages and only their own cycle."""
    rows, paths, _ = units.shape
    out: dict[str, Floats] = {}
    for which in (soon, ~soon):
        chosen = np.flatnonzero(which)
        part = project(
            units[chosen],
            on_hand[chosen],
            receipts[chosen],
            arrival[chosen],
            next_arrival[chosen],
            aging=None if aging is None else aging.take(chosen),
            season=season,
        )
        for name in Needs.__dataclass_fields__:
            values = getattr(part, name)
            whole = out.setdefault(name, np.empty((rows, paths) if values.ndim == 2 else rows))
            whole[chosen] = values
    return Needs(**out)


def _with_dates_beyond(needs: Needs, units: npt.NDArray[np.float32], held: Floats, date: Ints) -> Needs:
    """Needs of goods whose dates lie beyond the forecast: until then they sell at each path's mean rate."""
    ages = np.flatnonzero(date[:, 0] < KEEPS)
    if not len(ages):
        return needs
    outlast = np.full(needs.need.shape, np.inf)
    outlast[ages] = np.sort(units[ages].mean(axis=2, dtype=np.float64) * date[ages], axis=1) - held[ages, None]
    return replace(needs, outlast=outlast)


def _project_block(
    units: npt.NDArray[np.float32],
    on_hand: Floats,
    receipts: Floats,
    *,
    arrival: Ints,
    next_arrival: Ints,
    aging: Aging | None,
) -> Needs:
    rows, paths, periods = units.shape
    by_period = np.ascontiguousarray(np.moveaxis(units, 2, 0), dtype=np.float64)
    until = next_arrival if aging is None else np.minimum(next_arrival, arrival + aging.life[:, None])
    stock = np.repeat(on_hand[:, None], paths, axis=1)
    dates = None if aging is None else Dates(aging, on_hand, receipts, paths)
    need = np.full((rows, paths), -np.inf)
    lost, projected = np.zeros((rows, paths)), np.zeros((rows, paths))
    demand, cycle = np.zeros(rows), np.zeros(rows)
    last = int(next_arrival.max(initial=0)) if aging is None else periods
    for period in range(min(periods, last)):
        wanted = by_period[period]
        arrived = arrival <= period
        counted = until > period
        projected = np.where(arrival == period, stock + receipts[:, period, None], projected)
        stock = stock + receipts[:, period, None] - wanted
        missing = np.where(arrived, 0.0, np.maximum(-stock, 0.0))
        lost += missing
        stock += missing
        need = np.where(arrived & counted, np.maximum(need, -stock), need)
        demand += np.where(next_arrival > period, wanted, 0.0).mean(axis=1)
        cycle += np.where(arrived & counted, wanted, 0.0).mean(axis=1)
        if dates is not None:
            stock = dates.pass_over(period, stock, wanted, arrival, next_arrival)
    need.sort(axis=1)
    outlast = np.full((rows, 1), np.inf) if dates is None else dates.outlast(stock, by_period, arrival)
    return Needs(need, lost.mean(axis=1), demand, cycle, projected.mean(axis=1), outlast)


def _spread(values: Floats, factor: Floats) -> Floats:
    """Values stretched about the mean of their row; rows that are not finite stay."""
    finite = np.isfinite(values).all(axis=1, keepdims=True)
    known = np.where(finite, values, 0.0)
    mean = known.mean(axis=1, keepdims=True)
    return np.where(finite, mean + factor[:, None] * (known - mean), values)


def extend(units: npt.NDArray[np.float32], periods: int, season: int = 7) -> npt.NDArray[np.float32]:
    """Paths made long enough by repeating their last season (or all there is), for goods with long lead times."""
    have = units.shape[2]
    if have >= periods:
        return units
    season = min(season, have)
    tail = have - season + np.arange(periods - have) % season
    return np.concatenate([units, units[:, :, tail]], axis=2)
