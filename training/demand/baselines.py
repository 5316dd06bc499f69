"""Computes the baseline forecasts of every backtest: naive, seasonal naive, moving average, SBA, TSB and ETS.

Each gives a mean and quantiles; the quantiles add the quantiles of its own one-step errors in the recent past.
"""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from features.demand.arrays import Bools, Doubles, Floats, Ints
from features.demand.demand_panel import DemandPanel

_ERROR_PERIODS = 112
"""Newest periods that a baseline's errors are read from: sixteen weeks of days. Chosen by judgement, not measured."""
_SMOOTHING = 0.1
"""Weight of the newest sale in Croston's method; 0.1 is the usual value (Syntetos and Boylan 2005)."""
_ETS_PERIODS = 196
"""Newest periods that ETS is fitted on: 28 weeks of days. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class BaselineForecast:
    """A baseline's forecast of a panel's series.

    Attributes:
        mean: shape (n, H), units per period.
        quantiles: shape (n, H, Q), not below zero.
    """

    mean: Doubles
    quantiles: Doubles


def naive(panel: DemandPanel, horizon: int, quantiles: Sequence[float]) -> BaselineForecast:
    """The last period again."""
    return _shifted(panel, horizon, quantiles, 1)


def seasonal_naive(panel: DemandPanel, horizon: int, quantiles: Sequence[float]) -> BaselineForecast:
    """The last short cycle (week) again."""
    return _shifted(panel, horizon, quantiles, panel.axis.rhythm.season)


def moving_average(panel: DemandPanel, horizon: int, quantiles: Sequence[float]) -> BaselineForecast:
    """The mean of the last four weeks in stock (three months, eight weeks)."""
    window, count = panel.axis.rhythm.level, panel.axis.count
    fitted = np.stack([np.nan_to_num(panel.levels.mean(t - window, t)) for t in _recent(count)], axis=1)
    last = np.nan_to_num(panel.levels.mean(count - window, count))
    return _with_errors(panel, np.repeat(last[:, None], horizon, axis=1), fitted, quantiles)


def sba(panel: DemandPanel, horizon: int, quantiles: Sequence[float]) -> BaselineForecast:
    """Croston's method with Syntetos and Boylan's correction (Int. J. Forecasting 21, 2005)."""
    return _intermittent(panel, horizon, quantiles, _sba_step)


def tsb(panel: DemandPanel, horizon: int, quantiles: Sequence[float]) -> BaselineForecast:
    """Teunter, Syntetos and Babai's method (EJOR 214, 2011): probability and size of a sale, smoothed apart."""
    return _intermittent(panel, horizon, quantiles, _tsb_step)


BASELINES: dict[str, Callable[[DemandPanel, int, Sequence[float]], BaselineForecast]] = {
    "naive": naive,
    "seasonal_naive": seasonal_naive,
    "moving_average": moving_average,
    "sba": sba,
    "tsb": tsb,
}


def ets(panel: DemandPanel, rows: Ints, horizon: int, quantiles: Sequence[float]) -> tuple[BaselineForecast, float]:
    """Additive exponential smoothing with a short cycle (statsmodels) of some series, and seconds per series."""
    season = min(panel.axis.rhythm.season, 12)
    mean = np.empty((rows.size, horizon))
    errors = []
    started = time.perf_counter()
    for place, row in enumerate(rows):
        begin = min(int(panel.series["begin"][int(row)]), panel.axis.count - 2 * season - 2)
        history = panel.demand[row, max(begin, panel.axis.count - _ETS_PERIODS, 0) :].astype(np.float64)
        mean[place], error = _ets_of(history, season, horizon)
        errors.append(error)
    seconds = (time.perf_counter() - started) / max(rows.size, 1)
    spread = np.stack([np.quantile(error, quantiles) for error in errors])
    return BaselineForecast(np.maximum(mean, 0), np.maximum(mean[:, :, None] + spread[:, None, :], 0)), seconds


def _ets_of(history: Doubles, season: int, horizon: int) -> tuple[Doubles, Doubles]:
    seasonal = "add" if history.size >= 2 * season + 2 else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # series that do not converge keep their best parameters
        fit = ExponentialSmoothing(
            history, seasonal=seasonal, seasonal_periods=season if seasonal else None, initialization_method="estimated"
        ).fit()
        forecast = np.asarray(fit.forecast(horizon), dtype=np.float64)
    return np.nan_to_num(forecast, nan=float(history.mean())), np.nan_to_num(np.asarray(fit.resid, dtype=np.float64))


