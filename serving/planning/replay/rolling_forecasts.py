"""Makes rolling forecasts for a replay, each from the data visible on its day only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from features.demand.periods import PeriodAxis
from retail_brain.dataset import Dataset
from retail_brain.outputs import SERIES, SeriesFilter
from retail_brain.progress import Progress
from retail_brain.simulation.forecasts import latest_forecast
from serving.planning.replay.periods import REFIT_DAYS, REFRESH_DAYS
from serving.planning.replay.scenario import ReplayScenario
from serving.planning.stock.price_estimates import PriceEstimates
from serving.planning.stock.supply_side import Forecaster

Fit = Callable[[Dataset], Forecaster]
"""Fits a demand model on a dataset as it was known on a day."""


@dataclass(frozen=True)
class Rolling:
    """Schedule of the forecasts and fits of a replay.

    Attributes:
        refresh_days: days between forecasts, in whole periods; None as usual for the length of a period.
        refit_days: days between fits, at the next forecast; None likewise.
        paths: sample paths at most.
        seed: of demand recovery, late deliveries and paths.
    """

    refresh_days: int | None = None
    refit_days: int | None = None
    paths: int = 100
    seed: int = 0

    def refresh(self, axis: PeriodAxis) -> int:
        """Periods between forecasts, one at least."""
        asked = REFRESH_DAYS[axis.period] if self.refresh_days is None else self.refresh_days
        return max(round(asked / axis.days_per_period), 1)

    def refit(self, axis: PeriodAxis) -> int:
        """Periods between fits, one at least."""
        asked = REFIT_DAYS[axis.period] if self.refit_days is None else self.refit_days
        return max(round(asked / axis.days_per_period), 1)


@dataclass(frozen=True)
class RollingForecasts:
    """Forecasts of a replay, and what was known of prices as of each.

    Attributes:
        paths: last visible period -> sample paths of the periods after it, series x paths x horizon.
        prices: last visible period -> columns of `elasticity.elasticities_of`; none where forecasts know no prices.
    """

    paths: Mapping[int, npt.NDArray[np.float32]]
    prices: Mapping[int, pl.DataFrame] = field(default_factory=dict)

    def __call__(self, period: int) -> npt.NDArray[np.float32]:
        """Sample paths of the periods after one, from the newest forecast."""
        return latest_forecast(dict(self.paths))(period)

    def prices_at(self, period: int) -> pl.DataFrame | None:
        """What was known of prices at the end of a period."""
        known = [origin for origin in self.prices if origin <= period]
        return self.prices[max(known)] if known else None


def as_of_forecasts(
    dataset: Dataset, fit: Fit | None, scenario: ReplayScenario, rolling: Rolling, progress: Progress
) -> RollingForecasts:
    """Sample paths of every refresh, from the data visible on its day.

    Args:
        dataset: the whole history; forecasts read it as of their own day.
        fit: fits the demand model; None takes the scenario's moving rates.
        scenario: series, days and plain forecasts of the replay.
        rolling: days between forecasts and fits, paths, and the seed.
        progress: told of fits and forecasts.
    """
    axis = scenario.facts.axis
    periods = range(-1, scenario.environment.periods, rolling.refresh(axis))
    if fit is None:
        return RollingForecasts({period: scenario.rates(period) for period in periods})
    model, fitted = None, -1
    forecasts, prices = {}, {}
    with progress.step("forecasts as of every refresh") as step:
        for period in periods:
            visible = dataset.at(axis.start(period + 1) - timedelta(days=1))
            if model is None or period - fitted >= rolling.refit(axis):
                model, fitted = fit(visible), period
            estimates, seed = PriceEstimates(), rolling.seed + period + 1
            units = _series_paths(
                model, visible, scenario.facts.series, scenario.rates.horizon, seed, estimates=estimates
            )
            forecasts[period] = units[:, : rolling.paths]
            if estimates.table().height:
                prices[period] = estimates.table()
        step.rows = len(forecasts)
    return RollingForecasts(forecasts, prices)


def _series_paths(
    model: Forecaster, dataset: Dataset, series: pl.DataFrame, horizon: int, seed: int, *, estimates: PriceEstimates
) -> npt.NDArray[np.float32]:
    """Paths of the replay's series; those that the model does not forecast have no demand."""
    index = series.with_row_index("row")
    out: npt.NDArray[np.float32] | None = None
    stores = series["store_id"].unique().sort().to_list()
    for forecast in model.forecast(dataset, horizon, SeriesFilter(stores), seed=seed):
        estimates.add(forecast)
        paths = forecast.paths
        if out is None:
            out = np.zeros((series.height, paths.units.shape[1], horizon), dtype=np.float32)
        matched = paths.series.with_row_index("at").join(index, on=list(SERIES), how="inner")
        out[matched["row"].to_numpy()] = paths.units[matched["at"].to_numpy(), :, :horizon]
    return out if out is not None else np.zeros((series.height, 1, horizon), dtype=np.float32)
