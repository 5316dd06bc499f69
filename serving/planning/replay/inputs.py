"""Reads the inputs of a replay: recovered demand, opening stock, supply terms, recorded sales and stock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from features.demand.censoring import recover
from features.demand.periods import RHYTHMS, PeriodAxis
from features.demand.series import listings
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Bools, Floats, Ints
from retail_brain.decisions.holdings import Due
from retail_brain.decisions.inputs import read_stock, read_terms
from retail_brain.decisions.supply_terms import Terms, align, complete_terms
from retail_brain.errors import ImpossibleError
from retail_brain.outputs import SERIES
from retail_brain.settings import Settings
from retail_brain.simulation.scenario import NON_PERISHABLE
from retail_brain.simulation.stock_records import age_records
from serving.planning.replay.opening import read_due
from serving.planning.replay.periods import HISTORY_PERIODS, period_starts, played_axis
from serving.planning.replay.warehouses import Warehouses, read_warehouses


@dataclass(frozen=True)
class ReplayFacts:
    """Demand, stock and supply terms of the periods (days, weeks or months) of a replay.

    Attributes:
        axis: the periods; number 0 is the first played, `count` how many are.
        series: `store_id`, `product_id`, sorted.
        terms: supply terms as known before the first day.
        supply: the rows of `decisions.inputs.read_terms` behind them, those of warehouses too.
        warehouses: stock of the warehouses that supply the series; None where none is recorded.
        demand: recovered units per series and period, from `before` periods ahead of the first to the last.
        before: number of periods of `demand` ahead of the first played.
        sold: recorded sales of the periods played.
        on_hand: recorded stock at the end of the periods played, NaN where there is no record of their last day.
        received, wasted: units of the periods played that the stock records tell of (see `simulation.stock_records`).
        life: periods that goods may be sold for, NON_PERISHABLE where longer than `before` periods.
        opening_on_hand: units at the end of the day before the first.
        opening_on_order: units on order then without a day of arrival; 0 for series with open orders.
        open_orders: units on order then with their day of arrival.
        opening_batches: `opening_on_hand` by remaining periods of life, as in `simulation.scenario.OpeningStock`.
        listed: whether the series is listed at the beginning of each period, from the first played to `before` beyond
            the last.
        unused_counts: rows of `inventory` within the periods that are not of the last day of one.
    """

    axis: PeriodAxis
    series: pl.DataFrame
    terms: Terms
    supply: pl.DataFrame
    warehouses: Warehouses | None
    demand: Floats
    before: int
    sold: Floats
    on_hand: Floats
    received: Floats
    wasted: Floats
    life: Ints
    opening_on_hand: Floats
    opening_on_order: Floats
    open_orders: Due
    opening_batches: Floats
    listed: Bools
    unused_counts: int

    @property
    def played(self) -> Floats:
        """Demand of the periods played."""
        return self.demand[:, self.before :]

    @property
    def has_inventory(self) -> bool:
        """Whether the stock at the end of any period is recorded."""
        return bool(np.isfinite(self.on_hand).any())


def read_replay(
    dataset: Dataset, first: date, last: date, settings: Settings, stores: Sequence[str] | None = None, seed: int = 0
) -> ReplayFacts:
    """Reads the whole periods between `first` and `last`, and HISTORY_PERIODS before them.

    Only series sold in those before take part. Demand of periods in which stock ran out is recovered from the periods
    before (see `features.demand.censoring`) and rounded at random, by `seed`, to whole units.

    Raises:
        ImpossibleError: nothing was sold in the periods before, no whole period lies between the days, or they are the
            wrong way round.
    """
    period = settings.data.period
    axis, before = played_axis(dataset, period, first, last), HISTORY_PERIODS[period]
    # ages of stock and recovered demand need history ahead of the first day
    begin, until = axis.start(-before), axis.start(axis.count) - timedelta(days=1)
    sales = _of_stores(dataset.at(until).daily_sales().filter(pl.col("date") >= begin), stores)
    rows = sales.select(*SERIES, "date", "in_stock", pl.col("units").clip(0)).collect()
    series = rows.filter(pl.col("date") < axis.first, pl.col("units") > 0).select(SERIES).unique().sort(SERIES)
    if series.height == 0:
        raise ImpossibleError(
            f"nothing was sold between {begin} and {axis.first}, so there is nothing to replay. Choose another --from."
        )
    cells = _Cells(axis, before, series)
    sold, open_share = cells.sums(rows), cells.means(rows, "in_stock", 1.0)
    counts = _of_stores(dataset.at(until).scan_or_empty("inventory"), stores).filter(pl.col("date") >= begin).collect()
    ending = counts.filter(pl.col("date").is_in(_last_days(axis, before)))
    on_hand = cells.means(ending, "on_hand", float("nan"))
    visible, usual = dataset.at(axis.first - timedelta(days=1)), settings.replenishment
    stock = align(
        read_stock(visible, most_age_days=usual.stock_most_age_days),
        series,
        {"on_hand": pl.Float64, "on_order": pl.Float64},
    )
    supply = read_terms(visible, axis.first - timedelta(days=1))
    terms = complete_terms(supply, series, usual)
    opening = stock["on_hand"].fill_nan(None).to_numpy().astype(np.float64)
    life = _life(terms, axis, before)
    aged = age_records(sold, on_hand, life, before - 1)
    due = read_due(visible, series, stores, most_late_days=usual.open_order_most_late_days)
    undated = np.nan_to_num(stock["on_order"].fill_nan(None).to_numpy().astype(np.float64))
    undated[due.series] = 0.0
    guess = sold[:, :before].mean(axis=1) * (terms.lead_days + terms.review_days) / axis.days_per_period
    opening_units = np.maximum(np.where(np.isnan(opening), np.ceil(guess), opening), 0)
    return ReplayFacts(
        axis=axis,
        series=series,
        terms=terms,
        supply=supply,
        warehouses=read_warehouses(dataset.at(until), series, terms, aged.received[:, before:], axis),
        demand=_recovered(sold, on_hand, open_share, series["store_id"], RHYTHMS[period].season, seed),
        before=before,
        sold=sold[:, before:],
        on_hand=on_hand[:, before:],
        received=aged.received[:, before:],
        wasted=aged.wasted[:, before:],
        life=life,
        opening_on_hand=opening_units,
        opening_batches=_batches(aged.batches, opening_units, life),
        listed=_listed(visible, series, axis, before),
        opening_on_order=undated,
        open_orders=due,
        unused_counts=counts.filter(pl.col("date") >= axis.first).height
        - ending.filter(pl.col("date") >= axis.first).height,
    )


def _of_stores(frame: pl.LazyFrame, stores: Sequence[str] | None) -> pl.LazyFrame:
    return frame if stores is None else frame.filter(pl.col("store_id").is_in(list(stores)))


def _last_days(axis: PeriodAxis, before: int) -> list[date]:
    """The last day of every period: a count within a period is not the stock at its end."""
    return [start - timedelta(days=1) for start in axis.starts(1 - before, axis.count + 1)]


def _life(terms: Terms, axis: PeriodAxis, before: int) -> Ints:
    """Periods that goods may be sold for, one at least; those that outlive the history are taken to keep."""
    periods = np.floor(terms.shelf_life_days / axis.days_per_period)
    keeps = periods > before
    return np.where(keeps, NON_PERISHABLE, np.maximum(np.where(keeps, 1.0, periods), 1)).astype(np.int64)


def _batches(aged: Floats, opening_units: Floats, life: Ints) -> Floats:
    """The opening stock by age: as the records tell, scaled to it; fresh where they do not."""
    total = aged.sum(axis=1)
    rows = np.arange(len(opening_units))
    fresh = np.zeros_like(aged)
    fresh[rows, np.minimum(life, aged.shape[1]) - 1] = opening_units
    scale = np.divide(opening_units, total, out=np.zeros_like(opening_units), where=total > 0)
    return np.where((total > 0)[:, None], aged * scale[:, None], fresh)


def _listed(dataset: Dataset, series: pl.DataFrame, axis: PeriodAxis, beyond: int) -> Bools:
    """Whether each series is listed as each period begins; those that the assortment never names always are."""
    sold = dataset.daily_sales().filter(pl.col("units") > 0).group_by("store_id")
    rows = listings(dataset, sold.agg(opened_on=pl.col("date").min())).collect()
    placed = series.with_row_index("row").join(rows, on=list(SERIES), how="inner")
    starts = period_starts(axis, 0, axis.count + beyond)
    out = np.ones((series.height, len(starts)), dtype=np.bool_)
    out[placed["row"].to_numpy()] = False
    for row, begin, end in placed.select("row", "listed_from", "listed_until").iter_rows():
        # a period under way when the listing began is played too: its later days sold
        inside = np.append(starts[1:], starts[-1] + np.timedelta64(axis.days_per_period, "D")) > np.datetime64(begin)
        out[row] |= inside & (True if end is None else starts < np.datetime64(end))
    return out


@dataclass(frozen=True)
class _Cells:
    """Puts rows of tables into arrays by series and period, `before` periods ahead of the axis first."""

    axis: PeriodAxis
    before: int
    series: pl.DataFrame

    def sums(self, rows: pl.DataFrame) -> Floats:
        """Units per cell; 0 without a row."""
        return self._put(rows, "units", pl.col("units").sum(), 0.0)

    def means(self, rows: pl.DataFrame, name: str, empty: float) -> Floats:
        """Mean of a column per cell; `empty` without a value."""
        return self._put(rows.filter(pl.col(name).is_not_null()), name, pl.col(name).mean(), empty)

    def _put(self, rows: pl.DataFrame, name: str, value: pl.Expr, empty: float) -> Floats:
        index = self.series.with_row_index("row")
        cell = self.axis.index(pl.col("date")) + self.before
        summed = rows.join(index, on=list(SERIES), how="inner").group_by("row", cell=cell).agg(value)
        out = np.full((self.series.height, self.before + self.axis.count), empty)
        out[summed["row"].to_numpy(), summed["cell"].to_numpy()] = summed[name].cast(pl.Float64).to_numpy()
        return out


def _recovered(sold: Floats, on_hand: Floats, open_share: Floats, stores: pl.Series, season: int, seed: int) -> Floats:
    """Demand behind the sales, in whole units where sales are whole."""
    out: Bools = on_hand <= 0
    began = np.nan_to_num(np.concatenate([np.full((len(out), 1), np.nan), on_hand[:, :-1]], axis=1))
    sold_out = out & (sold >= began) & (sold > 0)
    full = np.ones(sold.shape, dtype=np.bool_)
    number = stores.rle_id().cast(pl.Int64).to_numpy()
    shares = open_share.astype(np.float32)
    recovered = recover(sold.astype(np.float32), full, shares, sold_out, out & (began <= 0), number, season)
    demand = np.maximum(recovered.demand.astype(np.float64), sold)
    if np.array_equal(sold, np.rint(sold)):
        # floor of demand plus a uniform draw: whole units with the right mean
        demand = np.floor(demand + np.random.default_rng(seed).random(demand.shape))
        demand = np.maximum(demand, sold)
    return demand
