"""How demand has differed on days marked alike: by the same events and holidays, or by the same part of the month.

Demand of such days in the recent past is set against what their place in the week lets expect. The series' own ratio is
shrunk to that of its category in the store, because a product sells too little to show it alone.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from features.demand_arrays import Doubles, Floats, Ints, ratio
from features.demand_groups import PanelGroups
from features.demand_panel import DemandPanel

MARKED: Mapping[str, str] = MappingProxyType(
    {"category_event": "festival", "own_event": "festival", "category_month_part": "season"}
)
WINDOW_LEVELS = 4
TRUST_UNITS = 20.0
DAYS_OF_A_PART = 5
LAST_PART = 5
LIMITS = (0.1, 10.0)


def signatures(flags: Floats) -> Ints:
    """A number per region x period such that equal flags have equal numbers.

    Args:
        flags: shape (flags, regions, periods).
    """
    flat = flags.reshape(len(flags), -1)
    numbers = np.unique(flat, axis=1, return_inverse=True)[1]
    return np.asarray(numbers, dtype=np.int64).reshape(flags.shape[1:])


def month_parts(day_of_month: Floats) -> Ints:
    """Number of the part of the month, from 0, of each day of the month."""
    return np.minimum((day_of_month.astype(np.int64) - 1) // DAYS_OF_A_PART, LAST_PART)


def marked_ratios(
    panel: DemandPanel, groups: PanelGroups, origin: int, ahead: int, region: Ints, events: Ints, parts: Ints
) -> Floats:
    """Ratios for the periods after the origin, shape (features, n, ahead), in the order of `MARKED`.

    Args:
        panel: the panel.
        groups: what each series' like is doing.
        origin: the last visible period.
        ahead: periods ahead.
        region: shape (n,), the region of each series.
        events: shape (regions, T + H), the numbers of `signatures`.
        parts: shape (T + H,), the numbers of `month_parts`.
    """
    out = np.full((len(MARKED), panel.size, ahead), np.nan, dtype=np.float32)
    season = panel.axis.rhythm.season
    length = min(WINDOW_LEVELS * panel.axis.rhythm.level, origin + 1) // season * season
    if panel.axis.period != "day" or length < 2 * season:
        return out
    past, future = slice(origin + 1 - length, origin + 1), slice(origin + 1, origin + 1 + ahead)
    of = groups.store_category.of
    came, expected = _came_and_expected(groups, past, season)
    own = panel.demand[:, past] * panel.weight[:, past]
    usual = ratio(own.sum(axis=1), (expected[of] * panel.weight[:, past]).sum(axis=1), otherwise=0.0)
    likely = expected[of] * panel.weight[:, past] * usual[:, None]
    for here in np.unique(region):
        rows = np.flatnonzero(region == here)
        known, wanted = _columns(events[here, past], events[here, future])
        of_group = _ratio_of(came, expected, known)
        out[0, rows] = of_group[of[rows]][:, wanted]
        out[1, rows] = _ratio_of(own[rows], likely[rows], known, of_group[of[rows]])[:, wanted]
    known, wanted = _columns(parts[past], parts[future])
    out[2] = _ratio_of(came, expected, known)[of][:, wanted]
    return out


def _came_and_expected(groups: PanelGroups, past: slice, season: int) -> tuple[Doubles, Doubles]:
    """Units of each category in its store by period, and what the mean of their weekday lets expect."""
    windows = groups.store_category.windows
    came = np.stack([windows.total(period, period + 1) for period in range(past.start, past.stop)], axis=1)
    by_phase = came.reshape(len(came), -1, season).mean(axis=1)
    return came, np.tile(by_phase, (1, came.shape[1] // season))


def _columns(past: Ints, future: Ints) -> tuple[npt.NDArray[np.float64], Ints]:
    """Marks the past periods of each number wanted, shape (periods, numbers), and the column of each future period."""
    numbers, wanted = np.unique(future, return_inverse=True)
    return (past[:, None] == numbers[None, :]).astype(np.float64), np.asarray(wanted, dtype=np.int64)


def _ratio_of(
    came: Floats | Doubles, expected: Floats | Doubles, known: Doubles, prior: Doubles | None = None
) -> Doubles:
    """Units that came per unit expected on the marked periods, shrunk to the prior; NaN where nothing is known."""
    total, base = came @ known, expected @ known
    if prior is None:
        found = ratio(total + TRUST_UNITS, base + TRUST_UNITS)
        found[base <= 0] = np.nan
        return np.clip(found, *LIMITS)
    return np.clip(ratio(total + TRUST_UNITS * prior, base + TRUST_UNITS), *LIMITS)
