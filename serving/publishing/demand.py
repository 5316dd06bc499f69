"""Forecasts and order suggestions, store by store from one run of the demand model."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from features.demand import DRIVERS
from retail_brain.dataset import Dataset
from retail_brain.progress import Progress
from retail_brain.settings import Settings
from serving.answers.arrays import Array
from serving.answers.forecasts import ForecastBlock, write_calendar, write_forecasts
from serving.answers.suggestions import write_suggestions
from serving.publishing.catalogs import Places
from serving.suggestions import SupplySide, suggest_for_paths
from training.demand.model import DemandModel
from training.demand.store import StoreForecast

_EXPLAINED = 1_500
"""Series x periods whose drivers are worked out ahead (about 3 ms each)."""
_EXPLAINED_PERIODS = 7
_POOLED = 400
"""Draws from which the quantiles of a rarely sold product are read: they are the same every day."""


@dataclass
class DemandPublished:
    """What was written."""

    series: int = 0
    suggestions: int = 0
    _tables: list[pl.DataFrame] = field(default_factory=list)


def publish_demand(
    folder: Path, dataset: Dataset, model: DemandModel, settings: Settings, places: Places, progress: Progress
) -> DemandPublished:
    """Writes forecasts and suggestions; one run of the model serves both."""
    side = SupplySide.read(dataset)
    horizon = max(side.horizon(settings), settings.demand.horizon_periods)
    quantiles = sorted(settings.demand.quantiles)
    done = DemandPublished()
    with progress.step("drivers of the next days"):
        drivers = _Drivers.explain(dataset, model)

    def blocks() -> Iterator[ForecastBlock]:
        forecasts = model.forecast(dataset, horizon)
        for forecast in progress.track(forecasts, "forecasts and orders", total=len(places.stores)):
            if not len(done._tables):
                write_calendar(folder, forecast.paths.dates.to_list())
            done._tables.append(_suggestions(forecast, side, settings, places))
            yield from _blocks(forecast, quantiles, drivers)

    shape = (horizon, len(quantiles), len(DRIVERS))
    done.series = write_forecasts(folder, blocks(), places.stores, places.products, shape)
    suggestions = pl.concat(done._tables)
    done.suggestions = suggestions.height
    write_suggestions(folder, suggestions, len(places.stores), len(places.products))
    return done


def _suggestions(forecast: StoreForecast, side: SupplySide, settings: Settings, places: Places) -> pl.DataFrame:
    rows = suggest_for_paths(forecast.paths, side, settings)
    urgent = rows.sort(
        pl.col("order_quantity") > 0,
        pl.col("expected_value").fill_null(float("inf")),
        descending=[True, True],
        maintain_order=True,
    )
    return urgent.with_columns(places.store().alias("store"), places.product().alias("product"))


def _blocks(forecast: StoreForecast, quantiles: list[float], drivers: "_Drivers") -> Iterator[ForecastBlock]:
    """Series with a model as they are; the rarely sold with one spread for every day."""
    products = forecast.paths.series["product_id"].to_list()
    rare = (forecast.basis == "rate").to_numpy()
    if not rare.all():
        held = np.flatnonzero(~rare)
        units, mean = forecast.paths.units[held], forecast.mean[held].astype(np.float32)
        ids = [products[row] for row in held.tolist()]
        spread = np.moveaxis(np.quantile(units, quantiles, axis=1), 0, -1)
        yield ForecastBlock(forecast.store_id, ids, mean, spread, drivers.of(forecast.store_id, ids, mean))
    if rare.any():
        held = np.flatnonzero(rare)
        ids = [products[row] for row in held.tolist()]
        yield _flat_block(forecast.store_id, ids, forecast.paths.units[held], forecast.mean[held], quantiles)


def _flat_block(store_id: str, ids: list[str], units: Array, mean: Array, quantiles: list[float]) -> ForecastBlock:
    days = max(1, _POOLED // units.shape[1])
    pooled = units[:, :, :days].reshape(len(units), -1)
    spread = np.moveaxis(np.quantile(pooled, quantiles, axis=1), 0, -1)[:, None, :]
    shape = (*mean.shape, len(quantiles))
    level = mean.mean(axis=1)[:, None]
    return ForecastBlock(store_id, ids, np.broadcast_to(level, mean.shape), np.broadcast_to(spread, shape))


@dataclass(frozen=True)
class _Drivers:
    """Drivers of the series that were explained: store -> product -> shape (periods explained, groups)."""

    known: dict[str, dict[str, Array]]

    @classmethod
    def explain(cls, dataset: Dataset, model: DemandModel) -> "_Drivers":
        """Works them out for the next days; in a chain too large for all, for the best sellers."""
        known: dict[str, dict[str, Array]] = {}
        for forecast in model.forecast(
            dataset, _EXPLAINED_PERIODS, products=_best_sellers(dataset), explain=True, paths=1
        ):
            if forecast.drivers is None or not len(forecast.mean):
                continue
            shape = (*forecast.mean.shape, len(DRIVERS))
            units = forecast.drivers.select(DRIVERS).to_numpy().reshape(shape)
            known[forecast.store_id] = dict(zip(forecast.paths.series["product_id"], units, strict=True))
        return cls(known)

    def of(self, store_id: str, product_ids: list[str], mean: Array) -> Array | None:
        """Drivers of some series, scaled so that they sum to their mean; NaN for periods that were not explained."""
        held = self.known.get(store_id)
        if not held:
            return None
        drivers = np.full((*mean.shape, len(DRIVERS)), np.nan, dtype=np.float32)
        for row, product_id in enumerate(product_ids):
            found = held.get(product_id)
            if found is None:
                continue
            total = found.sum(axis=1)
            scale = np.divide(mean[row, : len(found)], total, out=np.zeros_like(total), where=total > 0)
            drivers[row, : len(found)] = found * scale[:, None]
        return drivers


def _best_sellers(dataset: Dataset) -> list[str] | None:
    """The products to explain, or None for all."""
    since = (dataset.as_of or dataset.last_day()) - timedelta(days=90)
    sold = dataset.daily_sales().filter(pl.col("date") > since)
    products = (
        sold.group_by("product_id")
        .agg(units=pl.col("units").sum(), stores=pl.col("store_id").n_unique())
        .sort("units", "product_id", descending=[True, False])
        .collect()
    )
    kept = products.filter(pl.col("stores").cum_sum() * _EXPLAINED_PERIODS <= _EXPLAINED)
    return None if kept.height == products.height else kept["product_id"].to_list()
