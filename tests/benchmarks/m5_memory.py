"""Peak memory of training and of forecasting some M5 stores, beside what `training.demand.memory` says beforehand.

Run from the project's root, with M5 beside the project (see bench_m5.py):

    PYTHONPATH=. python tests/benchmarks/m5_memory.py --stores CA_3 TX_2

Each is a process of its own: training with its backtest (two windows), then forecasts of all stores with 200 paths.
Trees are few (`ROUNDS`): what is in memory does not depend on their number.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl
from bench_m5 import HORIZON, LAST_TRAINING_DAY, day, peak_gigabytes, write_tables

from features.demand.series import read_series
from retail_brain.dataset import Dataset
from retail_brain.settings import DataSettings, DemandSettings, Settings
from training.demand.backtest import backtest, backtest_windows
from training.demand.config import preset_config
from training.demand.memory import forecast_bytes, training_bytes
from training.demand.model import DemandModel

ROUNDS, BACK = 4, 28


def main() -> None:
    """Measures both, or is one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stores", nargs="+", default=["TX_2"])
    parser.add_argument("--one", nargs=2, metavar=("WHAT", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measure(options.one[0], Path(options.one[1]))
        return
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "tables").mkdir()
        (Path(scratch) / "model").mkdir()
        write_tables(Path(scratch) / "tables", options.stores)
        for what in ("train", "forecast"):
            subprocess.run([sys.executable, __file__, "--one", what, scratch], check=True)


def measure(what: str, folder: Path) -> None:
    """Trains or forecasts, and prints the estimate and the peak."""
    frames = {path.stem: pl.scan_parquet(path) for path in (folder / "tables").glob("*.parquet")}
    demand = DemandSettings(horizon_periods=HORIZON, backtest_windows=2)
    config = preset_config(Settings(data=DataSettings(country="US"), demand=demand), "fast")
    config = config.model_copy(update={"rounds": ROUNDS})
    dataset = Dataset.from_frames(frames).at(day(LAST_TRAINING_DAY - BACK))
    axis, series, _ = read_series(dataset, config.settings, HORIZON)
    if what == "train":
        wanted = training_bytes(series, axis.count, config)
        found = backtest(dataset, config, backtest_windows(dataset, config, demand.backtest_windows))
        DemandModel.fit(dataset, config, residuals=found.residuals).save(folder / "model")
    else:
        wanted = forecast_bytes(series, axis.count, HORIZON, demand.sample_paths)
        for _ in DemandModel.load(folder / "model").forecast(dataset, HORIZON):
            pass
    said, came = wanted / 1e9, peak_gigabytes()
    print(f"{what} {series.height:,} series: said {said:.2f} GB, peak {came:.2f} GB, {said / came - 1:+.0%}")


if __name__ == "__main__":
    main()
