"""Builds the feature matrix of the demand model: one row per series x origin x periods ahead.

Nothing that happened after the origin enters; what is planned (prices,
promotions, the calendar) does. Every feature belongs to the group of drivers that explains it to a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import polars as pl

from features.calendar import (
    CALENDAR_COLUMNS,
    calendar_features,
    event_features,
    same_time_last_year,
)
from features.demand.arrays import Doubles, Floats, Ints, Rows, Table, gathered_features
from features.demand.demand_panel import DemandPanel
from features.demand.event_days import EVENT_RATIOS, EventDays, event_numbers, month_parts
from features.demand.festivals import unlearnable_columns
from features.demand.history import DemandHistory
from features.demand.levels import peer_rate, series_rate
from features.demand.outside_drivers import PREFIX, OutsideDrivers
from features.demand.peer_groups import ChainSums, PanelPeers
from features.demand.series_state import STATE, state
from features.demand.table_features import TableFeatures
from features.demand.target_period import PHASE, TARGET, YEAR_AGO, YearAgo, phase_ratios, target_values
from features.demand.window_sums import Windows

_MAX_EVENT_TYPES = 6
"""Types of events with a feature of their own: the most frequent ones. Chosen by judgement, not measured."""
_LEVELS_BEYOND_A_YEAR = 4
"""Levels beyond a year before last year's sales are features: fewer weeks of them misled trees (M5, .875 to .809)."""
EVENTS = (*(f"event_{number}" for number in range(_MAX_EVENT_TYPES)), "days_to_event")
IDS = ("store", "department", "category")
_WEEKLY = ("weekday",)
_SEASONAL = ("month", "day_of_month", "days_to_payday")


def _groups() -> dict[str, str]:
    """Driver group of each feature, in the order of the model's columns."""
    calendar = {
        name: "weekday" if name in _WEEKLY else "season" if name in _SEASONAL else "festival"
        for name in CALENDAR_COLUMNS
    }
    return {
        **STATE,
        **PHASE,
        **YEAR_AGO,
        **EVENT_RATIOS,
        **TARGET,
        **calendar,
        **dict.fromkeys(EVENTS, "festival"),
        **dict.fromkeys(IDS, "level"),
    }


FEATURES: Mapping[str, str] = MappingProxyType(_groups())
RATIOS = frozenset(
    {*PHASE, *YEAR_AGO, *EVENT_RATIOS}
    | {name for name in (*STATE, *TARGET) if any(part in name for part in ("_to_", "_trend", "_uplift"))}
)
"""Features that compare two numbers: 1 says that nothing sets them apart."""
REDEFINED: Mapping[str, int] = MappingProxyType({})
"""Number of a feature's definition, by name; one that is not named here has its first.

Raise it whenever a feature of the same name begins to mean something else: models fitted on the earlier definition are
then refused by that name."""
DRIVERS = ("level", "trend", "weekday", "season", "festival", "price", "promotion", "stock", "external")


def driver_of(feature: str) -> str:
    """The driver that a feature belongs to.

    Columns of feature tables describe the series and belong to its level; the table `drivers` is external.
    """
    return "external" if feature.startswith(PREFIX) else FEATURES.get(feature, "level")


@dataclass(frozen=True)
class Vocabulary:
    """The names a model knows, numbered by their place; others are unknown (missing).

    Attributes:
        stores, departments, categories: ids and names.
        event_types: the event types that have a flag each.
    """

    stores: tuple[str, ...]
    departments: tuple[str, ...]
    categories: tuple[str, ...]
    event_types: tuple[str, ...]

    @classmethod
    def from_history(cls, history: DemandHistory) -> "Vocabulary":
        """The names in a history; of the event types the most frequent."""
        series = history.series
        types = history.calendar.group_by("event_type").len().sort("len", "event_type", descending=[True, False])
        stores, departments, categories = (
            tuple(series[name].unique().sort().to_list()) for name in ("store_id", "department", "category")
        )
        return cls(stores, departments, categories, tuple(types["event_type"].to_list()[:_MAX_EVENT_TYPES]))


