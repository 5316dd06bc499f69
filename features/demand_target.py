"""What is known at an origin about a period ahead: its place in the week and the year, its price and promotion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from features.demand_arrays import Bools, Doubles, Floats, Ints, ratio
from features.demand_groups import Groups, PanelGroups
from features.demand_panel import DemandPanel, Windows
from features.demand_periods import PeriodAxis

RATIO_LIMIT = 20.0

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
    }
)
FALLING_IN_PRICE = ("price_to_usual",)


def phase_ratios(panel: DemandPanel, groups: PanelGroups, origin: int, level: Doubles) -> Floats:
    """Demand in past periods of the same phase (weekday) against the level, shape (features, n, season)."""
    rhythm = panel.axis.rhythm
    out = np.full((len(PHASE), panel.size, rhythm.season), np.nan, dtype=np.float32)
    for row, cycles in enumerate((1, *rhythm.cycles)):
        total, weight = _by_phase(panel.usual_demand, panel.usual_weight, origin, cycles, rhythm.season)
        out[row] = ratio(total, weight) / level[:, None]
    for row, group in ((3, groups.store_category), (4, groups.store)):
        out[row] = _group_phase(group, origin, rhythm.cycles[-1], rhythm.season)[group.of]
    return np.minimum(out, RATIO_LIMIT)


@dataclass(frozen=True)
class YearAgo:
    """A year ago seen from each period of a panel.

    Attributes:
        last: shape (T + H,), the last period that each value needs to know.
        groups: numbers of each series' groups, and means of each group around the comparable time a year earlier,
            shape (groups, T + H), NaN where that is unknown.
    """

    last: Ints
    groups: tuple[tuple[Ints, Doubles], ...]

    @classmethod
    def of(cls, axis: PeriodAxis, comparable: Ints, groups: Sequence[Groups]) -> "YearAgo":
        """Looks up the comparable periods (-1 where there is none), a little smoothed where periods are days."""
        half = 3 if axis.period == "day" else 0
        last = comparable + half
        known = (comparable >= half) & (last < axis.count)
        means = []
        for group in groups:
            around = np.full((group.windows.size, comparable.size), np.nan)
            around[:, known] = group.windows.means_around(comparable[known], half)
            means.append((group.of, around))
        return cls(last, tuple(means))

    def ratios(self, origin: int, ahead: int, level: int) -> Floats:
        """How demand changed a year ago from the level up to the origin to the periods ahead: (features, n, ahead)."""
        target = np.arange(origin + 1, origin + 1 + ahead)
        unknown = self.last[target] > origin
        out = []
        for of, means in self.groups:
            recent = means[:, max(origin + 1 - level, 0) : origin + 1]
            count = (~np.isnan(recent)).sum(axis=1)
            before = ratio(np.nansum(recent, axis=1), count.astype(np.float64))
            before[count < level // 2] = np.nan
            change = np.minimum(ratio(means[:, target], before[:, None]), RATIO_LIMIT)
            change[:, unknown] = np.nan
            out.append(change[of])
        return np.stack(out).astype(np.float32)


def target_values(panel: DemandPanel, origin: int, series: Ints, target: Ints) -> Floats:
    """What is planned for the series at the target periods, shape (features, rows), in the order of `TARGET`."""
    oldest = np.float32(panel.axis.rhythm.windows[-1])
    begin = panel.series["begin"].to_numpy().astype(np.float32)
    age = np.where(_began_unseen(panel), oldest, np.float32(0))
    usual = panel.prices.mean(origin + 1 - 2 * panel.axis.rhythm.level, origin + 1)
    columns = {
        "ahead": (target - origin).astype(np.float32),
        "launch_age": np.minimum(target - begin[series] + age[series], oldest),
        "price_to_usual": ratio(panel.price[series, target], usual[series]),
        "promotion": panel.promotion[series, target],
        "display": panel.display[series, target],
        "mailer": panel.mailer[series, target],
        "promotion_before": panel.promotion[series, np.maximum(target - panel.axis.rhythm.windows[1] // 2, 0)],
        "promotion_length": panel.promotion_age[series, target],
    }
    return np.stack([columns[name].astype(np.float32) for name in TARGET])


def _began_unseen(panel: DemandPanel) -> Bools:
    """Series that were there before the panel, or as early in it as any that sells now and then would first be seen."""
    early = panel.series["begin"].to_numpy() < panel.axis.rhythm.level
    unseen: Bools = panel.series["began_before"].to_numpy() | (early & ~panel.series["is_listed"].to_numpy())
    return unseen


def _by_phase(
    totals: npt.NDArray[np.floating], weights: npt.NDArray[np.floating], origin: int, cycles: int, season: int
) -> tuple[Doubles, Doubles]:
    """Sums over the last cycles up to the origin, shape (n, season); phase 0 is that of the period after the origin."""
    end = origin + 1
    full = min(cycles, end // season)
    if full == 0:
        return np.zeros((totals.shape[0], season)), np.zeros((totals.shape[0], season))
    begin = end - full * season
    shape = (totals.shape[0], full, season)
    return (
        totals[:, begin:end].reshape(shape).sum(1, dtype=np.float64),
        weights[:, begin:end].reshape(shape).sum(1, dtype=np.float64),
    )


def _group_phase(group: Groups, origin: int, cycles: int, season: int) -> Doubles:
    """Mean of each phase against the mean of all, shape (groups, season)."""
    total, weight = _differences(group.windows, origin, cycles, season)
    mean = ratio(total.sum(1, keepdims=True), weight.sum(1, keepdims=True))
    return ratio(ratio(total, weight), mean)


def _differences(windows: Windows, origin: int, cycles: int, season: int) -> tuple[Doubles, Doubles]:
    """Sums of each phase over the last cycles, shape (groups, season) each."""
    totals, weights = [], []
    for phase in range(season):
        ends = [origin + 2 + phase - season * cycle for cycle in range(1, cycles + 1)]
        totals.append(sum(windows.total(end - 1, end) for end in ends))
        weights.append(sum(windows.weight(end - 1, end) for end in ends))
    return np.stack(totals, axis=1), np.stack(weights, axis=1)
