"""The dense panel of demand: series x periods, some stores at a time, zeros filled inside the listed period only.

A series is a row of each matrix and a period a column, so that a lag is a slice and cannot cross into another series.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from features.demand_arrays import Bools, Doubles, Floats, Ints, ShortInts, ratio
from features.demand_censoring import recover
from features.demand_history import DemandHistory
from features.demand_periods import PeriodAxis

CHUNK_CELLS = 4_000_000
CLOSED_WEEKS = 4
CLOSED_SHARE = 0.4
CLOSED_LEAST_UNITS = 30.0


class Windows:
    """Sums over any window of periods in constant time, from running sums along the last axis.

    Args:
        totals: what is summed, zero where it does not count.
        weights: what a mean divides by, of the same shape.
    """

    def __init__(self, totals: npt.NDArray[np.floating], weights: npt.NDArray[np.floating]) -> None:
        self._values = _running(totals)
        self._weights = _running(weights)

    def total(self, begin: int, end: int) -> Doubles:
        """Sum over the periods `begin` to `end`, the latter exclusive; periods before 0 count nothing."""
        return _between(self._values, begin, end)

    def weight(self, begin: int, end: int) -> Doubles:
        """Sum of weights over the periods."""
        return _between(self._weights, begin, end)

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self._values)

    def means_around(self, middles: Ints, half: int) -> Doubles:
        """Means over the periods from `half` before to `half` after each of some periods, shape (rows, middles)."""
        last = self._values.shape[1] - 1
        begin, end = np.maximum(middles - half, 0), np.minimum(middles + half + 1, last)
        total = self._values[:, end] - self._values[:, begin]
        return ratio(total, self._weights[:, end] - self._weights[:, begin])

    def mean(self, begin: int, end: int) -> Doubles:
        """Weighted mean; NaN where no period counts."""
        return ratio(self.total(begin, end), self.weight(begin, end))


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

    @property
    def size(self) -> int:
        """Number of series."""
        return self.series.height

    @cached_property
    def usual_weight(self) -> Floats:
        """`weight`, but nothing on days when the store was closed or nearly so (`closed_days`).

        What is known of a series and its like leaves these days out: a Christmas on a Friday says nothing of Fridays.
        As something to learn from they count.
        """
        if self.axis.period != "day" or not self.size:
            return self.weight
        of = self.series["store_id"].rank("dense").to_numpy().astype(np.int64) - 1
        totals = np.zeros((int(of.max()) + 1, self.axis.count))
        np.add.at(totals, of, self.demand * self.weight)
        open_days = (~closed_days(totals, self.axis.rhythm.season)).astype(np.float32)
        weight: Floats = self.weight * open_days[of]
        return weight

    @cached_property
    def usual_demand(self) -> Floats:
        """Demand where `usual_weight` counts, otherwise 0."""
        return self.demand * self.usual_weight

    @cached_property
    def levels(self) -> Windows:
        """Sums of demand over periods in stock."""
        return Windows(self.usual_demand, self.usual_weight)

    @cached_property
    def raw_levels(self) -> Windows:
        """Sums of units sold over periods listed, in stock or not."""
        listed = self.listed[:, : self.axis.count].astype(np.float32)
        return Windows(self.sold * listed, listed)

    @cached_property
    def plain_levels(self) -> Windows:
        """Sums of demand over periods in stock and without promotion."""
        weight = self.usual_weight * ~self.promotion[:, : self.axis.count]
        return Windows(self.demand * weight, weight)

    @cached_property
    def zeros(self) -> Windows:
        """Sums of periods in stock without demand."""
        return Windows((self.demand <= 0) * self.usual_weight, self.usual_weight)

    @cached_property
    def squares(self) -> Windows:
        """Sums of squared demand."""
        return Windows(np.square(self.demand) * self.usual_weight, self.usual_weight)

    @cached_property
    def outages(self) -> Windows:
        """Sums of periods in which stock ran out, of those listed."""
        listed = self.listed[:, : self.axis.count].astype(np.float32)
        return Windows(self.lost * listed, listed)

    @cached_property
    def promotions(self) -> Windows:
        """Sums of promoted periods, of those listed."""
        listed = self.listed[:, : self.axis.count].astype(np.float32)
        return Windows(self.promotion[:, : self.axis.count] * listed, listed)

    @cached_property
    def prices(self) -> Windows:
        """Sums of planned prices outside promotions."""
        price = self.price[:, : self.axis.count]
        known = (~np.isnan(price) & ~self.promotion[:, : self.axis.count]).astype(np.float32)
        return Windows(np.nan_to_num(price) * known, known)

    @cached_property
    def last_sale(self) -> ShortInts:
        """Shape (n, T): the last period up to and including each with a sale; -1 before the first."""
        numbers = np.where(self.sold > 0, np.arange(self.axis.count, dtype=np.int32), np.int32(-1))
        return np.maximum.accumulate(numbers, axis=1)

    @cached_property
    def promotion_age(self) -> Floats:
        """Shape (n, T + H): periods since the running promotion began (0 on its first), NaN outside promotions."""
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
    width = history.axis.count + history.horizon
    sizes = history.series.group_by("store_id", maintain_order=True).len()["len"].to_list()
    begin = end = 0
    for size in sizes:
        if end > begin and (end - begin + size) * width > chunk_cells:
            yield build_panel(history, begin, end)
            begin = end
        end += size
    if end > begin:
        yield build_panel(history, begin, end)


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
    size = series.height
    periods = np.arange(width, dtype=np.int32)
    first, last = series["begin"].to_numpy()[:, None], series["end"].to_numpy()[:, None]
    listed = (periods >= first) & (periods < last)
    rows = _part(history.sales, begin, end)
    cell = (rows["s"].to_numpy() - begin, rows["t"].to_numpy())
    sold = np.zeros((size, count), dtype=np.float32)
    sold[cell] = rows["units"].to_numpy()
    share = np.ones((size, count), dtype=np.float32)
    share[cell] = rows["in_stock"].fill_null(1.0).to_numpy()
    ran_out, was_out = (_flags(rows, name, cell, (size, count)) for name in ("ran_out", "was_out"))
    promotion, display, mailer, promoted_price = _promotions(history, begin, end, width)
    listed_before = listed[:, :count] & ~_first_sales(series, count)
    stores = series["store_id"].rle_id().cast(pl.Int64).to_numpy()
    recovered = recover(sold, listed_before, share, ran_out, was_out, stores, axis.rhythm.season)
    return DemandPanel(
        axis=axis,
        series=series,
        sold=sold,
        demand=recovered.demand,
        weight=recovered.weight,
        lost=recovered.lost,
        listed=listed,
        price=_prices(history, begin, end, width, promoted_price),
        promotion=promotion,
        display=display,
        mailer=mailer,
    )


def _first_sales(series: pl.DataFrame, count: int) -> Bools:
    """Marks the first sale of series whose listing was inferred from it: it is there by construction.

    Sales of the first fortnight of the data stay, so that a short history keeps all it has.
    """
    inferred = ~series["is_listed"].to_numpy() & ~series["began_before"].to_numpy()
    begin = series["begin"].to_numpy()
    chosen = np.flatnonzero(inferred & (begin >= 14) & (begin < count - 1))
    out = np.zeros((series.height, count), dtype=bool)
    out[chosen, begin[chosen]] = True
    return out


def _promotions(history: DemandHistory, begin: int, end: int, width: int) -> tuple[Bools, Bools, Bools, Floats]:
    rows = _part(history.promotions, begin, end)
    shape = (end - begin, width)
    series, first, last = (rows[name].to_numpy() for name in ("s", "begin", "end"))
    every = np.ones(rows.height, dtype=bool)
    masks = [
        _spans(series[chosen] - begin, first[chosen], last[chosen], shape)
        for chosen in (every, rows["display"].to_numpy(), rows["mailer"].to_numpy())
    ]
    priced = rows.filter(pl.col("unit_price").is_not_null())
    return masks[0], masks[1], masks[2], _spread(priced, begin, shape)


def _prices(history: DemandHistory, begin: int, end: int, width: int, promoted: Floats) -> Floats:
    """Shelf price by plan, a promotion's price where it is lower."""
    shelf = _spread(_part(history.prices, begin, end), begin, (end - begin, width))
    return np.fmin(shelf, promoted)


