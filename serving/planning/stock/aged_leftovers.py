"""Finds the date of the goods on hand of known age by which most of them are left over."""

from datetime import date

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import ROUNDING, Floats, Ints, days, floats
from retail_brain.outputs import SERIES, DemandPaths


def with_date_of_most_waste(facts: pl.DataFrame, paths: DemandPaths, ages: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The rows with `dated_units`, on hand with that date or an earlier one, and the date by which most are left over.

    Oldest first, what is left over of all goods by their dates is the most that those up to any one date leave over. An
    earlier date than that of a row replaces it, with `sell_by_kind` `date`, where it leaves over more.

    Args:
        facts: one row per series of the paths: `store_id`, `product_id`, `on_hand`, `sell_by`, `sell_by_kind`.
        paths: sample paths of demand by day.
        ages: columns of `stock_ages.AGES`.
        as_of: last visible day.
    """
    index = facts.select(SERIES).with_row_index("row")
    batches = ages.join(index, on=list(SERIES), how="inner").sort("row", "days_left")
    if batches.is_empty():
        return facts.with_columns(dated_units=pl.col("on_hand"))
    rows = batches["row"].unique(maintain_order=True).to_numpy().astype(np.int64)
    place = np.searchsorted(rows, batches["row"].to_numpy())
    left_days = batches["days_left"].to_numpy().astype(np.int64)
    held = batches.select(pl.col("units").cum_sum().over("row")).to_series().to_numpy()
    base = _left_over(paths, rows, floats(facts["on_hand"], 0)[rows], facts["sell_by"].gather(rows), as_of)
    best, chosen = base + ROUNDING, np.full(len(rows), -1, dtype=np.int64)
    until = _days_from(facts["sell_by"].gather(rows), as_of)
    demand = np.zeros((len(rows), paths.units.shape[1]))
    starts = days(paths.dates)
    periods = np.searchsorted(starts, np.datetime64(as_of, "D") + np.arange(left_days.max(initial=0) + 1), side="right")
    for day in range(1, len(periods)):
        # in double precision, one day after another: no copy of the paths
        demand += paths.units[rows, :, periods[day - 1] : periods[day]].sum(axis=2, dtype=np.float64)
        at = np.flatnonzero((left_days == day) & (until[place] > day))
        left = np.maximum(held[at, None] - demand[place[at]], 0).mean(axis=1)
        more = left > best[place[at]]
        best[place[at[more]]], chosen[place[at[more]]] = left[more], at[more]
    moved = chosen >= 0
    changed = pl.DataFrame(
        {
            "row": rows[moved],
            "date": np.datetime64(as_of, "D") + left_days[chosen[moved]],
            "dated": held[chosen[moved]],
        },
        schema={"row": pl.UInt32, "date": pl.Date, "dated": pl.Float64},
    )
    joined = facts.with_row_index("row").join(changed, on="row", how="left", maintain_order="left")
    earlier = pl.col("date").is_not_null()
    return joined.with_columns(
        sell_by=pl.coalesce("date", "sell_by"),
        sell_by_kind=pl.when(earlier).then(pl.lit("date")).otherwise("sell_by_kind"),
        dated_units=pl.coalesce("dated", "on_hand"),
    ).drop("row", "date", "dated")


def _left_over(paths: DemandPaths, rows: Ints, held: Floats, last: pl.Series, as_of: date) -> Floats:
    """Mean units left over of each row after its last day; 0 where there is none."""
    starts = days(paths.dates)
    ends = np.datetime64(as_of, "D") + _days_from(last, as_of)
    left = np.zeros(len(rows))
    for place, row in enumerate(rows.tolist()):
        demand = paths.units[row, :, starts <= ends[place]].sum(axis=0, dtype=np.float64)
        left[place] = np.maximum(held[place] - demand, 0).mean()
    return np.where(last.is_null().to_numpy(), 0.0, left)


def _days_from(last: pl.Series, as_of: date) -> Ints:
    """Days from `as_of` to a day; far away where there is none."""
    return (last - as_of).dt.total_days().fill_null(10**5).to_numpy().astype(np.int64)
