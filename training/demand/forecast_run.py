"""Forecasts a chain store by store, in bounded memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias
from zlib import crc32

import numpy as np
import polars as pl

from features.demand.arrays import Doubles, Floats, Ints
from features.demand.demand_panel import DemandPanel
from features.demand.feature_matrix import DRIVERS, PanelFeatures
from features.demand.history import DemandHistory
from features.demand.own_units import units_of
from features.demand.panel import build_panel, store_ranges
from retail_brain.dataset import Dataset
from retail_brain.outputs import DemandPaths
from training.demand.calibration import Calibration
from training.demand.drivers import PriceEffect, driver_units, quick_driver_units, to_units
from training.demand.elasticity import elasticities, price_response
from training.demand.mean_model import MeanModel
from training.demand.paths import PathDraw
from training.demand.protocol import DemandMean, Prediction, draw_paths
from training.demand.slow_movers import RateModel, rate_paths

Explain = bool | Literal["quick"]
_LEAST_FACTOR = 1e-6
"""Smallest factor whose logarithm is split into drivers, where a simple model forecasts nothing at all."""
_KEY = ["store_id", "product_id"]
_Predict: TypeAlias = Callable[[DemandPanel], Prediction]


@dataclass(frozen=True)
class StoreForecast:
    """Demand of one store over the horizon.

    Attributes:
        store_id: the store.
        paths: joint sample paths; `paths.series` names the series in order.
        mean: shape (n, H), mean units per period; what the paths scatter around.
        basis: how each series was forecast: `model`, `rate` (sells too rarely) or `cold` (no history).
        drivers: one row per series x date, columns store_id, product_id, date and one per driver in units per period,
            which sum to the mean; None unless asked for, and of a model that does not explain.
        features: feature rows of the trees, for series of the panel; None where the store or the model has none.
        factor: shape (n, H), what the model's own mean of every series of the panel was multiplied with.
    """

    store_id: str
    paths: DemandPaths
    mean: Doubles
    basis: pl.Series
    drivers: pl.DataFrame | None
    features: PanelFeatures | None = None
    factor: Doubles | None = None


@dataclass(frozen=True)
class _Part:
    """Some series of a store, forecast in one way."""

    series: pl.DataFrame
    mean: Doubles
    paths: Floats
    basis: pl.Series
    drivers: Doubles | None


@dataclass(frozen=True)
class ForecastRun:
    """What forecasting every store needs."""

    dataset: Dataset
    history: DemandHistory
    mean: DemandMean
    calibration: Calibration
    paths: int
    explain: Explain
    seed: int

    def stores(
        self, store_ids: Sequence[str], products: Sequence[str] | None, *, unsold: bool = True
    ) -> Iterator[StoreForecast]:
        """One forecast per store, in the order given; of named products that never sold there, only if `unsold`."""
        predict, rates, rare, ranges = self._of_chain
        named = self.dataset.scan_or_empty("products").collect() if products is not None and unsold else None
        for store in store_ids:
            parts, features, factor = [], None, None
            if store in ranges:
                prediction = predict(build_panel(self.history, *ranges[store]))
                factor, part = self._panel_part(prediction, products)
                features = prediction.features
                parts.append(part)
            rare_series = rare.get((store,))
            if rare_series is not None:
                chosen = (
                    rare_series if products is None else rare_series.filter(pl.col("product_id").is_in(list(products)))
                )
                parts.append(self._rate_part(chosen, rates.phase, store))
            if products is not None and named is not None:
                cold = _absent(store, products, parts)
                parts.append(self._rate_part(rates.cold(cold, named), rates.phase, f"{store} cold"))
            yield replace(self._join(store, parts), features=features, factor=factor)

    @cached_property
    def _of_chain(
        self,
    ) -> tuple[_Predict, RateModel, dict[tuple[Any, ...], pl.DataFrame], dict[str, tuple[int, int]]]:
        """What forecasts of any stores share."""
        rates = RateModel(self.history)
        rare = rates.rare().partition_by("store_id", as_dict=True)
        return self.mean.on(self.history), rates, rare, store_ranges(self.history)

    def shippable(self) -> "ForecastRun":
        """The same without the dataset, which only forecasts of named goods need; totals are summed."""
        totals = self.history.summed_totals
        history = replace(self.history, totals=None if totals is None else totals.lazy())
        return replace(self, dataset=Dataset({}), history=history)

    @property
    def _explains(self) -> bool:
        return bool(self.explain) and isinstance(self.mean, MeanModel)

    def _panel_part(self, prediction: Prediction, products: Sequence[str] | None) -> tuple[Doubles, _Part]:
        panel = prediction.panel
        count = panel.axis.count
        chosen = np.asarray(panel.listed[:, count:].any(axis=1), dtype=bool)
        if products is not None:
            chosen &= panel.series["product_id"].is_in(list(products)).to_numpy()
        factor = prediction.factor(self.calibration)
        mean = prediction.mean * factor
        salt = crc32(panel.series["store_id"][0].encode("utf-8"))
        draw = PathDraw(self.paths, self.seed, salt)
        units = draw_paths(self.mean, panel, chosen, mean[chosen], self.calibration, draw)
        series = panel.series.filter(chosen)
        unit = units_of(series)[:, None]
        drivers = None
        if self._explains and prediction.features is not None:
            drivers = self._drivers(prediction, mean, factor, np.flatnonzero(chosen)) * unit[:, :, None]
        basis = pl.select(
            pl.when(series["sale_days"] > 0).then(pl.lit("model")).otherwise(pl.lit("cold")).alias("basis")
        )
        return factor, _Part(series.select(_KEY), mean[chosen] * unit, _times(units, unit), basis["basis"], drivers)

    def _drivers(self, prediction: Prediction, mean: Doubles, factor: Doubles, chosen: Ints) -> Doubles:
        features = prediction.features
        assert isinstance(self.mean, MeanModel)
        assert features is not None
        horizon = mean.shape[1]
        if chosen.size == 0:
            return np.zeros((0, horizon, len(DRIVERS)))
        origin = features.panel.axis.count - 1
        level, sold = (
            features.level(origin)[chosen],
            np.minimum(features.sold_level(origin), features.level(origin))[chosen],
        )
        of_totals = self.calibration.factor(prediction.correction)[chosen]
        blended, per_period = _blend_drivers(prediction.panel, factor[chosen] / of_totals, chosen)
        base = np.repeat(sold * blended, horizon) * self.calibration.bias
        season = np.log(of_totals / self.calibration.bias).ravel()
        offsets = {"stock": np.log(np.repeat(level / sold, horizon)), "season": season, **per_period}
        if self.mean.booster is None:
            effects = np.zeros((base.size, len(DRIVERS)))
            for driver, effect in offsets.items():
                effects[:, DRIVERS.index(driver)] = effect
            units = to_units(base, effects)
        else:
            rows = self.mean.feature_rows(features, chosen, horizon)
            attribute = quick_driver_units if self.explain == "quick" else driver_units
            price = self._price_effect(features.panel, rows, chosen, horizon)
            units = attribute(self.mean.booster, rows, base, offsets, self.mean.config.threads, price)
        return _rescaled(units, mean[chosen].ravel()).reshape(chosen.size, horizon, len(DRIVERS))

    @cached_property
    def _elasticities(self) -> dict[str, float]:
        """Elasticity of each product, the one that its profile shows and `/what_if` answers with."""
        return price_response(elasticities(self.history))

    def _price_effect(self, panel: DemandPanel, rows: Floats, chosen: Ints, horizon: int) -> PriceEffect | None:
        """What the planned prices of some series do; None where the trees see no prices."""
        assert isinstance(self.mean, MeanModel)
        if "price_to_usual" not in self.mean.columns:
            return None
        change = rows[:, self.mean.columns.index("price_to_usual")].astype(np.float64)
        known = [self._elasticities.get(product, np.nan) for product in panel.series["product_id"].gather(chosen)]
        count = panel.axis.count
        promoted = panel.promotion[chosen, count : count + horizon]
        logs = np.log(np.where(change > 0, change, np.nan))
        return PriceEffect(np.repeat(np.array(known), horizon) * logs, promoted.ravel())

    def _rate_part(self, rates: pl.DataFrame, phase: Doubles, salt: str) -> _Part:
        horizon = self.history.horizon
        unit = units_of(rates)[:, None]
        mean = rates["rate"].to_numpy()[:, None] * np.resize(phase, horizon) * unit
        units = rate_paths(rates, phase, horizon, self.paths, self._rng(salt))
        drivers = None
        if self._explains:
            drivers = np.zeros((*mean.shape, len(DRIVERS)))
            drivers[:, :, DRIVERS.index("level")] = mean.mean(axis=1, keepdims=True)
            drivers[:, :, DRIVERS.index("weekday")] = mean - mean.mean(axis=1, keepdims=True)
        return _Part(rates.select(_KEY), mean, _times(units, unit), rates["basis"], drivers)

    def _join(self, store: str, parts: list[_Part]) -> StoreForecast:
        horizon, axis = self.history.horizon, self.history.axis
        nothing = pl.DataFrame(schema=dict.fromkeys(_KEY, pl.String))
        series = pl.concat([nothing, *(part.series for part in parts)])
        dates = pl.Series("date", axis.starts(axis.count, axis.count + horizon), dtype=pl.Date)
        units = np.concatenate([np.empty((0, self.paths, horizon), np.float32), *(part.paths for part in parts)])
        mean = np.concatenate([np.empty((0, horizon)), *(part.mean for part in parts)])
        basis = pl.concat([pl.Series("basis", [], dtype=pl.String), *(part.basis for part in parts)])
        drivers = _driver_frame(series, dates, [part.drivers for part in parts]) if self._explains else None
        return StoreForecast(store, DemandPaths(series, dates, units), mean, basis, drivers)

    def _rng(self, salt: str) -> np.random.Generator:
        return np.random.default_rng((self.seed, crc32(salt.encode("utf-8"))))


def _times(paths: Floats, unit: Doubles) -> Floats:
    """Paths of own units as units of the tables; `unit` of shape (n, 1)."""
    return paths if (unit == 1).all() else paths * unit[:, :, None].astype(np.float32)


def _blend_drivers(panel: DemandPanel, factor: Doubles, chosen: Ints) -> tuple[Doubles, dict[str, Doubles]]:
    """Splits what simple models change into a factor of the level, shape (n,), and drivers by period, shape (n x H,).

    Args:
        panel: the series.
        factor: shape (n, H), what the means of the chosen series are multiplied with.
        chosen: the numbers of the series.
    """
    logs = np.log(np.maximum(factor, _LEAST_FACTOR))
    level = logs.mean(axis=1, keepdims=True)
    left = logs - level
    promoted = panel.promotion[chosen, panel.axis.count : panel.axis.count + factor.shape[1]]
    by_day = {"promotion": np.where(promoted, left, 0).ravel(), "weekday": np.where(promoted, 0, left).ravel()}
    return np.exp(level[:, 0]), by_day


def _rescaled(units: Doubles, mean: Doubles) -> Doubles:
    """Drivers made to sum to the mean: nothing where it is nil (not listed), and free of rounding."""
    total = units.sum(axis=1)
    factor: Doubles = np.divide(mean, total, out=np.zeros_like(mean), where=total > 0)
    return units * factor[:, None]


def _absent(store: str, products: Sequence[str], parts: list[_Part]) -> pl.DataFrame:
    present = {product for part in parts for product in part.series["product_id"]}
    absent = [product for product in dict.fromkeys(products) if product not in present]
    return pl.DataFrame(
        {"store_id": [store] * len(absent), "product_id": absent}, schema=dict.fromkeys(_KEY, pl.String)
    )


def _driver_frame(series: pl.DataFrame, dates: pl.Series, parts: list[Doubles | None]) -> pl.DataFrame:
    """One row per series x date with the units of each driver."""
    computed = [part for part in parts if part is not None]
    units = np.concatenate([np.empty((0, dates.len(), len(DRIVERS))), *computed])
    rows = series.join(dates.to_frame(), how="cross", maintain_order="left_right")
    columns = [pl.Series(name, units[:, :, number].ravel()) for number, name in enumerate(DRIVERS)]
    return rows.with_columns(columns)
