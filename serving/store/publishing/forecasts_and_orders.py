"""Publishes forecasts, what-if sheets and order suggestions, store by store from one run of the demand model."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from features.demand.feature_matrix import DRIVERS
from features.demand.history import DemandHistory
from features.demand.left_out import left_out
from features.demand.series import read_series
from retail_brain.dataset import Dataset
from retail_brain.outputs import SERIES, SeriesFilter
from retail_brain.progress import Progress
from retail_brain.settings import DemandSettings, Settings
from serving.planning.stock.chain_plan import ChainPlan
from serving.planning.stock.line_outlook import arrivals, line_outlook
from serving.planning.stock.supply_side import SupplySide
from serving.store.arrays import Array
from serving.store.forecasts import ForecastBlock, write_calendar, write_forecasts
from serving.store.publishing.catalogs import Positions
from serving.store.publishing.line_facts import publish_line_supply
from serving.store.publishing.performance import publish_performance
from serving.store.publishing.publication import Publication
from serving.store.publishing.stock_network import publish_network
from serving.store.rows import write_rows
from serving.store.suggestions import write_suggestions
from serving.store.what_if_sheets import MODEL, PlacedSheet, SheetWriter
from training.demand.anomalies import ANOMALIES, find_anomalies
from training.demand.applied_overrides import overridden
from training.demand.extra_units import with_extra_units
from training.demand.forecast_run import StoreForecast
from training.demand.mean_model import MeanModel
from training.demand.model import DemandModel
from training.demand.stored_forecasts import origin_rows
from training.demand.what_if import listed_series, sheets, unit_costs

_SHEETS_AT_ONCE = 2_000
"""Series whose what-if sheets are computed at once; bounds the memory."""
_POOLED = 400
"""Draws from which the quantiles of a rarely sold product are read: they are the same every day."""


@dataclass
class DemandPublished:
    """Number of rows written, and what later steps need.

    Attributes:
        series: forecast series.
        suggestions: order suggestions.
        network: rows per table of the stock network.
        origin: forecasts to store for forecast value added (`training.demand.stored_forecasts`), one table per store.
    """

    series: int = 0
    suggestions: int = 0
    network: dict[str, int] = field(default_factory=dict)
    origin: list[pl.DataFrame] = field(default_factory=list)


def publish_demand(
    to: Publication,
    dataset: Dataset,
    model: DemandModel,
    settings: Settings,
    overrides: pl.DataFrame,
    extra: pl.DataFrame | None = None,
) -> DemandPublished:
    """Writes forecasts and order suggestions; one run of the model serves both.

    Forecasts are the engine's, since overrides may end at any time and are applied when somebody asks; suggestions rest
    on the forecasts with the overrides (rows of `forecast_value_added.OVERRIDES`) that are valid now, and with the
    `extra` units that approved campaigns are expected to cause (rows of EXTRA_UNITS).
    """
    folder, positions, progress = to.folder, to.positions, to.progress
    chain, costs = ChainPlan.read(dataset, settings), unit_costs(dataset)
    side = chain.side
    horizon = side.horizon(settings)
    quantiles = sorted(settings.demand.quantiles)
    done = DemandPublished()
    risk, default_risk = _risk_days(side, settings)

    # a generator: the sample paths of a chain do not fit in memory, those of one store do
    def blocks() -> Iterator[ForecastBlock]:
        for forecast in model.forecast(dataset, horizon, explain="quick"):
            if not len(done.origin):
                write_calendar(folder, forecast.paths.dates.to_list())
            raised = forecast if extra is None else with_extra_units(forecast, extra)
            chain.add(overridden(raised, overrides, side.as_of).paths)
            done.origin.append(origin_rows(forecast, risk, default_risk))
            chain.prices.add(forecast)
            writer.add(_sheets(forecast, model, horizon, costs, positions))
            yield from _blocks(forecast, quantiles)

    shape = (horizon, len(quantiles), len(DRIVERS))
    with SheetWriter(folder, len(positions.products)) as writer, progress.step("forecasts and orders") as step:
        step.rows = done.series = write_forecasts(folder, blocks(), positions.stores, positions.products, shape)
    series = read_series(dataset, model.config.settings, horizon)
    write_rows(folder, "left_out", left_out(series, horizon, SeriesFilter()))
    write_rows(folder, "elasticities", _elasticities(chain.prices.table(), positions))
    # the model goes with its answers: what-ifs are asked of it, whatever is promoted since
    if model.explains:
        (folder / MODEL).mkdir()
        model.save(folder / MODEL)
    with progress.step("one plan of all stock") as step:
        plan = chain.settled()
        suggestions = _by_urgency(plan.suggestions(), positions)
        step.rows = done.suggestions = suggestions.height
    write_suggestions(folder, suggestions, len(positions.stores), len(positions.products))
    publish_line_supply(folder, dataset, side.terms, suggestions, settings.replenishment)
    write_rows(folder, "plan", plan.table())
    write_rows(folder, "line_outlook", line_outlook(plan))
    write_rows(folder, "source_stock", plan.sources)
    write_rows(folder, "line_arrivals", arrivals(side.due, plan))
    history = model.history(dataset, 1)
    anomalies = _anomalies(dataset, model, history, settings.demand, progress)
    # a month is no whole number of weeks: windows of four weeks would cut it
    if settings.data.period != "month":
        publish_performance(folder, dataset, side, history)
    done.network = publish_network(to, chain, plan, suggestions, anomalies)
    return done


def _anomalies(
    dataset: Dataset, model: DemandModel, history: DemandHistory, settings: DemandSettings, progress: Progress
) -> pl.DataFrame:
    """Anomalies of the last periods, the dearest of them; none where the history is no longer than that."""
    with progress.step("anomalies") as step:
        periods = settings.anomaly_periods
        if periods == 0 or history.axis.count <= periods:
            step.note = "not searched: settings.demand.anomaly_periods is 0" if periods == 0 else "history too short"
            return pl.DataFrame(schema=ANOMALIES)
        found = find_anomalies(dataset, model, periods)
        step.rows = found.height
        if found.height > settings.anomalies_listed:
            step.note = f"the {settings.anomalies_listed:,} with most money are published"
        return found.head(settings.anomalies_listed)


def _by_urgency(rows: pl.DataFrame, positions: Positions) -> pl.DataFrame:
    """Order suggestions with the positions of their store and product, most urgent first within each store."""
    urgent = rows.sort(
        pl.col("order_quantity") > 0,
        # unknown stock has no value, and somebody should look at it before all others
        pl.col("expected_value").fill_null(float("inf")),
        descending=[True, True],
        maintain_order=True,
    )
    return urgent.with_columns(positions.store().alias("store"), positions.product().alias("product"))


def _elasticities(found: pl.DataFrame, positions: Positions) -> pl.DataFrame:
    """Price elasticity: one row per product in catalog order, its own null where its price never changed."""
    products = pl.DataFrame(
        {"product_id": sorted(positions.products, key=positions.products.__getitem__)}, schema={"product_id": pl.String}
    )
    own = ("elasticity", "low", "high", "display_lift", "mailer_lift")
    estimates = found.with_columns(pl.when(pl.col("changed_days") > 0).then(pl.col(own)))
    return products.join(estimates, on="product_id", how="left", maintain_order="left")


def _risk_days(side: SupplySide, settings: Settings) -> tuple[pl.DataFrame, float]:
    """Risk period per series (lead time plus review period, days), and its default without supply terms."""
    usual = settings.replenishment
    days = pl.col("lead_time_days").fill_null(usual.lead_time_days) + pl.col("review_period_days").fill_null(
        usual.review_period_days
    )
    return side.terms.select(*SERIES, days.alias("risk_days")), usual.lead_time_days + usual.review_period_days


def _sheets(
    forecast: StoreForecast, model: DemandModel, horizon: int, costs: dict[str, float], positions: Positions
) -> Iterator[PlacedSheet]:
    """Feature sheets for what-if questions, for the series of a store that the model forecasts."""
    features = forecast.features
    if features is None or forecast.factor is None or not isinstance(model.mean, MeanModel):
        return
    store, listed = positions.stores[forecast.store_id], listed_series(features.panel, horizon)
    for begin in range(0, listed.size, _SHEETS_AT_ONCE):
        series = listed[begin : begin + _SHEETS_AT_ONCE]
        products = features.panel.series["product_id"].gather(series).to_list()
        listed_sheets = sheets(model.mean, forecast.factor, features, series, horizon, costs)
        for product, sheet in zip(products, listed_sheets, strict=True):
            yield PlacedSheet(store, positions.products[product], sheet)


def _blocks(forecast: StoreForecast, quantiles: list[float]) -> Iterator[ForecastBlock]:
    """Forecast blocks of a store: modelled series per period, intermittent series with one spread for all periods."""
    products = forecast.paths.series["product_id"].to_list()
    rare = (forecast.basis == "rate").to_numpy()
    if not rare.all():
        rows = np.flatnonzero(~rare)
        units, mean = forecast.paths.units[rows], forecast.mean[rows].astype(np.float32)
        ids = [products[row] for row in rows.tolist()]
        spread = np.moveaxis(np.quantile(units, quantiles, axis=1), 0, -1)
        yield ForecastBlock(forecast.store_id, ids, mean, spread, _drivers(forecast, rows))
    if rare.any():
        rows = np.flatnonzero(rare)
        ids = [products[row] for row in rows.tolist()]
        yield _flat_block(forecast.store_id, ids, forecast.paths.units[rows], forecast.mean[rows], quantiles)


def _drivers(forecast: StoreForecast, rows: Array) -> Array | None:
    """Units of each driver, shape (series, periods, drivers)."""
    if forecast.drivers is None:
        return None
    units = forecast.drivers.select(DRIVERS).to_numpy()
    return units.reshape(*forecast.mean.shape, len(DRIVERS))[rows].astype(np.float32)


def _flat_block(store_id: str, ids: list[str], units: Array, mean: Array, quantiles: list[float]) -> ForecastBlock:
    # All days have the same distribution, so draws of several days are pooled for steadier quantiles.
    days = max(1, _POOLED // units.shape[1])
    pooled = units[:, :, :days].reshape(len(units), -1)
    spread = np.moveaxis(np.quantile(pooled, quantiles, axis=1), 0, -1)[:, None, :]
    shape = (*mean.shape, len(quantiles))
    level = mean.mean(axis=1)[:, None]
    return ForecastBlock(store_id, ids, np.broadcast_to(level, mean.shape), np.broadcast_to(spread, shape))
