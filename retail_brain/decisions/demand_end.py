"""Ends demand where the listing or the season of goods ends: nobody is expected to buy them after that day."""

from datetime import date

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Bools, Days, days
from retail_brain.outputs import DemandPaths

STILL_SOLD_DAYS, STILL_SOLD_UNITS = 14, 1.0
"""Days after the usual end of a season, and units forecast in them, with which the season is not over yet: one in a
fortnight is more than the rounding of a forecast of nothing."""


def until_end(paths: DemandPaths, ends_on: Days) -> DemandPaths:
    """The paths with no demand after the last day of each series; the same object where nothing changes.

    Args:
        paths: sample paths.
        ends_on: last day of demand of each series, `supply_terms.NO_END` without one; its whole period counts.
    """
    starts = days(paths.dates)
    over = starts[None, :] > ends_on[:, None]
    wanted = np.array([row for row in np.flatnonzero(over.any(axis=1)) if paths.units[row][:, over[row]].any()])
    if not len(wanted):
        return paths
    # a copy: the paths are the caller's, who may also show them as the forecast
    units = paths.units.copy()
    units[wanted] *= ~over[wanted][:, None, :]
    return DemandPaths(paths.series, paths.dates, units)


def forecast_ends(paths: DemandPaths, ends: pl.DataFrame) -> pl.DataFrame:
    """The ends of demand with seasons moved on, or taken away, as long as the forecast goes on selling.

    Past seasons tell when one usually ends; the forecast knows this year's. A season ends on the first day after which
    less than one unit is forecast in a fortnight; where no whole fortnight of the forecast is left, no end is known.
    Of the fortnight after the usual end, what is forecast of it stands for the whole.

    Args:
        paths: sample paths.
        ends: one row per series in the order of `paths`: `ends_on` and `end_kind` (null without an end).
    """
    seasons = np.flatnonzero((ends["end_kind"] == "season").fill_null(value=False).to_numpy())
    if not len(seasons):
        return ends
    starts, mean = days(paths.dates), paths.units[seasons].mean(axis=1, dtype=np.float64)
    usual = days(ends["ends_on"])[seasons]
    first = starts[0] - np.timedelta64(1, "D")
    moved = [_end(starts, units, max(end, first)) for units, end in zip(mean, usual, strict=True)]
    ends_on, kinds = ends["ends_on"].to_list(), ends["end_kind"].to_list()
    for row, end in zip(seasons.tolist(), moved, strict=True):
        ends_on[row], kinds[row] = end, None if end is None else "season"
    return ends.with_columns(ends_on=pl.Series(ends_on, dtype=pl.Date), end_kind=pl.Series(kinds, dtype=pl.String))


def _end(starts: Days, units: "np.ndarray[tuple[int], np.dtype[np.float64]]", usual: np.datetime64) -> date | None:
    """The first day from the usual end on after which little is forecast; None where the forecast ends before it."""
    ahead, day_long = np.timedelta64(STILL_SOLD_DAYS, "D"), np.timedelta64(1, "D")
    last = starts[-1] + (starts[-1] - starts[-2] if len(starts) > 1 else day_long) - day_long
    for end in (usual, *starts[starts > usual]):
        # the rest of a fortnight sells little even in the middle of a season
        if end > usual and end + ahead > last:
            return None
        inside: Bools = (starts > end) & (starts <= end + ahead)
        part = float(min(ahead, last - end) / ahead)
        if units[inside].sum() < STILL_SOLD_UNITS * part or part <= 0:
            day: date = end.astype(date)
            return day
    return None
