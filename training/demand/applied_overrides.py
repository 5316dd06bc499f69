"""Applies forecast overrides (judgemental adjustments) to the mean and the sample paths of a store."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from zlib import crc32

import numpy as np
import polars as pl

from features.demand.arrays import Doubles
from retail_brain.dataset import Dataset
from retail_brain.decisions.forecast_value_added import valid_overrides
from retail_brain.outputs import ALL_SERIES, DemandPaths, SeriesFilter
from retail_brain.progress import SILENT, Progress
from training.demand.config import DemandConfig
from training.demand.extra_units import with_extra_units
from training.demand.forecast_run import Explain, StoreForecast
from training.demand.model import DemandModel


@dataclass(frozen=True)
class OverriddenModel:
    """A demand model whose forecasts are those that people changed.

    Attributes:
        model: the engine.
        overrides: rows of `retail_brain.decisions.forecast_value_added.OVERRIDES`.
        extra: units that campaigns are expected to cause (`store_id`, `product_id`, `date`, `units`); None for none.
            People who override a forecast see them, so overrides come after them.
    """

    model: DemandModel
    overrides: pl.DataFrame
    extra: pl.DataFrame | None = None

    @property
    def config(self) -> DemandConfig:
        """How the engine was fitted."""
        return self.model.config

    def forecast(
        self,
        dataset: Dataset,
        horizon: int,
        only: SeriesFilter = ALL_SERIES,
        *,
        explain: Explain = False,
        seed: int = 0,
        progress: Progress = SILENT,
    ) -> Iterator[StoreForecast]:
        """As `DemandModel.forecast`, with the overrides that were valid at the dataset's last visible day."""
        origin = dataset.as_of or dataset.last_day()
        for forecast in self.model.forecast(dataset, horizon, only, explain=explain, seed=seed, progress=progress):
            raised = forecast if self.extra is None else with_extra_units(forecast, self.extra)
            yield overridden(raised, self.overrides, origin)


def overridden(forecast: StoreForecast, overrides: pl.DataFrame, origin: date) -> StoreForecast:
    """A store's forecast with the overrides valid at an origin, the same object where none applies.

    A factor multiplies mean and paths; units are spread over the paths as the engine's forecast is, and the same on all
    where that is nil. Paths of whole units stay whole: the rest is rounded up as often as it says. Drivers,
    where there are any, get a column `override`: what the override adds, so that they still sum to the mean.

    Raises:
        DataError: an override's kind is unknown, or its value is negative or missing.
    """
    mean = _changed_mean(forecast, valid_overrides(overrides, origin))
    changed_rows = np.flatnonzero((mean != forecast.mean).any(axis=1))
    if not changed_rows.size:
        return forecast
    before, after = forecast.mean[changed_rows][:, None, :], mean[changed_rows][:, None, :]
    units = forecast.paths.units[changed_rows].astype(np.float64)
    constant = np.broadcast_to(after, units.shape)
    changed = np.where(
        before > 0, units * np.divide(after, before, out=np.ones_like(after), where=before > 0), constant
    )
    is_whole = (units == np.rint(units)).all(axis=(1, 2))
    rng = np.random.default_rng(crc32(forecast.store_id.encode("utf-8")))
    whole = np.floor(changed + rng.random(changed.shape))
    same = np.broadcast_to(after == before, units.shape)
    paths = forecast.paths.units.copy()
    paths[changed_rows] = np.where(same, units, np.where(is_whole[:, None, None], whole, changed))
    drivers = forecast.drivers
    if drivers is not None:
        drivers = drivers.with_columns(override=pl.Series((mean - forecast.mean).ravel()))
    named = DemandPaths(forecast.paths.series, forecast.paths.dates, paths)
    return replace(forecast, mean=mean, paths=named, drivers=drivers)


def _changed_mean(forecast: StoreForecast, overrides: pl.DataFrame) -> Doubles:
    mean = forecast.mean.copy()
    products, dates = forecast.paths.series["product_id"], forecast.paths.dates
    for override in overrides.iter_rows(named=True):
        if override["store_id"] not in (None, forecast.store_id):
            continue
        everything = override["product_id"] is None
        rows = np.arange(len(mean)) if everything else (products == override["product_id"]).arg_true().to_numpy()
        open_ended = override["ends_on"] is None
        days = (dates >= override["begins_on"]) & (pl.Series([True]) if open_ended else dates < override["ends_on"])
        cells = np.ix_(rows, days.arg_true().to_numpy())
        mean[cells] = forecast.mean[cells] * override["value"] if override["kind"] == "factor" else override["value"]
    return mean
