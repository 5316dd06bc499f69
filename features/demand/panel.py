"""Builds the dense demand panel (series x periods), some stores at a time; zeros only inside the listed period.

A series is a row of each matrix and a period a column, so that a lag is a slice and cannot cross into another series.
In memory a period's values stand together (Fortran's order): features look at all series of one period.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from features.demand.arrays import Bools, Doubles, Floats, Ints, ShortInts
from features.demand.censoring import Recovered, recover
from features.demand.history import DemandHistory
from features.demand.outside_drivers import closed_by_hours
from features.demand.paid_prices import PaidPrices, usual_half
from features.demand.periods import PeriodAxis
from features.demand.window_sums import RunningSums, Windows

CHUNK_CELLS = 2_000_000
"""Series x periods of one panel: about 200 MB at BYTES_PER_PANEL_CELL."""
SPANS_AT_ONCE = 10_000
"""Series whose spans are filled at once; bounds the memory."""
CLOSED_WEEKS = 4
"""Earlier weeks whose same weekday says what a store usually sells. Chosen by judgement, not measured."""
CLOSED_SHARE = 0.4
"""Share of the usual day; a store below it was closed. Left out: M5's window of 4 January from .866 to .778."""
CLOSED_LEAST_UNITS = 30.0
"""Units a day; smaller stores are never called closed: chance alone can bring them so low. Chosen by judgement, not
measured."""

CLOSED_WEEKDAY_WEEKS = 8
"""Newest weeks in which a store sold nothing on a weekday: it is closed then. Chosen by judgement, not measured."""


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


def closed_days(totals: Doubles, season: int) -> Bools:
    """Days on which a store sold next to nothing of what it sold on the same days of the last weeks.

    Args:
        totals: shape (stores, T), units per day.
        season: days of a week.
    """
    out = np.zeros(totals.shape, dtype=bool)
    if totals.shape[1] > CLOSED_WEEKS * season:
        first = CLOSED_WEEKS * season
        before = [
            totals[:, first - week * season : totals.shape[1] - week * season] for week in range(1, CLOSED_WEEKS + 1)
        ]
        usual = np.mean(before, axis=0)
        out[:, first:] = (totals[:, first:] < CLOSED_SHARE * usual) & (usual >= CLOSED_LEAST_UNITS)
    return out


def panels(history: DemandHistory, chunk_cells: int = CHUNK_CELLS) -> Iterator[DemandPanel]:
    """Panels of whole stores, as many at a time as fit in `chunk_cells` cells (at least one)."""
    for begin, end in panel_ranges(history, chunk_cells):
        yield build_panel(history, begin, end)


def panel_ranges(history: DemandHistory, chunk_cells: int = CHUNK_CELLS) -> list[tuple[int, int]]:
    """First and (exclusive) last series number of each panel of `panels`."""
    return series_ranges(history.series, history.axis.count + history.horizon, chunk_cells)


def series_ranges(series: pl.DataFrame, width: int, chunk_cells: int = CHUNK_CELLS) -> list[tuple[int, int]]:
    """The same for series in order of their stores, column `store_id`, and a panel of `width` periods."""
    out: list[tuple[int, int]] = []
    begin = end = 0
    for size in series.group_by("store_id", maintain_order=True).len()["len"].to_list():
        if end > begin and (end - begin + size) * width > chunk_cells:
            out.append((begin, end))
            begin = end
        end += size
    return [*out, (begin, end)] if end > begin else out


def store_ranges(history: DemandHistory) -> dict[str, tuple[int, int]]:
    """First and (exclusive) last series number of each store."""
    sizes = history.series.group_by("store_id", maintain_order=True).len()
    ends = sizes["len"].cum_sum()
    return {store: (end - size, end) for store, size, end in zip(sizes["store_id"], sizes["len"], ends, strict=True)}


def build_panel(history: DemandHistory, begin: int, end: int) -> DemandPanel:
    """The panel of the series numbered `begin` to `end`, the latter exclusive."""
    axis, count = history.axis, history.axis.count
    width = count + history.horizon
    series = history.series[begin:end]
    periods = np.arange(width, dtype=np.int32)[:, None]
    first, last = series["begin"].to_numpy(), series["end"].to_numpy()
    listed = ((periods >= first) & (periods < last)).T
    rows = _part(history.sales, begin, end)
    recovered, sold = _recovered(rows, begin, series, listed[:, :count], axis.rhythm.season)
    promotion, display, mailer = _promotions(history, begin, end, width)
    outside = None if history.outside is None else history.outside.values(series, width)
    hours = None if history.outside is None or outside is None else history.outside.opening_hours(outside)
    weight = recovered.weight if hours is None else recovered.weight * ~closed_by_hours(hours[:, :count])
    return DemandPanel(
        axis=axis,
        series=series,
        sold=sold,
        demand=recovered.demand,
        weight=weight,
        lost=recovered.lost,
        listed=listed,
        price=_prices(history, begin, end, width),
        promotion=promotion,
        display=display,
        mailer=mailer,
        outside=outside,
        hours=hours,
        paid=lambda: history.paid,
    )


