"""Reads the inputs of a replay: recovered demand, opening stock, supply terms, recorded sales and stock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from features.demand.censoring import recover
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Bools, Floats, Ints
from retail_brain.decisions.inputs import read_stock, read_terms
from retail_brain.decisions.supply_terms import Terms, align, complete_terms
from retail_brain.errors import ImpossibleError
from retail_brain.outputs import SERIES
from retail_brain.settings import Settings
from retail_brain.simulation.scenario import NON_PERISHABLE
from retail_brain.simulation.stock_records import age_records

_WARM_DAYS = 91
"""Days of sales before the replay from which the age of stock is derived. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class ReplayFacts:
    """Demand, stock and supply terms of the days of a replay.

    Attributes:
        series: `store_id`, `product_id`, sorted.
        terms: supply terms as known before the first day.
        demand: recovered units per series and day, from `before` days ahead of the first day to the last.
        before: days of `demand` ahead of the first day played.
        sold: recorded sales of the days played.
        on_hand: recorded stock at the end of the days played, NaN where there is no record.
        received, wasted: units of the days played that the stock records tell of (see `simulation.records`).
        life: days that goods may be sold for, NON_PERISHABLE where longer than the quarter before the first day.
        opening_on_hand, opening_on_order: units at the end of the day before the first.
        opening_batches: `opening_on_hand` by remaining days of life, as in `simulation.scenario.OpeningStock`.
        listed: whether the series is listed, per day from the first played on, as many days beyond the last as before
            the first.
        has_inventory: whether any stock was recorded.
    """

    series: pl.DataFrame
    terms: Terms
    demand: Floats
    before: int
    sold: Floats
    on_hand: Floats
    received: Floats
    wasted: Floats
    life: Ints
    opening_on_hand: Floats
    opening_on_order: Floats
    opening_batches: Floats
    listed: Bools
    has_inventory: bool

    @property
    def played(self) -> Floats:
        """Demand of the days played."""
        return self.demand[:, self.before :]


def read_replay(
    dataset: Dataset, first: date, last: date, settings: Settings, stores: Sequence[str] | None = None, seed: int = 0
) -> ReplayFacts:
    """Reads the days `first` to `last`, and the quarter before them.

    Only series sold in that quarter take part. Demand of days on which stock ran out is recovered from the days before
    (see `features.demand.censoring`) and rounded at random, by `seed`, to whole units.

    Raises:
        ImpossibleError: nothing was sold in the quarter before, or the days are the wrong way round.
    """
    if last < first:
        raise ImpossibleError(f"the replay would end on {last}, before it begins on {first}. Swap the days.")
    # Ages of stock and recovered demand need history ahead of the first day.
    begin = first - timedelta(days=_WARM_DAYS)
    sales = dataset.at(last).daily_sales().filter(pl.col("date") >= begin)
    if stores is not None:
        sales = sales.filter(pl.col("store_id").is_in(list(stores)))
    rows = sales.select(*SERIES, "date", pl.col("units").clip(0)).collect()
    series = rows.filter(pl.col("date") < first, pl.col("units") > 0).select(SERIES).unique().sort(SERIES)
    if series.height == 0:
        raise ImpossibleError(
            f"nothing was sold between {begin} and {first}, so there is nothing to replay. Choose another --from."
        )
    days = (last - begin).days + 1
    sold = _matrix(rows, series, begin, days, "units", 0.0)
    records = dataset.at(last).scan_or_empty("inventory").filter(pl.col("date") >= begin).collect()
    on_hand = _matrix(records, series, begin, days, "on_hand", float("nan"))
    demand = _recovered(sold, on_hand, series["store_id"], seed)
    visible, usual = dataset.at(first - timedelta(days=1)), settings.replenishment
    stock = align(
        read_stock(visible, most_age_days=usual.stock_most_age_days),
        series,
        {"on_hand": pl.Float64, "on_order": pl.Float64},
    )
    terms = complete_terms(read_terms(visible, first - timedelta(days=1)), series, usual)
    opening = stock["on_hand"].fill_nan(None).to_numpy().astype(np.float64)
    life = _life(terms)
    aged = age_records(sold, on_hand, life, _WARM_DAYS - 1)
    guess = sold[:, :_WARM_DAYS].mean(axis=1) * (terms.lead_days + terms.review_days)
    opening_units = np.maximum(np.where(np.isnan(opening), np.ceil(guess), opening), 0)
    return ReplayFacts(
        series=series,
        terms=terms,
        demand=demand,
        before=_WARM_DAYS,
        sold=sold[:, _WARM_DAYS:],
        on_hand=on_hand[:, _WARM_DAYS:],
        received=aged.received[:, _WARM_DAYS:],
        wasted=aged.wasted[:, _WARM_DAYS:],
        life=life,
        opening_on_hand=opening_units,
        opening_batches=_batches(aged.batches, opening_units, life),
        listed=_listed(visible, series, first, days),
        opening_on_order=np.nan_to_num(stock["on_order"].fill_nan(None).to_numpy().astype(np.float64)),
        has_inventory=bool(np.isfinite(on_hand).any()),
    )