class DemandFeatures:
    """Builds feature rows from panels of one history."""

    def __init__(self, history: DemandHistory, vocabulary: Vocabulary) -> None:
        self._chain = ChainSums(history)
        self._vocabulary = vocabulary
        self._regions, self._calendar = _calendars(history, vocabulary)
        self._marks = _marks(self._calendar)
        self._comparable = _comparable_periods(history)
        self._tables = history.tables
        self._outside = history.outside
        self._in_own_units = history.in_own_units

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, in order: `FEATURES`, the columns of feature tables, those of drivers."""
        return _names(self._tables, self._outside)

    def for_panel(self, panel: DemandPanel) -> "PanelFeatures":
        """The features of a panel."""
        groups = self._chain.panel_peers(panel)
        year_ago = YearAgo.from_groups(panel.axis, self._comparable, (groups.category, groups.store))
        region = panel.series["region"].replace_strict(self._regions, default=0, return_dtype=pl.Int64)
        regions = region.fill_null(0).to_numpy()
        marked = EventDays.from_panel(panel, groups.store_category, regions, *self._marks)
        return PanelFeatures(
            panel,
            groups,
            self._ids(panel),
            self._calendar,
            marked,
            year_ago,
            self._tables,
            self._in_own_units,
            self._outside,
        )

    def _ids(self, panel: DemandPanel) -> Floats:
        names = {"store_id": "stores", "department": "departments", "category": "categories"}
        codes = [_codes(panel.series[column], getattr(self._vocabulary, name)) for column, name in names.items()]
        return np.stack(codes)


@dataclass(frozen=True)
class PanelFeatures:
    """Feature rows of one panel.

    Attributes:
        panel: the panel.
        groups: sums of each series' peer groups.
    """

    panel: DemandPanel
    groups: PanelPeers
    _ids: Floats
    _calendar: Floats
    _marked: EventDays
    _year_ago: YearAgo
    _tables: TableFeatures | None = None
    _in_own_units: bool = False
    _outside: OutsideDrivers | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, in order."""
        return _names(self._tables, self._outside)

    def level(self, origin: int) -> Doubles:
        """Level of each series as known at `origin` (the last visible period), units per period, shape (n,).

        Its own mean in the recent periods in stock, shrunk to that of its peer groups: by `features.demand.levels`, or
        where units are those of the tables as models learnt it that were fitted on such.
        """
        return self._shrunk_mean(self.panel.levels, origin, self._prior(origin))

    def sold_level(self, origin: int) -> Doubles:
        """The same from what was sold on all listed days, as if stock had never run out."""
        return self._shrunk_mean(self.panel.raw_levels, origin, self._prior(origin))

    def _prior(self, origin: int) -> Doubles:
        rhythm = self.panel.axis.rhythm
        if self._in_own_units:
            return peer_rate(self.groups, rhythm, origin)
        return self.groups.prior(origin + 1 - rhythm.level, origin + 1, rhythm.season)

    def _shrunk_mean(self, windows: Windows, origin: int, prior: Doubles) -> Doubles:
        rhythm = self.panel.axis.rhythm
        if self._in_own_units:
            return series_rate(windows, prior, rhythm, origin)
        begin, end = origin + 1 - rhythm.level, origin + 1
        mean = (windows.total(begin, end) + rhythm.trust * prior) / (windows.weight(begin, end) + rhythm.trust)
        level: Doubles = np.maximum(mean, 1e-4)
        return level

    def rows(self, origin: int, series: Ints, ahead: Ints, columns: Sequence[str] | None = None) -> Floats:
        """Features of some series at some periods ahead (1 is the first after the origin), shape (rows, features).

        Args:
            origin: the last visible period.
            series: shape (rows,), number in the panel.
            ahead: shape (rows,), periods after the origin.
            columns: names of the features, in the order wanted; all of `names` where not given. A driver that the
                table `drivers` does not have any more is NaN.
        """
        panel, groups, rhythm = self.panel, self.groups, self.panel.axis.rhythm
        rows = Rows(origin, series, ahead)
        prior = self._prior(origin)
        level = self._shrunk_mean(panel.levels, origin, prior)
        calendar = self._calendar.reshape(len(self._calendar), -1)
        tables = [
            Table(state(panel, groups, origin, level, prior, in_own_units=self._in_own_units), series),
            *phase_ratios(panel, groups, rows, level),
            *self._year_ago.ratios(rows, rhythm.level),
            *self._marked.ratios(rows),
            Table(target_values(panel, origin, series, rows.target), None),
            Table(calendar, self._marked.region[series] * self._calendar.shape[2] + rows.target),
            Table(self._ids, series),
        ]
        if self._tables is not None:
            tables.append(Table(self._tables.at(origin)[:, panel.series["s"].to_numpy()], series))
        if self._outside is not None and panel.outside is not None:
            tables.extend(self._outside.tables(panel.outside, rows, rhythm))
        place = {name: number for number, name in enumerate(self.names)}
        gone = [name for name in columns or () if name not in place and name.startswith(PREFIX)]
        if gone:
            place |= {name: len(place) + number for number, name in enumerate(gone)}
            tables.append(Table(np.full((len(gone), 1), np.nan), np.zeros_like(series)))
        selected = None if columns is None or tuple(columns) == self.names else [place[name] for name in columns]
        return gathered_features(tables, series.size, selected).T


