"""Writes one file of forecasts from the checkpoints of a run, one table per store."""

from pathlib import Path

import polars as pl

from retail_brain.checkpoints import Checkpoints
from retail_brain.files import atomic_path


def write_forecast_file(out: Path, stores: Checkpoints, empty: pl.DataFrame) -> int:
    """Writes the tables of all stores into one file, in order of store_id, and returns the rows.

    Args:
        out: the file, .parquet or .csv by its ending.
        stores: a part per store, named by its id.
        empty: the table without rows, for work without a store.
    """
    tables = pl.concat([empty.lazy(), *(stores.scan(store) for store in stores.names())])
    with atomic_path(out) as aside:
        if out.suffix == ".csv":
            tables.sink_csv(aside)
        else:
            tables.sink_parquet(aside)
    return int(tables.select(pl.len()).collect().item())
