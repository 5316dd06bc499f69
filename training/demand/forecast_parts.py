"""Forecasts stores in workers: model and history go there once, as files, and each store gives a file."""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from retail_brain.engine import Executor, Part
from retail_brain.engine.shipped import ship, shipped
from retail_brain.files import scratch_folder
from retail_brain.progress import Progress
from training.demand.forecast_run import ForecastRun, StoreForecast

_RUN = "run.pickle"


def stores_in_parts(
    run: ForecastRun, store_ids: Sequence[str], executor: Executor, progress: Progress
) -> Iterator[StoreForecast]:
    """One forecast per store with all its goods, in the order given, as `ForecastRun.stores` gives them."""
    with scratch_folder("forecasts") as folder:
        ship(folder / _RUN, run.shippable())
        parts = [
            Part(
                f"store {store}",
                str(folder),
                json.dumps({"store": store, "out": str(folder / f"store{number:06d}.pickle")}),
            )
            for number, store in enumerate(store_ids)
        ]
        for path in executor.map(forecast_store, parts, progress, "forecast stores"):
            yield shipped(Path(path))
            Path(path).unlink()


def forecast_store(path: str, options: str) -> str:
    """Job function: forecasts a store and writes the pickled `StoreForecast`.

    Args:
        path: folder with what was shipped.
        options: JSON with `store` and `out`, the file to write.
    """
    given = json.loads(options)
    (forecast,) = _read(path).stores([given["store"]], None)
    return ship(Path(given["out"]), forecast)


@lru_cache(maxsize=1)  # a worker gets several stores of one run
def _read(path: str) -> ForecastRun:
    run: ForecastRun = shipped(Path(path) / _RUN)
    return run
