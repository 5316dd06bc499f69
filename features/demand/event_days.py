"""Computes demand ratios of event days: days with the same events and holidays, or in the same part of the month.

Demand of such days in the recent past is set against what their place in the week lets expect. The series' own ratio is
shrunk to that of its category in the store, because a product sells too little to show it alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from features.demand.arrays import Doubles, Floats, Ints, Rows, Table, ratio
from features.demand.demand_panel import DemandPanel
from features.demand.peer_groups import PeerGroups
from features.demand.window_sums import RunningSums

EVENT_RATIOS: Mapping[str, str] = MappingProxyType(
    {"category_event": "festival", "own_event": "festival", "category_month_part": "season"}
)
_WINDOW_LEVELS = 4
"""Levels (28 days each for daily periods) that the effect of event days is read over. Chosen by judgement, not
measured."""
TRUST_UNITS = 20.0
"""Units that a part's own effect counts against the coarser one. Chosen by judgement, not measured."""
_DAYS_OF_A_PART = 5
"""Days of each part of a month. Chosen by judgement, not measured."""
_LAST_PART = 5
"""Number of the last part: the 26th to the end."""
LIMITS = (0.1, 10.0)
"""Times the usual that an event day may be. Chosen by judgement, not measured."""


def event_numbers(flags: Floats) -> Ints:
    """A number per region x period such that equal flags have equal numbers.

    Args:
        flags: shape (flags, regions, periods).
    """
    flat = flags.reshape(len(flags), -1)
    numbers = np.unique(flat, axis=1, return_inverse=True)[1]
    return np.asarray(numbers, dtype=np.int64).reshape(flags.shape[1:])


