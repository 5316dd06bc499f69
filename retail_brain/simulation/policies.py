"""Order policies of a replay: suggested orders, periods of cover and order-up-to levels."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from retail_brain.decisions.arrays import Bools, Days, Floats, Ints
from retail_brain.decisions.holdings import Due, Holdings
from retail_brain.decisions.order_calendar import next_open_day
from retail_brain.decisions.order_plan import Plan, decide
from retail_brain.decisions.supply_terms import Terms
from retail_brain.settings import ReplenishmentSettings
from retail_brain.simulation.scenario import Stock

_DEFAULTS = ReplenishmentSettings()

Forecast = Callable[[int], npt.NDArray[np.float32]]
"""Last visible period (-1: before the first) -> sample paths of the next ones, series x paths x horizon."""


@dataclass(frozen=True)
class SuggestedOrders:
    """The orders that the service would suggest, from forecasts as of each period.

    Attributes:
        forecast: sample paths as of a period.
        terms: supply terms.
        starts: first day of each period of the replay, and of enough periods after it for the longest horizon.
        review: whether orders may be placed at the end of each period, index 0 standing for before the first; one row
            for all series, or one per series.
        settings: how orders are decided.
        seed: for uncertain lead times.
        listed: whether each series is on sale, by period of the replay and of enough periods after it: a plan that is
            known ahead; no demand is expected where it is not. None where all always are.
    """

    forecast: Forecast
    terms: Terms
    starts: Days
    review: Bools
    settings: ReplenishmentSettings = _DEFAULTS
    seed: int = 0
    listed: Bools | None = None

    def order(self, period: int, stock: Stock) -> Floats | None:
        """The suggested orders."""
        # + 1, because index 0 is the review before the first period
        due = np.broadcast_to(self.review[..., period + 1], (len(stock.life),))
        rows = np.flatnonzero(due)
        if not len(rows):
            return None
        orders = np.zeros(len(due))
        orders[rows] = self.plan(period, stock, rows).quantity
        return orders

    def plan(self, period: int, stock: Stock, rows: Ints) -> Plan:
        """The decision with its numbers, for some series at the end of a period."""
        paths = self.forecast(period)[rows]
        if self.listed is not None:
            # in place: an index array made a copy, so the stored forecast keeps its units
            paths *= listed_ahead(self.listed[rows], period, paths.shape[2])[:, None, :]
        after = self.starts[period + 1 : period + 1 + paths.shape[2]]
        has_record = np.ones(len(rows), dtype=np.bool_)
        expected = stock.expected[rows]
        due = _due(expected, self.starts[period + 1 :])
        holdings = Holdings(stock.on_hand[rows], expected.sum(axis=1), has_record, due, stock.batches[rows])
        terms = self.terms.take(rows)
        # another seed each day: with one, every order would meet the same delays
        return decide(paths, after, terms, holdings, after[0], settings=self.settings, seed=self.seed + period + 1)


@dataclass(frozen=True)
class Cover:
    """Baseline: orders up to a number of periods of mean demand, on hand and on order together.

    Attributes:
        mean: mean demand of the periods after a period, shape (series, horizon), as of that period.
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

    def order(self, period: int, stock: Stock) -> Floats | None:
        """Units missing to the cover, in whole packs."""
        due = self.review[..., period + 1]
        if not due.any():
            return None
        mean = self.mean(period)
        cover = np.broadcast_to(self.periods, (len(mean),))
        share = np.clip(cover[:, None] - np.arange(mean.shape[1]), 0, 1)
        # what is on order counts too, or every review before the arrival would order it again
        missing = (mean * share).sum(axis=1) - stock.on_hand - stock.due.sum(axis=1)
        exact = missing / self.pack
        # the margin keeps a rounding error of sums from ordering a whole pack more
        packs: Floats = np.maximum(np.ceil(exact - 1e-9) if self.up else np.rint(exact), 0)
        return packs * self.pack * due


@dataclass(frozen=True)
class OrderUpTo:
    """Orders up to a fixed level per series, on hand and on order together."""

    level: Floats
    review: Bools
    pack: Floats | float = 1.0

    def order(self, period: int, stock: Stock) -> Floats | None:
        """Units missing to the level, in whole packs."""
        due = self.review[..., period + 1]
        if not due.any():
            return None
        missing = self.level - stock.on_hand - stock.due.sum(axis=1)
        packs: Floats = np.maximum(np.ceil(missing / self.pack - 1e-9), 0)
        return packs * self.pack * due


def perfect_forecast(demand: Floats, horizon: int) -> Forecast:
    """The perfect forecast: one path, the demand itself; beyond the end the last periods are repeated."""
    longer = np.concatenate([demand, demand[:, -horizon:]], axis=1) if horizon else demand

    def forecast(period: int) -> npt.NDArray[np.float32]:
        return longer[:, None, period + 1 : period + 1 + horizon].astype(np.float32)

    return forecast


def listed_ahead(listed: Bools, period: int, horizon: int) -> Bools:
    """Whether each series is on sale in each of the periods after one; beyond the plan, as in its last period."""
    ahead: Bools = listed[:, np.minimum(period + 1 + np.arange(horizon), listed.shape[1] - 1)]
    return ahead


def periodic_reviews(periods: int, step: int = 1, until: int | None = None) -> Bools:
    """Whether there is a review at the end of each period: every `step` periods, before the first one on (index 0).

    From index `until` on there is none.

    >>> periodic_reviews(4, step=2).tolist()
    [True, False, True, False, True]
    """
    review: Bools = np.arange(periods + 1) % step == 0
    if until is not None:
        review[until:] = False
    return review


def review_schedule(starts: Days, review_days: Floats, open_weekdays: Bools) -> Days:
    """Day of the order of each series by period, NaT where there is none, shape (series, len(starts) - 1).

    The first review is on the first open day; the next on the first open day that is at least a review period later.
    What is sold within a period is known only at its end, so a series is ordered once per period at most.

    Args:
        starts: first days of the periods, and the day after the last.
        review_days: days between orders, one per series.
        open_weekdays: shape (series, 7), Monday first.
    """
    pause = np.maximum(np.ceil(review_days), 1).astype("timedelta64[D]")
    next_review = next_open_day(np.full(len(review_days), starts[0], dtype="datetime64[D]"), open_weekdays)
    ordered_on = np.full((len(review_days), len(starts) - 1), "NaT", dtype="datetime64[D]")
    for period, end in enumerate(starts[1:]):
        due = next_review < end
        ordered_on[due, period] = next_review[due]
        following = np.maximum(next_review + pause, end)
        next_review = np.where(due, next_open_day(following, open_weekdays), next_review)
    return ordered_on


def _due(units: Floats, starts: Days) -> Due:
    """Units on order by series and day of arrival."""
    series, later = np.nonzero(units)
    near = later < len(starts)
    return Due(series[near], starts[later[near]], units[series, later][near])


def baseline_order_up_to(
    mean_per_day: Floats, sd_per_day: Floats, lead_days: Floats, review_days: Floats, service_level: Floats
) -> Floats:
    """Textbook order-up-to level [units], as a baseline: `mean x (L + R) + z x sigma x sqrt(L + R)`.

    It assumes that demand is normal and independent from day to day, and that unmet demand is backordered. None of
    that is true in a shop; it is the baseline of the replay (figures: docs/benchmarks.md).
    """
    span = lead_days + review_days
    level: Floats = mean_per_day * span + ndtri(service_level) * sd_per_day * np.sqrt(span)
    return level
