"""A file of forecasts, joined from checkpoints: one table per store."""

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
    whole = pl.concat([empty.lazy(), *(stores.scan(store) for store in stores.names())])
    with atomic_path(out) as aside:
        if out.suffix == ".csv":
            whole.sink_csv(aside)
        else:
            whole.sink_parquet(aside)
    return int(whole.select(pl.len()).collect().item())
