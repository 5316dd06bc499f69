"""Builds the `forecasts` table, mean and quantiles of demand from sample paths, store by store, and its file."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from features.demand.feature_matrix import DRIVERS
from retail_brain.checkpoints import Checkpoints
from retail_brain.csv_cells import safe_cells
from retail_brain.files import atomic_path
from retail_brain.outputs import SERIES, quantile_column
from training.demand.forecast_run import StoreForecast

_NAMED = (*DRIVERS, "campaigns", "override")
"""Drivers in their order; those of campaigns and of overrides are there only in stores that have some."""


def forecast_table(forecast: StoreForecast, quantiles: Sequence[float]) -> pl.DataFrame:
    """One row per store x product x date: forecast (mean, units per period), a column per quantile, and the drivers.

    Quantiles are read off the sample paths, so that others may be asked for than those of the training. The drivers
    (columns `driver_NAME`, units per period, summing to the forecast) are there if they were asked for.
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
    # stores without a campaign or an override lack its driver
    tables = pl.concat([empty.lazy(), *(stores.scan(store) for store in stores.names())], how="diagonal")
    with atomic_path(out) as aside:
        if out.suffix == ".csv":
            safe_cells(tables).sink_csv(aside)
        else:
            tables.sink_parquet(aside)
    return int(tables.select(pl.len()).collect().item())
