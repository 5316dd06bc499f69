"""Policies to replay: the suggestions themselves, weeks of cover, order-up-to levels, hindsight."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from retail_brain.decisions.arrays import Bools, Days, Floats, Ints
from retail_brain.decisions.order_plan import Due, Holdings, Plan, decide
from retail_brain.decisions.supply_terms import Terms
from retail_brain.settings import ReplenishmentSettings
from retail_brain.simulation.scenario import Shelf

_DEFAULTS = ReplenishmentSettings()

Forecast = Callable[[int], npt.NDArray[np.float32]]
"""From a period (the last one known, -1 before the first) to paths of the next ones: series x paths x horizon."""


@dataclass(frozen=True)
class SuggestedOrders:
    """What the service would suggest, from forecasts as of each period.

    Attributes:
        forecast: paths as known then.
        terms: supply terms.
        starts: first day of each period of the replay, and of enough periods after it for the longest horizon.
        review: whether orders may be placed at the end of each period, index 0 standing for before the first; one row
            for all series, or one per series.
        settings: how to decide.
        seed: for uncertain lead times.
        listed: whether each series is on sale, by period of the replay and of enough periods after it: a plan that is
            known ahead, and nothing is wanted beyond it; None where all always are.
    """

    forecast: Forecast
    terms: Terms
    starts: Days
    review: Bools
    settings: ReplenishmentSettings = _DEFAULTS
    seed: int = 0
    listed: Bools | None = None

    def order(self, period: int, shelf: Shelf) -> Floats | None:
        """The suggested orders."""
        due = np.broadcast_to(self.review[..., period + 1], (len(shelf.life),))
        rows = np.flatnonzero(due)
        if not len(rows):
            return None
        orders = np.zeros(len(due))
        orders[rows] = self.plan(period, shelf, rows).quantity
        return orders

    def plan(self, period: int, shelf: Shelf, rows: Ints) -> Plan:
        """The whole decision for some series at the end of a period."""
        paths = self.forecast(period)[rows]
        if self.listed is not None:
            paths *= listed_ahead(self.listed[rows], period, paths.shape[2])[:, None, :]
        after = self.starts[period + 1 : period + 1 + paths.shape[2]]
        known = np.ones(len(rows), dtype=np.bool_)
        due = _due(shelf.due[rows], self.starts[period + 1 :])
        holdings = Holdings(shelf.on_hand[rows], shelf.due[rows].sum(axis=1), known, due, shelf.batches[rows])
        terms = self.terms.take(rows)
        return decide(paths, after, terms, holdings, after[0], settings=self.settings, seed=self.seed + period + 1)


@dataclass(frozen=True)
class Cover:
    """Orders up to so many periods of the forecast mean, on hand and on order together: the usual rule of thumb.

    Attributes:
        mean: mean demand of the periods after a period, shape (series, horizon), as known then.
        periods: periods of cover, for all or one per series; fractions count in proportion.
        review: whether orders may be placed at the end of each period, index 0 standing for before the first.
        pack: units per pack.
        up: whether to round up to whole packs, rather than to the nearest.
    """

    mean: Callable[[int], Floats]
    periods: Floats | float
    review: Bools
    pack: Floats | float = 1.0
    up: bool = False

    def order(self, period: int, shelf: Shelf) -> Floats | None:
        """What is missing to the cover, in whole packs."""
        due = self.review[..., period + 1]
        if not due.any():
            return None
        mean = self.mean(period)
        cover = np.broadcast_to(self.periods, (len(mean),))
        share = np.clip(cover[:, None] - np.arange(mean.shape[1]), 0, 1)
        missing = (mean * share).sum(axis=1) - shelf.on_hand - shelf.due.sum(axis=1)
        exact = missing / self.pack
        packs: Floats = np.maximum(np.ceil(exact - 1e-9) if self.up else np.rint(exact), 0)
        return packs * self.pack * due


@dataclass(frozen=True)
class OrderUpTo:
    """Orders up to a fixed level per series, on hand and on order together."""

    level: Floats
    review: Bools
    pack: Floats | float = 1.0

    def order(self, period: int, shelf: Shelf) -> Floats | None:
        """What is missing to the level, in whole packs."""
        due = self.review[..., period + 1]
        if not due.any():
            return None
        missing = self.level - shelf.on_hand - shelf.due.sum(axis=1)
        packs: Floats = np.maximum(np.ceil(missing / self.pack - 1e-9), 0)
        return packs * self.pack * due


@dataclass(frozen=True)
class Recorded:
    """The orders that were really placed: units per series and period, period 0 standing for before the first."""

    orders: Floats

    def order(self, period: int, shelf: Shelf) -> Floats | None:  # noqa: ARG002  # what was ordered was ordered
        """The recorded orders."""
        return self.orders[:, period + 1]


def hindsight(demand: Floats, horizon: int) -> Forecast:
    """The perfect forecast: the one path that comes true (demand beyond the end repeats the last periods)."""
    longer = np.concatenate([demand, demand[:, -horizon:]], axis=1) if horizon else demand

    def forecast(period: int) -> npt.NDArray[np.float32]:
        return longer[:, None, period + 1 : period + 1 + horizon].astype(np.float32)

    return forecast


def listed_ahead(listed: Bools, period: int, horizon: int) -> Bools:
    """Whether each series is on sale in each of the periods after one; as in the last one known beyond it."""
    ahead: Bools = listed[:, np.minimum(period + 1 + np.arange(horizon), listed.shape[1] - 1)]
    return ahead


def every(periods: int, step: int = 1, until: int | None = None) -> Bools:
    """Reviews before the first period and every `step` periods after, for the first `until` of them."""
    review: Bools = np.arange(periods + 1) % step == 0
    if until is not None:
        review[until:] = False
    return review


def _due(units: Floats, starts: Days) -> Due:
    """What is on its way, by series and day of arrival."""
    series, later = np.nonzero(units)
    near = later < len(starts)
    return Due(series[near], starts[later[near]], units[series, later][near])


def legacy_order_up_to(
    mean_per_day: Floats, sd_per_day: Floats, lead_days: Floats, review_days: Floats, service_level: Floats
) -> Floats:
    """The usual formula, as a baseline: `mean x (L + R) + z x sigma x sqrt(L + R)` on the inventory position [units].

    It takes demand for normal and independent from day to day, and unmet demand for backordered. None of that holds
    in a shop, and it is kept only to be compared with (numbers of the replay are in docs/benchmarks.md).
    """
    span = lead_days + review_days
    level: Floats = mean_per_day * span + ndtri(service_level) * sd_per_day * np.sqrt(span)
    return level
