"""Forecasts for a replay, each from what was known on its day and nothing later."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.outputs import SERIES
from retail_brain.progress import Progress
from retail_brain.simulation.forecasts import latest_forecast
from retail_brain.simulation.policies import Forecast
from serving.planning.replay.scenario import Stage
from serving.planning.stock.order_suggestions import Forecaster

Fit = Callable[[Dataset], Forecaster]
"""Fits a demand model on a dataset as it was known on a day."""


@dataclass(frozen=True)
class Rolling:
    """How forecasts of a replay move on.

    Attributes:
        refresh_days: days between forecasts.
        refit_days: days between fits, at the next forecast.
        paths: sample paths at most.
        seed: of demand recovery, late deliveries and paths.
    """

    refresh_days: int = 7
    refit_days: int = 31
    paths: int = 100
    seed: int = 0


def as_of_forecasts(dataset: Dataset, fit: Fit | None, stage: Stage, rolling: Rolling, progress: Progress) -> Forecast:
    """Sample paths made anew every few days from what was known then.

    Args:
        dataset: the whole history; forecasts read it as of their own day.
        fit: fits the demand model; None takes the stage's moving rates.
        stage: what is played.
        rolling: days between forecasts and fits, paths, and the seed.
        progress: told of fits and forecasts.
    """
    periods = range(-1, stage.world.periods, rolling.refresh_days)
    if fit is None:
        return latest_forecast({period: stage.rates(period) for period in periods})
    first, model, fitted = stage.starts[0].astype("datetime64[D]").item(), None, -1
    made = {}
    with progress.step("forecasts as of every refresh") as step:
        for period in periods:
            known = dataset.at(first + timedelta(days=period))
            if model is None or period - fitted >= rolling.refit_days:
                model, fitted = fit(known), period
            units = _series_paths(model, known, stage.facts.series, stage.rates.horizon, rolling.seed + period + 1)
            made[period] = units[:, : rolling.paths]
        step.rows = len(made)
    return latest_forecast(made)


def _series_paths(
    model: Forecaster, dataset: Dataset, series: pl.DataFrame, horizon: int, seed: int
) -> npt.NDArray[np.float32]:
    """Paths of the replay's series; those the model does not forecast are not wanted."""
    index = series.with_row_index("row")
    out: npt.NDArray[np.float32] | None = None
    stores = series["store_id"].unique().sort().to_list()
    for forecast in model.forecast(dataset, horizon, stores=stores, seed=seed):
        paths = forecast.paths
        if out is None:
            out = np.zeros((series.height, paths.units.shape[1], horizon), dtype=np.float32)
        found = paths.series.with_row_index("at").join(index, on=list(SERIES), how="inner")
        out[found["row"].to_numpy()] = paths.units[found["at"].to_numpy(), :, :horizon]
    return out if out is not None else np.zeros((series.height, 1, horizon), dtype=np.float32)
