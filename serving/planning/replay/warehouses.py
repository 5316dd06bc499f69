"""Works out what the warehouses of a chain really had to give in a replay, from their recorded stock."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from features.demand.periods import PeriodAxis
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Floats, Ints, floats
from retail_brain.decisions.source_stock import SOURCE_PREFIX
from retail_brain.decisions.supply_terms import Terms
from retail_brain.outputs import SERIES
from retail_brain.simulation.sources import SourceStock

_KEYS = list(SERIES)


@dataclass(frozen=True)
class Warehouses:
    """Source shops of the series of a replay.

    Attributes:
        places: `store_id`, `product_id` of every source whose stock was counted.
        stock: their stock over the replay, restocked as it really was.
        on_order: units on their way to them before the replay.
    """

    places: pl.DataFrame
    stock: SourceStock
    on_order: Floats


def read_warehouses(
    dataset: Dataset, series: pl.DataFrame, terms: Terms, received: Floats, axis: PeriodAxis
) -> Warehouses | None:
    """The warehouses whose stock is recorded; None where no series is supplied by one.

    What came to a warehouse is what its stock rose by, and what its shops received of it a lead time later. So every
    policy meets the deliveries that its suppliers really brought. What it gave to shops that are not played stays gone.

    Args:
        dataset: as known at the end of the replay.
        series: `store_id`, `product_id`.
        terms: their supply terms.
        received: units of each series and period that the records tell of.
        axis: the periods.
    """
    named = series.select(
        "product_id",
        row=pl.int_range(pl.len()),
        store_id=pl.when(terms.source.str.starts_with(SOURCE_PREFIX)).then(
            terms.source.str.strip_prefix(SOURCE_PREFIX)
        ),
    ).drop_nulls()
    begin = axis.first - timedelta(days=1)
    counts = dataset.scan_or_empty("inventory").filter(pl.col("date") >= begin).collect()
    counted = counts.join(named, on=_KEYS, how="semi").with_columns(day=pl.col("date") + pl.duration(days=1))
    places = counted.filter(pl.col("date") == begin).select(_KEYS).unique().sort(_KEYS)
    if places.height == 0:
        return None
    ends = pl.DataFrame({"day": axis.starts(0, axis.count + 1)}).with_row_index("period")
    cells = counted.join(ends, on="day").join(places.with_row_index("place"), on=_KEYS)
    units = np.full((places.height, axis.count + 1), np.nan)
    units[cells["place"].to_numpy(), cells["period"].to_numpy()] = cells["on_hand"].cast(pl.Float64).to_numpy()
    of = np.full(series.height, -1, dtype=np.int64)
    placed = named.join(places.with_row_index("place"), on=_KEYS)
    of[placed["row"].to_numpy()] = placed["place"].to_numpy()
    came = _came(_filled(np.maximum(units, 0)), of, received, np.ceil(terms.lead_days / axis.days_per_period))
    arrivals = np.concatenate([np.zeros((places.height, 1)), came], axis=1)
    first = places.join(counted.filter(pl.col("date") == begin), on=_KEYS, how="left", maintain_order="left")
    on_order = floats(first["on_order"], 0)
    return Warehouses(places, SourceStock(of, _filled(np.maximum(units, 0))[:, 0], arrivals, terms.case_pack), on_order)


def _filled(units: Floats) -> Floats:
    """Stock with gaps in the record filled by the count before."""
    last = np.maximum.accumulate(np.where(np.isnan(units), 0, np.arange(units.shape[1])), axis=1)
    return np.take_along_axis(units, last, axis=1)


def _came(stock: Floats, of: Ints, received: Floats, lead: Floats) -> Floats:
    """Units that came to each source in each period; below 0 where it gave to shops that are not played."""
    periods = received.shape[1]
    came = np.diff(stock, axis=1)
    for row in np.flatnonzero(of >= 0):
        later = int(lead[row])
        # what was given in the last lead time arrived after the replay, and nobody knows how much it was
        came[of[row], : periods - later] += received[row, later:]
    unknown = np.array([int(lead[of == place].max(initial=0)) for place in range(len(stock))])
    late = np.arange(periods)[None, :] >= periods - unknown[:, None]
    return np.where(late, np.maximum(came, 0), came)
