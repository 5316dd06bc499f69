"""The dense demand panel (series x periods) with its running sums; zeros only inside the listed period.

A series is a row of each matrix and a period a column, so that a lag is a slice and cannot cross into another series.
In memory a period's values stand together (Fortran's order): features look at all series of one period.
`features.demand.panel` fills it from a history.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from features.demand.arrays import Bools, Doubles, Floats
from features.demand.closed_days import CLOSED_LEAST_UNITS, CLOSED_WEEKDAY_WEEKS, closed_days
from features.demand.outside_drivers import closed_by_hours
from features.demand.paid_prices import PaidPrices, usual_half
from features.demand.periods import PeriodAxis
from features.demand.window_sums import RunningSums, Windows


@dataclass(frozen=True)
class DemandPanel:
    """Some stores' demand, series in rows and periods in columns.

    Attributes:
        axis: the periods; T of history, then H planned ones.
        series: one row per series, sorted by store and product.
        sold: shape (n, T), units sold.
        demand: shape (n, T), units wanted: sold, or more where stock ran out.
        weight: shape (n, T), 1 where listed and (at least in part) in stock, otherwise 0.
        lost: shape (n, T), whether stock ran out.
        listed: shape (n, T + H).
        price: shape (n, T + H), planned shelf or promotion price, NaN where no plan says.
        promotion, display, mailer: shape (n, T + H).
        outside: shape (drivers, T + H, n), values of `DemandHistory.outside`; None where there are none.
        hours: shape (n, T + H), opening hours of each series' store, NaN where no table says; None where none does.
        paid: prices paid, for `charged`; called when it is asked for, since the trees do without. None: none are known.
    """

    axis: PeriodAxis
    series: pl.DataFrame
    sold: Floats
    demand: Floats
    weight: Floats
    lost: Bools
    listed: Bools
    price: Floats
    promotion: Bools
    display: Bools
    mailer: Bools
    outside: Floats | None = None
    hours: Floats | None = None
    paid: Callable[[], PaidPrices] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """What goes to another process: the fields, and for `paid`, which leads to the whole history, what it says."""
        kept = {one.name: getattr(self, one.name) for one in fields(self)}
        return kept | {"paid": None, "charged": self.charged}

    @property
    def size(self) -> int:
        """Number of series."""
        return self.series.height

    @cached_property
    def has_promotions(self) -> bool:
        """Whether any period is promoted, in the past or by plan."""
        return bool(self.promotion.any())

    @cached_property
    def usual_weight(self) -> Bools:
        """Where `weight` counts, but not on days when the store was closed or nearly so (`closed_days`).

        Features of a series and its peer groups leave these days out: a Christmas on a Friday says nothing of Fridays.
        As something to learn from they count.
        """
        counts: Bools = self.weight > 0
        if self.axis.period != "day" or not self.size:
            return counts
        of = self.series["store_id"].rle_id().to_numpy()
        first = np.searchsorted(of, np.arange(int(of[-1]) + 1))
        totals = np.add.reduceat(self.demand * counts, first, axis=0, dtype=np.float64)
        for store, day in np.argwhere(closed_days(totals, self.axis.rhythm.season)):
            counts[of == store, day] = False
        return counts

    @cached_property
    def open_ahead(self) -> Bools:
        """Shape (n, H): False where opening hours say that the store is closed.

        Where they say nothing, False on weekdays on which it sold nothing in all of the last weeks, such as Sundays.
        Stores of less than `CLOSED_LEAST_UNITS` units a day are open every day: chance alone can leave one without a
        sale.
        """
        count, season = self.axis.count, self.axis.rhythm.season
        ahead = self.listed.shape[1] - count
        out = np.ones((self.size, ahead), dtype=bool)
        if self.axis.period != "day" or not self.size or count < CLOSED_WEEKDAY_WEEKS * season:
            return self._said_open(out)
        of = self.series["store_id"].rle_id().to_numpy()
        first = np.searchsorted(of, np.arange(int(of[-1]) + 1))
        recent = self.sold[:, count - CLOSED_WEEKDAY_WEEKS * season :]
        totals = np.add.reduceat(recent, first, axis=0, dtype=np.float64).reshape(first.size, -1, season)
        closed = (totals.sum(axis=1) == 0) & (totals.mean(axis=(1, 2)) >= CLOSED_LEAST_UNITS)[:, None]
        is_open: Bools = ~closed[of][:, np.arange(ahead) % season]
        return self._said_open(is_open)

    def _said_open(self, inferred: Bools) -> Bools:
        """Whether stores are open ahead: by opening hours where they are known, otherwise as inferred."""
        if self.hours is None:
            return inferred
        hours = self.hours[:, self.axis.count :]
        said: Bools = np.where(np.isnan(hours), inferred, ~closed_by_hours(hours))
        return said

    @cached_property
    def usual_demand(self) -> Floats:
        """Demand where `usual_weight` counts, otherwise 0."""
        return self.demand * self.usual_weight

    @cached_property
    def phases(self) -> Windows:
        """Sums of the same over periods of the same phase of the season (`RunningSums.by_phase`)."""
        season = self.axis.rhythm.season
        return Windows(RunningSums(self.usual_demand, season), RunningSums(self.usual_weight, season))

    @cached_property
    def levels(self) -> Windows:
        """Sums of demand over periods in stock."""
        return Windows(self.usual_demand, self.usual_weight)

    @cached_property
    def raw_levels(self) -> Windows:
        """Sums of units sold over periods listed, in stock or not."""
        return Windows(self.sold * self._listed_past, self._listed_sums)

    @cached_property
    def plain_levels(self) -> Windows:
        """Sums of demand over periods in stock and without promotion."""
        if not self.has_promotions:
            return self.levels
        plain = self.usual_weight & ~self.promotion[:, : self.axis.count]
        return Windows(self.demand * plain, plain)

    @cached_property
    def zeros(self) -> Windows:
        """Sums of periods in stock without demand."""
        return Windows((self.demand <= 0) & self.usual_weight, self.levels.weights)

    @cached_property
    def squares(self) -> Windows:
        """Sums of squared demand."""
        return Windows(np.square(self.usual_demand), self.levels.weights)

    @cached_property
    def outages(self) -> Windows:
        """Sums of periods in which stock ran out, of those listed."""
        return Windows(self.lost & self._listed_past, self._listed_sums)

    @cached_property
    def promotions(self) -> Windows:
        """Sums of promoted periods, of those listed."""
        return Windows(self.promotion[:, : self.axis.count] & self._listed_past, self._listed_sums)

    @cached_property
    def prices(self) -> Windows:
        """Sums of planned prices outside promotions."""
        price = self.price[:, : self.axis.count]
        known = ~np.isnan(price) & ~self.promotion[:, : self.axis.count]
        return Windows(np.where(known, price, np.float32(0)), known)

    @cached_property
    def promoted_prices(self) -> Windows:
        """Sums of planned prices in promotions."""
        price = self.price[:, : self.axis.count]
        known = ~np.isnan(price) & self.promotion[:, : self.axis.count]
        return Windows(np.where(known, price, np.float32(0)), known)

    @cached_property
    def charged(self) -> tuple[Doubles, Doubles]:
        """Price charged in each past period, and the usual price there, both of shape (n, T).

        As planned; of a series of which the table `prices` says nothing, as paid (`features.demand.paid_prices`). The
        first may then be a promotion's planned price. The trees read neither: nobody knows ahead what will be paid.
        """
        count, half = self.axis.count, usual_half(self.axis)
        price, usual = self.price[:, :count].astype(np.float64), self.prices.means_around(np.arange(count), half)
        if self.paid is None or not self.size:
            return price, usual
        begin = int(self.series["s"][0])
        paid, usually = self.paid().charged(begin, begin + self.size)
        return np.where(np.isnan(price), paid, price), np.where(np.isnan(usual), usually, usual)

    @property
    def _listed_past(self) -> Bools:
        return self.listed[:, : self.axis.count]

    @cached_property
    def _listed_sums(self) -> RunningSums:
        return RunningSums(self._listed_past)

    @cached_property
    def last_sale(self) -> npt.NDArray[np.int16]:
        """Shape (n, T): the last period up to and including each with a sale; -1 before the first."""
        out = np.zeros((self.axis.count + 1, self.size), dtype=np.int16)
        for period, sold in enumerate(self.sold.T):
            np.maximum(out[period], (sold > 0) * np.int16(period + 1), out=out[period + 1])
        out -= 1
        return out[1:].T

    @cached_property
    def promotion_age(self) -> Floats:
        """Shape (n, T + H): periods since the running promotion began (0 on its first), NaN outside promotions."""
        if not self.has_promotions:
            return np.broadcast_to(np.float32(np.nan), self.promotion.shape)
        number = np.arange(self.promotion.shape[1], dtype=np.float32)
        outside = np.where(self.promotion, np.float32(-1), number)
        age = number - np.maximum.accumulate(outside, axis=1) - 1
        return np.where(self.promotion, np.minimum(age, 60), np.float32(np.nan))