def _spans(series: ShortInts, first: ShortInts, last: ShortInts, shape: tuple[int, int]) -> Bools:
    """Marks the periods `first` to `last` (exclusive) of each series."""
    steps = np.zeros((shape[0], shape[1] + 1), dtype=np.int32)
    np.add.at(steps, (series, first), 1)
    np.add.at(steps, (series, last), -1)
    return np.cumsum(steps[:, :-1], axis=1) > 0


def _spread(rows: pl.DataFrame, begin: int, shape: tuple[int, int]) -> Floats:
    """Writes `unit_price` into the periods of each row; later rows win, NaN where there is none."""
    out = np.full(shape, np.nan, dtype=np.float32)
    first, last = rows["begin"].to_numpy(), rows["end"].to_numpy()
    length = last - first
    row = np.repeat(np.arange(rows.height), length)
    offset = np.arange(row.size) - np.repeat(np.cumsum(length) - length, length)
    out[rows["s"].to_numpy()[row] - begin, first[row] + offset] = rows["unit_price"].to_numpy()[row]
    return out


def _flags(rows: pl.DataFrame, name: str, cell: tuple[ShortInts, ShortInts], shape: tuple[int, int]) -> Bools:
    out = np.zeros(shape, dtype=bool)
    out[cell] = rows[name].to_numpy()
    return out


def _part(frame: pl.DataFrame, begin: int, end: int) -> pl.DataFrame:
    """Rows of the series `begin` to `end` of a frame sorted by `s`."""
    low, high = (frame["s"].search_sorted(edge, side="left") for edge in (begin, end))
    return frame[int(low) : int(high)]


def _running(values: npt.NDArray[np.floating]) -> Doubles:
    out = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values, axis=-1, dtype=np.float64, out=out[..., 1:])
    return out


def _between(running: Doubles, begin: int, end: int) -> Doubles:
    last = running.shape[-1] - 1
    low, high = min(max(begin, 0), last), min(max(end, 0), last)
    return running[..., high] - running[..., low]