def _shifted(panel: DemandPanel, horizon: int, quantiles: Sequence[float], lag: int) -> BaselineForecast:
    count = panel.axis.count
    lag = min(lag, count)
    last = panel.demand[:, count - lag :].astype(np.float64)
    mean = np.tile(last, (1, -(-horizon // lag)))[:, :horizon]
    fitted = np.stack([panel.demand[:, t - lag] if t >= lag else panel.demand[:, t] for t in _recent(count)], axis=1)
    return _with_errors(panel, mean, fitted, quantiles)


def _recent(count: int) -> range:
    return range(max(0, count - _ERROR_PERIODS), count)


def _with_errors(
    panel: DemandPanel, mean: Doubles, fitted: Floats | Doubles, quantiles: Sequence[float]
) -> BaselineForecast:
    begin = panel.axis.count - fitted.shape[1]
    known: Bools = panel.weight[:, begin:] > 0
    errors = np.where(known, panel.demand[:, begin:] - fitted, np.nan)
    errors[~known.any(axis=1)] = 0.0
    spread = row_quantiles(errors, quantiles)
    return BaselineForecast(mean, np.maximum(mean[:, :, None] + spread[:, None, :], 0))


def row_quantiles(values: Doubles, quantiles: Sequence[float]) -> Doubles:
    """Quantiles of each row, NaN left out, interpolated linearly; shape (rows, Q). Each row needs one number."""
    ordered = np.sort(values, axis=1)
    last = (~np.isnan(ordered)).sum(axis=1)[:, None] - 1
    place = np.asarray(quantiles)[None, :] * last
    below = np.floor(place).astype(np.int64)
    low = np.take_along_axis(ordered, below, axis=1)
    high = np.take_along_axis(ordered, np.minimum(below + 1, last), axis=1)
    spread: Doubles = low + (place - below) * (high - low)
    return spread


def _intermittent(
    panel: DemandPanel, horizon: int, quantiles: Sequence[float], step: Callable[[Doubles, Doubles, Doubles], Doubles]
) -> BaselineForecast:
    """Runs a smoothing recursion over time for all series at once; state rows: size, interval or probability, gap."""
    begin = panel.series["begin"].to_numpy()
    known = panel.weight > 0
    total, weight = panel.levels.total(0, panel.axis.count), panel.levels.weight(0, panel.axis.count)
    rate = np.clip(total / np.maximum(weight, 1), 1e-6, None)
    busy = np.clip(1 - np.nan_to_num(panel.zeros.mean(0, panel.axis.count), nan=0.5), 1e-3, 1)
    state = np.stack([rate / busy, busy, np.ones(panel.size)])
    fitted = []
    first = panel.axis.count - len(_recent(panel.axis.count))
    for t in range(panel.axis.count):
        forecast = step(state, np.full(panel.size, -1.0), np.zeros(panel.size))
        if t >= first:
            fitted.append(forecast)
        live = ((t >= begin) & known[:, t]).astype(np.float64)
        step(state, panel.demand[:, t].astype(np.float64), live)
    mean = np.repeat(step(state, np.full(panel.size, -1.0), np.zeros(panel.size))[:, None], horizon, axis=1)
    return _with_errors(panel, mean, np.stack(fitted, axis=1), quantiles)


def _sba_step(state: Doubles, demand: Doubles, live: Doubles) -> Doubles:
    """Updates size and interval on sales (where live) and returns the forecast before the update."""
    size, busy, gap = state
    forecast: Doubles = (1 - _SMOOTHING / 2) * size * busy
    sale = (demand > 0) & (live > 0)
    interval = 1 / busy
    state[0] = np.where(sale, size + _SMOOTHING * (demand - size), size)
    state[1] = np.where(sale, 1 / (interval + _SMOOTHING * (gap - interval)), busy)
    state[2] = np.where(sale, 1, gap + live)
    return forecast


def _tsb_step(state: Doubles, demand: Doubles, live: Doubles) -> Doubles:
    """Updates probability every live period, size on sales, and returns the forecast before the update."""
    size, busy, _ = state
    forecast: Doubles = size * busy
    sale = (demand > 0) & (live > 0)
    state[0] = np.where(sale, size + _SMOOTHING * (demand - size), size)
    state[1] = np.where(live > 0, busy + _SMOOTHING / 2 * (sale - busy), busy)
    return forecast
