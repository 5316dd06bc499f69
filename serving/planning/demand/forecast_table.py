"""Builds the `forecasts` table, mean and quantiles of demand from sample paths, store by store, and its file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from features.demand.feature_matrix import DRIVERS
from retail_brain.checkpoints import Checkpoints
from retail_brain.csv_cells import safe_cells
from retail_brain.dataset import Dataset
from retail_brain.files import atomic_path
from retail_brain.outputs import ALL_SERIES, SERIES, SeriesFilter, quantile_column
from retail_brain.progress import SILENT, Progress
from training.demand.applied_overrides import OverriddenModel
from training.demand.forecast_run import Explain, StoreForecast
from training.demand.model import DemandModel

_NAMED = (*DRIVERS, "campaigns")
"""Drivers in their order; that of the campaigns is there only in stores where some are approved."""


def forecast_tables(
    model: DemandModel | OverriddenModel,
    dataset: Dataset,
    horizon: int,
    only: SeriesFilter = ALL_SERIES,
    *,
    quantiles: Sequence[float] | None = None,
    explain: Explain = False,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Iterator[pl.DataFrame]:
    """One table per store, one row per store x product x date (`forecast_table`).

    Quantiles are read off the sample paths, so that others may be asked for than those of the training; without any
    they are those.

    Raises:
        NotFoundError: a store that was named does not exist in the data.
    """
    for forecast in model.forecast(dataset, horizon, only, explain=explain, seed=seed, progress=progress):
        yield forecast_table(forecast, quantiles or model.config.demand.quantiles)


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
    return table.with_columns(
        forecast.drivers[name].alias(f"driver_{name}") for name in forecast.drivers.columns if name in _NAMED
    )


def empty_forecast_table(quantiles: Sequence[float], *, explain: bool = False) -> pl.DataFrame:
    """The table without rows."""
    numbers = ["forecast", *(quantile_column(quantile) for quantile in quantiles)]
    numbers += [f"driver_{name}" for name in DRIVERS] if explain else []
    return pl.DataFrame(
        schema={**dict.fromkeys(SERIES, pl.String), "date": pl.Date, **dict.fromkeys(numbers, pl.Float64)}
    )


def write_forecast_file(out: Path, stores: Checkpoints, empty: pl.DataFrame) -> int:
    """Writes the tables of all stores into one file, in order of store_id, and returns the rows.

    Args:
        out: the file, .parquet or .csv by its ending.
        stores: a part per store, named by its id.
        empty: the table without rows, for work without a store.
    """
    # stores without a campaign lack its driver
    tables = pl.concat([empty.lazy(), *(stores.scan(store) for store in stores.names())], how="diagonal")
    with atomic_path(out) as aside:
        if out.suffix == ".csv":
            safe_cells(tables).sink_csv(aside)
        else:
            tables.sink_parquet(aside)
    return int(tables.select(pl.len()).collect().item())
