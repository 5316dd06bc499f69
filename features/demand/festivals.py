"""Selects calendar features that a history is long enough to learn: festivals seen twice, or once with a clear effect.

The distance to a festival that came once marks a stretch of days that came once: trees would learn whatever else
happened then.
"""

import numpy as np

from features.calendar import festival_days
from features.demand.arrays import Doubles
from features.demand.history import DemandHistory

_TIMES_SEEN = 2
"""Occurrences from which a festival's distance is learnt (docs/benchmarks.md, what was learnt before that, 1)."""
_CLEAR_CHANGE = 0.2
"""Share of the usual day; one occurrence with a larger change is enough (there too)."""
DAYS_BEFORE, DAYS_AFTER = 14, 7
"""Days before and after an occurrence in which a change is looked for. Chosen by judgement, not measured."""
_DAYS_AROUND = 28
"""Days on both sides that the usual day is taken from. Chosen by judgement, not measured."""


def unlearnable_columns(history: DemandHistory) -> list[str]:
    """Calendar columns that the history is too short for: the month, and distances to festivals."""
    axis = history.axis
    first, last = axis.start(0), axis.start(axis.count - 1)
    sold = history.sales["units"].to_numpy().astype(np.float64)
    units = np.bincount(history.sales["t"].to_numpy(), weights=sold, minlength=axis.count).astype(np.float64)
    left_out = ["month"] if axis.count < _TIMES_SEEN * axis.rhythm.year else []
    for name, days in festival_days(history.country, first.year, last.year).items():
        occurrences = [day for day in days if first <= day <= last]
        if len(occurrences) < _TIMES_SEEN and not any(
            _changed(units, axis.number(day), axis.days_per_period) for day in occurrences
        ):
            left_out.append(f"days_to_{name}")
    return left_out


def _changed(units: Doubles, festival: int, days: int) -> bool:
    """Whether the chain's units before or after a festival were clearly other than in the weeks around."""
    before, after, around = (max(1, length // days) for length in (DAYS_BEFORE, DAYS_AFTER, _DAYS_AROUND))
    usual = np.concatenate(
        [
            _stretch(units, festival - before - around, festival - before),
            _stretch(units, festival + after + 1, festival + after + 1 + around),
        ]
    )
    near = (_stretch(units, festival - before, festival), _stretch(units, festival + 1, festival + 1 + after))
    if usual.size < around or not usual.mean() > 0:
        return False
    return any(part.size > 0 and abs(part.mean() / usual.mean() - 1) > _CLEAR_CHANGE for part in near)


def _stretch(units: Doubles, begin: int, end: int) -> Doubles:
    return units[max(begin, 0) : max(end, 0)]