def month_parts(day_of_month: Floats) -> Ints:
    """Number of the part of the month, from 0, of each day of the month."""
    return np.minimum((day_of_month.astype(np.int64) - 1) // _DAYS_OF_A_PART, _LAST_PART)


class _SeriesDays:
    """Running sums of each series' demand and days in stock, over days of one mark and place in the week at a time.

    Args:
        panel: the panel.
        rows: the series of one region; those of a store stand together.
        events: shape (T + H,), the numbers of `event_numbers` in the region.
    """

    def __init__(self, panel: DemandPanel, rows: Ints, events: Ints) -> None:
        count, season = panel.axis.count, panel.axis.rhythm.season
        self.rows = slice(rows[0], rows[-1] + 1) if rows[-1] - rows[0] == rows.size - 1 else rows
        self._count, self._season = count, season
        kind = events[:count] * season + np.arange(count) % season
        order = np.argsort(kind, kind="stable")
        self._kinds, self._order = np.unique(kind), kind[order] * count + order
        demand, weight = (of.T[order][:, self.rows] for of in (panel.demand, panel.weight))
        self._units, self._days = RunningSums((demand * weight).T), RunningSums((weight > 0).T)

    def ratios(self, past: slice, marks: Ints, usual: Doubles, prior: Doubles) -> Doubles:
        """Units that came per unit expected on days of each mark, shrunk to the category's, shape (marks, rows).

        Args:
            past: the periods looked back on.
            marks: shape (marks,), the marks, sorted.
            usual: shape (season, rows), units of each series' category at each place in the week from `past` on.
            prior: shape (marks, rows), the category's ratio on days of each mark.
        """
        begins, ends = (
            np.searchsorted(self._order, self._kinds * self._count + edge) for edge in (past.start, past.stop)
        )
        kinds = np.flatnonzero(begins < ends)
        units, days = (sums.between_each(begins[kinds], ends[kinds]).T for sums in (self._units, self._days))
        days *= usual[(self._kinds[kinds] - past.start) % self._season]
        mark = self._kinds[kinds] // self._season
        place = np.minimum(np.searchsorted(marks, mark), len(marks) - 1)
        total, base = np.zeros((2, len(marks) + 1, usual.shape[1]))
        for number, row in enumerate(np.where(marks[place] == mark, place, -1)):
            total[row] += units[number]
            base[row] += days[number]
        of_series = ratio(total.sum(axis=0), base.sum(axis=0), otherwise=0.0)
        ratios = ratio(total[:-1] + TRUST_UNITS * prior, base[:-1] * of_series + TRUST_UNITS)
        return np.clip(ratios, *LIMITS)


@dataclass(frozen=True)
class EventDays:
    """Demand ratios of event days for the series of a panel.

    Attributes:
        panel: the panel.
        category: the category in the store that each series belongs to.
        region: shape (n,), the region of each series.
        events: shape (regions, T + H), the numbers of `event_numbers`.
        parts: shape (T + H,), the numbers of `month_parts`.
        own: for each region of the panel its number and its series' days; none where periods are no days.
    """

    panel: DemandPanel
    category: PeerGroups
    region: Ints
    events: Ints
    parts: Ints
    own: tuple[tuple[int, _SeriesDays], ...]

    @classmethod
    def from_panel(
        cls, panel: DemandPanel, category: PeerGroups, region: Ints, events: Ints, parts: Ints
    ) -> "EventDays":
        """Sums up a panel's days; arguments are the attributes."""
        regions: list[int] = np.unique(region).tolist() if panel.axis.period == "day" else []
        own = tuple(
            (number, _SeriesDays(panel, np.flatnonzero(region == number), events[number])) for number in regions
        )
        return cls(panel, category, region, events, parts, own)

    def ratios(self, rows: Rows) -> list[Table]:
        """Ratios for the rows, in the order of `EVENT_RATIOS`."""
        rhythm, origin, furthest = self.panel.axis.rhythm, rows.origin, rows.furthest
        length = min(_WINDOW_LEVELS * rhythm.level, origin + 1) // rhythm.season * rhythm.season
        if not self.own or length < 2 * rhythm.season:
            return [Table(np.full((len(EVENT_RATIOS), 1), np.nan), np.zeros_like(rows.series))]
        past, future = slice(origin + 1 - length, origin + 1), slice(origin + 1, origin + 1 + furthest)
        came = self.category.windows.totals.between_each(*(np.arange(past.start, past.stop) + edge for edge in (0, 1)))
        usual = came.reshape(len(came), -1, rhythm.season).mean(axis=1)
        by_category, own, cell = self._by_event(past, future, came, usual)
        marks, place = np.unique(self.parts[future], return_inverse=True)
        by_part = _of_categories(came, usual, self.parts[past], marks)[:, place]
        in_category = self.category.of[rows.series] * furthest + rows.column
        own_cell = cell.take(self.region[rows.series] * furthest + rows.column) * self.panel.size + rows.series
        return [
            Table(by_category.reshape(1, -1), in_category),
            Table(own.reshape(1, -1), own_cell),
            Table(by_part.reshape(1, -1), in_category),
        ]

    def _by_event(self, past: slice, future: slice, came: Doubles, usual: Doubles) -> tuple[Doubles, Doubles, Ints]:
        """Ratios by events.

        Returns:
            Those of categories, shape (categories, ahead); those of series, shape (marks, n); and which mark a period
            ahead has in a region, shape (regions, ahead).
        """
        by_category = np.empty((len(came), future.stop - future.start))
        own: list[Doubles] = []
        cell = np.zeros((len(self.events), by_category.shape[1]), dtype=np.int64)
        for number, days in self.own:
            marks, place = np.unique(self.events[number, future], return_inverse=True)
            of_category = _of_categories(came, usual, self.events[number, past], marks)
            category_of = self.category.of[days.rows]
            present = np.unique(category_of)
            by_category[present] = of_category[present][:, place]
            cell[number] = place + sum(len(found) for found in own)
            out = np.full((marks.size, self.panel.size), np.nan)
            out[:, days.rows] = days.ratios(past, marks, usual.T[:, category_of], of_category.T[:, category_of])
            own.append(out)
        return by_category, np.concatenate(own), cell


def _of_categories(came: Doubles, usual: Doubles, past: Ints, marks: Ints) -> Doubles:
    """Units that came per unit expected of categories on days of each mark, shape (categories, marks).

    Args:
        came: shape (categories, periods), units.
        usual: shape (categories, season), units expected at each place in the week.
        past: shape (periods,), the mark of each period.
        marks: the marks.
    """
    marked = (past[:, None] == marks).astype(np.float64)
    expected = np.tile(usual, (1, past.size // usual.shape[1]))
    total, base = came @ marked, expected @ marked
    ratios = ratio(total + TRUST_UNITS, base + TRUST_UNITS)
    ratios[base <= 0] = np.nan
    return np.clip(ratios, *LIMITS)
