"""Fills demand panels from a history, some stores at a time: listings, sales, stock-outs, promotions and prices."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from features.demand.arrays import Bools, Floats, Ints, ShortInts
from features.demand.censoring import Recovered, recover
from features.demand.demand_panel import DemandPanel
from features.demand.history import DemandHistory
from features.demand.outside_drivers import closed_by_hours

_CHUNK_CELLS = 2_000_000
"""Series x periods of one panel: about 200 MB at BYTES_PER_PANEL_CELL."""
_SPANS_AT_ONCE = 10_000
"""Series whose spans are filled at once; bounds the memory."""


def panels(history: DemandHistory, chunk_cells: int = _CHUNK_CELLS) -> Iterator[DemandPanel]:
    """Panels of whole stores, as many at a time as fit in `chunk_cells` cells (at least one)."""
    for begin, end in panel_ranges(history, chunk_cells):
        yield build_panel(history, begin, end)


def panel_ranges(history: DemandHistory, chunk_cells: int = _CHUNK_CELLS) -> list[tuple[int, int]]:
    """First and (exclusive) last series number of each panel of `panels`."""
    return series_ranges(history.series, history.axis.count + history.horizon, chunk_cells)


def series_ranges(series: pl.DataFrame, width: int, chunk_cells: int = _CHUNK_CELLS) -> list[tuple[int, int]]:
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
    for low in range(0, series.size, _SPANS_AT_ONCE):
        some = slice(low, low + _SPANS_AT_ONCE)
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