def _names(tables: TableFeatures | None, outside: OutsideDrivers | None) -> tuple[str, ...]:
    return (
        *FEATURES,
        *(tables.names if tables is not None else ()),
        *(outside.features if outside is not None else ()),
    )


def _comparable_periods(history: DemandHistory) -> Ints:
    """Number of the period a year before each one of history and horizon; -1 where there is none.

    None at all while the history reaches back little more than a year: only the last weeks would have a value, and
    trees would learn whatever else was new in those weeks.
    """
    axis = history.axis
    count = axis.count + history.horizon
    if axis.count < axis.rhythm.year + _LEVELS_BEYOND_A_YEAR * axis.rhythm.level:
        return np.full(count, -1)
    if axis.period != "day":
        return np.maximum(np.arange(count) - axis.rhythm.year, -1)
    days = same_time_last_year(axis.starts(0, count), history.country)
    return np.array([-1 if day is None else max(axis.number(day), -1) for day in days])


def _codes(values: pl.Series, names: tuple[str, ...]) -> Floats:
    numbers = {name: number for number, name in enumerate(names)}
    coded = values.replace_strict(numbers, default=None, return_dtype=pl.Float32)
    return coded.fill_null(float("nan")).to_numpy()


def _calendars(history: DemandHistory, vocabulary: Vocabulary) -> tuple[dict[str, int], Floats]:
    """Number of each region, and the calendar's features: shape (features, regions + 1, T + H); 0 is everywhere.

    What the history cannot teach (`unlearnable_columns`) is missing.
    """
    axis = history.axis
    dates = axis.starts(0, axis.count + history.horizon)
    common = calendar_features(dates, history.country).to_numpy().T.copy()
    for name in unlearnable_columns(history):
        common[CALENDAR_COLUMNS.index(name)] = np.nan
    regions: list[str | None] = [None, *history.series["region"].drop_nulls().unique().sort().to_list()]
    types = list(vocabulary.event_types) + [""] * (_MAX_EVENT_TYPES - len(vocabulary.event_types))
    by_region = [
        np.concatenate([common, event_features(dates, history.calendar, region, types).to_numpy().T])
        for region in regions
    ]
    numbers = {region: number for number, region in enumerate(regions) if region is not None}
    return numbers, np.stack(by_region, axis=1).astype(np.float32)


def _marks(calendar: Floats) -> tuple[Ints, Ints]:
    """Numbers of days marked alike: by holidays and events, per region, and by the part of the month."""
    names = (*CALENDAR_COLUMNS, *EVENTS)
    flags = ["is_holiday", *(name for name in EVENTS if name != "days_to_event")]
    events = event_numbers(calendar[[names.index(name) for name in flags]])
    return events, month_parts(calendar[names.index("day_of_month"), 0])
