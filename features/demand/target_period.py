"""Computes features of a period ahead: its place in the week and the year, its planned price and promotion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from features.demand.arrays import Bools, Doubles, Floats, Ints, Rows, Table, ratio
from features.demand.demand_panel import DemandPanel
from features.demand.peer_groups import PanelPeers, PeerGroups
from features.demand.periods import PeriodAxis

_RATIO_LIMIT = 20.0
"""Times the level that a ratio feature may be; division by a small level would give any number. Chosen by judgement,
not measured."""

PHASE: Mapping[str, str] = MappingProxyType(
    {
        "last_phase_to_level": "weekday",
        "phase_short_to_level": "weekday",
        "phase_long_to_level": "weekday",
        "category_phase": "weekday",
        "store_phase": "weekday",
    }
)
YEAR_AGO: Mapping[str, str] = MappingProxyType({"category_year_ago": "season", "store_year_ago": "season"})
TARGET: Mapping[str, str] = MappingProxyType(
    {
        "ahead": "trend",
        "launch_age": "trend",
        "price_to_usual": "price",
        "promotion": "promotion",
        "display": "promotion",
        "mailer": "promotion",
        "promotion_before": "promotion",
        "promotion_length": "promotion",
        "price_to_promotions": "price",
    }
)
FALLING_IN_PRICE = ("price_to_usual", "price_to_promotions")


def phase_ratios(panel: DemandPanel, groups: PanelPeers, rows: Rows, level: Doubles) -> list[Table]:
    """Demand in past periods of the same phase (weekday) against the level, in the order of `PHASE`.

    Args:
        panel: the panel.
        groups: sums of each series' peer groups.
        rows: series and periods ahead.
        level: of each series at the origin, shape (n,).
    """
    rhythm = panel.axis.rhythm
    phase = (np.arange(rows.furthest) % rhythm.season).take(rows.column)
    own = np.empty((1 + len(rhythm.cycles), rhythm.season, panel.size), dtype=np.float32)
    for row, cycles in zip(own, (1, *rhythm.cycles), strict=True):
        total, weight = (sums.by_phase(rows.origin + 1, cycles) for sums in (panel.phases.totals, panel.phases.weights))
        np.minimum(ratio(total, weight) / level, _RATIO_LIMIT, out=row, casting="same_kind")
    tables = [Table(own.reshape(len(own), -1), phase * panel.size + rows.series)]
    for group in (groups.store_category, groups.store):
        ratios = np.minimum(_group_phase(group, rows.origin, rhythm.cycles[-1], rhythm.season), _RATIO_LIMIT)
        tables.append(Table(ratios.reshape(1, -1), group.of[rows.series] * rhythm.season + phase))
    return tables


@dataclass(frozen=True)
class YearAgo:
    """A year ago seen from each period of a panel.

    Attributes:
        last: shape (T + H,), the last period that each value is computed from; beyond the axis where there is none.
        groups: numbers of each series' groups, and means of each group around the comparable time a year earlier,
            shape (groups, T + H), NaN where that is unknown.
    """

    last: Ints
    groups: tuple[tuple[Ints, Doubles], ...]

    @classmethod
    def from_groups(cls, axis: PeriodAxis, comparable: Ints, groups: Sequence[PeerGroups]) -> "YearAgo":
        """Looks up the comparable periods (-1 where there is none), a little smoothed where periods are days."""
        half = 3 if axis.period == "day" else 0
        comparable_known = (comparable >= half) & (comparable + half < axis.count)
        last = np.where(comparable_known, comparable + half, comparable.size)
        means = []
        for group in groups:
            around = np.full((group.windows.size, comparable.size), np.nan)
            around[:, comparable_known] = group.windows.means_around(comparable[comparable_known], half)
            means.append((group.of, around))
        return cls(last, tuple(means))

    def ratios(self, rows: Rows, level: int) -> list[Table]:
        """How demand changed a year ago from the level up to the origin to the periods ahead.

        Args:
            rows: series and periods ahead.
            level: periods that the level is read from.
        """
        origin = rows.origin
        target = np.arange(origin + 1, origin + 1 + rows.furthest)
        unknown = self.last[target] > origin
        if unknown.all():
            return [Table(np.full((len(YEAR_AGO), 1), np.nan), np.zeros_like(rows.series))]
        tables = []
        for of, means in self.groups:
            recent = means[:, max(origin + 1 - level, 0) : origin + 1]
            count = (~np.isnan(recent)).sum(axis=1)
            before = ratio(np.nansum(recent, axis=1), count.astype(np.float64))
            before[count < level // 2] = np.nan
            change = np.minimum(ratio(means[:, target], before[:, None]), _RATIO_LIMIT)
            change[:, unknown] = np.nan
            tables.append(Table(change.reshape(1, -1), of[rows.series] * rows.furthest + rows.column))
        return tables


def target_values(panel: DemandPanel, origin: int, series: Ints, target: Ints) -> Floats:
    """What is planned for the series at the target periods, shape (features, rows), in the order of `TARGET`."""
    oldest = np.float32(panel.axis.rhythm.windows[-1])
    begin = panel.series["begin"].to_numpy().astype(np.float32)
    age = np.where(_began_unseen(panel), oldest, np.float32(0)) - begin
    usual = panel.prices.mean(origin + 1 - 2 * panel.axis.rhythm.level, origin + 1)
    usual[~(usual > 0)] = np.nan
    out = np.zeros((len(TARGET), series.size), dtype=np.float32)
    out[0] = target - origin
    out[1] = np.minimum(target.astype(np.float32) + age[series], oldest)
    cell = target * panel.size + series
    out[2] = np.take(panel.price.T, cell) / usual[series]
    if panel.has_promotions:
        before = np.maximum(target - panel.axis.rhythm.windows[1] // 2, 0) * panel.size + series
        for row, planned in zip(out[3:6], (panel.promotion, panel.display, panel.mailer), strict=True):
            row[:] = np.take(planned.T, cell)
        out[6] = np.take(panel.promotion.T, before)
        out[7] = np.take(panel.promotion_age.T, cell)
        # where no shelf price is known this alone says how deep a cut is
        earlier = panel.promoted_prices.mean(0, origin + 1)
        price = np.where(np.take(panel.promotion.T, cell), np.take(panel.price.T, cell), np.float32(np.nan))
        out[8] = ratio(price, earlier[series])
    else:
        out[7:9] = np.nan
    return out


def _began_unseen(panel: DemandPanel) -> Bools:
    """Series that were there before the panel, or as early in it as any that sells now and then would first be seen."""
    early = panel.series["begin"].to_numpy() < panel.axis.rhythm.level
    unseen: Bools = panel.series["began_before"].to_numpy() | (early & ~panel.series["is_listed"].to_numpy())
    return unseen


def _group_phase(group: PeerGroups, origin: int, cycles: int, season: int) -> Doubles:
    """Mean of each phase against the mean of all, shape (groups, season)."""
    ends = (origin + 2 + np.arange(season) - season * np.arange(1, cycles + 1)[:, None]).ravel()
    total, weight = (
        sums.between_each(ends - 1, ends).reshape(-1, cycles, season).sum(axis=1)
        for sums in (group.windows.totals, group.windows.weights)
    )
    mean = ratio(total.sum(1, keepdims=True), weight.sum(1, keepdims=True))
    return ratio(ratio(total, weight), mean)