def _life(terms: Terms) -> Ints:
    """Days that goods may be sold for; those that outlive the quarter before the replay are taken to keep."""
    keeps = terms.shelf_life_days > _WARM_DAYS
    days = np.maximum(np.nan_to_num(terms.shelf_life_days, posinf=1.0), 1)
    return np.where(keeps, NON_PERISHABLE, days).astype(np.int64)


def _batches(aged: Floats, opening_units: Floats, life: Ints) -> Floats:
    """The opening stock by age: as the records tell, scaled to it; fresh where they do not."""
    total = aged.sum(axis=1)
    rows = np.arange(len(opening_units))
    fresh = np.zeros_like(aged)
    fresh[rows, np.minimum(life, aged.shape[1]) - 1] = opening_units
    scale = np.divide(opening_units, total, out=np.zeros_like(opening_units), where=total > 0)
    return np.where((total > 0)[:, None], aged * scale[:, None], fresh)


def _listed(dataset: Dataset, series: pl.DataFrame, first: date, days: int) -> Bools:
    """Whether each series is listed on each day from the first; those that the assortment never names always are."""
    rows = dataset.scan_or_empty("assortment").collect()
    placed = series.with_row_index("row").join(rows, on=list(SERIES), how="inner")
    out = np.ones((series.height, days), dtype=np.bool_)
    out[placed["row"].to_numpy()] = False
    for row, begin, end in placed.select("row", "listed_from", "listed_until").iter_rows():
        until = days if end is None else (end - first).days
        out[row, max((begin - first).days, 0) : max(until, 0)] = True
    return out


def _matrix(rows: pl.DataFrame, series: pl.DataFrame, begin: date, days: int, name: str, empty: float) -> Floats:
    """A column of rows by series and day."""
    index = series.with_row_index("row")
    placed = rows.join(index, on=list(SERIES), how="inner").with_columns(
        day=(pl.col("date") - pl.lit(begin)).dt.total_days()
    )
    out = np.full((series.height, days), empty)
    out[placed["row"].to_numpy(), placed["day"].to_numpy()] = placed[name].cast(pl.Float64).to_numpy()
    return out


def _recovered(sold: Floats, on_hand: Floats, stores: pl.Series, seed: int) -> Floats:
    """Demand behind the sales, in whole units where sales are whole."""
    out: Bools = on_hand <= 0
    began = np.nan_to_num(np.concatenate([np.full((len(out), 1), np.nan), on_hand[:, :-1]], axis=1))
    sold_out = out & (sold >= began) & (sold > 0)
    full = np.ones(sold.shape, dtype=np.float32)
    number = stores.rle_id().cast(pl.Int64).to_numpy()
    recovered = recover(sold.astype(np.float32), full > 0, full, sold_out, out & (began <= 0), number, 7)
    demand = np.maximum(recovered.demand.astype(np.float64), sold)
    if np.array_equal(sold, np.rint(sold)):
        # Floor of demand plus a uniform draw: whole units with the right mean.
        demand = np.floor(demand + np.random.default_rng(seed).random(demand.shape))
        demand = np.maximum(demand, sold)
    return demand
