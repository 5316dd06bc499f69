"""Builds the `forecasts` table, mean and quantiles of demand from sample paths, store by store."""

from collections.abc import Collection, Iterator, Sequence

import polars as pl

from features.demand.feature_matrix import DRIVERS
from retail_brain.dataset import Dataset
from retail_brain.outputs import SERIES, quantile_column
from retail_brain.progress import SILENT, Progress
from training.demand.applied_overrides import overridden
from training.demand.forecast_run import Explain, StoreForecast
from training.demand.model import DemandModel


def forecast_tables(
    dataset: Dataset,
    model: DemandModel,
    horizon: int,
    *,
    stores: Sequence[str] | None = None,
    skip: Collection[str] = (),
    products: Sequence[str] | None = None,
    quantiles: Sequence[float] | None = None,
    explain: Explain = False,
    overrides: pl.DataFrame | None = None,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Iterator[pl.DataFrame]:
    """One table per store, one row per store x product x date (`forecast_table`); none of the stores to `skip`.

    With `overrides` (rows of `forecast_value_added.OVERRIDES`) those that are valid are in the place of forecasts.

    Raises:
        NotFoundError: a store that was named does not exist in the data.
    """
    levels = tuple(quantiles or model.config.demand.quantiles)
    forecasts = model.forecast(
        dataset, horizon, stores=stores, skip=skip, products=products, explain=explain, seed=seed, progress=progress
    )
    origin = dataset.as_of or dataset.last_day()
    for forecast in forecasts:
        changed = forecast if overrides is None else overridden(forecast, overrides, origin)
        yield forecast_table(changed, levels)


def forecast_table(forecast: StoreForecast, quantiles: Sequence[float]) -> pl.DataFrame:
    """One row per store x product x date: forecast (mean, units per period), a column per quantile, and the drivers.

    The drivers (columns `driver_NAME`, units per period, summing to the forecast) are there if they were asked for.
    """
    paths = forecast.paths
    rows = paths.series.select(SERIES).join(
        paths.dates.alias("date").to_frame(), how="cross", maintain_order="left_right"
    )
    values = paths.quantiles(quantiles)
    table = rows.with_columns(
        pl.Series("forecast", forecast.mean.ravel(), dtype=pl.Float64),
        *(
            pl.Series(quantile_column(quantile), values[:, :, number].ravel(), dtype=pl.Float64)
            for number, quantile in enumerate(quantiles)
        ),
    )
    if forecast.drivers is None:
        return table
    return table.with_columns(forecast.drivers[name].alias(f"driver_{name}") for name in DRIVERS)


def empty_forecast_table(quantiles: Sequence[float], *, explain: bool = False) -> pl.DataFrame:
    """The table without rows."""
    numbers = ["forecast", *(quantile_column(quantile) for quantile in quantiles)]
    numbers += [f"driver_{name}" for name in DRIVERS] if explain else []
    return pl.DataFrame(
        schema={**dict.fromkeys(SERIES, pl.String), "date": pl.Date, **dict.fromkeys(numbers, pl.Float64)}
    )
