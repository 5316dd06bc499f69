"""Baseline forecasts for a replay: moving average with factors of a short season and negative binomial spread."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retail_brain.decisions.arrays import Floats
from retail_brain.simulation.policies import Forecast


@dataclass(frozen=True)
class MovingAverageForecast:
    """Baseline: negative binomial sample paths around a moving average with seasonal factors.

    Attributes:
        demand: units per series and period, the periods before the replay first.
        before: number of those periods before the replay.
        horizon: periods ahead.
        paths: sample paths.
        window: periods of the moving mean.
        season: periods of the short season: 7 days; 1 for none.
        seed: of the draws; the same period gets the same draws.
    """

    demand: Floats
    before: int
    horizon: int
    paths: int = 100
    window: int = 56
    season: int = 7
    seed: int = 0

    def mean(self, period: int) -> Floats:
        """Mean demand of the periods after `period`, shape (series, horizon)."""
        end, season = self.before + period + 1, self.season
        recent = self.demand[:, max(0, end - self.window) : end]
        level = recent.mean(axis=1) if recent.shape[1] else np.zeros(len(self.demand))
        # numbered from the first period, not by calendar: only days a week apart must have the same number
        phase = np.arange(end - recent.shape[1], end) % season
        # factors of all series together: one series sells too little to show its week
        total = recent.sum(axis=0)
        share = np.array(
            [total[phase == place].mean() if (phase == place).any() else np.nan for place in range(season)]
        )
        factor = np.where(np.isnan(share) | (total.mean() == 0), 1.0, share / max(float(total.mean()), 1e-12))
        ahead = np.arange(end, end + self.horizon) % season
        mean: Floats = level[:, None] * factor[ahead][None, :]
        return mean

    def __call__(self, period: int) -> npt.NDArray[np.float32]:
        """Sample paths of the periods after `period`."""
        mean = self.mean(period)
        end = self.before + period + 1
        recent = self.demand[:, max(0, end - self.window) : end]
        spread = recent.var(axis=1) / np.maximum(recent.mean(axis=1), 1e-9) if recent.shape[1] else np.ones(len(mean))
        return _negative_binomial(mean, np.clip(spread, 1.0, 10.0), self.paths, self.seed + period + 1)


def _negative_binomial(mean: Floats, phi: Floats, paths: int, seed: int) -> npt.NDArray[np.float32]:
    """Draws with variance `phi` times the mean (Poisson at 1), shape (series, paths, horizon)."""
    rng = np.random.default_rng(seed)
    # gamma-mixed Poisson; where phi is 1 the gamma would have no spread, and its mean is taken itself
    rate = np.repeat(np.maximum(mean, 0)[:, None, :], paths, axis=1)
    over = (phi - 1)[:, None, None]
    shape = np.maximum(rate, 1e-9) / np.maximum(over, 1e-3)
    mixed = np.where(over > 1e-3, rng.gamma(shape) * np.maximum(over, 1e-3), rate)
    return rng.poisson(mixed).astype(np.float32)


def latest_forecast(forecasts: dict[int, npt.NDArray[np.float32]]) -> Forecast:
    """A forecast function that uses the newest stored forecast.

    Args:
        forecasts: period of making -> paths of the periods after it.
    """

    def forecast(period: int) -> npt.NDArray[np.float32]:
        latest = max(origin for origin in forecasts if origin <= period)
        return forecasts[latest][:, :, period - latest :]

    return forecast
