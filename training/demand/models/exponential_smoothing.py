"""Exponential smoothing of each series with a weekly season; parameters are fitted by statsmodels.

Additive level and season without trend (Holt and Winters; Hyndman and Athanasopoulos, Forecasting: Principles and
Practice, 3rd ed., section 8.3). How fast each series forgets is fitted once; the smoothing itself runs over the history
that is forecast from, all series at once. Series that are too short or sell too rarely take the median parameters.
"""

import warnings
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import polars as pl
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from features.demand.arrays import Bools, Doubles, Floats, Ints
from features.demand.demand_panel import DemandPanel
from features.demand.history import DemandHistory
from features.demand.panel import panels
from retail_brain.progress import SILENT, Progress
from training.demand.config import DemandConfig
from training.demand.protocol import SeriesForecaster

_FIT_PERIODS = 196
"""Last periods that parameters are fitted on: 28 weeks, as of the baseline that backtests show."""
_MIN_CYCLES = 8
"""Cycles of the season with known demand that a series needs for parameters of its own; not tuned."""
_MIN_BUSY_SHARE = 0.4
"""Share of periods with sales that it needs too: smoothing zeros fits noise. Not tuned."""
SLOW = (0.1, 0.05)
"""Weights of the newest error in level and season where no series has parameters of its own (textbook values)."""
_SHRINKING_CYCLES = 2
"""Cycles without season that weigh beside those seen when the season starts; not tuned."""
_KEY = ["store_id", "product_id"]
_SCHEMA = {"store_id": pl.String, "product_id": pl.String, "alpha": pl.Float64, "gamma": pl.Float64}


class SeriesSmoothing(SeriesForecaster):
    """Exponential smoothing per series.

    Attributes:
        parameters: one row per series with parameters of its own: store_id, product_id, alpha (level), gamma (season).
    """

    label: ClassVar = {"en": "Exponential smoothing (statsmodels)", "zh": "指数平滑(statsmodels)"}

    def __init__(self, config: DemandConfig, parameters: pl.DataFrame) -> None:
        super().__init__(config)
        self.parameters = parameters

    @classmethod
    def fit(cls, history: DemandHistory, config: DemandConfig, progress: Progress = SILENT) -> Self:  # noqa: ARG003
        """Fits the parameters of every series with enough history."""
        season = _season(history)
        rows = [row for panel in panels(history) for row in _fitted(panel, season)]
        return cls(config, pl.DataFrame(rows, schema=_SCHEMA, orient="row"))

    def mean(self, history: DemandHistory, panel: DemandPanel) -> Doubles:
        """Last level plus the season of each period ahead; 0 where that is negative."""
        season, count = _season(history), panel.axis.count
        alpha, gamma = self._of(panel.series)
        level, seasonal = smoothed(panel.usual_demand, panel.usual_weight, alpha, gamma, season)
        ahead = np.arange(count, count + history.horizon) % season
        return np.maximum(level[:, None] + seasonal[:, ahead], 0.0)

    def _of(self, series: pl.DataFrame) -> tuple[Doubles, Doubles]:
        own = series.select(_KEY).join(self.parameters, on=_KEY, how="left", maintain_order="left")
        usual = (self.parameters["alpha"].median(), self.parameters["gamma"].median())
        filled = [
            own[name].fill_null(slow if median is None else median).to_numpy()
            for name, median, slow in zip(("alpha", "gamma"), usual, SLOW, strict=True)
        ]
        return filled[0], filled[1]

    def save(self, folder: Path) -> None:
        """Writes `parameters.parquet`."""
        self.parameters.write_parquet(folder / "parameters.parquet")

    @classmethod
    def load(cls, folder: Path, config: DemandConfig) -> Self:
        """Reads `parameters.parquet`."""
        return cls(config, pl.read_parquet(folder / "parameters.parquet"))


def smoothed(
    demand: Floats | Doubles, known: Bools, alpha: Doubles, gamma: Doubles, season: int
) -> tuple[Doubles, Doubles]:
    """Level after the last period, shape (n,), and additive season by period number modulo `season`, (n, season).

    Periods without known demand change nothing. The level starts at the mean of the first known periods (four cycles of
    them), the season at each phase's mean distance from the series' mean, shrunk to 0 as if two more cycles had none.

    Args:
        demand: shape (n, T), units.
        known: shape (n, T), whether they are known.
        alpha: shape (n,), weight of the newest error in the level.
        gamma: shape (n,), the same in the season.
        season: periods of a cycle.
    """
    count = demand.shape[1]
    begun = np.cumsum(known, axis=1)
    start = known & (begun <= 4 * season)
    level = (demand * start).sum(axis=1, dtype=np.float64) / np.maximum(start.sum(axis=1), 1)
    seasonal = _first_season(demand, known, season)
    for period in range(count):
        phase = period % season
        error = np.where(known[:, period], demand[:, period] - level - seasonal[:, phase], 0.0)
        level += alpha * error
        seasonal[:, phase] += gamma * error
    return level, seasonal


def _first_season(demand: Floats | Doubles, known: Bools, season: int) -> Doubles:
    usual = (demand * known).sum(axis=1, dtype=np.float64) / np.maximum(known.sum(axis=1), 1)
    away = (demand - usual[:, None]) * known
    out = np.zeros((demand.shape[0], season))
    for phase in range(season if season > 1 else 0):
        out[:, phase] = away[:, phase::season].sum(axis=1) / (known[:, phase::season].sum(axis=1) + _SHRINKING_CYCLES)
    return out


def _season(history: DemandHistory) -> int:
    """Periods of the short cycle; 1 (no season) where the history holds less than three."""
    season = history.axis.rhythm.season
    return season if history.axis.count >= 3 * season else 1


def _fitted(panel: DemandPanel, season: int) -> list[tuple[str, str, float, float]]:
    """Ids and parameters of the series of a panel that have enough history."""
    begin = max(panel.axis.count - _FIT_PERIODS, 0)
    demand, known = panel.usual_demand[:, begin:], panel.usual_weight[:, begin:]
    periods = known.sum(axis=1)
    busy = ((demand > 0) & known).sum(axis=1) >= _MIN_BUSY_SHARE * np.maximum(periods, 1)
    enough: Ints = np.flatnonzero((periods >= _MIN_CYCLES * season) & busy)
    stores, products = (panel.series[name].gather(enough).to_list() for name in _KEY)
    parameters = [_parameters(demand[row].astype(np.float64), known[row], season) for row in enough]
    return [(store, product, *pair) for store, product, pair in zip(stores, products, parameters, strict=True)]


def _parameters(demand: Doubles, known: Bools, season: int) -> tuple[float, float]:
    """Weights of the newest error in level and season; unknown periods count as usual ones of their phase."""
    phase = np.arange(demand.size) % season
    usual = np.bincount(phase, demand * known, season) / np.maximum(np.bincount(phase, known, season), 1)
    filled = np.where(known, demand, usual[phase])
    seasonal = {"seasonal": "add", "seasonal_periods": season} if season > 1 else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # series that do not converge keep their best parameters
        fit = ExponentialSmoothing(filled, initialization_method="heuristic", **seasonal).fit(use_brute=False)
    level, of_season = (float(fit.params[name]) for name in ("smoothing_level", "smoothing_seasonal"))
    return float(np.nan_to_num(level, nan=SLOW[0])), float(np.nan_to_num(of_season))
