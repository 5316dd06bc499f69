"""Works out when the units that are on order before a replay arrive: on their day, or at some moment of a lead time."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Days, Floats, days, floats
from retail_brain.decisions.holdings import Due
from retail_brain.decisions.inputs import read_open_orders
from retail_brain.decisions.order_calendar import period_of
from retail_brain.decisions.supply_terms import Terms
from retail_brain.outputs import SERIES


def read_due(
    dataset: Dataset, series: pl.DataFrame, stores: Sequence[str] | None = None, *, most_late_days: int
) -> Due:
    """Open orders of the last visible day, by index of `series`; those later than `most_late_days` never come."""
    told = read_open_orders(dataset, stores, most_late_days=most_late_days).filter(~pl.col("is_lost"))
    rows = told.join(series.with_row_index("row"), on=list(SERIES), how="inner")
    return Due(rows["row"].to_numpy().astype(np.int64), days(rows["arrives_on"]), floats(rows["units"]))


def opening_due(due: Due, undated: Floats, terms: Terms, starts: Days, seed: int) -> Floats:
    """Units on order by the period in whose morning they arrive, shape (series, periods).

    Overdue orders arrive at once. Units without a day are of an order of unknown age: a share of its lead time, drawn
    by `seed` for each series, is still to come.

    Args:
        due: open orders with their day of arrival.
        undated: units on order without a day, one per series.
        terms: supply terms.
        starts: first days of the periods from the first played on; what arrives later is not counted.
        seed: of the draws.
    """
    rng = np.random.default_rng((seed, 2))
    shares, late = rng.random(len(undated)), rng.normal(size=len(undated)) * terms.lead_sd_days
    remaining = np.floor(np.maximum(terms.lead_days + late, 0) * shares)
    # the order was placed at the beginning of a period, so it arrives at one: the one that its last day lies in
    lands = np.searchsorted(starts, starts[0] + remaining.astype("timedelta64[D]"), side="right") - 1
    period = np.concatenate([period_of(due.arrives_on, starts), lands])
    series = np.concatenate([due.series, np.arange(len(undated))])
    units = np.concatenate([due.units, undated])
    near = period < len(starts)
    out = np.zeros((len(undated), len(starts)))
    np.add.at(out, (series[near], period[near]), units[near])
    last = int(np.flatnonzero(out.any(axis=0)).max(initial=0))
    return out[:, : last + 1]
