"""Samples training rows of the mean-demand model evenly over series, origins and periods ahead."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.demand.arrays import Bools, Doubles, Floats, ShortInts
from features.demand.demand_panel import DemandPanel
from features.demand.feature_matrix import PanelFeatures
from features.demand.history import DemandHistory
from features.demand.target_period import FALLING_IN_PRICE
from features.demand.window_sums import RunningSums
from training.demand.config import DemandConfig

_MAX_ORIGIN_STEP = 3
"""Periods between origins that training rows are drawn at, at most. Chosen by judgement, not measured."""
_CELLS_PER_ORIGIN_STEP = 4_000_000
"""Series x periods from which origins are a step further apart; bounds the time. Chosen by judgement, not measured."""
_MIN_HISTORY_SEASONS = 2
"""Short cycles that lie before the first origin. Chosen by judgement, not measured."""
_LARGE_SALE_UNITS = 100.0
"""Units a sale; larger ones (goods by the gram) are scaled down, so that one series does not fill the loss. Chosen by
judgement, not measured."""

_RATIO_DIGITS = 4
"""Decimals of ratios of prices that trees learn from. Most are 1, give or take the last bits of a mean, which change
with the unit of a good: trees would tell these apart. Forecasts need no rounding: no split lies between them."""


@dataclass(frozen=True)
class Draw:
    """Rows drawn at one origin of one panel, narrow as all of them wait for the second look.

    Attributes:
        origin: the last visible period.
        series: shape (rows,), number in the panel.
        ahead: shape (rows,), periods after the origin, 1 is the first.
        demand: shape (rows,), units per period, in the series' own measure.
        level: shape (rows,), the series' level at the origin, in the same measure.
    """

    origin: int
    series: ShortInts
    ahead: npt.NDArray[np.int16]
    demand: Floats
    level: Floats

    @property
    def size(self) -> int:
        """Number of rows."""
        return self.series.size

    def features(self, panel: PanelFeatures) -> Floats:
        """Features of the rows, shape (rows, features); ratios of prices are rounded, see `_RATIO_DIGITS`."""
        rows = panel.rows(self.origin, self.series.astype(np.int64), self.ahead.astype(np.int64))
        for name in set(FALLING_IN_PRICE) & set(panel.names):
            column = rows[:, panel.names.index(name)]
            np.round(column, _RATIO_DIGITS, out=column)
        return rows

    def some(self, chosen: Bools) -> "Draw":
        """The chosen rows only."""
        return Draw(self.origin, self.series[chosen], self.ahead[chosen], self.demand[chosen], self.level[chosen])


@dataclass(frozen=True)
class Plan:
    """How rows are drawn from a history.

    Attributes:
        origins: to learn from, newest first.
        every: a panel looks from every so manieth of them, each panel from others in turn.
        share: of the rows at such an origin.
        rows: about how many rows that makes.
    """

    origins: list[int]
    every: int
    share: float
    rows: int

    @classmethod
    def from_history(cls, history: DemandHistory, config: DemandConfig) -> "Plan":
        """The plan for a history; without origins where it is empty or too short.

        A chain of many series looks from every second or third origin in each panel: what a panel knows at an origin is
        worked out for all its series, however few rows are drawn.
        """
        origins, size = training_origins(history), history.series.height
        available = max(size * len(origins) * config.horizon, 1)
        target_rows = int(np.clip(config.rows_per_series * size, config.min_rows, config.max_rows))
        step = int(np.clip(size * history.axis.count // _CELLS_PER_ORIGIN_STEP, 1, _MAX_ORIGIN_STEP))
        share = min(1.0, min(1.0, target_rows / available) * step)
        return cls(origins if size else [], step, share, min(target_rows, available))

    def panel_origins(self, number: int) -> list[int]:
        """Origins of a panel."""
        return self.origins[number % self.every :: self.every]


def training_origins(history: DemandHistory) -> list[int]:
    """Origins to learn from: every few periods, far enough from the first one to know a little."""
    rhythm, count = history.axis.rhythm, history.axis.count
    shortest = _MIN_HISTORY_SEASONS * min(rhythm.season, 7)
    newest, oldest = count - 2, max(shortest - 1, count - 1 - rhythm.span)
    return list(range(newest, oldest - 1, -rhythm.step))


def panel_draws(features: PanelFeatures, origins: list[int], share: float, config: DemandConfig) -> Iterator[Draw]:
    """Rows drawn from a panel, one item per origin that has any.

    A series with fewer days of sale up to the origin than the panel asks for would have been forecast by rates then: as
    one of those that came through it would teach that demand rises. So it is learnt from later only, unless it is in
    the assortment or began before the panel, whose days of sale are not known here.
    """
    panel = features.panel
    unit, sale_days = measure(panel), RunningSums(panel.sold > 0)
    always = panel.series["is_listed"].to_numpy() | panel.series["began_before"].to_numpy()
    for origin in origins:
        rng = np.random.default_rng((config.seed, origin, int(panel.series["s"][0])))
        furthest = min(config.horizon, panel.axis.count - 1 - origin)
        drawn = rng.random((panel.size, furthest), dtype=np.float32) < share
        drawn &= panel.weight[:, origin + 1 : origin + 1 + furthest] > 0
        if config.demand.min_sale_days > 1:
            experienced = always | (sale_days.between(0, origin + 1) >= config.demand.min_sale_days)
            drawn &= experienced[:, None]
        series, ahead = np.divmod(np.flatnonzero(drawn), furthest)
        if series.size:
            demand = np.take(panel.demand.T, (origin + 1 + ahead) * panel.size + series) / unit[series]
            level = features.level(origin)[series] / unit[series]
            yield Draw(
                origin,
                series.astype(np.int32),
                (ahead + 1).astype(np.int16),
                demand.astype(np.float32),
                level.astype(np.float32),
            )


def measure(panel: DemandPanel) -> Doubles:
    """Units in which each series is counted while training, shape (n,): 1, or more where a usual sale is huge.

    Goods sold by the gram or the hundredth of a gallon would otherwise drown everything sold by the piece.
    """
    total = panel.sold.sum(axis=1, dtype=np.float64)
    periods = (panel.sold > 0).sum(axis=1)
    scale: Doubles = np.maximum(1.0, total / np.maximum(periods, 1) / _LARGE_SALE_UNITS)
    return scale