def _recovered(
    rows: pl.DataFrame, begin: int, series: pl.DataFrame, listed: Bools, season: int
) -> tuple[Recovered, Floats]:
    """Demand of a panel's series, whose first is numbered `begin`, and units sold."""
    shape = listed.shape
    sold = np.zeros(shape, dtype=np.float32)
    cells = (rows["s"].to_numpy().astype(np.int64) - begin) * shape[1] + rows["t"].to_numpy()
    sold.ravel()[cells] = rows["units"].to_numpy()
    sold = np.asfortranarray(sold)
    listed_before = _without_first_sales(listed, series)
    says = (pl.col("in_stock") < 1) | pl.col("ran_out") | pl.col("was_out")
    short = rows.filter(says)
    if short.is_empty():
        return Recovered.in_stock(sold, listed_before), sold
    cell = (short["s"].to_numpy() - begin, short["t"].to_numpy())
    share = np.ones(shape, dtype=np.float32, order="F")
    share[cell] = short["in_stock"].fill_null(1.0).to_numpy()
    ran_out, was_out = (_flags(short, name, cell, shape) for name in ("ran_out", "was_out"))
    stores = series["store_id"].rle_id().cast(pl.Int64).to_numpy()
    return recover(sold, listed_before, share, ran_out, was_out, stores, season), sold


def _without_first_sales(listed: Bools, series: pl.DataFrame) -> Bools:
    """Leaves out the first sale of series whose listing was inferred from it: it is there by construction.

    Sales of the first fortnight of the data stay, so that a short history keeps all it has.
    """
    inferred = ~series["is_listed"].to_numpy() & ~series["began_before"].to_numpy()
    begin = series["begin"].to_numpy()
    chosen = np.flatnonzero(inferred & (begin >= 14) & (begin < listed.shape[1] - 1))
    out = listed.copy(order="K")
    out[chosen, begin[chosen]] = False
    return out


def _promotions(history: DemandHistory, begin: int, end: int, width: int) -> tuple[Bools, Bools, Bools]:
    rows = _part(history.promotions, begin, end)
    shape = (end - begin, width)
    series, first, last = (rows[name].to_numpy() for name in ("s", "begin", "end"))
    every = np.ones(rows.height, dtype=bool)
    promotion, display, mailer = (
        _spans(series[chosen] - begin, first[chosen], last[chosen], shape)
        for chosen in (every, rows["display"].to_numpy(), rows["mailer"].to_numpy())
    )
    return promotion, display, mailer


def _prices(history: DemandHistory, begin: int, end: int, width: int) -> Floats:
    """Shelf price by plan, a promotion's price where it is lower."""
    shelf = _spread(_part(history.prices, begin, end), begin, (end - begin, width))
    promoted = _part(history.promotions, begin, end).filter(pl.col("unit_price").is_not_null())
    return shelf if promoted.is_empty() else np.fmin(shelf, _spread(promoted, begin, shelf.shape))


def _spans(series: ShortInts, first: ShortInts, last: ShortInts, shape: tuple[int, int]) -> Bools:
    """Marks the periods `first` to `last` (exclusive) of each series."""
    if not series.size:
        return np.zeros(shape, dtype=bool, order="F")
    out = np.zeros(shape, dtype=bool)
    for _, cells, _ in _cells(series, first, last, shape[1]):
        out.ravel()[cells] = True
    return np.asfortranarray(out)


def _spread(rows: pl.DataFrame, begin: int, shape: tuple[int, int]) -> Floats:
    """Writes `unit_price` into the periods of each row; later rows win, NaN where there is none."""
    out = np.full(shape, np.nan, dtype=np.float32)
    series, first, last, price = (rows[name].to_numpy() for name in ("s", "begin", "end", "unit_price"))
    for some, cells, length in _cells(series - begin, first, last, shape[1]):
        out.ravel()[cells] = np.repeat(price[some], length)
    return np.asfortranarray(out)


def _cells(series: ShortInts, first: ShortInts, last: ShortInts, width: int) -> Iterator[tuple[slice, Ints, Ints]]:
    """Some spans at a time: which, the numbers of their cells (series by series), and each span's length."""
    place, lengths = series.astype(np.int64) * width + first, (last - first).astype(np.int64)
    for low in range(0, series.size, SPANS_AT_ONCE):
        some = slice(low, low + SPANS_AT_ONCE)
        length = lengths[some]
        begins = place[some] - (np.cumsum(length) - length)
        yield some, np.arange(length.sum()) + np.repeat(begins, length), length


def _flags(rows: pl.DataFrame, name: str, cell: tuple[ShortInts, ShortInts], shape: tuple[int, int]) -> Bools:
    out = np.zeros(shape, dtype=bool, order="F")
    out[cell] = rows[name].to_numpy()
    return out


def _part(frame: pl.DataFrame, begin: int, end: int) -> pl.DataFrame:
    """Rows of the series `begin` to `end` of a frame sorted by `s`."""
    low, high = (frame["s"].search_sorted(edge, side="left") for edge in (begin, end))
    return frame[int(low) : int(high)]
