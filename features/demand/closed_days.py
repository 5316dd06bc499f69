"""Closed days of stores, read from their own sales: single days such as a holiday, and weekdays such as Sundays."""

import numpy as np

from features.demand.arrays import Bools, Doubles

_CLOSED_WEEKS = 4
"""Earlier weeks whose same weekday says what a store usually sells. Chosen by judgement, not measured."""
_CLOSED_SHARE = 0.4
"""Share of the usual day; a store below it was closed. Left out: M5's window of 4 January from .866 to .778."""
CLOSED_LEAST_UNITS = 30.0
"""Units a day; smaller stores are never called closed: chance alone can bring them so low. Chosen by judgement, not
measured."""
CLOSED_WEEKDAY_WEEKS = 8
"""Newest weeks in which a store sold nothing on a weekday: it is closed then. Chosen by judgement, not measured."""


def closed_days(totals: Doubles, season: int) -> Bools:
    """Days on which a store sold next to nothing of what it sold on the same days of the last weeks.

    Args:
        totals: shape (stores, T), units per day.
        season: days of a week.
    """
    out = np.zeros(totals.shape, dtype=bool)
    if totals.shape[1] > _CLOSED_WEEKS * season:
        first = _CLOSED_WEEKS * season
        before = [
            totals[:, first - week * season : totals.shape[1] - week * season] for week in range(1, _CLOSED_WEEKS + 1)
        ]
        usual = np.mean(before, axis=0)
        out[:, first:] = (totals[:, first:] < _CLOSED_SHARE * usual) & (usual >= CLOSED_LEAST_UNITS)
    return out
